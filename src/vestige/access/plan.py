"""The rules of sight as a small expression tree that a database can apply to lists."""

from dataclasses import dataclass
from uuid import UUID

from vestige.access.judge import Subject
from vestige.access.permissions import Permission
from vestige.access.roles import CONSOLE, OWN_ONLY, PERMISSIONS, SYSTEM, of
from vestige.evidence.people import Actor


@dataclass(frozen=True, slots=True)
class All:
    """Every recording."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """None."""


@dataclass(frozen=True, slots=True)
class OwnedBy:
    """The recordings of one officer."""

    person: UUID


Plan = All | Nothing | OwnedBy


def visible(actor: Actor, permission: Permission) -> Plan:
    """Which recordings the actor's permission reaches: the same rules as `may`, for lists."""
    if not actor.active:
        return Nothing()
    if actor.kind != "person":
        held = {"console": CONSOLE, "system": SYSTEM}.get(actor.kind, frozenset())
        return All() if permission in held else Nothing()
    roles = {role for role in map(of, actor.roles) if role and permission in PERMISSIONS[role]}
    if not roles:
        return Nothing()
    return OwnedBy(UUID(actor.id)) if OWN_ONLY.issuperset(roles) else All()


def matches(plan: Plan, subject: Subject) -> bool:
    """Whether the plan shows this recording."""
    if isinstance(plan, OwnedBy):
        return subject.officer == plan.person
    return isinstance(plan, All)
