"""Streams through the vault in bounded memory: seal and hash in one pass, read back and compare, hash again."""

import hashlib
import io
import os
import stat
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from types import TracebackType
from typing import Protocol, Self

from vestige.errors import Unavailable
from vestige.evidence.values import Digest
from vestige.vault import disk
from vestige.vault.sealed import SEGMENT, SealReader

_BUFFERS = 6
_STRIDE = 8 << 20


class Sink(Protocol):
    """Where a stream goes: an intake."""

    def write(self, data: memoryview, /) -> int:
        """Take all of it before it returns: the buffer is used again."""
        ...


class Source(Protocol):
    """Where a stream comes from: a binary file."""

    def readinto(self, buffer: memoryview, /) -> int | None:
        """Fill the buffer; 0 at the end."""
        ...


class Checksum(Protocol):
    """A further sum over the same bytes, of hashlib's kind."""

    def update(self, data: memoryview, /) -> None:
        """Take these bytes too."""
        ...


class _Hasher:
    """SHA-256 in a thread of its own, over buffers that are lent (`take`), filled, given (`give`) and used again.

    With `also` each buffer then goes through a second thread, which updates that sum.

    The giver may go on reading a given buffer until its next `take`.
    """

    def __init__(self, also: Checksum | None = None, sha: "hashlib._Hash | None" = None) -> None:
        self._free: SimpleQueue[memoryview] = SimpleQueue()
        self._full: SimpleQueue[tuple[memoryview, memoryview] | None] = SimpleQueue()
        for _ in range(_BUFFERS):
            self._free.put(memoryview(bytearray(SEGMENT)))
        self._sha = sha or hashlib.sha256()
        self._also = also
        self._then: SimpleQueue[tuple[memoryview, memoryview] | None] = SimpleQueue()
        self._thread = Thread(target=self._run, name="vault-hash", daemon=True)
        self._second = Thread(target=self._run_also, name="vault-checksum", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        if self._also:
            self._second.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._full.put(None)
        self._thread.join()
        if self._also:
            self._then.put(None)
            self._second.join()

    def take(self) -> memoryview:
        return self._free.get()

    def give(self, buffer: memoryview, length: int) -> None:
        self._full.put((buffer, buffer[:length]))

    def digest(self) -> Digest:
        """The digest of all that was given; after the block."""
        return Digest(self._sha.hexdigest())

    def _run(self) -> None:
        while (given := self._full.get()) is not None:
            self._sha.update(given[1])
            if self._also:
                self._then.put(given)
            else:
                self._free.put(given[0])

    def _run_also(self) -> None:
        while (given := self._then.get()) is not None:
            if self._also:
                self._also.update(given[1])
            self._free.put(given[0])


def seal_stream(
    source: Source, intake: Sink, progress: Callable[[int], None], also: Checksum | None = None, sha: "hashlib._Hash | None" = None
) -> tuple[Digest, int]:
    """Read `source` once: hash what was read in one thread, seal and write the same bytes in another. Returns digest and size.

    `progress` is called with the bytes done, `also` gets the same bytes in a further thread, `sha` is gone on from. Raises
    Unavailable when the source can't be read, and what the intake raises; `finish` is the caller's.
    """
    size = 0
    advised = 0
    descriptor = _descriptor_of(source)
    if descriptor is not None:
        disk.read_once(descriptor)
    with _Hasher(also, sha) as hasher:
        while True:
            buffer = hasher.take()
            length = _fill(source, buffer)
            if not length:
                break
            hasher.give(buffer, length)
            intake.write(buffer[:length])
            size += length
            if descriptor is not None and size - advised >= _STRIDE:
                disk.let_go(descriptor, advised, size - advised)
                advised = size
            progress(size)
    return hasher.digest(), size


def digest_of(reader: SealReader) -> Digest:
    """The digest of an object's plaintext, read again from disk, opened in one thread, hashed in another. Raises Tampered, Unavailable."""
    reader.afresh()
    with _Hasher() as hasher:
        for offset, length in reader.spans():
            buffer = hasher.take()
            hasher.give(buffer, reader.read_into(offset, buffer[:length]))
    return hasher.digest()


def compare(path: Path, reader: SealReader) -> bool:
    """Whether a file on a card is the plaintext of an object, byte for byte; both are read again. Raises Tampered, Unavailable."""
    with disk.telling(path), path.open("rb", buffering=0) as file:
        disk.let_go(file.fileno(), 0, 0)
        disk.read_once(file.fileno())
        reader.afresh()
        if os.fstat(file.fileno()).st_size != reader.size:
            return False
        for offset, length in reader.spans():
            theirs, ours = bytearray(length), bytearray(length)
            if _fill(file, memoryview(theirs)) != reader.read_into(offset, ours) or theirs != ours:
                return False
        return not file.read(1)


def _fill(source: Source, buffer: memoryview) -> int:
    """Fill the buffer as far as the source goes: a short read is not its end. Raises Unavailable."""
    filled = 0
    try:
        while filled < len(buffer) and (got := source.readinto(buffer[filled:])):
            filled += got
    except OSError as error:
        raise Unavailable(f"{getattr(source, 'name', 'the source')} cannot be read at this place: {error.strerror or error}") from error
    return filled


def _descriptor_of(source: Source) -> int | None:
    """The descriptor of a regular file; None for anything that only behaves like one."""
    try:
        descriptor = source.fileno() if isinstance(source, io.IOBase) else None
    except io.UnsupportedOperation:
        return None
    return descriptor if descriptor is not None and stat.S_ISREG(os.fstat(descriptor).st_mode) else None
