"""The vault as actions want it: whole acts on files and objects."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from uuid import UUID

from vestige.actions.ports import Intake as AnyIntake
from vestige.errors import BadInput
from vestige.evidence.backups import BackupSchedule
from vestige.evidence.home import Contents, Fault
from vestige.evidence.values import Digest
from vestige.vault import disk
from vestige.vault.backup import Backup, Snapshot, snapshot
from vestige.vault.checking import VaultCheck
from vestige.vault.decrypted import Decrypted
from vestige.vault.growing import Growing, Hashes, remove
from vestige.vault.intake import Intake, WorkingWriter
from vestige.vault.local import LocalVault
from vestige.vault.restore import mend
from vestige.vault.sealed import SealReader
from vestige.vault.transfer import Checksum, Source, compare, digest_of, seal_stream


class BackupHands:
    """Backups of one home, and whether some are made by the clock."""

    def __init__(
        self, vault: LocalVault, home: UUID, try_out: Callable[[Path, int], Mapping[str, object]], schedule: BackupSchedule | None
    ) -> None:
        """`home` is the id of the home that is backed up; `try_out` restores a backup into a scratch home."""
        self._vault, self._home = vault, home
        self.try_out = try_out
        self.schedule = schedule

    def claimed(self, folder: Path) -> None:
        """Raises BadInput where no backup of this home was ever made in the folder, as in the place of a disk that is not mounted."""
        if Backup(folder).home() != self._home:
            raise BadInput(f"{folder} holds the backups of another home")

    def begin(self, folder: Path, now: int) -> AbstractContextManager[Snapshot]:
        """A backup being made."""
        return snapshot(folder, self._vault.layout, self._home, now)

    def mend(self, folder: Path, digests: Mapping[UUID, tuple[UUID, Digest]]) -> Iterator[tuple[UUID, str]]:
        """Put back what is lost or damaged. Refuses (BadInput) the backup of another home."""
        self.claimed(folder)
        return mend(Backup(folder), self._vault, digests)


class UploadHands:
    """The bytes of uploads that grow."""

    def __init__(self, vault: LocalVault) -> None:
        """`vault` holds them."""
        self._vault, self._hashes = vault, Hashes()

    def begun(self, upload: UUID) -> bool:
        """Whether any bytes of it may be here."""
        return self._vault.layout.upload(upload)[0].is_file()

    def grow(self, upload: UUID, object_id: UUID, length: int) -> Growing:
        """Go on with an upload. Raises Underway while somebody else does."""
        return self._vault.grow(upload, object_id, length, self._hashes)

    def remove(self, upload: UUID) -> bool:
        """Take away what it left; False while somebody holds it."""
        self._hashes.forget(upload)
        return remove(self._vault.layout, upload)

    def left(self) -> list[UUID]:
        """The uploads of which something lies in the vault."""
        return self._vault.layout.uploads()


class VaultHands:
    """Seals, opens, compares and checks."""

    def __init__(self, vault: LocalVault) -> None:
        """`vault` holds the sealed objects."""
        self._vault = vault

    def begin(self, item: UUID, object_id: UUID, *, hold_first: bool = False) -> Intake:
        """An object on its way in."""
        return self._vault.begin(item, object_id, hold_first=hold_first)

    def seal(self, path: Path, intake: AnyIntake, progress: Callable[[int], None]) -> tuple[Digest, int]:
        """One pass over a file. Raises BadInput for one that cannot be read."""
        try:
            source = path.open("rb", buffering=0)
        except OSError as error:
            raise BadInput(f"{path} cannot be read: {error.strerror}") from error
        with source:
            return seal_stream(source, intake, progress)

    def seal_stream(self, source: Source, intake: AnyIntake, checksum: Checksum) -> tuple[Digest, int]:
        """One pass over what comes in by itself; `checksum` is updated with the same bytes."""
        return seal_stream(source, intake, lambda _: None, checksum)

    def decrypt(self, item: UUID, object_id: UUID, how: tuple[bytes, bytes], intake: AnyIntake) -> tuple[Digest, int]:
        """One pass over an object that a camera encrypted, by content key and vector. Raises BadInput where they do not open it."""
        with self._vault.open(item, object_id) as reader:
            return seal_stream(Decrypted(reader, *how), intake, lambda _: None)

    def sweep(self, item: UUID, object_id: UUID, claim: Callable[[], bool]) -> bool:
        """Remove what a dead intake left; False while it lives, and where `claim` says that it is evidence."""
        return self._vault.sweep(item, object_id, claim)

    def open(self, item: UUID, object_id: UUID) -> SealReader:
        """An object, for random access."""
        return self._vault.open(item, object_id)

    def sweep_working(self) -> int:
        """Remove unfinished working copies whose writers are dead; returns how many."""
        return self._vault.sweep_working()

    def holds(self, object_id: UUID) -> bool:
        """Whether the sealed object is there."""
        return self._vault.layout.object(object_id).is_file()

    def room(self) -> tuple[int, int]:
        """Bytes used and bytes in all of the disk that holds the objects, for whoever is not its superuser. Raises Unavailable."""
        return disk.room(self._vault.layout.tmp)

    def matches(self, path: Path, item: UUID, object_id: UUID) -> bool:
        """Whether the file is, byte for byte, what the object unseals to."""
        with self._vault.open(item, object_id) as reader:
            return compare(path, reader)

    def digest(self, item: UUID, object_id: UUID) -> Digest:
        """The digest of what the object unseals to now."""
        with self._vault.open(item, object_id) as reader:
            return digest_of(reader)

    def write_working(self, item: UUID, object_id: UUID, kind: str, data: bytes) -> None:
        """Seal a working copy under the item's own key."""
        with self._vault.working_writer(item, object_id, kind) as writer:
            writer.write(data)
            writer.close()

    def drop_working(self, item: UUID, kind: str) -> None:
        """Remove a working copy; nothing happens when there is none."""
        self._vault.drop_working(item, kind)

    @contextmanager
    def working_sink(self, item: UUID, object_id: UUID, kind: str) -> Iterator[WorkingWriter]:
        """A working copy that the media child writes; kept when the block ends, gone when it raises."""
        with self._vault.working_writer(item, object_id, kind, hold_first=True) as writer:
            yield writer
            writer.close()

    def open_working(self, item: UUID, object_id: UUID, kind: str) -> SealReader:
        """A working copy, for random access."""
        return self._vault.open_working(item, object_id, kind)

    def lives(self, item: UUID, object_id: UUID) -> bool:
        """Whether the writer of an unfinished intake is alive."""
        return self._vault.lives(item, object_id)

    def faults(self, contents: Contents) -> Iterator[Fault]:
        """What does not hold: objects and keys that are missing or nobody's, and bytes that are not what was taken in."""
        return VaultCheck(self._vault, contents).faults()
