"""What was wrong with a camera and how it ended (repaired, replaced, retired), and function checks before a shift."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from vestige.access.permissions import Permission
from vestige.actions.devices import find, locked, with_nobody, words_of
from vestige.actions.door import Desk, Pen, action
from vestige.actions.items import find_recording
from vestige.custody.events import EventType
from vestige.errors import BadInput, NotFound
from vestige.evidence.changes import Change, Plain, Statement
from vestige.evidence.devices import DeviceFault, FaultOutcome, FaultReason
from vestige.evidence.items import Device, Recording
from vestige.evidence.values import uuid7

_LONGEST = 2000


@dataclass(frozen=True, slots=True)
class Ended:
    """How a fault ended, in whose words, and the serial number of the camera that came in place of this one."""

    outcome: str
    words: str = ""
    replaced_by: str = ""


@dataclass(frozen=True, slots=True)
class FaultList:
    """Faults, newest first, and how many there are of each reason, the older ones with them."""

    newest: Sequence[DeviceFault]
    counts: Mapping[str, int]


@action("device.report_fault", Permission.DEVICE_FAULT, EventType.DEVICE_FAULT_REPORTED)
def report(desk: Desk, serial: str, reason: str, words: str, noticed_at: int | None = None) -> UUID:
    """Somebody found that something is wrong with a camera (R28). Raises NotFound, BadInput for a reason that is none or a time to come."""
    device, now = find(desk, serial), desk.now()
    known = {one.value for one in FaultReason}
    if reason not in known:
        raise BadInput(f"the reason of a fault is one of {', '.join(sorted(known))}, not {reason[:100]!r}")
    at = now if noticed_at is None else noticed_at
    if not 0 <= at <= now:
        raise BadInput("a fault was noticed at a time that was")
    ref = uuid7()
    columns: dict[str, Plain] = {
        "device": str(device.id),
        "noticed_at": at,
        "reason": reason,
        "words": words_of(words, "what is said of a fault", _LONGEST),
        "outcome": "",
        "outcome_words": "",
        "replaced_by": None,
        "ended_at": None,
    }
    change = Change("device_fault", ref, columns)
    desk.note(Statement(EventType.DEVICE_FAULT_REPORTED, about=("device", str(device.id)), changes=(change,)))
    return ref


@action("device.end_fault", Permission.DEVICE_FAULT, EventType.DEVICE_FAULT_ENDED, EventType.DEVICE_CHANGED)
def end(desk: Desk, ref: UUID, ended: Ended) -> None:
    """Say how a fault ended. A camera that was replaced or retired goes out of use. Raises NotFound, BadInput."""
    fault, now = desk.ports.devices.fault(ref), desk.now()
    if fault is None:
        raise NotFound(f"there is no fault {ref}")
    _check(fault, ended)
    with desk.writing() as pen:
        device = locked(desk, find(desk, fault.serial))
        other = _replacement(desk, fault, ended)
        _check(desk.ports.devices.fault(ref) or fault, ended)
        goes = ended.outcome in {FaultOutcome.REPLACED, FaultOutcome.RETIRED} and device.out_of_use is None
        if goes:
            with_nobody(desk, device)
        _write_end(pen, fault, ended, (now, other))
        if goes:
            changes = (Change("device", device.id, {"out_of_use": now}),)
            about = ("device", str(device.id))
            pen.record(Statement(EventType.DEVICE_CHANGED, about=about, data={"reason": ended.outcome}, changes=changes))


@action("device.list_faults", Permission.DEVICE_LIST, EventType.DEVICE_LISTED)
def list_faults(desk: Desk, since: int | None = None) -> FaultList:
    """Faults of all cameras noticed since then (ms): the newest thousand, and all of them counted by reason (R28)."""
    found = FaultList(desk.ports.devices.faults(since=since), desk.ports.devices.fault_counts(since))
    desk.note(Statement(EventType.DEVICE_LISTED, data={"faults": len(found.newest)}))
    return found


@action("recording.mark_test", Permission.RECORDING_MARK_TEST, EventType.RECORDING_MARKED_TEST)
def mark_test(desk: Desk, ref: str, *, test: bool) -> Recording:
    """Mark a recording as a function check before a shift (R29), or take the mark away. Raises NotFound, BadInput where it is so already."""
    recording = find_recording(desk, ref)
    if recording.test == test:
        raise BadInput(f"{recording.number} is {'marked as a function check already' if test else 'not marked as a function check'}")
    changes = (Change("recording", recording.id, {"test": test}),)
    items = recording.segments or recording.items
    if not items:
        raise NotFound(f"{recording.number} holds nothing any more: it was joined into another")
    with desk.writing() as pen:
        for number, item in enumerate(items):
            statement = Statement(
                EventType.RECORDING_MARKED_TEST,
                item=item.id,
                about=("recording", str(recording.id)),
                data={"test": test},
                changes=changes if not number else (),
            )
            pen.record(statement)
    return recording


def _replacement(desk: Desk, fault: DeviceFault, ended: Ended) -> Device | None:
    """The camera that came instead, as it is by now. Raises BadInput for the faulty one itself, NotFound."""
    if not ended.replaced_by.strip():
        return None
    other = find(desk, ended.replaced_by)
    if other.id == fault.device:
        raise BadInput("a camera is not replaced by itself")
    return other


def _write_end(pen: Pen, fault: DeviceFault, ended: Ended, told: tuple[int, Device | None]) -> None:
    now, other = told
    columns: dict[str, Plain] = {
        "outcome": ended.outcome,
        "outcome_words": words_of(ended.words, "what is said of a fault", _LONGEST),
        "replaced_by": str(other.id) if other else None,
        "ended_at": now,
    }
    change = Change("device_fault", fault.id, columns)
    pen.record(Statement(EventType.DEVICE_FAULT_ENDED, about=("device", str(fault.device)), changes=(change,)))


def _check(fault: DeviceFault, ended: Ended) -> None:
    known = {one.value for one in FaultOutcome}
    if ended.outcome not in known:
        raise BadInput(f"a fault ends as one of {', '.join(sorted(known))}, not {ended.outcome[:100]!r}")
    if fault.ended_at is not None:
        raise BadInput("this fault has ended already")
    if bool(ended.replaced_by.strip()) != (ended.outcome == FaultOutcome.REPLACED):
        raise BadInput("a camera that was replaced has another in its place, and no other has: say which (its serial number)")
