"""Reading a recording frame by frame, strictly: what detection, rendering and the check of the output have in common.

A frame that a decoder marks as damaged, that has no time, or whose time does not come after the one before it, ends the work: nothing is
guessed where something must be hidden.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from typing import Any, BinaryIO

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.sidedata.sidedata import Type
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from vestige.errors import MediaFailed
from vestige.redaction.geometry import Picture

_RIGHT_ANGLE = 90
Moment = Fraction  # seconds on the presentation timeline


@contextmanager
def opened(source: BinaryIO) -> Iterator[InputContainer]:
    """The container, from its first byte. Raises MediaFailed for what a library refuses, in here or while it is read."""
    source.seek(0)
    try:
        with av.open(source, "r", metadata_errors="replace") as container:
            yield container
    except (av.error.FFmpegError, EOFError) as error:
        raise MediaFailed(f"the recording does not decode whole: {error}"[:400]) from error


def picture_stream(container: InputContainer) -> VideoStream:
    """The first stream of moving pictures; attached pictures (covers) are none. Raises MediaFailed where there is none."""
    for stream in container.streams.video:
        if not stream.disposition & Disposition.attached_pic:
            stream.thread_type = (
                "NONE"  # by frame, the last frames are lost with their error; by slice, damage goes unmarked (seen in H.264)
            )
            return stream
    raise MediaFailed("the file has no moving picture")


def sound_stream(container: InputContainer) -> AudioStream | None:
    """The first stream of sound, if there is one."""
    return next(iter(container.streams.audio), None)


def moment(frame: VideoFrame) -> Moment:
    """When the frame appears. Raises MediaFailed for a frame without a time."""
    if frame.pts is None or frame.time_base is None:
        raise MediaFailed("a frame has no time")
    return frame.pts * frame.time_base


def to_ms(at: Moment) -> int:
    """Whole milliseconds, rounded down; what appears before the timeline begins counts as its start."""
    return max(0, at.numerator * 1000 // at.denominator)


class Order:
    """Counts frames and their times, and refuses what does not fit."""

    def __init__(self) -> None:
        self.count = 0
        self._before: Moment | None = None
        self._size: tuple[int, int] | None = None
        self._digest = hashlib.sha256()

    def accept(self, frame: VideoFrame) -> Moment:
        """The frame's time. Raises MediaFailed for a damaged frame, one that does not come after the one before, and another size."""
        if frame.is_corrupt:
            raise MediaFailed(f"frame {self.count} is damaged")
        at = moment(frame)
        if self._before is not None and at <= self._before:
            raise MediaFailed(f"frame {self.count} does not come after the one before it")
        self._size = self._size or (frame.width, frame.height)
        if (frame.width, frame.height) != self._size:
            raise MediaFailed(f"the picture changes its size at frame {self.count}")
        self._before = at
        self.count += 1
        self._digest.update(f"{at.numerator}/{at.denominator}\n".encode())
        return at

    def times_sha256(self) -> str:
        """A digest of all times so far, as exact fractions of a second: equal for the same times in another time base."""
        return self._digest.hexdigest()


def frames(container: InputContainer, stream: VideoStream) -> Iterator[tuple[Moment, VideoFrame]]:
    """Every frame with its time, in order. Raises MediaFailed as `Order.accept` does."""
    order = Order()
    for frame in container.decode(stream):
        yield order.accept(frame), frame


def shown_until(at: Moment, frame: VideoFrame) -> Moment:
    """When the frame leaves the screen, as far as it says so itself."""
    return at + (frame.duration or 0) * (frame.time_base or 0)


def picture_of(frame: VideoFrame) -> Picture:
    """The coded picture: its size and clockwise rotation. Raises MediaFailed for one mirrored or turned by another than a right angle."""
    rotation = -frame.rotation % 360
    if rotation % _RIGHT_ANGLE or _mirrored(frame):
        raise MediaFailed(f"the picture is shown mirrored or turned by {rotation} degrees: where a box lies in it is not sure")
    return Picture(frame.width, frame.height, rotation)


def _mirrored(frame: VideoFrame) -> bool:
    sides: Any = frame.side_data  # by type; the library's own annotation knows other keys
    try:
        side = sides[Type.DISPLAYMATRIX]
    except KeyError:
        return False
    a, b, _, c, d, *_ = memoryview(bytes(side)).cast("i")
    return bool(a * d < b * c)


def ends_ms(container: InputContainer, picture_ends: Moment) -> int:
    """Where the timeline ends, in ms rounded up: the end of the picture or what the container says, whichever is later."""
    declared = Fraction((container.start_time or 0) + (container.duration or 0), 1_000_000)
    latest = max(declared, picture_ends)
    return max(1, -(-latest.numerator * 1000 // latest.denominator))
