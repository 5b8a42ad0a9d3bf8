"""The media index of a file: its samples read once, about in the order in which they lie, hashed into one tree a stream."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from vestige.custody.media_index import MediaIndex, SampleLeaf, StreamTree, index_of
from vestige.media.containers.matroska import MAGIC, Matroska
from vestige.media.containers.mp4 import KINDS_OF_BOX, Mp4
from vestige.media.containers.reading import Source, Window
from vestige.media.containers.tables import Ints, Layout, NoSampleTable, Run, Track, joined

MOST_UNITS = 4096  # of one sample; more are no picture
LARGEST = 32 << 20  # bytes of a sample that is taken apart
_ROWS = 8192
_HOSTILE = (ValueError, OverflowError, IndexError)


@dataclass(frozen=True, slots=True)
class StreamFacts:
    """What the container says of a stream. `missing` samples lie outside the file; `duration` is in units of 1/`timescale` s."""

    kind: str
    codec: str
    samples: int
    missing: int
    keys: int
    duration: int
    timescale: int


@dataclass(frozen=True, slots=True)
class Walk:
    """The streams of a file; `short` says how the file is shorter than it says, where no sample tells; empty if it is not."""

    streams: tuple[StreamFacts, ...]
    short: str

    @property
    def missing(self) -> str:
        """Why the file has no whole index; empty if it can have one."""
        lost = [f"{s.missing} of {s.samples} samples of stream {n} lie outside the file" for n, s in enumerate(self.streams) if s.missing]
        return "; ".join([*lost[:8], *([self.short] if self.short else [])])


def open_layout(source: Source, size: int) -> Layout:
    """The layout of a file of `size` bytes. Raises NoSampleTable with the reason where it has none."""
    source.seek(0)
    head = source.read(8)
    layout: Layout
    if head[4:8] in KINDS_OF_BOX:
        layout = Mp4(source, size)
    elif head[:4] == MAGIC:
        layout = Matroska(source, size)
    else:
        raise NoSampleTable("the file is neither MP4 nor Matroska")
    for stream in layout.streams:
        if not stream.header.is_canonical():
            raise NoSampleTable(f"the header of stream {stream.header.stream} holds a number beyond 2^53-1")
    return layout


def walk(source: Source, size: int) -> Walk:
    """The streams of a file, the samples that are missing counted. Raises NoSampleTable where its tables can't be read."""
    with _readable():
        layout, runs = _all_runs(source, size)
    streams = []
    for stream, found in zip(layout.streams, runs, strict=True):
        header = stream.header
        begins = min((int(run.dts.min()) for run in found), default=0)
        ends = max((int((run.dts + run.durations).max()) for run in found), default=0)
        streams.append(
            StreamFacts(
                kind=header.kind,
                codec=header.codec,
                samples=sum(map(len, found)),
                missing=sum(run.outside(size) for run in found),
                keys=sum(int(run.keys.sum()) for run in found),
                duration=ends - begins,
                timescale=header.timescale,
            )
        )
    return Walk(tuple(streams), layout.short)


def tracks_of(source: Source, size: int) -> list[Track]:
    """The tracks of a file, each sample within it. Raises NoSampleTable with the reason."""
    with _readable():
        layout, runs = _all_runs(source, size)
    if layout.short or any(run.outside(size) for found in runs for run in found):
        raise NoSampleTable(walk(source, size).missing)
    whole = [joined(found, number) for number, found in enumerate(runs)]
    return [Track(stream.header, stream.prefix, run) for stream, run in zip(layout.streams, whole, strict=True)]


def samples(source: Source, size: int, stream: int) -> Iterator[tuple[SampleLeaf, int]]:
    """The samples of one stream in decode order, without units, and where each lies in the file. Raises NoSampleTable."""
    with _readable():
        count = 0
        for batch in open_layout(source, size).runs():
            for run in (run for run in batch if run.stream == stream):
                columns = (run.offsets, run.sizes, run.pts, run.dts, run.durations, run.keys)
                for offset, length, pts, dts, duration, key in zip(*(column.tolist() for column in columns), strict=True):
                    yield SampleLeaf(stream, count, pts, dts, duration, key, length, ()), offset
                    count += 1


def index_file(source: Source, size: int, index_key: bytes, report: Callable[[float], None] = lambda _: None) -> MediaIndex:
    """The media index of a file of `size` bytes, read about once. `index_key` is 32 random bytes; `report` is told the share done.

    Raises NoSampleTable when there can be none: its tables can't be read whole, or samples lie outside the file.
    """
    with _readable():
        layout = open_layout(source, size)
        trees = [StreamTree(stream.header, index_key) for stream in layout.streams]
        hasher = _Hasher(layout.window, trees, [stream.prefix for stream in layout.streams])
        for batch in layout.runs():
            if any(run.outside(size) for run in batch):
                raise NoSampleTable(walk(source, size).missing)
            for at in hasher.take(batch):
                report(min(1.0, at / size))
        if layout.short:
            raise NoSampleTable(layout.short)
        return index_of([tree.root() for tree in trees])


class _Hasher:
    """Adds the samples of batches to the trees of their streams, reading them in the order in which they lie."""

    def __init__(self, window: Window, trees: Sequence[StreamTree], prefixes: Sequence[int]) -> None:
        self._window = window
        self._trees = trees
        self._prefixes = prefixes

    def take(self, batch: Sequence[Run]) -> Iterator[int]:
        """Add a batch; tells now and then how far in the file it is."""
        runs = [run for run in batch if len(run)]
        order = _reading_order(runs)
        streams = [np.full(len(run), run.stream) for run in runs]
        numbers = [np.arange(len(run)) + self._trees[run.stream].samples for run in runs]
        told = [[getattr(run, name) for run in runs] for name in ("pts", "dts", "durations", "keys", "sizes", "offsets")]
        columns = [np.concatenate(parts) for parts in (streams, numbers, *told)] if runs else []
        for start in range(0, len(order), _ROWS):
            rows = order[start : start + _ROWS]
            yield self._rows([column[rows].tolist() for column in columns])

    def _rows(self, columns: list[list[int]]) -> int:
        window, trees, prefixes = self._window, self._trees, self._prefixes
        offset = 0
        for stream, number, pts, dts, duration, key, size, offset in zip(*columns, strict=True):
            found = units(window.view(offset, size), prefixes[stream]) if size <= LARGEST else [window.digest(offset, size)]
            trees[stream].add(SampleLeaf(stream, number, pts, dts, duration, key, size, found))
        return offset


def units(data: memoryview, prefix: int) -> list[str]:
    """SHA-256 (hex) of each NAL unit of a sample, each after its length of `prefix` bytes; of the whole where they do not fill it."""
    if prefix:
        found: list[str] = []
        at, end = 0, len(data)
        while at + prefix <= end and len(found) <= MOST_UNITS:
            start = at + prefix
            at = start + int.from_bytes(data[at:start], "big")
            if at > end:
                break
            found.append(hashlib.sha256(data[start:at]).hexdigest())
        if at == end and 0 < len(found) <= MOST_UNITS:
            return found
    return [hashlib.sha256(data).hexdigest()]


def _reading_order(runs: Sequence[Run]) -> Ints:
    """The order in which samples are read: by place, but those of one stream in decode order, so that nothing waits for its turn."""
    if not runs:
        return np.zeros(0, np.int64)
    return np.argsort(np.concatenate([np.maximum.accumulate(run.offsets) for run in runs]), kind="stable")


def _all_runs(source: Source, size: int) -> tuple[Layout, list[list[Run]]]:
    layout = open_layout(source, size)
    found: list[list[Run]] = [[] for _ in layout.streams]
    for batch in layout.runs():
        for run in batch:
            if len(run):
                found[run.stream].append(run)
    return layout, found


@contextmanager
def _readable() -> Iterator[None]:
    """The last line against tables that contradict themselves in a way that no check above thought of."""
    try:
        yield
    except _HOSTILE as error:
        raise NoSampleTable(f"the tables contradict themselves ({type(error).__name__})") from error
