"""The media index of a file: its samples read once, about in the order in which they lie, hashed into one tree a stream."""

from binascii import hexlify
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256

import numpy as np

from vestige.custody.media_index import MediaIndex, SampleLeaf, StreamTree, index_of
from vestige.media.containers.matroska import MAGIC, Matroska
from vestige.media.containers.mp4 import KINDS_OF_BOX, Mp4
from vestige.media.containers.reading import Source, Window
from vestige.media.containers.tables import Ints, Layout, NoSampleTable, Run, Track, joined

MOST_UNITS = 4096  # of one sample; more are no picture
LARGEST = 32 << 20  # bytes of a sample that is taken apart
_ROWS = 8192
Look = Callable[[memoryview], None]
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


def index_file(
    source: Source,
    size: int,
    index_key: bytes,
    report: Callable[[float], None] = lambda _: None,
    look: Callable[[str], Look | None] = lambda _: None,
) -> MediaIndex:
    """The media index of a file of `size` bytes, read about once. `index_key` is 32 random bytes; `report` is told the share done.

    `look` says, by a stream's codec, what is to be shown each of its NAL units while they are here, if anything.

    Raises NoSampleTable when there can be none: its tables can't be read whole, or samples lie outside the file.
    """
    return index_of([tree.root() for tree in _trees(source, size, index_key, report, look)])


def leaves_of(
    source: Source, size: int, index_key: bytes, report: Callable[[float], None] = lambda _: None
) -> tuple[MediaIndex, list[list[bytes]]]:
    """The media index with the hashes of all leaves of each stream, header first. Raises NoSampleTable as `index_file` does."""
    trees = _trees(source, size, index_key, report, keep=True)
    return index_of([tree.root() for tree in trees]), [tree.kept or [] for tree in trees]


def _trees(
    source: Source,
    size: int,
    index_key: bytes,
    report: Callable[[float], None],
    look: Callable[[str], Look | None] = lambda _: None,
    *,
    keep: bool = False,
) -> list[StreamTree]:
    with _readable():
        layout = open_layout(source, size)
        trees = [StreamTree(stream.header, index_key, keep=keep) for stream in layout.streams]
        looks = [look(stream.header.codec) if stream.prefix else None for stream in layout.streams]
        hasher = _Hasher(layout.window, trees, [(stream.prefix, one) for stream, one in zip(layout.streams, looks, strict=True)])
        for batch in layout.runs():
            if any(run.outside(size) for run in batch):
                raise NoSampleTable(walk(source, size).missing)
            for at in hasher.take(batch):
                report(min(1.0, at / size))
        if layout.short:
            raise NoSampleTable(layout.short)
        return trees


class _Hasher:
    """Adds the samples of batches to the trees of their streams, reading them in the order in which they lie."""

    def __init__(self, window: Window, trees: Sequence[StreamTree], how: Sequence[tuple[int, Look | None]]) -> None:
        self._window = window
        self._trees = trees
        self._how = how

    def take(self, batch: Sequence[Run]) -> Iterator[int]:
        """Add a batch; tells now and then how far in the file it is."""
        runs = [run for run in batch if len(run)]
        order = _reading_order(runs)
        if not runs:
            return
        owners = np.concatenate([np.full(len(run), place) for place, run in enumerate(runs)])
        offsets, sizes = (np.concatenate([getattr(run, name) for run in runs]) for name in ("offsets", "sizes"))
        done = [0] * len(runs)
        for start in range(0, len(order), _ROWS):
            rows = order[start : start + _ROWS]
            found: list[list[bytes]] = [[] for _ in runs]
            offset = self._read(runs, found, zip(owners[rows].tolist(), offsets[rows].tolist(), sizes[rows].tolist(), strict=True))
            for place, (run, units_of) in enumerate(zip(runs, found, strict=True)):
                part = slice(done[place], done[place] + len(units_of))
                columns = (run.pts, run.dts, run.durations, run.keys, run.sizes)
                self._trees[run.stream].extend(zip(*(column[part].tolist() for column in columns), units_of, strict=True))
                done[place] = part.stop
            yield offset

    def _read(self, runs: Sequence[Run], found: list[list[bytes]], rows: Iterable[tuple[int, int, int]]) -> int:
        """Hash samples, in the order in which they lie, into the lists of their streams; where the last one lies."""
        view, how, put = self._window.view, [self._how[run.stream] for run in runs], [one.append for one in found]
        offset = 0
        for place, offset, size in rows:
            if size > LARGEST:
                put[place](b'"%b"' % self._window.digest(offset, size).encode())
            else:
                put[place](_listed(view(offset, size), *how[place]))
        return offset


def units(data: memoryview, prefix: int) -> list[str]:
    """SHA-256 (hex) of each NAL unit of a sample, each after its length of `prefix` bytes; of the whole where they do not fill it."""
    return _listed(data, prefix).decode().strip('"').split('","')


def _listed(data: memoryview, prefix: int, look: Look | None = None) -> bytes:
    """The units of a sample as they stand in its leaf; each is shown to `look`, if there is one."""
    if prefix:
        found: list[bytes] = []
        at, end = 0, len(data)
        while at + prefix <= end and len(found) <= MOST_UNITS:
            start = at + prefix
            at = start + int.from_bytes(data[at:start], "big")
            if at > end:
                break
            unit = data[start:at]
            if look is not None:
                look(unit)
            found.append(hexlify(sha256(unit).digest()))
        if at == end and 0 < len(found) <= MOST_UNITS:
            return b'"%b"' % b'","'.join(found)
    return b'"%b"' % hexlify(sha256(data).digest())


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
