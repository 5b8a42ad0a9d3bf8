"""The sealed stream, Tink's AES256_GCM_HKDF_1MB: written once from start to end, read at any place (docs/custody-format.md, section 8).

File: header of 40 bytes (0x28, salt, nonce prefix), then segments. Segment n lies at n MiB of the file; the first is 40 bytes shorter, by
the header. Each holds 16 bytes less of plaintext than of file, by its tag; the last one says in its nonce that it is the last.
"""

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import TYPE_CHECKING, Self

from vestige.errors import BadInput, Tampered
from vestige.vault import disk, provider
from vestige.vault.provider import TAG_BYTES

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

SEGMENT = 1 << 20
HEADER = 40
PLAIN = SEGMENT - TAG_BYTES
PLAIN_FIRST = PLAIN - HEADER
SALT = 32
_PREFIX = 7
_BLOCK = 4096


@dataclass(frozen=True, slots=True)
class Begun:
    """Where a sealed stream stands: its header, how many segments lie sealed in the file, and the plaintext behind them."""

    header: bytes
    number: int = 0
    tail: bytes = b""


class SealWriter:
    """Seals what is written to an empty file, each segment exactly once; what went wrong once stays wrong (ValueError).

    `descriptor` stays the caller's, as do fsync and the errors of the disk (OSError). With `hold_first` the first segment's plaintext stays
    in memory until `close`, and `patch` may change it: muxers come back to the start of their file.

    With `begun` it goes on with a stream that an earlier writer began. Where that one was cut off within a segment, the same bytes must
    come again: two plaintexts are never sealed under one nonce (BadInput).
    """

    def __init__(
        self, descriptor: int, key: bytes, associated_data: bytes, *, hold_first: bool = False, begun: Begun | None = None
    ) -> None:
        header = begun.header if begun else new_header()
        self._prefix = header[1 + SALT :]
        self._gcm = provider.Gcm(provider.hkdf_sha256(key, header[1 : 1 + SALT], associated_data))
        self._descriptor = descriptor
        self._sealed = bytearray(SEGMENT)
        self._header = header
        self._plain = bytearray(PLAIN)
        self._room = PLAIN_FIRST
        self._filled = 0
        self._number = 0
        self._hold_first = hold_first
        self._held: bytearray | None = None
        self._usable = True
        self._closed = False
        self._again = begun is not None
        self.size = 0
        if begun:
            self._number, self._filled = begun.number, len(begun.tail)
            self._plain[: self._filled] = begun.tail
            self._room = plain_bytes(begun.number)
            self.size = offset_of(begun.number) + self._filled

    @property
    def begun(self) -> Begun:
        """Where it stands, for whoever goes on with it. Not for a writer that holds its first segment, or failed."""
        self._check()
        return Begun(self._header, self._number, bytes(self._plain[: self._filled]))

    def write(self, data: bytes | bytearray | memoryview) -> int:
        """Add to the end; returns the number of bytes taken: all of them. Raises OSError, ValueError after `close` or a failure."""
        self._check()
        rest = memoryview(data).cast("B")
        total = len(rest)
        while rest:
            if self._filled == self._room:  # more comes after this segment, so it is not the last
                self._pass_on()
            part = rest[: self._room - self._filled]
            self._plain[self._filled : self._filled + len(part)] = part
            self._filled += len(part)
            rest = rest[len(part) :]
        self.size += total
        return total

    def patch(self, offset: int, data: bytes | bytearray | memoryview) -> None:
        """Change bytes already written in the held first segment. Refuses (ValueError) any other place."""
        self._check()
        end = offset + memoryview(data).nbytes
        if not self._hold_first or offset < 0 or end > min(self.size, PLAIN_FIRST):
            raise ValueError(f"bytes {offset} to {end} are not in a first segment that is held back: they are sealed, or not written yet")
        target = self._plain if self._held is None else self._held
        target[offset:end] = memoryview(data).cast("B")

    def close(self) -> None:
        """Seal what is left; the last segment says so. A second call does nothing. Raises OSError, ValueError after a failure."""
        if self._closed:
            return
        self._check()
        self._seal(self._number, memoryview(self._plain)[: self._filled], last=True)
        if self._held is not None:
            self._seal(0, memoryview(self._held)[:PLAIN_FIRST], last=False)
        self._usable, self._closed = False, True

    def _check(self) -> None:
        if not self._usable:
            raise ValueError("this sealed stream is closed, or failed before: a segment is sealed once and never again")

    def _pass_on(self) -> None:
        if self._number == 0 and self._hold_first:
            self._held, self._plain = self._plain, bytearray(PLAIN)
        else:
            self._seal(self._number, memoryview(self._plain)[: self._filled], last=False)
        self._number += 1
        self._filled = 0
        self._room = PLAIN

    def _seal(self, number: int, plain: memoryview, *, last: bool) -> None:
        start = 0 if number else HEADER
        if not number:
            self._sealed[:HEADER] = self._header
        end = start + len(plain) + TAG_BYTES
        self._usable = False  # until it is on its way: a failure in between leaves the stream shut
        out = memoryview(self._sealed)
        self._gcm.seal_into(nonce_of(self._prefix, number, last=last), plain, out[start:end])
        if self._again:
            self._again = self._is_again(number, out[:end])
        disk.write_all(self._descriptor, out[:end], number * SEGMENT)
        self._usable = True

    def _is_again(self, number: int, sealed: memoryview) -> bool:
        """Whether a part of this segment was on the disk before. Raises BadInput where it was another's: its nonce was used for that."""
        old = os.pread(self._descriptor, len(sealed), number * SEGMENT)
        for at in range(0, len(old), _BLOCK):
            part = old[at : at + _BLOCK]
            if part != sealed[at : at + len(part)] and part.strip(b"\0"):
                raise BadInput("what comes now is not what came at this place when it was cut off; send this file anew, from its start")
        return bool(old)


class SealReader:
    """Random access to a sealed file, by any number of threads. The descriptor becomes the reader's own: `close` closes it.

    Opening reads the last segment, so `size` (plaintext bytes) is proven: a file that was cut, extended or not sealed under this key and
    associated data is Tampered at once; any other segment when it is read. `name` is what messages call the file. What the disk can't
    read is Unavailable.
    """

    def __init__(self, descriptor: int, key: bytes, associated_data: bytes, *, name: str = "the sealed file") -> None:
        self._file = os.fdopen(descriptor, "rb", buffering=0)
        self._name = name
        self.associated_data = associated_data
        self._lock = Lock()
        self._recent: dict[int, bytes] = {}
        try:
            length, header = _measure(descriptor, name)
            self.segments = max(1, -(-length // SEGMENT))
            self.size = length - HEADER - TAG_BYTES * self.segments
            self._prefix = header[1 + SALT :]
            self._gcm = provider.Gcm(provider.hkdf_sha256(key, header[1 : 1 + SALT], associated_data))
            self._segment(self.segments - 1)
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Give the descriptor back. No thread may be reading."""
        self._file.close()

    def fileno(self) -> int:
        """The descriptor of the sealed bytes, for a child that has the key."""
        return self._file.fileno()

    def afresh(self) -> None:
        """Forget what was read, here and in the system's memory, so that what comes next is read from the disk."""
        with self._lock:
            self._recent.clear()
        disk.let_go(self._file.fileno(), 0, 0)
        disk.read_once(self._file.fileno())

    def read_at(self, offset: int, length: int) -> bytes:
        """The plaintext from `offset`, `length` bytes or as many as there are. Raises Tampered naming the segment; ValueError."""
        if offset < 0 or length < 0:
            raise ValueError(f"no such place: {length} bytes from {offset}")
        end = min(self.size, offset + length)
        pieces = []
        while offset < end:
            number, start = _place(offset)
            pieces.append(memoryview(self._segment(number))[start : start + end - offset])
            offset += len(pieces[-1])
        return b"".join(pieces)

    def read_into(self, offset: int, out: bytearray | memoryview) -> int:
        """Fill `out` with the plaintext from `offset`; returns how many bytes there were. Whole segments open in place. Raises Tampered."""
        if offset < 0:
            raise ValueError(f"no such place: {offset}")
        view = memoryview(out).cast("B")[: max(0, self.size - offset)]
        done = 0
        while done < len(view):
            number, start = _place(offset + done)
            length = min(self.span(number)[1] - start, len(view) - done)
            part = view[done : done + length]
            if length == self.span(number)[1] and number not in self._recent:
                self._open_into(number, part)
            else:
                part[:] = self._segment(number)[start : start + length]
            done += length
        return done

    def span(self, number: int) -> tuple[int, int]:
        """Offset and length of a segment's plaintext."""
        offset = offset_of(number)
        return offset, min(plain_bytes(number), self.size - offset)

    def spans(self) -> Iterator[tuple[int, int]]:
        """Offset and length of each segment's plaintext, in order: reading so opens each segment once."""
        return (self.span(number) for number in range(self.segments))

    def verify(self) -> None:
        """Open every segment. Raises Tampered naming the first that is not what was sealed."""
        out = memoryview(bytearray(PLAIN))
        for number in range(self.segments):
            self._open_into(number, out[: self.span(number)[1]])

    def as_file(self) -> "SealedFile":
        """A seekable file to read from its start; it does not close the reader."""
        return SealedFile(self)

    def _segment(self, number: int) -> bytes:
        with self._lock:
            found = self._recent.get(number)
        if found is None:
            with self._proving(number):
                found = self._gcm.open(self._nonce(number), self._sealed(number), b"")
            with self._lock:
                self._recent[number] = found
                while len(self._recent) > 2:
                    del self._recent[next(iter(self._recent))]
        return found

    def _open_into(self, number: int, out: memoryview) -> None:
        with self._proving(number):
            self._gcm.open_into(self._nonce(number), memoryview(self._sealed(number)), out)

    def _sealed(self, number: int) -> bytes:
        with disk.telling(Path(self._name)):
            return os.pread(self._file.fileno(), self.span(number)[1] + TAG_BYTES, number * SEGMENT or HEADER)

    def _nonce(self, number: int) -> bytes:
        return nonce_of(self._prefix, number, last=number == self.segments - 1)

    @contextmanager
    def _proving(self, number: int) -> Iterator[None]:
        """A wrong tag, or a file that was cut since it was opened, is Tampered."""
        try:
            yield
        except provider.WrongTag as error:
            raise Tampered(f"{self._name}: segment {number + 1} of {self.segments} is not what was sealed ({error})") from error


class SealedFile(io.RawIOBase):
    """The plaintext of a sealed file as a seekable file. Closing it leaves the reader open. Reading raises Tampered."""

    def __init__(self, reader: SealReader) -> None:
        super().__init__()
        self._reader = reader
        self._at = 0

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """Fill the buffer from where the file stands; 0 at the end."""
        done = self._reader.read_into(self._at, memoryview(buffer))
        self._at += done
        return done

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place, past the end too. Raises ValueError for a place before the start."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._reader.size}[whence]
        if base + offset < 0:
            raise ValueError(f"no such place: {base + offset}")
        self._at = base + offset
        return self._at

    def tell(self) -> int:
        """Where the file stands."""
        return self._at


def _measure(descriptor: int, name: str) -> tuple[int, bytes]:
    """Length and header of a sealed file. Raises Tampered for what can't be one by its length or first byte, Unavailable."""
    with disk.telling(Path(name)):
        length = os.fstat(descriptor).st_size
        header = os.pread(descriptor, HEADER, 0)
    last = length % SEGMENT or SEGMENT
    if length < HEADER + TAG_BYTES or len(header) != HEADER or header[0] != HEADER or last < TAG_BYTES:
        raise Tampered(f"{name} is not a whole sealed file: {length} bytes, first byte {header[:1].hex() or 'missing'}")
    return length, header


def new_header() -> bytes:
    """The header of a new stream: salt and nonce prefix by chance."""
    return bytes([HEADER]) + provider.random_bytes(SALT) + provider.random_bytes(_PREFIX)


def offset_of(number: int) -> int:
    """Where a segment's plaintext begins."""
    return PLAIN_FIRST + (number - 1) * PLAIN if number else 0


def nonce_of(prefix: bytes, number: int, *, last: bool) -> bytes:
    """The nonce of a segment."""
    return prefix + number.to_bytes(4, "big") + bytes([last])


def plain_bytes(number: int) -> int:
    """The most plaintext that a segment holds."""
    return PLAIN if number else PLAIN_FIRST


def _place(offset: int) -> tuple[int, int]:
    """Segment and place in it of a plaintext offset: the header counts as plaintext of segment 0, which makes all segments alike."""
    number, start = divmod(offset + HEADER, PLAIN)
    return number, start if number else offset
