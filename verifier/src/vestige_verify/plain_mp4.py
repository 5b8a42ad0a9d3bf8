"""The index of a redacted copy, held to a short list (package format, "The footage, measured", 1).

What is not needed to play one picture and one sound is refused: text, places, covers, chapters, times of making, and bytes behind a table's end.
"""

import struct
from collections.abc import Iterator
from typing import BinaryIO, Final

from vestige_verify import media_file
from vestige_verify.errors import VerificationError
from vestige_verify.media_file import MediaFile, Stream
from vestige_verify.samples import read

_LARGEST_INDEX: Final = 256 << 20
_LARGEST_LEAF: Final = 1 << 16
_TABLES: Final = {  # bytes before the rows, and of a row
    b"stts": (8, 8),
    b"ctts": (8, 8),
    b"stss": (8, 4),
    b"stsc": (8, 12),
    b"stco": (8, 4),
    b"co64": (8, 8),
}
_LENGTHS: Final = {b"mvhd": (100, 112), b"tkhd": (84, 96), b"mdhd": (24, 36), b"vmhd": (12,), b"smhd": (8,)}
_PICTURES: Final = frozenset({b"avc1", b"avc3", b"hev1", b"hvc1"})
_MAY_HOLD: Final = {
    b"moov": frozenset({b"mvhd", b"trak", b"udta"}),
    b"trak": frozenset({b"tkhd", b"edts", b"mdia"}),
    b"edts": frozenset({b"elst"}),
    b"mdia": frozenset({b"mdhd", b"hdlr", b"minf"}),
    b"minf": frozenset({b"vmhd", b"smhd", b"dinf", b"stbl"}),
    b"dinf": frozenset({b"dref"}),
    b"stbl": frozenset({b"stsd", b"stsz", b"sgpd", b"sbgp", *_TABLES}),
}
_ENTRY_MAY_HOLD: Final = frozenset({b"avcC", b"hvcC", b"colr", b"pasp", b"btrt", b"esds"})
_PICTURE_HEAD, _SOUND_HEAD = 78, 28
_COMPRESSOR: Final = slice(42, 74)  # a name of up to 31 letters in a picture's entry
_EMPTY_USER_DATA: Final = bytes.fromhex(
    "000000356d657461000000000000002168646c7200000000000000006d6469726170706c00000000000000000000000008696c7374"
)
_HANDLERS: Final = frozenset(
    kind + bytes(12) + name for kind in (b"vide", b"soun") for name in (b"", b"\0", b"VideoHandler\0", b"SoundHandler\0")
)
_OWN_FILE: Final = bytes.fromhex("00000000000000010000000c75726c2000000001")
_H264: Final = frozenset({1, 2, 3, 4, 5, 7, 8, 9})  # slices, parameter sets, delimiters
_HEVC: Final = frozenset({*range(36)})


def require_plain(file: BinaryIO, size: int) -> MediaFile:
    """The tracks of a file of `size` bytes: one of picture, at most one of sound. Refuses (VerificationError) what carries more."""
    media = read(file, size)
    kinds = sorted(stream.kind for stream in media.streams)
    if kinds not in (["video"], ["audio", "video"]):
        raise VerificationError(f"it holds these tracks: {', '.join(kinds)}; a redacted copy has one of picture and at most one of sound")
    _walk(b"moov", _moov(file, size))
    for stream in media.streams:
        if stream.kind == "video":
            _units(file, stream)
    return media


def _moov(file: BinaryIO, size: int) -> memoryview:
    at = 0
    while at < size:
        file.seek(at)
        head = file.read(16)
        length, begin = int.from_bytes(head[:4], "big"), 8
        if length == 1:
            length, begin = int.from_bytes(head[8:16], "big"), 16
        if head[4:8] == b"moov":
            file.seek(at + begin)
            return memoryview(file.read(min(length - begin, _LARGEST_INDEX)))
        at += max(length, 8)
    raise VerificationError("the footage has no index")


def _inner(data: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    at = 0
    while at < len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        if not 8 <= length <= len(data) - at:
            raise VerificationError("a box of the index leaves the one that it lies in, or bytes lie between boxes")
        yield bytes(data[at + 4 : at + 8]), data[at + 8 : at + length]
        at += length


def _walk(inside: bytes, data: memoryview) -> None:
    for kind, payload in _inner(data):
        if kind not in _MAY_HOLD[inside]:
            raise VerificationError(f"it carries more than picture and sound: a box {_name(kind)} in {_name(inside)}")
        if kind in _MAY_HOLD:
            _walk(kind, payload)
        elif kind == b"stsd":
            _entries(payload)
        else:
            _leaf(kind, bytes(payload))


def _entries(data: memoryview) -> None:
    for kind, payload in _inner(data[8:]):
        if kind not in _PICTURES | {b"mp4a"}:
            raise VerificationError(f"a track is coded as {_name(kind)}; a redacted copy holds H.264 or HEVC, and AAC")
        if kind in _PICTURES and any(payload[_COMPRESSOR]):
            raise VerificationError("the picture carries the name of what made it")
        for inner, leaf in _inner(payload[_PICTURE_HEAD if kind in _PICTURES else _SOUND_HEAD :]):
            colour = inner != b"colr" or bytes(leaf[:4]) in {b"nclx", b"nclc"}
            if inner not in _ENTRY_MAY_HOLD or not colour or len(leaf) > _LARGEST_LEAF:
                raise VerificationError(f"it carries more than picture and sound: a box {_name(inner)} in {_name(kind)}")


def _leaf(kind: bytes, data: bytes) -> None:
    if kind == b"udta":
        holds = data in {b"", _EMPTY_USER_DATA}
    elif kind in _LENGTHS:
        wide = data[:1] == b"\1"
        timeless = kind in {b"vmhd", b"smhd"} or not any(data[4 : 20 if wide else 12])
        holds = len(data) in _LENGTHS[kind] and timeless
    elif kind == b"hdlr":
        holds = data[8:] in _HANDLERS and not any(data[:8])
    elif kind == b"dref":
        holds = data == _OWN_FILE
    elif kind == b"stsz":
        same, count = struct.unpack(">II", data[4:12])
        holds = len(data) == 12 + (0 if same else 4 * count)
    elif kind == b"elst":
        holds = len(data) == 8 + (20 if data[:1] == b"\1" else 12) * int.from_bytes(data[4:8], "big")
    elif kind in _TABLES:
        head, row = _TABLES[kind]
        holds = len(data) == head + row * int.from_bytes(data[4:8], "big")
    else:  # sample groups: how far before a piece of sound its decoding begins
        holds = len(data) <= _LARGEST_LEAF
    if not holds:
        raise VerificationError(f"it carries more than picture and sound: the box {_name(kind)} tells of more than its samples")


def _units(file: BinaryIO, stream: Stream) -> None:
    """Refuses supplemental information (captions, notes) and whatever else is no part of a picture."""
    hevc = stream.codec in {"hev1", "hvc1"}
    for sample in range(len(stream)):
        for head, _, _ in media_file.units(file, stream, sample):
            kind = (head[0] >> 1 & 0x3F if hevc else head[0] & 0x1F) if head else -1
            if kind not in (_HEVC if hevc else _H264):
                what = f"a unit of type {kind}" if head else "what is no unit"
                raise VerificationError(f"sample {sample} of the picture holds {what}: it may carry more than the picture")


def _name(kind: bytes) -> str:
    return "".join(sign if sign.isprintable() else "?" for sign in kind.decode("latin-1"))
