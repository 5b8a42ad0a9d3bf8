"""Roles: granted at once where one granter is enough; proposed by one and confirmed by another where it takes two; withdrawn by an act."""

from dataclasses import dataclass
from uuid import UUID

from vestige.access.duties import FRESH_MS, Making, Proposal, may_confirm
from vestige.access.judge import Subject
from vestige.access.permissions import Permission
from vestige.access.roles import Role, takes_two
from vestige.actions.agency import granted
from vestige.actions.door import Desk, action
from vestige.custody.events import EventType
from vestige.errors import BadInput, NotFound, Refused
from vestige.evidence.changes import Change, Plain, Purpose, Statement
from vestige.evidence.people import Person, RoleProposal
from vestige.evidence.values import uuid7


@dataclass(frozen=True, slots=True)
class Given:
    """What became of it: granted, or proposed and still to be confirmed."""

    person: Person
    role: str
    granted: bool


@action("role.grant", Permission.ROLE_PROPOSE, EventType.ROLE_GRANTED, EventType.ROLE_PROPOSED)
def grant(desk: Desk, badge: str, role: str) -> Given:
    """Grant a role where one granter is enough, else propose it. Raises NotFound; BadInput for one held or proposed already; Refused."""
    person, role = _known(desk, badge), role.strip().lower()
    desk.require(Subject(person=person.id, role=role))
    if role in person.roles:
        raise BadInput(f"{person.badge} is {role} already")
    home = desk.home()
    with desk.writing() as pen:
        desk.ports.shape.lock()
        if any(one.role == role for one in desk.ports.shape.proposals(person.id)):
            raise BadInput(f"that {person.badge} becomes {role} is proposed already; somebody else confirms it")
        if home.console_acts or not takes_two(home.roles[role]):
            pen.record(granted(desk, person.id, role))
            return Given(person, role, granted=True)
        columns: dict[str, Plain] = {"person": str(person.id), "role": role, "proposed_by": _who(desk), "proposed_at": desk.now()}
        change = Change("proposal", uuid7(), {**columns, "ended": None, "outcome": ""})
        pen.record(Statement(EventType.ROLE_PROPOSED, about=("person", str(person.id)), data={"role": role}, changes=(change,)))
    return Given(person, role, granted=False)


@action("role.confirm", Permission.ROLE_CONFIRM, EventType.ROLE_GRANTED)
def confirm(desk: Desk, ref: UUID) -> RoleProposal:
    """The second person grants a role that another one proposed. Raises NotFound for no open proposal, Refused for whom the rules do not count."""
    with desk.writing() as pen:
        desk.ports.shape.lock()
        found, now = _open(desk, ref), desk.now()
        proposal = Proposal(str(found.person), found.role, found.proposed_by)
        verdict = may_confirm(proposal, desk.actor, [Making(*one) for one in desk.ports.shape.makings(now - FRESH_MS)], now)
        if not verdict.allowed:
            raise Refused(verdict.reason)
        ended = Change("proposal", found.id, {"ended": now, "outcome": "granted"})
        columns = {
            "person": str(found.person),
            "role": found.role,
            "granted_by": f"{found.proposed_by} and {_who(desk)}",
            "withdrawn": None,
        }
        changes = (Change("role", uuid7(), columns), ended)
        pen.record(Statement(EventType.ROLE_GRANTED, about=("person", str(found.person)), data={"proposal": str(ref)}, changes=changes))
    return found


@action("role.decline", Permission.ROLE_CONFIRM, EventType.ROLE_DECLINED)
def decline(desk: Desk, ref: UUID) -> RoleProposal:
    """A proposed role is not granted; whoever proposed it may take it back so. Raises NotFound for no open proposal."""
    with desk.writing() as pen:
        desk.ports.shape.lock()
        found = _open(desk, ref)
        changes = (Change("proposal", found.id, {"ended": desk.now(), "outcome": "declined"}),)
        pen.record(Statement(EventType.ROLE_DECLINED, about=("person", str(found.person)), data={"role": found.role}, changes=changes))
    return found


@action("role.withdraw", Permission.ROLE_WITHDRAW, EventType.ROLE_WITHDRAWN)
def withdraw(desk: Desk, badge: str, role: str, reason: str) -> Person:
    """A person holds a role no more, at once. Raises NotFound; BadInput without a reason, or for the only administrator."""
    person, role, reason = _known(desk, badge), role.strip().lower(), reason.strip()
    if not reason or len(reason) > 1000:
        raise BadInput("withdrawing a role takes a reason, of at most 1000 characters")
    with desk.writing() as pen:
        desk.ports.shape.lock()
        held = desk.ports.shape.grants(person.id, role)
        if not held:
            raise NotFound(f"{person.badge} is not {role}")
        others = [one for one in desk.ports.catalog.people() if one.active and role in one.roles and one.id != person.id]
        if role == Role.ADMINISTRATOR and not others:
            raise BadInput(f"{person.badge} is the only administrator; make another one first")
        changes = tuple(Change("role", one, {"withdrawn": desk.now()}) for one in held)
        about = ("person", str(person.id))
        pen.record(Statement(EventType.ROLE_WITHDRAWN, about=about, purpose=Purpose(reason), data={"role": role}, changes=changes))
    return person


def _open(desk: Desk, ref: UUID) -> RoleProposal:
    found = next((one for one in desk.ports.shape.proposals() if one.id == ref), None)
    if found is None:
        raise NotFound("there is no such proposal any more")
    return found


def _known(desk: Desk, badge: str) -> Person:
    person = desk.ports.catalog.person(badge.strip())
    if person is None:
        raise NotFound(f"there is nobody with badge {badge[:100]}")
    return person


def _who(desk: Desk) -> str:
    return f"{desk.actor.kind}:{desk.actor.id}"[:45]
