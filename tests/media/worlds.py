"""Helpers of the media tests: files in memory as sources, sinks that keep what they get, and a worker whose task is hostile."""

import io
import os
import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from vestige.media.limits import Limits
from vestige.media.shapes import integer, record, truth
from vestige.media.tasks import Task
from vestige.media.worker import MediaWorker, SourceFile
from vestige.vault.sealed import PLAIN_FIRST, SealWriter

KEY = bytes(range(32))
AAD = b"0193aaaa-0000-7000-8000-000000000001"


def _anything(value: object, where: str) -> None:
    """The escape's own report is ours, not an answer of a task."""
    truth(isinstance(value, dict | str | int), where)


_SHAPE = record(
    {}, size=integer(0, 1 << 40), model=integer(0, 1 << 30), found=_anything, early=_anything, environment=_anything, descriptors=_anything
)


def hostile(limits: Limits | None = None) -> MediaWorker:
    """A worker with one task, `hostile`, which does what it is told to."""
    tasks = {"hostile": Task("hostile", _SHAPE, limits or Limits(wall_seconds=60))}
    return MediaWorker(tasks=tasks, folders=[Path(__file__).parent])


@contextmanager
def plain(data: bytes) -> Iterator[SourceFile]:
    """An unsealed file in memory."""
    descriptor = os.memfd_create("plain")
    try:
        os.pwrite(descriptor, data, 0)
        yield SourceFile(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def opened(path: Path) -> Iterator[SourceFile]:
    """An unsealed file on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        yield SourceFile(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def sealed(data: bytes) -> Iterator[SourceFile]:
    """A file in memory, sealed by the vault's own writer."""
    descriptor = os.memfd_create("sealed")
    try:
        writer = SealWriter(descriptor, KEY, AAD)
        writer.write(data)
        writer.close()
        yield SourceFile(descriptor, KEY, AAD)
    finally:
        os.close(descriptor)


class Kept:
    """A sink in memory that takes patches anywhere."""

    def __init__(self) -> None:
        self.data = bytearray()

    def write(self, data: bytes, /) -> int:
        """Append."""
        self.data += data
        return len(data)

    def patch(self, offset: int, data: bytes, /) -> None:
        """Change what is there."""
        assert offset + len(data) <= len(self.data)
        self.data[offset : offset + len(data)] = data


class Bounded(Kept):
    """A sink that takes patches where the vault's does: in the first segment, of what was written."""

    def patch(self, offset: int, data: bytes, /) -> None:
        """Change what is there. Refuses any other place."""
        if offset + len(data) > min(len(self.data), PLAIN_FIRST):
            raise ValueError(f"{offset} is sealed")
        super().patch(offset, data)


@dataclass(frozen=True, slots=True)
class Clip:
    """What a made clip is like: left half white, right half dark, a bar that moves, and a tone."""

    codec: str = "libx264"
    sound: str | None = "aac"
    container: str = "mp4"
    size: tuple[int, int] = (160, 96)
    pixels: str = "yuv420p"
    frames: int = 60
    options: Mapping[str, str] = field(default_factory=dict)

    def data(self) -> bytes:
        """The file: 30 frames a second, a key frame every 12."""
        out = io.BytesIO()
        with av.open(out, "w", format=self.container) as made:
            options = {"g": "12", "sc_threshold": "0", "x265-params": "log-level=none:keyint=12", "preset": "veryfast", **self.options}
            picture = made.add_stream(self.codec, rate=30, options=options)
            (picture.width, picture.height), picture.pix_fmt = self.size, self.pixels
            tone = made.add_stream(self.sound, rate=48_000, layout="mono") if self.sound else None
            for number in range(self.frames):
                made.mux(picture.encode(self._picture(number)))
                if tone is not None:
                    made.mux(tone.encode(_tone(number)))
            for stream in (picture, tone):
                if stream is not None:
                    made.mux(stream.encode(None))
        return out.getvalue()

    def _picture(self, number: int) -> av.VideoFrame:
        width, height = self.size
        image = np.full((height, width, 3), 20, np.uint8)
        image[:, : width // 2] = 230
        image[:, (number * 3) % (width - 4) :][:, :4] = 120
        frame = av.VideoFrame.from_ndarray(image, format="rgb24").reformat(format=self.pixels)
        frame.pts, frame.time_base = number, Fraction(1, 30)
        return frame


def _tone(number: int) -> av.AudioFrame:
    wave = np.sin((np.arange(1600) + number * 1600) * 2 * np.pi * 440 / 48_000)[None, :] * 0.5
    frame = av.AudioFrame.from_ndarray(wave.astype(np.float32), format="fltp", layout="mono")
    frame.sample_rate, frame.pts, frame.time_base = 48_000, number * 1600, Fraction(1, 48_000)
    return frame


def turned(data: bytes, degrees: int) -> bytes:
    """An MP4 whose first track is shown turned clockwise: the matrix of its track header is changed."""
    at = data.index(b"tkhd") + 4 + 40
    a, b = {0: (1, 0), 90: (0, 1), 180: (-1, 0), 270: (0, -1)}[degrees]
    return data[:at] + struct.pack(">5i", a << 16, b << 16, 0, -b << 16, a << 16) + data[at + 20 :]
