"""The custody trail of an item as a report: who may read the trail may have it, and having it is an event."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from vestige.access.permissions import Permission
from vestige.actions.door import Desk, action
from vestige.actions.items import find_item
from vestige.custody.events import EventType
from vestige.custody.notes import fingerprint, verify
from vestige.disclosure.item_report import Form, Report, ReportFacts, csv_report, html_report, json_report
from vestige.disclosure.titles import Titles
from vestige.errors import NotFound
from vestige.evidence.changes import Plain, Statement
from vestige.evidence.items import TrailEntry

__all__ = ["Form", "Written", "report"]

_NAMED = ("person", "device")


@dataclass(frozen=True, slots=True)
class Written:
    """A report: its bytes, its form, and a name for its file."""

    data: bytes
    form: Form
    filename: str
    entries: int


@action("item.trail_report", Permission.TRAIL_READ, EventType.TRAIL_READ)
def report(desk: Desk, ref: str, form: Form) -> Written:
    """The trail of an item up to now, with the titles of its time. Raises NotFound."""
    item, _ = find_item(desk, ref)
    agency, catalog = desk.ports.catalog.agency(), desk.ports.catalog
    if agency is None:
        raise NotFound("this home has no agency yet")
    note = catalog.checkpoint()
    size = verify(note, catalog.log_key()).size
    entries = [entry for entry in catalog.trail(item.id) if entry.index is not None and entry.index < size]
    facts = ReportFacts(
        agency=agency.name,
        console_acts=agency.console_acts,
        made=desk.now(),
        made_by=desk.actor.name,
        item=item.id,
        number=item.number,
        checkpoint=note,
        fingerprint=fingerprint(catalog.log_key()),
    )
    data = _written(Report(facts, entries, _titles(desk, entries)), form)
    told: dict[str, Plain] = {"entries": len(entries), "report": form.value, "bytes": len(data)}
    desk.note(Statement(EventType.TRAIL_READ, about=("item", str(item.id)), data=told))
    return Written(data, form, f"{item.number}-trail.{form.value}", len(entries))


def _written(report: Report, form: Form) -> bytes:
    if form is Form.CSV:
        return csv_report(report)
    if form is Form.HTML:
        return html_report(report)
    return json.dumps(json_report(report), ensure_ascii=False, indent=1).encode() + b"\n"


def _titles(desk: Desk, entries: Sequence[TrailEntry]) -> Titles:
    """The titles that the trail itself gives, and those of the people and devices that it names, from their own entries."""
    known = {entry.id: entry for entry in entries}
    for ref in sorted({ref for entry in entries for ref in _refs(entry.opened.get("data"))}):
        for kind in _NAMED:
            known |= {entry.id: entry for entry in desk.ports.catalog.trail_of_object(kind, ref)}
    said = ((entry.index, entry.opened.get("data")) for entry in known.values())
    found = [(index, data) for index, data in said if index is not None and isinstance(data, Mapping)]
    return Titles(sorted(found, key=lambda one: one[0]))


def _refs(data: object) -> Iterator[str]:
    """The people and devices that an entry's changes name by their uuid."""
    changes = data.get("set") if isinstance(data, Mapping) else None
    for change in changes if isinstance(changes, list) else ():
        for name, value in change["columns"].items():
            if isinstance(value, str) and name in {"author", "device", "officer", "person"}:
                yield value
