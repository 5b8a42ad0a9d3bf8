"""Reading sealed objects in the child: the Tink format of docs/custody-format.md, section 8, by itself (this room knows no vault)."""

import io
import os
from collections import OrderedDict
from typing import BinaryIO, cast

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from vestige.errors import Tampered

_SEGMENT = 1 << 20
_HEADER = 40
_TAG = 16
_KEPT = 8


class Unsealed(io.RawIOBase):
    """The plaintext of a sealed descriptor as a seekable file. Raises Tampered where a segment is not what was sealed."""

    def __init__(self, descriptor: int, key: bytes, associated_data: bytes) -> None:
        """`key` is the object's data key, 32 bytes."""
        super().__init__()
        self._descriptor = descriptor
        sealed = os.fstat(descriptor).st_size
        header = os.pread(descriptor, _HEADER, 0)
        if len(header) != _HEADER or header[0] != _HEADER or sealed < _HEADER + _TAG:
            raise Tampered("the sealed object has no header")
        derived = HKDF(SHA256(), 32, salt=header[1:33], info=associated_data).derive(key)
        self._gcm, self._prefix = AESGCM(derived), header[33:]
        self._segments = -(-sealed // _SEGMENT)
        self.size = sealed - _HEADER - _TAG * self._segments
        self._sealed = sealed
        self._at = 0
        self._kept: OrderedDict[int, bytes] = OrderedDict()

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place in the plaintext."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.size}[whence]
        if base + offset < 0:
            raise ValueError("a place before the start")
        self._at = base + offset
        return self._at

    def tell(self) -> int:
        """Where the next byte is read."""
        return self._at

    def readinto(self, buffer: "memoryview | bytearray") -> int:  # type: ignore[override]  # any writable buffer
        """Read up to the end of one segment."""
        view = memoryview(buffer).cast("B")
        if self._at >= self.size or not len(view):
            return 0
        number, offset = self._place(self._at)
        part = memoryview(self._segment(number))[offset : offset + len(view)]
        view[: len(part)] = part
        self._at += len(part)
        return len(part)

    def _place(self, at: int) -> tuple[int, int]:
        first = _SEGMENT - _HEADER - _TAG
        if at < first:
            return 0, at
        number, offset = divmod(at - first, _SEGMENT - _TAG)
        return number + 1, offset

    def _segment(self, number: int) -> bytes:
        if number in self._kept:
            self._kept.move_to_end(number)
            return self._kept[number]
        start = max(number * _SEGMENT, _HEADER)
        end = min((number + 1) * _SEGMENT, self._sealed)
        nonce = self._prefix + number.to_bytes(4, "big") + bytes([number == self._segments - 1])
        try:
            plain = self._gcm.decrypt(nonce, os.pread(self._descriptor, end - start, start), None)
        except InvalidTag as error:
            raise Tampered(f"segment {number} of the sealed object is not what was sealed") from error
        self._kept[number] = plain
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return plain


def open_source(descriptor: int, key: bytes | None, associated_data: bytes) -> tuple[BinaryIO, int]:
    """A seekable file over a descriptor, sealed or plain (no key), and its size in bytes."""
    if key is None:
        size = os.fstat(descriptor).st_size
        return os.fdopen(descriptor, "rb", buffering=1 << 20), size
    unsealed = Unsealed(descriptor, key, associated_data)
    return cast("BinaryIO", io.BufferedReader(unsealed, 1 << 20)), unsealed.size
