"""Scheduled fixity: every sealed object is read again within 90 days and compared with the digest of its arrival (R75).

A few objects at each turn, so that the disk is left to those who work; what does not hold opens a finding, and the trail of the item says so.
"""

from collections.abc import Sequence

from vestige.access.permissions import Permission
from vestige.actions.door import Desk, action
from vestige.actions.findings import open_finding
from vestige.actions.ports import Ports
from vestige.custody.events import EventType
from vestige.errors import Fault
from vestige.evidence.changes import Plain, Statement
from vestige.evidence.items import EvidenceItem, FindingKind

PERIOD_MS = 90 * 86_400_000
EVERY_S = 60
_LEAST_BYTES = 64 << 20
_MOST_ITEMS = 200


def is_due(ports: Ports) -> bool:
    """Whether there is an object that was not read for 90 days."""
    return bool(ports.catalog.unread_since(ports.now() - PERIOD_MS, 1))


@action("fixity.check", Permission.HOME_CHECK, EventType.FIXITY_CHECKED, EventType.FINDING_OPENED)
def check_some(desk: Desk, share: int | None = None) -> int:
    """Read the objects that waited longest, about `share` bytes of them (None: as many as a turn takes). Returns how many do not hold.

    A turn takes what makes the whole archive come round in half the period, and at least 64 MB.
    Raises Unavailable where the disk or the keys do not answer: that says nothing of the bytes.
    """
    catalog, now = desk.ports.catalog, desk.now()
    turns = PERIOD_MS // 2 // (EVERY_S * 1000)
    left = share if share is not None else max(_LEAST_BYTES, -(-catalog.archive_bytes() // turns))
    read, bad = 0, []
    for item in catalog.unread_since(now - PERIOD_MS, _MOST_ITEMS):
        if read and left <= 0:
            break
        words = _wrong(desk, item)
        if words:
            bad.append(item)
            _report(desk, item, words)
        catalog.was_read(item.id, now)
        left, read = left - item.size, read + 1
    desk.note(Statement(EventType.FIXITY_CHECKED, outcome=_outcome(bad), data={"items": read, "wrong": [item.number for item in bad]}))
    return len(bad)


def _wrong(desk: Desk, item: EvidenceItem) -> str:
    """What is wrong with the stored bytes; nothing where they are those that were taken in."""
    try:
        found = desk.ports.vault.digest(item.id, item.sealed)
    except Fault as error:
        return str(error)
    return "" if found == item.sha256 else "the stored bytes are not those that were taken in"


def _report(desk: Desk, item: EvidenceItem, words: str) -> None:
    known = {(one.kind, one.closed_at) for one in desk.ports.catalog.findings_of([item.id])}
    with desk.writing() as pen:
        pen.record(Statement(EventType.FIXITY_CHECKED, item=item.id, outcome={"failed": words[:1000]}))
        if (FindingKind.FIXITY_MISMATCH, None) not in known:
            open_finding(desk, pen, FindingKind.FIXITY_MISMATCH, ("item", item.id), words[:1000])


def _outcome(bad: Sequence[EvidenceItem]) -> Plain:
    return {"failed": f"{len(bad)} items do not hold"} if bad else "success"
