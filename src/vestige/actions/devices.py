"""Cameras: the register, and who has which. What was wrong with one stands in `device_faults`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from vestige.access.judge import matches
from vestige.access.permissions import Permission
from vestige.actions.door import Desk, Pen, action
from vestige.actions.items import subject_of
from vestige.actions.noticing import officer_differs
from vestige.custody.events import EventType
from vestige.errors import BadInput, NotFound
from vestige.evidence.changes import Change, Plain, Statement
from vestige.evidence.devices import Assignment, DeviceFault, DeviceKind, Mount, Seen, clashing
from vestige.evidence.items import Device, Finding, Recording
from vestige.evidence.people import Person
from vestige.evidence.values import uuid7

_LONGEST_MODEL = 200
_LATEST = 1 << 48
"""Milliseconds: no time behind it is meant (the year 10889)."""
_SHOWN = 50
_BLANKS = frozenset("\n\r\t\u00a0\u2003\u2009\u200b\u200c\u200d\u200e\u200f\u202f\u3000")
"""Blanks and line ends that people and browsers put into words; no other character that cannot be printed."""


@dataclass(frozen=True, slots=True)
class Described:
    """What the register says of a camera; an empty word says that it is not known."""

    serial: str
    model: str = ""
    mount: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class DeviceFacts:
    """A camera as its page shows it. `tested`: its newest function check before a shift (ms)."""

    device: Device
    seen: Seen
    assignments: Sequence[Assignment]
    holder: Assignment | None
    faults: Sequence[DeviceFault]
    recordings: Sequence[Recording]
    tested: int | None
    findings: Sequence[Finding]


@dataclass(frozen=True, slots=True)
class Listed:
    """A line of the list: a camera, who has it now, when it was last heard of."""

    device: Device
    holder: Assignment | None
    seen: Seen


@action("device.register", Permission.DEVICE_REGISTER, EventType.DEVICE_REGISTERED)
def register(desk: Desk, serial: str, model: str = "", mount: str = "", kind: str = "") -> Device:
    """Register a camera. Raises BadInput for a serial number that is known or empty, or words that are none of those for mount and kind."""
    said = checked(Described(serial, model, mount, kind))
    if desk.ports.catalog.device(said.serial):
        raise BadInput(f"the camera {said.serial} is registered already")
    with desk.writing() as pen:
        return new_device(pen, said.serial, said.model, said.mount, said.kind)


@action("device.import", Permission.DEVICE_REGISTER, EventType.DEVICE_REGISTERED, EventType.DEVICE_LISTED)
def register_all(desk: Desk, rows: Sequence[Described]) -> list[Device]:
    """Register many at once, all or none; those that are known are left as they are. Returns the new ones. Raises BadInput with the line."""
    wanted: dict[str, Described] = {}
    for number, row in enumerate(rows, 1):
        try:
            said = checked(row)
        except BadInput as error:
            raise BadInput(f"row {number}: {error}; nothing was registered") from error
        if wanted.setdefault(said.serial, said) != said:
            raise BadInput(f"row {number}: {said.serial} stands there twice, with other words; nothing was registered")
    new = [said for said in wanted.values() if desk.ports.catalog.device(said.serial) is None]
    with desk.writing() as pen:
        made = [new_device(pen, one.serial, one.model, one.mount, one.kind) for one in new]
        pen.record(Statement(EventType.DEVICE_LISTED, data={"count": len(wanted), "new": len(made)}))
    return made


@action("device.change", Permission.DEVICE_REGISTER, EventType.DEVICE_CHANGED)
def change(desk: Desk, said: Described, *, out_of_use: bool, reason: str = "") -> Device:
    """Say anew what a camera is and whether it is in use. Raises NotFound; BadInput without a reason where that changes, or while it is out."""
    said, reason = checked(said), words_of(reason, "a reason", 1000)
    device = find(desk, said.serial)
    with desk.writing() as pen:
        known = locked(desk, device)
        if out_of_use != (known.out_of_use is not None) and not reason:
            raise BadInput("taking a camera out of use, or back into use, takes a reason")
        since = (known.out_of_use or desk.now()) if out_of_use else None
        if out_of_use:
            with_nobody(desk, known)
        columns: dict[str, Plain] = {"model": said.model, "mount": said.mount, "kind": said.kind, "out_of_use": since}
        differ = {name: value for name, value in columns.items() if value != getattr(known, name)}
        changes = (Change("device", known.id, differ),) if differ else ()
        statement = Statement(EventType.DEVICE_CHANGED, about=("device", str(known.id)), changes=changes)
        pen.record(replace(statement, data={"reason": reason} if reason else {}))
    return replace(known, model=said.model, mount=said.mount, kind=said.kind, out_of_use=since)


@action("device.assign", Permission.DEVICE_ASSIGN, EventType.ASSIGNMENT_OPENED, EventType.FINDING_CLOSED, EventType.FINDING_OPENED)
def assign(desk: Desk, serial: str, badge: str, starts: int, ends: int | None = None) -> None:
    """Give a camera to a person from a moment on, or for a period (ms UTC). Raises BadInput when somebody has it in that time, NotFound."""
    give(desk, find(desk, serial), badge, starts, ends)


@action("device.return", Permission.DEVICE_ASSIGN, EventType.ASSIGNMENT_CLOSED, EventType.FINDING_CLOSED, EventType.FINDING_OPENED)
def give_back(desk: Desk, serial: str, at: int | None = None) -> Assignment:
    """A camera comes back, now or at a moment that was (ms UTC). Raises BadInput where nobody has it, or had it then."""
    return take_back(desk, find(desk, serial), at)


@action("device.list", Permission.DEVICE_LIST, EventType.DEVICE_LISTED)
def list_devices(desk: Desk) -> list[Device]:
    """All cameras."""
    devices = desk.ports.catalog.devices()
    desk.note(Statement(EventType.DEVICE_LISTED, data={"count": len(devices)}))
    return devices


@action("device.list_page", Permission.DEVICE_LIST, EventType.DEVICE_LISTED)
def list_page(desk: Desk, wanted: str, after: str, limit: int) -> list[Listed]:
    """Some cameras by serial number, behind `after`, with who has them; `wanted` narrows them to what serial number or model holds."""
    found = desk.ports.devices.page(words_of(wanted, "what is looked for", 100), words_of(after, "a serial number", 100), limit)
    ids = [one.id for one in found]
    held, seen = desk.ports.devices.held_now(ids, desk.now()), desk.ports.devices.seen(ids)
    desk.note(Statement(EventType.DEVICE_LISTED, data={"count": len(found)}))
    return [Listed(one, held.get(one.id), seen.get(one.id, Seen())) for one in found]


@action("device.show", Permission.DEVICE_LIST, EventType.DEVICE_SHOWN)
def show(desk: Desk, serial: str) -> DeviceFacts:
    """One camera: its history, its faults, and of its recordings those that the actor may see. Raises NotFound."""
    device, devices = find(desk, serial), desk.ports.devices
    reach = desk.reach(Permission.ITEM_LIST)
    recordings = devices.recordings(device.id, _SHOWN)
    shown = [one for one in recordings if matches(reach, subject_of(one))]
    told: dict[str, Plain] = {"recordings": [one.number for one in shown]}
    desk.note(Statement(EventType.DEVICE_SHOWN, about=("device", str(device.id)), data=told))
    return DeviceFacts(
        device,
        devices.seen([device.id]).get(device.id, Seen()),
        devices.assignments(device.id),
        devices.held_now([device.id], desk.now()).get(device.id),
        devices.faults(device=device.id),
        shown,
        devices.tested(device.id),
        [one for one in desk.ports.catalog.findings_of([device.id]) if one.closed_at is None],
    )


def find(desk: Desk, serial: str) -> Device:
    """The camera of that serial number. Raises NotFound; BadInput for what no serial number can be."""
    device = desk.ports.catalog.device(clean_serial(serial))
    if device is None:
        raise NotFound(f"there is no camera {serial[:100]}")
    return device


def locked(desk: Desk, device: Device) -> Device:
    """Inside a transaction: the camera as it is once nobody else changes it, gives it out or takes it back. Raises NotFound."""
    desk.ports.devices.lock(device.id)
    known = desk.ports.devices.by_id(device.id)
    if known is None:
        raise NotFound(f"there is no camera {device.serial}")
    return known


def with_nobody(desk: Desk, device: Device) -> None:
    """Raises BadInput while somebody has the camera."""
    if desk.ports.devices.held_now([device.id], desk.now()):
        raise BadInput(f"somebody has the camera {device.serial}; it must be returned before it goes out of use")


def person_with(desk: Desk, badge: str) -> Person:
    """The person with that badge; inside a transaction: as they are by then. Raises NotFound; BadInput for what no badge can be."""
    person = desk.ports.catalog.person(words_of(badge, "a badge", 64))
    if person is None:
        raise NotFound(f"there is nobody with badge {badge}")
    return person


def give(desk: Desk, device: Device, badge: str, starts: int, ends: int | None = None) -> None:
    """Open an assignment. No two have one camera at once: held here under the camera's lock, and by the database itself."""
    if not 0 <= starts <= desk.now() or (ends is not None and not starts < ends < _LATEST):
        raise BadInput("a camera is given from now on or from a moment that was, and for a time that ends after it begins")
    with desk.writing() as pen:
        known = locked(desk, device)
        other = clashing(desk.ports.devices.assignments(known.id), starts, ends)
        if other:
            until = "" if other.ends is None else ", until a later time"
            raise BadInput(f"{other.badge} has the camera {known.serial} then{until}; it must be returned first")
        person = person_with(desk, badge)
        hand(pen, known, person, (starts, ends))
        _compare(desk, pen, person.id, (known, starts, ends))


def hand(pen: Pen, device: Device, person: Person, span: tuple[int, int | None], data: Mapping[str, Plain] | None = None) -> None:
    """Write a new assignment into a transaction that holds the camera's lock. Raises BadInput for a camera out of use, or who is not in service."""
    starts, ends = span
    if device.out_of_use is not None and (ends is None or device.out_of_use < ends):
        raise BadInput(f"the camera {device.serial} is out of use")
    if not person.active:
        raise BadInput(f"{person.badge} is not in service")
    columns: dict[str, Plain] = {"device": str(device.id), "person": str(person.id), "starts": starts, "ends": ends}
    change = Change("assignment", uuid7(), columns)
    pen.record(Statement(EventType.ASSIGNMENT_OPENED, about=("device", str(device.id)), data=data or {}, changes=(change,)))


def take_back(desk: Desk, device: Device, at: int | None = None) -> Assignment:
    """End what somebody has, now or at an earlier moment. Raises BadInput."""
    with desk.writing() as pen:
        locked(desk, device)
        now = desk.now()
        held = desk.ports.devices.held_now([device.id], now).get(device.id)
        if held is None:
            raise BadInput(f"nobody has the camera {device.serial}")
        ended = end(pen, device, held, (now if at is None else at, now))
        _compare(desk, pen, held.person, (device, now if at is None else at, now))
        return ended


def _compare(desk: Desk, pen: Pen, person: UUID, span: tuple[Device, int, int | None]) -> None:
    """What came in of that time before it was said who had the camera, or had it no more, is compared with what is said now (R15)."""
    for recording in desk.ports.devices.doubtful(*span, person):
        officer_differs(desk, pen, recording, "it was entered since who had the camera then")


def end(pen: Pen, device: Device, held: Assignment, when: tuple[int, int], data: Mapping[str, Plain] | None = None) -> Assignment:
    """Write the end of an assignment: when it ends, and what time it is. Raises BadInput for an end before it began or yet to come."""
    ends, now = when
    if ends <= held.starts or ends > now:
        raise BadInput(f"the camera {device.serial} went to {held.badge} later than that, or it comes back at a time that is not yet")
    change = Change("assignment", held.id, {"ends": ends})
    pen.record(Statement(EventType.ASSIGNMENT_CLOSED, about=("device", str(device.id)), data=data or {}, changes=(change,)))
    return replace(held, ends=ends)


def checked(said: Described) -> Described:
    """The words without blanks around them. Raises BadInput for a serial number, mount or kind that is none."""
    serial, model = clean_serial(said.serial), said.model.strip()
    mount, kind = said.mount.strip().lower(), said.kind.strip().lower()
    if len(model) > _LONGEST_MODEL or not model.isprintable():
        raise BadInput(f"the model of a camera has at most {_LONGEST_MODEL} printable characters")
    for word, known, what in ((mount, Mount, "where a camera is worn"), (kind, DeviceKind, "what a camera is")):
        if word and word not in {one.value for one in known}:
            raise BadInput(f"{what} is one of {', '.join(sorted(one.value for one in known))}, not {word[:100]!r}")
    return Described(serial, model, mount, kind)


def words_of(text: str, what: str, longest: int) -> str:
    """The words without blanks around them, cut where they are too long. Raises BadInput for a character that no text has (NUL, escape)."""
    text = text.strip()
    if not all(one.isprintable() or one in _BLANKS for one in text):
        raise BadInput(f"{what} holds a character that is no text: {text[:100]!a}")
    return text[:longest]


def clean_serial(serial: str) -> str:
    """The serial number without blanks around it. Raises BadInput for none, or one that is too long or not printable."""
    serial = serial.strip()
    if not serial or len(serial) > 100 or not serial.isprintable():
        raise BadInput("a camera needs a serial number of at most 100 printable characters")
    return serial


def new_device(pen: Pen, serial: str, model: str = "", mount: str = "", kind: str = "") -> Device:
    """Write a new camera into a transaction."""
    device = Device(uuid7(), serial, model, mount, kind)
    columns: dict[str, Plain] = {"serial": serial, "model": model, "mount": mount, "kind": kind, "out_of_use": None}
    change = Change("device", device.id, columns)
    pen.record(Statement(EventType.DEVICE_REGISTERED, about=("device", str(device.id)), changes=(change,)))
    return device
