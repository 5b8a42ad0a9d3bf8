"""The check of a redacted copy, on the finished file, decoded anew. It trusts neither the renderer nor its encoder; any doubt is a refusal.

1. The file holds one H.264 picture, at most one AAC sound, and nothing else: no box, byte, word or time beyond what playing needs.
2. The picture's samples hold slices only (and delimiters of two bytes): no captions, no user data. The sound's are plain AAC-LC and nothing
   else, read to the last bit. A decoder is given every sample that the file holds: nothing lies where no player looks.
3. As many frames as the plan was made for, each at exactly the time of the original's; picture and sound end where they ended.
4. In every frame every hidden pixel is black: luma and chroma within 16 levels of it, and within 8 away from the rim, where the
   decoder's smoothing mixes in the visible neighbours. Forty moving masks in each of seven real recordings: 9 at worst, and 5 inside.
5. Every asked silence is silent: no sample above -80 dBFS.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, BinaryIO

import av
import numpy as np
import numpy.typing as npt
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from vestige.errors import MediaFailed, RenderFailed
from vestige.media.aac import Coding, piece
from vestige.media.redact_boxes import Found, require_plain
from vestige.media.redact_footage import Moment, Order, opened, picture_of, picture_stream, sound_stream, to_ms
from vestige.media.redact_picture import NEUTRAL, Look, look_of, plane_of
from vestige.media.redact_picture_copy import is_delimiter
from vestige.redaction.geometry import Box, Picture
from vestige.redaction.masks import Sweep
from vestige.redaction.mutes import muted_spans
from vestige.redaction.plan import Plan

NEAR, INSIDE = 16, 8  # levels of 256
RIM = 4  # pixels at each edge of a hidden area that a deblocking filter may touch, with one to spare
SILENCE = 100  # millionths of full scale: -80 dBFS
_SLICES = frozenset({1, 5})
_OWN_WORDS = frozenset({"major_brand", "minor_version", "compatible_brands"})
_OWN_STREAM_WORDS = frozenset({"language", "handler_name"})


def check(source: BinaryIO, plan: Plan, expected: Mapping[str, Any], report: Callable[[float], None]) -> dict[str, object]:
    """What holds of the copy, if everything holds. `expected` is what `render` returned. Raises RenderFailed, naming what does not hold."""
    try:
        found = require_plain(source)
        wanted = ["avc1", "mp4a"] if expected["audio_ms"] else ["avc1"]
        _require(found.entries == wanted, f"its tracks are {', '.join(found.entries) or 'none'}, not {', '.join(wanted)}")
        with opened(source) as copy:
            _words(copy, len(wanted))
            return _Look(copy, plan, expected).whole(found, report)
    except (MediaFailed, av.error.FFmpegError) as error:
        raise RenderFailed(f"the copy does not decode whole: {error}"[:400]) from error


def _words(copy: InputContainer, streams: int) -> None:
    _require(len(copy.streams) == streams, f"it has {len(copy.streams)} streams, not {streams}")
    _require(not copy.chapters(), "it has chapters")
    spoken = {word for word in copy.metadata if word not in _OWN_WORDS}
    spoken |= {word for stream in copy.streams for word in stream.metadata if word not in _OWN_STREAM_WORDS}
    _require(not spoken, f"it carries words of its own: {', '.join(sorted(spoken))}")


@dataclass(slots=True)
class _Worst:
    luma: int = 0
    chroma: int = 0
    loudest: int = 0
    masked_frames: int = 0


class _Look:
    """One pass over the copy."""

    def __init__(self, copy: InputContainer, plan: Plan, expected: Mapping[str, Any]) -> None:
        self._copy, self._plan, self._expected = copy, plan, expected
        self._order, self._sweep, self._worst = Order(), Sweep(plan), _Worst()
        self._held: tuple[Moment, VideoFrame] | None = None
        self._ends: Moment = Fraction(0)
        self._sound_ends: Moment = Fraction(0)
        self._silences = muted_spans(plan.mutes)
        self._packets = [0, 0]

    def whole(self, found: Found, report: Callable[[float], None]) -> dict[str, object]:
        """Every packet and frame of the copy."""
        picture, sound = picture_stream(self._copy), sound_stream(self._copy)
        for packet in self._copy.demux(*(one for one in (picture, sound) if one is not None)):
            if packet.size:
                self._packets[packet.stream is not picture] += 1
                _slices_only(bytes(packet)) if packet.stream is picture else _sound_only(bytes(packet), found.coding)
            for frame in packet.decode():
                if isinstance(frame, VideoFrame):
                    self._see(frame)
                    report(self._order.count / self._plan.frames)
                elif isinstance(frame, AudioFrame):
                    self._hear(frame)
        if self._held is None:
            raise RenderFailed("the copy holds no frame")
        self._compare(self._plan.duration_ms)
        _require(self._packets[: len(found.counts)] == found.counts, "it holds samples that a decoder is not given")
        self._require_times()
        return self._facts(picture, sound)

    def _see(self, frame: VideoFrame) -> None:
        at = self._order.accept(frame)
        if self._held is None:
            expected = Picture(self._expected["width"], self._expected["height"], self._plan.picture.rotation)
            _require(picture_of(frame) == expected, f"its picture is {picture_of(frame)}, not {expected}")
        else:
            self._compare(to_ms(at))
        self._held = (at, frame)
        self._ends = at + (frame.duration or 0) * (frame.time_base or 0)

    def _compare(self, until_ms: int) -> None:
        """Look at the held frame, shown until then."""
        if self._held is None:
            return
        at, frame = self._held
        start = to_ms(at)
        boxes = self._sweep.during(start, max(until_ms, start + 1))
        if boxes:
            self._worst.masked_frames += 1
            luma, chroma = _strayed(frame, look_of(frame), boxes)
            self._worst.luma, self._worst.chroma = max(self._worst.luma, luma), max(self._worst.chroma, chroma)

    def _hear(self, frame: AudioFrame) -> None:
        if frame.is_corrupt or frame.pts is None or frame.time_base is None:
            raise MediaFailed("a piece of the sound is damaged")
        start = frame.pts * frame.time_base
        self._sound_ends = start + Fraction(frame.samples, frame.sample_rate)
        for span in self._silences:
            first = max(0, math.floor((Fraction(span.from_ms, 1000) - start) * frame.sample_rate))
            last = min(frame.samples, math.ceil((Fraction(span.to_ms, 1000) - start) * frame.sample_rate))
            if first < last:
                samples = np.asarray(frame.to_ndarray(), np.float32)[:, first:last]
                self._worst.loudest = max(self._worst.loudest, math.ceil(float(np.abs(samples).max()) * 1_000_000))
        _require(self._worst.loudest <= SILENCE, f"at {float(start):.3f} s there is sound where none may be")

    def _require_times(self) -> None:
        plan, expected = self._plan, self._expected
        count = self._order.count
        _require(count == plan.frames == expected["frames"], f"it has {count} frames, not {plan.frames}")
        _require(self._order.times_sha256() == expected["times_sha256"], "a frame appears at another time than in the original")
        frame_ms = plan.duration_ms / plan.frames
        _require(abs(self._ends * 1000 - expected["duration_ms"]) <= frame_ms, "the picture ends at another time than in the original")
        _require(abs(self._sound_ends * 1000 - expected["audio_ms"]) <= max(frame_ms, 300), "the sound ends at another time")

    def _facts(self, picture: VideoStream, sound: AudioStream | None) -> dict[str, object]:
        return {
            "frames": self._order.count,
            "duration_ms": -(-self._ends.numerator * 1000 // self._ends.denominator),
            "masked_frames": self._worst.masked_frames,
            "worst_luma": self._worst.luma,
            "worst_chroma": self._worst.chroma,
            "loudest_muted": self._worst.loudest,
            "width": picture.codec_context.width,
            "height": picture.codec_context.height,
            "rotation": self._plan.picture.rotation,
            "sound": sound is not None,
        }


def _slices_only(data: bytes) -> None:
    """Refuses (RenderFailed) a sample that holds anything but coded slices, and a delimiter before them."""
    at = 0
    while at + 4 < len(data):
        end = at + 4 + int.from_bytes(data[at : at + 4], "big")
        kind = data[at + 4] & 0x1F
        _require(kind in _SLICES or (not at and is_delimiter(data[4:end])), f"a sample of the picture holds a unit of type {kind}")
        at = end
    _require(at == len(data), "a sample of the picture is not what its units say")


def _sound_only(data: bytes, coding: Coding | None) -> None:
    """Refuses (RenderFailed, MediaFailed) a sample that holds anything but sound."""
    _require(coding is not None and piece(data, coding).alone, "a sample of the sound holds more than sound")


def _strayed(frame: VideoFrame, look: Look, boxes: tuple[Box, ...]) -> tuple[int, int]:
    """How far the worst hidden pixel is from black, in luma and in chroma. Raises RenderFailed where that is too far."""
    hidden = np.zeros((frame.height, frame.width), bool)
    for box in boxes:
        hidden[box.y : box.bottom, box.x : box.right] = True
    luma = _distance(plane_of(frame, 0), look.black)
    small = hidden[::2, ::2]
    chroma = np.maximum(_distance(plane_of(frame, 1), NEUTRAL), _distance(plane_of(frame, 2), NEUTRAL))
    worst = []
    for levels, where in ((luma, hidden), (chroma, small)):
        worst.append(int(levels[where].max(initial=0)))
        inside = int(levels[_away_from_rim(where)].max(initial=0))
        _require(worst[-1] <= NEAR and inside <= INSIDE, f"something shows where it is hidden, at {float(frame.time or 0):.3f} s")
    return worst[0], worst[1]


def _distance(plane: npt.NDArray[np.uint8], level: int) -> npt.NDArray[np.int16]:
    return np.abs(plane.astype(np.int16) - level)


def _away_from_rim(hidden: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """The hidden pixels with only hidden pixels up to RIM to all four sides; the picture's own edge is no rim."""
    padded = np.pad(hidden, RIM, mode="edge")
    inside = hidden.copy()
    high, wide = hidden.shape
    for step in range(2 * RIM + 1):
        inside &= padded[step : step + high, RIM : RIM + wide]
        inside &= padded[RIM : RIM + high, step : step + wide]
    return inside


def _require(holds: bool, otherwise: str) -> None:  # noqa: FBT001  # reads as a sentence
    if not holds:
        raise RenderFailed(f"the copy failed its check and was not kept: {otherwise}")
