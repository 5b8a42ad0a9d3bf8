"""Single pictures out of footage: upright, scaled, as JPEG."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import BinaryIO

import av
import numpy as np
from av.container import Container, InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

_QUALITY = 4  # of 2 (best) to 31
_UNTIMED = frozenset({"h264", "hevc", "vvc"})
_TURNS = {90: 3, 180: 2, 270: 1}  # clockwise degrees: quarter turns of numpy, which turns the other way


@dataclass(frozen=True, slots=True)
class Picture:
    """A JPEG, its size in pixels, and when it was (ms from the start)."""

    data: bytes
    width: int
    height: int
    at_ms: int


def main_picture(container: InputContainer) -> VideoStream | None:
    """The first stream of moving pictures, or None; a cover picture is none."""
    attached = av.stream.Disposition.attached_pic
    return next((stream for stream in container.streams.video if not stream.disposition & attached), None)


def turn_of(frame: VideoFrame) -> int:
    """Degrees clockwise by which a frame is turned to be shown: 0, 90, 180 or 270."""
    return round(-frame.rotation / 90) * 90 % 360


def shown_size(frame: VideoFrame, aspect: Fraction | None) -> tuple[int, int]:
    """Width and height in square pixels, before it is turned. An aspect ratio beyond all cameras is not believed."""
    if aspect is None or not Fraction(1, 4) <= aspect <= 4:
        return frame.width, frame.height
    return round(frame.width * aspect), frame.height


def jpeg(frame: VideoFrame, aspect: Fraction | None, widest: int) -> tuple[bytes, int, int]:
    """The frame upright as JPEG, at most `widest` pixels wide, never larger than it is; with its width and height."""
    width, height = shown_size(frame, aspect)
    turn = turn_of(frame)
    part = min(1.0, widest / (height if turn in {90, 270} else width))
    scaled = frame.reformat(max(2, round(width * part)), max(2, round(height * part)), "rgb24")
    pixels = np.ascontiguousarray(np.rot90(scaled.to_ndarray(), _TURNS.get(turn, 0)), np.uint8)
    upright = VideoFrame.from_ndarray(pixels, format="rgb24").reformat(format="yuvj420p")
    upright.pts = 0
    coder = av.VideoCodecContext.create("mjpeg", "w")
    coder.width, coder.height, coder.pix_fmt, coder.time_base = upright.width, upright.height, "yuvj420p", Fraction(1, 25)
    coder.qmin = coder.qmax = _QUALITY
    data = b"".join(bytes(packet) for packet in [*coder.encode(upright), *coder.encode(None)])
    return data, upright.width, upright.height


def key_frames(container: InputContainer, stream: VideoStream, wanted_ms: Iterable[int]) -> Iterator[tuple[int, VideoFrame]]:
    """The key frame nearest each wanted time (ms from the start), each frame once, with its own time. What does not decode is left out.

    Of a stream without times that is its first.
    """
    if is_untimed(container):
        yield from ((0, frame) for frame in _first(container, stream))
        return
    stream.codec_context.skip_frame = "NONKEY"
    base, start = stream.time_base or Fraction(1, 90_000), stream.start_time or 0
    listed = np.array([entry.timestamp for entry in stream.index_entries if entry.is_keyframe], np.int64)
    listed += start - listed[0] if len(listed) else 0  # the index holds decoding times, seeking wants those of showing
    seen: set[int | None] = set()
    for wanted in wanted_ms:
        place = start + round(Fraction(wanted, 1000) / base)
        if len(listed):
            place = int(listed[np.abs(listed - place).argmin()])
        frame = _frame_at(container, stream, place)
        if frame is not None and frame.pts not in seen:
            seen.add(frame.pts)
            yield max(0, round(((frame.pts or start) - start) * base * 1000)), frame


def _first(container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame]:
    try:
        yield from [next(frame for frame in container.decode(stream) if not frame.is_corrupt)]
    except (StopIteration, av.error.FFmpegError, ValueError, OSError):
        return


def _frame_at(container: InputContainer, stream: VideoStream, place: int) -> VideoFrame | None:
    try:
        container.seek(place, stream=stream, backward=True)
        return next((frame for frame in container.decode(stream) if not frame.is_corrupt), None)
    except (av.error.FFmpegError, ValueError, OSError):
        return None


def is_untimed(container: Container) -> bool:
    """Whether it is a bare stream (Annex B) that tells no times: nothing in it can be sought, and its pictures follow one another."""
    return container.format.name in _UNTIMED


def open_media(source: BinaryIO) -> InputContainer:
    """The file as FFmpeg reads it, from its start; text that is no text is replaced. Raises FFmpegError."""
    source.seek(0)
    return av.open(source, "r", metadata_errors="replace")
