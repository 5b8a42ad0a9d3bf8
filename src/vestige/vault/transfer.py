"""Streams through the vault in bounded memory: seal and hash in one pass, read back and compare, hash again."""

import hashlib
import io
import os
import stat
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from pathlib import Path
from queue import SimpleQueue
from threading import Lock, get_native_id
from types import TracebackType
from typing import Protocol, Self

from vestige.errors import Unavailable
from vestige.evidence.values import Digest
from vestige.vault import disk
from vestige.vault.sealed import SEGMENT, SealReader

_BUFFERS = 4
_STRIDE = 8 << 20
_PATIENCE = 5  # of 0 to 19


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


class _Strand:
    """One sum over lent buffers, in their order, by whichever of the process's hashing threads is free: one buffer at a time, then another's.

    `failure` is what kept a buffer out of the sum, which is worth nothing then.
    """

    def __init__(self, total: Checksum) -> None:
        self.failure: BaseException | None = None
        self._total = total
        self._lock = Lock()
        self._waiting: deque[_Lent] = deque()
        self._runs = False

    def add(self, lent: "_Lent") -> None:
        """This buffer too, when its turn comes."""
        with self._lock:
            self._waiting.append(lent)
            starts, self._runs = not self._runs, True
        if starts:
            self._go_on()

    def _go_on(self) -> None:
        try:
            _threads().submit(self._next)
        except RuntimeError as error:  # the process ends, and takes no more work
            self.failure = error
            with self._lock:
                left, self._waiting, self._runs = self._waiting, deque(), False
            for lent in left:
                lent.done()

    def _next(self) -> None:
        lent = self._waiting[0]
        try:
            self._total.update(lent.part)
        except BaseException as error:  # noqa: BLE001  # raised by `digest`, in the thread that asks for the sum
            self.failure = error
        with self._lock:
            self._waiting.popleft()
            self._runs = goes_on = bool(self._waiting)
        lent.done()
        if goes_on:
            self._go_on()


class _Lent:
    """A part of a buffer that some strands are still to look at; then the buffer is free again."""

    def __init__(self, buffer: memoryview, length: int, strands: int, free: SimpleQueue[memoryview]) -> None:
        self.part = buffer[:length]
        self._buffer, self._free = buffer, free
        self._left = strands
        self._lock = Lock()

    def done(self) -> None:
        """One strand less."""
        with self._lock:
            self._left -= 1
            over = not self._left
        if over:
            self._free.put(self._buffer)


class _Hasher:
    """SHA-256, and a sum beside it, in other threads, over buffers that are lent (`take`), filled, given (`give`) and used again.

    The giver may go on reading a given buffer until its next `take`.
    """

    def __init__(self, also: Checksum | None = None, sha: "hashlib._Hash | None" = None) -> None:
        self._free: SimpleQueue[memoryview] = SimpleQueue()
        for _ in range(_BUFFERS):
            self._free.put(memoryview(bytearray(SEGMENT)))
        self._sha = sha or hashlib.sha256()
        self._taken = 0  # lent and not given back: the last one of a stream
        self._strands = [_Strand(one) for one in ([also] if also else []) + [self._sha]]  # the slower one first

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for _ in range(_BUFFERS - self._taken):
            self._free.get()

    def take(self) -> memoryview:
        buffer = self._free.get()
        self._taken += 1
        return buffer

    def give(self, buffer: memoryview, length: int) -> None:
        self._taken -= 1
        lent = _Lent(buffer, length, len(self._strands), self._free)
        for strand in self._strands:
            strand.add(lent)

    def digest(self) -> Digest:
        """The digest of all that was given; after the block. Raises what kept any of it out of a sum."""
        for strand in self._strands:
            if strand.failure:
                raise strand.failure
        return Digest(self._sha.hexdigest())


@cache
def _threads() -> ThreadPoolExecutor:
    """What hashes, seals and writes for all streams of this process: as many as there are processors, and behind whoever looks at a page.

    With threads of each stream's own, twenty streams would leave a page a twentieth of the machine.
    """
    return ThreadPoolExecutor(os.cpu_count() or 1, "vault-stream", _step_back)


def _step_back() -> None:
    with suppress(OSError):  # a server that stands behind everybody already
        os.setpriority(os.PRIO_PROCESS, get_native_id(), _PATIENCE)  # of this thread alone, as Linux has it


def seal_stream(
    source: Source, intake: Sink, progress: Callable[[int], None], also: Checksum | None = None, sha: "hashlib._Hash | None" = None
) -> tuple[Digest, int]:
    """Read `source` once: hash what was read in other threads, seal and write the same bytes in this one. Returns digest and size.

    `progress` is called with the bytes done, `also` gets the same bytes in a thread of its own, `sha` is gone on from. Raises
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
            _threads().submit(intake.write, buffer[:length]).result()
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
