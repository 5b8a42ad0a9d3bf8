"""`data/hidden.json`: what a redacted copy must hide, where and when (package format, "What must be hidden")."""

import hashlib
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

from vestige_verify import bag, canonical, shapes
from vestige_verify.bag import Payload
from vestige_verify.entries import Event
from vestige_verify.errors import VerificationError, at
from vestige_verify.trail import Trail

PATH: Final = "data/hidden.json"
LARGEST: Final = 64 << 20  # bytes of the document
_STEP: Final = 12
_BLOCK: Final = 16
_MOST_PIXELS: Final = 16384  # along one side
_MOST_MASKS: Final = 100_000

Box = tuple[int, int, int, int]  # left, top, and the first column and row that are no longer inside


@dataclass(frozen=True, slots=True)
class Mask:
    """A thing hidden over a span of milliseconds: a box at each of its rising times."""

    from_ms: int
    to_ms: int
    times: tuple[int, ...]
    boxes: tuple[Box, ...]

    def during(self, start: int, end: int) -> Box | None:
        """The box that is hidden in a frame shown from `start` to `end` (ms), None where it hides nothing."""
        if self.from_ms >= end or start >= self.to_ms:
            return None
        after = bisect_right(self.times, start)
        if after == 0:
            return self.boxes[0]
        if after == len(self.times) or self.times[after - 1] == start:
            return self.boxes[after - 1]
        return _holding(self.boxes[after - 1], self.boxes[after])


@dataclass(frozen=True, slots=True)
class Hidden:
    """The document: all of `masks` and `mutes` (spans in ms) of a recording of so many frames and milliseconds."""

    width: int
    height: int
    rotation: int
    frames: int
    duration_ms: int
    masks: tuple[Mask, ...]
    mutes: tuple[tuple[int, int], ...]


class Sweep:
    """The boxes of frame after frame; frames must come in the order of their times."""

    def __init__(self, masks: Sequence[Mask]) -> None:
        self._waiting = sorted(masks, key=lambda mask: mask.from_ms, reverse=True)
        self._active: list[Mask] = []

    def during(self, start: int, end: int) -> frozenset[Box]:
        """What is hidden in the frame shown from `start` to `end` (ms)."""
        while self._waiting and self._waiting[-1].from_ms < end:
            self._active.append(self._waiting.pop())
        self._active = [mask for mask in self._active if mask.to_ms > start]
        found = (mask.during(start, end) for mask in self._active)
        return frozenset(box for box in found if box is not None)


def of_package(folder: Path, payload: dict[str, Payload], trails: list[Trail]) -> Hidden | None:
    """Step 12 for a package of the profile `public`: what its copy must hide, bound to what was approved; None where nothing says it."""
    rendered, parent = trails[0].events[0], trails[1].events
    named = rendered.digests_of("hidden")
    with at(_STEP, PATH):
        if PATH not in payload:
            if named:
                raise VerificationError("the file is missing: the copy was rendered from a plan of which it tells")
            return None
        if named != [payload[PATH].sha256]:
            raise VerificationError("this is not what the copy was rendered from")
        if not any(_approves(event, rendered.digests_of("plan"), named) for event in parent):
            raise VerificationError("what the copy must hide was not approved together with its plan")
        document = bag.read(folder, PATH, LARGEST, _STEP)
        if hashlib.sha256(document).hexdigest() != named[0]:
            raise VerificationError("the file changed while it was checked")
        return parse(document)


def parse(document: bytes) -> Hidden:
    """The document, narrowed. Refuses another form, and boxes or spans that lie where or when there is no picture."""
    value = shapes.record(canonical.decode(document), "duration_ms", "format", "frames", "masks", "mutes", "picture")
    shapes.one_of(value["format"], "format", "vestige-hidden/1")
    picture = shapes.record(value["picture"], "height", "rotation", "width")
    width, height = (shapes.natural(picture[name], name) for name in ("width", "height"))
    if not (1 <= width <= _MOST_PIXELS and 1 <= height <= _MOST_PIXELS) or picture["rotation"] not in (0, 90, 180, 270):
        raise VerificationError("`picture` is of no size, or turned as no picture is")
    duration, frames = shapes.natural(value["duration_ms"], "duration_ms"), shapes.natural(value["frames"], "frames")
    masks, mutes = shapes.array(value["masks"], "masks"), shapes.array(value["mutes"], "mutes")
    if not duration or not frames or not (masks or mutes) or max(len(masks), len(mutes)) > _MOST_MASKS:
        raise VerificationError("a recording without time or frames, or nothing to hide in it, or more than anybody hides")
    return Hidden(
        width,
        height,
        shapes.natural(picture["rotation"], "rotation"),
        frames,
        duration,
        tuple(_mask(mask, duration, (width, height)) for mask in masks),
        tuple(_span(*_numbers(mute, 2), duration) for mute in mutes),
    )


def joined(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The same moments as spans that neither overlap nor touch."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def share(hidden: Hidden, masks: Sequence[Mask], over_ms: int) -> int:
    """The part of the picture that the masks hide on average over so many milliseconds, in hundredths of a percent, rounded up."""
    weighted = sum((end - start) * _area(boxes) for start, end, boxes in _stretches(masks))
    return -(-weighted * 10_000 // (hidden.width * hidden.height * over_ms))


def _approves(event: Event, plan: list[str], hidden: list[str]) -> bool:
    named = (event.digests_of("plan"), event.digests_of("hidden"))
    return event.type == "redaction:approved" and event.succeeded and named == (plan, hidden)


def _mask(value: object, duration: int, size: tuple[int, int]) -> Mask:
    record = shapes.record(value, "from_ms", "to_ms", "track")
    start, end = _span(shapes.natural(record["from_ms"], "from_ms"), shapes.natural(record["to_ms"], "to_ms"), duration)
    rows = [_numbers(row, 5) for row in shapes.array(record["track"], "track")]
    times = tuple(row[0] for row in rows)
    if not times or times[0] < start or times[-1] >= end or any(one >= other for one, other in pairwise(times)):
        raise VerificationError("the times of a mask do not rise within its span, or there are none")
    return Mask(start, end, times, tuple(_box(row[1:], size) for row in rows))


def _box(row: Sequence[int], size: tuple[int, int]) -> Box:
    x, y, w, h = row
    for low, long, most in ((x, w, size[0]), (y, h, size[1])):
        if low < 0 or long < 1 or low + long > most or low % _BLOCK or ((low + long) % _BLOCK and low + long != most):
            raise VerificationError("a box of a mask leaves the picture, or does not lie on its grid of blocks")
    return x, y, x + w, y + h


def _span(start: int, end: int, duration: int) -> tuple[int, int]:
    if not 0 <= start < end <= duration:
        raise VerificationError("a span does not end after it begins, or not within the recording")
    return start, end


def _numbers(value: object, count: int) -> list[int]:
    row = shapes.array(value, "row")
    if len(row) != count or any(type(number) is not int for number in row):
        raise VerificationError(f"a row is not {count} whole numbers")
    return row


def _holding(one: Box, other: Box) -> Box:
    return min(one[0], other[0]), min(one[1], other[1]), max(one[2], other[2]), max(one[3], other[3])


def _stretches(masks: Sequence[Mask]) -> Iterator[tuple[int, int, set[Box]]]:
    """Between any two neighbouring moments at which something changes: the boxes, each as large as it gets until the second moment."""
    moments = sorted({moment for mask in masks for moment in (mask.from_ms, mask.to_ms, *mask.times)})
    waiting = sorted(masks, key=lambda mask: mask.from_ms, reverse=True)
    active: list[Mask] = []
    for start, end in pairwise(moments):
        while waiting and waiting[-1].from_ms <= start:
            active.append(waiting.pop())
        active = [mask for mask in active if mask.to_ms > start]
        yield start, end, {_largest(mask, start, end) for mask in active}


def _largest(mask: Mask, start: int, end: int) -> Box:
    first = max(0, bisect_right(mask.times, start) - 1)
    last = min(len(mask.times) - 1, bisect_right(mask.times, end - 1))
    return _holding(mask.boxes[first], mask.boxes[last])


def _area(boxes: Iterable[Box]) -> int:
    """Pixels of the union. Boxes lie on a grid, so it is added up row of blocks by row of blocks."""
    rows: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for left, top, right, bottom in boxes:
        for row in range(top, bottom, _BLOCK):
            rows.setdefault((row, min(row + _BLOCK, bottom)), []).append((left, right))
    return sum((low - high) * sum(end - start for start, end in joined(spans)) for (high, low), spans in rows.items())
