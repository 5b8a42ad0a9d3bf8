"""Matroska and WebM: clusters, blocks and laces (RFC 9559)."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import gcd

import numpy as np

from vestige.custody.media_index import StreamHeader
from vestige.media.containers.tables import Growing, NoSampleTable, Source, Track

MAGIC = b"\x1a\x45\xdf\xa3"
_SEGMENT, _CLUSTER, _TRACKS, _INFO = 0x18538067, 0x1F43B675, 0x1654AE6B, 0x1549A966
_TOP = frozenset({_CLUSTER, _TRACKS, _INFO, 0x114D9B74, 0x1C53BB6B, 0x1941A469, 0x1043A770, 0x1254C367})
_BLOCK, _SIMPLE, _GROUP = 0xA1, 0xA3, 0xA0
_MOST_ELEMENTS = 20_000_000
_MOST_ELEMENT = 256 << 20
_KINDS = {1: "video", 2: "audio"}


@dataclass(slots=True)
class _Stream:
    header: StreamHeader
    prefix: int
    default_duration: int
    rows: list[tuple[int, int, int, int, bool]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Element:
    id: int
    start: int
    end: int


class Matroska:
    """Reads the blocks of one file. Raises NoSampleTable with what is missing or wrong."""

    def __init__(self, source: Source, size: int) -> None:
        """`size` is the file's, in bytes."""
        self._source = source
        self._size = size
        self._elements = 0
        self._scale = 1_000_000

    def tracks(self) -> list[Track]:
        """All tracks, in the order of the container's track table."""
        segment = next((e for e in self._children(0, self._size) if e.id == _SEGMENT), None)
        if segment is None:
            raise NoSampleTable("the file has no segment")
        streams: dict[int, _Stream] = {}
        for element in self._children(segment.start, segment.end, level=1):
            if element.id == _INFO:
                self._scale = self._numbers(element).get(0x2AD7B1, 1_000_000)
            elif element.id == _TRACKS:
                for number, entry in enumerate(e for e in self._children(element.start, element.end) if e.id == 0xAE):
                    key, stream = self._entry(entry, number)
                    streams[key] = stream
            elif element.id == _CLUSTER:
                self._cluster(element, streams)
        if not streams:
            raise NoSampleTable("the file has no track")
        return [_track(stream) for stream in streams.values()]

    def _children(self, start: int, end: int, level: int = 0) -> Iterator[_Element]:
        at = start
        while at < end:
            self._elements += 1
            if self._elements > _MOST_ELEMENTS:
                raise NoSampleTable("the file has more elements than any recording")
            head = self._read(at, min(12, end - at))
            id_length = _width(head[0]) if head else 9
            if id_length > 4 or len(head) <= id_length:
                return
            element = int.from_bytes(head[:id_length], "big")
            size_length = _width(head[id_length])
            if size_length > 8 or len(head) < id_length + size_length:
                return
            size, known = _vint(head[id_length : id_length + size_length])
            body = at + id_length + size_length
            stop = min(body + size, end) if known else self._unknown_end(body, end, element)
            if known and body + size > end and level == 0 and element != _SEGMENT:
                raise NoSampleTable("the file ends inside an element")
            yield _Element(element, body, stop)
            at = stop

    def _unknown_end(self, body: int, end: int, element: int) -> int:
        """A live-streamed cluster ends where the next top element begins; a segment at the file's end."""
        if element != _CLUSTER:
            return end
        at = body
        while at < end:
            head = self._read(at, min(12, end - at))
            width = _width(head[0]) if head else 9
            if width > 4 or int.from_bytes(head[:width], "big") in _TOP:
                return at
            size, _ = _vint(head[width : width + _width(head[width])])
            at += width + _width(head[width]) + size
        return end

    def _entry(self, entry: _Element, number: int) -> tuple[int, _Stream]:
        values = {e.id: e for e in self._children(entry.start, entry.end)}
        kind = _KINDS.get(self._uint(values.get(0x83)), "other")
        private = self._payload(values[0x63A2]) if 0x63A2 in values else b""
        codec = self._payload(values[0x86]).rstrip(b"\x00").decode("latin-1") if 0x86 in values else ""
        width, height, aspect = self._video(values[0xE0]) if kind == "video" and 0xE0 in values else (0, 0, (1, 1))
        header = StreamHeader(
            stream=number,
            kind=kind,
            codec=codec,
            extradata=hashlib.sha256(private).hexdigest(),
            width=width,
            height=height,
            aspect=aspect,
            timescale=1_000_000_000,
        )
        at = {"V_MPEG4/ISO/AVC": 4, "V_MPEGH/ISO/HEVC": 21}.get(codec)
        prefix = (private[at] & 3) + 1 if at is not None and len(private) > at else 0
        return self._uint(values.get(0xD7)), _Stream(header, prefix, self._uint(values.get(0x23E383)))

    def _video(self, element: _Element) -> tuple[int, int, tuple[int, int]]:
        values = self._numbers(element)
        width, height = values.get(0xB0, 0), values.get(0xBA, 0)
        wide, high = values.get(0x54B0, width) * height, values.get(0x54BA, height) * width
        common = gcd(wide, high)
        return width, height, (wide // common, high // common) if common and not values.get(0x54B2, 0) else (1, 1)

    def _cluster(self, cluster: _Element, streams: dict[int, _Stream]) -> None:
        time = 0
        for element in self._children(cluster.start, cluster.end):
            if element.id == 0xE7:
                time = self._uint(element)
            elif element.id == _SIMPLE:
                self._block(element, streams, time, None)
            elif element.id == _GROUP:
                parts = {e.id: e for e in self._children(element.start, element.end)}
                if _BLOCK in parts:
                    duration = self._uint(parts.get(0x9B)) * self._scale
                    self._block(parts[_BLOCK], streams, time, (duration, 0xFB not in parts))

    def _block(self, element: _Element, streams: dict[int, _Stream], time: int, group: tuple[int, bool] | None) -> None:
        head = self._read(element.start, min(12, element.end - element.start))
        width = _width(head[0]) if head else 9
        if width > 8 or len(head) < width + 3:
            raise NoSampleTable("a block is too short for its head")
        number, _ = _vint(head[:width])
        stream = streams.get(number)
        if stream is None:
            raise NoSampleTable(f"a block belongs to no track ({number})")
        flags = head[width + 2]
        at = (time + int.from_bytes(head[width : width + 2], "big", signed=True)) * self._scale
        key = bool(flags & 0x80) if group is None else group[1]
        duration = (group[0] if group else 0) or stream.default_duration
        body = element.start + width + 3
        for offset, size in self._laces(flags & 0x06, body, element.end):
            stream.rows.append((offset, size, at, duration, key))

    def _laces(self, lacing: int, start: int, end: int) -> list[tuple[int, int]]:
        if not lacing:
            return [(start, end - start)]
        count = self._read(start, 1)[0] + 1
        at = start + 1
        if lacing == 0x04:
            sizes, rest = [(end - at) // count] * count, (end - at) % count
            if rest:
                raise NoSampleTable("a block's laces are not of one size")
        else:
            sizes, at = self._xiph(at, end, count) if lacing == 0x02 else self._ebml(at, end, count)
        found = []
        for size in sizes:
            found.append((at, size))
            at += size
        if at != end or min(sizes) < 0:
            raise NoSampleTable("a block's laces do not fill it")
        return found

    def _xiph(self, at: int, end: int, count: int) -> tuple[list[int], int]:
        sizes = []
        for _ in range(count - 1):
            size = 0
            while (byte := self._read(at, 1)[0]) == 255:
                size, at = size + 255, at + 1
            sizes.append(size + byte)
            at += 1
        return [*sizes, end - at - sum(sizes)], at

    def _ebml(self, at: int, end: int, count: int) -> tuple[list[int], int]:
        sizes: list[int] = []
        for lace in range(count - 1):
            width = _width(self._read(at, 1)[0])
            value, _ = _vint(self._read(at, width))
            sizes.append(value if lace == 0 else sizes[-1] + value - ((1 << (7 * width - 1)) - 1))
            at += width
        return [*sizes, end - at - sum(sizes)], at

    def _numbers(self, element: _Element) -> dict[int, int]:
        return {e.id: self._uint(e) for e in self._children(element.start, element.end) if e.end - e.start <= 8}

    def _uint(self, element: _Element | None) -> int:
        return int.from_bytes(self._payload(element)[:8], "big") if element else 0

    def _payload(self, element: _Element) -> bytes:
        if element.end - element.start > _MOST_ELEMENT:
            raise NoSampleTable("an element is larger than any recording's")
        return self._read(element.start, element.end - element.start)

    def _read(self, at: int, length: int) -> bytes:
        self._source.seek(at)
        data = self._source.read(length)
        if len(data) != length:
            raise NoSampleTable(f"the file ends at {at + len(data)}, inside an element")
        return data


def _track(stream: _Stream) -> Track:
    rows = np.array([row[:4] for row in stream.rows], np.int64).reshape(-1, 4)
    grown = Growing([rows[:, 0]], [rows[:, 1]], [rows[:, 2]], [rows[:, 2]], [rows[:, 3]], [np.array([row[4] for row in stream.rows], bool)])
    return grown.track(stream.header, stream.prefix)


def _width(first: int) -> int:
    """How many bytes a variable-length number has, by its first byte; 9 for a byte that begins none."""
    return 9 - first.bit_length()


def _vint(data: bytes) -> tuple[int, bool]:
    """The number without its marker, and whether it is known (all ones means unknown)."""
    if not data:
        raise NoSampleTable("a length is missing")
    bits = 7 * len(data)
    value = int.from_bytes(data, "big") & ((1 << bits) - 1)
    return value, value != (1 << bits) - 1
