"""Pooled cameras at a shared PC beside the docks: whoever shows a badge takes one, and brings it back. No footage, no names of others."""

from vestige.access.permissions import Permission
from vestige.access.roles import Role
from vestige.actions.devices import end, find, hand, locked, words_of
from vestige.actions.door import Desk, action
from vestige.custody.events import EventType
from vestige.errors import BadInput
from vestige.evidence.changes import Statement
from vestige.evidence.devices import Assignment
from vestige.evidence.items import Device
from vestige.evidence.people import Person

_MOST = 500


@action("kiosk.show", Permission.DEVICE_CHECK_OUT, EventType.DEVICE_LISTED)
def show(desk: Desk) -> list[Device]:
    """The cameras that can be taken: in use, with nobody, without an open fault."""
    free = desk.ports.devices.free(_MOST, desk.now())
    desk.note(Statement(EventType.DEVICE_LISTED, data={"free": len(free)}))
    return free


@action("kiosk.check_out", Permission.DEVICE_CHECK_OUT, EventType.ASSIGNMENT_OPENED)
def check_out(desk: Desk, badge: str, serial: str) -> tuple[Person, list[Device]]:
    """Somebody takes a camera, from now on. Returns who, and the cameras that they have now.

    Raises BadInput for a badge that nobody has or whose holder is not in service, a camera that is faulty, out of use, or with somebody;
    NotFound for a camera that is not known.
    """
    badge, device = words_of(badge, "a badge", 65), find(desk, serial)
    with desk.writing() as pen:
        known = locked(desk, device)
        person = desk.ports.catalog.person(badge) if badge else None
        if person is None or person.badge.lower() != badge.lower() or Role.KIOSK in person.roles:
            raise BadInput(f"nobody has the badge {badge or '(none)'}; type it again, or scan it")
        now = desk.now()
        if any(fault.ended_at is None for fault in desk.ports.devices.faults(device=known.id)):
            raise BadInput(f"the camera {known.serial} is reported as faulty; take another")
        if desk.ports.devices.held_now([known.id], now):
            raise BadInput(f"the camera {known.serial} is with somebody; it must be returned first")
        hand(pen, known, person, (now, None), {"kiosk": desk.actor.name, "badge": person.badge})
    return person, [one for one, _ in desk.ports.devices.held_by(person.id, desk.now())]


@action("kiosk.take_back", Permission.DEVICE_CHECK_OUT, EventType.ASSIGNMENT_CLOSED)
def bring_back(desk: Desk, serial: str) -> Assignment:
    """A camera is back, from now on, whoever brings it. Raises NotFound, and BadInput where nobody has it."""
    with desk.writing() as pen:
        device = locked(desk, find(desk, serial))
        now = desk.now()
        held = desk.ports.devices.held_now([device.id], now).get(device.id)
        if held is None:
            raise BadInput(f"nobody has the camera {device.serial}")
        return end(pen, device, held, (now, now), {"kiosk": desk.actor.name})
