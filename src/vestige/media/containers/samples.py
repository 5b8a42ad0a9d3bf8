"""The sample table of an MP4 or QuickTime track (ISO/IEC 14496-12, section 8.6 and 8.7)."""

from dataclasses import dataclass

import numpy as np

from vestige.media.containers.boxes import Box, Boxes
from vestige.media.containers.tables import MOST_SAMPLES, SAFE, Allowance, Bools, Ints, NoSampleTable, Run

_MOST_TABLE = 12 * MOST_SAMPLES


@dataclass(frozen=True, slots=True)
class Sound:
    """Bytes that a number of instants of uncompressed sound take, as QuickTime tells it where the table says a sample has one byte."""

    length: int = 1
    instants: int = 1


@dataclass(frozen=True, slots=True)
class Chunks:
    """Where the chunks of a track begin and how many samples each holds."""

    offsets: Ints
    counts: Ints


class SampleTable:
    """Reads one `stbl`. Raises NoSampleTable when a table is missing or does not tell of every sample."""

    def __init__(self, boxes: Boxes, stbl: Box, allowance: Allowance) -> None:
        """`allowance` is what the whole file may have."""
        self._boxes = boxes
        self._tables: dict[bytes, Box] = {}
        for box in boxes.children(stbl):
            self._tables.setdefault(box.type, box)
        self._allowance = allowance

    def run(self, stream: int, sound: Sound | None) -> tuple[Run, int]:
        """All samples, and the decode time at which they end. `sound` for tracks of sound: uncompressed, a chunk is one sample."""
        same, count = self._same_size()
        if not count:
            none = np.zeros(0, np.int64)
            return Run(stream, none, none, none, none, none, np.zeros(0, np.bool_)), 0
        deltas = self._pairs(b"stts")
        if int(deltas[:, 0].sum()) < count:
            raise NoSampleTable(f"stts of stream {stream} tells of {int(deltas[:, 0].sum())} of {count} samples")
        if sound and same and np.all(deltas[deltas[:, 0] > 0, 1] == 1):
            return self._uncompressed(stream, count, sound if same == 1 else Sound(same))
        self._allowance.samples(count)
        sizes = self._sizes(same, count)
        durations = _spread(deltas, count)
        dts = np.cumsum(durations) - durations
        shift = self._shift(count)
        run = Run(stream, _places(self._chunks(), sizes), sizes, dts, dts + shift, durations, self._keys(count))
        return run, int(dts[-1] + durations[-1])

    def _uncompressed(self, stream: int, count: int, sound: Sound) -> tuple[Run, int]:
        """One sample a chunk: an instant of uncompressed sound is a sample to QuickTime, 48,000 of them a second."""
        chunks = self._chunks()
        self._allowance.samples(len(chunks.counts))
        ends = np.minimum(np.cumsum(chunks.counts), count)
        if int(ends[-1]) < count or count > SAFE // max(1, sound.length):
            raise NoSampleTable(f"the chunks of stream {stream} hold {int(ends[-1])} of {count} samples")
        starts = np.concatenate((np.zeros(1, np.int64), ends[:-1]))
        held = ends > starts
        starts, durations, offsets = starts[held], (ends - starts)[held], chunks.offsets[held]
        sizes = durations * sound.length // sound.instants
        return Run(stream, offsets, sizes, starts, starts, durations, np.ones(len(sizes), np.bool_)), count

    def _same_size(self) -> tuple[int, int]:
        """The size that all samples have (0: each its own), and how many they are."""
        box = self._tables.get(b"stsz") or self._tables.get(b"stz2")
        if box is None:
            raise NoSampleTable("a track has no table of sample sizes")
        head = self._boxes.head(box, 12)
        return (head.uint(4) if box.type == b"stsz" else 0), head.uint(8)

    def _sizes(self, same: int, count: int) -> Ints:
        if same:
            return np.full(count, same, np.int64)
        box = self._tables.get(b"stsz")
        if box:
            return self._boxes.payload(box, _MOST_TABLE).column(12, count, ">u4")
        data = self._boxes.payload(self._tables[b"stz2"], _MOST_TABLE)
        bits = data.uint(7, 1)
        if bits == 4:
            pairs = data.column(12, (count + 1) // 2, ">u1")
            return np.stack((pairs >> 4, pairs & 15), axis=1).reshape(-1)[:count]
        if bits not in (8, 16):
            raise NoSampleTable(f"{data.name} has sizes of {bits} bits")
        return data.column(12, count, f">u{bits // 8}")

    def _pairs(self, kind: bytes) -> Ints:
        """A table of (count, value), shape (n, 2)."""
        box = self._tables.get(kind)
        if box is None:
            raise NoSampleTable(f"a track has no {kind.decode()}")
        data = self._boxes.payload(box, _MOST_TABLE)
        return data.column(8, data.uint(4) * 2, ">u4").reshape(-1, 2)

    def _shift(self, count: int) -> Ints:
        """Composition offsets, with sign whatever the version: QuickTime writes negative ones in version 0, and none is so large."""
        if b"ctts" not in self._tables:
            return np.zeros(count, np.int64)
        pairs = self._pairs(b"ctts")
        if int(pairs[:, 0].sum()) < count:
            raise NoSampleTable(f"ctts tells of {int(pairs[:, 0].sum())} of {count} samples")
        return signed(_spread(pairs, count))

    def _chunks(self) -> Chunks:
        box = self._tables.get(b"co64") or self._tables.get(b"stco")
        table = self._tables.get(b"stsc")
        if box is None or table is None:
            raise NoSampleTable("a track has no table of chunks")
        data = self._boxes.payload(box, _MOST_TABLE)
        offsets = data.column(8, data.uint(4), ">u8" if box.type == b"co64" else ">u4")
        data = self._boxes.payload(table, _MOST_TABLE)
        rows = data.column(8, data.uint(4) * 3, ">u4").reshape(-1, 3)
        first = rows[:, 0]
        if not len(offsets) or not len(rows) or first[0] != 1 or np.any(np.diff(first) <= 0):
            raise NoSampleTable(f"{data.name} does not say how many samples each chunk holds")
        run = np.searchsorted(first, np.arange(1, len(offsets) + 1), side="right") - 1
        return Chunks(offsets, rows[run, 1])

    def _keys(self, count: int) -> Bools:
        """All where the track has no table of key samples; none where the table is empty."""
        box = self._tables.get(b"stss")
        if box is None:
            return np.ones(count, np.bool_)
        data = self._boxes.payload(box, _MOST_TABLE)
        listed = data.column(8, data.uint(4), ">u4")
        keys = np.zeros(count, np.bool_)
        keys[listed[(listed >= 1) & (listed <= count)] - 1] = True
        return keys


def signed(values: Ints) -> Ints:
    """Numbers of 32 bits read again with their sign."""
    return values.astype(np.uint32).view(np.int32).astype(np.int64)


def _spread(pairs: Ints, count: int) -> Ints:
    """One value a sample out of (count, value)."""
    ends = np.cumsum(pairs[:, 0])
    values: Ints = pairs[np.searchsorted(ends, np.arange(count), side="right"), 1]
    return values


def _places(chunks: Chunks, sizes: Ints) -> Ints:
    """Where each sample lies: after those before it in its chunk."""
    ends = np.cumsum(chunks.counts)
    if int(ends[-1]) < len(sizes):
        raise NoSampleTable(f"the chunks hold {int(ends[-1])} of {len(sizes)} samples")
    chunk = np.searchsorted(ends, np.arange(len(sizes)), side="right")
    before = np.cumsum(sizes) - sizes
    first = (ends - chunks.counts)[chunk]
    places: Ints = chunks.offsets[chunk] + before - before[first]
    return places
