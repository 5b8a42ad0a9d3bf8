"""MP4 and MOV: boxes, sample tables, fragments (ISO/IEC 14496-12)."""

import hashlib
import struct
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from vestige.custody.media_index import StreamHeader
from vestige.media.containers.tables import MOST_SAMPLES, MOST_TABLE, Growing, Ints, NoSampleTable, Source, Track

_CONFIGURATIONS = (b"avcC", b"hvcC", b"esds", b"dOps", b"av1C", b"vpcC")
_LENGTH_PREFIXED = {b"avcC": 4, b"hvcC": 21}  # where the byte with the prefix length stands
_DEEPEST = 12
_MOST_BOXES = 100_000
_ROTATIONS = {(1, 0): 0, (0, 1): 90, (-1, 0): 180, (0, -1): 270}
_ONE = 1 << 16
_NON_SYNC = 0x0001_0000


@dataclass(frozen=True, slots=True)
class Box:
    """A box: its type, where its payload begins and ends, and where the box itself begins."""

    type: bytes
    start: int
    end: int
    at: int = 0


@dataclass(slots=True)
class _Moov:
    """A track as `moov` describes it, with the defaults of its fragments."""

    header: StreamHeader
    prefix: int
    samples: Growing
    next_dts: int
    defaults: tuple[int, int, int]


class Mp4:
    """Reads the tables of one file. Raises NoSampleTable with what is missing or wrong."""

    def __init__(self, source: Source, size: int) -> None:
        """`size` is the file's, in bytes."""
        self._source = source
        self._size = size
        self._boxes = 0

    def tracks(self) -> list[Track]:
        """All tracks, in the order of the container's track table."""
        top = list(self.children(Box(b"file", 0, self._size)))
        moov = next((box for box in top if box.type == b"moov"), None)
        if moov is None:
            raise NoSampleTable("the file has no index (moov): the camera may have lost power")
        parts = list(self.children(moov))
        found: dict[int, _Moov] = {}
        for number, box in enumerate(b for b in parts if b.type == b"trak"):
            track_id, track = self._trak(box, number)
            found[track_id] = track
        self._defaults(parts, found)
        for box in top:
            if box.type == b"moof":
                self._moof(box, found)
        if not found:
            raise NoSampleTable("the file has no track")
        return [track.samples.track(track.header, track.prefix) for track in found.values()]

    def children(self, parent: Box, skip: int = 0) -> Iterator[Box]:
        """The boxes inside a box, after `skip` bytes. Ends at what is no box."""
        at = parent.start + skip
        while at + 8 <= parent.end:
            self._boxes += 1
            if self._boxes > _MOST_BOXES:
                raise NoSampleTable("the file has more boxes than any recording")
            size, kind = struct.unpack(">I4s", self._read(at, 8))
            head = 8
            if size == 1 and at + 16 <= parent.end:
                (size,) = struct.unpack(">Q", self._read(at + 8, 8))
                head = 16
            elif size == 0:
                size = parent.end - at
            if size < head:
                return
            yield Box(kind, at + head, min(at + size, parent.end), at)
            at += size

    def _find(self, parent: Box, *path: bytes) -> Box | None:
        box: Box | None = parent
        for kind in path[:_DEEPEST]:
            box = next((b for b in self.children(box) if b.type == kind), None) if box else None
        return box

    def _need(self, parent: Box, *path: bytes) -> Box:
        box = self._find(parent, *path)
        if box is None:
            raise NoSampleTable(f"the track has no {b'/'.join(path).decode('latin-1')}")
        return box

    def _read(self, at: int, length: int) -> bytes:
        self._source.seek(at)
        data = self._source.read(length)
        if len(data) != length:
            raise NoSampleTable(f"the file ends at {at + len(data)}, inside a table")
        return data

    def _payload(self, box: Box) -> bytes:
        if box.end - box.start > MOST_TABLE:
            raise NoSampleTable(f"the table {box.type.decode('latin-1')} is larger than any recording's")
        return self._read(box.start, box.end - box.start)

    def _trak(self, trak: Box, number: int) -> tuple[int, _Moov]:
        tkhd, mdhd = self._payload(self._need(trak, b"tkhd")), self._payload(self._need(trak, b"mdia", b"mdhd"))
        handler = self._payload(self._need(trak, b"mdia", b"hdlr"))[8:12]
        track_id = _u32(tkhd, 20 if tkhd[:1] == b"\x01" else 12)
        timescale = _u32(mdhd, 20 if mdhd[:1] == b"\x01" else 12)
        stbl = self._need(trak, b"mdia", b"minf", b"stbl")
        kind = {b"vide": "video", b"soun": "audio"}.get(handler, "other")
        codec, entry = self._entry(stbl)
        config = self._config(entry, kind)
        header = StreamHeader(
            stream=number,
            kind=kind,
            codec=codec,
            extradata=hashlib.sha256(config[1]).hexdigest(),
            width=_u16(self._read(entry.start, 28), 24) if kind == "video" else 0,
            height=_u16(self._read(entry.start, 28), 26) if kind == "video" else 0,
            aspect=self._aspect(entry) if kind == "video" else (1, 1),
            rotation=_rotation(tkhd) if kind == "video" else 0,
            timescale=max(timescale, 1),
            edits=self._edits(trak),
        )
        samples, end = self._table(stbl)
        at = _LENGTH_PREFIXED.get(config[0])
        prefix = (config[1][at] & 3) + 1 if at is not None and len(config[1]) > at else 0
        return track_id, _Moov(header, prefix, samples, end, (0, 0, 0))

    def _entry(self, stbl: Box) -> tuple[str, Box]:
        stsd = self._need(stbl, b"stsd")
        entry = next(self.children(stsd, skip=8), None)
        if entry is None or entry.end - entry.start < 8:
            raise NoSampleTable("the track does not say how it is coded")
        return entry.type.decode("latin-1"), entry

    def _config(self, entry: Box, kind: str) -> tuple[bytes, bytes]:
        """Type and payload of the decoder configuration; empty when there is none."""
        skip = self._entry_head(entry, kind)
        for box in self.children(entry, skip):
            if box.type in _CONFIGURATIONS:
                return box.type, self._payload(box)
            if box.type == b"wave":  # QuickTime keeps the sound's configuration one level deeper
                inner = next((b for b in self.children(box) if b.type in _CONFIGURATIONS), None)
                if inner:
                    return inner.type, self._payload(inner)
        return b"", b""

    def _entry_head(self, entry: Box, kind: str) -> int:
        """Bytes of a sample entry before its boxes."""
        if kind == "video":
            return 78
        if kind != "audio":
            return 8
        version = _u16(self._read(entry.start, 10), 8) if entry.end - entry.start >= 10 else 0
        return 28 + {1: 16, 2: 36}.get(version, 0)

    def _aspect(self, entry: Box) -> tuple[int, int]:
        pasp = next((b for b in self.children(entry, 78) if b.type == b"pasp"), None)
        if pasp is None or pasp.end - pasp.start < 8:
            return (1, 1)
        return struct.unpack(">II", self._read(pasp.start, 8))

    def _edits(self, trak: Box) -> tuple[tuple[int, int, int], ...]:
        elst = self._find(trak, b"edts", b"elst")
        if elst is None:
            return ()
        data = self._payload(elst)
        form = ">QqI" if data[:1] == b"\x01" else ">IiI"
        width = struct.calcsize(form)
        count = min(_u32(data, 4), (len(data) - 8) // width)
        return tuple(struct.unpack_from(form, data, 8 + i * width) for i in range(count))

    def _table(self, stbl: Box) -> tuple[Growing, int]:
        """The samples of `stbl`, and the decode time at which they end."""
        boxes = {box.type: box for box in self.children(stbl)}
        grown = Growing()
        sizes = self._sizes(boxes)
        if not len(sizes):
            return grown, 0
        for needed in (b"stts", b"stsc"):
            if needed not in boxes:
                raise NoSampleTable(f"the track has no {needed.decode()}")
        durations = self._runs(boxes[b"stts"], len(sizes), signed=False)
        dts = np.concatenate(([0], np.cumsum(durations)[:-1])).astype(np.int64)
        shift = self._runs(boxes[b"ctts"], len(sizes), signed=True) if b"ctts" in boxes else np.zeros(len(sizes), np.int64)
        grown.offsets.append(self._offsets(boxes, sizes))
        grown.sizes.append(sizes)
        grown.dts.append(dts)
        grown.pts.append(dts + shift)
        grown.durations.append(durations)
        grown.keys.append(self._keys(boxes, len(sizes)))
        return grown, int(dts[-1] + durations[-1])

    def _sizes(self, boxes: dict[bytes, Box]) -> Ints:
        if b"stsz" in boxes:
            data = self._payload(boxes[b"stsz"])
            same, count = _u32(data, 4), _u32(data, 8)
            if same:
                if count > MOST_SAMPLES:
                    raise NoSampleTable(f"the track says that it has {count} samples")
                return np.full(count, same, np.int64)
            return _numbers(data, 12, count, ">u4")
        if b"stz2" in boxes:
            data = self._payload(boxes[b"stz2"])
            bits, count = data[7:8], _u32(data, 8)
            if bits == b"\x04":
                pairs = _numbers(data, 12, (count + 1) // 2, ">u1")
                return np.stack((pairs >> 4, pairs & 15), axis=1).reshape(-1)[:count]
            return _numbers(data, 12, count, ">u1" if bits == b"\x08" else ">u2")
        raise NoSampleTable("the track has no table of sample sizes")

    def _runs(self, box: Box, count: int, *, signed: bool) -> Ints:
        """A run-length table (count, value) as one value a sample. Raises NoSampleTable when it does not tell of each sample."""
        data = self._payload(box)
        rows = _numbers(data, 8, _u32(data, 4) * 2, ">u4").reshape(-1, 2)
        if int(rows[:, 0].sum()) < count:
            raise NoSampleTable(f"the table {box.type.decode()} tells of {int(rows[:, 0].sum())} of {count} samples")
        ends = np.cumsum(rows[:, 0])
        values = rows[:, 1].astype(np.uint32).view(np.int32).astype(np.int64) if signed else rows[:, 1]
        spread: Ints = values[np.searchsorted(ends, np.arange(count), side="right")]
        return spread

    def _offsets(self, boxes: dict[bytes, Box], sizes: Ints) -> Ints:
        chunk_box = boxes.get(b"co64") or boxes.get(b"stco")
        if chunk_box is None:
            raise NoSampleTable("the track has no table of chunks")
        data = self._payload(chunk_box)
        chunks = _numbers(data, 8, _u32(data, 4), ">u8" if chunk_box.type == b"co64" else ">u4")
        per_chunk = self._per_chunk(boxes[b"stsc"], len(chunks))
        if int(per_chunk.sum()) < len(sizes) or not len(chunks):
            raise NoSampleTable(f"the chunks hold {int(per_chunk.sum())} of {len(sizes)} samples")
        ends = np.cumsum(per_chunk)
        chunk_of = np.searchsorted(ends, np.arange(len(sizes)), side="right")
        before = np.concatenate(([0], np.cumsum(sizes)))[:-1]
        first = np.minimum((ends - per_chunk)[chunk_of], len(sizes) - 1)
        offsets: Ints = chunks[chunk_of] + before - before[first]
        return offsets

    def _per_chunk(self, box: Box, chunks: int) -> Ints:
        data = self._payload(box)
        rows = _numbers(data, 8, _u32(data, 4) * 3, ">u4").reshape(-1, 3)
        if not len(rows):
            raise NoSampleTable("the track does not say how many samples a chunk holds")
        run = np.searchsorted(rows[:, 0], np.arange(1, chunks + 1), side="right") - 1
        counts: Ints = rows[np.maximum(run, 0), 1]
        return counts

    def _keys(self, boxes: dict[bytes, Box], count: int) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
        if b"stss" not in boxes:
            return np.ones(count, bool)
        data = self._payload(boxes[b"stss"])
        listed = _numbers(data, 8, _u32(data, 4), ">u4")
        keys = np.zeros(count, bool)
        keys[listed[(listed >= 1) & (listed <= count)] - 1] = True
        return keys

    def _defaults(self, moov: list[Box], found: dict[int, _Moov]) -> None:
        for mvex in (box for box in moov if box.type == b"mvex"):
            for trex in (box for box in self.children(mvex) if box.type == b"trex"):
                _, track_id, _, duration, size, flags = struct.unpack(">6I", self._read(trex.start, 24))
                if track_id in found:
                    found[track_id].defaults = (duration, size, flags)

    def _moof(self, moof: Box, found: dict[int, _Moov]) -> None:
        for traf in (box for box in self.children(moof) if box.type == b"traf"):
            parts = list(self.children(traf))
            tfhd = next((self._payload(b) for b in parts if b.type == b"tfhd"), b"")
            if len(tfhd) < 8 or _u32(tfhd, 4) not in found:
                raise NoSampleTable("a fragment belongs to no track")
            track = found[_u32(tfhd, 4)]
            base, defaults = _fragment_head(tfhd, track.defaults)
            running = moof.at if base is None else base
            for box in parts:
                if box.type == b"tfdt":
                    data = self._payload(box)
                    track.next_dts = struct.unpack_from(">Q" if data[:1] == b"\x01" else ">I", data, 4)[0]
                elif box.type == b"trun":
                    running = self._trun(self._payload(box), track, running, defaults, moof.at if base is None else base)

    def _trun(self, data: bytes, track: _Moov, offset: int, defaults: tuple[int, int, int], origin: int) -> int:
        """Add a run of samples whose data begins at `offset`, or where the run says, from `origin`. Returns where they end."""
        flags, count = _u32(data, 0) & 0xFFFFFF, _u32(data, 4)
        version, at = data[0], 8
        if flags & 0x1:
            offset, at = origin + struct.unpack_from(">i", data, at)[0], at + 4
        first_flags = None
        if flags & 0x4:
            first_flags, at = _u32(data, at), at + 4
        columns = [bit for bit in (0x100, 0x200, 0x400, 0x800) if flags & bit]
        rows = _numbers(data, at, count * len(columns), ">u4").reshape(-1, len(columns)) if columns else None
        if count > MOST_SAMPLES:
            raise NoSampleTable(f"a fragment says that it has {count} samples")

        def column(bit: int, default: int) -> Ints:
            return rows[:, columns.index(bit)] if rows is not None and bit in columns else np.full(count, default, np.int64)

        durations, sizes, sample_flags = column(0x100, defaults[0]), column(0x200, defaults[1]), column(0x400, defaults[2]).copy()
        if first_flags is not None and count:
            sample_flags[0] = first_flags
        shift = column(0x800, 0)
        if version:
            shift = shift.astype(np.uint32).view(np.int32).astype(np.int64)
        dts = track.next_dts + np.concatenate(([0], np.cumsum(durations)))[:-1] if count else durations
        track.samples.offsets.append(offset + np.concatenate(([0], np.cumsum(sizes)))[:-1] if count else sizes)
        track.samples.sizes.append(sizes)
        track.samples.dts.append(dts)
        track.samples.pts.append(dts + shift)
        track.samples.durations.append(durations)
        track.samples.keys.append((sample_flags & _NON_SYNC) == 0)
        track.next_dts += int(durations.sum())
        return offset + int(sizes.sum())


def _fragment_head(tfhd: bytes, defaults: tuple[int, int, int]) -> tuple[int | None, tuple[int, int, int]]:
    """Where the fragment's data is counted from (None: from its `moof`), and the track's defaults in it."""
    flags, at = _u32(tfhd, 0) & 0xFFFFFF, 8
    base: int | None = None
    if flags & 0x1:
        base, at = struct.unpack_from(">Q", tfhd, at)[0], at + 8
    if flags & 0x2:
        at += 4
    values = list(defaults)
    for place, bit in enumerate((0x8, 0x10, 0x20)):
        if flags & bit:
            values[place], at = _u32(tfhd, at), at + 4
    return base, (values[0], values[1], values[2])


def _rotation(tkhd: bytes) -> int:
    at = 52 if tkhd[:1] == b"\x01" else 40
    if len(tkhd) < at + 36:
        return 0
    a, b = struct.unpack_from(">ii", tkhd, at)
    return _ROTATIONS.get((round(a / _ONE), round(b / _ONE)), 0)


def _numbers(data: bytes, at: int, count: int, form: str) -> Ints:
    """`count` big-endian numbers from `at`. Raises NoSampleTable when the table is too short for them."""
    if count * np.dtype(form).itemsize > len(data) - at:
        raise NoSampleTable(f"a table says {count} entries and has {max(0, len(data) - at) // np.dtype(form).itemsize}")
    return np.frombuffer(data, form, count, at).astype(np.int64)


def _u16(data: bytes, at: int) -> int:
    return int.from_bytes(_slice(data, at, 2), "big")


def _u32(data: bytes, at: int) -> int:
    return int.from_bytes(_slice(data, at, 4), "big")


def _slice(data: bytes, at: int, length: int) -> bytes:
    if at + length > len(data):
        raise NoSampleTable("a table is too short for what it must say")
    return data[at : at + length]
