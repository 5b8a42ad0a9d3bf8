"""How an agency is made up: its units one within another, and who is in which, over time. Times are integer milliseconds UTC."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class UnitKind(StrEnum):
    """What a unit is, from the largest to the smallest; a special response team is a team that is called from several units."""

    COMPONENT = "component"
    FIELD_OFFICE = "field office"
    UNIT = "unit"
    TEAM = "team"
    SPECIAL_RESPONSE_TEAM = "special response team"


class Part(StrEnum):
    """A person's part in a unit. What a member records belongs to the unit; who is attached works there and stays a member elsewhere."""

    MEMBER = "member"
    SUPERVISOR = "supervisor"
    ATTACHED = "attached"


@dataclass(frozen=True, slots=True)
class Unit:
    """A part of the agency, known by its code. `within` is the unit that it is part of; `area` its area of responsibility, in words."""

    id: UUID
    code: str
    name: str
    kind: UnitKind
    within: UUID | None
    area: str
    closed: int | None = None


@dataclass(frozen=True, slots=True)
class Posting:
    """A person's place in a unit from a moment to another; `ends` is None while they have it."""

    id: UUID
    person: UUID
    unit: UUID
    part: Part
    starts: int
    ends: int | None = None

    def covers(self, at: int) -> bool:
        """Whether the person had the place at that moment."""
        return self.starts <= at and (self.ends is None or at < self.ends)


def unit_then(postings: Iterable[Posting], at: int) -> UUID | None:
    """The unit that what this person recorded at that moment belongs to: where they were a member, else a supervisor, else attached.

    Of several of a kind the one that they came to last. None where they were in no unit.
    """
    held = sorted((one for one in postings if one.covers(at)), key=lambda one: (_rank(one), -one.starts, one.id))
    return held[0].unit if held else None


_RANK = {part: rank for rank, part in enumerate(Part)}


def down_from(units: Sequence[Unit], tops: Iterable[UUID]) -> frozenset[UUID]:
    """Those units and all within them."""
    below: dict[UUID | None, list[UUID]] = {}
    for unit in units:
        below.setdefault(unit.within, []).append(unit.id)
    found: set[UUID] = set()
    todo = list(tops)
    while todo:
        if (one := todo.pop()) not in found:
            found.add(one)
            todo += below.get(one, [])
    return frozenset(found)


def in_order(units: Sequence[Unit]) -> list[tuple[int, Unit]]:
    """The units as a tree: each behind the one that it is within, with its depth; those beside each other by code."""
    below: dict[UUID | None, list[Unit]] = {}
    for unit in sorted(units, key=lambda one: one.code.casefold()):
        below.setdefault(unit.within, []).append(unit)
    listed: list[tuple[int, Unit]] = []
    todo = [(0, unit) for unit in reversed(below.get(None, []))]
    while todo:
        depth, unit = todo.pop()
        listed.append((depth, unit))
        todo += [(depth + 1, one) for one in reversed(below.get(unit.id, []))]
    return listed


@dataclass(frozen=True, slots=True)
class Shape:
    """All units, all postings, and the people by id: badge and name."""

    units: Sequence[Unit]
    postings: Sequence[Posting]
    people: Mapping[UUID, tuple[str, str]]

    def places(self, at: int) -> Mapping[UUID, str]:
        """Where people are at that moment, in words: the codes of their units, each with their part in it if they are no plain member."""
        codes = {unit.id: unit.code for unit in self.units}
        held: dict[UUID, list[Posting]] = {}
        for one in self.postings:
            if one.covers(at):
                held.setdefault(one.person, []).append(one)
        return {
            person: ", ".join(_words(codes[one.unit], one.part) for one in sorted(places, key=_rank)) for person, places in held.items()
        }


def _rank(posting: Posting) -> int:
    return _RANK[posting.part]


def _words(code: str, part: Part) -> str:
    return code if part is Part.MEMBER else f"{code} ({part})"
