"""The custody trail for people: `data/trail.html` and `data/trail.csv` of a package, and reports by themselves (R76).

In a package the proofs are in `data/trail.json`, which counts.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from vestige.disclosure._paper import CONSOLE_ACTS, Table, csv_bytes, page, paragraph, section, table, when
from vestige.disclosure.manifest import PackageFacts
from vestige.disclosure.profiles import FIELDS, field_words, withheld_words
from vestige.disclosure.sentences import sentence

WITHHELD = "(withheld)"
_COLUMNS = ("Entry", "Time", "What happened", "Who", "Why", "How it ended")
_NUMBERS = ("Entry", "Kind of entry", "Further facts", "Digital fingerprints")


@dataclass(frozen=True, slots=True)
class TrailRow:
    """An entry for people. `index` is its place in the log, `time` milliseconds UTC, `withheld` the fields that are not opened here."""

    index: int
    time: int
    type: str
    who: str
    roles: str
    outcome: str
    digests: tuple[tuple[str, str], ...]
    why: str
    facts: tuple[str, ...]
    withheld: tuple[str, ...]
    title: str = ""

    @property
    def words(self) -> str:
        """What happened."""
        return sentence(self.type)

    @property
    def details(self) -> str:
        """The reason and all further facts in one line."""
        return "; ".join((*([self.why] if self.why and self.why != WITHHELD else []), *self.facts))


@dataclass(frozen=True, slots=True)
class TrailSection:
    """The trail of one item: a heading in words, the item, its rows in the order of the log."""

    heading: str
    item: UUID
    rows: tuple[TrailRow, ...]


Called = Callable[[str], str]
"""What a uuid was called at the time; empty where nobody knows."""


def _nameless(_: str) -> str:
    return ""


def trail_row(index: int, time: int, event_type: str, opened: Mapping[str, object], called: Called = _nameless) -> TrailRow:
    """A row from an entry and the values of its opened fields. What is not opened is named, and never guessed.

    `called` says what a uuid was called at the time; the title is that of the entry's item.
    """
    sentence(event_type)
    return TrailRow(
        index=index,
        time=time,
        type=event_type,
        who=_who(opened["actor"]) if "actor" in opened else WITHHELD,
        roles=", ".join(map(str, _list(opened["role"]))) if "role" in opened else WITHHELD,
        outcome=_outcome(opened["outcome"]) if "outcome" in opened else WITHHELD,
        digests=_digests(opened.get("digests")),
        why=_why(opened["purpose"]) if "purpose" in opened else WITHHELD,
        facts=tuple(_facts(opened, called)),
        withheld=tuple(field for field in FIELDS if field not in opened),
        title=called(str(opened.get("item") or "")),
    )


def trail_html(facts: PackageFacts, trails: Sequence[TrailSection]) -> bytes:
    """`data/trail.html`."""
    parts = [paragraph(CONSOLE_ACTS, note=True)] if facts.console_acts else []
    parts += [
        paragraph(
            f"This is what {facts.agency} recorded about the footage in package {facts.id}, made on {when(facts.created)}. "
            "Each line is one entry of a log to which entries can only be added. The times are those of the agency's server."
        ),
        paragraph(
            "This page is for reading. What can be checked is in the file trail.json beside it: the program vestige-verify compares that "
            "file with the signed log. Of this page it only makes sure that it is the one that was packed."
        ),
        _withheld_part(facts),
    ]
    parts += [_trail_part(trail) for trail in trails]
    return page(f"What was done with this footage: {facts.agency}", *parts)


def trail_csv(trails: Sequence[TrailSection]) -> bytes:
    """`data/trail.csv`: one line an entry, in the order of the trails."""
    headings = ("item", "entry", "time_utc", "time_ms", "type", "what", "who", "roles", "outcome", "digests", "details", "withheld")
    return csv_bytes(headings, (_csv_row(trail.item, row) for trail in trails for row in trail.rows))


def _csv_row(item: UUID, row: TrailRow) -> tuple[str, ...]:
    start = (str(item), str(row.index), when(row.time), str(row.time), row.type, row.words)
    return (*start, row.who, row.roles, row.outcome, "; ".join(digest_lines(row)), row.details, " ".join(row.withheld))


def _withheld_part(facts: PackageFacts) -> str:
    words = withheld_words(facts.profile)
    if not words:
        return paragraph("Nothing of these entries is withheld.")
    names = "; ".join(word.partition(": ")[2] for word in words)
    return paragraph(f"Withheld in every entry of this package: {names}. That these exist, and were not changed, can still be checked.")


def _trail_part(trail: TrailSection) -> str:
    numbers = Table(f"{trail.heading}: the numbers behind", _NUMBERS, tuple((*numbers_cells(row), digest_lines(row)) for row in trail.rows))
    return section(
        trail.heading, paragraph(f"Item {trail.item}"), plain_table(f"{trail.heading}, oldest entry first", trail.rows), table(numbers)
    )


def plain_table(caption: str, rows: Sequence[TrailRow]) -> str:
    """The entries in plain words."""
    cells = tuple(
        (str(row.index), tuple(when(row.time).split(" ", 1)), (row.words, row.title), (row.who, row.roles), row.why, row.outcome)
        for row in rows
    )
    return table(Table(caption, _COLUMNS, cells))


def numbers_cells(row: TrailRow) -> tuple[str, str, tuple[str, ...]]:
    """Its place, its type, and the further facts with what is withheld of them."""
    hidden = [field_words(field) for field in row.withheld if field in {"address", "data", "object", "purpose", "session"}]
    return str(row.index), row.type, (*row.facts, *([f"{WITHHELD}: {', '.join(hidden)}"] if hidden else []))


def digest_lines(row: TrailRow) -> tuple[str, ...]:
    """The digests that the entry names, with what they are of."""
    if "digests" in row.withheld:
        return (WITHHELD,)
    return tuple(f"{of.replace('_', ' ')}: {value}" for of, value in row.digests)


def _who(actor: object) -> str:
    if not isinstance(actor, Mapping):
        return ""
    kind, name = str(actor.get("kind", "")), str(actor.get("name", ""))
    return name if kind == "person" else f"{name} ({kind})"


def _outcome(outcome: object) -> str:
    if isinstance(outcome, Mapping):
        return "; ".join(f"{how}: {why}" for how, why in outcome.items())
    return "done" if outcome == "success" else str(outcome)


def _digests(digests: object) -> tuple[tuple[str, str], ...]:
    return tuple((str(one.get("of", "")), str(one.get("value", ""))) for one in _list(digests) if isinstance(one, Mapping))


def _why(purpose: object) -> str:
    if not isinstance(purpose, Mapping):
        return ""
    case = f"; case: {purpose['case']}" if purpose.get("case") else ""
    return f"reason: {purpose.get('reason', '')}{case}"


def _facts(opened: Mapping[str, object], called: Called) -> list[str]:
    parts: list[str] = []
    about, data = opened.get("object"), opened.get("data")
    if isinstance(about, Mapping):
        parts.append(f"about {about.get('kind', '')} {_plain(about.get('id', ''), called)}")
    parts += [f"{name}: {opened[name]}" for name in ("address", "session") if opened.get(name)]
    if isinstance(data, Mapping):
        parts += [f"{name.replace('_', ' ')}: {_plain(value, called)}" for name, value in sorted(data.items()) if name != "set"]
        parts += [_change(change, called) for change in _list(data.get("set")) if isinstance(change, Mapping)]
    return parts


def _change(change: Mapping[str, object], called: Called) -> str:
    columns = change.get("columns")
    items = sorted(columns.items()) if isinstance(columns, Mapping) else ()
    values = ", ".join(f"{name} = {_plain(value, called)}" for name, value in items)
    return f"set {change.get('noun', '')} {_plain(change.get('id', ''), called)}: {values}"


def _plain(value: object, called: Called) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name}: {_plain(one, called)}" for name, one in sorted(value.items())) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_plain(one, called) for one in value) + "]"
    name = called(value) if isinstance(value, str) else ""
    return f"{name} [{value}]" if name else str(value)


def _list(value: object) -> Sequence[object]:
    return value if isinstance(value, (list, tuple)) else ()
