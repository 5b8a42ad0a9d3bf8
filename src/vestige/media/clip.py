"""Cutting a clip: samples of the original bit for bit, from a key frame before what is asked to one after it; nothing is decoded.

1. The original is read whole and its media index recomputed: a clip is made of what was accessioned, or not at all.
2. The first picture is cut where decoding can begin anew, outward: no sample before such a place is needed after it, and none after it is
   shown before. Every stream of sound goes with it, a sample more at its start (a decoder of sound needs one to find its way in).
3. Everything else (telemetry, further pictures, chapters, titles) stays behind.

The clip is an MP4, whatever the original is: the samples of Matroska are carried over as they are (`containers/matroska_copy.py`).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import BinaryIO
from uuid import UUID

import numpy as np

from vestige.custody.samples import ReleasedStream, samples_json
from vestige.errors import MediaFailed
from vestige.media.containers.index import leaves_of
from vestige.media.containers.matroska_copy import NANOSECONDS, Carried, Original, carried, require_apart
from vestige.media.containers.mp4_shapes import TrackShape
from vestige.media.containers.mp4_writer import Edit, Mp4Writer, Shape, Sink
from vestige.media.containers.reading import LARGE, Window
from vestige.media.containers.tables import Bools, Ints, Track

_NORMAL = 0x10000
_PREROLL = {"mp4a": Fraction(0), "Opus": Fraction(80, 1000)}  # seconds of sound before the sample that comes before the first that is heard
_LEAST_TIMESCALE = 10_000
_INTERLEAVE = 2  # chunks of each stream a second
_H264, _HEVC = frozenset({"avc1", "avc3"}), frozenset({"hvc1", "hev1"})
_IDR, _IRAP = frozenset({5}), frozenset(range(16, 22))
_LARGEST_FIRST_UNITS = 1 << 20


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a clip is to be: milliseconds of the original's timeline, the original's id, its index's root (hex) and key."""

    from_ms: int
    to_ms: int
    item: UUID
    root: str
    index_key: bytes


@dataclass(frozen=True, slots=True)
class Part:
    """A track of the original and which of its samples, [start, end) in decode order, the clip has."""

    track: Track
    shape: TrackShape
    delay: Fraction  # seconds by which its time before edit lists is less than what is shown
    start: int
    end: int
    original: Original | None = None  # of a Matroska file, the track as it is there

    @property
    def base(self) -> Fraction:
        """Seconds of one unit of its time scale."""
        return Fraction(1, self.track.header.timescale)

    def shown(self, sample: int) -> Fraction:
        """When a sample is shown or heard on the original's timeline, in seconds."""
        return int(self.track.samples.pts[sample]) * self.base + self.delay


def cut(source: BinaryIO, size: int, sink: Sink, wanted: Wanted, report: Callable[[float], None]) -> tuple[dict[str, object], bytes]:
    """Write the clip into `sink`; its facts, and its sample proofs (`data/samples.json`). Raises MediaFailed with the reason."""
    index, leaves = leaves_of(source, size, wanted.index_key, lambda part: report(part * 0.7))
    if index.root.value != wanted.root:
        raise MediaFailed("the samples of the original are not those that were accessioned: its media index is another")
    found = carried(source, size)
    picture = _picture(source, size, _first_picture(found), wanted)
    begins, ends = picture.shown(picture.start), _picture_ends(picture)
    sounds = [_sound(whole, begins, ends) for whole in _wholes(found, "audio")]
    parts = [picture, *(sound for sound in sounds if sound.end > sound.start)]
    released = [_released(part, leaves[part.track.header.stream]) for part in parts]
    _write(Window(source, size, LARGE), sink, parts, (begins, ends), lambda part: report(0.7 + part * 0.3))
    facts = _facts(parts, begins, ends) | {"samples": sum(part.end - part.start for part in parts)}
    return facts, samples_json(wanted.item, index, released)


def _facts(parts: Sequence[Part], begins: Fraction, ends: Fraction) -> dict[str, object]:
    header = parts[0].track.header
    return {
        "duration_ms": _ms(ends - begins),
        "from_ms": _ms(begins),
        "frames": parts[0].end - parts[0].start,
        "height": header.height,
        "rotation": header.rotation,
        "sound": len(parts) > 1,
        "to_ms": _ms(ends),
        "width": header.width,
    }


def _ms(at: Fraction) -> int:
    return max(0, round(at * 1000))


def _wholes(found: Carried, kind: str) -> Iterator[Part]:
    """The tracks of that kind that have samples, whole. Raises MediaFailed for one that cannot be copied as it is."""
    originals: Sequence[Original | None] = found.originals or [None] * len(found.tracks)
    for track, shape, original in zip(found.tracks, found.movie.tracks, originals, strict=True):
        if track.header.kind == kind and len(track):
            delay = _delay(track, found.movie.timescale) - (Fraction(original.delay, NANOSECONDS) if original else 0)
            yield Part(track, shape, delay, 0, len(track), original)


def _first_picture(found: Carried) -> Part:
    for whole in _wholes(found, "video"):
        if whole.track.header.codec not in _H264 | _HEVC:
            raise MediaFailed(f"clips are cut from H.264 and HEVC; this picture is {whole.track.header.codec!r}")
        return whole
    raise MediaFailed("the recording has no picture that a clip could be cut from")


def _delay(track: Track, movie_timescale: int) -> Fraction:
    """Seconds between a track's own time and the timeline, by its edit list."""
    delay, edits, header = Fraction(0), list(track.header.edits), track.header
    if header.timescale < 1 or movie_timescale < 1:
        raise MediaFailed("the recording has no time scale")
    while edits and edits[0][1] == -1:
        delay += Fraction(edits.pop(0)[0], movie_timescale)
    if len(edits) > 1 or any(media_time < 0 or rate != _NORMAL for _, media_time, rate in edits):
        raise MediaFailed("the recording's edit list is more than a delay and a start: a clip of it would not be the same")
    return delay - (Fraction(edits[0][1], header.timescale) if edits else 0)


def _picture(source: BinaryIO, size: int, whole: Part, wanted: Wanted) -> Part:
    """The picture, cut outward at places where decoding begins anew."""
    samples = whole.track.samples
    places = [at for at in _closed(samples.pts, samples.keys).tolist() if at and _begins_anew(source, size, whole, at)]
    asked_from, asked_to = Fraction(wanted.from_ms, 1000), Fraction(wanted.to_ms, 1000)
    last = whole.shown(int(samples.pts.argmax()))
    if asked_from > last:
        raise MediaFailed(f"the recording ends at {_ms(last)} ms, before the clip would begin")
    start = max((at for at in places if whole.shown(at) <= asked_from), default=0)
    end = min((at for at in places if at > start and whole.shown(at) >= asked_to), default=len(whole.track))
    return replace(whole, start=start, end=end)


def _closed(pts: Ints, keys: Bools) -> Ints:
    """The key samples before which everything is shown earlier, and after which everything is shown later."""
    after = np.minimum.accumulate(pts[::-1])[::-1]
    before = np.maximum.accumulate(np.concatenate((pts[:1] - 1, pts[:-1])))
    return np.flatnonzero(keys & (after == pts) & (before < pts))


def _begins_anew(source: BinaryIO, size: int, whole: Part, at: int) -> bool:
    """Whether a sample's first slice is one at which a decoder forgets what came before."""
    samples, prefix = whole.track.samples, whole.track.prefix
    window = Window(source, size, 1 << 12)
    place, end = int(samples.offsets[at]), int(samples.offsets[at] + samples.sizes[at])
    if not prefix or end - place > _LARGEST_FIRST_UNITS << 5:
        return False
    hevc = whole.track.header.codec in _HEVC
    while place + prefix + 1 < end:
        head = window.bytes(place, prefix + 1, "a sample")
        kind = head[prefix] >> 1 & 0x3F if hevc else head[prefix] & 0x1F
        if (hevc and kind < 32) or (not hevc and kind in range(1, 6)):
            return kind in (_IRAP if hevc else _IDR)
        place += prefix + int.from_bytes(head[:prefix], "big")
    return False


def _picture_ends(picture: Part) -> Fraction:
    samples = picture.track.samples
    part = slice(picture.start, picture.end)
    return int((samples.pts[part] + samples.durations[part]).max()) * picture.base + picture.delay


def _sound(whole: Part, begins: Fraction, ends: Fraction) -> Part:
    """The samples of a sound that are heard between two moments, and those before that its decoder needs."""
    header, samples = whole.track.header, whole.track.samples
    if header.codec not in _PREROLL or np.any(np.diff(samples.pts) < 0):
        raise MediaFailed(f"clips are cut with sound in AAC or Opus; this sound is {header.codec!r}")
    if whole.original:
        require_apart(whole.original)
    first, last = ((moment - whole.delay) / whole.base for moment in (begins - _PREROLL[header.codec], ends))
    start = max(0, int(np.searchsorted(samples.pts + samples.durations, int(first), side="right")) - 1)
    end = int(np.searchsorted(samples.pts, -(-last.numerator // last.denominator), side="left"))
    return replace(whole, start=start, end=max(start, end))


def _released(part: Part, leaves: Sequence[bytes]) -> ReleasedStream:
    samples, start, end = part.track.samples, part.start, part.end
    if part.original:
        return _of_matroska(part, part.original, leaves)
    own, written = samples.durations[start:end], _durations(part)
    other = np.flatnonzero(own != written)
    durations = tuple((start + int(at), int(own[at])) for at in other)
    return ReleasedStream(part.track.header, leaves, int(samples.dts[start]), ((start, end - start),), durations=durations)


def _of_matroska(part: Part, original: Original, leaves: Sequence[bytes]) -> ReleasedStream:
    """The same in the words of blocks: one time each, in nanoseconds, and a duration that is mostly the track's."""
    start, end = part.start, part.end
    own = original.track.samples.durations[start:end]
    changes = np.flatnonzero(np.diff(own, prepend=own[:1] - 1))
    return ReleasedStream(
        original.track.header,
        leaves,
        int(part.track.samples.dts[start]) * (NANOSECONDS // part.track.header.timescale),
        ((start, end - start),),
        durations=tuple((start + int(at), int(own[at])) for at in changes),
        delay=original.delay,
    )


def _durations(part: Part) -> Ints:
    """From each sample's decode time to the next one's; the last keeps its own."""
    samples = part.track.samples
    dts = samples.dts[part.start : part.end]
    return np.concatenate((np.diff(dts), samples.durations[part.end - 1 : part.end]))


def _write(window: Window, sink: Sink, parts: Sequence[Part], span: tuple[Fraction, Fraction], report: Callable[[float], None]) -> None:
    writer = Mp4Writer(sink, [_shape(part) for part in parts])
    columns = [_columns(part, number) for number, part in enumerate(parts)]
    rows = np.concatenate(columns, axis=1)
    order = np.lexsort((np.arange(rows.shape[1]), rows[0], rows[1]))
    for done, (track, _, offset, size, duration, shift, key) in enumerate(zip(*rows[:, order].tolist(), strict=True)):
        writer.add(track, window.view(offset, size), (duration, shift), key=bool(key))
        report(done / len(order))
    timescale = parts[0].track.header.timescale
    while timescale < _LEAST_TIMESCALE:
        timescale *= 2
    writer.finish(timescale, [_edit(part, span, timescale) for part in parts])


def _shape(part: Part) -> Shape:
    shape, header = part.shape, part.track.header
    if len(shape.entries) != 1:
        raise MediaFailed(f"stream {header.stream} changes how it is coded on the way: it cannot be cut")
    return Shape(header.kind, header.timescale, shape.entries[0], shape.matrix, shape.width, shape.height)


def _columns(part: Part, number: int) -> Ints:
    """Of each sample: the clip's track, the turn in which it is written, place, size, duration, composition offset, key."""
    samples, span = part.track.samples, slice(part.start, part.end)
    seconds = (samples.dts[span] * float(part.base) + float(part.delay)) * _INTERLEAVE
    turns = np.maximum.accumulate(seconds.astype(np.int64))
    shifts = samples.pts[span] - samples.dts[span]
    tracks, keys = np.full(len(turns), number), samples.keys[span].astype(np.int64)
    return np.stack((tracks, turns, samples.offsets[span], samples.sizes[span], _durations(part), shifts, keys))


def _edit(part: Part, span: tuple[Fraction, Fraction], timescale: int) -> Edit:
    """The track's edit: what comes before the clip's first picture is not shown, and what begins later is delayed."""
    begins, ends = span
    first = int(part.track.samples.dts[part.start]) * part.base + part.delay  # where the clip's track begins on the original's timeline
    delay, media_time = max(Fraction(0), first - begins), max(Fraction(0), begins - first)
    if part.track.samples.pts[part.start : part.end].min() < part.track.samples.dts[part.start]:
        raise MediaFailed("a picture is shown before it is decoded: it cannot be cut")
    return Edit(round(delay * timescale), round((ends - begins - delay) * timescale), round(media_time / part.base))
