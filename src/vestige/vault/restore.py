"""Back from a backup: sealed objects and key files into a new home, or those that a living home has lost."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from uuid import UUID

from vestige.errors import BadInput, VestigeError
from vestige.evidence.values import Digest
from vestige.vault import disk
from vestige.vault.backup import PROOFS, Backup, Stored, copy_verified, digest
from vestige.vault.layout import Layout
from vestige.vault.local import LocalVault
from vestige.vault.transfer import digest_of

_DONE = "put back"


def chosen(backup: Backup, name: str | None) -> str:
    """The snapshot of that name, or the newest. Raises BadInput when there is none."""
    names = backup.names()
    if not names or (name is not None and name not in names):
        raise BadInput(f"{backup.folder} holds no backup{f' called {name}' if name else ''}; it holds: {', '.join(names) or 'none'}")
    return name or names[-1]


def fill(backup: Backup, stored: Mapping[UUID, Stored], home: Path, progress: Callable[[float], None]) -> list[str]:
    """Copy objects, key files and what lies beside them into a new home; returns what is missing or damaged in the backup, by name."""
    layout = Layout(home)
    lost = []
    with disk.telling(home):
        layout.create()
        for done, (one, facts) in enumerate(stored.items(), 1):
            source = backup.object(one)
            if source.is_file() and copy_verified(source, layout.object(one)) == facts:
                progress(done / len(stored))
                continue
            disk.unlink(layout.object(one))
            lost.append(f"the sealed object {one} is missing or damaged in the backup")
        for path in sorted((backup.folder / "keys").glob("*/*.key")):
            copy_verified(path, layout.key(UUID(path.stem)))
        _copy_tree(backup.folder / "models", home / "models")
        _copy_tree(backup.folder / "proofs", home / "vault" / "working")
    return lost


def mend(backup: Backup, vault: LocalVault, digests: Mapping[UUID, tuple[UUID, Digest]]) -> Iterator[tuple[UUID, str]]:
    """Put back what a living home lost: for each item (with object and digest) whose bytes do not open, the backup's copy, if that does.

    What was there is kept beside as `vault/damaged/ID`. Yields the item and what was done, or what could not be: nothing is put in place
    that does not unseal to the digest. Sample proofs that do not open come back after the bytes.
    """
    for item, (sealed, wanted) in sorted(digests.items()):
        if not _opens(vault, item, sealed, wanted):
            words = _mended(backup, vault, item, sealed, wanted)
            yield item, words
            if words != _DONE:
                continue
        if backup.proofs(item).is_file() and not _proofs_open(vault, item, sealed):
            yield item, _proofs_mended(backup, vault, item, sealed)


def _mended(backup: Backup, vault: LocalVault, item: UUID, sealed: UUID, wanted: Digest) -> str:
    layout = vault.layout
    pairs = ((backup.object(sealed), layout.object(sealed)), (backup.key(item), layout.key(item)))
    for source, target in pairs:
        if not source.is_file():
            continue
        if not target.is_file() or digest(target) != digest(source):
            with disk.telling(target):
                _put_aside(layout, target)
                copy_verified(source, target)
        if _opens(vault, item, sealed, wanted):
            return _DONE
    return "not in the backup, or not whole there either"


def _proofs_mended(backup: Backup, vault: LocalVault, item: UUID, sealed: UUID) -> str:
    target = vault.layout.working(item, PROOFS)
    with disk.telling(target):
        _put_aside(vault.layout, target)
        copy_verified(backup.proofs(item), target)
    return _DONE if _proofs_open(vault, item, sealed) else "the sample proofs are not whole in the backup either"


def _put_aside(layout: Layout, path: Path) -> None:
    if not path.exists():
        return
    aside = layout.home / "vault" / "damaged"
    aside.mkdir(mode=0o700, exist_ok=True)
    place = next(place for n in range(10_000) if not (place := aside / f"{path.name}.{n}").exists())
    path.rename(place)
    disk.fsync_folder(aside)


def _opens(vault: LocalVault, item: UUID, sealed: UUID, wanted: Digest) -> bool:
    try:
        with vault.open(item, sealed) as reader:
            return digest_of(reader) == wanted
    except VestigeError:
        return False


def _proofs_open(vault: LocalVault, item: UUID, sealed: UUID) -> bool:
    try:
        with vault.open_working(item, sealed, PROOFS) as reader:
            reader.verify()
    except VestigeError:
        return False
    return True


def _copy_tree(source: Path, target: Path) -> None:
    for path in sorted(source.rglob("*")) if source.is_dir() else ():
        if path.is_file():
            copy_verified(path, target / path.relative_to(source))
