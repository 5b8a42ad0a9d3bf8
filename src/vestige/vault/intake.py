"""Files on their way into the vault: temporary, locked by their writer, sealed as they are written, then durable step by step."""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import UUID

from vestige.errors import Fault, Unavailable, VestigeError
from vestige.vault import disk, keyfiles
from vestige.vault.keyfiles import KeyFile
from vestige.vault.sealed import SealWriter

_STRIDE = 8 << 20
Bytes = bytes | bytearray | memoryview


class Unfinished:
    """A sealed file being written under a temporary name. The lock on it lives as long as its writer: who finds it free may remove it.

    What the disk refuses is DiskFull or Unavailable; everything made so far is removed before that is raised.
    """

    def __init__(self, path: Path, key: bytes, associated_data: bytes, *, hold_first: bool = False) -> None:
        self.path = path
        self._made: list[Path] = []
        self._advised = 0
        with disk.telling(path):
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        self._made.append(path)
        with self._whole_or_gone():
            if not disk.lock(self._descriptor) or not os.fstat(self._descriptor).st_nlink:
                raise Unavailable(f"{path} was swept away as it was made; try again")
            self._sealer = SealWriter(self._descriptor, key, associated_data, hold_first=hold_first)

    @property
    def size(self) -> int:
        """Plaintext bytes written so far."""
        return self._sealer.size

    def write(self, data: Bytes) -> int:
        """Add to the end; returns the number of bytes taken: all of them. Raises DiskFull, Unavailable."""
        with self._whole_or_gone():
            taken = self._sealer.write(data)
            if self.size - self._advised >= _STRIDE:
                start = max(0, self._advised - 4 * _STRIDE)  # the newest part starts on its way to disk, older parts have arrived by now
                disk.let_go(self._descriptor, start, self.size - start)
                self._advised = self.size
        return taken

    def patch(self, offset: int, data: Bytes) -> None:
        """Change bytes of a first segment that is held back. Refuses (ValueError) any other place."""
        self._sealer.patch(offset, data)

    def abandon(self) -> None:
        """Remove what was made and give the lock back. A second call does nothing. Raises Unavailable."""
        made, self._made = self._made, []
        try:
            for path in reversed(made):
                with disk.telling(path):
                    disk.unlink(path)
        finally:
            self._release()

    def _make_durable(self) -> None:
        self._sealer.close()
        os.fsync(self._descriptor)

    def _release(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor = -1

    @contextmanager
    def _whole_or_gone(self) -> Iterator[None]:
        """Where the block fails, what was made is removed, and an error of the disk becomes one of ours."""
        if self._descriptor < 0:
            raise ValueError(f"{self.path} is no longer written")
        try:
            yield
        except (OSError, VestigeError) as error:
            with suppress(Unavailable):  # the first error is the one to tell; what can't be removed now is swept later
                self.abandon()
            if isinstance(error, OSError):
                raise disk.said(error, self.path) from error
            raise


@dataclass(frozen=True, slots=True)
class Way:
    """The way of an object: where it lies while it is written, where it will lie, and the key file that opens it.

    `entry` gives what the key file says, sealed under the key that is current when it is called; `held` holds all key files meanwhile.
    `sharing` makes, from another item and its object, the key file by which this item opens that object instead.
    """

    unfinished: Path
    target: Path
    key_file: Path
    entry: Callable[[], KeyFile]
    held: Callable[[], AbstractContextManager[None]]
    sharing: Callable[[UUID, UUID], KeyFile]


class Intake(Unfinished):
    """An object on its way in. As a context manager it is abandoned where the block ends before `finish`.

    After `finish` or `share` only `done` (the database has committed) or `abandon` (it certainly has not) ends it. A block left otherwise
    gives the locks back and leaves the bytes: the database alone knows whether they are evidence; `LocalVault.sweep` removes them where
    they are not. From the first byte to the end a file under a lock tells that the writer lives: the object, then the key file too.
    """

    _sign = -1

    def __init__(self, way: Way, key: bytes, associated_data: bytes, *, hold_first: bool = False) -> None:
        self._finished = False
        self._way = way
        super().__init__(way.unfinished, key, associated_data, hold_first=hold_first)

    def finish(self) -> int:
        """Make it durable; returns the plaintext bytes. Raises DiskFull, Unavailable, Fault (the object or its key is there already).

        1. Seal what is left, fsync the object. 2. The key file: fsync, rename, fsync its folder. 3. Rename the object, fsync its folder.
        """
        way = self._way
        with self._first_end():
            if way.target.exists():
                raise Fault(f"{way.target} is there already: an object is never written over")
            self._make_durable()
            self._write_key(way.entry)
            self.path.rename(way.target)
            self._made.append(way.target)
            disk.fsync_folder(way.target.parent)
        self._finished = True
        return self.size

    def share(self, item: UUID, object_id: UUID) -> None:
        """In place of `finish`: keep the object of another item, which holds the same bytes, by a key file of its own.

        1. The key file: fsync, rename, fsync its folder. 2. What was sealed is removed; the shared object is never touched. Raises Fault,
        Tampered (the other item does not open it), DiskFull, Unavailable.
        """
        with self._first_end():
            self._write_key(lambda: self._way.sharing(item, object_id))
            disk.unlink(self.path)
            self._made.remove(self.path)
        super()._release()
        self._finished = True

    def abandon(self) -> None:
        """Remove what was made, the key file too, and give the lock back. A second call does nothing. Raises Unavailable."""
        if self._way.key_file not in self._made:
            super().abandon()
            return
        with self._way.held():
            super().abandon()

    def done(self) -> None:
        """Give the locks back: the database has committed. A second call does nothing. Refuses (ValueError) before `finish`, `share`."""
        if not self._finished:
            raise ValueError(f"{self.path} is not finished")
        self._made = []
        self._release()

    @contextmanager
    def _first_end(self) -> Iterator[None]:
        if self._finished:
            raise ValueError(f"{self.path} is finished already")
        with self._whole_or_gone():
            yield

    def _write_key(self, entry: Callable[[], KeyFile]) -> None:
        path = self._way.key_file
        with self._way.held():
            keyfiles.write(path, entry())
            self._made.append(path)
            self._sign = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
        if not disk.lock(self._sign):
            raise Unavailable(f"{path} was swept away as it was made; try again")

    def _release(self) -> None:
        super()._release()
        if self._sign >= 0:
            os.close(self._sign)
        self._sign = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._finished:
            self._release()
        else:
            self.abandon()


class WorkingWriter(Unfinished):
    """A working copy being written: `close` puts it in place of an older one, durably; a block that fails leaves the older one."""

    def __init__(self, path: Path, target: Path, key: bytes, associated_data: bytes, *, hold_first: bool = False) -> None:
        super().__init__(path, key, associated_data, hold_first=hold_first)
        self._target = target

    def close(self) -> int:
        """Make it durable and put it in place; returns the plaintext bytes. Raises DiskFull, Unavailable."""
        with self._whole_or_gone():
            self._make_durable()
            self.path.rename(self._target)
            self._made = []
            disk.fsync_folder(self._target.parent)
        self._release()
        return self.size

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._descriptor < 0:
            return
        if error is None:
            self.close()
        else:
            self.abandon()
