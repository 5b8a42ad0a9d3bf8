"""Small files to read: made by FFmpeg, and box by box and element by element by hand."""

import struct
from fractions import Fraction
from pathlib import Path

import av
import numpy as np


def make(path: Path, codec: str = "libx264", sound: str = "aac", frames: int = 48, options: dict[str, str] | None = None) -> Path:
    """A clip of some seconds with B-frames and sound; `options` are the muxer's."""
    with av.open(str(path), "w", options=options or {}) as out:
        picture = out.add_stream(codec, rate=24, options={"g": "12", "bf": "2", "x265-params": "log-level=none", "preset": "veryfast"})
        picture.width, picture.height, picture.pix_fmt = 96, 64, "yuv420p"
        speech = out.add_stream(sound, rate=48000) if sound else None
        for number in range(frames):
            image = np.full((64, 96, 3), number * 5 % 256, np.uint8)
            image[10:40, number % 60 : number % 60 + 20] = 200
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 24)
            out.mux(picture.encode(frame))
            if speech is None:
                continue
            tone = np.sin(np.arange(2000) / 20 + number)[None, :].astype(np.float32)
            shape = tone if sound != "pcm_s16le" else (tone * 9000).astype(np.int16)
            heard = av.AudioFrame.from_ndarray(shape, format="s16" if sound == "pcm_s16le" else "fltp", layout="mono")
            heard.sample_rate, heard.pts, heard.time_base = 48000, number * 2000, Fraction(1, 48000)
            out.mux(speech.encode(heard))
        out.mux(picture.encode(None))
        if speech is not None:
            out.mux(speech.encode(None))
    return path


def box(kind: bytes, *parts: bytes, long: bool = False) -> bytes:
    """An MP4 box, with a size of 64 bits if `long`."""
    body = b"".join(parts)
    return struct.pack(">I4sQ", 1, kind, len(body) + 16) + body if long else struct.pack(">I4s", len(body) + 8, kind) + body


def full(kind: bytes, *parts: bytes, version: int = 0, flags: int = 0) -> bytes:
    """An MP4 full box."""
    return box(kind, struct.pack(">I", version << 24 | flags), *parts)


def table(kind: bytes, form: str, *rows: tuple[int, ...], version: int = 0) -> bytes:
    """A full box with a count and rows of numbers."""
    return full(kind, struct.pack(">I", len(rows)), *(struct.pack(form, *row) for row in rows), version=version)


def picture_entry(*inner: bytes, kind: bytes = b"avc1") -> bytes:
    return box(kind, bytes(6), b"\0\1", bytes(16), struct.pack(">HH", 640, 480), bytes(50), *inner)


def trak(
    stbl: bytes, *, handler: bytes = b"vide", entry: bytes = b"", matrix: tuple[int, int, int, int] = (1, 0, 0, 1), extra: bytes = b""
) -> bytes:
    """A track with id 1, timescale 1000. `matrix` is a, b, c, d in whole numbers."""
    a, b, c, d = (value << 16 for value in matrix)
    tkhd = full(b"tkhd", bytes(8), struct.pack(">I", 1), bytes(24), struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30), bytes(8))
    mdhd = full(b"mdhd", bytes(8), struct.pack(">II", 1000, 0), bytes(4))
    hdlr = full(b"hdlr", bytes(4), handler, bytes(13))
    stsd = full(b"stsd", struct.pack(">I", 1), entry or picture_entry())
    return box(b"trak", tkhd, extra, box(b"mdia", mdhd, hdlr, box(b"minf", box(b"stbl", stsd, stbl))))


def movie(*traks: bytes, data: bytes = b"", after: bytes = b"", mvex: bytes = b"") -> bytes:
    """A file whose data begins at byte 24."""
    return box(b"ftyp", b"isom", bytes(4)) + box(b"mdat", data) + box(b"moov", *traks, mvex) + after


def element(number: int, *parts: bytes, known: bool = True) -> bytes:
    """An EBML element with a size of eight bytes, or of unknown size."""
    body = b"".join(parts)
    size = (1 << 56 | len(body)) if known else (1 << 57) - 1
    return number.to_bytes((number.bit_length() + 7) // 8, "big") + size.to_bytes(8, "big") + body


def uint(number: int, value: int) -> bytes:
    return element(number, value.to_bytes(8, "big"))


def matroska(*clusters: bytes, tracks: bytes = b"", known: bool = True) -> bytes:
    """A file with one track (H.264, number 1) unless `tracks` says others."""
    head = element(0x1A45DFA3, element(0x4282, b"matroska"))
    return head + element(0x18538067, tracks or element(0x1654AE6B, track()), *clusters, known=known)


def track(*extra: bytes, number: int = 1, kind: int = 1, codec: bytes = b"V_MPEG4/ISO/AVC", private: bytes = b"\1\0\0\0\xff") -> bytes:
    return element(0xAE, uint(0xD7, number), uint(0x83, kind), element(0x86, codec), element(0x63A2, private), *extra)


def block(content: bytes, time: int = 0, flags: int = 0x80, number: int = 1) -> bytes:
    """A block's payload."""
    return bytes([0x80 | number]) + struct.pack(">hB", time, flags) + content
