"""People: adding, inviting, joining, sessions."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from vestige.access.judge import Subject
from vestige.access.permissions import Permission
from vestige.actions.agency import granted
from vestige.actions.door import Desk, action
from vestige.custody.events import EventType
from vestige.errors import BadInput, NotFound
from vestige.evidence.changes import Change, Plain, Statement
from vestige.evidence.people import Person
from vestige.evidence.values import uuid7

INVITATION_MS = 7 * 86_400_000


@action("person.add", Permission.PERSON_ADD, EventType.PERSON_ADDED, EventType.ROLE_GRANTED)
def add(desk: Desk, badge: str, name: str, roles: Sequence[str], unit: str = "") -> Person:
    """Add a person with roles. Raises BadInput for a badge that is taken or empty, Refused for a role that the actor may not grant."""
    badge, name = badge.strip(), name.strip()
    if not badge or not name or not badge.isprintable() or len(badge) > 64 or len(name) > 200:
        raise BadInput("a person needs a badge (at most 64 characters) and a name (at most 200)")
    if desk.ports.catalog.person(badge):
        raise BadInput(f"there is a person with badge {badge} already")
    person = uuid7()
    for role in roles:
        desk.require(Subject(person=person, role=str(role)), Permission.ROLE_GRANT)
    columns: dict[str, Plain] = {"badge": badge, "name": name, "unit": unit.strip(), "active": True}
    with desk.writing() as pen:
        pen.record(Statement(EventType.PERSON_ADDED, about=("person", str(person)), changes=(Change("person", person, columns),)))
        for role in roles:
            pen.record(granted(desk, person, role))
    return _known(desk, badge)


@action("person.invite", Permission.PERSON_INVITE, EventType.PERSON_INVITED)
def invite(desk: Desk, badge: str, token: str) -> int:
    """Let a person choose a password with this token (256 random bits) within a week. Returns until when (ms)."""
    person = _known(desk, badge)
    until = desk.now() + INVITATION_MS
    with desk.writing() as pen:
        desk.ports.catalog.invite(person.id, _digest(token), until)
        pen.record(Statement(EventType.PERSON_INVITED, about=("person", str(person.id)), data={"until": until}))
    return until


@action("person.join", Permission.SESSION_START, EventType.PERSON_JOINED)
def join(desk: Desk, token: str, password: str) -> Person:
    """Choose a password with an invitation. Raises NotFound for an invitation that is unknown, used or over."""
    person = invited(desk.ports.catalog.invited(_digest(token), desk.now()))
    with desk.writing() as pen:
        desk.ports.catalog.set_password(person.id, password)
        pen.record(Statement(EventType.PERSON_JOINED, about=("person", str(person.id))))
    return person


def invited(person: Person | None) -> Person:
    """The person whose invitation it is. Raises NotFound."""
    if person is None:
        raise NotFound("this invitation is not known, was used, or is over; ask whoever invited you for a new one")
    return person


@action("person.list", Permission.PERSON_LIST, EventType.PERSON_LISTED)
def list_people(desk: Desk) -> list[Person]:
    """All people with their roles, and the units that they are in now; what was said of somebody's unit otherwise stands where there is none."""
    places = desk.ports.shape.shape().places(desk.now())
    people = [replace(one, unit=places.get(one.id, one.unit)) for one in desk.ports.catalog.people()]
    desk.note(Statement(EventType.PERSON_LISTED, data={"count": len(people)}))
    return people


@action("session.start", Permission.SESSION_START, EventType.PERSON_SIGNED_IN)
def sign_in(desk: Desk) -> None:
    """A session begins; whoever signs people in has checked the password."""
    desk.note(Statement(EventType.PERSON_SIGNED_IN, about=("person", desk.actor.id)))


@action("session.end", Permission.SESSION_END, EventType.PERSON_SIGNED_OUT)
def sign_out(desk: Desk) -> None:
    """A session ends."""
    desk.note(Statement(EventType.PERSON_SIGNED_OUT, about=("person", desk.actor.id)))


@action("session.fail", Permission.SESSION_FAIL, EventType.PERSON_SIGN_IN_FAILED)
def sign_in_failed(desk: Desk, source: str, minute: int, count: int) -> None:
    """Failed sign-ins of one source in one minute (ms of its start): one event with a count."""
    desk.note(
        Statement(EventType.PERSON_SIGN_IN_FAILED, outcome={"failed": "sign-in"}, data={"source": source, "minute": minute, "count": count})
    )


def _known(desk: Desk, badge: str) -> Person:
    person = desk.ports.catalog.person(badge)
    if person is None:
        raise NotFound(f"there is nobody with badge {badge}")
    return person


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
