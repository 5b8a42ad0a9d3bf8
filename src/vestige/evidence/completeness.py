"""What is missing: numbers in a camera's sequence, parts of a recording that no clip covers. Times are integer milliseconds UTC."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePath

from vestige.evidence.cards import BESIDE

SLACK_MS = 2_000
"""Cameras and docks write many of their times in whole seconds."""
_GOPRO_CHAPTER = re.compile(r"(G[GHLPSX])(\d{2})(\d{4})", re.IGNORECASE)
_GOPRO_OTHER = re.compile(r"(?:GOPR|G[HPSX][A-Z]{2}|G[PS]__?|G\d{3})(\d{4})", re.IGNORECASE)
"""A single file, the loops of a recording, panoramas, bursts: GOPR0042, GHAA0042, GS_0042, G0010042 (docs/cards.md)."""
_GOPRO = "GoPro "
_COUNTED = re.compile(r"([A-Za-z]{1,8}[-_]?)(\d{4,5})")
_TURNED = 5_000
"""A counter that goes on this far away has begun anew."""


@dataclass(frozen=True, slots=True)
class Place:
    """A file's place in a sequence of its camera. `first`: the number that the sequence begins with, where that is known."""

    family: str
    number: int
    width: int
    first: int | None = None


def places_of(filename: str) -> tuple[Place, ...]:
    """The places that a file holds in its camera's sequence: none where its ending says that it only stands beside footage."""
    path = PurePath(filename)
    return () if path.suffix.lower() in BESIDE else places(path.stem)


def places(stem: str) -> tuple[Place, ...]:
    """The places that a file's name (without ending) tells: its number, and of a recording that the camera split its chapter too.

    A GoPro counts one number over all that it records; the letters before it change with codec, picture and mode, a chapter has no number
    of its own.
    """
    if chapter := _GOPRO_CHAPTER.fullmatch(stem):
        number = Place(_GOPRO, int(chapter[3]), 4)
        return (number, Place(f"{chapter[1].upper()} of {chapter[3]}, chapter ", int(chapter[2]), 2, 1))
    if other := _GOPRO_OTHER.fullmatch(stem):
        return (Place(_GOPRO, int(other[1]), 4),)
    counted = _COUNTED.fullmatch(stem)
    return (Place(counted[1].upper(), int(counted[2]), len(counted[2])),) if counted else ()


def gap_words(family: str, below: int, above: int, width: int) -> str:
    """How a gap between two numbers is told: always in the same words, so that it is known again."""
    first, last = f"{family}{below + 1:0{width}d}", f"{family}{above - 1:0{width}d}"
    missing = first if above - below == 2 else f"{first} to {last}"
    return f"of this camera's files {missing} did not come in"


def around(place: Place, known: Iterable[int]) -> tuple[int | None, int | None]:
    """The known numbers next to a place, below and above, itself left out; None where there is none, or where the counter began anew."""
    numbers = {one for one in known if one != place.number}
    if place.first is not None:
        numbers.add(place.first - 1)
    below = max((one for one in numbers if one < place.number), default=None)
    above = min((one for one in numbers if one > place.number), default=None)
    near = [one if one is not None and abs(one - place.number) < _TURNED else None for one in (below, above)]
    return near[0], near[1]


def holes(starts: int, stops: int, clips: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The parts of a recording that none of its clips covers, by more than two seconds each."""
    found, at = [], starts
    for begin, end in sorted(clip for clip in clips if clip[0] < clip[1]):
        if begin - at > SLACK_MS:
            found.append((at, min(begin, stops)))
        at = max(at, end)
    if stops - at > SLACK_MS:
        found.append((at, stops))
    return [(begin, end) for begin, end in found if end - begin > SLACK_MS]
