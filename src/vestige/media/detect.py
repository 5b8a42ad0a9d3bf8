"""Looking for faces in every frame, and for cuts on the way. What it finds are suggestions for a plan; a person checks each.

Each frame is looked at in several sizes, as it is displayed: small sizes find large faces and large sizes small ones, and a box of any of
them counts. The score from which a box counts (0.3) is lower than where the detector is sure (0.5).
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from types import MappingProxyType
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation

from vestige.errors import MediaFailed
from vestige.media.redact_faces import FaceFinder, network_size
from vestige.media.redact_footage import ends_ms, frames, opened, picture_of, picture_stream, shown_until, to_ms
from vestige.redaction.geometry import Box, Picture
from vestige.redaction.plan import Quality
from vestige.redaction.tracks import Sighting

THRESHOLD = 300  # permille
_STRIDE = 16
_CUT_LEAST, _CUT_TIMES = 18.0, 3.0  # levels of luma; times the change before
SIZES: Mapping[Quality, tuple[int, ...]] = MappingProxyType(
    {Quality.NONE: (), Quality.STANDARD: (640, 960), Quality.THOROUGH: (640, 960, 1280, 1920)}
)


@dataclass(slots=True)
class Seen:
    """What a pass over a recording found. `faces[n]` are the sightings in frame n, `cuts` the frames that begin a new shot."""

    picture: Picture = field(default_factory=lambda: Picture(1, 1))
    times: list[int] = field(default_factory=list)
    faces: list[list[Sighting]] = field(default_factory=list)
    cuts: list[int] = field(default_factory=list)
    duration_ms: int = 0
    sizes: tuple[int, ...] = ()
    runtime: str = ""

    def to_answer(self) -> dict[str, object]:
        """As JSON: `found` lists, for each frame with faces, its time and boxes of x, y, width, height, score (coded pixels, permille)."""
        found = [
            [at, [[one.box.x, one.box.y, one.box.w, one.box.h, one.score] for one in faces]]
            for at, faces in zip(self.times, self.faces, strict=True)
            if faces
        ]
        return {
            "width": self.picture.width,
            "height": self.picture.height,
            "rotation": self.picture.rotation,
            "duration_ms": self.duration_ms,
            "frames": len(self.times),
            "found": found,
            "times": self.times,
            "cuts": [self.times[frame] for frame in self.cuts],
            "sizes": list(self.sizes),
            "runtime": self.runtime,
        }


def look(source: BinaryIO, quality: Quality, model: bytes | None, report: Callable[[float], None]) -> Seen:
    """Decode every frame; look for faces where `quality` is not `none`. Raises MediaFailed for a recording that does not decode whole."""
    if model is None and quality is not Quality.NONE:
        raise MediaFailed("no model was given to look with")
    finder = FaceFinder(model) if model is not None and quality is not Quality.NONE else None
    seen = Seen(sizes=SIZES[quality], runtime=finder.runtime if finder else "")
    shots = _Shots()
    end = Fraction(0)
    with opened(source) as container:
        stream = picture_stream(container)
        expected = max(1, stream.frames)
        for at, frame in frames(container, stream):
            if not seen.times:
                seen.picture = picture_of(frame)
            if shots.begins(frame):
                seen.cuts.append(len(seen.times))
            seen.times.append(to_ms(at))
            seen.faces.append(_faces(finder, frame, seen) if finder else [])
            end = shown_until(at, frame)
            report(len(seen.times) / expected)
        if not seen.times:
            raise MediaFailed("no frame of the recording decodes")
        seen.duration_ms = max(ends_ms(container, end), seen.times[-1] + 1)
    return seen


def _faces(finder: FaceFinder, frame: VideoFrame, seen: Seen) -> list[Sighting]:
    wide, high = seen.picture.displayed
    turned = seen.picture.rotation // 90
    found = []
    for size in seen.sizes:
        across, down = network_size(wide, high, size)
        swapped = (down, across) if turned % 2 else (across, down)
        rgb = frame.reformat(width=swapped[0], height=swapped[1], format="rgb24", interpolation=Interpolation.BILINEAR).to_ndarray()
        for left, top, right, bottom, score in finder.find(np.rot90(rgb, -turned), THRESHOLD / 1000).tolist():
            box = _box((left * wide / across, top * high / down, right * wide / across, bottom * high / down), wide, high)
            if box is not None:
                found.append(Sighting(seen.picture.to_coded(box), min(1000, round(score * 1000))))
    return found


def _box(edges: tuple[float, float, float, float], width: int, height: int) -> Box | None:
    """Whole pixels, rounded outwards and clipped; None for what lies outside."""
    x, y = max(0, math.floor(edges[0])), max(0, math.floor(edges[1]))
    right, bottom = min(width, math.ceil(edges[2])), min(height, math.ceil(edges[3]))
    return Box(x, y, right - x, bottom - y) if right > x and bottom > y else None


class _Shots:
    """Finds cuts by the mean change of luma on a coarse grid, compared with the change before."""

    def __init__(self) -> None:
        self._before: npt.NDArray[np.int16] | None = None
        self._change = 0.0

    def begins(self, frame: VideoFrame) -> bool:
        """Whether the frame begins a new shot (the first frame of a recording does not)."""
        luma = _coarse_luma(frame)
        if self._before is None or self._before.shape != luma.shape:
            self._before = luma
            return False
        change = float(np.abs(luma - self._before).mean())
        cut = change > _CUT_LEAST and change > _CUT_TIMES * self._change
        self._before = luma
        self._change = 0.0 if cut else (self._change + change) / 2
        return cut


def _coarse_luma(frame: VideoFrame) -> npt.NDArray[np.int16]:
    if not frame.format.name.startswith("yuv") or frame.format.components[0].bits > 8:
        frame = frame.reformat(format="gray")
    plane = frame.planes[0]
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    luma: npt.NDArray[np.int16] = rows[: plane.height : _STRIDE, : plane.width : _STRIDE].astype(np.int16)
    return luma
