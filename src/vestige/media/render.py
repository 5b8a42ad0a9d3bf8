"""Rendering an approved plan into a redacted copy: MP4, one picture, at most one sound, and nothing else of the original.

1. Only the first picture and the first sound are decoded; telemetry, subtitles, further cameras, covers, chapters, metadata, captions
   inside the picture and the encoder's own notes stay behind because nothing carries them over.
2. Every frame is decoded, filled with black where the plan hides, and encoded with its own time; nothing is copied.
3. A damaged frame, a frame out of order, another number of frames than the plan was made for: RenderFailed, and the caller keeps nothing.
The copy is then checked by `vestige.media.check`, which decodes it anew.
"""

from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from typing import BinaryIO

import av
from av.audio.frame import AudioFrame
from av.bitstream import BitStreamFilterContext
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from vestige.errors import MediaFailed, RenderFailed
from vestige.media.redact_footage import Moment, Order, opened, picture_of, picture_stream, sound_stream, to_ms
from vestige.media.redact_picture import Look, look_of, paint
from vestige.media.redact_sound import Sound
from vestige.redaction.geometry import Picture
from vestige.redaction.masks import Sweep
from vestige.redaction.mutes import muted_spans
from vestige.redaction.plan import Plan

_LEAST_TIMESCALE = 10_000  # the muxer doubles a coarser one until it is not
_NOTES = "filter_units=remove_types=6"  # supplemental information: captions, the encoder's settings
_ENCODER = {"preset": "veryfast", "crf": "20", "bf": "0", "a53cc": "0", "udu_sei": "0"}
_KEY_SECONDS = 2


def render(source: BinaryIO, sink: BinaryIO, plan: Plan, report: Callable[[float], None]) -> dict[str, object]:
    """Write the copy into `sink`; returns `frames`, `times_sha256`, `duration_ms`, `audio_ms`, `width`, `height`. Raises RenderFailed."""
    try:
        first = _first_frame(source)
        if picture_of(first) != plan.picture:
            raise RenderFailed(f"the plan was made for another picture than {picture_of(first)}: no copy was kept")
        with opened(source) as original:
            base = picture_stream(original).time_base or Fraction(1, 1000)
            options = {"fflags": "bitexact", "movie_timescale": str(_timescale(base))}
            with av.open(sink, "w", format="mp4", options=options) as copy:
                return _transcode(original, copy, (plan, look_of(first)), report)
    except (MediaFailed, av.error.FFmpegError) as error:
        raise RenderFailed(f"no copy was kept: {error}"[:400]) from error


def _first_frame(source: BinaryIO) -> VideoFrame:
    with opened(source) as original:
        for frame in original.decode(picture_stream(original)):
            return frame
    raise MediaFailed("no frame of the recording decodes")


def _timescale(base: Fraction) -> int:
    """The time scale that the muxer will give the picture's track: the movie gets the same, so that its edit list is exact."""
    scale = base.denominator
    while scale < _LEAST_TIMESCALE:
        scale *= 2
    return scale


def _transcode(
    original: InputContainer, copy: OutputContainer, how: tuple[Plan, Look], report: Callable[[float], None]
) -> dict[str, object]:
    plan, look = how
    picture, heard = picture_stream(original), sound_stream(original)
    film = _Film(copy, picture, plan, look)
    sound = Sound(heard, copy, muted_spans(plan.mutes)) if heard is not None else None
    copy.start_encoding()
    for packet in original.demux(*(stream for stream in (picture, heard) if stream is not None)):
        for frame in packet.decode():
            if isinstance(frame, VideoFrame):
                copy.mux(film.add(frame))
                report(film.order.count / plan.frames)
            elif isinstance(frame, AudioFrame) and sound is not None:
                copy.mux(list(sound.add(frame)))
    copy.mux(film.finish())
    copy.mux(list(sound.finish()) if sound is not None else [])
    return film.facts() | {"audio_ms": sound.ends_ms if sound is not None else 0}


class _Film:
    """The picture on its way into the copy, one frame late: how long a frame is shown is known when the next one comes."""

    def __init__(self, copy: OutputContainer, source: VideoStream, plan: Plan, look: Look) -> None:
        self.order = Order()
        self._plan, self._look, self._sweep = plan, look, Sweep(plan)
        self._base = source.time_base or Fraction(1, 1000)
        self._stream = _video_stream(copy, source, plan.picture, look)
        self._filter: BitStreamFilterContext | None = None
        self._held: tuple[Moment, VideoFrame] | None = None
        self._ends: Moment = Fraction(0)

    def add(self, frame: VideoFrame) -> "list[Packet[VideoStream]]":
        """Take in the next decoded frame; gives what is ready to be muxed."""
        at = self.order.accept(frame)
        ready = list(self._encode(at)) if self._held is not None else []
        self._held = (at, frame)
        return ready

    def finish(self) -> "list[Packet[VideoStream]]":
        """The rest. Raises RenderFailed where another number of frames came than the plan was made for."""
        if self._held is None or self.order.count != self._plan.frames:
            raise RenderFailed(f"the plan was made for {self._plan.frames} frames, and {self.order.count} came: no copy was kept")
        at, last = self._held
        self._ends = at + (last.duration or 1) * self._base
        return [*self._encode(self._ends), *self._without_notes(self._stream.encode(None)), *self._without_notes([None])]

    def facts(self) -> dict[str, object]:
        """What the check of the copy is held to."""
        return {
            "frames": self.order.count,
            "times_sha256": self.order.times_sha256(),
            "duration_ms": -(-self._ends.numerator * 1000 // self._ends.denominator),
            "width": self._stream.codec_context.width,
            "height": self._stream.codec_context.height,
        }

    def _encode(self, until: Moment) -> "Iterator[Packet[VideoStream]]":
        """Paint and encode the held frame, which is shown until that moment. The last is masked as if it stayed until the end."""
        if self._held is None:
            return
        at, frame = self._held
        last = self.order.count == self._plan.frames and until == self._ends
        start, end = to_ms(at), self._plan.duration_ms if last else to_ms(until)
        ready = paint(frame, self._look, self._sweep.during(start, max(end, start + 1)))
        ready.duration = round((until - at) / self._base)
        yield from self._without_notes(self._stream.encode(ready))

    def _without_notes(self, packets: "Iterable[Packet[VideoStream] | None]") -> "Iterator[Packet[VideoStream]]":
        """The packets without supplemental information. None ends the stream."""
        if self._filter is None:  # not earlier: the filter needs the encoder's parameter sets
            self._filter = BitStreamFilterContext(_NOTES, self._stream)
        for packet in packets:
            for clean in self._filter.filter(packet):
                clean.stream = self._stream
                yield clean


def _video_stream(copy: OutputContainer, source: VideoStream, picture: Picture, look: Look) -> VideoStream:
    rate = source.average_rate or source.guessed_rate or Fraction(30)
    stream = copy.add_stream("libx264", rate=rate, options={**_ENCODER, "g": str(max(1, round(rate * _KEY_SECONDS)))})
    coder = stream.codec_context
    coder.width, coder.height = picture.width + picture.width % 2, picture.height + picture.height % 2
    coder.pix_fmt = look.pixel_format
    coder.time_base = stream.time_base = source.time_base or Fraction(1, 1000)
    coder.color_range = 2 if look.full_range else 1
    coder.color_primaries, coder.color_trc, coder.colorspace = look.primaries, look.transfer, look.matrix
    if source.sample_aspect_ratio:
        coder.sample_aspect_ratio = source.sample_aspect_ratio
    if picture.rotation:
        stream.set_display_rotation(-picture.rotation)
    return stream
