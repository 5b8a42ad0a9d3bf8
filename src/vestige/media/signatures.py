"""Signatures that a camera wrote into H.264 or H.265 (Axis Signed Video, ONVIF Media Signing): that they are there, and what they say.

Read from SEI messages of user data, whose first 16 bytes name the scheme (signed-video-framework, feature-description.md; ONVIF Media
Signing Specification). Nothing is verified here: what is told is the word of whoever wrote the file.
"""

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, BinaryIO

import av

from vestige.media.containers.index import Look
from vestige.media.pictures import main_picture, open_media
from vestige.media.shapes import clean

Facts = dict[str, Any]

LARGEST = 1 << 20  # bytes of a message that is read; real ones have kilobytes
MOST_TAGS = 64  # of one message; real ones have nine
MOST_KEYS = 8
_MOST_COUNTED = 100_000_000
_SCHEMES = {b"Signed Video...0": "axis", bytes.fromhex("005bc93f2d715e95ada4796f90877a6f"): "onvif"}
_UUID, _USER_DATA = 16, 5
_FILE_CODECS = {"avc1": 1, "avc3": 1, "hev1": 2, "hvc1": 2, "V_MPEG4/ISO/AVC": 1, "V_MPEGH/ISO/HEVC": 2}
_DECODERS = {"h264": 1, "hevc": 2}
_PEM = re.compile(rb"-----BEGIN (PUBLIC KEY|CERTIFICATE)-----([A-Za-z0-9+/=\s]+)-----END \1-----")
_GOLDEN, _LINKED = 0x40, 0x30  # bits of the reserved byte, as Axis has them
_AXIS, _ONVIF = {"general": 1, "signature": 5, "product": 3}, {"general": 1, "signature": 3, "product": 5}
_SHORT_TAGS = frozenset({1, 7})  # of Axis: their length has one byte
_KEY_TAGS = {"axis": frozenset({2, 129}), "onvif": frozenset({6})}
_CLAIMS = {"axis": ("hardware", "firmware", "serial", "manufacturer"), "onvif": ("firmware", "serial", "manufacturer")}


class _Unreadable(ValueError):
    """The message contradicts itself."""


@dataclass(slots=True)
class _Found:
    """What the messages of one scheme say together."""

    scheme: str
    messages: int = 0
    signed: int = 0
    unreadable: int = 0
    legacy: bool = False
    signer: str = ""
    keys: list[str] = field(default_factory=list)
    certificates: list[str] = field(default_factory=list)
    claims: dict[str, str] = field(default_factory=dict)

    def facts(self) -> Facts:
        """As the answer has it. `keys` and `certificates` are SHA-256 (hex) of their DER, in the order met, at most eight of each."""
        return {
            "scheme": self.scheme,
            "messages": min(self.messages, _MOST_COUNTED),
            "signed": min(self.signed, _MOST_COUNTED),
            "unreadable": min(self.unreadable, _MOST_COUNTED),
            "legacy": self.legacy,
            "signer": self.signer,
            "keys": self.keys,
            "certificates": self.certificates,
            "claims": self.claims,
        }


class Signatures:
    """Takes the NAL units of a file as they are read, and remembers what is signed."""

    def __init__(self) -> None:
        self._found: dict[str, _Found] = {}
        self._seen: dict[bytes, tuple[str, str]] = {}

    def look(self, codec: str) -> Look | None:
        """What is to be called with each NAL unit of a stream of that codec (as its container names it); None for one without signatures."""
        head = _FILE_CODECS.get(codec)
        return None if head is None else self._looker(head)

    def facts(self) -> list[Facts]:
        """What was found, a scheme each."""
        return [self._found[scheme].facts() for scheme in sorted(self._found)]

    def in_packets(self, source: BinaryIO) -> None:
        """Look through a file without a sample table, as the demuxer cuts it: Annex B, transport streams, files that are cut off."""
        try:
            with open_media(source) as container:
                picture = main_picture(container)
                head = _DECODERS.get(picture.codec_context.name) if picture else None
                if picture is None or head is None:
                    return
                look, extra = self._looker(head), bytes(picture.codec_context.extradata or b"")
                at = 4 if head == 1 else 21
                prefix = (extra[at] & 3) + 1 if extra[:1] == b"\1" and len(extra) > at else 0
                for packet in container.demux(picture):
                    for unit in _units(memoryview(bytes(packet)), prefix):
                        look(unit)
        except (av.error.FFmpegError, ValueError, OSError):
            return  # what was found until there stands

    def _looker(self, head: int) -> Look:
        """`head` is the length of a NAL unit's header: 1 in H.264, 2 in H.265."""
        mask, kinds = (0x1F, (6,)) if head == 1 else (0x7E, (78, 80))

        def look(unit: memoryview) -> None:
            if len(unit) > head + 2 + _UUID and unit[0] & mask in kinds and unit[head] == _USER_DATA:
                self._message(unit, head)

        return look

    def _message(self, unit: memoryview, head: int) -> None:
        start, size = _payload(unit, head)
        scheme = _SCHEMES.get(bytes(unit[start : start + _UUID])) if size > _UUID else None
        if scheme is None:
            return
        found = self._found.setdefault(scheme, _Found(scheme))
        found.messages += 1
        try:
            if len(unit) > LARGEST:
                raise _Unreadable
            self._read(found, _values(_body(bytes(unit), start, size), scheme))
        except (_Unreadable, UnicodeDecodeError, IndexError):
            found.unreadable += 1

    def _read(self, found: _Found, message: tuple[int, dict[int, bytes]]) -> None:
        reserved, values = message
        tags = _AXIS if found.scheme == "axis" else _ONVIF
        general = values.get(tags["general"], b"")
        if found.scheme == "axis" and general and not reserved & (_GOLDEN | _LINKED):
            found.legacy = True
        if tags["signature"] not in values:
            return  # keys and claims are taken from signed messages only
        found.signed += 1
        at = 7 if found.scheme == "axis" else 1
        if not found.signer and len(general) >= at + 3:
            found.signer = ".".join(map(str, general[at : at + 3]))
        for tag in sorted(_KEY_TAGS[found.scheme] & values.keys()):
            for kind, digest in self._keys(values[tag]):
                listed = found.keys if kind == "PUBLIC KEY" else found.certificates
                if digest not in listed and len(listed) < MOST_KEYS:
                    listed.append(digest)
        if not found.claims and tags["product"] in values:
            found.claims = _claims(values[tags["product"]], _CLAIMS[found.scheme])

    def _keys(self, value: bytes) -> list[tuple[str, str]]:
        """Kind and SHA-256 of the DER of each key or certificate in a value."""
        found = []
        for block in list(_PEM.finditer(value))[:MOST_KEYS]:
            text = block[0]
            if text not in self._seen and len(self._seen) < 4 * MOST_KEYS:
                try:
                    self._seen[text] = (block[1].decode(), sha256(base64.b64decode(block[2])).hexdigest())
                except binascii.Error as error:
                    raise _Unreadable from error
            if text in self._seen:
                found.append(self._seen[text])
        return found


def _payload(unit: memoryview | bytes, head: int) -> tuple[int, int]:
    """Where the first message's payload begins, and its size (bytes); (0, 0) where the unit ends before."""
    size, at = 0, head + 1
    while at < len(unit):
        size += unit[at]
        at += 1
        if unit[at - 1] != 0xFF:
            return at, size
    return 0, 0


def _body(unit: bytes, start: int, size: int) -> bytes:
    """The payload behind the UUID, without emulation prevention where the writer put some in."""
    whole = unit.rstrip(b"\0")
    extra = len(whole) - start - size - whole.endswith(b"\x80")
    if extra > 0:
        whole = whole.replace(b"\0\0\3", b"\0\0")
    body = whole[start + _UUID : start + size]
    if len(body) != size - _UUID:
        raise _Unreadable
    return body


def _values(body: bytes, scheme: str) -> tuple[int, dict[int, bytes]]:
    """The reserved byte, and the values by their tags."""
    found: dict[int, bytes] = {}
    at = 1
    while at < len(body):
        tag = body[at]
        width = 1 if scheme == "axis" and tag in _SHORT_TAGS else 2
        start = at + 1 + width
        at = start + int.from_bytes(body[at + 1 : start], "big")
        if start > len(body) or at > len(body) or len(found) >= MOST_TAGS or tag in found:
            raise _Unreadable
        found[tag] = body[start:at]
    return body[0], found


def _claims(value: bytes, names: tuple[str, ...]) -> dict[str, str]:
    """Texts, each after a byte with its length, behind the version byte."""
    at, found = 1, {}
    for name in names:
        end = at + 1 + value[at]
        if end > len(value):
            raise _Unreadable
        text = clean(value[at + 1 : end].rstrip(b"\0").decode(), 100)
        at = end
        if text:
            found[name] = text
    return found


def _units(data: memoryview, prefix: int) -> Iterator[memoryview]:
    """The NAL units of a packet: after lengths of `prefix` bytes, or (0) after start codes."""
    if not prefix:
        starts = [found.end() for found in re.finditer(rb"\x00\x00\x01", data)]
        for start, after in zip(starts, [*(start - 3 for start in starts[1:]), len(data)], strict=True):
            yield data[start:after]
        return
    at = 0
    while at + prefix <= len(data):
        start = at + prefix
        at = start + int.from_bytes(data[at:start], "big")
        yield data[start:at]
