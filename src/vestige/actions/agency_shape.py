"""The agency's shape: looking at it, and saying by a file how it is (evidence.roster). All of a file is taken, or nothing."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID
from zoneinfo import ZoneInfo

from vestige.access.judge import Subject
from vestige.access.permissions import Permission
from vestige.actions.agency import granted
from vestige.actions.belonging import place
from vestige.actions.door import Desk, action
from vestige.actions.roster import Compared, Grant, Step, compare
from vestige.custody.events import EventType
from vestige.errors import BadInput, Refused
from vestige.evidence.agency import Shape
from vestige.evidence.changes import Statement
from vestige.evidence.roster import read, wrong
from vestige.evidence.values import Digest


@dataclass(frozen=True, slots=True)
class Imported:
    """What changes, or changed, in words; and who and what the file does not name (they stay as they are)."""

    changes: Sequence[str]
    unnamed_people: Sequence[str]
    unnamed_units: Sequence[str]


@action("agency.show", Permission.AGENCY_SHOW, EventType.AGENCY_SHOWN)
def show(desk: Desk) -> Shape:
    """Units, and who is in which."""
    shape = desk.ports.shape.shape()
    desk.note(Statement(EventType.AGENCY_SHOWN, data={"units": len(shape.units)}))
    return shape


@action("agency.preview", Permission.AGENCY_SHAPE, EventType.AGENCY_SHOWN)
def preview(desk: Desk, data: bytes) -> Imported:
    """What an import of this file would change; nothing does. Raises BadInput that names line and column, Refused."""
    found = _compared(desk, data)
    desk.note(Statement(EventType.AGENCY_SHOWN, data={"previewed": len(found.steps) + len(found.grants)}))
    return _told(found)


@action(
    "agency.import",
    Permission.AGENCY_SHAPE,
    *(EventType.AGENCY_IMPORTED, EventType.PERSON_ADDED, EventType.PERSON_CHANGED, EventType.POSTING_CHANGED, EventType.POSTING_CLOSED),
    *(EventType.POSTING_OPENED, EventType.RECORDING_PLACED, EventType.ROLE_GRANTED, EventType.UNIT_ADDED, EventType.UNIT_CHANGED),
)
def import_file(desk: Desk, data: bytes) -> Imported:
    """Take what the file says. Raises BadInput that names line and column, Refused; then nothing has changed."""
    with desk.writing() as pen:
        desk.ports.shape.lock()
        found = _compared(desk, data)
        for step in found.steps:
            pen.record(Statement(step.type, about=step.about, data={"line": step.line} if step.line else {}, changes=(step.change,)))
        for grant in found.grants:
            pen.record(granted(desk, grant.person, grant.role))
        moved = frozenset(UUID(step.about[1]) for step in found.steps if step.change.noun == "posting")
        counts = {"changes": len(found.steps) + len(found.grants), "placed": place(desk, pen, moved)}
        unnamed = {"unnamed_people": list(found.unnamed_people), "unnamed_units": list(found.unnamed_units)}
        digest = Digest(hashlib.sha256(data).hexdigest())
        pen.record(Statement(EventType.AGENCY_IMPORTED, digests=(("roster", digest),), data={**counts, **unnamed}))
    return _told(found)


def _compared(desk: Desk, data: bytes) -> Compared:
    agency = desk.ports.catalog.agency()
    if agency is None:
        raise BadInput("this home has no agency yet")
    roster = read(data, ZoneInfo(agency.timezone))
    shape, now = desk.ports.shape.shape(), desk.now()
    found = compare(roster, shape, desk.ports.catalog.people(), now)
    if any(step.type is EventType.PERSON_ADDED for step in found.steps):
        desk.require(permission=Permission.PERSON_ADD)
    if desk.actor.kind == "person" and UUID(desk.actor.id) in found.new_supervisors:
        raise Refused("nobody makes themselves a supervisor; somebody else has to import this file")
    if desk.actor.kind == "person" and _widened(shape, found.steps, desk.ports.shape.supervised(UUID(desk.actor.id), now)):
        raise Refused("nobody puts units under themselves; somebody else has to import this file")
    for grant in found.grants:
        _may_grant(desk, grant)
    return found


def _widened(shape: Shape, steps: Sequence[Step], supervised: frozenset[UUID]) -> bool:
    """Whether a unit that is there already would come to lie within those."""
    moved = {
        step.change.id: step.change.columns["within"]
        for step in steps
        if step.type is EventType.UNIT_CHANGED and "within" in step.change.columns
    }
    known = {unit.id for unit in shape.units}
    return any(unit in known - supervised and within and UUID(str(within)) in supervised for unit, within in moved.items())


def _may_grant(desk: Desk, grant: Grant) -> None:
    if grant.role not in desk.ports.roles:
        raise wrong(grant.line, "roles", f"there is no role {grant.role!r}")
    try:
        desk.require(Subject(person=grant.person, role=grant.role), Permission.ROLE_GRANT)
    except Refused as error:
        raise Refused(f"line {grant.line}, column roles: {error}; nothing was changed") from error


def _told(found: Compared) -> Imported:
    grants = [f"{one.badge} becomes {one.role}" for one in found.grants]
    return Imported([*(step.words for step in found.steps), *grants], found.unnamed_people, found.unnamed_units)
