"""A frame of a redacted copy: 8 bits, 4:2:0, hidden parts filled with black in the planes themselves, before the encoder sees them."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange

from vestige.redaction.geometry import Box

NEUTRAL = 128  # chroma without colour
Plane = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Look:
    """How the numbers of a picture are meant; carried over from the original, so that the copy looks the same."""

    full_range: bool
    primaries: int
    transfer: int
    matrix: int

    @property
    def pixel_format(self) -> str:
        """What the encoder is fed."""
        return "yuvj420p" if self.full_range else "yuv420p"

    @property
    def black(self) -> int:
        """The luma of a hidden pixel."""
        return 0 if self.full_range else 16


def look_of(frame: VideoFrame) -> Look:
    """How that frame's numbers are meant. What has no range of its own (RGB, grey) becomes limited range."""
    name = frame.format.name
    full = name.startswith("yuvj") or (name.startswith("yuv") and frame.color_range == ColorRange.JPEG)
    return Look(full, int(frame.color_primaries), int(frame.color_trc), int(frame.colorspace))


def paint(frame: VideoFrame, look: Look, boxes: Iterable[Box]) -> VideoFrame:
    """The frame as the encoder gets it, with the boxes (coded pixels) filled. Sides become even: an odd last row or column is doubled."""
    ready = _converted(frame, look)
    ready.make_writable()  # a decoded frame is still a reference for later ones
    luma, *chroma = (plane_of(ready, n) for n in range(3))
    for box in boxes:
        luma[box.y : box.bottom, box.x : box.right] = look.black
        for plane in chroma:
            plane[box.y // 2 : (box.bottom + 1) // 2, box.x // 2 : (box.right + 1) // 2] = NEUTRAL
    return ready if ready.width % 2 == 0 and ready.height % 2 == 0 else _even(ready)


def plane_of(frame: VideoFrame, number: int) -> Plane:
    """A plane of an 8-bit planar frame as rows of its visible pixels; writing into it changes the frame, if that is writable."""
    plane = frame.planes[number]
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    return rows[: plane.height, : plane.width]


def _converted(frame: VideoFrame, look: Look) -> VideoFrame:
    if frame.format.name == look.pixel_format:
        return frame
    kept = ColorRange.JPEG if look.full_range else ColorRange.MPEG
    source = kept if frame.format.name.startswith("yuv") else None
    ready = frame.reformat(format=look.pixel_format, src_color_range=source, dst_color_range=kept)
    ready.pts, ready.time_base = frame.pts, frame.time_base
    return ready


def _even(frame: VideoFrame) -> VideoFrame:
    wide, high = frame.width + frame.width % 2, frame.height + frame.height % 2
    even = VideoFrame(wide, high, frame.format.name)
    even.pts, even.time_base = frame.pts, frame.time_base
    for number in range(3):
        old, new = plane_of(frame, number), plane_of(even, number)
        new[:] = np.pad(old, ((0, new.shape[0] - old.shape[0]), (0, new.shape[1] - old.shape[1])), mode="edge")
    return even
