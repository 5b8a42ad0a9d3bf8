"""The sound of a redacted copy: decoded, silenced in whole codec frames, encoded again as AAC at the place on the timeline where it was.

Sound is never copied: a packet may carry more than sound.
"""

from collections.abc import Iterable, Iterator, Sequence

import av
import numpy as np
import numpy.typing as npt
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.codec.context import Flags
from av.container import OutputContainer
from av.packet import Packet

from vestige.errors import MediaFailed
from vestige.redaction.geometry import Span
from vestige.redaction.mutes import CODEC_FRAME, muted_samples

_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 64000, 88200, 96000)
_JITTER = 50  # a gap or an overlap of less than 1/50 s is a container's rounding

Samples = npt.NDArray[np.float32]


class Sound:
    """One stream of sound on its way into the copy."""

    def __init__(self, source: AudioStream, target: OutputContainer, spans: Sequence[Span]) -> None:
        """`spans` are the asked silences. More than two channels become two; a rate that AAC does not have becomes 48 kHz."""
        coder = source.codec_context
        if coder is None or not coder.sample_rate or not coder.layout:
            raise MediaFailed("the sound says neither its rate nor its channels")
        self._rate = coder.sample_rate if coder.sample_rate in _RATES else 48000
        self._layout = "mono" if coder.layout.nb_channels == 1 else "stereo"
        channels = 1 if self._layout == "mono" else 2
        self._resampler = av.AudioResampler("fltp", self._layout, self._rate)
        self.stream = target.add_stream("aac", rate=self._rate, layout=self._layout, bit_rate=min(64_000, 5 * self._rate) * channels)
        self.stream.codec_context.flags |= Flags.bitexact  # else the encoder writes its name into the first packet
        self._spans = spans
        self._muted: Iterator[tuple[int, int]] = iter(())
        self._range: tuple[int, int] | None = None
        self._waiting: Samples = np.zeros((channels, 0), np.float32)
        self._first: int | None = None
        self._sent = 0

    def add(self, frame: AudioFrame) -> "Iterator[Packet[AudioStream]]":
        """Take in a decoded frame. Raises MediaFailed for a damaged one or one without a time."""
        if frame.is_corrupt or frame.pts is None or frame.time_base is None:
            raise MediaFailed("a piece of the sound is damaged or has no time")
        at = round(frame.pts * frame.time_base * self._rate)
        if self._first is None:
            self._begin(max(0, at))
        for piece in self._resampler.resample(frame):
            yield from self._put(_samples(piece), at)
            at += piece.samples

    def finish(self) -> "Iterator[Packet[AudioStream]]":
        """The rest."""
        if self._first is None:
            return
        for piece in self._resampler.resample(None):
            yield from self._put(_samples(piece), self._end)
        if self._waiting.shape[1]:
            yield from self._send(self._waiting)
        yield from self.stream.encode(None)

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

    def _put(self, samples: Samples, at: int) -> "Iterator[Packet[AudioStream]]":
        """Silence where the source has a gap; of an overlap the later part."""
        ahead = at - self._end
        if ahead > self._rate // _JITTER:
            samples = np.concatenate([np.zeros((samples.shape[0], ahead), np.float32), samples], axis=1)
        elif -ahead > self._rate // _JITTER:
            samples = samples[:, -ahead:]
        self._waiting = np.concatenate([self._waiting, samples], axis=1)
        while self._waiting.shape[1] >= CODEC_FRAME:
            chunk, self._waiting = self._waiting[:, :CODEC_FRAME], self._waiting[:, CODEC_FRAME:]
            yield from self._send(chunk)

    def _send(self, chunk: Samples) -> "Iterable[Packet[AudioStream]]":
        """Encode one codec frame (the last may be shorter), silenced if it lies in a muted range."""
        while self._range is not None and self._range[1] <= self._sent:
            self._range = next(self._muted, None)
        silent = self._range is not None and self._range[0] <= self._sent
        ready = np.zeros_like(chunk) if silent else np.ascontiguousarray(chunk)
        frame = AudioFrame.from_ndarray(ready, "fltp", self._layout)
        frame.sample_rate = self._rate
        frame.pts = (self._first or 0) + self._sent
        self._sent += chunk.shape[1]
        return self.stream.encode(frame)


def _samples(frame: AudioFrame) -> Samples:
    """Channels x samples of a planar float frame."""
    return np.asarray(frame.to_ndarray(), np.float32)
