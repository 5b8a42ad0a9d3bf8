"""What a roster (evidence.roster) would change in the agency's shape as it is: values in, steps out. The same for a dry run and for the import.

1. Units, those that others are within first. 2. People that are new, or named otherwise. 3. Places: what a file says of a person is all of
their places now; one that it does not name any more ends. Who and what the file does not name at all is told, and stays as it is.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from uuid import UUID

from vestige.custody.events import EventType
from vestige.evidence.agency import Part, Posting, Shape, Unit
from vestige.evidence.changes import Change, Plain
from vestige.evidence.people import Person
from vestige.evidence.roster import PlaceRow, Roster, UnitRow, wrong
from vestige.evidence.values import uuid7

_FOREVER = 1 << 62


@dataclass(frozen=True, slots=True)
class Step:
    """One change: its event, what it is about, the words for people, and the rows that it writes. `line` is that of the file."""

    type: EventType
    about: tuple[str, str]
    words: str
    change: Change
    line: int


@dataclass(frozen=True, slots=True)
class Grant:
    """A role that the file names and the person does not hold."""

    person: UUID
    badge: str
    role: str
    line: int


@dataclass(frozen=True, slots=True)
class Compared:
    """What would change, the postings as they would be then, and what the file does not name."""

    steps: Sequence[Step]
    grants: Sequence[Grant]
    new_supervisors: frozenset[UUID]
    unnamed_people: Sequence[str]
    unnamed_units: Sequence[str]


@dataclass(slots=True)
class _Work:
    """The shape as it becomes, and the steps that lead there."""

    now: int
    units: dict[str, Unit]
    people: dict[str, Person]
    postings: dict[UUID, list[Posting]]
    steps: list[Step] = field(default_factory=list)
    grants: list[Grant] = field(default_factory=list)
    new_supervisors: set[UUID] = field(default_factory=set)

    def step(self, kind: EventType, words: str, change: Change, line: int) -> None:
        about = "person" if change.noun == "posting" else change.noun
        ref = str(change.columns.get("person", change.id)) if change.noun == "posting" else str(change.id)
        self.steps.append(Step(kind, (about, ref), words, change, line))


def compare(roster: Roster, shape: Shape, people: Iterable[Person], now: int) -> Compared:
    """What the roster changes. Raises BadInput that names line and column."""
    postings: dict[UUID, list[Posting]] = {}
    for one in shape.postings:
        postings.setdefault(one.person, []).append(one)
    work = _Work(now, {one.code.casefold(): one for one in shape.units}, {one.badge.casefold(): one for one in people}, postings)
    known = dict(work.people)
    for unit in _ordered(roster.units, work.units):
        _unit(work, unit)
    _no_circles(work.units.values(), roster.units)
    rows: dict[str, list[PlaceRow]] = {}
    for place in roster.places:
        rows.setdefault(place.badge.casefold(), []).append(place)
    for badge, mine in rows.items():
        _person(work, badge, mine)
    named = {row.code.casefold() for row in roster.units}
    return Compared(
        work.steps,
        work.grants,
        frozenset(work.new_supervisors),
        sorted(one.badge for badge, one in known.items() if one.active and badge not in rows),
        sorted(one.code for one in shape.units if one.closed is None and one.code.casefold() not in named),
    )


def _ordered(rows: Sequence[UnitRow], known: Mapping[str, Unit]) -> list[UnitRow]:
    """Those rows first that others are within. Raises BadInput where a unit is within one that nobody knows."""
    waiting = {row.code.casefold(): row for row in rows}
    ordered: list[UnitRow] = []
    while waiting:
        ready = [key for key, row in waiting.items() if row.within.casefold() not in waiting]
        if not ready:
            row = next(iter(waiting.values()))
            raise wrong(row.line, "within", f"{row.code} lies within itself, by way of {row.within}")
        for key in ready:
            row = waiting.pop(key)
            if row.within and row.within.casefold() not in known and row.within.casefold() not in {o.code.casefold() for o in ordered}:
                raise wrong(row.line, "within", f"there is no unit {row.within}")
            ordered.append(row)
    return ordered


def _unit(work: _Work, row: UnitRow) -> None:
    within = work.units[row.within.casefold()] if row.within else None
    known = work.units.get(row.code.casefold())
    said = Unit(
        known.id if known else uuid7(),
        known.code if known else row.code,
        row.name,
        row.kind,
        within.id if within else None,
        row.area if row.area is not None else known.area if known else "",
        row.until,
    )
    columns: dict[str, Plain] = {
        "code": said.code,
        "name": said.name,
        "kind": said.kind.value,
        "within": str(said.within) if said.within else None,
        "area": said.area,
        "closed": said.closed,
    }
    work.units[row.code.casefold()] = said
    if known is None:
        where = f" within {within.code}" if within else ""
        work.step(EventType.UNIT_ADDED, f"{said.kind} {said.code} ({said.name}) is new{where}", Change("unit", said.id, columns), row.line)
    elif known != said:
        before: dict[str, Plain] = {
            "code": known.code,
            "name": known.name,
            "kind": known.kind.value,
            "within": str(known.within) if known.within else None,
            "area": known.area,
            "closed": known.closed,
        }
        differ = {name: value for name, value in columns.items() if value != before[name]}
        words = f"{said.kind} {said.code}: {', '.join(sorted(differ))} changed"
        work.step(EventType.UNIT_CHANGED, words, Change("unit", said.id, differ), row.line)


def _no_circles(units: Iterable[Unit], rows: Sequence[UnitRow]) -> None:
    """A row may put a unit within one that lies, by what was known before, within itself."""
    within = {one.id: one.within for one in units}
    ids = {one.code.casefold(): one.id for one in units}
    for row in rows:
        above, seen = ids.get(row.within.casefold()), {ids[row.code.casefold()]}
        while above is not None:
            if above in seen:
                raise wrong(row.line, "within", f"{row.code} would lie within itself")
            seen.add(above)
            above = within[above]


def _person(work: _Work, badge: str, rows: Sequence[PlaceRow]) -> None:
    first = rows[0]
    for row in rows[1:]:
        if row.name != first.name:
            raise wrong(row.line, "name", f"{row.badge} is called {first.name} in line {first.line}")
    known = work.people.get(badge)
    person = known or Person(uuid7(), first.badge, first.name, "", frozenset(), active=True)
    if known is None:
        columns: dict[str, Plain] = {"badge": person.badge, "name": person.name, "unit": "", "active": True}
        words = f"{person.name} ({person.badge}) is new"
        work.step(EventType.PERSON_ADDED, words, Change("person", person.id, columns), first.line)
    elif not known.active:
        raise wrong(first.line, "code", f"{known.badge} is not in service any more")
    elif known.name != first.name:
        words = f"{known.badge} is called {first.name}, no longer {known.name}"
        work.step(EventType.PERSON_CHANGED, words, Change("person", known.id, {"name": first.name}), first.line)
    for row in rows:
        work.grants += [Grant(person.id, person.badge, role, row.line) for role in sorted(row.roles - person.roles)]
        person = replace(person, roles=person.roles | row.roles)
    _places(work, replace(person, name=first.name), rows)


def _places(work: _Work, person: Person, rows: Sequence[PlaceRow]) -> None:
    before = work.postings.get(person.id, [])
    left, kept = list(before), []
    wanted = [(row, _unit_of(work, row)) for row in rows if row.within]
    for row, unit in wanted:
        found = _same(left, row, unit.id, work.now)
        if found:
            left.remove(found)
        kept.append((row, unit, _said(work, row, unit, found, person.id), found))
    starts = [said.starts for _, _, said, found in kept if said.part is Part.MEMBER and (found is None or found.starts != said.starts)]
    for one in left:
        if one.ends is None or one.ends > work.now:
            _end(work, person, one, starts)
    for row, unit, said, found in kept:
        _record(work, person, unit, said, found, row)
    _one_home(work, person, [*(one for one in _after(work, left)), *(said for _, _, said, _ in kept)], rows)


def _unit_of(work: _Work, row: PlaceRow) -> Unit:
    unit = work.units.get(row.within.casefold())
    if unit is None:
        raise wrong(row.line, "within", f"there is no unit {row.within}")
    if unit.closed is not None and row.ends is None:
        raise wrong(row.line, "within", f"the unit {unit.code} is closed; a place in it needs its end (until)")
    return unit


def _same(known: Sequence[Posting], row: PlaceRow, unit: UUID, now: int) -> Posting | None:
    """The place that the row speaks of: the same unit and part, and the same beginning, else a time in common."""
    alike = [one for one in known if one.unit == unit and one.part is row.part]
    starts = row.starts if row.starts is not None else now
    exact = [one for one in alike if one.starts == starts]
    common = [one for one in alike if starts < (one.ends or _FOREVER) and one.starts < (row.ends or _FOREVER)]
    return next(iter([*exact, *common]), None)


def _said(work: _Work, row: PlaceRow, unit: Unit, found: Posting | None, person: UUID) -> Posting:
    starts = row.starts if row.starts is not None else found.starts if found else work.now
    if starts > work.now:
        raise wrong(row.line, "from", "a place begins now or at a time that was; import it when it has begun")
    if row.ends is not None and row.ends <= starts:
        raise wrong(row.line, "until", "a place ends after it begins")
    return Posting(found.id if found else uuid7(), person, unit.id, row.part, starts, row.ends)


def _record(work: _Work, person: Person, unit: Unit, said: Posting, found: Posting | None, row: PlaceRow) -> None:
    if said.part is Part.SUPERVISOR and (found is None or said.ends != found.ends):
        work.new_supervisors.add(person.id)
    if found is None:
        columns: dict[str, Plain] = {"person": str(person.id), "unit": str(unit.id), "part": said.part.value}
        columns |= {"starts": said.starts, "ends": said.ends}
        words = f"{person.name} ({person.badge}) is {said.part} in {unit.code}"
        work.step(EventType.POSTING_OPENED, words, Change("posting", said.id, columns), row.line)
        return
    differ: dict[str, Plain] = {}
    if said.starts != found.starts:
        differ["starts"] = said.starts
    if said.ends != found.ends:
        differ["ends"] = said.ends
    if differ:
        words = f"{person.name} ({person.badge}), {said.part} in {unit.code}: {' and '.join(sorted(differ))} changed"
        work.steps.append(_about(person, EventType.POSTING_CHANGED, words, Change("posting", said.id, differ), row.line))


def _end(work: _Work, person: Person, one: Posting, starts: Sequence[int]) -> None:
    """A place that the file does not name any more: a member's ends where the new one begins, any other now."""
    unit = next(unit for unit in work.units.values() if unit.id == one.unit)
    later = [at for at in starts if at > one.starts] if one.part is Part.MEMBER else []
    ends = max(min(later, default=work.now), one.starts + 1)
    words = f"{person.name} ({person.badge}) is {one.part} in {unit.code} no more"
    work.steps.append(_about(person, EventType.POSTING_CLOSED, words, Change("posting", one.id, {"ends": ends}), 0))


def _about(person: Person, kind: EventType, words: str, change: Change, line: int) -> Step:
    return Step(kind, ("person", str(person.id)), words, change, line)


def _after(work: _Work, left: Sequence[Posting]) -> list[Posting]:
    """Places that the file does not name, as the steps leave them."""
    ended = {step.change.id: step.change.columns["ends"] for step in work.steps if step.type is EventType.POSTING_CLOSED}
    return [replace(one, ends=end) if isinstance(end := ended.get(one.id), int) else one for one in left]


def _one_home(work: _Work, person: Person, held: Sequence[Posting], rows: Sequence[PlaceRow]) -> None:
    """Nobody is a member of two units at once: what they record then would belong to neither for sure."""
    codes = {unit.id: unit.code for unit in work.units.values()}
    mine = sorted((one for one in held if one.part is Part.MEMBER), key=lambda one: one.starts)
    for one, after in pairwise(mine):
        if after.starts < (one.ends or _FOREVER):
            line = max((row.line for row in rows if row.within.casefold() == codes[after.unit].casefold()), default=rows[0].line)
            words = f"{person.badge} would be a member of {codes[one.unit]} and of {codes[after.unit]} at once; say from when until when"
            raise wrong(line, "within", words)
