"""Writing the log: an event and its changes in one transaction. Reading it: trails."""

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from uuid import UUID

from django.db import IntegrityError, InterfaceError, InternalError, OperationalError, transaction

from vestige.catalog import log_rows
from vestige.catalog.nouns import NOUNS
from vestige.custody.canonical import Json
from vestige.custody.events import FIELDS, SALT_BYTES, Entry, EventType, make_entry, openings_bytes
from vestige.errors import Fault, LogUnwritable, TrailMoved
from vestige.evidence.changes import Change, Plain, Statement
from vestige.evidence.people import Actor
from vestige.evidence.values import uuid7


class Transaction:
    """An open transaction of one actor: `record` writes events into it; all or nothing is committed."""

    def __init__(self, actor: Actor, now: Callable[[], int]) -> None:
        self._actor = actor
        self._now = now
        self.recorded: list[EventType] = []

    def record(self, statement: Statement) -> bytes:
        """Write one event and apply its changes; returns the leaf hash (32 bytes). Raises Fault when a change finds no row."""
        event_type = EventType(statement.type)
        previous = _lock_head(statement.item, statement.changes) if statement.item else None
        if statement.after is not None and statement.after != previous:
            raise TrailMoved(f"the trail of item {statement.item} went on meanwhile; try again")
        entry = self._entry(event_type, statement, previous)
        for change in statement.changes:
            _apply(change)
        if statement.item and not log_rows.advance(statement.item, entry.leaf):
            raise Fault(f"there is no item {statement.item} whose trail could continue")
        self.recorded.append(event_type)
        return entry.leaf

    def _entry(self, event_type: EventType, statement: Statement, previous: bytes | None) -> Entry:
        event_id, time = uuid7(), self._now()
        entry = make_entry(event_id, event_type, time, self._fields(statement, previous), os.urandom(SALT_BYTES * len(FIELDS)))
        row = log_rows.EventRow(
            id=event_id,
            type=event_type.value,
            time=time,
            entry=entry.data,
            leaf=entry.leaf,
            item=statement.item,
            about=statement.about or ("", ""),
            actor=f"{self._actor.kind}:{self._actor.id}",
            openings=openings_bytes(entry.openings).decode(),
        )
        log_rows.insert(row)
        return entry

    def _fields(self, statement: Statement, previous: bytes | None) -> dict[str, Json]:
        actor, purpose = self._actor, statement.purpose
        data: dict[str, Plain] = dict(statement.data)
        if statement.changes:
            data["set"] = [{"noun": c.noun, "id": str(c.id), "columns": c.columns} for c in statement.changes]
        return {
            "actor": {"kind": actor.kind, "id": actor.id, "name": actor.name},
            "role": sorted(actor.roles),
            "item": str(statement.item) if statement.item else None,
            "previous": previous.hex() if previous else None,
            "object": {"kind": statement.about[0], "id": statement.about[1]} if statement.about else None,
            "purpose": {"reason": purpose.reason, "case": purpose.case} if purpose else None,
            "address": actor.address,
            "session": actor.session,
            "outcome": statement.outcome,
            "digests": [{"algorithm": d.algorithm, "of": of, "value": d.value} for of, d in statement.digests],
            "data": data,
        }


@contextmanager
def writing(actor: Actor, now: Callable[[], int]) -> Iterator[Transaction]:
    """A transaction of this actor, durable when the block ends. Raises LogUnwritable when the database cannot take it."""
    try:
        with transaction.atomic():
            yield Transaction(actor, now)
    except (OperationalError, InterfaceError, InternalError) as error:
        raise LogUnwritable(f"the database cannot take the event, so nothing was done: {error}") from error


def _lock_head(item: UUID, changes: Sequence[Change]) -> bytes | None:
    found = log_rows.locked_head(item)
    if found is not None:
        return found[0]
    if any(c.noun == "item" and c.id == item for c in changes):
        return None
    raise Fault(f"there is no item {item}")


def _apply(change: Change) -> None:
    noun = NOUNS[change.noun]
    values = noun.attributes(change.columns) | dict(change.beside)
    if noun.rows.filter(pk=change.id).update(**values):
        return
    absent = set(noun.columns) - set(change.columns)
    if absent:
        raise Fault(f"a new {change.noun} says nothing of {', '.join(sorted(absent))}")
    try:
        noun.rows.create(pk=change.id, **values)
    except IntegrityError as error:
        raise Fault(f"the {change.noun} {change.id} cannot be written: {error}") from error


def opened(fields: str) -> dict[str, object]:
    """The values of a stored opening: name -> value."""
    return {name: o["value"] for name, o in json.loads(fields).items()}
