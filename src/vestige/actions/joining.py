"""A person joins two recordings of one activation of a camera, of which two docks sent a part each (decision 15)."""

from dataclasses import dataclass, replace
from uuid import UUID

from vestige.access.permissions import Permission
from vestige.actions import dock_whole
from vestige.actions.belonging import unit_of
from vestige.actions.door import Desk, Pen, action
from vestige.actions.findings import close_by, open_finding
from vestige.actions.items import find_recording
from vestige.actions.joined import by_dock
from vestige.actions.noticing import officer_differs
from vestige.custody.events import EventType
from vestige.errors import BadInput, Unavailable
from vestige.evidence.access import bits
from vestige.evidence.changes import Change, Plain, Statement
from vestige.evidence.items import FindingKind, Recording
from vestige.policy.load import UNCATEGORIZED

_ASKED_ANEW = frozenset({FindingKind.CLIPS_MISSING, FindingKind.EVENTS_WITHOUT_VIDEO})


@dataclass(frozen=True, slots=True)
class Joined:
    """What became of it: the recording that has all of it now, and the numbers of the items that came to it."""

    recording: UUID
    number: str
    items: tuple[str, ...]


@action("recording.join", Permission.RECORDING_JOIN, EventType.RECORDING_JOINED, EventType.CATEGORY_ASSIGNED, *dock_whole.EVENTS)
def join(desk: Desk, ref: str, into: str, reason: str) -> Joined:
    """Everything of a recording becomes part of another, of the same camera and trigger time. Bytes, numbers and trails stay.

    Raises NotFound; BadInput where they are not of one activation, or where what is decided for them does not agree, or without a reason.
    """
    part, whole = find_recording(desk, ref), find_recording(desk, into)
    _may_be_one(part, whole)
    if not reason.strip():
        raise BadInput("joining recordings takes a reason")
    with desk.writing() as pen:
        containers = desk.ports.docks.containers([part.id, whole.id])
        for dock in sorted({one.dock for one in containers}):
            desk.ports.docks.lock(dock)  # what a dock is just sending is committed before, or goes to the other recording
        if [find_recording(desk, ref), find_recording(desk, into)] != [part, whole] or desk.ports.docks.containers(
            [part.id, whole.id]
        ) != containers:
            raise Unavailable("a part of it came in just now; look at it, and join it then")
        _decide(desk, pen, part, whole)
        for item in part.items:
            data = {"from": part.number, "to": whole.number, "reason": reason.strip()[:500]}
            moved = (Change("item", item.id, {"recording": str(whole.id)}),)
            pen.record(Statement(EventType.RECORDING_JOINED, item=item.id, about=("recording", str(whole.id)), data=data, changes=moved))
        sent = tuple(Change("dock_container", one.id, {"recording": str(whole.id)}) for one in containers if one.recording == part.id)
        told: dict[str, Plain] = {"into": whole.number, "reason": reason.strip()[:500]}
        pen.record(Statement(EventType.RECORDING_JOINED, about=("recording", str(part.id)), data=told, changes=sent))
        _settle(desk, pen, part, whole, f"joined into {whole.number}: {reason.strip()[:500]}")
    return Joined(whole.id, whole.number, tuple(item.number for item in part.items))


def _settle(desk: Desk, pen: Pen, part: Recording, whole: Recording, words: str) -> None:
    """Findings that the join answers end; what is missing is asked of the whole, and what else was told of the part is told of the whole."""
    answered = {FindingKind.RECORDING_ELSEWHERE, *((FindingKind.CAMERA_WITHOUT_OFFICER,) if part.officer or whole.officer else ())}
    known = desk.ports.catalog.open_findings_of([part.id, whole.id], *FindingKind)
    told = {(one.kind, one.detail) for one in known if one.object_id == whole.id}
    for finding in known:
        if finding.kind in answered or finding.object_id == part.id:
            close_by(desk, pen, finding, words)
        if finding.object_id == part.id and finding.kind not in answered | _ASKED_ANEW and (finding.kind, finding.detail) not in told:
            open_finding(desk, pen, finding.kind, ("recording", whole.id), finding.detail)
    if now := desk.ports.catalog.recording(str(whole.id)):
        officer_differs(desk, pen, now, words, again=False)
    for container in desk.ports.docks.containers([whole.id]):
        dock_whole.look(desk, pen, container)


def _may_be_one(part: Recording, whole: Recording) -> None:
    """Raises BadInput with the reason why they may not."""
    same = part.device == whole.device and part.device is not None and part.recorded_at == whole.recorded_at
    if part.id == whole.id or not same or not (by_dock(part) and by_dock(whole)):
        raise BadInput("only recordings that docks sent, of one camera and one trigger time, can be joined")
    if not part.items or not whole.items:
        raise BadInput(f"{(whole if part.items else part).number} has nothing of its own any more: it was joined before")
    if None not in {part.officer, whole.officer} and part.officer != whole.officer:
        raise BadInput(
            f"{part.number} is of {part.officer_badge} and {whole.number} of {whole.officer_badge}: one of them must be corrected first"
        )
    if part.category != whole.category and UNCATEGORIZED not in {part.category, whole.category}:
        raise BadInput(f"{part.number} is categorised as {part.category} and {whole.number} as {whole.category}: decide on one first")

    if None not in {part.corrected_at, whole.corrected_at} and part.corrected_at != whole.corrected_at:
        raise BadInput(f"the times of {part.number} and {whole.number} were corrected to different ones: correct one of them first")
    if part.test != whole.test:
        raise BadInput("one of them is marked as a function check and the other is not: decide on one first")


def _decide(desk: Desk, pen: Pen, part: Recording, whole: Recording) -> None:
    """What one of them has and the other lacks goes to the whole."""
    if whole.category == UNCATEGORIZED != part.category:
        columns: dict[str, Plain] = {"category": part.category, "access_class": part.access_class}
        data = {"from": whole.category, "to": part.category, "joined": part.number}
        changes = (Change("recording", whole.id, columns),)
        pen.record(Statement(EventType.CATEGORY_ASSIGNED, about=("recording", str(whole.id)), data=data, changes=changes))
    lacking: dict[str, Plain] = {}
    if whole.officer is None and part.officer is not None:
        lacking["officer"] = str(part.officer)
    if whole.place is None and part.place is not None:
        lacking |= {"latitude_e7": round(part.place.latitude * 1e7), "longitude_e7": round(part.place.longitude * 1e7)}
    if not part.marks <= whole.marks:
        lacking["marks"] = bits(part.marks | whole.marks)
    if whole.corrected_at is None and part.corrected_at is not None:
        lacking["corrected_at"] = part.corrected_at
    if whole.clock_offset_ms is None and part.clock_offset_ms is not None:
        lacking["clock_offset_ms"] = part.clock_offset_ms
    unit = _unit(desk, part, whole)
    if unit != (str(whole.unit) if whole.unit else None):
        lacking["unit"] = unit
    if lacking:
        data = {"from": part.number}
        changes = (Change("recording", whole.id, lacking),)
        pen.record(Statement(EventType.RECORDING_JOINED, about=("recording", str(whole.id)), data=data, changes=changes))


def _unit(desk: Desk, part: Recording, whole: Recording) -> str | None:
    """The unit of the officer and the time that the whole has after the join; its own where neither changes."""
    officer = part.officer if whole.officer is None else whole.officer
    corrected = part.corrected_at if whole.corrected_at is None else whole.corrected_at
    offset = part.clock_offset_ms if whole.clock_offset_ms is None else whole.clock_offset_ms
    joined = replace(whole, officer=officer, corrected_at=corrected, clock_offset_ms=offset)
    if (joined.officer, joined.known_at) == (whole.officer, whole.known_at):
        return str(whole.unit) if whole.unit else None
    return unit_of(desk, joined.officer, joined.known_at)
