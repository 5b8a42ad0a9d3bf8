"""Rendering an approved plan into a redacted copy: MP4, one picture, at most one sound, and nothing else of the original.

1. Only the first picture and the first sound are taken; telemetry, subtitles, further cameras, covers, chapters, metadata, captions
   inside the picture and the encoder's own notes stay behind because nothing carries them over.
2. Every frame is decoded, filled with black where the plan hides, and encoded with its own time. But groups of pictures that hide nothing are
   copied where they can be (`redact_picture_copy`), and so is plain AAC-LC (`redact_sound_copy`); else sound is made anew (`redact_sound`).
   Why a picture or a sound is made anew whole is kept.
3. A damaged frame, a frame out of order, another number of frames than the plan was made for: RenderFailed, and the caller keeps nothing.
The copy is then checked by `vestige.media.check`, which decodes it anew.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import BinaryIO

import av
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame

from vestige.custody.samples import ReleasedStream
from vestige.errors import MediaFailed, RenderFailed
from vestige.media.aac import NotPlain
from vestige.media.avcc import NotCopyable
from vestige.media.containers.mp4_shapes import MovieShape, shape_of
from vestige.media.containers.mp4_writer import Mp4Writer, Sink
from vestige.media.containers.tables import NoSampleTable, Track
from vestige.media.redact_film import Film
from vestige.media.redact_footage import Moment, moment, opened, picture_of, picture_stream, sound_stream
from vestige.media.redact_picture import Look, look_of
from vestige.media.redact_picture_copy import CopiedPicture
from vestige.media.redact_sound import Sound
from vestige.media.redact_sound_copy import CopiedSound
from vestige.media.redact_tracks import Line, movie_timescale
from vestige.media.released import made_anew, tracks_taken
from vestige.redaction.mutes import muted_spans
from vestige.redaction.plan import Plan

_MACROBLOCK = 16


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
            film = Film(picture_stream(container), plan, original.look, original.picture)
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
    cropped: bool
    tracks: tuple[Track, Track | None] | None = None
    picture: CopiedPicture | None = None
    sound: CopiedSound | None = None
    anew: dict[str, object] = field(default_factory=dict)

    @classmethod
    def of(cls, source: BinaryIO, plan: Plan) -> "_Original":
        """Read it. Raises RenderFailed for another picture than that of the plan."""
        with opened(source) as container:
            picture, heard = picture_stream(container), sound_stream(container)
            first = next(container.decode(picture), None)
            if first is None:
                raise MediaFailed("no frame of the recording decodes")
            numbers = picture.index, None if heard is None else heard.index
            coder = picture.codec_context
            cropped = max(coder.coded_width - first.width, coder.coded_height - first.height) >= _MACROBLOCK
        if picture_of(first) != plan.picture:
            raise RenderFailed(f"the plan was made for another picture than {picture_of(first)}: no copy was kept")
        found = cls(look_of(first), cropped)
        try:
            found.tracks = tracks_taken(source, *numbers)
            movie = shape_of(source, source.seek(0, 2))
        except NoSampleTable as error:
            found.anew = dict.fromkeys(("picture",) if heard is None else ("picture", "sound"), str(error))
            return found
        found.take_picture(source, movie, (plan, first))
        found.take_sound(source, movie, plan)
        return found

    def take_picture(self, source: BinaryIO, movie: MovieShape, of: tuple[Plan, VideoFrame]) -> None:
        """Copy groups of pictures, if that can be."""
        if self.cropped:  # what nobody saw is not released
            self.anew["picture"] = "the picture holds more than it shows"
            return
        try:
            if self.tracks is not None:
                copied = CopiedPicture(source, self.tracks[0], movie, of)
                self.picture = copied if copied.choose(moment(of[1])) else None
                self.anew |= {} if self.picture else {"picture": "something is hidden in every group of pictures"}
        except NotCopyable as error:
            self.anew["picture"] = str(error)

    def take_sound(self, source: BinaryIO, movie: MovieShape, plan: Plan) -> None:
        """Copy the sound, if that can be."""
        try:
            if self.tracks is not None and self.tracks[1] is not None:
                self.sound = CopiedSound(source, self.tracks[1], movie, muted_spans(plan.mutes))
        except NotPlain as error:
            self.anew["sound"] = str(error)

    def told(self, copy: "_Copy") -> Rendered:
        """What was written."""
        facts = copy.finish() | {"anew": self.anew}
        if self.tracks is None:
            return Rendered(facts, ())
        picture, sound = self.tracks
        streams = [self.picture.released() if self.picture else made_anew(picture, copy.picture.samples)]
        if copy.sound is not None and sound is not None:
            streams.append(self.sound.released() if self.sound else made_anew(sound, copy.sound.samples))
        return Rendered(facts, tuple(streams))


class _Copy:
    """The file on its way out: the picture's track, and the sound's where there is one."""

    def __init__(self, sink: Sink, film: Film, sound: Sound | CopiedSound | None) -> None:
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
