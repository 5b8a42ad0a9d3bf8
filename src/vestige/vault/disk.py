"""What the vault does to a file system: durable writes, folders, locks, and errors of the disk said in our words."""

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vestige.errors import DiskFull, Unavailable

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def said(error: OSError, path: Path) -> Unavailable:
    """The error of the disk as one of ours: DiskFull where no space is left, else Unavailable."""
    if error.errno in _FULL:
        return DiskFull(f"no space is left to keep {path} ({error.strerror}): nothing of it was kept")
    return Unavailable(f"{path}: {error.strerror or error}")


@contextmanager
def telling(path: Path) -> Iterator[None]:
    """Raise DiskFull or Unavailable, naming `path`, where the block meets an OSError."""
    try:
        yield
    except OSError as error:
        raise said(error, path) from error


def fsync_folder(folder: Path) -> None:
    """Make the names in a folder durable. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_durably(path: Path, data: bytes) -> None:
    """Put `data` at `path` (mode 0600): temporary file beside it, fsync, rename, fsync of the folder.

    The temporary file is `NAME.tmp`: two writers of one path are kept apart by the caller. Raises OSError after removing it.
    """
    temporary = path.with_name(path.name + ".tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    try:
        try:
            write_all(descriptor, memoryview(data), 0)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        temporary.rename(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    fsync_folder(path.parent)


def write_all(descriptor: int, data: memoryview, offset: int) -> None:
    """Write all of `data` at `offset`, however often the system takes only a part. Raises OSError."""
    while data:
        done = os.pwrite(descriptor, data, offset)
        data, offset = data[done:], offset + done


def unlink(path: Path) -> None:
    """Remove a file, if it is there, and make that durable. Raises OSError."""
    try:
        path.unlink()
    except FileNotFoundError:
        return
    fsync_folder(path.parent)


def lock(descriptor: int) -> bool:
    """Take the exclusive lock of an open file if nobody holds it. It ends with the descriptor, so with the process at the latest."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def folder_locked(folder: Path, *, shared: bool = False) -> Iterator[None]:
    """Hold a folder's lock, alone or with others who share it, waiting for it. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def room(folder: Path) -> tuple[int, int]:
    """Bytes used and bytes in all of the file system of a folder, as far as ordinary users may use it. Raises Unavailable."""
    with telling(folder):
        found = os.statvfs(folder)
    used = (found.f_blocks - found.f_bfree) * found.f_frsize
    return used, used + found.f_bavail * found.f_frsize


def read_once(descriptor: int) -> None:
    """Tell the system that a file is read from start to end."""
    os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_SEQUENTIAL)


def let_go(descriptor: int, offset: int, length: int) -> None:
    """Start writing that range back and let its clean pages go, so that a large file does not push everything else out of memory."""
    os.posix_fadvise(descriptor, offset, length, os.POSIX_FADV_DONTNEED)
