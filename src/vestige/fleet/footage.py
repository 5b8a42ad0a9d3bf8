"""The bytes that a fleet sends: clips drawn on the spot, or those of a folder, each made one of its own by a box that players skip."""

import hashlib
import io
import random
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from vestige.errors import BadInput

PIECE = 1 << 18
_HEAD = {"mp4": 8, "mkv": 9}
_LARGEST_BOX = (1 << 32) - 1
_MARK = 64


@dataclass(frozen=True, slots=True)
class Clip:
    """A clip with a mark of its own: `base` (bytes, or a file) and then a box that players skip, `filler` bytes long beside the mark."""

    base: bytes | Path
    ending: str
    mark: bytes
    filler: int

    def pieces(self) -> Iterator[bytes]:
        """All of it, 256 KiB at a time; the same each time."""
        with io.BytesIO(self.base) if isinstance(self.base, bytes) else self.base.open("rb") as source:
            while piece := source.read(PIECE):
                yield piece
        yield self._head() + self.mark
        left, noise = self.filler, hashlib.sha512(self.mark).digest() * (PIECE // 64)
        while left > 0:
            yield noise[: min(left, PIECE)]
            left -= PIECE

    def _head(self) -> bytes:
        """ISO 14496-12 box `free`; EBML (RFC 8794) element Void with a length of eight bytes."""
        length = len(self.mark) + self.filler
        if self.ending == "mkv":
            return b"\xec\x01" + length.to_bytes(7, "big")
        return (length + _HEAD[self.ending]).to_bytes(4, "big") + b"free"


class Footage:
    """What clips are made of: `least` is the smallest size of a clip in bytes (filled up where its footage is shorter)."""

    def __init__(self, ending: str, seed: int, folder: Path | None = None, least: int = 0) -> None:
        """Raises BadInput for an ending that cameras don't send, or a folder without such files."""
        if ending not in _HEAD:
            raise BadInput(f"cameras send mkv or mp4, not {ending!r}")
        if not 0 <= least < _LARGEST_BOX - PIECE:
            raise BadInput("a clip is filled up to less than 4 GB")
        self._ending, self._seed, self._least = ending, seed, least
        self._bases: list[bytes | Path] = list(_found(folder, ending)) if folder else [_drawn(ending, number) for number in range(3)]

    def clip(self, number: int) -> Clip:
        """The clip of that number: no two of one seed are equal."""
        base = self._bases[number % len(self._bases)]
        size = len(base) if isinstance(base, bytes) else base.stat().st_size
        mark = f"vestige simulated {self._seed} {number} ".encode()
        mark += random.Random(f"{self._seed} {number}").randbytes(_MARK)  # noqa: S311  # a simulation, no secret
        return Clip(base, self._ending, mark, max(0, self._least - size - len(mark) - _HEAD[self._ending]))


def _found(folder: Path, ending: str) -> list[Path]:
    found = sorted(path for path in folder.rglob(f"*.{ending}") if path.is_file()) if folder.is_dir() else []
    if not found:
        raise BadInput(f"there is no {ending} file in {folder}")
    return found


def _drawn(ending: str, number: int) -> bytes:
    """H.264 and AAC, 320 by 180, a few seconds: a bar that wanders over grey, and a tone."""
    import av
    import numpy as np

    written, seconds, rate = io.BytesIO(), 2 + number, 25
    with av.open(written, "w", format="matroska" if ending == "mkv" else "mp4") as out:
        picture = out.add_stream("libx264", rate=rate, options={"g": "25", "bf": "0", "preset": "veryfast"})
        picture.width, picture.height, picture.pix_fmt = 320, 180, "yuv420p"
        sound = out.add_stream("aac", rate=48_000, layout="mono")
        for index in range(seconds * rate):
            image = np.full((180, 320, 3), 80 + 20 * number, np.uint8)
            left = (index * 3 + number * 60) % 300
            image[40:140, left : left + 20] = 230
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts, frame.time_base = index, Fraction(1, rate)
            out.mux(picture.encode(frame))
        out.mux(picture.encode())
        for start in range(0, seconds * 48_000, 1024):
            wave = 0.2 * np.sin(np.arange(start, start + 1024) * (440 + 100 * number) * 2 * np.pi / 48_000)
            tone = av.AudioFrame.from_ndarray(wave.astype(np.float32)[None], format="fltp", layout="mono")
            tone.sample_rate, tone.pts, tone.time_base = 48_000, start, Fraction(1, 48_000)
            out.mux(sound.encode(tone))
        out.mux(sound.encode())
    return written.getvalue()
