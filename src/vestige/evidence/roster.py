"""The CSV file by which an agency says how it is made up: read, and each mistake named by its line and column.

One row a unit or a place of a person. `kind` is what the row is about (a kind of unit, or `person`), `code` the unit's code or the badge,
`within` the code of the unit that it is in. A person in several units has several rows.
"""

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from vestige.errors import BadInput
from vestige.evidence.agency import Part, UnitKind
from vestige.evidence.values import to_ms

COLUMNS = ("kind", "code", "name", "within", "part", "area", "from", "until", "roles")
NEEDED = frozenset({"kind", "code", "name"})
LARGEST = 16 << 20
"""Bytes of a file."""
PERSON = "person"
_LONGEST: Mapping[str, int] = {"kind": 40, "code": 64, "name": 200, "within": 64, "part": 20, "area": 2000, "from": 40, "until": 40}
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class UnitRow:
    """What the file says of a unit, and in which line. `area` and `until` are None where it has no such column."""

    line: int
    code: str
    name: str
    kind: UnitKind
    within: str
    area: str | None
    until: int | None


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """What the file says of a person: badge, name, the unit's code (empty: in none), part, from and until (ms; None where it does not say)."""

    line: int
    badge: str
    name: str
    within: str
    part: Part
    starts: int | None
    ends: int | None
    roles: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Roster:
    """The rows of a file."""

    units: Sequence[UnitRow] = field(default_factory=tuple)
    places: Sequence[PlaceRow] = field(default_factory=tuple)


def wrong(line: int, column: str, words: str) -> BadInput:
    """What is wrong, where: nothing of the file is taken then."""
    return BadInput(f"line {line}, column {column}: {words}; nothing was changed")


def read(data: bytes, zone: ZoneInfo) -> Roster:
    """The rows. Days are those of the zone, and begin at its midnight. Raises BadInput that names line and column."""
    if len(data) > LARGEST:
        raise BadInput(f"the file is larger than {LARGEST >> 20} MiB; no agency's list is")
    units: list[UnitRow] = []
    places: list[PlaceRow] = []
    for line, row in _rows(data):
        for column, text in row.items():
            _printable(line, column, text)
        for column in NEEDED:
            if not row[column]:
                raise wrong(line, column, "there must be something")
        if row["kind"].lower() == PERSON:
            places.append(_place(line, row, zone))
        else:
            units.append(_unit(line, row, zone))
    _once(units)
    return Roster(tuple(units), tuple(places))


def _rows(data: bytes) -> list[tuple[int, dict[str, str]]]:
    try:
        reader = csv.reader(data.decode("utf-8-sig").splitlines(keepends=True), strict=True)
        names = [name.strip().lower() for name in next(reader, [])]
        if not set(names) >= NEEDED or not set(names) <= set(COLUMNS) or len(set(names)) != len(names):
            raise BadInput(
                f"the first line names the columns: {', '.join(sorted(NEEDED))}, and as many of the others as there are; all of"
                f" them are {', '.join(COLUMNS)}"
            )
        found = []
        begins = reader.line_num + 1
        for cells in reader:
            if any(cell.strip() for cell in cells):
                if len(cells) != len(names):
                    raise BadInput(f"line {begins} has {len(cells)} fields, the first line {len(names)}; nothing was changed")
                found.append((begins, dict(zip(names, (cell.strip() for cell in cells), strict=True))))
            begins = reader.line_num + 1
    except UnicodeDecodeError as error:
        raise BadInput(f"the file is no text in UTF-8 (byte {error.start})") from error
    except csv.Error as error:
        raise BadInput(f"the file is no CSV near line {reader.line_num}: {error}") from error
    return found


def _printable(line: int, column: str, text: str) -> None:
    if not text.isprintable():
        raise wrong(line, column, "there is a character that cannot be printed")
    if len(text) > _LONGEST.get(column, 2000):
        raise wrong(line, column, f"more than {_LONGEST.get(column, 2000)} characters")


def _unit(line: int, row: Mapping[str, str], zone: ZoneInfo) -> UnitRow:
    try:
        kind = UnitKind(row["kind"].lower())
    except ValueError as error:
        raise wrong(line, "kind", f"{row['kind']!r} is none of {', '.join([*UnitKind, PERSON])}") from error
    for column in ("part", "from", "roles"):
        if row.get(column):
            raise wrong(line, column, "that is said of people only")
    return UnitRow(line, row["code"], row["name"], kind, row.get("within", ""), row.get("area"), _when(line, row, "until", zone))


def _place(line: int, row: Mapping[str, str], zone: ZoneInfo) -> PlaceRow:
    if row.get("area"):
        raise wrong(line, "area", "that is said of units only")
    try:
        part = Part(row.get("part", "").lower() or Part.MEMBER)
    except ValueError as error:
        raise wrong(line, "part", f"{row['part']!r} is none of {', '.join(Part)}") from error
    starts, ends = _when(line, row, "from", zone), _when(line, row, "until", zone)
    if starts is not None and ends is not None and ends <= starts:
        raise wrong(line, "until", "a place ends after it begins")
    if not row.get("within") and (row.get("part") or starts is not None or ends is not None):
        raise wrong(line, "within", "in which unit?")
    roles = frozenset(word.strip().lower() for word in row.get("roles", "").split(";") if word.strip())
    return PlaceRow(line, row["code"], row["name"], row.get("within", ""), part, starts, ends, roles)


def _when(line: int, row: Mapping[str, str], column: str, zone: ZoneInfo) -> int | None:
    """A day (2026-11-24), which begins at midnight, or a moment with its zone (2026-11-24T08:00:00Z)."""
    text = row.get(column, "")
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
        if _DAY.fullmatch(text):
            at = at.replace(tzinfo=zone)
        moment = to_ms(at.astimezone(UTC)) if at.tzinfo else -1
    except (ValueError, OverflowError) as error:
        raise wrong(line, column, f"{text!r} is no day like 2026-11-24, and no time like 2026-11-24T08:00:00Z") from error
    if moment < 0:
        raise wrong(line, column, f"{text!r} is before 1970, or says no time zone")
    return moment


def _once(units: Sequence[UnitRow]) -> None:
    seen: dict[str, int] = {}
    for row in units:
        if (before := seen.setdefault(row.code.casefold(), row.line)) != row.line:
            raise wrong(row.line, "code", f"the unit {row.code} stands in line {before} already")
