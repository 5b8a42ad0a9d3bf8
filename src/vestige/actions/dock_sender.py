"""Who recorded, and with which camera, as far as a dock's word and our own registers go; and what of it is in doubt."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from vestige.actions.dock_words import out_of_use
from vestige.actions.door import Desk
from vestige.evidence.attribution import DOCK_NAMES, who_recorded
from vestige.evidence.docks import Container, ContainerName, Shelf
from vestige.evidence.items import Device, FindingKind
from vestige.evidence.people import Person

_DISTRUSTED = frozenset({FindingKind.DEVICE_DISABLED, FindingKind.DEVICE_UNKNOWN, FindingKind.USER_DISABLED, FindingKind.USER_UNKNOWN})


@dataclass(frozen=True, slots=True)
class Sender:
    """The officer and the camera (None where it is not known yet); `doubts` are kinds of findings with their words."""

    officer: UUID | None
    device: Device | None
    doubts: Mapping[FindingKind, str]

    @property
    def distrust(self) -> str:
        """Why what they send is kept apart; empty where nothing speaks against it."""
        return "; ".join(words for kind, words in self.doubts.items() if kind in _DISTRUSTED)


def sender_of(desk: Desk, container: Container, named: ContainerName) -> Sender:
    """Who recorded what is in this container. Whoever held the camera then, else whom the dock names."""
    if named.shelf is not Shelf.RECORDING or named.triggered_at is None:
        return Sender(None, None, {})
    doubts: dict[FindingKind, str] = {}
    device = _device(desk, named.serial, doubts)
    person = _person(desk, container.said.get("UserID") or named.user, doubts)
    holder = desk.ports.catalog.holder(device.id, named.triggered_at) if device else None
    found = who_recorded(holder=holder, told=person.id if person else None)
    if found.differs and person:
        doubts[FindingKind.OFFICER_DIFFERS] = f"{DOCK_NAMES}{person.badge}; the camera {named.serial} was with somebody else then"
    return Sender(found.officer, device, doubts)


def _device(desk: Desk, serial: str, doubts: dict[FindingKind, str]) -> Device | None:
    device = desk.ports.catalog.device(serial)
    found = desk.ports.catalog.findings_of([device.id]) if device else []
    if device is None or any(one.kind is FindingKind.DEVICE_UNKNOWN and one.closed_at is None for one in found):
        doubts[FindingKind.DEVICE_UNKNOWN] = f"nobody entered the camera {serial}, and no dock announced it"
    if device is not None and device.out_of_use is not None:
        doubts[FindingKind.DEVICE_DISABLED] = f"the camera {serial} is out of use here"
    elif out_of_use(_announced(desk, "Devices", serial)):
        doubts[FindingKind.DEVICE_DISABLED] = f"the dock says that the camera {serial} is out of use"
    return device


def _person(desk: Desk, user: str, doubts: dict[FindingKind, str]) -> Person | None:
    """By badge, or by the id under which the dock announced the user."""
    if not user:
        return None
    said = _announced(desk, "Users", user) or _announced_as(desk, user)
    badge = said.get("UserID") or user
    person = desk.ports.catalog.person(badge)
    if person is None:
        doubts[FindingKind.USER_UNKNOWN] = f"nobody here has the badge {badge} that the dock names"
    elif not person.active or out_of_use(said):
        doubts[FindingKind.USER_DISABLED] = f"{badge} is not in service, {'as the dock says' if person.active else 'as we know'}"
    return person


def _announced(desk: Desk, shelf: str, name: str) -> Mapping[str, str]:
    """What the dock says of its user or device of that name."""
    container = desk.ports.docks.container(UUID(desk.actor.id), shelf)
    found = desk.ports.docks.sent(container.id, name) if container else []
    return found[0].said if found else {}


def _announced_as(desk: Desk, badge: str) -> Mapping[str, str]:
    container = desk.ports.docks.container(UUID(desk.actor.id), "Users")
    found = desk.ports.docks.saying(container.id, "UserID", badge) if container else []
    return found[0].said if found else {}
