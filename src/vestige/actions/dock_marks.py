"""What a camera's bookmark says of its recording's category: applied where nobody decided before, else told in a finding."""

from collections.abc import Mapping
from uuid import UUID

from vestige.actions.door import Desk, Pen
from vestige.actions.findings import open_finding
from vestige.custody.events import EventType
from vestige.evidence.changes import Change, Statement
from vestige.evidence.items import EvidenceItem, FindingKind, ItemStatus, Recording
from vestige.policy.load import UNCATEGORIZED, Category

EVENTS = (EventType.CATEGORY_ASSIGNED, EventType.FINDING_OPENED)
_LONGEST = 100


def mark(desk: Desk, pen: Pen, item: UUID, said: Mapping[str, str]) -> None:
    """Apply the category that a bookmark names, inside a transaction that holds the dock's lock.

    A category of the policy in force is given to a recording that nobody categorised. What is not applied is told in a finding, once each.
    """
    asked = (said.get("CategoryID", "").strip()[:_LONGEST], said.get("CategoryName", "").strip()[:_LONGEST])
    found = desk.ports.catalog.item(str(item)) if any(asked) else None
    recording = desk.ports.catalog.recording_itself(found.recording) if found else None
    if found is None or recording is None:
        return
    category = _category(desk, asked)
    why = _hindrance(desk, found, recording, category)
    if category is None or why:
        _tell(desk, pen, recording, f"a bookmark of the camera says {_words(asked)}: {why}")
    elif category.name not in {recording.category, UNCATEGORIZED}:
        columns = {"category": category.name, "access_class": category.access_class}
        data = {"from": recording.category, "to": category.name, "bookmark": str(found.id)}
        changes = (Change("recording", recording.id, columns),)
        pen.record(
            Statement(EventType.CATEGORY_ASSIGNED, item=found.id, about=("recording", str(recording.id)), data=data, changes=changes)
        )


def _category(desk: Desk, asked: tuple[str, str]) -> Category | None:
    """The category of the policy in force that is meant: by its id; by its name where the dock tells no id."""
    return desk.ports.policy.categories.get((asked[0] or asked[1]).lower())


def _hindrance(desk: Desk, item: EvidenceItem, recording: Recording, category: Category | None) -> str:
    """Why the category is not applied; empty where it may be, or is the recording's already."""
    if category is None:
        return f"the policy {desk.ports.policy.name} has no such category"
    if category.name in {recording.category, UNCATEGORIZED}:
        return ""
    if item.status is ItemStatus.QUARANTINED:
        return "the bookmark is in quarantine"
    if recording.category != UNCATEGORIZED:
        return f"the recording is categorised as {recording.category}"
    decided = next(iter(desk.ports.catalog.told_of("recording", str(recording.id), EventType.CATEGORY_ASSIGNED)), None)
    return "it was decided before that the recording has no category" if decided else ""


def _tell(desk: Desk, pen: Pen, recording: Recording, words: str) -> None:
    known = desk.ports.catalog.findings_of([recording.id])
    if not any(one.kind is FindingKind.CATEGORY_NOT_APPLIED and one.detail == words for one in known):
        open_finding(desk, pen, FindingKind.CATEGORY_NOT_APPLIED, ("recording", recording.id), words)


def _words(asked: tuple[str, str]) -> str:
    ref, name = asked
    return f"{name} ({ref})" if ref and name else name or ref
