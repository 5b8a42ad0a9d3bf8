"""The samples of an MP4 (ISO/IEC 14496-12; custody format, section 6), for files as a package releases them.

Stricter than any player: one `moov` with whole tables, no fragments, one sample entry a track, and no byte of media that no sample owns.
"""

import struct
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import BinaryIO, Final

from vestige_verify.errors import VerificationError
from vestige_verify.media_file import MOST_SAMPLES, MediaFile, Stream, numbers, require_disjoint

_LARGEST_INDEX: Final = 256 << 20
_TOP: Final = frozenset({b"ftyp", b"free", b"mdat", b"moov"})
_CONFIGURATIONS: Final = frozenset({b"avcC", b"hvcC", b"esds", b"dOps", b"av1C", b"vpcC"})
_PREFIX_AT: Final = {b"avcC": 4, b"hvcC": 21}
_KINDS: Final = {b"vide": "video", b"soun": "audio"}
_PICTURE_HEAD: Final = 78
_SOUND_HEAD: Final = 28
_MOST_MEDIA_BOXES: Final = 64


def read(file: BinaryIO, size: int) -> MediaFile:
    """The tracks and samples of a file of `size` bytes. Refuses (VerificationError) what is not as the page above says."""
    moov, media, ranges = b"", 0, []
    for kind, start, end in _top(file, size):
        if kind not in _TOP or (kind == b"free" and end > start):
            raise VerificationError(f"the footage holds a box {kind!r} that is neither index nor media, or one with something in it")
        if kind == b"mdat":
            media += end - start
            ranges.append((start, end))
            if len(ranges) > _MOST_MEDIA_BOXES:
                raise VerificationError("the footage keeps its media in more places than any writer does")
        elif kind == b"moov":
            if moov or end - start > _LARGEST_INDEX:
                raise VerificationError("the footage has two indexes, or one too large")
            file.seek(start)
            moov = file.read(end - start)
    boxes = _children(_Box(b"moov", memoryview(moov)))
    streams = [_track(box, ranges) for box in boxes if box.kind == b"trak"]
    if not streams or any(box.kind == b"mvex" for box in boxes):
        raise VerificationError("the footage has no track, or has fragments")
    require_disjoint(streams, media)
    mvhd = _need(boxes, b"mvhd")
    return MediaFile(mvhd.uint(20 if mvhd.uint(0, 1) == 1 else 12), streams)


@dataclass(frozen=True, slots=True)
class _Box:
    """A box of the index: its type and what it holds."""

    kind: bytes
    data: memoryview

    def uint(self, at: int, length: int = 4) -> int:
        return int.from_bytes(self.part(at, length), "big")

    def sint(self, at: int, length: int = 4) -> int:
        return int.from_bytes(self.part(at, length), "big", signed=True)

    def part(self, at: int, length: int) -> bytes:
        if at + length > len(self.data):
            raise VerificationError(f"the box {self.kind!r} is too short for what it must say")
        return bytes(self.data[at : at + length])

    def rows(self, at: int, form: str) -> Iterator[tuple[int, ...]]:
        """The rows of a table whose number stands before them."""
        count, row = self.uint(at), struct.Struct(form)
        if count * row.size > len(self.data) - at - 4:
            raise VerificationError(f"the table {self.kind!r} says more than it holds")
        return row.iter_unpack(self.data[at + 4 : at + 4 + count * row.size])


def _top(file: BinaryIO, size: int) -> Iterator[tuple[bytes, int, int]]:
    """Type, and where the payload begins and ends, of each box of the file."""
    at = 0
    while at < size:
        file.seek(at)
        head = file.read(16)
        length, begin = int.from_bytes(head[:4], "big"), 8
        if length == 1 and len(head) == 16:
            length, begin = int.from_bytes(head[8:], "big"), 16
        if len(head) < 8 or length < begin or at + length > size:
            raise VerificationError(f"the footage is no whole MP4: what begins at byte {at} is no box")
        yield head[4:8], at + begin, at + length
        at += length


def _children(parent: _Box, skip: int = 0) -> list[_Box]:
    found, at, data = [], skip, parent.data
    while at + 8 <= len(data):
        length, begin = int.from_bytes(data[at : at + 4], "big"), at + 8
        if length == 1 and at + 16 <= len(data):
            length, begin = int.from_bytes(data[at + 8 : at + 16], "big"), at + 16
        if length < begin - at or at + length > len(data):
            raise VerificationError(f"a box in {parent.kind!r} is longer than what holds it")
        found.append(_Box(bytes(data[at + 4 : at + 8]), data[begin : at + length]))
        at += length
    return found


def _need(boxes: list[_Box], kind: bytes) -> _Box:
    found = [box for box in boxes if box.kind == kind]
    if len(found) != 1:
        raise VerificationError(f"the index of the footage does not have exactly one {kind!r} in its place")
    return found[0]


def _track(trak: _Box, ranges: list[tuple[int, int]]) -> Stream:
    inside = _children(trak)
    tkhd, mdia = _need(inside, b"tkhd"), _children(_need(inside, b"mdia"))
    mdhd, minf = _need(mdia, b"mdhd"), _children(_need(mdia, b"minf"))
    kind = _KINDS.get(_need(mdia, b"hdlr").part(8, 4), "other")
    tables = _children(_need(minf, b"stbl"))
    stream = _header(kind, _need(tables, b"stsd"))
    stream.rotation = _rotation(tkhd) if kind == "video" else 0
    stream.timescale = mdhd.uint(20 if mdhd.uint(0, 1) == 1 else 12)
    stream.edits = _edits(inside)
    if stream.timescale < 1:
        raise VerificationError("a track of the footage has no time scale")
    _sizes(stream, _need(tables, b"stsz"))
    _times(stream, tables)
    _places(stream, tables, ranges)
    return stream


def _header(kind: str, stsd: _Box) -> Stream:
    entries = _children(stsd, 8)
    if len(entries) != 1 or len(entries[0].data) < 16:
        raise VerificationError("a track of the footage does not say in exactly one way how it is coded")
    entry, codec = entries[0], entries[0].kind.decode("latin-1")
    config, data, aspect = b"", b"", [1, 1]
    if kind == "video":
        boxes = _children(entry, _PICTURE_HEAD)
        aspect = next(([box.uint(0), box.uint(4)] for box in boxes if box.kind == b"pasp"), aspect)
    else:
        version = entry.uint(8, 2) if kind == "audio" and stsd.uint(0, 1) == 0 else 0
        boxes = _children(entry, _SOUND_HEAD + {1: 16, 2: 36}.get(version, 0)) if kind == "audio" else []
    for box in boxes:
        inner = box
        if box.kind == b"wave":
            inner = next((each for each in _children(box) if each.kind in _CONFIGURATIONS), box)
        if inner.kind in _CONFIGURATIONS:
            config, data = inner.kind, bytes(inner.data)
            break
    at = _PREFIX_AT.get(config)
    prefix = (data[at] & 3) + 1 if at is not None and len(data) > at else 0
    width, height = (entry.uint(24, 2), entry.uint(26, 2)) if kind == "video" else (0, 0)
    return Stream(kind, codec, data, width, height, aspect, 0, 0, [], prefix)


def _rotation(tkhd: _Box) -> int:
    at = 52 if tkhd.uint(0, 1) == 1 else 40
    a, b = tkhd.sint(at), tkhd.sint(at + 4)
    if a and b:
        return 0
    return (90 if b > 0 else 270) if b else (180 if a < 0 else 0)


def _edits(inside: list[_Box]) -> list[list[int]]:
    for edts in (box for box in inside if box.kind == b"edts"):
        elst = _need(_children(edts), b"elst")
        form = ">Qqi" if elst.uint(0, 1) == 1 else ">Iii"
        return [list(row) for row in elst.rows(4, form)]
    return []


def _sizes(stream: Stream, stsz: _Box) -> None:
    same, count = stsz.uint(4), stsz.uint(8)
    if count > MOST_SAMPLES:
        raise VerificationError("a track of the footage has more samples than days of recording")
    stream.sizes = numbers([same]) * count if same else numbers([size for (size,) in stsz.rows(8, ">I")])


def _times(stream: Stream, tables: list[_Box]) -> None:
    count = len(stream)
    stream.durations = _spread(_need(tables, b"stts").rows(4, ">II"), count)
    if stream.kind == "audio" and count and len(set(stream.sizes)) == 1 and set(stream.durations) == {1}:
        raise VerificationError("the sound of the footage is uncompressed: this version cannot check its samples")
    at = 0
    for duration in stream.durations:
        stream.dts.append(at)
        at += duration
    stream.pts = numbers(stream.dts)
    for table in (box for box in tables if box.kind == b"ctts"):
        for number, shift in enumerate(_spread(table.rows(4, ">Ii"), count)):
            stream.pts[number] += shift
    keys = [box for box in tables if box.kind == b"stss"]
    stream.keys = bytearray(b"\0" if keys else b"\1") * count
    for table in keys:
        for (number,) in table.rows(4, ">I"):
            if 1 <= number <= count:
                stream.keys[number - 1] = 1


def _spread(rows: Iterator[tuple[int, ...]], count: int) -> "array[int]":
    """One value a sample out of rows of how many and which; all of them, and no more."""
    values = numbers()
    for many, value in rows:
        if many > count - len(values):
            raise VerificationError("a table of times tells of more samples than there are")
        values.extend(numbers([value]) * many)
    if len(values) != count:
        raise VerificationError("a table of times does not tell of every sample")
    return values


def _places(stream: Stream, tables: list[_Box], ranges: list[tuple[int, int]]) -> None:
    wide = [box for box in tables if box.kind == b"co64"]
    chunks = wide[0].rows(4, ">Q") if wide else _need(tables, b"stco").rows(4, ">I")
    runs = list(_need(tables, b"stsc").rows(4, ">III"))
    if runs and (runs[0][0] != 1 or any(one[0] >= other[0] for one, other in pairwise(runs))):
        raise VerificationError("a track of the footage does not say how many samples each chunk holds")
    sample, run, count = 0, -1, len(stream)
    for number, (begins,) in enumerate(chunks, 1):
        start = begins
        if run + 1 < len(runs) and runs[run + 1][0] == number:
            run += 1
        for _ in range(min(runs[run][1], count - sample)) if runs else ():
            stream.offsets.append(start)
            start += stream.sizes[sample]
            sample += 1
    if sample != count:
        raise VerificationError("the chunks of the footage do not hold every sample")
    for start, size in zip(stream.offsets, stream.sizes, strict=True):
        if not any(first <= start and start + size <= last for first, last in ranges):
            raise VerificationError("a sample lies outside the media of the footage")
