"""What a redacted copy shows and lets hear, decoded and measured (package format, "The footage, measured", 2 to 4).

Needs PyAV and numpy (the extra `media`). Decoding a hostile file is a risk: `measuring` does it in a process of its own.
"""

import io
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any, BinaryIO, Final

import av
import numpy as np
import numpy.typing as npt
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from vestige_verify.errors import VerificationError
from vestige_verify.hidden import Box, Hidden, Sweep, joined
from vestige_verify.media_file import MediaFile
from vestige_verify.plain_mp4 import require_plain

_NEAR, _INSIDE, _RIM = 16, 8, 4  # levels of 256, the same away from the rim, and its width in samples
_NEUTRAL: Final = 128
_SILENCE: Final = 100  # millionths of full scale
_SLACK_MS: Final = 300
_FULL_RANGE: Final = 2
_LARGEST_BLOCK: Final = 64  # pixels; a codec holds whole blocks, of which the file may show a part
_WORDS: Final = frozenset({"major_brand", "minor_version", "compatible_brands", "language", "handler_name"})
Plane = npt.NDArray[np.uint8]


@dataclass(slots=True)
class Tally:
    """What was measured. Levels are of 256, loudness is in millionths of full scale, `hidden` adds up pixels times milliseconds."""

    frames: int = 0
    frames_hidden: int = 0
    hidden: int = 0
    worst_luma: int = 0
    worst_chroma: int = 0
    loudest_muted: int = 0
    muted_ms: int = 0
    sound: bool = False


def measure(file: BinaryIO, size: int, must: Hidden) -> dict[str, Any]:
    """The tally of a copy of `size` bytes that hides all that it must, as a dict. Raises VerificationError that says what does not hold."""
    media = require_plain(file, size)
    with _opened(file) as copy:
        tally = _Pass(copy, media, must).whole()
    whole = must.width * must.height * must.duration_ms
    facts = asdict(tally)
    return {"share": -(-facts.pop("hidden") * 10_000 // whole), "duration_ms": must.duration_ms, **facts}


def warm() -> None:
    """Writes and reads a tiny film, so that all is loaded that a process which locks itself in can't load any more."""
    film = io.BytesIO()
    with av.open(film, "w", format="mp4", options={"fflags": "bitexact"}) as out:
        picture, sound = out.add_stream("mpeg4", rate=25), out.add_stream("aac", rate=8000, layout="mono")
        picture.width = picture.height = 32
        picture.pix_fmt = "yuv420p"
        piece = AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        piece.sample_rate, piece.pts = 8000, 0
        for stream, frame in ((picture, VideoFrame(32, 32, "yuv420p")), (sound, piece)):
            frame.pts = 0
            for each in (frame, None):
                out.mux(stream.encode(each))
    with _opened(film) as read:
        for packet in read.demux():
            for frame in packet.decode():
                if isinstance(frame, VideoFrame):
                    _strayed(_plane(frame, 0), np.full((32, 32), frame.rotation == 0), int(frame.color_range))
                elif isinstance(frame, AudioFrame):
                    _samples(frame)
    try:
        av.open(io.BytesIO(b"no film"), format="mp4").close()
    except av.error.FFmpegError as problem:
        str(problem)


@contextmanager
def _opened(file: BinaryIO) -> Iterator[InputContainer]:
    file.seek(0)
    try:
        with av.open(file, "r", format="mp4", metadata_errors="replace") as copy:
            spoken = {*copy.metadata, *(word for stream in copy.streams for word in stream.metadata)} - _WORDS
            if spoken or copy.chapters():
                raise VerificationError(f"it carries words of its own: {', '.join(sorted(spoken)) or 'chapters'}")
            yield copy
    except (av.error.FFmpegError, EOFError, ValueError) as problem:
        raise VerificationError(f"it does not decode whole: {problem}"[:300]) from None


class _Pass:
    """One pass over the file, from its first packet to its last."""

    def __init__(self, copy: InputContainer, media: MediaFile, must: Hidden) -> None:
        self._copy, self._media, self._must = copy, media, must
        self._sweep, self._tally = Sweep(must.masks), Tally()
        self._mutes = joined(must.mutes)
        self._held: tuple[int, VideoFrame] | None = None
        self._before: Fraction | None = None
        self._heard = self._sound_ends = Fraction(0)

    def whole(self) -> Tally:
        """All frames of the picture and all of the sound."""
        picture, sound = self._streams()
        for packet in self._copy.demux(*(one for one in (picture, sound) if one is not None)):
            for frame in packet.decode():
                if isinstance(frame, VideoFrame):
                    self._see(frame)
                elif isinstance(frame, AudioFrame):
                    self._hear(frame)
        self._look(self._must.duration_ms)
        coder = picture.codec_context
        if max(coder.coded_width - coder.width, coder.coded_height - coder.height) >= _LARGEST_BLOCK:
            raise VerificationError("it holds a larger picture than it shows")
        self._require_all()
        self._tally.muted_ms = sum(end - start for start, end in self._mutes)
        self._tally.sound = sound is not None
        return self._tally

    def _streams(self) -> tuple[VideoStream, AudioStream | None]:
        pictures, sounds = self._copy.streams.video, self._copy.streams.audio
        if len(pictures) != 1 or len(self._copy.streams) != len(self._media.streams):
            raise VerificationError("its decoder finds other streams in it than its index tells of")
        for stream in (*pictures, *sounds):
            stream.thread_type = "NONE"  # with threads, damage goes unmarked
        return pictures[0], sounds[0] if sounds else None

    def _see(self, frame: VideoFrame) -> None:
        must, number = self._must, self._tally.frames
        if frame.is_corrupt or frame.pts is None or frame.time_base is None:
            raise VerificationError(f"frame {number} is damaged, or has no time")
        at = frame.pts * frame.time_base
        if self._before is not None and at <= self._before:
            raise VerificationError(f"frame {number} does not come after the one before it")
        size = (must.width + must.width % 2, must.height + must.height % 2)
        if (frame.width, frame.height, -frame.rotation % 360) != (*size, must.rotation):
            found = f"{frame.width} x {frame.height} pixels, turned by {-frame.rotation % 360} degrees"
            raise VerificationError(f"frame {number} has {found}, not {size[0]} x {size[1]}, turned by {must.rotation}")
        start = max(0, math.floor(at * 1000))
        if start >= must.duration_ms or number >= must.frames:
            raise VerificationError(f"frame {number} comes after the end of the recording")
        self._look(start)
        self._held, self._before = (start, frame), at
        self._tally.frames += 1

    def _look(self, until: int) -> None:
        """Measure the held frame, which is shown until then (ms)."""
        if self._held is None:
            return
        start, frame = self._held
        end = max(until, start + 1)
        boxes = self._sweep.during(start, end)
        if boxes:
            shape = _shape(boxes, (frame.width, frame.height), self._must)
            self._tally.frames_hidden += 1
            self._tally.hidden += int(shape[: self._must.height, : self._must.width].sum()) * (end - start)
            self._require_black(frame, shape, start)

    def _require_black(self, frame: VideoFrame, shape: npt.NDArray[np.bool_], at: int) -> None:
        if frame.format.name not in {"yuv420p", "yuvj420p"}:
            raise VerificationError(f"its pixels are {frame.format.name}; only 8 bits in 4:2:0 are measured")
        full = frame.format.name == "yuvj420p" or frame.color_range == _FULL_RANGE
        small = shape[::2, ::2]
        tally = self._tally
        for number, name, hidden, black in (
            (0, "luma", shape, 0 if full else 16),
            (1, "chroma", small, _NEUTRAL),
            (2, "chroma", small, _NEUTRAL),
        ):
            worst, inside, where = _strayed(_plane(frame, number), hidden, black)
            if worst > _NEAR or inside > _INSIDE:
                x, y = (place * (2 if number else 1) for place in where)
                place = f"frame {tally.frames - 1} (at {at / 1000:.3f} s), near column {x}, row {y}"
                raise VerificationError(
                    f"something shows where the approved plan hides: {place}, {name} {max(worst, inside)} levels from black"
                )
            if number == 0:
                tally.worst_luma = max(tally.worst_luma, worst)
            else:
                tally.worst_chroma = max(tally.worst_chroma, worst)

    def _hear(self, frame: AudioFrame) -> None:
        if frame.is_corrupt or frame.pts is None or frame.time_base is None or not frame.sample_rate:
            raise VerificationError("a piece of the sound is damaged, or has no time")
        start, rate = frame.pts * frame.time_base, frame.sample_rate
        self._heard += Fraction(frame.samples, rate)
        self._sound_ends = start + Fraction(frame.samples, rate)
        for begins, ends in self._mutes:
            first = max(0, math.floor((Fraction(begins, 1000) - start) * rate))
            last = min(frame.samples, math.ceil((Fraction(ends, 1000) - start) * rate))
            if first < last:
                loudest = math.ceil(float(np.abs(_samples(frame)[:, first:last]).max()) * 1_000_000)
                self._tally.loudest_muted = max(self._tally.loudest_muted, loudest)
                if loudest > _SILENCE:
                    raise VerificationError(
                        f"there is sound where the approved plan wants silence, at {float(start + Fraction(first, rate)):.3f} s"
                    )

    def _require_all(self) -> None:
        must = self._must
        if self._tally.frames != must.frames:
            raise VerificationError(f"{self._tally.frames} frames decode, and the approved plan was made for {must.frames}")
        for stream in self._media.streams:
            if stream.kind == "video" and len(stream) != must.frames:
                raise VerificationError(f"it holds {len(stream)} pictures, of which {must.frames} are shown")
            if stream.kind == "audio" and Fraction(sum(stream.durations), stream.timescale) - self._heard > Fraction(_SLACK_MS, 1000):
                raise VerificationError("it holds more sound than can be heard")
        slack = max(Fraction(must.duration_ms, must.frames), Fraction(_SLACK_MS))
        if self._sound_ends * 1000 > must.duration_ms + slack:
            raise VerificationError("its sound goes on after the end of the recording")


def _shape(boxes: frozenset[Box], size: tuple[int, int], must: Hidden) -> npt.NDArray[np.bool_]:
    """Which pixels of a frame of that size are hidden."""
    shape = np.zeros((size[1], size[0]), bool)
    for left, top, right, bottom in boxes:
        shape[top : size[1] if bottom == must.height else bottom, left : size[0] if right == must.width else right] = True
    return shape


def _plane(frame: VideoFrame, number: int) -> Plane:
    plane = frame.planes[number]
    return np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[: plane.height, : plane.width]


def _strayed(plane: Plane, hidden: npt.NDArray[np.bool_], black: int) -> tuple[int, int, tuple[int, int]]:
    """How far from black the worst hidden sample is, the worst away from the rim, and the column and row of the one that strayed too far."""
    rows, columns = np.flatnonzero(hidden.any(axis=1)), np.flatnonzero(hidden.any(axis=0))
    if not len(rows):
        return 0, 0, (0, 0)
    top, bottom, left, right = int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
    padded = np.pad(hidden, _RIM, mode="edge")[top : bottom + 2 * _RIM, left : right + 2 * _RIM]
    part, shape = plane[top:bottom, left:right], hidden[top:bottom, left:right]
    away = np.where(shape, np.maximum(part, black) - np.minimum(part, np.uint8(black)), 0).astype(np.uint8)
    inside = shape.copy()
    for step in range(2 * _RIM + 1):
        inside &= padded[step : step + shape.shape[0], _RIM : _RIM + shape.shape[1]]
        inside &= padded[_RIM : _RIM + shape.shape[0], step : step + shape.shape[1]]
    deep = np.where(inside, away, 0)
    worst, worst_inside = int(away.max()), int(deep.max())
    y, x = np.unravel_index(int((away if worst > _NEAR else deep).argmax()), away.shape)
    return worst, worst_inside, (left + int(x), top + int(y))


def _samples(frame: AudioFrame) -> npt.NDArray[np.float64]:
    """Channels by samples, full scale 1."""
    data = frame.to_ndarray()
    if not frame.format.is_planar:
        data = data.reshape(frame.samples, -1).T
    if np.issubdtype(data.dtype, np.integer):
        middle = 128 if data.dtype == np.uint8 else 0
        return (data.astype(np.float64) - middle) / (np.iinfo(data.dtype).max - middle)
    return data.astype(np.float64)
