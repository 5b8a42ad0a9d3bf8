"""Picture and sound as browsers play them, frame by frame: what a proxy is made of. Times are counted from the original's start."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange
from av.video.stream import VideoStream

from vestige.media.pictures import is_untimed, shown_size, turn_of

_LONG, _SHORT = 1280, 720
_QUARTERS = {90: 3, 180: 2, 270: 1}  # clockwise degrees: quarter turns of numpy, which turns the other way
_CLOCK = Fraction(1, 90_000)
_RATE = 48_000
_OPTIONS = {"preset": "veryfast", "crf": "24", "profile": "high", "g": "60"}  # a key frame every other second: quick seeking
_THREADS = 4
_FASTEST = 1000

Packets = Iterator["av.Packet[Any]"]


@dataclass(slots=True)
class PictureCopy:
    """Encodes frames as H.264, upright, 8 bits, 4:2:0, 1280 by 720 at most. `frames` and `ends` (seconds) say how far it is."""

    stream: VideoStream
    aspect: Fraction | None
    scaled: tuple[int, int]
    turn: int
    start: Fraction
    step: Fraction
    timed: bool = True
    frames: int = 0
    ends: Fraction = Fraction(0)
    _last: int = -1

    @classmethod
    def of(cls, out: OutputContainer, original: VideoStream, first: VideoFrame, start: Fraction) -> "PictureCopy":
        """A copy like the first frame. `start` is the original's, in seconds. Where the original tells no times, its rate does."""
        aspect, turn = original.sample_aspect_ratio, turn_of(first)
        scaled = _fitting(*shown_size(first, aspect))
        rate = original.average_rate
        rate = rate if rate and 0 < rate <= _FASTEST else Fraction(30)
        stream = out.add_stream("libx264", rate=rate, options=dict(_OPTIONS))
        stream.width, stream.height = scaled[::-1] if turn in {90, 270} else scaled
        stream.pix_fmt = "yuv420p"
        stream.time_base = stream.codec_context.time_base = _CLOCK
        stream.codec_context.thread_count = _THREADS
        return cls(stream, aspect, scaled, turn, start, 1 / Fraction(rate), timed=not is_untimed(original.container))

    def add(self, frame: VideoFrame) -> Packets:
        """The packets that a frame gives; a frame without a time, or one that goes back in time, is left out."""
        if not self.timed:
            at = self.frames * self.step
        elif frame.pts is None or frame.time_base is None:
            return
        else:
            at = frame.pts * frame.time_base - self.start
        place = round(at / _CLOCK)
        if place <= self._last:
            return
        flat = frame.reformat(*self.scaled, "yuv420p", dst_color_range=ColorRange.MPEG)
        upright = _turned(flat, self.turn) if self.turn else flat
        upright.pts, upright.time_base, upright.pict_type = place, _CLOCK, av.video.frame.PictureType.NONE
        self._last = place
        self.frames += 1
        self.ends = at + self.step
        yield from self.stream.encode(upright)

    def end(self) -> Packets:
        """The last packets."""
        yield from self.stream.encode(None)


@dataclass(slots=True)
class SoundCopy:
    """Encodes sound as AAC, mono or stereo. Gaps become silence, so that it stays with the picture."""

    stream: AudioStream
    start: Fraction
    layout: str
    ends: Fraction = Fraction(0)
    _graph: av.filter.Graph | None = None
    _shape: tuple[object, ...] = ()

    @classmethod
    def of(cls, out: OutputContainer, original: AudioStream, start: Fraction) -> "SoundCopy":
        """A copy of a stream. `start` is the original's, in seconds."""
        layout = "mono" if original.codec_context.layout.nb_channels == 1 else "stereo"
        return cls(out.add_stream("aac", rate=_RATE, layout=layout), start, layout)

    def add(self, frame: AudioFrame) -> Packets:
        """The packets that a frame gives; one without a time is left out."""
        if frame.pts is None or frame.time_base is None:
            return
        frame.pts -= round(self.start / frame.time_base)
        shape = (frame.format.name, frame.layout.name, frame.sample_rate, frame.time_base)
        if shape != self._shape:
            yield from self._drain(None)
            self._graph, self._shape = self._filters(frame), shape
        yield from self._drain(frame)

    def end(self) -> Packets:
        """The last packets."""
        yield from self._drain(None)
        yield from self.stream.encode(None)

    def _filters(self, frame: AudioFrame) -> av.filter.Graph:
        graph = av.filter.Graph()
        source = graph.add_abuffer(
            sample_rate=frame.sample_rate, format=frame.format.name, layout=frame.layout.name, time_base=frame.time_base
        )
        first = "" if self._shape else ":first_pts=0"
        steady = graph.add("aresample", f"{_RATE}:async=1{first}")
        form = graph.add("aformat", f"sample_fmts=fltp:channel_layouts={self.layout}:sample_rates={_RATE}")
        graph.link_nodes(source, steady, form, graph.add("abuffersink")).configure()
        return graph

    def _drain(self, frame: AudioFrame | None) -> Packets:
        if self._graph is None:
            return
        self._graph.push(frame)
        while True:
            try:
                steady = self._graph.pull()
            except (av.error.BlockingIOError, av.error.EOFError):
                return
            if isinstance(steady, AudioFrame):
                if steady.pts is not None:
                    self.ends = Fraction(steady.pts + steady.samples, _RATE)
                yield from self.stream.encode(steady)


def _fitting(width: int, height: int) -> tuple[int, int]:
    """Even sizes within 1280 by 720 (or 720 by 1280), never larger than the picture."""
    part = min(1.0, _LONG / max(width, height), _SHORT / min(width, height))
    return max(2, round(width * part / 2) * 2), max(2, round(height * part / 2) * 2)


def _turned(frame: VideoFrame, turn: int) -> VideoFrame:
    width, height, pixels = frame.width, frame.height, frame.to_ndarray().reshape(-1)
    luma, chroma = width * height, width * height // 4
    planes = (
        pixels[:luma].reshape(height, width),
        pixels[luma : luma + chroma].reshape(height // 2, width // 2),
        pixels[luma + chroma :].reshape(height // 2, width // 2),
    )
    turned = np.concatenate([np.rot90(plane, _QUARTERS[turn]).reshape(-1) for plane in planes])
    across = height if turn in {90, 270} else width
    return VideoFrame.from_ndarray(turned.reshape(-1, across), format="yuv420p")
