"""Rendering an approved plan into a redacted copy: MP4, one picture, at most one sound, and nothing else of the original.

1. Only the first picture and the first sound are taken; telemetry, subtitles, further cameras, covers, chapters, metadata, captions
   inside the picture and the encoder's own notes stay behind because nothing carries them over.
2. Every frame is decoded, filled with black where the plan hides, and encoded with its own time. Sound is copied where it is plain AAC-LC in
   an MP4 (`redact_sound_copy`), and else made anew (`redact_sound`); the reason is kept.
3. A damaged frame, a frame out of order, another number of frames than the plan was made for: RenderFailed, and the caller keeps nothing.
The copy is then checked by `vestige.media.check`, which decodes it anew.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import BinaryIO

import av
from av.audio.frame import AudioFrame
from av.codec.context import Flags
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from vestige.custody.samples import ReleasedStream
from vestige.errors import MediaFailed, RenderFailed
from vestige.media.aac import NotPlain
from vestige.media.containers.mp4_shapes import shape_of
from vestige.media.containers.mp4_writer import Mp4Writer, Shape, Sink
from vestige.media.containers.tables import NoSampleTable, Track
from vestige.media.redact_footage import Moment, Order, opened, picture_of, picture_stream, sound_stream, to_ms
from vestige.media.redact_picture import Look, look_of, paint
from vestige.media.redact_sound import Sound
from vestige.media.redact_sound_copy import CopiedSound
from vestige.media.redact_tracks import Frame, Line, movie_timescale, picture_shape
from vestige.media.released import made_anew, tracks_taken
from vestige.redaction.masks import Sweep
from vestige.redaction.mutes import muted_spans
from vestige.redaction.plan import Plan

_SLICES = frozenset({1, 5})  # what a decoder needs beside parameter sets; not captions, not the encoder's settings
_ENCODER = {"preset": "veryfast", "crf": "20", "bf": "0", "a53cc": "0", "udu_sei": "0", "x264-params": "annexb=0"}
_KEY_SECONDS = 2


@dataclass(frozen=True, slots=True)
class Rendered:
    """What the check of the copy is held to (`frames`, `times_sha256`, `duration_ms`, `audio_ms`, `width`, `height`), and its samples.

    `facts` also holds `anew`: why the picture or the sound was made anew. `streams` tell each track in the words of the original's tables; they
    are none where those cannot be read.
    """

    facts: dict[str, object]
    streams: tuple[ReleasedStream, ...]


def render(source: BinaryIO, sink: Sink, plan: Plan, report: Callable[[float], None]) -> Rendered:
    """Write the copy into `sink`. Raises RenderFailed."""
    try:
        original = _Original.of(source, plan)
        with opened(source) as container:
            film = _Film(picture_stream(container), plan, original.look)
            heard = sound_stream(container)
            anew = Sound(heard, muted_spans(plan.mutes)) if heard is not None and original.sound is None else None
            copy = _Copy(sink, film, original.sound or anew)
            wanted = [film.source, *([heard] if heard is not None and anew is not None else [])]
            for packet in container.demux(*wanted):
                for frame in packet.decode():
                    if isinstance(frame, VideoFrame):
                        film.add(copy.picture, frame)
                        copy.catch_up(film.at)
                        report(film.order.count / plan.frames)
                    elif isinstance(frame, AudioFrame) and anew is not None and copy.sound is not None:
                        anew.add(copy.sound, frame)
            film.finish(copy.picture)
            return original.told(copy)
    except (MediaFailed, av.error.FFmpegError) as error:
        raise RenderFailed(f"no copy was kept: {error}"[:400]) from error


@dataclass(slots=True)
class _Original:
    """What is known of the original before it is gone through: how its pictures look, its tracks, its sound if that can be copied."""

    look: Look
    tracks: tuple[Track, Track | None] | None = None
    sound: CopiedSound | None = None
    anew: dict[str, object] = field(default_factory=lambda: {"picture": "every frame is decoded, and encoded again"})

    @classmethod
    def of(cls, source: BinaryIO, plan: Plan) -> "_Original":
        """Read it. Raises RenderFailed for another picture than that of the plan."""
        with opened(source) as container:
            picture, heard = picture_stream(container), sound_stream(container)
            first = next(container.decode(picture), None)
            if first is None:
                raise MediaFailed("no frame of the recording decodes")
            numbers = picture.index, None if heard is None else heard.index
        if picture_of(first) != plan.picture:
            raise RenderFailed(f"the plan was made for another picture than {picture_of(first)}: no copy was kept")
        found = cls(look_of(first))
        try:
            found.tracks = tracks_taken(source, *numbers)
            if found.tracks[1] is not None:
                found.sound = CopiedSound(source, found.tracks[1], shape_of(source, source.seek(0, 2)), muted_spans(plan.mutes))
        except (NoSampleTable, NotPlain) as error:
            if heard is not None:
                found.anew["sound"] = str(error)
        return found

    def told(self, copy: "_Copy") -> Rendered:
        """What was written."""
        facts = copy.finish() | {"anew": self.anew}
        if self.tracks is None:
            return Rendered(facts, ())
        picture, sound = self.tracks
        streams = [made_anew(picture, copy.picture.samples)]
        if copy.sound is not None and sound is not None:
            streams.append(self.sound.released() if self.sound else made_anew(sound, copy.sound.samples))
        return Rendered(facts, tuple(streams))


class _Copy:
    """The file on its way out: the picture's track, and the sound's where there is one."""

    def __init__(self, sink: Sink, film: "_Film", sound: Sound | CopiedSound | None) -> None:
        self._film, self._heard = film, sound
        shapes = [film.shape(), *([sound.shape()] if sound is not None else [])]
        self._writer = Mp4Writer(sink, shapes)
        lines = [Line(self._writer, number, shape.timescale) for number, shape in enumerate(shapes)]
        self.picture, self.sound = lines[0], (lines[1] if sound is not None else None)
        self._movie = movie_timescale(shapes[0].timescale)

    def catch_up(self, at: Moment | None) -> None:
        """Write the copied sound up to that moment; None: the rest of any sound."""
        if self.sound is None:
            return
        if isinstance(self._heard, CopiedSound):
            self._heard.until(self.sound, at)
        elif self._heard is not None and at is None:
            self._heard.finish(self.sound)

    def finish(self) -> dict[str, object]:
        """Write what is left, and the index; what the check of the copy is held to."""
        self.catch_up(None)
        edits = [self.picture.edit(self._movie, self._film.first)]
        if self.sound is not None and self._heard is not None:
            edits.append(self.sound.edit(self._movie, self._heard.first, self._heard.hidden))
        self._writer.finish(self._movie, edits)
        return self._film.facts() | {"audio_ms": self._heard.ends_ms if self._heard is not None else 0}


class _Film:
    """The picture on its way into the copy, one frame late: how long a frame is shown is known when the next one comes."""

    def __init__(self, source: VideoStream, plan: Plan, look: Look) -> None:
        self.source = source
        self.order = Order()
        self.at: Moment = Fraction(0)
        self.first: Moment = Fraction(0)
        self._plan, self._look, self._sweep = plan, look, Sweep(plan)
        self._base = source.time_base or Fraction(1, 1000)
        self._coder = _coder(source, plan, look)
        self._held: tuple[Moment, VideoFrame] | None = None
        self._ends: Moment = Fraction(0)

    def shape(self) -> Shape:
        """The track's description in the copy."""
        aspect = Fraction(self.source.sample_aspect_ratio or 1)
        frame = Frame(self._coder.width, self._coder.height, aspect, self._plan.picture.rotation)
        return picture_shape(self._base.denominator, frame, self._coder.extradata or b"")

    def add(self, line: Line, frame: VideoFrame) -> None:
        """Take in the next decoded frame, and write what is ready."""
        self.at = self.order.accept(frame)
        if self._held is None:
            self.first = self.at
        else:
            self._encode(line, self.at)
        self._held = (self.at, frame)

    def finish(self, line: Line) -> None:
        """The rest. Raises RenderFailed where another number of frames came than the plan was made for."""
        if self._held is None or self.order.count != self._plan.frames:
            raise RenderFailed(f"the plan was made for {self._plan.frames} frames, and {self.order.count} came: no copy was kept")
        at, last = self._held
        self._ends = at + (last.duration or 1) * self._base
        self._encode(line, self._ends)
        self._write(line, None)
        line.close(self._ticks(self._ends))

    def facts(self) -> dict[str, object]:
        """What the check of the copy is held to."""
        return {
            "frames": self.order.count,
            "times_sha256": self.order.times_sha256(),
            "duration_ms": -(-self._ends.numerator * 1000 // self._ends.denominator),
            "width": self._coder.width,
            "height": self._coder.height,
        }

    def _encode(self, line: Line, until: Moment) -> None:
        """Paint and encode the held frame, which is shown until that moment. The last is masked as if it stayed until the end."""
        if self._held is None:
            return
        at, frame = self._held
        last = self.order.count == self._plan.frames and until == self._ends
        start, end = to_ms(at), self._plan.duration_ms if last else to_ms(until)
        ready = paint(frame, self._look, self._sweep.during(start, max(end, start + 1)))
        ready.pts, ready.time_base = self._ticks(at), self._coder.time_base
        self._write(line, ready)

    def _ticks(self, at: Moment) -> int:
        """A moment of the timeline in the track's own time, which begins with its first frame."""
        return round((at - self.first) * self._base.denominator)

    def _write(self, line: Line, frame: VideoFrame | None) -> None:
        for packet in self._coder.encode(frame):
            if packet.pts is None or packet.pts != packet.dts:
                raise MediaFailed("the encoder gave a frame at another time than its own")
            line.add(packet.pts, _slices(bytes(packet)), key=packet.is_keyframe)


def _slices(data: bytes) -> bytes:
    """The sample without supplemental information."""
    kept, at = [], 0
    while at + 4 < len(data):
        end = at + 4 + int.from_bytes(data[at : at + 4], "big")
        if data[at + 4] & 0x1F in _SLICES:
            kept.append(data[at:end])
        at = end
    return b"".join(kept)


def _coder(source: VideoStream, plan: Plan, look: Look) -> VideoCodecContext:
    rate = source.average_rate or source.guessed_rate or Fraction(30)
    coder = av.CodecContext.create("libx264", "w")
    if not isinstance(coder, VideoCodecContext):
        raise MediaFailed("the encoder of pictures is none")
    picture = plan.picture
    coder.options = {**_ENCODER, "g": str(max(1, round(rate * _KEY_SECONDS)))}
    coder.width, coder.height = picture.width + picture.width % 2, picture.height + picture.height % 2
    coder.pix_fmt, coder.framerate = look.pixel_format, rate
    coder.time_base = Fraction(1, (source.time_base or Fraction(1, 1000)).denominator)
    coder.color_range = 2 if look.full_range else 1
    coder.color_primaries, coder.color_trc, coder.colorspace = look.primaries, look.transfer, look.matrix
    if source.sample_aspect_ratio:
        coder.sample_aspect_ratio = source.sample_aspect_ratio
    coder.flags |= Flags.global_header
    coder.open()
    return coder
