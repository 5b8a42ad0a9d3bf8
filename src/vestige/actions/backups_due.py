"""When the clock makes a backup, when it tries one out (R54), and what an administrator must be told while neither is well."""

from collections.abc import Iterator, Mapping

from vestige.actions.backup import backup, test_restore
from vestige.actions.ports import Ports
from vestige.custody.events import EventType
from vestige.evidence.backups import BackupFacts, BackupSchedule
from vestige.evidence.items import TrailEntry
from vestige.evidence.people import Actor
from vestige.evidence.values import from_ms

EVERY_S = 60
SAMPLE = 100
_DAY = 86_400_000
_MONTH = 30 * _DAY
_EARLY = 600_000


def is_due(ports: Ports) -> bool:
    """Whether a backup is configured and the newest is as old as that says; after one that failed, a quarter of that time."""
    schedule = ports.backups.schedule
    if schedule is None:
        return False
    tried = next(_told(ports, EventType.BACKUP_MADE), None)
    if tried is None:
        return True
    wait = schedule.every if _is_made(tried) else schedule.every // 4
    return ports.now() - tried.time >= wait - min(_EARLY, wait // 4)


def make(ports: Ports, actor: Actor) -> BackupFacts:
    """Make the backup that is configured. Raises what `backup` raises."""
    schedule = _configured(ports)
    return backup(ports, actor, schedule.folder, schedule.keep, lambda _: None)


def is_trial_due(ports: Ports) -> bool:
    """Whether there is a configured backup that was not tried out for 30 days; after a trial that failed, for one day."""
    if ports.backups.schedule is None or _last_made(ports) is None:
        return False
    tried = next(_told(ports, EventType.RESTORE_TESTED), None)
    return tried is None or ports.now() - tried.time >= (_MONTH if _held(tried) else _DAY) - _EARLY


def try_out(ports: Ports, actor: Actor) -> Mapping[str, object]:
    """Try the newest backup out. Raises what `test_restore` raises."""
    return test_restore(ports, actor, _configured(ports).folder, SAMPLE)


def warning(ports: Ports) -> str | None:
    """What an administrator must be told: that there is no backup, that the newest is too old, or that none was shown to restore."""
    schedule, now = ports.backups.schedule, ports.now()
    how = "see the findings" if schedule else "none is configured (VESTIGE_BACKUP_DIR)"
    made = _last_made(ports)
    if made is None:
        return f"This home has no backup: if its disk fails, everything is lost; {how}."
    if now - made.time > 2 * (schedule.every if schedule else _DAY):
        return f"The newest backup is of {from_ms(made.time):%Y-%m-%d %H:%M} UTC: what came in since would be lost with this disk; {how}."
    held = next((one for one in _told(ports, EventType.RESTORE_TESTED) if _held(one)), None)
    if held is None or now - held.time > 2 * _MONTH:
        since = f"since {from_ms(held.time):%Y-%m-%d}" if held else "ever"
        return f"No backup was shown to restore {since}. Try one out with: vestige restore BACKUP --test"
    return None


def _configured(ports: Ports) -> BackupSchedule:
    if ports.backups.schedule is None:
        raise RuntimeError("no backup is configured")
    return ports.backups.schedule


def _told(ports: Ports, event: EventType) -> Iterator[TrailEntry]:
    """What the log tells of backups, or of trials, newest first."""
    agency = ports.catalog.agency()
    return ports.catalog.told_of("agency", str(agency.id), event) if agency else iter(())


def _last_made(ports: Ports) -> TrailEntry | None:
    return next(filter(_is_made, _told(ports, EventType.BACKUP_MADE)), None)


def _is_made(entry: TrailEntry) -> bool:
    """Whether there was a backup at its end, be it one of a home that lacks files."""
    data = entry.opened.get("data")
    return isinstance(data, Mapping) and "backup" in data


def _held(entry: TrailEntry) -> bool:
    return entry.opened.get("outcome") == "success"
