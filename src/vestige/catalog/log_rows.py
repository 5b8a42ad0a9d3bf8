"""The statements that every act runs, in the database's own words: an object-relational layer takes longer to build them than they take.

They are the same rows that the models describe, written by parameters only.
"""

from dataclasses import dataclass
from uuid import UUID

from django.db import OperationalError, connection

from vestige.errors import Fault
from vestige.evidence.home import AgencyFacts

_EVENT = (
    "INSERT INTO catalog_event (id, type, time, entry, leaf, item, object_kind, object_id, actor) "
    "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)"
)
_OPENINGS = "INSERT INTO catalog_openings (event_id, fields) VALUES (%s, %s)"
_WAITING = "INSERT INTO catalog_waiting (event_id) VALUES (%s)"
_ALL_THREE = (  # in one round trip, where the server is another process
    "WITH event AS (INSERT INTO catalog_event (id, type, time, entry, leaf, item, object_kind, object_id, actor) "
    "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING seq), "
    "waiting AS (INSERT INTO catalog_waiting (event_id) SELECT seq FROM event) "
    "INSERT INTO catalog_openings (event_id, fields) SELECT seq, %s FROM event"
)
_AGENCY = "SELECT id, name, policy, timezone, console_acts FROM catalog_agency"
_HEAD = "SELECT head FROM catalog_evidenceitem WHERE id = %s"
_LOCKED_HEAD = "SELECT head FROM catalog_evidenceitem WHERE id = %s FOR NO KEY UPDATE"
_ADVANCE = "UPDATE catalog_evidenceitem SET head = %s WHERE id = %s"


@dataclass(frozen=True, slots=True)
class EventRow:
    """A new row of the events, and its openings as canonical JSON."""

    id: UUID
    type: str
    time: int
    entry: bytes
    leaf: bytes
    item: UUID | None
    about: tuple[str, str]
    actor: str
    openings: str


def insert(row: EventRow) -> None:
    """The event, its openings, and its place among those that wait to be sequenced, inside the transaction that is open."""
    values = (_key(row.id), row.type, row.time, row.entry, row.leaf, _key(row.item), *row.about, row.actor)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_ALL_THREE, (*values, row.openings))
            return
        cursor.execute(_EVENT, values)
        seq = cursor.lastrowid
        cursor.execute(_OPENINGS, (seq, row.openings))
        cursor.execute(_WAITING, (seq,))


def agency() -> AgencyFacts | None:
    """The agency of the home, which every rule asks about; None before it is founded. Raises Fault where its row cannot be read."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(_AGENCY)
            found = cursor.fetchone()
        if found is None:
            return None
        key, name, policy, timezone, console_acts = found
        return AgencyFacts(key if isinstance(key, UUID) else UUID(key), name, policy, timezone, bool(console_acts))
    except ValueError as error:
        raise Fault(f"the row of the agency cannot be read: {error}") from error
    except OperationalError as error:
        if "decode" not in str(error):  # of text that is no UTF-8; all else is a database that does not answer
            raise
        raise Fault(f"the row of the agency cannot be read: {error}") from error


def locked_head(item: UUID) -> tuple[bytes | None] | None:
    """The head of an item, its row locked until the transaction ends; None when there is no such item."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCKED_HEAD if connection.vendor == "postgresql" else _HEAD, (_key(item),))
        found = cursor.fetchone()
    return (bytes(found[0]) if found[0] else None,) if found else None


def advance(item: UUID, leaf: bytes) -> bool:
    """Make that leaf hash the item's head; False when there is no such item."""
    with connection.cursor() as cursor:
        cursor.execute(_ADVANCE, (leaf, _key(item)))
        return bool(cursor.rowcount)


def _key(value: UUID | None) -> UUID | str | None:
    """A uuid as the database holds it: SQLite has no type of its own for it."""
    return value if value is None or connection.vendor == "postgresql" else value.hex
