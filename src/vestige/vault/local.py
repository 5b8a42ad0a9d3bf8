"""The vault on local disk: begin, finish or share, open, sweep. The life of an object is told in `intake`."""

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from uuid import UUID

from vestige.errors import Fault, NotFound, Unavailable
from vestige.vault import disk, keyfiles, provider
from vestige.vault.growing import Announced, Growing, Hashes
from vestige.vault.intake import Intake, Way, WorkingWriter
from vestige.vault.keyfiles import KeyFile
from vestige.vault.keyring import KeyProvider
from vestige.vault.layout import Layout
from vestige.vault.sealed import SealReader


class LocalVault:
    """Sealed objects, working copies and key files of one home, all named by UUID. Errors of the disk are DiskFull or Unavailable."""

    def __init__(self, home: Path, keyring: KeyProvider) -> None:
        self._layout = Layout(home)
        self._keyring = keyring

    @property
    def layout(self) -> Layout:
        """Where things lie."""
        return self._layout

    def create(self) -> None:
        """Make the folders, once and durably; those that are there stay."""
        self._layout.create()

    def begin(self, item: UUID, object_id: UUID, *, hold_first: bool = False) -> Intake:
        """Begin to write a new object under a new data key. Raises Unavailable when the object is being written already.

        The caller's note of it (item and object) is durable before, and the transaction that makes it evidence proves that the note is
        still there: a sweeper that found the note without a file has removed it.
        """
        key = provider.random_bytes(provider.KEY_BYTES)
        return Intake(self._way(item, object_id, key), key, str(object_id).encode(), hold_first=hold_first)

    def grow(self, upload: UUID, object_id: UUID, length: int, hashes: Hashes) -> Growing:
        """Go on with an upload. Raises Underway while somebody else does, Fault, Tampered for bytes that do not open."""
        return Growing(self._layout, self._keyring, partial(self._way, object_id=object_id), hashes, Announced(upload, object_id, length))

    def _way(self, item: UUID, object_id: UUID, key: bytes) -> Way:
        first = self._sealed_key(item, object_id, key)  # now, so that nothing is taken in while keys cannot be sealed

        def entry() -> KeyFile:
            return first if first.key.kek == self._keyring.current else self._sealed_key(item, object_id, key)

        layout = self._layout
        places = (layout.unfinished(object_id), layout.object(object_id), layout.key(item))
        return Way(*places, entry, layout.key_files_held, partial(self._shared, item))

    def sweep(self, item: UUID, object_id: UUID, claim: Callable[[], bool]) -> bool:
        """Remove what an unfinished intake left, unless its writer lives, or `claim` says no (then False and nothing is touched).

        `item` and `object_id` are those of the intake's note: an object that it shares bears another id. Files alone don't tell a dead
        intake from one that was committed a moment ago, so `claim` is asked once the locks are held: it takes the note away, in the
        caller's transaction, where no committed row names item or object. A writer that lost a lock or its note gives up by itself.
        """
        signs = self.traces(item, object_id)
        key_file = signs[-1]
        with disk.telling(signs[1]), ExitStack() as held:
            begun = False
            for path in signs:  # in the order in which a writer makes them
                lock = _lock(path, held)
                if lock is False:
                    return False
                begun = begun or lock is True
            if not claim():
                return False
            with self._layout.key_files_held():
                if begun:  # else the writer had not begun to write: what it may be making now is not ours
                    for path in signs:
                        disk.unlink(path)
                disk.unlink(key_file.with_name(key_file.name + ".tmp"))
            for path in self._layout.workings_of(item):  # a clip's sample proofs are there before its row is
                disk.unlink(path)
        return True

    def lives(self, item: UUID, object_id: UUID) -> bool:
        """Whether the writer of an unfinished intake (item and object of its note) is alive. Looked at in the order in which it makes files."""
        signs = self.traces(item, object_id)
        with disk.telling(signs[0]), ExitStack() as held:
            return any(_lock(path, held) is False for path in signs)

    def traces(self, item: UUID, object_id: UUID) -> tuple[Path, Path, Path]:
        """The files that an unfinished intake makes, in this order: the object as it is written, as it will lie, and the key file."""
        return self._layout.unfinished(object_id), self._layout.object(object_id), self._layout.key(item)

    def open(self, item: UUID, object_id: UUID) -> SealReader:
        """Read a sealed object. Raises Fault when the object or its key is missing, Tampered when it is not what was sealed."""
        path = self._layout.object(object_id)
        key = self.data_key(item, object_id)
        try:
            descriptor = _open(path)
        except FileNotFoundError as error:
            raise Fault(f"{path} is missing: the sealed bytes of item {item}") from error
        return SealReader(descriptor, key, str(object_id).encode(), name=str(path))

    def data_key(self, item: UUID, object_id: UUID) -> bytes:
        """The data key by which an item opens an object. Raises Fault, Tampered naming what is wrong with its key file."""
        return self._keyring.unwrap(item, object_id, self._entry(item, object_id).key)

    def working_writer(self, item: UUID, object_id: UUID, kind: str, *, hold_first: bool = False) -> WorkingWriter:
        """Write a working copy, sealed under the item's own data key; in place of an older one when closed."""
        target = self._layout.working(item, kind)
        path = self._layout.unfinished_working(item, kind, provider.random_bytes(8).hex())
        return WorkingWriter(path, target, self.data_key(item, object_id), f"{item}/{kind}".encode(), hold_first=hold_first)

    def open_working(self, item: UUID, object_id: UUID, kind: str) -> SealReader:
        """Read a working copy. Raises NotFound when there is none, Tampered when it is not what was sealed."""
        path = self._layout.working(item, kind)
        try:
            descriptor = _open(path)
        except FileNotFoundError as error:
            raise NotFound(f"item {item} has no working copy of kind {kind!r}") from error
        try:
            key = self.data_key(item, object_id)
        except BaseException:
            os.close(descriptor)
            raise
        return SealReader(descriptor, key, f"{item}/{kind}".encode(), name=str(path))

    def drop_working(self, item: UUID, kind: str) -> None:
        """Remove a working copy, durably; nothing happens when there is none."""
        path = self._layout.working(item, kind)
        with disk.telling(path):
            disk.unlink(path)

    def unfinished_working(self) -> list[Path]:
        """Unfinished working copies, of live writers and of dead ones: they can be made again, so they are no fault of the home."""
        return [path for path in self._layout.leftovers() if path.parent == self._layout.tmp and path.name.count(".") == 2]

    def sweep_working(self) -> int:
        """Remove unfinished working copies whose writers are dead; returns how many."""
        swept = 0
        for path in self.unfinished_working():
            with disk.telling(path), ExitStack() as held:
                if _lock(path, held):
                    disk.unlink(path)
                    swept += 1
        return swept

    def objects(self) -> Iterator[UUID]:
        """The ids of all sealed objects."""
        return self._layout.objects()

    def items_with_key(self) -> Iterator[UUID]:
        """The items of all key files, unread."""
        return self._layout.items()

    def object_of(self, item: UUID) -> UUID:
        """The object that an item's key file names. Raises Fault."""
        return keyfiles.read(self._layout.key(item), item).object_id

    def keys(self) -> Iterator[tuple[UUID, UUID]]:
        """Item and object of all key files. Raises Fault at the first bad one; a check that goes on uses `items_with_key`, `object_of`."""
        return ((item, self.object_of(item)) for item in self._layout.items())

    def workings(self) -> Iterator[tuple[UUID, str]]:
        """Item and kind of all working copies."""
        return self._layout.workings()

    def leftovers(self) -> Iterator[Path]:
        """Unfinished files, of live writers and of dead ones."""
        return self._layout.leftovers()

    def strangers(self) -> Iterator[Path]:
        """Files in the store that are not the vault's own by their names."""
        return self._layout.strangers()

    def _shared(self, item: UUID, other: UUID, object_id: UUID) -> KeyFile:
        """The key file by which an item opens the object of another."""
        return self._sealed_key(item, object_id, self.data_key(other, object_id))

    def _sealed_key(self, item: UUID, object_id: UUID, key: bytes) -> KeyFile:
        return KeyFile(item, object_id, self._keyring.wrap(item, object_id, key))

    def _entry(self, item: UUID, object_id: UUID) -> KeyFile:
        path = self._layout.key(item)
        entry = keyfiles.read(path, item)
        if entry.object_id != object_id:
            raise Fault(f"{path} opens object {entry.object_id}, not {object_id}")
        return entry


def _open(path: Path) -> int:
    """Open for reading, never through a link. Raises FileNotFoundError, else Unavailable."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise disk.said(error, path) from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise Unavailable(f"{path} is there and is no file")
    return descriptor


def _lock(path: Path, stack: ExitStack) -> bool | None:
    """Take the lock of a file until the stack ends. None when there is no such file; False when somebody holds it."""
    try:
        descriptor = _open(path)
    except FileNotFoundError:
        return None
    stack.callback(os.close, descriptor)
    return disk.lock(descriptor)
