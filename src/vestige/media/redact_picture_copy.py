"""The picture of a redacted copy, where it can be copied: whole groups of pictures in which nothing is hidden, of H.264 in an MP4.

A group begins with a picture at which a decoder forgets what came before (IDR) and ends before the next one; nothing in it is needed elsewhere.
Of a copied sample only its slices stay, and its delimiter. Notes for a decoder's clock (SEI) are dropped, and the proofs tell their hashes; from
a hash, what says little can be guessed, so a group with notes that may hold words (captions, places, signatures) is not copied. The other groups
are painted and encoded anew, each from an IDR on, with parameter sets of an id of their own beside the original's.
"""

import hashlib
import io
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby, pairwise
from typing import BinaryIO

from av.video.frame import VideoFrame

from vestige.custody.samples import Altered, Dropped, ReleasedStream
from vestige.media.avcc import NotCopyable, sets_of
from vestige.media.beside import Beside
from vestige.media.containers.mp4_shapes import MovieShape
from vestige.media.containers.reading import LARGE, Window
from vestige.media.containers.tables import Track
from vestige.media.redact_footage import to_ms
from vestige.redaction.plan import Plan

SLICE, IDR, SEI, SEQUENCE, PICTURE, DELIMITER, FILLER = 1, 5, 6, 7, 8, 9, 12
_CLOCK = frozenset({0, 1, 6})  # kinds of SEI: buffering period, picture timing, recovery point
_FORMATS = frozenset({"yuv420p", "yuvj420p"})
_LARGEST = 32 << 20  # bytes of a sample: what the media index takes apart
_MOST_UNITS = 4096
_MOST_DROPPED = 250_000  # each takes a hundred bytes of the proofs, of which a task may send 32 MiB: two hours with one a picture
_HEAD = 86  # bytes of a sample entry before its own boxes, with its own head
_PREFIX = 4
_NUMBERS_OF_COLOUR = 11
Unit = tuple[int, int]  # where a unit begins and ends in its sample


def is_delimiter(unit: bytes | memoryview) -> bool:
    """Whether a unit is an access unit delimiter and nothing more."""
    return len(unit) == 2 and unit[0] & 0x1F == DELIMITER and unit[1] & 0x1F == 0x10


def is_wordless(unit: bytes) -> bool:
    """Whether a unit is filler, or SEI of such kinds only as have no room for words."""
    if unit[0] & 0x1F == FILLER:
        return unit[1:] == b"\xff" * (len(unit) - 2) + b"\x80"
    if unit[0] & 0x1F != SEI:
        return False
    payload, at = unit[1:].replace(b"\0\0\3", b"\0\0"), 0
    while payload[at:] != b"\x80":
        kind, size = payload[at : at + 1], payload[at + 1 : at + 2]
        if not kind or not size or kind[0] not in _CLOCK or size[0] == 0xFF:
            return False
        at += 2 + size[0]
    return True


@dataclass(frozen=True, slots=True)
class _Sample:
    """A sample taken apart: whether decoding can begin at it, whether it may be copied, and what is dropped of it then."""

    idr: bool
    own: bool
    dropped: tuple[Dropped, ...] = ()


class CopiedPicture:
    """One track of pictures of which some groups are copied. Raises NotCopyable where none can be: then all is made anew."""

    def __init__(self, source: BinaryIO, track: Track, movie: MovieShape, of: tuple[Plan, VideoFrame]) -> None:
        """`of` are the plan and the first decoded frame. Reads every sample."""
        plan, frame = of
        _require_alike(track, plan, frame)
        samples, entries = track.samples, movie.tracks[track.header.stream].entries
        if track.header.codec != "avc1" or len(entries) != 1 or track.prefix != _PREFIX:
            raise NotCopyable("the picture is not H.264 with parameter sets of its own in the file's index")
        if (samples.pts != samples.dts).any() or len(track) != plan.frames:
            raise NotCopyable("pictures are shown in another order than they are coded, or not all are shown")
        self.sets = sets_of(_box_of(entries[0], b"avcC"))
        self.colour = _colour(_box_of(entries[0], b"colr"))
        if hashlib.sha256(self.sets.to_bytes()).hexdigest() != track.header.extradata:
            raise NotCopyable("the picture is described twice")
        if self.sets.profile is None:
            raise NotCopyable("the picture's profile is none that frames can be added to")
        self._plan, self._track = plan, track
        self.aspect = Fraction(*track.header.aspect)
        self._window = Window(Beside(source), source.seek(0, io.SEEK_END), LARGE)
        self.ticks: list[int] = [*samples.dts.tolist(), int(samples.dts[-1] + samples.durations[-1])]
        if any(end <= start for start, end in pairwise(self.ticks)):
            raise NotCopyable("the times of the picture do not rise")
        self._samples = [self._taken_apart(number) for number in range(len(track))]
        self._groups = _Groups([number for number, sample in enumerate(self._samples) if sample.idr], len(track))
        if self._groups.starts[:1] != [0]:
            raise NotCopyable("the picture does not begin where decoding can")
        self._own: list[bool] = []

    def choose(self, first: Fraction) -> bool:
        """Decide which groups are copied, when the first picture is shown at `first` (seconds); whether any is.

        Raises NotCopyable where so many units would be dropped that the proofs grew beyond what is sent and checked.
        """
        scale = self._track.header.timescale
        for start, end in self._groups.spans():
            begins = to_ms(first + Fraction(self.ticks[start] - self.ticks[0], scale))
            ends = to_ms(first + Fraction(self.ticks[end] - self.ticks[0], scale)) if end < len(self._track) else self._plan.duration_ms
            hidden = any(mask.span.meets(begins, max(ends, begins + 1)) for mask in self._plan.masks)
            self._own += [not hidden and all(sample.own for sample in self._samples[start:end])] * (end - start)
        if sum(len(sample.dropped) for sample, own in zip(self._samples, self._own, strict=True) if own) > _MOST_DROPPED:
            raise NotCopyable(f"more than {_MOST_DROPPED} notes would have to be told of")
        return any(self._own)

    def own(self, number: int) -> bool:
        """Whether that sample is copied."""
        return self._own[number]

    def ends_group(self, number: int) -> bool:
        """Whether it is the last of its group."""
        return number + 1 == len(self._track) or self._samples[number + 1].idr

    def sample(self, number: int) -> tuple[bytes, bool]:
        """The sample without what is dropped, and whether the original calls it a key."""
        data, dropped = self._bytes(number), {unit.place for unit in self._samples[number].dropped}
        kept = [data[start - _PREFIX : end] for place, (start, end) in enumerate(_units(data)) if place not in dropped]
        return b"".join(kept), bool(self._track.samples.keys[number])

    def released(self) -> ReleasedStream:
        """What is the original's, and what not."""
        samples, runs, altered = self._track.samples, [], []
        for own, group in groupby(range(len(self._track)), key=self.own):
            numbers = list(group)
            if own:
                runs.append((numbers[0], len(numbers)))
            else:
                altered.append(Altered(numbers[0], len(numbers), len(numbers)))
        copied = [number for number in range(len(self._track)) if self.own(number)]
        other = [number for number in copied if samples.durations[number] != self.ticks[number + 1] - self.ticks[number]]
        durations = tuple((number, int(samples.durations[number])) for number in other)
        dropped = tuple((number, self._samples[number].dropped) for number in copied if self._samples[number].dropped)
        spans = tuple(runs), tuple(altered)
        return ReleasedStream(self._track.header, (), self.ticks[0], *spans, durations, dropped, self.sets.to_bytes())

    def _bytes(self, number: int) -> bytes:
        offset, size = int(self._track.samples.offsets[number]), int(self._track.samples.sizes[number])
        if not 0 < size <= _LARGEST:
            raise NotCopyable("a sample of the picture is empty, or too large")
        return bytes(self._window.view(offset, size))

    def _taken_apart(self, number: int) -> _Sample:
        """Raises NotCopyable for parameter sets of the sample's own."""
        data = self._bytes(number)
        units = _units(data)
        kinds = [data[start] & 0x1F for start, _ in units]
        for kind, (start, end) in zip(kinds, units, strict=True):
            if kind in {SEQUENCE, PICTURE} and not self.sets.has(data[start:end]):
                raise NotCopyable("the picture's parameter sets change on the way")
        before = next((place for place, kind in enumerate(kinds) if kind in {SLICE, IDR}), None)
        if before is None:
            return _Sample(idr=False, own=False)
        start = units[before][0]
        noted = [data[first:last] for first, last in units[:before]]
        quiet = all(is_delimiter(unit) or is_wordless(unit) or self.sets.has(unit) for unit in noted)
        slices = set(kinds[before:]) == {kinds[before]} and data[start + 1] >= 0x80  # the first begins at the first macroblock
        dropped = tuple(
            Dropped(place, len(unit), hashlib.sha256(unit).hexdigest()) for place, unit in enumerate(noted) if not is_delimiter(unit)
        )
        return _Sample(kinds[before] == IDR, slices and quiet, dropped)


def _require_alike(track: Track, plan: Plan, frame: VideoFrame) -> None:
    """Refuses (NotCopyable) a picture that would look otherwise when frames made anew are beside its own."""
    header = track.header
    if frame.format.name not in _FORMATS or frame.interlaced_frame or frame.width % 2 or frame.height % 2:
        raise NotCopyable("the picture is none of 8 bits, 4:2:0, even sides, in whole frames")
    aspect = Fraction(*header.aspect) if header.aspect[1] else Fraction(0)
    if (aspect.numerator, aspect.denominator) != header.aspect or not aspect:
        raise NotCopyable("the picture's pixels have an aspect that is not in its lowest terms")
    if (header.width, header.height, header.rotation) != (frame.width, frame.height, plan.picture.rotation):
        raise NotCopyable("the picture is coded in another size than it is described")


@dataclass(frozen=True, slots=True)
class _Groups:
    """Where groups begin, and how many samples there are."""

    starts: list[int]
    count: int

    def spans(self) -> list[tuple[int, int]]:
        """First sample of each group, and the first behind it."""
        return list(pairwise([*self.starts, self.count]))


def _units(data: bytes) -> list[Unit]:
    """The units of a sample. Raises NotCopyable where they do not fill it."""
    found: list[Unit] = []
    at = 0
    while at + _PREFIX < len(data) and len(found) < _MOST_UNITS:
        start = at + _PREFIX
        at = start + int.from_bytes(data[at:start], "big")
        if at <= start + 1:
            break
        found.append((start, at))
    if at != len(data) or not found or found[-1][1] != len(data):
        raise NotCopyable("a sample of the picture is not made of units")
    return found


def _colour(payload: bytes) -> bytes:
    """What a `colr` box says in numbers; empty where it says nothing, or something else."""
    return payload if payload[:4] == b"nclx" and len(payload) == _NUMBERS_OF_COLOUR and payload[10] & 0x7F == 0 else b""


def _box_of(entry: bytes, kind: bytes) -> bytes:
    """The payload of a box of a sample entry; empty where it is not there."""
    at = _HEAD
    while at + 8 <= len(entry):
        size = int.from_bytes(entry[at : at + 4], "big")
        if size < 8:
            break
        if entry[at + 4 : at + 8] == kind:
            return entry[at + 8 : at + size]
        at += size
    return b""
