"""The sound of a redacted copy, made anew where it cannot be copied (`redact_sound_copy`).

It is decoded, silenced in whole codec frames, and encoded again as AAC at the place on the timeline where it was.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction

import av
import numpy as np
import numpy.typing as npt
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.codec.context import Flags

from vestige.errors import MediaFailed
from vestige.media.containers.mp4_writer import Shape
from vestige.media.esds import esds_of
from vestige.media.redact_tracks import Line, sound_shape
from vestige.redaction.geometry import Span
from vestige.redaction.mutes import CODEC_FRAME, muted_samples

_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 64000, 88200, 96000)
_JITTER = 50  # a gap or an overlap of less than 1/50 s is a container's rounding

Samples = npt.NDArray[np.float32]


class Sound:
    """One stream of sound on its way into the copy."""

    hidden = CODEC_FRAME  # ticks at its beginning that are not heard: an encoder needs a frame to begin

    def __init__(self, source: AudioStream, spans: Sequence[Span]) -> None:
        """`spans` are the asked silences. More than two channels become two; a rate that AAC does not have becomes 48 kHz."""
        coder = source.codec_context
        if coder is None or not coder.sample_rate or not coder.layout:
            raise MediaFailed("the sound says neither its rate nor its channels")
        self._rate = coder.sample_rate if coder.sample_rate in _RATES else 48000
        self._layout = "mono" if coder.layout.nb_channels == 1 else "stereo"
        channels = 1 if self._layout == "mono" else 2
        self._resampler = av.AudioResampler("fltp", self._layout, self._rate)
        self._coder = _coder(self._rate, self._layout, min(64_000, 5 * self._rate) * channels)
        self._spans = spans
        self._muted: Iterator[tuple[int, int]] = iter(())
        self._range: tuple[int, int] | None = None
        self._waiting: Samples = np.zeros((channels, 0), np.float32)
        self._first: int | None = None
        self._sent = 0
        self._last = 0

    def shape(self) -> Shape:
        """The track's description in the copy."""
        return sound_shape(self._rate, self._rate, 1 if self._layout == "mono" else 2, esds_of(self._coder.extradata or b""))

    def add(self, line: Line, frame: AudioFrame) -> None:
        """Take in a decoded frame. Raises MediaFailed for a damaged one or one without a time."""
        if frame.is_corrupt or frame.pts is None or frame.time_base is None:
            raise MediaFailed("a piece of the sound is damaged or has no time")
        at = round(frame.pts * frame.time_base * self._rate)
        if self._first is None:
            self._begin(max(0, at))
        for piece in self._resampler.resample(frame):
            self._put(line, _samples(piece), at)
            at += piece.samples

    def finish(self, line: Line) -> None:
        """The rest."""
        if self._first is None:
            return
        for piece in self._resampler.resample(None):
            self._put(line, _samples(piece), self._end)
        if self._waiting.shape[1]:
            self._send(line, self._waiting)
        self._write(line, None)
        line.close(self._last + CODEC_FRAME)

    @property
    def first(self) -> Fraction:
        """Where the first sample belongs on the timeline, in seconds; what is heard begins `hidden` ticks later."""
        return Fraction((self._first or 0) - CODEC_FRAME, self._rate)

    @property
    def ends_ms(self) -> int:
        """Where the sound ends on the timeline, in ms rounded up; 0 where there is none."""
        return 0 if self._first is None else -(-self._end * 1000 // self._rate)

    @property
    def _end(self) -> int:
        return (self._first or 0) + self._sent + len(self._waiting[0])

    def _begin(self, first: int) -> None:
        self._first = first
        self._muted = iter(muted_samples(self._spans, self._rate, first))
        self._range = next(self._muted, None)

    def _put(self, line: Line, samples: Samples, at: int) -> None:
        """Silence where the source has a gap; of an overlap the later part."""
        ahead = at - self._end
        if ahead > self._rate // _JITTER:
            samples = np.concatenate([np.zeros((samples.shape[0], ahead), np.float32), samples], axis=1)
        elif -ahead > self._rate // _JITTER:
            samples = samples[:, -ahead:]
        self._waiting = np.concatenate([self._waiting, samples], axis=1)
        while self._waiting.shape[1] >= CODEC_FRAME:
            chunk, self._waiting = self._waiting[:, :CODEC_FRAME], self._waiting[:, CODEC_FRAME:]
            self._send(line, chunk)

    def _send(self, line: Line, chunk: Samples) -> None:
        """Encode one codec frame (the last may be shorter), silenced if it lies in a muted range."""
        while self._range is not None and self._range[1] <= self._sent:
            self._range = next(self._muted, None)
        silent = self._range is not None and self._range[0] <= self._sent
        ready = np.zeros_like(chunk) if silent else np.ascontiguousarray(chunk)
        frame = AudioFrame.from_ndarray(ready, "fltp", self._layout)
        frame.sample_rate = self._rate
        frame.pts = (self._first or 0) + self._sent
        self._sent += chunk.shape[1]
        self._write(line, frame)

    def _write(self, line: Line, frame: AudioFrame | None) -> None:
        for packet in self._coder.encode(frame):
            if packet.pts is None:
                raise MediaFailed("the encoder gave a piece of sound without a time")
            self._last = packet.pts - (self._first or 0) + CODEC_FRAME
            line.add(self._last, bytes(packet), key=True)


def _coder(rate: int, layout: str, bit_rate: int) -> AudioCodecContext:
    coder = av.CodecContext.create("aac", "w")
    if not isinstance(coder, AudioCodecContext):
        raise MediaFailed("the encoder of sound is none")
    coder.sample_rate, coder.layout, coder.format, coder.bit_rate = rate, layout, "fltp", bit_rate
    coder.time_base = Fraction(1, rate)
    coder.flags |= Flags.bitexact | Flags.global_header  # else the encoder writes its name into the first packet
    coder.open()
    return coder


def _samples(frame: AudioFrame) -> Samples:
    """Channels x samples of a planar float frame."""
    return np.asarray(frame.to_ndarray(), np.float32)
