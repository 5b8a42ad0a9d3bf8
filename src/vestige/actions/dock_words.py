"""What docks say of their containers and objects: kept, with an event, and never taken for more than their word."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from uuid import UUID

from vestige.access.permissions import Permission
from vestige.actions.devices import clean_serial, new_device
from vestige.actions.dock_marks import EVENTS as MARKED
from vestige.actions.dock_marks import mark
from vestige.actions.dock_whole import EVENTS as WHOLE
from vestige.actions.dock_whole import look
from vestige.actions.door import Desk, Pen, action
from vestige.actions.findings import open_finding
from vestige.custody.canonical import canonical
from vestige.custody.events import EventType
from vestige.errors import BadInput, NotFound
from vestige.evidence.changes import Change, Plain, Statement
from vestige.evidence.docks import Container, ContainerName, ObjectName, Part, Shelf
from vestige.evidence.items import FindingKind
from vestige.evidence.values import uuid7

IMPLIED = frozenset({Shelf.SYSTEM, Shelf.USERS, Shelf.DEVICES})
"""Containers that are there without being made; they hold no footage."""
LARGEST_BODY = 65_536
_LARGEST_WORDS = 262_144


@dataclass(frozen=True, slots=True)
class Small:
    """An object of System, Users or Devices: its bytes (at most 64 KiB), their MD5 (hex), and what the dock says of it."""

    name: ObjectName
    body: bytes
    md5: str
    said: Mapping[str, str] = field(default_factory=dict)


_TOLD = (EventType.DOCK_DESCRIBED, EventType.RECORDING_COMPLETED, *WHOLE)


@action("dock.describe", Permission.DOCK_SEND, *_TOLD)
def describe(desk: Desk, named: ContainerName, said: Mapping[str, str], *, make: bool) -> bool:
    """A container's metadata, joined to what was said before (an empty value takes a name away); with `make` it is made if it is not there.

    Returns whether it was made. A recording of which the dock says `Status: Complete` is complete from then on. Raises NotFound, BadInput.
    """
    with desk.writing() as pen:
        desk.ports.docks.lock(_dock(desk))
        known = find(desk, named)
        if known is None and not (make or named.shelf in IMPLIED):
            raise NotFound(f"there is no container {named.name}")
        container = known or Container(uuid7(), _dock(desk), named.name)
        container = replace(container, said=_joined(container.said, said))
        completes = container.complete is None and _complete(container)
        container = replace(container, complete=desk.now()) if completes else container
        event = EventType.RECORDING_COMPLETED if completes else EventType.DOCK_DESCRIBED
        data: dict[str, Plain] = {"container": named.name, "said": dict(said)}
        change = _change(desk, named, container, new=known is None)
        pen.record(Statement(event, about=("dock_container", str(container.id)), data=data, changes=(change,)))
        if completes and container.recording is None and named.shelf is Shelf.RECORDING:
            words = f"the dock says that {named.name} is complete, and nothing of it came"
            open_finding(desk, pen, FindingKind.RECORDING_INCOMPLETE, ("dock_container", container.id), words)
        look(desk, pen, container)
    return known is None


@action("dock.describe_object", Permission.DOCK_SEND, EventType.DOCK_DESCRIBED, EventType.DEVICE_REGISTERED, *MARKED, *WHOLE)
def describe_object(desk: Desk, named: ContainerName, name: ObjectName, said: Mapping[str, str]) -> None:
    """An object's metadata, in place of what was said before. Raises NotFound, BadInput."""
    with desk.writing() as pen:
        desk.ports.docks.lock(_dock(desk))
        container = find(desk, named)
        found = desk.ports.docks.sent(container.id, name.name) if container else []
        if container is None or not found:
            raise NotFound(f"there is no object {named.name}/{name.name}")
        change = Change("dock_object", found[0].id, {"said": words_of(_joined({}, said))})
        data: dict[str, Plain] = {"container": named.name, "object": name.name, "said": dict(said)}
        pen.record(
            Statement(EventType.DOCK_DESCRIBED, item=found[0].item, about=("dock_object", str(found[0].id)), data=data, changes=(change,))
        )
        _announced(desk, pen, named, name, said)
        if name.part is Part.BOOKMARK and found[0].item:
            mark(desk, pen, found[0].item, said)
        look(desk, pen, container)


@action("dock.put_small", Permission.DOCK_SEND, EventType.DOCK_DESCRIBED, EventType.DEVICE_REGISTERED)
def put_small(desk: Desk, named: ContainerName, small: Small) -> None:
    """An object of System, Users or Devices: in place of what was there under its name. A device that is announced becomes known."""
    with desk.writing() as pen:
        desk.ports.docks.lock(_dock(desk))
        container = find(desk, named)
        changes = [] if container else [_change(desk, named, made := Container(uuid7(), _dock(desk), named.name), new=True)]
        container = container or made
        known = desk.ports.docks.sent(container.id, small.name.name)
        columns: dict[str, Plain] = {
            "container": str(container.id),
            "name": small.name.name,
            "item": None,
            "sha256": hashlib.sha256(small.body).hexdigest(),
            "said": words_of(_joined({}, small.said)),
        }
        ref = known[0].id if known else uuid7()
        changes.append(Change("dock_object", ref, columns, {"md5": small.md5, "body": small.body}))
        data: dict[str, Plain] = {"container": named.name, "object": small.name.name, "said": dict(small.said)}
        pen.record(Statement(EventType.DOCK_DESCRIBED, about=("dock_object", str(ref)), data=data, changes=tuple(changes)))
        _announced(desk, pen, named, small.name, small.said)


def find(desk: Desk, named: ContainerName) -> Container | None:
    """The dock's own container of that name."""
    return desk.ports.docks.container(_dock(desk), named.name)


def words_of(said: Mapping[str, str]) -> str:
    """What was said as canonical JSON. Raises BadInput for more than 256 kB of it."""
    text = canonical(dict(said)).decode()
    if len(text) > _LARGEST_WORDS:
        raise BadInput("this is more metadata than anything needs")
    return text


def out_of_use(said: Mapping[str, str]) -> bool:
    """Whether the dock says of a user or a device that it is not active."""
    return said.get("Active", "true").strip().lower() in {"0", "false", "no"}


def _announced(desk: Desk, pen: Pen, named: ContainerName, name: ObjectName, said: Mapping[str, str]) -> None:
    """A camera that a dock announces becomes known, unless the dock says that it is out of use."""
    if named.shelf is not Shelf.DEVICES or out_of_use(said):
        return
    try:
        serial = clean_serial(name.name)
    except BadInput:
        return
    if desk.ports.catalog.device(serial) is None:
        new_device(pen, serial, said.get("Model", "")[:200])


def _joined(before: Mapping[str, str], said: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in {**before, **said}.items() if value}


def _complete(container: Container) -> bool:
    return container.said.get("Status", "").strip().lower() == "complete"


def _change(desk: Desk, named: ContainerName, container: Container, *, new: bool) -> Change:
    columns: dict[str, Plain] = {"said": words_of(container.said), "complete": container.complete}
    if new:
        columns |= {"dock": str(container.dock), "name": container.name, "recording": None}
    found = {"serial": named.serial, "triggered_at": named.triggered_at} if named.shelf is Shelf.RECORDING else {}
    return Change("dock_container", container.id, columns, {**found, "heard": desk.now()})


def _dock(desk: Desk) -> UUID:
    return UUID(desk.actor.id)
