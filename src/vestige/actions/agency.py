"""Founding the agency: the first entry of a log."""

from uuid import UUID

from vestige.access.permissions import Permission
from vestige.access.roles import Role
from vestige.actions.door import Desk, action
from vestige.custody.events import EventType
from vestige.errors import BadInput
from vestige.evidence.changes import Change, Plain, Statement
from vestige.evidence.values import uuid7


@action("agency.found", Permission.AGENCY_FOUND, EventType.AGENCY_FOUNDED, EventType.PERSON_ADDED, EventType.ROLE_GRANTED)
def found(desk: Desk, name: str, timezone: str, *, console_acts: bool, admin: str | None) -> UUID:
    """Found the agency, with its first administrator if a badge is given. Raises BadInput when there is one already."""
    if desk.ports.catalog.agency():
        raise BadInput("this home has an agency already")
    agency, person = uuid7(), uuid7()
    columns: dict[str, Plain] = {"name": name, "policy": desk.ports.policy.name, "timezone": timezone, "console_acts": console_acts}
    with desk.writing() as pen:
        pen.record(Statement(EventType.AGENCY_FOUNDED, about=("agency", str(agency)), changes=(Change("agency", agency, columns),)))
        if admin:
            first: dict[str, Plain] = {"badge": admin, "name": admin, "unit": "", "active": True}
            pen.record(Statement(EventType.PERSON_ADDED, about=("person", str(person)), changes=(Change("person", person, first),)))
            pen.record(granted(desk, person, Role.ADMINISTRATOR))
    return agency


def granted(desk: Desk, person: UUID, role: str) -> Statement:
    """The event of a role that the actor grants."""
    columns = {"person": str(person), "role": str(role), "granted_by": f"{desk.actor.kind}:{desk.actor.id}", "withdrawn": None}
    return Statement(EventType.ROLE_GRANTED, about=("person", str(person)), changes=(Change("role", uuid7(), columns),))
