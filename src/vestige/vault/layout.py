"""Where things lie in a home: only ever by UUID, in 256 folders by the last two hex digits."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

from vestige.errors import Fault
from vestige.vault import disk

_KIND = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_FANOUT = tuple(f"{n:02x}" for n in range(256))


class Layout:
    """The folders of one home's vault: objects, working copies, key files, and what is on its way."""

    def __init__(self, home: Path) -> None:
        self.home = home.absolute()
        self._objects = self.home / "vault" / "objects"
        self._working = self.home / "vault" / "working"
        self._keys = self.home / "keys"
        self.tmp = self.home / "vault" / "tmp"

    def create(self) -> None:
        """Make the folders (mode 0700) and make their names durable; those that are there stay. Raises DiskFull, Unavailable."""
        with disk.telling(self.home):
            self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
            for folder in (self.home / "vault", self._objects, self._working, self._keys, self.tmp):
                folder.mkdir(mode=0o700, exist_ok=True)
            for root in (self._objects, self._working, self._keys):
                for name in _FANOUT:
                    (root / name).mkdir(mode=0o700, exist_ok=True)
                disk.fsync_folder(root)
            for folder in (self.home / "vault", self.home, self.home.parent):
                disk.fsync_folder(folder)

    def object(self, object_id: UUID) -> Path:
        """Where a sealed object lies."""
        return _in_store(self._objects, object_id, str(object_id))

    def unfinished(self, object_id: UUID) -> Path:
        """Where a sealed object lies while it is written."""
        return _in_store(self.tmp, object_id, str(object_id), flat=True)

    def key(self, item: UUID) -> Path:
        """Where an item's key file lies."""
        return _in_store(self._keys, item, f"{item}.key")

    @contextmanager
    def key_files_held(self, *, alone: bool = False) -> Iterator[None]:
        """Hold all key files: with others while one is written or removed, alone while one is sealed anew. Raises Unavailable."""
        with disk.telling(self._keys), disk.folder_locked(self._keys, shared=not alone):
            yield

    def working(self, item: UUID, kind: str) -> Path:
        """Where an item's working copy of that kind lies. Refuses (ValueError) a kind that is no plain lower-case word."""
        if not _KIND.fullmatch(kind):
            raise ValueError(f"no kind of working copy: {kind!r}")
        return _in_store(self._working, item, f"{item}.{kind}")

    def unfinished_working(self, item: UUID, kind: str, mark: str) -> Path:
        """Where a working copy lies while it is written; `mark` keeps two writers apart."""
        return _in_store(self.tmp, item, f"{self.working(item, kind).name}.{mark}", flat=True)

    def upload(self, upload: UUID) -> tuple[Path, Path, Path]:
        """Where an upload lies while it grows: its sealed bytes, its journal, its key file."""
        return self.tmp / f"{upload}-upload", self.tmp / f"{upload}-journal", self.key(upload)

    def uploads(self) -> list[UUID]:
        """The uploads of which bytes lie here."""
        with disk.telling(self.tmp):
            names = [path.name.removesuffix("-upload") for path in self.tmp.glob("*-upload")]
        return sorted(UUID(name) for name in names if _is_id(name))

    def objects(self) -> Iterator[UUID]:
        """The ids of all sealed objects."""
        return (UUID(name) for name in _names(self._objects) if _is_id(name))

    def items(self) -> Iterator[UUID]:
        """The items of all key files."""
        return (UUID(name[:-4]) for name in _names(self._keys) if name.endswith(".key") and _is_id(name[:-4]))

    def workings(self) -> Iterator[tuple[UUID, str]]:
        """Item and kind of all working copies."""
        for name in _names(self._working):
            item, _, kind = name.partition(".")
            if _is_id(item) and _KIND.fullmatch(kind):
                yield UUID(item), kind

    def workings_of(self, item: UUID) -> list[Path]:
        """The working copies of one item."""
        folder = _in_store(self._working, item, str(item)).parent
        with disk.telling(folder):
            return sorted(path for path in folder.glob(f"{item}.*") if _KIND.fullmatch(path.name.partition(".")[2]))

    def leftovers(self) -> Iterator[Path]:
        """What lies in the folder of unfinished things, and half-written key files: of live writers and of dead ones."""
        with disk.telling(self.tmp):
            yield from sorted(self.tmp.iterdir())
        with self.key_files_held():
            found = sorted(self._keys.glob("*/*.key.tmp"))
        yield from found

    def strangers(self) -> Iterator[Path]:
        """Files in the store whose names or folders are not the vault's own."""
        for root in (self._objects, self._working, self._keys):
            with disk.telling(root):
                found = sorted(path for path in root.glob("*/*") if not path.name.endswith(".key.tmp"))
            yield from (path for path in found if not self._ours(root, path))

    def _ours(self, root: Path, path: Path) -> bool:
        stem, dot, rest = path.name.partition(".")
        named = {self._objects: not dot, self._keys: rest == "key", self._working: bool(_KIND.fullmatch(rest))}[root]
        return named and _is_id(stem) and path.parent.name == stem[-2:] and path.is_file() and not path.is_symlink()


def _in_store(root: Path, id_: UUID, name: str, *, flat: bool = False) -> Path:
    """The path of a name in the store; proves that no link leads out of it. Raises Fault where one does, ValueError for what is no UUID."""
    if not isinstance(id_, UUID):
        raise ValueError(f"the vault knows things by UUID only, not {id_!r}")
    folder = root if flat else root / str(id_)[-2:]
    if folder.resolve().parent != (root.parent if flat else root).resolve():
        raise Fault(f"{folder} leads out of the store")
    return folder / name


def _names(root: Path) -> Iterator[str]:
    for name in _FANOUT:
        with disk.telling(root / name):
            found = sorted(entry.name for entry in (root / name).iterdir())
        yield from found


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
