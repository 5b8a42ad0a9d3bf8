"""What a container's tables say: streams, and runs of their samples as arrays; how much of a file's word is believed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from vestige.custody.media_index import StreamHeader
from vestige.errors import MediaFailed

if TYPE_CHECKING:
    from vestige.media.containers.reading import Window

SAFE = 2**53 - 1  # canonical JSON has no place for larger integers
MOST_SAMPLES = 16_000_000  # of one file: days of footage
MOST_HEAD = 4 << 20  # bytes of one description (codec configuration, edit list); real ones have kilobytes
_SHARED = 4  # samples may share bytes, but not so much that hashing them takes for ever

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


class NoSampleTable(MediaFailed):
    """The file has no sample table, or not a whole one; the message says what is missing and where."""

    code = "no_sample_table"


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream's header, and the bytes of the length before each of its NAL units (0: its samples are hashed whole)."""

    header: StreamHeader
    prefix: int


@dataclass(frozen=True, slots=True)
class Run:
    """Samples of one stream that follow one another in decode order: place in the file and size in bytes, times in its timescale."""

    stream: int
    offsets: Ints
    sizes: Ints
    dts: Ints
    pts: Ints
    durations: Ints
    keys: Bools

    def __len__(self) -> int:
        return len(self.sizes)

    def outside(self, size: int) -> int:
        """How many of the samples do not lie within a file of that size."""
        return int(np.count_nonzero((self.offsets < 0) | (self.offsets > size) | (self.sizes > size - self.offsets)))


@dataclass(frozen=True, slots=True)
class Track:
    """A whole track: its header, bytes of a NAL unit's length (0 for none), and its samples as arrays in decode order."""

    header: StreamHeader
    prefix: int
    samples: Run

    def __len__(self) -> int:
        return len(self.samples)


class Layout(Protocol):
    """What a reader of one kind of container gives."""

    streams: Sequence[Stream]
    window: "Window"
    short: str  # once `runs` is through: how the file is shorter than it says; empty if it is whole

    def runs(self) -> Iterator[Sequence[Run]]:
        """The samples in batches, each with one run a stream at most; the batches of a stream follow in decode order."""
        ...


class Allowance:
    """How many samples and bytes a file of a size may still speak of. Real samples take room; a damaged table does not know that."""

    def __init__(self, size: int) -> None:
        """`size` of the file in bytes."""
        self._size = size
        self._samples = min(MOST_SAMPLES, 4096 + size // 8)
        self._bytes = _SHARED * size

    def samples(self, count: int) -> None:
        """Take that many samples, before anything is allocated for them. Raises NoSampleTable when the file can't have so many."""
        self._samples -= count
        if self._samples < 0:
            raise NoSampleTable(f"the tables speak of {count} samples more than a file of this size can have")

    def run(self, run: Run) -> None:
        """Take a run's bytes. Raises NoSampleTable when its samples overlap beyond reason or its times are beyond 2^53-1."""
        if not len(run):
            return
        times = (run.dts, run.pts, run.durations, run.sizes)
        if max(int(column.max()) for column in times) > SAFE or min(int(column.min()) for column in times) < -SAFE:
            raise NoSampleTable(f"a time of stream {run.stream} is beyond all time")
        self._bytes -= int(run.sizes[run.offsets + run.sizes <= self._size].sum())
        if self._bytes < 0:
            raise NoSampleTable(f"the samples of stream {run.stream} are many times larger than the file")


def joined(runs: Sequence[Run], stream: int) -> Run:
    """One run out of several of a stream, in their order; an empty one out of none."""
    if len(runs) == 1:
        return runs[0]

    def column(name: str) -> Ints:
        return np.concatenate([np.zeros(0, np.int64), *(getattr(run, name) for run in runs)])

    keys = np.concatenate([np.zeros(0, np.bool_), *(run.keys for run in runs)])
    return Run(stream, column("offsets"), column("sizes"), column("dts"), column("pts"), column("durations"), keys)
