"""The tracks of a redacted copy: described anew, with nothing of the original's own words but what decoding needs."""

import math
import struct
from dataclasses import dataclass
from fractions import Fraction

from vestige.media.containers.mp4_writer import Edit, Mp4Writer, Shape

_WHOLE, _DEEP = 1 << 16, 1 << 30  # one, in the two fixed-point forms of a matrix
_TURNS = {0: (1, 0), 90: (0, 1), 180: (-1, 0), 270: (0, -1)}
_LEAST_TIMESCALE = 10_000


@dataclass(frozen=True, slots=True)
class Frame:
    """A picture as it is coded and shown: pixels, the aspect of one, clockwise degrees."""

    width: int
    height: int
    aspect: Fraction
    rotation: int
    colour: bytes = b""  # the payload of a `colr`, where the picture's own sets do not say it


def picture_shape(timescale: int, frame: Frame, configuration: bytes) -> Shape:
    """A track of H.264 with that `avcC`."""
    head = bytes(6) + struct.pack(">H16xHHIIIH32xHh", 1, frame.width, frame.height, 72 << 16, 72 << 16, 0, 1, 24, -1)
    boxes = _box(b"avcC", configuration)
    if frame.aspect != 1:
        boxes += _box(b"pasp", struct.pack(">II", frame.aspect.numerator, frame.aspect.denominator))
    if frame.colour:
        boxes += _box(b"colr", frame.colour)
    wide, high = round(frame.width * frame.aspect * _WHOLE), frame.height * _WHOLE
    (a, b), x, y = _TURNS[frame.rotation], 0, 0
    if frame.rotation in {90, 180}:
        x = high if frame.rotation == 90 else wide
    if frame.rotation in {180, 270}:
        y = high if frame.rotation == 180 else wide
    matrix = (a * _WHOLE, b * _WHOLE, 0, -b * _WHOLE, a * _WHOLE, 0, x, y, _DEEP)
    return Shape("video", timescale, _box(b"avc1", head + boxes), tuple(number & 0xFFFFFFFF for number in matrix), wide, high)


def sound_shape(timescale: int, rate: int, channels: int, esds: bytes) -> Shape:
    """A track of AAC with that `esds`."""
    head = bytes(6) + struct.pack(">H8xHHIHH", 1, channels, 16, 0, rate if rate < _WHOLE else 0, 0)
    return Shape("audio", timescale, _box(b"mp4a", head + _box(b"esds", esds)))


def movie_timescale(timescale: int) -> int:
    """A multiple of the picture's time scale, so that its edit list is exact, and fine enough for the sound's."""
    while timescale < _LEAST_TIMESCALE:
        timescale *= 2
    return timescale


class Line:
    """One track on its way into the copy: a sample is written when the one after it, or the end, tells how long it lasts."""

    def __init__(self, writer: Mp4Writer, track: int, timescale: int) -> None:
        """`track` is its number in the writer's order."""
        self.samples = 0
        self._writer, self._track, self._timescale = writer, track, timescale
        self._waiting: tuple[int, bytes, bool] | None = None
        self._length = 0

    def add(self, at: int, data: bytes, *, key: bool) -> None:
        """Append a sample, decoded and shown at that tick."""
        self.close(at)
        self._waiting = at, data, key
        self.samples += 1

    def close(self, at: int) -> None:
        """The sample before lasts until then."""
        if self._waiting is not None:
            since, data, key = self._waiting
            self._writer.add(self._track, data, (at - since, 0), key=key)
            self._length += at - since
            self._waiting = None

    def edit(self, movie: int, first: Fraction, hidden: int = 0) -> Edit:
        """The track's edit: its first sample belongs at `first` seconds, and of it and what follows `hidden` ticks are not shown."""
        begins = first + Fraction(hidden, self._timescale)
        if begins < 0:
            late = math.ceil(-begins * self._timescale)
            hidden, begins = hidden + late, begins + Fraction(late, self._timescale)
        return Edit(round(begins * movie), round(Fraction(self._length - hidden, self._timescale) * movie), hidden)


def _box(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(data), kind) + data
