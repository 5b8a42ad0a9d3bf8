"""What a media file says of its samples, in the words of the media index (custody format, section 6), whatever its container."""

import hashlib
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import BinaryIO, Final

from vestige_verify.errors import VerificationError

MOST_SAMPLES: Final = 16_000_000  # of one file: days of footage
_LARGEST_TAKEN_APART: Final = 32 << 20
_MOST_UNITS: Final = 4096
_BLOCK: Final = 1 << 20
_NORMAL_RATE: Final = 0x10000


def numbers(values: Sequence[int] = ()) -> "array[int]":
    """A column of numbers of 64 bits."""
    return array("q", values)


@dataclass(slots=True)
class Stream:
    """A track: what its header leaf says, its decoder configuration, bytes of the length before each NAL unit (0: none), and its samples.

    The columns have one number a sample, in decode order: place and size in the file, times in the stream's timescale.
    """

    kind: str
    codec: str
    configuration: bytes
    width: int
    height: int
    aspect: list[int]
    rotation: int
    timescale: int
    edits: list[list[int]]
    prefix: int
    offsets: "array[int]" = field(default_factory=numbers)
    sizes: "array[int]" = field(default_factory=numbers)
    dts: "array[int]" = field(default_factory=numbers)
    pts: "array[int]" = field(default_factory=numbers)
    durations: "array[int]" = field(default_factory=numbers)
    keys: bytearray = field(default_factory=bytearray)

    def __len__(self) -> int:
        return len(self.sizes)


@dataclass(frozen=True, slots=True)
class MediaFile:
    """The tracks of a file in their order, and the time scale of its edit lists' lengths."""

    timescale: int
    streams: list[Stream]


def delay(edits: list[list[int]], timescale: int, movie_timescale: int | None) -> Fraction | None:
    """Seconds from a track's own time to when it is shown; None where the edit list is more than a delay and a start, or can't be told.

    `movie_timescale` is None where it is not known.
    """
    shown, rest = Fraction(0), list(edits)
    while rest and rest[0][1] == -1:
        if movie_timescale is None:
            return None
        shown += Fraction(rest.pop(0)[0], movie_timescale)
    if len(rest) > 1 or any(media_time < 0 or rate != _NORMAL_RATE for _, media_time, rate in rest):
        return None
    return shown - (Fraction(rest[0][1], timescale) if rest else 0)


def units(file: BinaryIO, stream: Stream, sample: int) -> list[tuple[bytes, int, str]]:
    """First bytes (two at most), size and SHA-256 (hex) of each unit of a sample, or of the whole where it is not made of units."""
    size = stream.sizes[sample]
    file.seek(stream.offsets[sample])
    if size > _LARGEST_TAKEN_APART:
        return [(b"", size, _digest(file, size))]
    data = file.read(size)
    if len(data) != size:
        raise VerificationError("the footage ends inside a sample")
    found: list[tuple[bytes, int, str]] = []
    at, prefix = 0, stream.prefix
    if prefix:
        view = memoryview(data)
        while at + prefix <= size and len(found) <= _MOST_UNITS:
            start = at + prefix
            at = start + int.from_bytes(view[at:start], "big")
            if at > size:
                break
            unit = view[start:at]
            found.append((bytes(unit[:2]), at - start, hashlib.sha256(unit).hexdigest()))
        if at == size and 0 < len(found) <= _MOST_UNITS:
            return found
    return [(b"", size, hashlib.sha256(data).hexdigest())]


def require_disjoint(streams: list[Stream], media: int) -> None:
    """Refuses samples that overlap, and a file whose `media` bytes are not exactly those of its samples."""
    total = sum(sum(stream.sizes) for stream in streams)
    if total != media:
        raise VerificationError(f"{abs(media - total)} bytes of the footage belong to no sample, or to several")
    ends = 0
    for start, size in sorted((start, size) for stream in streams for start, size in zip(stream.offsets, stream.sizes, strict=True)):
        if start < ends:
            raise VerificationError("two samples of the footage share bytes")
        ends = start + size


def _digest(file: BinaryIO, size: int) -> str:
    state = hashlib.sha256()
    while size:
        block = file.read(min(size, _BLOCK))
        if not block:
            raise VerificationError("the footage ends inside a sample")
        state.update(block)
        size -= len(block)
    return state.hexdigest()
