"""Who acts: persons, the console, the system."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something, in which roles, and how they came in. `id` is a person's UUID as text, or a name of the console or the system."""

    kind: Literal["console", "device", "person", "system"]
    id: str
    name: str
    roles: frozenset[str]
    via: Literal["console", "dock", "system", "web"]
    second_factor: bool = False
    active: bool = True
    address: str | None = None
    session: str | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """One human of the agency, with the roles that they hold now."""

    id: UUID
    badge: str
    name: str
    unit: str
    roles: frozenset[str]
    active: bool


@dataclass(frozen=True, slots=True)
class RoleProposal:
    """A role that one person proposed for another and that waits for a second to confirm it; `proposed_by` as an event names its actor."""

    id: UUID
    person: UUID
    badge: str
    name: str
    role: str
    proposed_by: str
    proposed_at: int


def system(name: str) -> Actor:
    """The system itself, doing a job of that name."""
    return Actor(kind="system", id=name, name=f"system:{name}", roles=frozenset({"system"}), via="system")
