"""The boxes of a redacted copy, held to a short list: what is not needed to play one picture and one sound is refused."""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import BinaryIO

from vestige.errors import RenderFailed
from vestige.media.aac import Coding, NotPlain
from vestige.media.avcc import NotCopyable, sets_of
from vestige.media.esds import coding_of

_LARGEST_INDEX = 512 << 20
_VISUAL_ENTRY, _SOUND_ENTRY = 78, 28  # bytes of a sample entry before its own boxes
_TABLES = "stsd stts stss stsc stsz stco co64 sgpd sbgp"
_MAY_HOLD: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "": frozenset({"ftyp", "free", "mdat", "moov"}),
        "moov": frozenset({"mvhd", "trak", "udta"}),
        "trak": frozenset({"tkhd", "edts", "mdia"}),
        "edts": frozenset({"elst"}),
        "mdia": frozenset({"mdhd", "hdlr", "minf"}),
        "minf": frozenset({"vmhd", "smhd", "dinf", "stbl"}),
        "dinf": frozenset({"dref"}),
        "stbl": frozenset(_TABLES.split()),
        "avc1": frozenset({"avcC", "colr", "pasp", "btrt"}),
        "mp4a": frozenset({"esds", "btrt"}),
    }
)
# What the muxer writes of its own accord: user data with an empty list, and the names of its two handlers.
_EMPTY_USER_DATA = bytes.fromhex(
    "000000356d657461000000000000002168646c7200000000000000006d6469726170706c00000000000000000000000008696c7374"
)
_HANDLERS = frozenset({b"vide" + bytes(12) + b"VideoHandler\0", b"soun" + bytes(12) + b"SoundHandler\0"})


@dataclass(slots=True)
class Found:
    """What the walk adds up: bytes of media data and of all samples; kinds and numbers of samples of the tracks; how the sound is coded."""

    media: int = 0
    samples: int = 0
    entries: list[str] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    coding: Coding | None = None


def require_plain(source: BinaryIO) -> Found:
    """Walk the whole file.

    Raises RenderFailed for a box that is not on the list, for words or times in one that is, and for bytes that no sample owns.
    """
    source.seek(0)
    found = Found()
    for kind, start, size in _top(source):
        _allow("", kind)
        if kind == "mdat":
            found.media += size
        elif kind == "free":
            _require(size == 0, "a free box is not empty")
        elif kind == "moov":
            _require(size <= _LARGEST_INDEX, "the index is too large")
            source.seek(start)
            _walk("moov", memoryview(source.read(size)), found)
    _require(found.media == found.samples, f"{found.media - found.samples} bytes of media belong to no sample")
    return found


def _top(source: BinaryIO) -> Iterator[tuple[str, int, int]]:
    """Kind, start and size of the payload of each box of the file."""
    at = 0
    while True:
        source.seek(at)
        head = source.read(16)
        if not head:
            return
        _require(len(head) >= 8, "a box is cut off")
        size, kind = struct.unpack(">I4s", head[:8])
        begin = 8
        if size == 1 and len(head) == 16:
            (size,), begin = struct.unpack(">Q", head[8:]), 16
        _require(size >= begin, "a box is shorter than its head")
        yield kind.decode("latin-1"), at + begin, size - begin
        at += size


def _inner(data: memoryview) -> Iterator[tuple[str, memoryview]]:
    at = 0
    while at < len(data):
        _require(len(data) - at >= 8, "a box is cut off")
        size, kind = struct.unpack(">I4s", data[at : at + 8])
        _require(8 <= size <= len(data) - at, "a box leaves the one that it lies in")
        yield kind.decode("latin-1"), data[at + 8 : at + size]
        at += size


def _walk(inside: str, data: memoryview, found: Found) -> None:
    for kind, payload in _inner(data):
        _allow(inside, kind)
        if kind in _MAY_HOLD:
            _walk(kind, payload, found)
        elif kind == "stsd":
            _entries(payload, found)
        else:
            _leaf(kind, payload, found)


def _entries(data: memoryview, found: Found) -> None:
    for kind, payload in _inner(data[8:]):
        _require(kind in {"avc1", "mp4a"}, f"a track holds {kind}")
        found.entries.append(kind)
        _walk(kind, payload[_VISUAL_ENTRY if kind == "avc1" else _SOUND_ENTRY :], found)


def _leaf(kind: str, data: memoryview, found: Found) -> None:
    if kind == "udta":
        _require(data == _EMPTY_USER_DATA, "there is user data")
    elif kind in {"mvhd", "tkhd", "mdhd"}:
        wide = data[0] == 1
        _require(not any(data[4 : 20 if wide else 12]), f"{kind} tells when the file was made")
    elif kind == "hdlr":
        _require(bytes(data[8:]) in _HANDLERS, "a track has a name of its own")
    elif kind == "avcC":
        try:
            sets_of(bytes(data))
        except NotCopyable as error:
            raise RenderFailed(f"the copy carries more than picture and sound: {error}") from error
    elif kind == "colr":
        _require(len(data) == 11 and bytes(data[:4]) == b"nclx", "its colours are described in words")
    elif kind == "esds":
        try:
            found.coding = coding_of(bytes(data))
        except NotPlain as error:
            raise RenderFailed(f"the copy carries more than picture and sound: {error}") from error
    elif kind == "stsz":
        each, count = struct.unpack(">II", data[4:12])
        found.counts.append(count)
        found.samples += each * count if each else sum(struct.unpack(f">{count}I", data[12 : 12 + 4 * count]))


def _allow(inside: str, kind: str) -> None:
    _require(kind in _MAY_HOLD[inside], f"a box {kind!r} lies in {inside or 'the file'}")


def _require(holds: bool, otherwise: str) -> None:  # noqa: FBT001  # reads as a sentence
    if not holds:
        raise RenderFailed(f"the copy carries more than picture and sound: {otherwise}")
