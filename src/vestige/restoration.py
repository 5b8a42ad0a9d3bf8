"""A backup becomes a new home, whose new log holds the old one. Beside `assembly`, because a home is made.

1. The backup is read and proven. 2. Objects, key files and the database are copied into `HOME.restoring`. 3. The database is brought
forward. 4. `home:restored` begins the new log. 5. The folder gets its name. Whatever fails before 5 leaves no home.
"""

import random
import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from vestige import config
from vestige.actions.backup import begin_again
from vestige.assembly import Home, assemble, now_ms, open_home, use_database, write_settings
from vestige.config import Config
from vestige.custody import anchors
from vestige.custody.notes import Checkpoint, signed_with
from vestige.custody.signed_notes import ED25519, VerifierKey
from vestige.custody.succession import keys
from vestige.errors import BadInput, Fault
from vestige.evidence.backups import OldLog, Restored
from vestige.evidence.people import Actor
from vestige.vault import disk, restore
from vestige.vault.backup import CATALOG, Backup, Stored
from vestige.vault.keyring import Keyring

_RESTORING = ".restoring"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a restore is told: which backup (None: the newest), the keyring with the old keys, checkpoints of the old log that others hold.

    With `sample` only so many items, drawn at random, get their sealed objects back: for a trial.
    """

    name: str | None
    keyring: Path | None
    newer: Sequence[str]
    sample: int | None = None


@dataclass(frozen=True, slots=True)
class _Source:
    backup: Backup
    name: str
    manifest: dict[str, Any]
    stored: dict[UUID, Stored]

    @property
    def old_home(self) -> UUID:
        return UUID(self.manifest["home"])

    @property
    def copy(self) -> Path:
        return self.backup.snapshots / self.name / CATALOG


def restore_home(
    folder: Path, path: Path, actor: Actor, wishes: Wishes, progress: Callable[[float], None], *, now: Callable[[], int] = now_ms
) -> tuple[Home, Restored]:
    """Make `path` a home from a backup. Raises BadInput, NotFound (no such keys), Fault (the backup or a checkpoint does not hold)."""
    path = path.absolute()
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise BadInput(f"{path} is there already and not empty; a backup is restored into a new home")
    source = _source(folder, wishes)
    partial = path.with_name(path.name + _RESTORING)
    if partial.exists():
        raise BadInput(f"{partial} is there, as an interrupted restore leaves it; look at it and remove it first")
    home_id, place = uuid4(), config.key_place(path)
    keyring = place.file
    old_keys = Keyring.open(wishes.keyring or keyring, source.old_home)
    Keyring.adopt(old_keys.path, source.old_home, keyring, home_id)
    try:
        missing = restore.fill(source.backup, source.stored, partial, progress)
        write_settings(partial, home_id)
        settings = replace(config.load(partial), key_place=place)
        _database(source, settings)
        home = assemble(settings, now)
        found = _known(source, old_keys, wishes.newer, missing)
        begin_again(home.ports, actor, f"vestige.log/{home_id}", found)
        home.ports.catalog.checkpoint()
        _close()
        if path.exists():
            path.rmdir()
        partial.rename(path)
        disk.fsync_folder(path.parent)
    except BaseException:
        _close()
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return open_home(path, now=now), found


def _source(folder: Path, wishes: Wishes) -> _Source:
    from vestige.catalog import schema

    backup = Backup(folder)
    name = restore.chosen(backup, wishes.name)
    manifest, stored = backup.manifest(name), backup.stored(name)
    if strange := schema.unknown(manifest["migrations"]):
        raise BadInput(f"the backup {name} was made by a later version than this one ({', '.join(strange)})")
    if wishes.sample is not None:
        drawn = random.SystemRandom().sample(sorted(stored), min(wishes.sample, len(stored)))
        stored = {one: stored[one] for one in drawn}
    return _Source(backup, name, manifest, stored)


def _database(source: _Source, settings: Config) -> None:
    """Put the database in its place and bring it forward."""
    from vestige.catalog import copying, schema

    if not settings.database_url:
        copying.place(source.copy, settings.home)
    use_database(settings)
    if settings.database_url:
        copying.load(source.copy, tuple(source.manifest["migrations"]))
    schema.migrate()


def _known(source: _Source, old_keys: Keyring, newer: Iterable[str], missing: Sequence[str]) -> Restored:
    """What is known of the old log. Raises Fault for a checkpoint that is not its own or that the backup does not fit."""
    from vestige.catalog.restoring import root_between

    origin, text = str(source.manifest["origin"]), str(source.manifest["checkpoint"])
    log_keys = keys(old_keys.succession, VerifierKey(origin, ED25519, old_keys.public_key()))
    heads = {_signed(note, log_keys): note for note in (text, *newer, *_published(source)) if note}
    for head in heads:
        if head.size <= source.manifest["size"] and root_between(0, head.size) != head.root:
            raise Fault(f"the backup is not of the log of a checkpoint over {head.size} entries: one of the two was forged")
    newest = max(heads, key=lambda head: head.size)
    signer = next(key for key in log_keys if signed_with(text, key.public))  # an older backup's checkpoint is by an older key
    old = OldLog(origin, str(signer), _signed(text, log_keys).size, text, newest.size, old_keys.succession)
    return Restored(old, source.name, source.manifest["made"], source.manifest["events"], heads[newest], missing)


def _signed(text: str, log_keys: Sequence[VerifierKey]) -> Checkpoint:
    """The checkpoint of a note or an anchor that a key of the old log signed. Raises Fault for one that it did not, BadInput for neither."""
    anchor = anchors.parse(text)
    if anchor.checkpoint.origin != log_keys[0].name or not anchor.note.signed_by(log_keys):
        raise Fault(f"a checkpoint of another log than {log_keys[0].name} was given: {anchor.checkpoint.origin}")
    return anchor.checkpoint


def _published(source: _Source) -> Iterable[str]:
    """The checkpoint of the log's tiles, which are copied after the database."""
    path = source.backup.folder / "log" / "checkpoint"
    return (path.read_text(),) if path.is_file() else ()


def _close() -> None:
    from django.db import connections

    connections.close_all()
