"""What a container's tables say: tracks and their samples."""

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

from vestige.custody.media_index import StreamHeader
from vestige.errors import MediaFailed

MOST_SAMPLES = 50_000_000
MOST_TABLE = 512 << 20  # bytes of one table; an hour of body-camera footage has less than one megabyte

Ints = npt.NDArray[np.int64]


class NoSampleTable(MediaFailed):
    """The file has no sample table, or not a whole one; the message says what is missing."""

    code = "no_sample_table"


class Source(Protocol):
    """A seekable file."""

    def read(self, size: int, /) -> bytes: ...
    def seek(self, offset: int, whence: int = 0, /) -> int: ...


@dataclass(slots=True)
class Track:
    """A track: its header, how its units are told apart (bytes of a length prefix, 0 for none), and its samples as arrays in decode order."""

    header: StreamHeader
    prefix: int
    offsets: Ints
    sizes: Ints
    dts: Ints
    pts: Ints
    durations: Ints
    keys: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.sizes)


@dataclass(slots=True)
class Growing:
    """Samples of a track as they are found."""

    offsets: list[Ints] = field(default_factory=list)
    sizes: list[Ints] = field(default_factory=list)
    dts: list[Ints] = field(default_factory=list)
    pts: list[Ints] = field(default_factory=list)
    durations: list[Ints] = field(default_factory=list)
    keys: list[npt.NDArray[np.bool_]] = field(default_factory=list)

    def track(self, header: StreamHeader, prefix: int) -> Track:
        """The whole track."""
        return Track(
            header, prefix, _joined(self.offsets), _joined(self.sizes), _joined(self.dts), _joined(self.pts), _joined(self.durations),
            np.concatenate(self.keys) if self.keys else np.zeros(0, bool),
        )  # fmt: skip


def _joined(parts: list[Ints]) -> Ints:
    return np.concatenate(parts) if parts else np.zeros(0, np.int64)


def check_inside(track: Track, size: int) -> None:
    """Raises NoSampleTable when a sample does not lie within the file of that size."""
    outside = int(np.count_nonzero((track.offsets < 0) | (track.sizes < 0) | (track.offsets + track.sizes > size)))
    if outside:
        raise NoSampleTable(f"{outside} of {len(track)} samples of stream {track.header.stream} lie outside the file")
