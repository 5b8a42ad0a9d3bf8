"""From single sightings of faces to tracks, and from tracks to masks.

A detector blinks: it finds a face in one frame, misses it in the next. So sightings are linked into tracks, gaps are filled in, and a track
begins earlier and ends later than its sightings. Nothing is carried over a cut. Every sighting ends up inside a mask: a weak or lonely
one is kept too, because a person can drop a mask but can't see a face that was never offered.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from vestige.redaction.geometry import Box, Picture, Span
from vestige.redaction.plan import Keyframe, Kind, Mask, Origin

_SAME = 0.4  # overlap (intersection over union) from which two sightings in one frame are one face
_LINKED = 0.2  # overlap from which a sighting continues a track
_NEAR = 0.8  # or distance of the centres, in mean box sides
_ALIKE = 2.0  # and no side more than twice or less than half as long


@dataclass(frozen=True, slots=True)
class Sighting:
    """A face in one frame: the box as the detector drew it (coded pixels, rounded outwards) and its score in permille."""

    box: Box
    score: int


@dataclass(frozen=True, slots=True)
class Footage:
    """The frames that were looked at: picture, each frame's time (ms, never falling), the end (ms), the frames that begin a new shot."""

    picture: Picture
    times: tuple[int, ...]
    duration_ms: int
    cuts: frozenset[int] = frozenset()

    def ends_at(self, frame: int) -> int:
        """When that frame leaves the screen."""
        later = self.times[frame + 1] if frame + 1 < len(self.times) else self.duration_ms
        return max(later, self.times[frame] + 1)


@dataclass(frozen=True, slots=True)
class Margins:
    """How generously a track is hidden: growth in percent of the box's sides; ms and frames at both ends; the longest gap filled in."""

    aside: int = 30
    up: int = 60
    down: int = 30
    extend_ms: int = 200
    extend_frames: int = 3
    gap_ms: int = 1000


@dataclass(slots=True)
class _Track:
    boxes: dict[int, Box] = field(default_factory=dict)
    last: int = -1
    score: int = 0

    def add(self, frame: int, sighting: Sighting) -> None:
        self.boxes[frame], self.last, self.score = sighting.box, frame, max(self.score, sighting.score)


def face_masks(
    footage: Footage, sightings: Sequence[Sequence[Sighting]], exemption: str, origin: Origin, margins: Margins | None = None
) -> tuple[Mask, ...]:
    """Masks that hide every sighting, `sightings[n]` being those of frame n; each with the track's best score in its origin.

    Ids are f1, f2, ... in order of appearance. `origin` names the model; its score is replaced.
    """
    if len(sightings) != len(footage.times):
        raise ValueError("as many lists of sightings as frames are needed")
    wide = margins or Margins()
    found = []
    for number, track in enumerate(_link(footage, sightings, wide), 1):
        frames = _extend(footage, _fill(footage, track.boxes), wide)
        keys = _compact(footage, {frame: grow(box, footage.picture, wide) for frame, box in frames.items()})
        span = Span(keys[0].at_ms, footage.ends_at(max(frames)))
        who = Origin(origin.kind, origin.name, origin.version, track.score)
        found.append(Mask(f"f{number}", Kind.FACE, span, exemption, who, keys))
    return tuple(found)


def grow(box: Box, picture: Picture, margins: Margins) -> Box:
    """The box with its margins, aligned outwards to macroblocks and clipped to the picture."""
    aside, up, down = (-(-side * percent // 100) for side, percent in ((box.w, margins.aside), (box.h, margins.up), (box.h, margins.down)))
    x, y = max(0, box.x - aside), max(0, box.y - up)
    right, bottom = min(picture.width, box.right + aside), min(picture.height, box.bottom + down)
    return Box(x, y, right - x, bottom - y).aligned(picture.width, picture.height)


def merge(sightings: Sequence[Sighting]) -> list[Sighting]:
    """One sighting for each face: those of one frame that overlap strongly (two scales saw one face) become the box that holds both."""
    merged: list[Sighting] = []
    for sighting in sorted(sightings, key=lambda one: (-one.score, one.box)):
        same = next((n for n, other in enumerate(merged) if _likeness(sighting.box, other.box) >= _SAME), None)
        if same is None:
            merged.append(sighting)
        else:
            merged[same] = Sighting(merged[same].box.hull(sighting.box), merged[same].score)
    return merged


def _likeness(one: Box, other: Box) -> float:
    both = one.overlap(other)
    return both / (one.area + other.area - both)


def _link(footage: Footage, sightings: Sequence[Sequence[Sighting]], margins: Margins) -> list[_Track]:
    """Greedy: in each frame the likeliest pair of track and sighting first; what is left begins a track of its own."""
    tracks: list[_Track] = []
    active: list[_Track] = []
    for frame, seen in enumerate(sightings):
        if frame in footage.cuts:
            active = []
        active = [track for track in active if footage.times[frame] - footage.times[track.last] <= margins.gap_ms]
        here = merge(seen)
        pairs = sorted(
            (-_affinity(track.boxes[track.last], sighting.box), t, s) for t, track in enumerate(active) for s, sighting in enumerate(here)
        )
        taken_tracks: set[int] = set()
        taken: set[int] = set()
        for cost, t, s in pairs:
            if cost < 0 and t not in taken_tracks and s not in taken:
                active[t].add(frame, here[s])
                taken_tracks.add(t)
                taken.add(s)
        for s, sighting in enumerate(here):
            if s not in taken:
                active.append(_Track())
                active[-1].add(frame, sighting)
                tracks.append(active[-1])
    return tracks


def _affinity(one: Box, other: Box) -> float:
    """How likely both are one face: 1 + overlap where they overlap enough, below 1 where they are only near and alike, else 0."""
    likeness = _likeness(one, other)
    if likeness >= _LINKED:
        return 1 + likeness
    if not (1 / _ALIKE <= one.w / other.w <= _ALIKE and 1 / _ALIKE <= one.h / other.h <= _ALIKE):
        return 0
    across, down = (one.x + one.right - other.x - other.right) / 2, (one.y + one.bottom - other.y - other.bottom) / 2
    side = (one.w + one.h + other.w + other.h) / 4
    return max(0.0, 1 - math.hypot(across, down) / (_NEAR * side))


def _fill(footage: Footage, boxes: dict[int, Box]) -> dict[int, Box]:
    """A box for each frame between the first and the last: in a gap on the straight line between its ends, by time, rounded outwards."""
    filled = dict(boxes)
    for before, after in pairwise(boxes):
        start, end = footage.times[before], footage.times[after]
        for frame in range(before + 1, after):
            share = footage.times[frame] - start
            filled[frame] = _between(boxes[before], boxes[after], share, max(1, end - start))
    return dict(sorted(filled.items()))


def _between(one: Box, other: Box, share: int, whole: int) -> Box:
    x, y = one.x + (other.x - one.x) * share // whole, one.y + (other.y - one.y) * share // whole
    right = -(-(one.right * (whole - share) + other.right * share) // whole)
    bottom = -(-(one.bottom * (whole - share) + other.bottom * share) // whole)
    return Box(x, y, right - x, bottom - y)


def _extend(footage: Footage, boxes: dict[int, Box], margins: Margins) -> dict[int, Box]:
    """Frames before and after: at least `extend_frames` and `extend_ms`, not over a cut, the nearest box standing still."""
    first, last = min(boxes), max(boxes)
    extended = dict(boxes)
    frame = first
    while frame > 0 and frame not in footage.cuts and _within(footage, first, frame - 1, margins):
        frame -= 1
        extended[frame] = boxes[first]
    frame = last
    while frame + 1 < len(footage.times) and frame + 1 not in footage.cuts and _within(footage, last, frame + 1, margins):
        frame += 1
        extended[frame] = boxes[last]
    return dict(sorted(extended.items()))


def _within(footage: Footage, anchor: int, frame: int, margins: Margins) -> bool:
    return abs(frame - anchor) <= margins.extend_frames or abs(footage.times[frame] - footage.times[anchor]) <= margins.extend_ms


def _compact(footage: Footage, boxes: dict[int, Box]) -> tuple[Keyframe, ...]:
    """Keyframes: frames of one time share a box; of a run of equal boxes only the first and the last are kept (nothing moves between)."""
    by_time: dict[int, Box] = {}
    for frame, box in boxes.items():
        at = footage.times[frame]
        by_time[at] = by_time[at].hull(box) if at in by_time else box
    keys = [Keyframe(at, box) for at, box in by_time.items()]
    inner = [key for before, key, after in zip(keys, keys[1:], keys[2:], strict=False) if not before.box == key.box == after.box]
    return (*keys[:1], *inner, *keys[1:][-1:])
