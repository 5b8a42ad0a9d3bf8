"""The triggers that keep the log append-only, made again where somebody dropped or changed them.

They stop mistakes; the evidence is the hash chain. So what is made again is never enough: a finding says since when rows may have changed
without a trace of the trigger, and whoever makes them again compares everything afterwards (`vestige fsck --remake-triggers` does).
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from vestige.access.permissions import Permission
from vestige.actions.door import Desk, action
from vestige.actions.findings import open_finding
from vestige.custody.events import EventType
from vestige.errors import NotFound
from vestige.evidence.changes import Plain, Statement
from vestige.evidence.items import FindingKind
from vestige.evidence.outages import Sight


@dataclass(frozen=True, slots=True)
class Remade:
    """What was missing or changed, what of it could not be made, and what the finding says."""

    missing: tuple[str, ...]
    not_made: tuple[str, ...]
    words: str


@action("log.guard", Permission.HOME_RESTORE, EventType.LOG_GUARDED, EventType.FINDING_OPENED)
def remake(desk: Desk) -> Remade:
    """Make missing and changed triggers again, in one transaction with the event and a finding. Raises NotFound where none is missing."""
    catalog = desk.ports.catalog
    agency = catalog.agency()
    with desk.writing(guarded=False) as pen:
        missing, seen = catalog.guards_missing(), catalog.guarded_at()
        if not missing or agency is None:
            raise NotFound("no trigger is missing or changed")
        not_made = catalog.remake_guards()
        words = _words(missing, not_made, seen)
        about = ("agency", str(agency.id))
        since: dict[str, Plain] | None = {"at": seen.at, "event": seen.event, "index": seen.index} if seen else None
        pen.record(Statement(EventType.LOG_GUARDED, about=about, data={"missing": missing, "not_made": not_made, "since": since}))
        open_finding(desk, pen, FindingKind.LOG_UNGUARDED, ("agency", agency.id), words)
    return Remade(tuple(missing), tuple(not_made), words)


def _words(missing: list[str], not_made: list[str], seen: Sight | None) -> str:
    words = f"triggers that keep rows from being changed were missing or changed: {', '.join(missing)}. {_since(seen)}"
    words += " Compare the log with anchors and witnesses that others hold: those could not be changed from here."
    if not_made:
        words += f" Not made again, because rows already break the rule (two people hold one camera at a time): {', '.join(not_made)}."
    return words


def _since(seen: Sight | None) -> str:
    if seen is None:
        return "Rows may have been changed at any time before."
    at = datetime.fromtimestamp(seen.at / 1000, UTC)
    place = "" if seen.index is None else f", entry {seen.index} of the log"
    return f"Rows may have been changed since {at:%Y-%m-%d %H:%M:%S} UTC, when they were last known to be there ({seen.event}{place})."
