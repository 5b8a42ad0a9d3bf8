"""Matroska and WebM (RFC 9559): tracks, clusters, blocks and laces."""

import hashlib
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import gcd

import numpy as np

from vestige.custody.media_index import StreamHeader
from vestige.media.containers.blocks import head_of, laces
from vestige.media.containers.ebml import Ebml, Element
from vestige.media.containers.reading import LARGE, Source, Window
from vestige.media.containers.tables import SAFE, Allowance, NoSampleTable, Run, Stream

MAGIC = b"\x1a\x45\xdf\xa3"
_SEGMENT, _CLUSTER, _TRACKS, _INFO = 0x18538067, 0x1F43B675, 0x1654AE6B, 0x1549A966
_TOP = frozenset({_CLUSTER, _TRACKS, _INFO, 0x114D9B74, 0x1C53BB6B, 0x1941A469, 0x1043A770, 0x1254C367})
_TIME, _SIMPLE, _GROUP, _BLOCK, _DURATION, _REFERENCE = 0xE7, 0xA3, 0xA0, 0xA1, 0x9B, 0xFB
_KINDS = {1: "video", 2: "audio"}
_PREFIX_AT = {"V_MPEG4/ISO/AVC": 4, "V_MPEGH/ISO/HEVC": 21}
_SCOPE_OF_BLOCKS = 1
_BLOCK_HEAD = 12
_BATCH_BYTES = LARGE // 2  # half of what the window holds, so that the samples of a batch are still in it
_BATCH_SAMPLES = 4096
_MOST_RATE = 1 << 31


@dataclass(frozen=True, slots=True)
class Coding:
    """How a track is coded: `CodecPrivate`, whether blocks are stored in another form, `CodecDelay` in nanoseconds, and sound's channels and rate."""

    private: bytes
    encoded: bool
    delay: int
    channels: int
    rate: int


@dataclass(slots=True)
class _Track:
    stream: int
    default_duration: int
    rows: list[tuple[int, int, int, int, bool]] = field(default_factory=list)  # offset, size, time, duration, key


class Matroska:
    """The layout of one file. Raises NoSampleTable with what is missing or wrong."""

    def __init__(self, source: Source, size: int) -> None:
        """`size` is the file's, in bytes. Reads the track table, not yet the blocks."""
        self.window = Window(source, size, LARGE)
        self.short = ""
        self._ebml = Ebml(self.window)
        self._allowance = Allowance(size)
        self._scale = 1_000_000
        self._tracks: dict[int, _Track] = {}
        self.codings: list[Coding] = []
        streams: list[Stream] = []
        self._segment = self._first(0, _SEGMENT)
        for element in self._flat():
            if element.id == _INFO:
                self._scale = self._ebml.uint(self._ebml.values(element).get(0x2AD7B1), self._scale)
            elif element.id == _TRACKS:
                streams = [self._entry(e, n) for n, e in enumerate(e for e in self._ebml.children(element) if e.id == 0xAE)]
            if streams and element.id == _CLUSTER:
                break
        if not streams:
            raise NoSampleTable("the file has no track")
        self.streams: Sequence[Stream] = streams
        self.short = ""

    def runs(self) -> Iterator[Sequence[Run]]:
        """The samples in batches of some megabytes."""
        time, begins, count = 0, self._segment.start, 0
        for element in self._flat():
            if element.id == _CLUSTER:
                time = 0
            elif element.id == _TIME:
                time = self._ebml.uint(element)
            elif element.id == _SIMPLE:
                count += self._block(element, time, None)
            elif element.id == _GROUP:
                count += self._group(element, time)
            if count > _BATCH_SAMPLES or element.start - begins > _BATCH_BYTES:
                yield self._batch()
                begins, count = element.start, 0
        yield self._batch()

    def _first(self, at: int, wanted: int) -> Element:
        while at < self.window.size:
            element = self._ebml.element(at, self.window.size)
            if element is None or element.id == wanted:
                break
            if element.end < 0:
                raise NoSampleTable(f"the element at {at} does not say where it ends")
            at = element.end
        else:
            element = None
        if element is None:
            raise NoSampleTable("the file has no segment")
        return element

    def _flat(self) -> Iterator[Element]:
        """The elements of the segment and, in their place, those of its clusters, which need not say where they end."""
        size = self.window.size
        segment_end = self._segment.end if self._segment.end >= 0 else size
        at, end, cluster_end = self._segment.start, min(segment_end, size), 0
        while at < end and (element := self._ebml.element(at, end)):
            if element.id in _TOP and cluster_end < 0:
                cluster_end = 0
            inside = cluster_end < 0 or at < cluster_end
            if element.id == _CLUSTER and not inside:
                cluster_end, at = element.end, element.start
                yield element
                continue
            if element.end < 0 or (inside and element.end > cluster_end >= 0):
                raise NoSampleTable(f"the element at {at} does not end within its cluster")
            if not inside and element.id in {_SIMPLE, _GROUP, _TIME}:
                raise NoSampleTable(f"the block at {at} lies in no cluster")
            if element.end <= size or (element.id == _SIMPLE and element.start + _BLOCK_HEAD <= size):
                yield element
            at = element.end
        if at != end or segment_end > size:
            self.short = f"the elements of the segment do not end where it does (at {segment_end}; the file ends at {size})"

    def _entry(self, entry: Element, number: int) -> Stream:
        ebml, values = self._ebml, self._ebml.values(entry)
        kind = _KINDS.get(ebml.uint(values.get(0x83)), "other")
        private = ebml.payload(values[0x63A2]) if 0x63A2 in values else b""
        codec = ebml.payload(values[0x86]).rstrip(b"\x00").decode("latin-1") if 0x86 in values else ""
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
        track = ebml.uint(values.get(0xD7))
        if track in self._tracks:
            raise NoSampleTable(f"two tracks have the number {track}")
        self._tracks[track] = _Track(number, ebml.uint(values.get(0x23E383)))
        at = _PREFIX_AT.get(codec)
        encoded = 0x6D80 in values and self._encoded(values[0x6D80])
        self.codings.append(Coding(private, encoded, ebml.uint(values.get(0x56AA)), *self._sound(values.get(0xE1))))
        return Stream(header, (private[at] & 3) + 1 if at is not None and len(private) > at and not encoded else 0)

    def _encoded(self, encodings: Element) -> bool:
        """Whether blocks are stored in another form (a part stripped, compressed, encrypted) than the codec's."""
        scopes = [self._ebml.values(e).get(0x5032) for e in self._ebml.children(encodings) if e.id == 0x6240]
        return any(self._ebml.uint(scope, _SCOPE_OF_BLOCKS) & _SCOPE_OF_BLOCKS for scope in scopes)

    def _video(self, element: Element) -> tuple[int, int, tuple[int, int]]:
        values, uint = self._ebml.values(element), self._ebml.uint
        width, height = uint(values.get(0xB0)), uint(values.get(0xBA))
        wide, high = uint(values.get(0x54B0), width) * height, uint(values.get(0x54BA), height) * width
        if not wide or not high or uint(values.get(0x54B2)) not in {0, 3}:
            return width, height, (1, 1)
        common = gcd(wide, high)
        return width, height, (wide // common, high // common)

    def _sound(self, element: Element | None) -> tuple[int, int]:
        """Channels and samples a second."""
        values = self._ebml.values(element) if element else {}
        rate = self._ebml.payload(values[0xB5]) if 0xB5 in values else b""
        hertz = struct.unpack({4: ">f", 8: ">d"}[len(rate)], rate)[0] if len(rate) in {4, 8} else 8000.0
        return self._ebml.uint(values.get(0x9F), 1), round(hertz) if 0 < hertz < _MOST_RATE else 0

    def _group(self, group: Element, time: int) -> int:
        parts = self._ebml.values(group)
        if _BLOCK not in parts:
            return 0
        duration = self._ebml.uint(parts[_DURATION]) * self._scale if _DURATION in parts else None
        return self._block(parts[_BLOCK], time, (duration, _REFERENCE not in parts))

    def _block(self, element: Element, time: int, group: tuple[int | None, bool] | None) -> int:
        """Note the samples of a block; how many they are."""
        head = head_of(self.window, element)
        track = self._tracks.get(head.track)
        if track is None:
            raise NoSampleTable(f"the block at {element.at} belongs to no track ({head.track})")
        told, key = group or (None, head.key)
        duration = track.default_duration if told is None else told
        at = (time + head.time) * self._scale
        if max(abs(at), duration, element.end) > SAFE:
            raise NoSampleTable(f"the block at {element.at} is beyond all time")
        found = laces(self.window, element, head)
        self._allowance.samples(len(found))
        track.rows.extend((offset, size, at, duration, key) for offset, size in found)
        return len(found)

    def _batch(self) -> Sequence[Run]:
        found = []
        for track in self._tracks.values():
            if track.rows:
                offsets, sizes, times, durations, keys = np.array(track.rows, np.int64).T
                found.append(Run(track.stream, offsets, sizes, times, times, durations, keys.astype(np.bool_)))
                self._allowance.run(found[-1])
                track.rows.clear()
        return found
