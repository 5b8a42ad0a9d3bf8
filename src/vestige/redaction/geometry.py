"""Boxes and spans: where in the picture and when on its timeline.

A box lies in the *coded* picture: pixels as the decoder gives them, before the track's rotation, after the decoder's own cropping, without
regard to pixel aspect. What a person sees and points at is the *displayed* picture; `to_coded` and `to_displayed` convert between the two.
A time is whole milliseconds on the presentation timeline of the file (edit lists applied), rounded down.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from vestige.errors import BadInput

BLOCK = 16  # a macroblock of H.264: what is hidden is aligned outwards to it, so that no block mixes hidden and shown pixels
LARGEST = 16384  # pixels along one side
LATEST = 366 * 86_400_000  # a year of milliseconds: longer than any recording


def require_int(value: object, what: str, lowest: int, highest: int) -> int:
    """`value` as an integer in [lowest, highest]. Raises BadInput for anything else; booleans and floats are refused too."""
    if type(value) is not int:
        raise BadInput(f"{what} must be a whole number, not {value!r:.60}")
    if not lowest <= value <= highest:
        raise BadInput(f"{what} must lie between {lowest} and {highest}, not at {value}")
    return value


@dataclass(frozen=True, slots=True, order=True)
class Box:
    """A rectangle of whole pixels; `x`, `y` is its upper left corner.

    Raises BadInput if it is empty or begins left of or above the picture.
    """

    x: int
    y: int
    w: int
    h: int

    def __post_init__(self) -> None:
        for name, value, lowest in (("x", self.x, 0), ("y", self.y, 0), ("width", self.w, 1), ("height", self.h, 1)):
            require_int(value, f"a box's {name}", lowest, LARGEST)

    @property
    def right(self) -> int:
        """The first column that is no longer inside."""
        return self.x + self.w

    @property
    def bottom(self) -> int:
        """The first row that is no longer inside."""
        return self.y + self.h

    @property
    def area(self) -> int:
        """Pixels inside."""
        return self.w * self.h

    def inside(self, width: int, height: int) -> bool:
        """Whether the whole box lies in a picture of that size."""
        return self.right <= width and self.bottom <= height

    def covers(self, other: "Box") -> bool:
        """Whether every pixel of `other` lies in this box."""
        return self.x <= other.x and self.y <= other.y and self.right >= other.right and self.bottom >= other.bottom

    def overlap(self, other: "Box") -> int:
        """Pixels that both boxes hold."""
        wide = min(self.right, other.right) - max(self.x, other.x)
        high = min(self.bottom, other.bottom) - max(self.y, other.y)
        return max(0, wide) * max(0, high)

    def hull(self, other: "Box") -> "Box":
        """The smallest box that holds both."""
        x, y = min(self.x, other.x), min(self.y, other.y)
        return Box(x, y, max(self.right, other.right) - x, max(self.bottom, other.bottom) - y)

    def aligned(self, width: int, height: int) -> "Box":
        """The box grown outwards to the macroblock grid and clipped to a picture of that size, which must hold it at least in part."""
        x, y = self.x // BLOCK * BLOCK, self.y // BLOCK * BLOCK
        right, bottom = min(width, -(-self.right // BLOCK) * BLOCK), min(height, -(-self.bottom // BLOCK) * BLOCK)
        return Box(x, y, right - x, bottom - y)


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """The half-open time [from_ms, to_ms). Raises BadInput if it is empty, backwards or begins before the recording."""

    from_ms: int
    to_ms: int

    def __post_init__(self) -> None:
        require_int(self.from_ms, "a span's start", 0, LATEST)
        require_int(self.to_ms, "a span's end", 0, LATEST)
        if self.from_ms >= self.to_ms:
            raise BadInput(f"a span must end after it begins, not from {self.from_ms} ms to {self.to_ms} ms")

    @property
    def length_ms(self) -> int:
        """How long it is."""
        return self.to_ms - self.from_ms

    def meets(self, start_ms: int, end_ms: int) -> bool:
        """Whether any moment of [start_ms, end_ms) lies in the span."""
        return self.from_ms < end_ms and start_ms < self.to_ms


def union(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The same moments as sorted spans that neither overlap nor touch."""
    joined: list[Span] = []
    for span in sorted(spans):
        if joined and span.from_ms <= joined[-1].to_ms:
            joined[-1] = Span(joined[-1].from_ms, max(joined[-1].to_ms, span.to_ms))
        else:
            joined.append(span)
    return tuple(joined)


def missing(spans: Iterable[Span], whole: Span) -> tuple[Span, ...]:
    """The parts of `whole` that no span covers."""
    gaps, at = [], whole.from_ms
    for span in union(spans):
        if at < min(span.from_ms, whole.to_ms):
            gaps.append(Span(at, min(span.from_ms, whole.to_ms)))
        at = max(at, span.to_ms)
    if at < whole.to_ms:
        gaps.append(Span(at, whole.to_ms))
    return tuple(gaps)


@dataclass(frozen=True, slots=True)
class Picture:
    """The coded picture: its size in pixels and the clockwise rotation (0, 90, 180, 270) with which it is displayed."""

    width: int
    height: int
    rotation: int = 0

    def __post_init__(self) -> None:
        require_int(self.width, "the picture's width", 1, LARGEST)
        require_int(self.height, "the picture's height", 1, LARGEST)
        if self.rotation not in {0, 90, 180, 270}:
            raise BadInput(f"a picture is rotated by 0, 90, 180 or 270 degrees, not by {self.rotation}")

    @property
    def displayed(self) -> tuple[int, int]:
        """Width and height as a viewer sees them."""
        return (self.height, self.width) if self.rotation in {90, 270} else (self.width, self.height)

    def to_coded(self, box: Box) -> Box:
        """A box given in displayed pixels, in coded pixels. Raises BadInput if it does not lie in the displayed picture."""
        wide, high = self.displayed
        if not box.inside(wide, high):
            raise BadInput(f"the box {box.x},{box.y},{box.w},{box.h} does not lie in the displayed picture of {wide} x {high} pixels")
        if self.rotation == 90:
            return Box(box.y, self.height - box.right, box.h, box.w)
        if self.rotation == 180:
            return Box(self.width - box.right, self.height - box.bottom, box.w, box.h)
        if self.rotation == 270:
            return Box(self.width - box.bottom, box.x, box.h, box.w)
        return box

    def to_displayed(self, box: Box) -> Box:
        """A box given in coded pixels, in displayed pixels. Raises BadInput if it does not lie in the coded picture."""
        if not box.inside(self.width, self.height):
            raise BadInput(
                f"the box {box.x},{box.y},{box.w},{box.h} does not lie in the coded picture of {self.width} x {self.height} pixels"
            )
        turned = Picture(*self.displayed, rotation=(360 - self.rotation) % 360)
        return turned.to_coded(box)
