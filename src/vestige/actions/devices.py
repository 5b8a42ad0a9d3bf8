"""Cameras and who holds them."""

from vestige.access.permissions import Permission
from vestige.actions.door import Desk, Pen, action
from vestige.custody.events import EventType
from vestige.errors import BadInput, NotFound
from vestige.evidence.changes import Change, Plain, Statement
from vestige.evidence.items import Device
from vestige.evidence.values import uuid7

MOUNTS = frozenset({"", "helmet", "shirt", "vest"})


@action("device.register", Permission.DEVICE_REGISTER, EventType.DEVICE_REGISTERED)
def register(desk: Desk, serial: str, model: str = "", mount: str = "") -> Device:
    """Register a camera. Raises BadInput for a serial number that is known or empty, or a mount that is not vest, shirt or helmet."""
    serial = clean_serial(serial)
    if mount not in MOUNTS:
        raise BadInput(f"a camera is worn on vest, shirt or helmet, not on {mount!r}")
    if desk.ports.catalog.device(serial):
        raise BadInput(f"the camera {serial} is registered already")
    with desk.writing() as pen:
        return new_device(pen, serial, model, mount)


@action("device.assign", Permission.DEVICE_ASSIGN, EventType.ASSIGNMENT_OPENED)
def assign(desk: Desk, serial: str, badge: str, starts: int) -> None:
    """Give a camera to a person from a moment on (ms UTC). Raises BadInput when another holds it then, NotFound."""
    device, person = desk.ports.catalog.device(serial), desk.ports.catalog.person(badge)
    if device is None or person is None:
        raise NotFound(f"there is no camera {serial}" if device is None else f"there is nobody with badge {badge}")
    if desk.ports.catalog.holder(device.id, starts):
        raise BadInput(f"somebody holds the camera {serial} at that time; it must be returned first")
    columns: dict[str, Plain] = {"device": str(device.id), "person": str(person.id), "starts": starts, "ends": None}
    desk.note(Statement(EventType.ASSIGNMENT_OPENED, about=("device", str(device.id)), changes=(Change("assignment", uuid7(), columns),)))


@action("device.list", Permission.DEVICE_LIST, EventType.DEVICE_LISTED)
def list_devices(desk: Desk) -> list[Device]:
    """All cameras."""
    devices = desk.ports.catalog.devices()
    desk.note(Statement(EventType.DEVICE_LISTED, data={"count": len(devices)}))
    return devices


def clean_serial(serial: str) -> str:
    """The serial number without blanks around it. Raises BadInput for none, or one that is too long or not printable."""
    serial = serial.strip()
    if not serial or len(serial) > 100 or not serial.isprintable():
        raise BadInput("a camera needs a serial number of at most 100 printable characters")
    return serial


def new_device(pen: Pen, serial: str, model: str = "", mount: str = "") -> Device:
    """Write a new camera into a transaction."""
    device = Device(uuid7(), serial, model, mount)
    change = Change("device", device.id, {"serial": serial, "model": model, "mount": mount})
    pen.record(Statement(EventType.DEVICE_REGISTERED, about=("device", str(device.id)), changes=(change,)))
    return device
