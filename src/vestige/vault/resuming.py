"""Where an upload stands that somebody stopped writing: its journal, the segments on the disk, and the digest of both."""

import hashlib
import os
from pathlib import Path

from vestige.errors import Tampered
from vestige.vault import disk, provider
from vestige.vault.provider import TAG_BYTES
from vestige.vault.sealed import HEADER, SALT, SEGMENT, Begun, new_header, nonce_of, offset_of, plain_bytes

_NUMBER = 4


class Journal:
    """A file with the header of a sealed stream, its count of segments, and the plaintext behind them, sealed under a fresh nonce each time."""

    def __init__(self, path: Path, key: bytes, associated_data: bytes) -> None:
        """`key` and `associated_data` are those of the stream."""
        self._path = path
        self._key = key
        self._aad = associated_data

    def write(self, begun: Begun) -> None:
        """Put it in place of the one before, durably. Raises OSError."""
        told, nonce = begun.header + begun.number.to_bytes(_NUMBER, "big"), provider.random_bytes(provider.NONCE_BYTES)
        sealed = self._gcm(begun.header).seal(nonce, begun.tail, told + self._aad)
        disk.write_durably(self._path, told + nonce + sealed)

    def read(self) -> Begun | None:
        """What it says; None where there is none. Raises Tampered for one that does not open."""
        try:
            data = self._path.read_bytes()
        except FileNotFoundError:
            return None
        told, rest = data[: HEADER + _NUMBER], data[HEADER + _NUMBER :]
        header = told[:HEADER]
        try:
            tail = self._gcm(header).open(rest[: provider.NONCE_BYTES], rest[provider.NONCE_BYTES :], told + self._aad)
        except provider.WrongTag as error:
            raise Tampered(f"{self._path} is not what was sealed") from error
        return Begun(header, int.from_bytes(told[HEADER:], "big"), tail)

    def _gcm(self, header: bytes) -> provider.Gcm:
        """Under a key of its own: no nonce of a journal is one of the stream's."""
        return provider.Gcm(provider.hkdf_sha256(self._key, header[1 : 1 + SALT], b"journal of " + self._aad))


def found(descriptor: int, key: bytes, associated_data: bytes, told: Begun | None, length: int) -> tuple[Begun, bool]:
    """Where the stream stands and whether it is whole: by its journal, and by what lies on the disk beyond that.

    Segments whose tags fit were sealed by an earlier writer and count. A file without journal and without a whole first segment begins
    anew, under another header. `length` is the plaintext of the whole. Raises OSError.
    """
    header = told.header if told else os.pread(descriptor, HEADER, 0)
    number, tail = (told.number, told.tail) if told else (0, b"")
    if len(header) == HEADER:
        gcm = _stream(header, key, associated_data)
        while (plain := _open(descriptor, gcm, header, number, plain_bytes(number), last=False)) is not None:
            number, tail = number + 1, b""
        rest = length - offset_of(number)
        if 0 <= rest <= plain_bytes(number):
            plain = _open(descriptor, gcm, header, number, rest, last=True)
            if plain is not None:
                return Begun(header, number, plain), True
    if told is None and number == 0:
        os.ftruncate(descriptor, 0)
        return Begun(new_header()), False
    return Begun(header, number, tail), False


def sum_of(descriptor: int, key: bytes, associated_data: bytes, begun: Begun) -> "hashlib._Hash":
    """The SHA-256 of what is there, read again. Raises OSError, Tampered."""
    sha = hashlib.sha256()
    gcm = _stream(begun.header, key, associated_data)
    for number in range(begun.number):
        plain = _open(descriptor, gcm, begun.header, number, plain_bytes(number), last=False)
        if plain is None:
            raise Tampered(f"segment {number + 1} of an upload is not what was sealed")
        sha.update(plain)
    sha.update(begun.tail)
    return sha


def _stream(header: bytes, key: bytes, associated_data: bytes) -> provider.Gcm:
    return provider.Gcm(provider.hkdf_sha256(key, header[1 : 1 + SALT], associated_data))


def _open(descriptor: int, gcm: provider.Gcm, header: bytes, number: int, size: int, *, last: bool) -> bytes | None:
    """A segment's plaintext of that size; None where the disk does not hold it."""
    sealed = os.pread(descriptor, size + TAG_BYTES, number * SEGMENT or HEADER)
    if len(sealed) != size + TAG_BYTES:
        return None
    try:
        return gcm.open(nonce_of(header[1 + SALT :], number, last=last), sealed, b"")
    except provider.WrongTag:
        return None
