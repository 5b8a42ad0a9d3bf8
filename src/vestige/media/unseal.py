"""Reading objects in the child: the Tink format of docs/custody-format.md, section 8, or a plain file. This room knows no vault."""

import io
import os
from abc import abstractmethod
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
_BUFFER = 1 << 16


class _Placed(io.RawIOBase):
    """A seekable file over reads at a place: the descriptor's own position, which other processes share, is never used."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size
        self._at = 0

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place, past the end too. Raises ValueError for one before the start."""
        place = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.size}[whence]
        if place < 0:
            raise ValueError("a place before the start")
        self._at = place
        return place

    def tell(self) -> int:
        """Where the next byte is read."""
        return self._at

    def readinto(self, buffer: "memoryview | bytearray") -> int:  # type: ignore[override]  # any writable buffer
        """Fill the buffer, less at the end only."""
        view = memoryview(buffer).cast("B")[: max(0, self.size - self._at)]
        done = 0
        while done < len(view):
            part = self._read_into(self._at, view[done:])
            if not part:
                break
            done += part
            self._at += part
        return done

    @abstractmethod
    def _read_into(self, offset: int, out: memoryview) -> int:
        """Plaintext from a place: as much as is at hand, nothing at the end. Returns how many bytes."""


class Plain(_Placed):
    """An unsealed file."""

    def __init__(self, descriptor: int) -> None:
        """Of the descriptor's size now."""
        super().__init__(os.fstat(descriptor).st_size)
        self._descriptor = descriptor

    def _read_into(self, offset: int, out: memoryview) -> int:
        part = os.pread(self._descriptor, min(len(out), _SEGMENT), offset)
        out[: len(part)] = part
        return len(part)


class Unsealed(_Placed):
    """The plaintext of a sealed file. Opening it proves its size; a segment that is not what was sealed is Tampered when it is read."""

    def __init__(self, descriptor: int, key: bytes, associated_data: bytes) -> None:
        """`key` is the object's data key, 32 bytes. Raises Tampered for a file that was cut, extended or not sealed so."""
        sealed = os.fstat(descriptor).st_size
        header = os.pread(descriptor, _HEADER, 0)
        segments = max(1, -(-sealed // _SEGMENT))
        if len(header) != _HEADER or header[0] != _HEADER or sealed < _HEADER + _TAG or 0 < sealed % _SEGMENT < _TAG:
            raise Tampered("the object is not a whole sealed file")
        super().__init__(sealed - _HEADER - _TAG * segments)
        derived = HKDF(SHA256(), 32, salt=header[1:33], info=associated_data).derive(key)
        self._gcm, self._prefix = AESGCM(derived), header[33:]
        self._descriptor, self._sealed, self._segments = descriptor, sealed, segments
        self._kept: OrderedDict[int, bytearray] = OrderedDict()
        self._segment(segments - 1)

    def _read_into(self, offset: int, out: memoryview) -> int:
        # The header counts as plaintext of the first segment, which makes all segments alike.
        number, start = divmod(offset + _HEADER, _SEGMENT - _TAG)
        first = 0 if number else _HEADER
        length = self._span(number)[1] - _TAG
        if start == first and len(out) >= length and number not in self._kept:
            self._open(number, out[:length])  # a whole segment opens where it is wanted
            return length
        part = memoryview(self._segment(number))[start - first : start - first + len(out)]
        out[: len(part)] = part
        return len(part)

    def _segment(self, number: int) -> bytearray:
        if number in self._kept:
            self._kept.move_to_end(number)
            return self._kept[number]
        plain = bytearray(self._span(number)[1] - _TAG)
        self._open(number, memoryview(plain))
        self._kept[number] = plain
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return plain

    def _span(self, number: int) -> tuple[int, int]:
        """Where a segment lies in the sealed file, and its length there."""
        start = max(number * _SEGMENT, _HEADER)
        return start, min((number + 1) * _SEGMENT, self._sealed) - start

    def _open(self, number: int, out: memoryview) -> None:
        start, length = self._span(number)
        nonce = self._prefix + number.to_bytes(4, "big") + bytes([number == self._segments - 1])
        try:
            self._gcm.decrypt_into(nonce, os.pread(self._descriptor, length, start), None, out)
        except (InvalidTag, ValueError) as error:  # ValueError: the file was cut since it was opened
            raise Tampered(f"segment {number + 1} of {self._segments} of the object is not what was sealed") from error


def open_source(descriptor: int, key: bytes | None, associated_data: bytes) -> tuple[BinaryIO, int]:
    """A seekable file over a descriptor, sealed or plain (no key), and its size in bytes. Raises Tampered."""
    source = Plain(descriptor) if key is None else Unsealed(descriptor, key, associated_data)
    return cast("BinaryIO", io.BufferedReader(source, _BUFFER)), source.size
