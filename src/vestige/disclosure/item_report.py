"""The custody trail of an item as a report by itself, for people who may read all of it: JSON, CSV, or HTML that prints well (R76)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from vestige.disclosure._paper import CONSOLE_ACTS, Table, csv_bytes, facts_table, page, paragraph, section, table, when
from vestige.disclosure.sentences import sentence
from vestige.disclosure.titles import Titles
from vestige.disclosure.trail_report import TrailRow, digest_lines, numbers_cells, plain_table, trail_row
from vestige.evidence.items import TrailEntry

FORMAT = "vestige-trail-report/1"
_NUMBERS = ("Entry", "Kind of entry", "Further facts", "Digital fingerprints")
_HEADINGS = ("entry", "time_utc", "time_ms", "type", "what", "who", "roles", "outcome", "title_then", "digests", "details", "leaf_hash")


class Form(StrEnum):
    """In which form a report is written."""

    CSV = "csv"
    HTML = "html"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class ReportFacts:
    """What a report says of itself. `made` is milliseconds UTC, `checkpoint` the signed checkpoint that covers its entries."""

    agency: str
    console_acts: bool
    made: int
    made_by: str
    item: UUID
    number: str
    checkpoint: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Report:
    """The facts and the entries, in the order of the log; each has its place in it."""

    facts: ReportFacts
    entries: Sequence[TrailEntry]
    titles: Titles

    def rows(self) -> list[tuple[TrailEntry, TrailRow]]:
        """The entries for people, with titles as they were then. Raises ValueError for an entry that has no place in the log yet."""
        return [(entry, self._row(entry)) for entry in self.entries]

    def _row(self, entry: TrailEntry) -> TrailRow:
        index = entry.index
        if index is None:
            raise ValueError("a report is of entries that have their place in the log")
        return trail_row(index, entry.time, entry.type, entry.opened, lambda ref: self.titles.at(index, ref))


def html_report(report: Report) -> bytes:
    """The report as a page that prints well: plain words first, numbers behind."""
    facts = report.facts
    rows = report.rows()
    numbers = tuple((*numbers_cells(row), (f"this entry: {entry.leaf.hex()}", *digest_lines(row))) for entry, row in rows)
    return page(
        f"Custody trail of {facts.number}",
        *([paragraph(CONSOLE_ACTS, note=True)] if facts.console_acts else []),
        paragraph(
            f"This is everything that {facts.agency} recorded about item {facts.number}, oldest first: {len(rows)} entries of a log to which "
            "entries can only be added. Names, numbers and file names stand here as they were when each entry was written."
        ),
        paragraph(f"Made on {when(facts.made)} by {facts.made_by}. The times are those of the agency's server."),
        section("What happened", plain_table("Every entry, oldest first", [row for _, row in rows])),
        section(
            "The numbers behind",
            paragraph(
                "Each entry has a digital fingerprint of its own, and one fingerprint, signed by the agency's log, stands for all of them. "
                "With an export of the item anybody can check both: no entry can be changed or taken out unnoticed."
            ),
            facts_table(
                "The log",
                (("Signed by the key", facts.fingerprint), ("Checkpoint", tuple(facts.checkpoint.splitlines())), ("Item", str(facts.item))),
            ),
            table(Table("Entry by entry", _NUMBERS, numbers)),
        ),
    )


def csv_report(report: Report) -> bytes:
    """The report as a table: one line an entry."""
    return csv_bytes(
        _HEADINGS,
        (
            (
                *(str(row.index), when(row.time), str(row.time), row.type, row.words, row.who, row.roles, row.outcome),
                *(row.title, "; ".join(digest_lines(row)), row.details, entry.leaf.hex()),
            )
            for entry, row in report.rows()
        ),
    )


def json_report(report: Report) -> Mapping[str, object]:
    """The report as a value: everything opened, with the words and titles beside it."""
    facts = report.facts
    return {
        "format": FORMAT,
        "agency": facts.agency,
        "made": facts.made,
        "made_by": facts.made_by,
        "item": str(facts.item),
        "number": facts.number,
        "checkpoint": facts.checkpoint,
        "entries": [
            {
                "index": row.index,
                "event": str(entry.id),
                "time": entry.time,
                "type": entry.type,
                "what": sentence(entry.type),
                "title": row.title,
                "leaf": entry.leaf.hex(),
                "entry": entry.data.decode(),
                "opened": dict(entry.opened),
            }
            for entry, row in report.rows()
        ],
    }
