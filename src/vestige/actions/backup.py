"""Backups: made while the home is in use, tried out on a schedule, restored when the worst has happened."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType
from uuid import UUID

from vestige.access.permissions import Permission
from vestige.actions.door import Desk, action
from vestige.actions.findings import open_finding
from vestige.custody.events import EventType
from vestige.errors import BadInput, NotFound, Underway, VestigeError
from vestige.evidence.backups import BackupFacts, Restored
from vestige.evidence.changes import Plain, Statement
from vestige.evidence.items import FindingKind
from vestige.evidence.values import from_ms

AGAIN = (
    "whatever was taken away since is given again (roles, dock systems, witnesses, old passwords): "
    "compare them with what you know, and take it away again"
)
"""What a person has to do after a restore: a log of which only the length is known does not tell what was done."""

_MOST_NAMED = 1_000
_KINDS = MappingProxyType({EventType.BACKUP_MADE: FindingKind.BACKUP_FAILED, EventType.RESTORE_TESTED: FindingKind.RESTORE_FAILED})


@action("home.backup", Permission.HOME_BACKUP, EventType.BACKUP_MADE, EventType.FINDING_OPENED)
def backup(desk: Desk, folder: Path, keep: int, progress: Callable[[float], None]) -> BackupFacts:
    """Back the home up into a folder on another disk and keep the newest `keep` backups there. A failure is recorded and opens a finding.

    Raises BadInput for a folder that cannot be one, Fault where the home's log is not the one backed up before, Underway, DiskFull, Unavailable.
    """
    if keep < 1:
        raise BadInput("at least one backup is kept")
    try:
        if desk.actor.kind == "system":  # the clock begins no backup in a place where none was: the disk may not be mounted
            _begun_by_hand(desk, folder)
        desk.ports.catalog.checkpoint()
        with desk.ports.backups.begin(folder, desk.now()) as snapshot:
            made = snapshot.finish(desk.ports.catalog.copy(snapshot.catalog), progress)
            thinned = snapshot.thin(keep)
    except VestigeError as error:
        _failed(desk, EventType.BACKUP_MADE, error)
        raise
    data: dict[str, Plain] = {
        "backup": made.name,
        "manifest": made.sha256,
        "size": made.size,
        "objects": made.objects,
        "copied": made.copied,
        "missing": list(made.missing[:_MOST_NAMED]),
        "removed": thinned,
    }
    words = f"{len(made.missing)} files of the home are missing" if made.missing else ""
    _told(desk, EventType.BACKUP_MADE, words, data)
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


@action("home.restore", Permission.HOME_RESTORE, EventType.HOME_RESTORED, EventType.FINDING_OPENED)
def begin_again(desk: Desk, origin: str, found: Restored) -> None:
    """The first entry of the log `origin` of a restored home: it commits to the old log and states the gap. All in one transaction.

    Then a finding: what was taken away after the backup is given again, and nobody but a person can know of it.
    """
    old: dict[str, Plain] = asdict(found.old) | {"succession": list(found.old.succession)}
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
    agency = desk.ports.catalog.agency()
    if agency is not None:
        with desk.writing() as pen:
            open_finding(desk, pen, FindingKind.RESTORED, ("agency", agency.id), f"{as_of(found.made)}; {AGAIN}")


@action("home.test_restore", Permission.HOME_BACKUP, EventType.RESTORE_TESTED, EventType.FINDING_OPENED)
def test_restore(desk: Desk, folder: Path, sample: int) -> Mapping[str, object]:
    """Restore the newest backup into a scratch home, open `sample` items drawn at random, check the database, and record the result.

    Raises what the trial raised, after that was recorded too and opened a finding.
    """
    try:
        result = desk.ports.backups.try_out(folder, sample)
    except VestigeError as error:
        _failed(desk, EventType.RESTORE_TESTED, error)
        raise
    words: dict[str, Plain] = {name: value for name, value in result.items() if isinstance(value, (int, str))}
    _told(desk, EventType.RESTORE_TESTED, "", words)
    return result


@action("home.migrate", Permission.HOME_MIGRATE, EventType.HOME_MIGRATED)
def migrated(desk: Desk, before: tuple[str, ...], after: tuple[str, ...], kept: str) -> None:
    """The database was brought forward; `kept` names the copy of it as it was before."""
    desk.note(Statement(EventType.HOME_MIGRATED, data={"added": sorted(set(after) - set(before)), "copy": kept}))


def as_of(made: int) -> str:
    """To which moment (ms UTC) a restored home went back."""
    return f"this home is as it was at {from_ms(made):%Y-%m-%d %H:%M} UTC"


def _begun_by_hand(desk: Desk, folder: Path) -> None:
    """Raises BadInput, saying what to do, where no backup of this home was ever made."""
    try:
        desk.ports.backups.claimed(folder)
    except BadInput as error:
        raise BadInput(f"{error}; mount its disk, or make the first backup there by hand: vestige backup {folder}") from error


def _failed(desk: Desk, event: EventType, error: VestigeError) -> None:
    """Record what failed, unless it is that somebody else is at it, or that a person named a folder that cannot be one."""
    if not isinstance(error, Underway) and (desk.actor.kind == "system" or not isinstance(error, BadInput)):
        _told(desk, event, str(error)[:1000], {})


def _told(desk: Desk, event: EventType, wrong: str, data: Mapping[str, Plain]) -> None:
    """One event about the agency; where something is wrong, a finding too, unless one of the kind is open."""
    agency, kind = desk.ports.catalog.agency(), _KINDS[event]
    if agency is None:
        raise NotFound("this home has no agency yet")
    known = {(one.kind, one.closed_at) for one in desk.ports.catalog.findings_of([agency.id])}
    with desk.writing() as pen:
        about = ("agency", str(agency.id))
        pen.record(Statement(event, about=about, outcome={"failed": wrong} if wrong else "success", data=data))
        if wrong and (kind, None) not in known:
            open_finding(desk, pen, kind, ("agency", agency.id), wrong)
