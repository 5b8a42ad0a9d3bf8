"""What is hidden while a frame is on screen: the union of all boxes, aligned outwards to macroblocks and clipped to the picture.

A frame is on screen from its own time until the next frame's; it is masked if any moment of that lies in a mask's span.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from operator import attrgetter

from vestige.redaction.geometry import BLOCK, Box, Picture, Span
from vestige.redaction.plan import Mask, Plan


def box_during(mask: Mask, start_ms: int, end_ms: int) -> Box | None:
    """The box that the mask hides in a frame shown over [start_ms, end_ms), as the plan says it; None where it hides nothing."""
    if not mask.span.meets(start_ms, end_ms):
        return None
    track = mask.track
    after = bisect_right(track, start_ms, key=attrgetter("at_ms"))
    if after == 0:
        return track[0].box
    before = track[after - 1]
    if after == len(track) or before.at_ms == start_ms:
        return before.box
    return before.box.hull(track[after].box)


def box_over(mask: Mask, span: Span) -> Box | None:
    """The smallest box that holds all that the mask may hide at any time of the span, whenever frames come; None where it hides nothing."""
    if not mask.span.meets(span.from_ms, span.to_ms):
        return None
    times = [key.at_ms for key in mask.track]
    first = max(0, bisect_right(times, span.from_ms) - 1)
    last = min(len(times) - 1, bisect_left(times, span.to_ms))
    found = mask.track[first].box
    for key in mask.track[first + 1 : last + 1]:
        found = found.hull(key.box)
    return found


def hidden_boxes(plan: Plan, start_ms: int, end_ms: int) -> tuple[Box, ...]:
    """The aligned, clipped boxes hidden in a frame shown over [start_ms, end_ms), sorted, once each."""
    return _boxes(plan.masks, plan.picture, start_ms, end_ms)


class Sweep:
    """The same for frame after frame, without looking at every mask each time: frames must come in order."""

    def __init__(self, plan: Plan) -> None:
        """`plan` is swept once, from its start."""
        self._picture = plan.picture
        self._waiting = sorted(plan.masks, key=lambda mask: mask.span, reverse=True)
        self._active: list[Mask] = []
        self._at = 0

    def during(self, start_ms: int, end_ms: int) -> tuple[Box, ...]:
        """What `hidden_boxes` gives. Raises ValueError for a frame that begins before the one asked about last."""
        if start_ms < self._at:
            raise ValueError("frames must come in order")
        self._at = start_ms
        while self._waiting and self._waiting[-1].span.from_ms < end_ms:
            self._active.append(self._waiting.pop())
        self._active = [mask for mask in self._active if mask.span.to_ms > start_ms]
        return _boxes(self._active, self._picture, start_ms, end_ms)


def sweep(plan: Plan, times: Iterable[int]) -> Iterator[tuple[Box, ...]]:
    """For each frame of rising `times` (ms) what is hidden in it; the last is shown until the end. Lazy: one frame late."""
    sweeping = Sweep(plan)
    for start, end in shown(times, plan.duration_ms):
        yield sweeping.during(start, end)


def shown(times: Iterable[int], duration_ms: int) -> Iterator[tuple[int, int]]:
    """When each frame is on screen: until the next one, the last until the end; a millisecond at least."""
    previous: int | None = None
    for at in times:
        if previous is not None:
            yield previous, max(at, previous + 1)
        previous = at
    if previous is not None:
        yield previous, max(duration_ms, previous + 1)


def _boxes(masks: Iterable[Mask], picture: Picture, start_ms: int, end_ms: int) -> tuple[Box, ...]:
    found = (box_during(mask, start_ms, end_ms) for mask in masks)
    return tuple(sorted({box.aligned(picture.width, picture.height) for box in found if box is not None}))


def hidden_area(boxes: Iterable[Box], picture: Picture) -> int:
    """Pixels of the picture that the union of the aligned boxes hides."""
    rows = _rows(boxes, picture)
    return sum(_pixels(bits, picture.width) * (min(picture.height, (row + 1) * BLOCK) - row * BLOCK) for row, bits in rows.items())


def _rows(boxes: Iterable[Box], picture: Picture) -> dict[int, int]:
    """Block row -> a bit for each block column that is hidden."""
    rows: dict[int, int] = {}
    for box in (box.aligned(picture.width, picture.height) for box in boxes):
        first, last = box.x // BLOCK, -(-box.right // BLOCK)
        bits = (1 << last) - (1 << first)
        for row in range(box.y // BLOCK, -(-box.bottom // BLOCK)):
            rows[row] = rows.get(row, 0) | bits
    return rows


def _pixels(bits: int, width: int) -> int:
    last = (width - 1) // BLOCK
    partial = width - last * BLOCK
    return (bits & ((1 << last) - 1)).bit_count() * BLOCK + (bits >> last & 1) * partial


def moments(masks: Sequence[Mask]) -> list[Span]:
    """The elementary spans between which nothing changes in any of the masks."""
    cuts = sorted({at for mask in masks for at in (mask.span.from_ms, mask.span.to_ms, *(key.at_ms for key in mask.track))})
    return [Span(start, end) for start, end in pairwise(cuts)]
