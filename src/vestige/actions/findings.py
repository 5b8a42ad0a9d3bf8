"""Findings: what needs a person."""

from uuid import UUID

from vestige.access.permissions import Permission
from vestige.actions.door import Desk, Pen, action
from vestige.custody.events import EventType
from vestige.errors import BadInput, Unseen
from vestige.evidence.changes import Statement
from vestige.evidence.items import Finding, FindingKind
from vestige.evidence.values import uuid7


@action("finding.list", Permission.FINDING_LIST, EventType.FINDING_LISTED)
def list_findings(desk: Desk, *, closed: bool = False) -> list[Finding]:
    """Open findings, or all of them; of those about a recording, or what belongs to one, only where the actor may know of it."""
    findings = desk.ports.catalog.findings(desk.known(), closed=closed)
    desk.note(Statement(EventType.FINDING_LISTED, data={"count": len(findings)}))
    return findings


@action("finding.close", Permission.FINDING_CLOSE, EventType.FINDING_CLOSED)
def close(desk: Desk, ref: UUID, reason: str) -> None:
    """End a finding with a reason. Raises NotFound; BadInput without a reason or when it is closed already."""
    finding = desk.ports.catalog.finding(ref, desk.known())
    if finding is None:
        raise Unseen(f"there is no finding {ref}")
    if finding.closed_at is not None or not reason.strip():
        raise BadInput("this finding is closed already" if finding.closed_at else "closing a finding takes a reason")
    with desk.writing() as pen:
        close_by(desk, pen, finding, reason.strip())


def close_by(desk: Desk, pen: Pen, finding: Finding, reason: str) -> None:
    """End a finding inside a transaction."""
    desk.ports.catalog.close_finding(finding.id, desk.now(), reason)
    pen.record(Statement(EventType.FINDING_CLOSED, about=(finding.object_kind, str(finding.object_id)), data=_data(finding, reason)))


def open_finding(desk: Desk, pen: Pen, kind: FindingKind, about: tuple[str, UUID], detail: str) -> None:
    """Open a finding inside a transaction."""
    opened_by = f"{desk.actor.kind}:{desk.actor.id}"
    finding = Finding(uuid7(), kind, about[0], about[1], detail, opened_by, desk.now(), None, None, None, None)
    desk.ports.catalog.open_finding(finding)
    pen.record(Statement(EventType.FINDING_OPENED, about=(about[0], str(about[1])), data=_data(finding, detail)))


def _data(finding: Finding, words: str) -> dict[str, str]:
    return {"finding": str(finding.id), "kind": finding.kind.value, "words": words}
