"""The sound of a redacted copy, copied: AAC-LC samples bit for bit, and silent ones in their place wherever they touch what must not be heard.

A sample of AAC holds half of what is heard in its own turn, and half of what is heard in the next. So what is said in a span lies in the samples
of the span and in the one before it, and nowhere else: the format has no memory beyond that (what has, prediction, is refused). These are
replaced, and one more at each end, for an encoder looks a little ahead when it chooses its windows. Replaced too is what nobody who watched the
original could hear: samples of which a half lies before the track begins to play, or after it ends.
A sample that carries more than sound is written again without that: it is not counted as the original's.
"""

import hashlib
import io
import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby
from typing import BinaryIO

from vestige.custody.samples import Altered, ReleasedStream
from vestige.media.aac import EIGHT_SHORT, FRAME, LONG_START, LONG_STOP, ONLY_LONG, NotPlain, Piece, only_sound, piece, silence
from vestige.media.beside import Beside
from vestige.media.containers.mp4_shapes import MovieShape
from vestige.media.containers.mp4_writer import Shape
from vestige.media.containers.reading import LARGE, Window
from vestige.media.containers.tables import Track
from vestige.media.esds import coding_of
from vestige.media.redact_tracks import Line, sound_shape
from vestige.redaction.geometry import Span

_NORMAL = 0x10000
_LARGEST = 6144 // 8 * 2  # bytes of a sample: 6144 bits a channel
_LEAST_HEARD = Fraction(1, 1000)  # what an edit list's own rounding may show of a sample is not heard
_OPENING, _CLOSING = frozenset({LONG_START, EIGHT_SHORT}), frozenset({EIGHT_SHORT, LONG_STOP})


@dataclass(frozen=True, slots=True)
class Heard:
    """What of a track is heard, in its own ticks, and how much later (seconds) than its own time."""

    begins: int
    ends: Fraction | None
    delay: Fraction

    def has(self, start: int, end: int, timescale: int) -> bool:
        """Whether something of that stretch is heard."""
        last = Fraction(end) if self.ends is None else min(Fraction(end), self.ends)
        return (last - max(start, self.begins)) / timescale >= _LEAST_HEARD


class CopiedSound:
    """One track of sound on its way into the copy. Raises NotPlain where it can't be copied exactly; then it must be made anew."""

    def __init__(self, source: BinaryIO, track: Track, movie: MovieShape, spans: Sequence[Span]) -> None:
        """`spans` are the asked silences. Reads every sample."""
        samples = track.samples
        if track.header.codec != "mp4a" or (samples.pts != samples.dts).any() or len(track) < 2 or len(_entries(movie, track)) != 1:
            raise NotPlain("the sound is not AAC in the order in which it is heard")
        self._esds = _esds(_entries(movie, track)[0])
        self._coding = coding_of(self._esds)
        if hashlib.sha256(self._esds).hexdigest() != track.header.extradata:
            raise NotPlain("the sound is described twice")
        self._track, self._heard = track, _heard(track, movie.timescale)
        self._window = Window(Beside(source), source.seek(0, io.SEEK_END), LARGE)
        self._starts: list[int] = [*samples.dts.tolist(), int(samples.dts[-1] + samples.durations[-1])]
        if any(end <= start for start, end in zip(self._starts, self._starts[1:], strict=False)):
            raise NotPlain("the times of the sound do not rise")
        self._pieces = [self._piece(number) for number in range(len(track))]
        self._silent = self._touching(spans)
        self._next = 0

    def shape(self) -> Shape:
        """The track's description in the copy."""
        return sound_shape(self._track.header.timescale, self._coding.rate, self._coding.channels, self._esds)

    def until(self, line: Line, at: Fraction | None) -> None:
        """Write what is heard before that moment (seconds of the timeline); None: all that is left."""
        while self._next < len(self._track) and (at is None or self._moment(self._next) < at):
            line.add(self._starts[self._next] - self._starts[0], self._sample(self._next), key=True)
            self._next += 1
        if at is None:
            line.close(self._starts[-1] - self._starts[0])

    @property
    def first(self) -> Fraction:
        """When the first sample would be heard, in seconds of the timeline."""
        return self._moment(0)

    @property
    def hidden(self) -> int:
        """How much of the beginning is not heard, in ticks."""
        return max(0, self._heard.begins - self._starts[0])

    @property
    def ends_ms(self) -> int:
        """Where the sound ends on the timeline, in ms rounded up."""
        return math.ceil(self._moment(len(self._track)) * 1000)

    def released(self) -> ReleasedStream:
        """What is the original's, and what not."""
        samples, track = self._track.samples, self._track
        runs, altered = [], []
        for own, group in groupby(range(len(track)), key=lambda number: not self._silent[number] and self._pieces[number].alone):
            numbers = list(group)
            if own:
                runs.append((numbers[0], len(numbers)))
            else:
                altered.append(Altered(numbers[0], len(numbers), len(numbers)))
        written = [end - start for start, end in zip(self._starts, self._starts[1:], strict=False)]
        other = [number for first, count in runs for number in range(first, first + count) if samples.durations[number] != written[number]]
        durations = tuple((number, int(samples.durations[number])) for number in other)
        return ReleasedStream(track.header, (), self._starts[0], tuple(runs), tuple(altered), durations)

    def _piece(self, number: int) -> Piece:
        return piece(self._bytes(number), self._coding)

    def _bytes(self, number: int) -> bytes:
        offset, size = int(self._track.samples.offsets[number]), int(self._track.samples.sizes[number])
        if not 0 < size <= _LARGEST:
            raise NotPlain("a sample of the sound is larger than AAC makes them")
        return bytes(self._window.view(offset, size))

    def _sample(self, number: int) -> bytes:
        if self._silent[number]:
            return silence(self._coding, *self._quiet_window(number))
        found = self._pieces[number]
        return self._bytes(number) if found.alone else only_sound(self._bytes(number), found)

    def _quiet_window(self, number: int) -> tuple[int, int]:
        """The sequence and shape of a silent sample's window, so that it joins those beside it."""
        before, after = number - 1, number + 1
        opened = before >= 0 and not self._silent[before] and self._pieces[before].sequence in _OPENING
        closes = after < len(self._track) and not self._silent[after] and self._pieces[after].sequence in _CLOSING
        sequence = {(False, False): ONLY_LONG, (True, False): LONG_STOP, (False, True): LONG_START, (True, True): EIGHT_SHORT}
        return sequence[opened, closes], self._pieces[number].shape

    def _moment(self, number: int) -> Fraction:
        return Fraction(self._starts[number], self._track.header.timescale) + self._heard.delay

    def _touching(self, spans: Sequence[Span]) -> list[bool]:
        """Of each sample, whether it may not be copied."""
        count, scale = len(self._track), self._track.header.timescale
        heard = [self._heard.has(self._starts[number], self._starts[number + 1], scale) for number in range(count)]
        silent = [not (heard[number] and number + 1 < count and heard[number + 1]) for number in range(count)]
        ends_of = [span.to_ms for span in spans]  # sorted, apart from each other
        for number in range(count if spans else 0):
            begins, ends = self._reach(number)
            near = bisect_right(ends_of, begins * 1000)
            if near < len(spans) and spans[near].from_ms < ends * 1000:
                silent[max(0, number - 1) : number + 2] = [True] * len(silent[max(0, number - 1) : number + 2])
        return silent

    def _reach(self, number: int) -> tuple[Fraction, Fraction]:
        """From when to when something of a sample is heard: two turns, as the times say it and as the coding does, whichever is longer."""
        begins, after = self._moment(number), min(number + 2, len(self._track))
        return begins, max(self._moment(after), begins + Fraction(2 * FRAME, self._coding.rate))


def _entries(movie: MovieShape, track: Track) -> tuple[bytes, ...]:
    return movie.tracks[track.header.stream].entries


def _esds(entry: bytes) -> bytes:
    """The payload of the `esds` of a sample entry as ISO files have it. Raises NotPlain for another."""
    size = int.from_bytes(entry[36:40], "big")
    if entry[4:8] != b"mp4a" or entry[16:18] != bytes(2) or entry[40:44] != b"esds" or 36 + size > len(entry):
        raise NotPlain("the sound is not described as ISO files describe AAC")
    return entry[44 : 36 + size]


def _heard(track: Track, movie: int) -> Heard:
    """What an edit list lets be heard. Raises NotPlain for one that is more than a delay and a stretch."""
    edits, delay, scale = list(track.header.edits), Fraction(0), track.header.timescale
    while movie > 0 and edits and edits[0][1] == -1:
        delay += Fraction(edits.pop(0)[0], movie)
    if len(edits) > 1 or movie < 1 or any(start < 0 or rate != _NORMAL for _, start, rate in edits):
        raise NotPlain("the edit list of the sound is more than a delay and a stretch")
    if not edits:
        return Heard(0, None, delay)
    length, begins, _ = edits[0]
    ends = begins + Fraction(length, movie) * scale if length else None
    return Heard(begins, ends, delay - Fraction(begins, scale))
