"""Writing an MP4 (ISO/IEC 14496-12): one `mdat`, then one `moov`; nothing that playing does not need.

Not FFmpeg's muxer, which chooses time scales and durations of its own: what is copied must keep its exact times.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Protocol

from vestige.errors import MediaFailed

_LARGE_HEAD = 16
_MOST = 1 << 32
_UNITY = (0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_HANDLER = {"video": b"vide" + bytes(12) + b"VideoHandler\0", "audio": b"soun" + bytes(12) + b"SoundHandler\0"}
_MEDIA_HEAD = {"video": (b"vmhd", 1), "audio": (b"smhd", 0)}


class Sink(Protocol):
    """A file that is written in order; only its start may be written again."""

    def write(self, data: bytes | memoryview, /) -> int:
        """Append, or write again what is there."""

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Go to a place."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How a track is coded and shown: its whole sample entry (a box), time scale, matrix and size (16.16) of the track header."""

    kind: str
    timescale: int
    entry: bytes
    matrix: tuple[int, ...] = _UNITY
    width: int = 0
    height: int = 0


@dataclass(frozen=True, slots=True)
class Edit:
    """What of a track is shown: `delay` and `length` in the movie's time scale, from `media_time` (the track's) on."""

    delay: int
    length: int
    media_time: int


@dataclass(slots=True)
class _Track:
    shape: Shape
    durations: list[int] = field(default_factory=list)
    shifts: list[int] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    keys: list[int] = field(default_factory=list)
    chunks: list[tuple[int, int]] = field(default_factory=list)  # where each begins, and how many samples it holds


class Mp4Writer:
    """One file on its way out. Samples come track by track in decode order; call `finish` once."""

    def __init__(self, sink: Sink, shapes: Sequence[Shape]) -> None:
        self._sink = sink
        self._tracks = [_Track(shape) for shape in shapes]
        brands = b"isom" + struct.pack(">I", 512) + b"isomiso2mp41"
        self._mdat = sink.write(_box(b"ftyp", brands))
        self._at = self._mdat + sink.write(struct.pack(">I4sQ", 1, b"mdat", _LARGE_HEAD))
        self._last = -1

    def add(self, track: int, data: bytes | memoryview, timing: tuple[int, int], *, key: bool) -> None:
        """Append a sample: `timing` is its duration and composition offset, in its track's time scale. Raises MediaFailed beyond 32 bits."""
        duration, shift = timing
        if not (0 <= duration < _MOST and -(_MOST // 2) <= shift < _MOST // 2 and len(data) < _MOST):
            raise MediaFailed("a sample is too long for an MP4")
        one = self._tracks[track]
        if track != self._last:
            one.chunks.append((self._at, 0))
            self._last = track
        start, count = one.chunks[-1]
        one.chunks[-1] = (start, count + 1)
        one.durations.append(duration)
        one.shifts.append(shift)
        one.sizes.append(len(data))
        if key:
            one.keys.append(len(one.sizes))
        self._at += len(data)
        self._sink.write(data)

    def finish(self, timescale: int, edits: Sequence[Edit]) -> None:
        """Write the index and the size of what came before it. `timescale` is the movie's; an edit for each track."""
        length = max(edit.delay + edit.length for edit in edits)
        movie = _full(b"mvhd", struct.pack(">QQIQ", 0, 0, timescale, length) + _movie_rest(len(self._tracks)), version=1)
        traks = [_trak(number, track, edit) for number, (track, edit) in enumerate(zip(self._tracks, edits, strict=True), 1)]
        self._sink.write(_box(b"moov", movie, *traks))
        self._sink.seek(self._mdat)
        self._sink.write(struct.pack(">I4sQ", 1, b"mdat", self._at - self._mdat))


def _movie_rest(tracks: int) -> bytes:
    return struct.pack(">IHHQ9I", 0x10000, 0x100, 0, 0, *_UNITY) + bytes(24) + struct.pack(">I", tracks + 1)


def _trak(number: int, track: _Track, edit: Edit) -> bytes:
    shape = track.shape
    volume = 0x100 if shape.kind == "audio" else 0
    tkhd = struct.pack(">QQIIQ", 0, 0, number, 0, edit.delay + edit.length) + struct.pack(">QHHHH", 0, 0, 0, volume, 0)
    tkhd += struct.pack(">9I", *shape.matrix) + struct.pack(">II", shape.width, shape.height)
    mdhd = struct.pack(">QQIQHH", 0, 0, shape.timescale, sum(track.durations), 0x55C4, 0)
    head, flags = _MEDIA_HEAD[shape.kind]
    media_head = _full(head, bytes(8 if shape.kind == "video" else 4), flags=flags)
    dinf = _box(b"dinf", _full(b"dref", struct.pack(">I", 1), _full(b"url ", flags=1)))
    minf = _box(b"minf", media_head, dinf, _table(track))
    mdia = _box(b"mdia", _full(b"mdhd", mdhd, version=1), _full(b"hdlr", bytes(4) + _HANDLER[shape.kind]), minf)
    return _box(b"trak", _full(b"tkhd", tkhd, version=1, flags=3), _edts(edit), mdia)


def _edts(edit: Edit) -> bytes:
    rows = [struct.pack(">QqI", edit.delay, -1, 0x10000)] if edit.delay else []
    rows.append(struct.pack(">QqI", edit.length, edit.media_time, 0x10000))
    return _box(b"edts", _full(b"elst", struct.pack(">I", len(rows)), *rows, version=1))


def _table(track: _Track) -> bytes:
    parts = [
        _full(b"stsd", struct.pack(">I", 1), track.shape.entry),
        _pairs(b"stts", list(_runs(track.durations)), ">II"),
    ]
    if any(track.shifts):
        parts.append(_pairs(b"ctts", list(_runs(track.shifts)), ">Ii", version=int(min(track.shifts) < 0)))
    if len(track.keys) != len(track.sizes):
        parts.append(_full(b"stss", struct.pack(f">I{len(track.keys)}I", len(track.keys), *track.keys)))
    parts.append(_full(b"stsz", struct.pack(f">II{len(track.sizes)}I", 0, len(track.sizes), *track.sizes)))
    return _box(b"stbl", *parts, *_chunks(track.chunks))


def _chunks(chunks: Sequence[tuple[int, int]]) -> Iterator[bytes]:
    rows: list[tuple[int, int, int]] = []
    for number, (_, count) in enumerate(chunks, 1):
        if not rows or rows[-1][1] != count:
            rows.append((number, count, 1))
    yield _full(b"stsc", struct.pack(">I", len(rows)), *(struct.pack(">III", *row) for row in rows))
    wide = bool(chunks) and chunks[-1][0] >= _MOST
    starts = [start for start, _ in chunks]
    yield _full(b"co64" if wide else b"stco", struct.pack(f">I{len(starts)}{'Q' if wide else 'I'}", len(starts), *starts))


def _runs(values: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Each value with how often it comes in a row."""
    for value, run in groupby(values):
        yield sum(1 for _ in run), value


def _pairs(kind: bytes, rows: Sequence[tuple[int, int]], form: str, version: int = 0) -> bytes:
    return _full(kind, struct.pack(">I", len(rows)), *(struct.pack(form, *row) for row in rows), version=version)


def _box(kind: bytes, *parts: bytes) -> bytes:
    size = 8 + sum(map(len, parts))
    if size >= _MOST:
        raise MediaFailed("the index of the copy is too large")
    return b"".join((struct.pack(">I4s", size, kind), *parts))


def _full(kind: bytes, *parts: bytes, version: int = 0, flags: int = 0) -> bytes:
    return _box(kind, struct.pack(">I", version << 24 | flags), *parts)
