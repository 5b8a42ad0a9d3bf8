"""A wrong officer or time is corrected by a recorded act. What the camera said stays, and is shown beside it; every original's trail has both."""

from dataclasses import dataclass
from uuid import UUID

from vestige.access.permissions import Permission
from vestige.actions.belonging import unit_of
from vestige.actions.door import Desk, Pen, action
from vestige.actions.findings import close_by
from vestige.actions.items import find_recording
from vestige.actions.noticing import officer_differs
from vestige.custody.events import EventType
from vestige.errors import BadInput, NotFound
from vestige.evidence.changes import Change, Plain, Purpose, Statement
from vestige.evidence.items import FindingKind, Recording
from vestige.evidence.values import from_ms, uuid7

_SETTLED = {
    "officer": (FindingKind.CAMERA_WITHOUT_OFFICER,),
    "recorded_at": (FindingKind.CAMERA_CLOCK, FindingKind.NO_RECORDED_TIME),
}
"""What a correction of the field answers, of what is told about the recording: that of its camera's clock stays with the camera."""


@dataclass(frozen=True, slots=True)
class _Step:
    """One field's correction: words of before and after, and the recording's column that takes it."""

    field: str
    was: str
    becomes: str
    column: str
    value: Plain


@action(
    "recording.correct", Permission.RECORDING_CORRECT, EventType.RECORDING_CORRECTED, EventType.FINDING_CLOSED, EventType.FINDING_OPENED
)
def correct(desk: Desk, ref: str, reason: str, *, officer: str = "", recorded_at: int | None = None) -> Recording:
    """Say who recorded (a badge), or when (ms UTC), with a reason. `ref` is an item or a recording, by number or id.

    Raises NotFound; BadInput without a reason, with nothing to correct, for a time to come or a badge that nobody has.
    """
    recording, reason = _found(desk, ref), reason.strip()
    if not reason or len(reason) > 1000:
        raise BadInput("a correction takes a reason, of at most 1000 characters")
    steps = _steps(desk, recording, officer.strip(), recorded_at)
    if not steps:
        raise BadInput("this is what is known already; there is nothing to correct")
    with desk.writing() as pen:
        _record(desk, pen, recording, steps, reason)
        corrected = _found(desk, str(recording.id))
        _settle(desk, pen, corrected, {step.field for step in steps}, f"corrected: {reason}")
    return corrected


def _found(desk: Desk, ref: str) -> Recording:
    catalog = desk.ports.catalog
    item = catalog.item(ref, desk.known())
    recording = find_recording(desk, str(item.recording) if item else ref)
    if not recording.items:
        raise NotFound(f"there is no item or recording {ref[:100]}")
    return recording


def _steps(desk: Desk, recording: Recording, officer: str, recorded_at: int | None) -> list[_Step]:
    steps = []
    if officer:
        person = desk.ports.catalog.person(officer)
        if person is None:
            raise BadInput(f"there is nobody with badge {officer[:100]}")
        if person.id != recording.officer:
            was = f"{recording.officer_name} ({recording.officer_badge})" if recording.officer else ""
            steps.append(_Step("officer", was, f"{person.name} ({person.badge})", "officer", str(person.id)))
    if recorded_at is not None:
        if not 0 <= recorded_at <= desk.now():
            raise BadInput("a recording was made at a time that was")
        if recorded_at != recording.known_at:
            steps.append(_Step("recorded_at", _iso(recording.known_at), _iso(recorded_at), "corrected_at", recorded_at))
    return steps


def _record(desk: Desk, pen: Pen, recording: Recording, steps: list[_Step], reason: str) -> None:
    """The changes stand in the event of the first original; each of the others has one that says the same."""
    set_to: dict[str, Plain] = {step.column: step.value for step in steps}
    officer = UUID(str(set_to["officer"])) if "officer" in set_to else recording.officer
    at = set_to.get("corrected_at", recording.known_at)
    unit = unit_of(desk, officer, at if isinstance(at, int) else None)
    if unit != (str(recording.unit) if recording.unit else None):
        set_to["unit"] = unit
    changes = [Change("recording", recording.id, set_to)]
    for step in steps:
        columns: dict[str, Plain] = {"recording": str(recording.id), "field": step.field, "was": step.was, "becomes": step.becomes}
        columns |= {"reason": reason, "person": desk.actor.id, "at": desk.now()}
        changes.append(Change("correction", uuid7(), columns))
    said = {
        f"{step.field}_{word}": text for step in steps for word, text in (("was", step.was or "not known"), ("corrected", step.becomes))
    }
    originals = [one for one in recording.items if one.parent is None] or list(recording.items)
    for number, item in enumerate(originals):
        statement = Statement(
            EventType.RECORDING_CORRECTED,
            item=item.id,
            about=("recording", str(recording.id)),
            purpose=Purpose(reason),
            data=said,
            changes=() if number else tuple(changes),
            after=item.head,
        )
        pen.record(statement)


def _settle(desk: Desk, pen: Pen, corrected: Recording, fields: set[str], why: str) -> None:
    """Findings that a correction answers end with it; whoever is named now, at the time that is known now, is compared with the register."""
    answered = [kind for field in fields for kind in _SETTLED[field]]
    for finding in desk.ports.catalog.open_findings_of([corrected.id], *answered):
        close_by(desk, pen, finding, why)
    officer_differs(desk, pen, corrected, why, named="officer" in fields)


def _iso(at: int | None) -> str:
    return "" if at is None else from_ms(at).isoformat(timespec="milliseconds").replace("+00:00", "Z")
