"""Which files are parts of one recording that the camera split."""

import re
from dataclasses import dataclass

_GOPRO = re.compile(r"^(G[HXLPS])(\d{2})(\d{4})$", re.IGNORECASE)
_GOPRO_FIRST = re.compile(r"^GOPR(\d{4})$", re.IGNORECASE)
_DJI = re.compile(r"^DJI_(\d{14})_(\d{4})_([A-Z])$", re.IGNORECASE)
_NUMBERED = re.compile(r"^(.*?)(\d{1,6})$")
_JOIN_MS = 2_000  # cameras write their start in whole seconds


@dataclass(frozen=True, slots=True)
class SegmentFacts:
    """What a file says of itself: its name without ending, ending, device serial, start (ms UTC, or None) and duration, picture layout."""

    stem: str
    suffix: str
    device: str | None
    started_at: int | None
    duration_ms: int
    layout: tuple[object, ...]


def continues(first: SegmentFacts, then: SegmentFacts) -> bool:
    """Whether `then` goes on where `first` ended.

    Both must have the same ending, device and picture layout, and names in sequence. Times decide where both are known: the second starts
    where the first ends (within two seconds), or both carry the start of the whole recording and are chapters by name. Names alone
    decide only where neither file tells its time.
    """
    if (first.suffix.lower(), first.device, first.layout) != (then.suffix.lower(), then.device, then.layout):
        return False
    if not follows(first.stem, then.stem):
        return False
    if first.started_at is None or then.started_at is None:
        return first.started_at == then.started_at
    gap = then.started_at - (first.started_at + first.duration_ms)
    return abs(gap) <= _JOIN_MS or (_chapters(first.stem, then.stem) and first.started_at == then.started_at)


def follows(first: str, then: str) -> bool:
    """Whether a camera gives the name `then` (without ending) to what goes on after `first`."""
    return _chapters(first, then) or _in_sequence(first, then)


def in_order(stem: str) -> tuple[str, str, str]:
    """A key that sorts file names so that what a camera split stands together: GoPro writes the chapter before the number."""
    chapter, first = _GOPRO.match(stem), _GOPRO_FIRST.match(stem)
    if chapter:
        return ("G", chapter[3], chapter[2])
    return ("G", first[1], "00") if first else (stem, "", "")


def _chapters(first: str, then: str) -> bool:
    """GoPro: GX010123, GX020123, ...; GOPR0123, GP010123, ..."""
    b = _GOPRO.match(then)
    if not b:
        return False
    a, lone = _GOPRO.match(first), _GOPRO_FIRST.match(first)
    if a:
        return (a[1].upper(), int(a[2]) + 1, a[3]) == (b[1].upper(), int(b[2]), b[3])
    return bool(lone and b[1].upper() == "GP" and int(b[2]) == 1 and lone[1] == b[3])


def _in_sequence(first: str, then: str) -> bool:
    c, d = _DJI.match(first), _DJI.match(then)
    if c and d:
        return (int(c[2]) + 1, c[3].upper()) == (int(d[2]), d[3].upper())
    a, b = _NUMBERED.match(first), _NUMBERED.match(then)
    return bool(a and b and a[1] == b[1] and int(a[2]) + 1 == int(b[2]))
