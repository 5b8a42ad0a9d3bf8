"""The tracks of a Matroska file in the words of an MP4, for copies of their samples (docs/package-format.md, "Of a Matroska original").

1. The bytes of a sample are the same in both: H.264 and HEVC whose configuration is `avcC` or `hvcC` are stored with length prefixes, AAC and
   Opus as they are. What blocks hold in another form (stripped, compressed, encrypted) cannot be carried.
2. A block has one time, when it is shown. An MP4 also wants to know when a sample is decoded: the times in rising order, early enough for all.
"""

import struct
from dataclasses import dataclass, replace
from math import gcd

import numpy as np

from vestige.errors import MediaFailed
from vestige.media.containers.index import tracks_of
from vestige.media.containers.matroska import MAGIC, Coding, Matroska
from vestige.media.containers.mp4_shapes import MovieShape, TrackShape, shape_of
from vestige.media.containers.reading import Source
from vestige.media.containers.tables import Run, Track
from vestige.media.esds import esds_of

NANOSECONDS = 1_000_000_000
_MILLISECOND = 1_000_000
_UNITY = (0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_PICTURES = {"V_MPEG4/ISO/AVC": (b"avc1", b"avcC"), "V_MPEGH/ISO/HEVC": (b"hvc1", b"hvcC")}
_LONGEST_CONFIG = 64  # bytes of an AudioSpecificConfig
_LONGEST_DELAY = 10 * NANOSECONDS
_OPUS = b"OpusHead\x01"
_OPUS_HEAD = 19


@dataclass(frozen=True, slots=True)
class Original:
    """A track of a Matroska file as its media index has it, and its `CodecDelay` in nanoseconds."""

    track: Track
    delay: int


@dataclass(frozen=True, slots=True)
class Carried:
    """The tracks of a file as an MP4 would say them, in its order; of a Matroska file also as they are, of an MP4 nothing beside."""

    tracks: list[Track]
    movie: MovieShape
    originals: list[Original] | None = None


def carried(source: Source, size: int) -> Carried:
    """The tracks of an MP4, or of a Matroska file. Raises NoSampleTable with the reason, MediaFailed where its times fit in no MP4."""
    source.seek(0)
    if source.read(4) != MAGIC:
        return Carried(tracks_of(source, size), shape_of(source, size))
    codings, tracks = Matroska(source, size).codings, tracks_of(source, size)
    if any(coding.delay > _LONGEST_DELAY for coding in codings):
        raise MediaFailed("a track's delay is longer than any decoder's: the recording contradicts itself")
    changed = [_carried(track, coding) for track, coding in zip(tracks, codings, strict=True)]
    originals = [Original(track, coding.delay) for track, coding in zip(tracks, codings, strict=True)]
    return Carried([track for track, _ in changed], MovieShape(1000, tuple(shape for _, shape in changed)), originals)


def _carried(track: Track, coding: Coding) -> tuple[Track, TrackShape]:
    header, entry = track.header, _entry(track, coding)
    if entry is None:
        return track, TrackShape((), _UNITY, 0, 0)
    run, timescale = _timed(track.samples)
    wide, high = header.aspect
    shape = TrackShape((entry,), _UNITY, (header.width << 16) * wide // high & 0xFFFFFFFF, header.height << 16)
    return Track(replace(header, codec=entry[4:8].decode(), timescale=timescale), track.prefix, run), shape


def _entry(track: Track, coding: Coding) -> bytes | None:
    """The sample entry, None for what no MP4 can carry as it is."""
    header, private = track.header, coding.private
    if coding.encoded:
        return None
    if header.codec in _PICTURES and track.prefix and max(header.width, header.height, *(part >> 16 for part in header.aspect)) < 1 << 16:
        return _picture(track, private)
    if header.codec == "A_AAC" and 2 <= len(private) <= _LONGEST_CONFIG:
        return _sound(coding, coding.rate, _box(b"esds", esds_of(private)))
    if header.codec == "A_OPUS" and private[:9] == _OPUS and len(private) >= _OPUS_HEAD:
        return _sound(coding, 48_000, _box(b"dOps", _dops(private)))
    return None


def _picture(track: Track, private: bytes) -> bytes:
    header = track.header
    name, configuration = _PICTURES[header.codec]
    head = bytes(6) + struct.pack(">H16xHHIIIH32xHh", 1, header.width, header.height, 0x480000, 0x480000, 0, 1, 0x18, -1)
    aspect = b"" if header.aspect == (1, 1) else _box(b"pasp", struct.pack(">II", *header.aspect))
    return _box(name, head + _box(configuration, private) + aspect)


def _sound(coding: Coding, rate: int, configuration: bytes) -> bytes:
    name = b"mp4a" if configuration[4:8] == b"esds" else b"Opus"
    shown = rate if rate < 1 << 16 else 0  # 16 bits are there for it; players read the configuration
    return _box(name, bytes(6) + struct.pack(">H8xHHIHH", 1, min(coding.channels, 0xFFFF), 16, 0, shown, 0) + configuration)


def _dops(head: bytes) -> bytes:
    """What `OpusHead` (RFC 7845) says, as the box `dOps` says it: no magic, and big-endian."""
    channels, skip, rate, gain, family = struct.unpack("<BHIHB", head[9:_OPUS_HEAD])
    return struct.pack(">BBHIHB", 0, channels, skip, rate, gain, family) + head[_OPUS_HEAD:]


def _timed(run: Run) -> tuple[Run, int]:
    """The samples with times of an MP4, and its ticks a second: a whole number of nanoseconds each, and every block's time a whole number of them."""
    if not len(run):
        return run, NANOSECONDS // _MILLISECOND
    tick = gcd(_MILLISECOND, int(np.gcd.reduce(run.pts)))
    pts = run.pts // tick
    order = np.argsort(pts, kind="stable")
    rising = pts[order]
    steps = np.diff(rising)
    last = int(run.durations[order[-1]]) // tick or (int(steps[-1]) if len(steps) else 0)
    shown = np.zeros(len(pts), np.int64)
    shown[order] = np.append(steps, max(1, last))
    dts = rising - max(0, int((rising - pts).max()))
    return replace(run, dts=dts, pts=pts, durations=shown), NANOSECONDS // tick


def require_apart(original: Original) -> None:
    """Raises MediaFailed for sound whose blocks hold several pieces each (laces): only the first one's time is known."""
    if np.any(np.diff(original.track.samples.pts) <= 0):
        raise MediaFailed("the sound's blocks hold several pieces each, which do not say when each is heard: it cannot be cut")


def _box(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(data), kind) + data
