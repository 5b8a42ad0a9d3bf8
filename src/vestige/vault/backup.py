"""A backup on another disk: copies of the database, the log's tiles, the sealed objects and the key files, in that order.

The database is copied first: what it names was durable before it, so nothing that it names can be missing later but by a loss, and that is
named. Objects are written once and copied once; a backup is incremental by nature. Everything copied is read back and compared.
A snapshot appears under its name when all of it is durable; what a run that died left is removed by the next.
"""

import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

from vestige.errors import BadInput, Fault, Underway
from vestige.evidence.backups import BackupFacts, CatalogCopy
from vestige.vault import disk
from vestige.vault.layout import Layout

MARK = "vestige-backup.json"
MANIFEST = "manifest.json"
OBJECTS = "objects.jsonl"
CATALOG = "catalog"
PROOFS = "samples"
FORMAT = "vestige-backup/1"
_PARTIAL = ".partial"
_BLOCK = 8 << 20


@dataclass(frozen=True, slots=True)
class Stored:
    """A file of the backup: its size in bytes and the SHA-256 (hex) of the bytes as they lie there."""

    size: int
    sha256: str


class Backup:
    """A folder that holds the backups of one home: `snapshots/`, `objects/` and `keys/` (shared by all), and what lies beside them."""

    def __init__(self, folder: Path) -> None:
        """`folder` is the backup's, absolute."""
        self.folder = folder.absolute()
        self.snapshots = self.folder / "snapshots"

    def object(self, object_id: UUID) -> Path:
        """Where a sealed object lies in the backup."""
        return self.folder / "objects" / str(object_id)[-2:] / str(object_id)

    def key(self, item: UUID) -> Path:
        """Where an item's key file lies in the backup."""
        return self.folder / "keys" / str(item)[-2:] / f"{item}.key"

    def proofs(self, item: UUID) -> Path:
        """Where an item's sample proofs lie in the backup."""
        return self.folder / "proofs" / str(item)[-2:] / f"{item}.{PROOFS}"

    def names(self) -> list[str]:
        """The snapshots, oldest first. Raises BadInput when this is no backup."""
        self.home()
        return sorted(path.name for path in self.snapshots.iterdir() if not path.name.endswith(_PARTIAL))

    def home(self) -> UUID:
        """Whose backup it is. Raises BadInput when this is none."""
        try:
            mark = json.loads((self.folder / MARK).read_text())
            if mark["format"] != FORMAT:
                raise BadInput(f"{self.folder} is a backup of a format that this version does not know: {mark['format']}")
            return UUID(mark["home"])
        except FileNotFoundError as error:
            raise BadInput(f"{self.folder} is no backup (no {MARK})") from error
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise BadInput(f"{self.folder / MARK} cannot be read: {error}") from error

    def manifest(self, name: str) -> dict[str, Any]:
        """What a snapshot says of itself. Raises Fault where its files are not what it says."""
        place = self.snapshots / name
        try:
            found: dict[str, Any] = json.loads((place / MANIFEST).read_text())
            files = {path: Stored(**facts) for path, facts in found["files"].items()}
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise Fault(f"{place / MANIFEST} cannot be read: {error}") from error
        for path, stored in files.items():
            if not (place / path).is_file() or digest(place / path) != stored:
                raise Fault(f"{place / path} is not what was backed up")
        return found

    def stored(self, name: str) -> dict[UUID, Stored]:
        """The objects of a snapshot with their sizes and digests."""
        lines = (self.snapshots / name / OBJECTS).read_text().splitlines()
        return {UUID(line["object"]): Stored(line["size"], line["sha256"]) for line in map(json.loads, lines)}


@dataclass(slots=True)
class Snapshot:
    """A backup being made. `catalog` is the folder into which the database writes its copy."""

    backup: Backup
    name: str
    layout: Layout
    known: dict[UUID, Stored] = field(default_factory=dict)
    before: Mapping[str, Any] = field(default_factory=dict)

    @property
    def _place(self) -> Path:
        return self.backup.snapshots / (self.name + _PARTIAL)

    @property
    def catalog(self) -> Path:
        """Where the copy of the database goes."""
        return self._place / CATALOG

    def finish(self, copy: CatalogCopy, progress: Callable[[float], None]) -> BackupFacts:
        """Copy all that the database's copy names, then close the snapshot. What is missing in the home is named, and the rest is kept.

        Refuses (Fault) a database whose log is another or shorter than in the backup before: what a roll-back lost is still in there.
        """
        if self.before and (self.before["origin"] != copy.origin or self.before["size"] > copy.size):
            seen = f"{self.before['origin']} with {self.before['size']} entries"
            raise Fault(
                f"the home's log ({copy.origin}, {copy.size} entries) is not the one backed up before ({seen}); nothing was changed"
            )
        for name in ("log", "models"):
            _mirror(self.layout.home / name, self.backup.folder / name)
        objects, copied, missing = self._objects(copy, progress)
        missing += self._keys(copy)
        self._proofs(copy)
        _mirror(self.layout.home / "recovery", self.backup.folder / "recovery")  # last: it holds the keys that any key file names
        digest_of_manifest = self._close(copy, objects)
        sizes = [objects[one].size for one in copied]
        return BackupFacts(self.name, digest_of_manifest, copy.size, len(objects), len(copied), sum(sizes), missing)

    def thin(self, keep: int) -> int:
        """After `finish`: remove all but the newest `keep` snapshots, and what none of the others names. Returns how many went."""
        names = self.backup.names()
        gone = names[: max(0, len(names) - keep)]
        for name in gone:
            (self.backup.snapshots / name).rename(self.backup.snapshots / (name + _PARTIAL))
        _sweep(self.backup)
        if gone:
            named = {str(one) for name in self.backup.names() for one in self.backup.stored(name)}
            for path in (self.backup.folder / "objects").glob("*/*"):
                if path.name not in named:
                    disk.unlink(path)
        return len(gone)

    def _objects(self, copy: CatalogCopy, progress: Callable[[float], None]) -> tuple[dict[UUID, Stored], list[UUID], list[str]]:
        wanted = sorted(set(copy.objects.values()))
        found: dict[UUID, Stored] = {}
        copied, missing = [], []
        for done, one in enumerate(wanted, 1):
            target, known = self.backup.object(one), self.known.get(one)
            if known is not None and target.is_file() and target.stat().st_size == known.size:
                found[one] = known
            elif (source := self.layout.object(one)).is_file():
                found[one] = copy_verified(source, target)
                copied.append(one)
            else:
                missing.append(f"the sealed object {one}")
            progress(done / len(wanted))
        return found, copied, missing

    def _keys(self, copy: CatalogCopy) -> list[str]:
        """Key files as they are now; one whose item is gone goes from the backup too: no copy of a key outlives the key."""
        missing = []
        for item in sorted(copy.objects):
            source, target = self.layout.key(item), self.backup.key(item)
            if not source.is_file():
                missing.append(f"the key file of item {item}")
            elif not target.is_file() or target.read_bytes() != source.read_bytes():
                copy_verified(source, target)
        for path in (self.backup.folder / "keys").glob("*/*.key"):
            if UUID(path.stem) not in copy.objects:
                disk.unlink(path)
        return missing

    def _proofs(self, copy: CatalogCopy) -> None:
        """The working copies that cannot be made again: a clip's sample proofs, whose digest its first event names."""
        for item in copy.objects:
            source, target = self.layout.working(item, PROOFS), self.backup.proofs(item)
            if source.is_file() and not target.is_file():
                copy_verified(source, target)

    def _close(self, copy: CatalogCopy, objects: Mapping[UUID, Stored]) -> str:
        lines = (json.dumps({"object": str(one), **asdict(stored)}) + "\n" for one, stored in sorted(objects.items()))
        disk.write_durably(self._place / OBJECTS, "".join(lines).encode())
        files = {str(path.relative_to(self._place)): asdict(digest(path)) for path in sorted(self._place.rglob("*")) if path.is_file()}
        facts = {"origin": copy.origin, "size": copy.size, "events": copy.events, "checkpoint": copy.checkpoint, "database": copy.kind}
        manifest = {"format": FORMAT, "home": str(self.backup.home()), "made": int(self.name), "migrations": copy.migrations, **facts}
        data = json.dumps(manifest | {"files": files}, indent=1).encode()
        disk.write_durably(self._place / MANIFEST, data)
        self._place.rename(self.backup.snapshots / self.name)
        disk.fsync_folder(self.backup.snapshots)
        return sha256(data).hexdigest()


@contextmanager
def snapshot(folder: Path, layout: Layout, home: UUID, now: int) -> Iterator[Snapshot]:
    """Begin a backup of `home` in `folder`; what is not finished when the block ends is removed.

    Raises BadInput for a folder inside the home or of something else, Underway while another backup runs there, Unavailable, DiskFull.
    """
    backup = Backup(folder)
    with disk.telling(backup.folder):
        _claim(backup, layout, home)
        descriptor = os.open(backup.folder / MARK, os.O_RDONLY)
        try:
            if not disk.lock(descriptor):
                raise Underway(f"another backup to {backup.folder} is running")
            _sweep(backup)
            names = backup.names()
            if names and int(names[-1]) >= now:
                raise BadInput(f"{backup.folder} holds a backup of a later time than now: is the clock right?")
            made = Snapshot(backup, f"{now:013d}", layout)
            if names:
                made.known, made.before = backup.stored(names[-1]), backup.manifest(names[-1])
            made.catalog.mkdir(mode=0o700, parents=True)
            try:
                yield made
            finally:
                _sweep(backup)
        finally:
            os.close(descriptor)


def copy_verified(source: Path, target: Path) -> Stored:
    """Copy a file durably and read the copy back. Raises Fault when it reads back otherwise, OSError."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = target.with_name(target.name + ".tmp")
    try:
        with source.open("rb", buffering=0) as taken, temporary.open("wb", buffering=0) as given:
            os.fchmod(given.fileno(), 0o600)
            disk.read_once(taken.fileno())
            written = _pump(taken.fileno(), given.fileno())
            os.fsync(given.fileno())
            disk.let_go(given.fileno(), 0, 0)
        if digest(temporary) != written:
            raise Fault(f"{temporary} does not read back as it was written: the disk of the backup is not sound")
        temporary.rename(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    disk.fsync_folder(target.parent)
    return written


def digest(path: Path) -> Stored:
    """Size and SHA-256 of a file, read from the disk. Raises OSError."""
    found = sha256()
    with path.open("rb", buffering=0) as file:
        disk.let_go(file.fileno(), 0, 0)
        disk.read_once(file.fileno())
        buffer = memoryview(bytearray(_BLOCK))
        size = 0
        while length := file.readinto(buffer):
            found.update(buffer[:length])
            size += length
            disk.let_go(file.fileno(), 0, size)
    return Stored(size, found.hexdigest())


def _pump(source: int, target: int) -> Stored:
    found, size = sha256(), 0
    buffer = memoryview(bytearray(_BLOCK))
    while length := os.preadv(source, [buffer], size):
        found.update(buffer[:length])
        disk.write_all(target, buffer[:length], size)
        size += length
        disk.let_go(source, 0, size)
    return Stored(size, found.hexdigest())


def _claim(backup: Backup, layout: Layout, home: UUID) -> None:
    """Make the folder a backup of this home, or find that it is one."""
    inside = backup.folder.resolve()
    if inside.is_relative_to(layout.home.resolve()) or layout.home.resolve().is_relative_to(inside):
        raise BadInput(f"{backup.folder} and the home lie in each other: a backup belongs on another disk")
    if (backup.folder / MARK).exists():
        if backup.home() != home:
            raise BadInput(f"{backup.folder} holds the backups of another home, {backup.home()}")
        return
    backup.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(backup.folder.iterdir()):
        raise BadInput(f"{backup.folder} is not empty and holds no backup")
    for name in ("snapshots", "objects", "keys"):
        (backup.folder / name).mkdir(mode=0o700)
    disk.write_durably(backup.folder / MARK, json.dumps({"format": FORMAT, "home": str(home)}).encode())


def _sweep(backup: Backup) -> None:
    for path in backup.snapshots.glob("*" + _PARTIAL):
        shutil.rmtree(path)


def _mirror(source: Path, target: Path) -> None:
    """Bring a folder up to date: new and changed files are copied, none is removed. One that its owner removes meanwhile is not missed."""
    for path in sorted(source.rglob("*")) if source.is_dir() else ():
        other = target / path.relative_to(source)
        if path.is_symlink() or path.name.endswith((".tmp", ".new")):
            continue
        with suppress(FileNotFoundError):
            if path.is_file() and not _same(path, other):
                copy_verified(path, other)


def _same(path: Path, other: Path) -> bool:
    return other.is_file() and path.stat().st_size == other.stat().st_size and digest(path) == digest(other)
