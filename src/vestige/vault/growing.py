"""Uploads that grow over many requests: sealed as they come, and gone on with whenever and however the writer before ended.

`ID-upload` is the object to be; `ID-journal` holds the plaintext behind its last whole segment, sealed under a key of its own, and is put in
place whole or not at all; the key file is the upload's. What a writer that was killed sealed beyond its journal is found again by its tags.
The upload becomes an item's object by a second name in the file system, so that until the database has committed nothing of it is lost.
"""

import hashlib
import os
import tempfile
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Protocol, Self
from uuid import UUID

from vestige.errors import BadInput, DiskFull, Fault, Underway, WrongChecksum
from vestige.evidence.values import Digest
from vestige.vault import disk, keyfiles, provider
from vestige.vault.intake import Intake, Way
from vestige.vault.keyfiles import KeyFile
from vestige.vault.keyring import KeyProvider
from vestige.vault.layout import Layout
from vestige.vault.resuming import Journal, found, sum_of
from vestige.vault.sealed import SealReader, SealWriter
from vestige.vault.transfer import Source, seal_stream

_STRIDE = 8 << 20
_MOST_HASHES = 10_000


class Sum(Protocol):
    """A checksum of hashlib's kind."""

    def update(self, data: memoryview, /) -> None:
        """Take these bytes too."""

    def digest(self) -> bytes:
        """That of all bytes."""


class Hashes:
    """How far the uploads of this process have come, each with the SHA-256 of its bytes so far: a few hundred bytes each, the newest kept."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._known: OrderedDict[UUID, tuple[int, hashlib._Hash]] = OrderedDict()

    def take(self, upload: UUID, size: int) -> "hashlib._Hash | None":
        """The sum of exactly that many bytes; it is whose takes it from here on."""
        with self._lock:
            known, sha = self._known.pop(upload, (-1, None))
        return sha if known == size else None

    def put(self, upload: UUID, size: int, sha: "hashlib._Hash") -> None:
        """Keep what is durable now."""
        with self._lock:
            self._known[upload] = (size, sha)
            if len(self._known) > _MOST_HASHES:
                self._known.popitem(last=False)

    def forget(self, upload: UUID) -> None:
        """It has ended."""
        with self._lock:
            self._known.pop(upload, None)


@dataclass(frozen=True, slots=True)
class Announced:
    """An upload: its id, the object that it is to be, and how long it is."""

    upload: UUID
    object_id: UUID
    length: int


class Growing:
    """An upload while somebody holds it. `size` bytes are here; what `receive` returned after is durable."""

    def __init__(
        self, layout: Layout, keyring: KeyProvider, way: Callable[..., Way], hashes: Hashes, announced: Announced
    ) -> None:  # what an upload needs of the vault
        self._layout, self._keyring, self._way_of, self._hashes, self._announced = layout, keyring, way, hashes, announced
        self._path, journal, self._key_path = layout.upload(announced.upload)
        self._advised = 0
        with disk.telling(self._path):
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            if not disk.lock(self._descriptor) or not os.fstat(self._descriptor).st_nlink:
                raise Underway("another request goes on with this upload at this moment")
            self._key = self._data_key()
            self._aad = str(announced.object_id).encode()
            self._journal = Journal(journal, self._key, self._aad)
            self._resume()
        except BaseException:
            os.close(self._descriptor)
            raise

    def _resume(self) -> None:
        with disk.telling(self._path):
            told = self._journal.read()
            begun, self.whole = found(self._descriptor, self._key, self._aad, told, self._announced.length)
            if begun.number > (told.number if told else 0) or self.whole:  # it is told to the sender: it must stay
                os.fsync(self._descriptor)
                disk.fsync_folder(self._layout.tmp)
        self._sealer = SealWriter(self._descriptor, self._key, self._aad, begun=begun)
        self._kept = self.size
        sha = self._hashes.take(self._announced.upload, self.size)
        if sha is None:
            with disk.telling(self._path):
                sha = sum_of(self._descriptor, self._key, self._aad, begun)
        self._sha = sha
        if not self._announced.length:
            self._keep()
        self._remember()

    @property
    def size(self) -> int:
        """Plaintext bytes that are here."""
        return self._sealer.size

    def receive(self, source: Source) -> None:
        """Take what comes, to its end; when this returns it is durable. Raises BadInput (more than was announced), DiskFull, Unavailable.

        Where it raises, what is not durable yet is forgotten: open the upload anew.
        """
        self._hashes.forget(self._announced.upload)
        try:
            seal_stream(source, self, lambda _: None, sha=self._sha)
            self._keep()
        except DiskFull as error:
            raise DiskFull("no space is left; what was acknowledged before is kept: go on with this upload when there is room") from error
        self._remember()

    def receive_checked(self, source: Source, checksum: Sum, expected: bytes) -> None:
        """The same for a chunk with a checksum: it waits in a nameless file, sealed, until it is known to be right. Raises WrongChecksum.

        No more of it waits there than the upload lacks.
        """
        with disk.telling(self._path), tempfile.TemporaryFile(dir=self._layout.tmp, buffering=0) as spool:
            key = provider.random_bytes(provider.KEY_BYTES)
            writer = SealWriter(spool.fileno(), key, b"chunk")
            seal_stream(source, _Waiting(self, writer), lambda _: None, checksum)
            writer.close()
            if checksum.digest() != expected:
                raise WrongChecksum("what arrived of this chunk is not what was announced; nothing of it is kept, send it again")
            with SealReader(os.dup(spool.fileno()), key, b"chunk") as reader:
                self.receive(reader.as_file())

    def write(self, data: memoryview) -> int:
        """Add to the end: for `seal_stream`."""
        self.refuse_beyond(self.size + len(data))
        with disk.telling(self._path):
            taken = self._sealer.write(data)
            if self.size - self._advised >= _STRIDE:
                start = max(0, self._advised - 4 * _STRIDE)
                disk.let_go(self._descriptor, start, self.size - start)
                self._advised = self.size
        return taken

    def refuse_beyond(self, size: int) -> None:
        """Raises BadInput where that is more than was announced."""
        if size > self._announced.length:
            raise BadInput(f"this upload was announced with {self._announced.length} bytes, and more come")

    def digest(self) -> Digest:
        """That of the whole upload."""
        if not self.whole:
            raise ValueError(f"{self._path} is not whole")
        return Digest(self._sha.hexdigest())

    def settling(self, item: UUID) -> Intake:
        """The whole upload on its way to be that item's object. Raises Unavailable."""
        if not self.whole:
            raise ValueError(f"{self._path} is not whole")
        return Settling(self._way_of(item, key=self._key), self._path, self._descriptor, self.size)

    def close(self) -> None:
        """Let others go on with it."""
        os.close(self._descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _keep(self) -> None:
        """Make durable what came: the file, then the journal; at the end the last segment instead."""
        with disk.telling(self._path):
            if self.size == self._announced.length and not self.whole:
                self._sealer.close()
                os.fsync(self._descriptor)
                disk.fsync_folder(self._layout.tmp)
                self.whole = True
            elif self.size > self._kept:
                begun = self._sealer.begun
                os.fsync(self._descriptor)
                self._journal.write(begun)
        self._kept = self.size

    def _remember(self) -> None:
        self._hashes.put(self._announced.upload, self.size, self._sha)

    def _data_key(self) -> bytes:
        upload, object_id = self._announced.upload, self._announced.object_id
        if self._key_path.exists():
            entry = keyfiles.read(self._key_path, upload)
            if entry.object_id != object_id:
                raise Fault(f"{self._key_path} opens object {entry.object_id}, not {object_id}")
            return self._keyring.unwrap(upload, object_id, entry.key)
        key = provider.random_bytes(provider.KEY_BYTES)
        with self._layout.key_files_held():
            keyfiles.write(self._key_path, KeyFile(upload, object_id, self._keyring.wrap(upload, object_id, key)))
        return key


class _Waiting:
    """Where a chunk waits to be known as right: no more goes there than the upload lacks."""

    def __init__(self, growing: Growing, spool: SealWriter) -> None:
        self._growing, self._spool = growing, spool

    def write(self, data: memoryview) -> int:
        """Add to the end: for `seal_stream`."""
        self._growing.refuse_beyond(self._growing.size + self._spool.size + len(data))
        return self._spool.write(data)


class Settling(Intake):
    """A whole upload on its way to be an item's object: what an intake makes has second names, so its end leaves the upload as it is."""

    def __init__(self, way: Way, source: Path, descriptor: int, size: int) -> None:
        """`descriptor` is the upload's own, under its lock."""
        self._finished = False
        self._way = way
        self._size = size
        self.path = way.unfinished
        self._made = []
        self._descriptor = os.dup(descriptor)  # the same lock
        with self._whole_or_gone():
            os.link(source, way.unfinished, follow_symlinks=False)
            self._made.append(way.unfinished)

    @property
    def size(self) -> int:
        """Plaintext bytes."""
        return self._size

    def _make_durable(self) -> None:
        """It is."""


def remove(layout: Layout, upload: UUID) -> bool:
    """Take away what an upload left in the vault; False while somebody holds it. An object that it became stays. Raises Unavailable."""
    path, journal, key = layout.upload(upload)
    with disk.telling(path):
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
        except FileNotFoundError:
            return True
        try:
            if not disk.lock(descriptor):
                return False
            disk.unlink(journal)
            with layout.key_files_held():
                disk.unlink(key)
            with suppress(FileNotFoundError):
                disk.unlink(path)  # last: it tells that something is left
        finally:
            os.close(descriptor)
    return True
