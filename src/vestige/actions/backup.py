"""Backups: made while the home is in use, tried out on a schedule, restored when the worst has happened."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from uuid import UUID

from vestige.access.permissions import Permission
from vestige.actions.door import Desk, action
from vestige.custody.events import EventType
from vestige.errors import BadInput, VestigeError
from vestige.evidence.backups import BackupFacts, Restored
from vestige.evidence.changes import Plain, Statement

_MOST_NAMED = 1_000


@action("home.backup", Permission.HOME_BACKUP, EventType.BACKUP_MADE)
def backup(desk: Desk, folder: Path, keep: int, progress: Callable[[float], None]) -> BackupFacts:
    """Back the home up into a folder on another disk and keep the newest `keep` backups there.

    Raises BadInput for a folder that cannot be one, Fault where the home's log is not the one backed up before, DiskFull, Unavailable.
    """
    if keep < 1:
        raise BadInput("at least one backup is kept")
    desk.ports.catalog.checkpoint()
    with desk.ports.backups.begin(folder, desk.now()) as snapshot:
        made = snapshot.finish(desk.ports.catalog.copy(snapshot.catalog), progress)
        thinned = snapshot.thin(keep)
    data: dict[str, Plain] = {
        "backup": made.name,
        "manifest": made.sha256,
        "size": made.size,
        "objects": made.objects,
        "copied": made.copied,
        "missing": list(made.missing[:_MOST_NAMED]),
        "removed": thinned,
    }
    desk.note(Statement(EventType.BACKUP_MADE, outcome=_outcome(made), data=data))
    return made


@action("home.repair", Permission.HOME_RESTORE, EventType.HOME_REPAIRED)
def repair(desk: Desk, folder: Path) -> dict[UUID, str]:
    """Put back from a backup the sealed objects and key files that are lost or damaged. Returns what became of each such item."""
    catalog = desk.ports.catalog
    sealed_of = {item: sealed for sealed, items in catalog.objects().items() for item in items}
    wanted = {item: (sealed_of[item], digest) for item, digest in catalog.digests().items()}
    done = dict(desk.ports.backups.mend(folder, wanted))
    desk.note(Statement(EventType.HOME_REPAIRED, data={"items": {str(item): words for item, words in done.items()}}))
    return done


@action("home.restore", Permission.HOME_RESTORE, EventType.HOME_RESTORED)
def begin_again(desk: Desk, origin: str, found: Restored) -> None:
    """The first entry of the log `origin` of a restored home: it commits to the old log and states the gap. All in one transaction."""
    old: dict[str, Plain] = asdict(found.old)
    data: dict[str, Plain] = {
        "old": old,
        "newest_checkpoint": found.newest_checkpoint,
        "events": found.events,
        "lost": found.lost,
        "backup": found.backup,
        "made": found.made,
        "missing": list(found.missing[:_MOST_NAMED]),
    }
    with desk.writing() as pen:
        leaf = pen.record(Statement(EventType.HOME_RESTORED, data=data))
        desk.ports.catalog.renew(leaf, origin, found.old)


@action("home.test_restore", Permission.HOME_BACKUP, EventType.RESTORE_TESTED)
def test_restore(desk: Desk, folder: Path, sample: int) -> Mapping[str, object]:
    """Restore the newest backup into a scratch home, open `sample` items drawn at random, check the database, and record the result.

    Raises what the trial raised, after that was recorded too.
    """
    try:
        result = desk.ports.backups.try_out(folder, sample)
    except VestigeError as error:
        desk.note(Statement(EventType.RESTORE_TESTED, outcome={"failed": str(error)[:1000]}))
        raise
    words: dict[str, Plain] = {name: value for name, value in result.items() if isinstance(value, (int, str))}
    desk.note(Statement(EventType.RESTORE_TESTED, data=words))
    return result


@action("home.migrate", Permission.HOME_MIGRATE, EventType.HOME_MIGRATED)
def migrated(desk: Desk, before: tuple[str, ...], after: tuple[str, ...], kept: str) -> None:
    """The database was brought forward; `kept` names the copy of it as it was before."""
    desk.note(Statement(EventType.HOME_MIGRATED, data={"added": sorted(set(after) - set(before)), "copy": kept}))


def _outcome(made: BackupFacts) -> str | dict[str, str]:
    return {"failed": f"{len(made.missing)} files of the home are missing"} if made.missing else "success"
