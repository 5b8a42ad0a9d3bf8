"""What in the database does not hold: triggers, settings, the log, its openings, and every evidence-bearing column against its history.

Whatever stands in a row, the check reads on: columns are taken as they lie there, and what cannot be read is a fault too.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.core.exceptions import MultipleObjectsReturned, ObjectDoesNotExist, ValidationError
from django.db import DatabaseError, connection

from vestige.catalog import checking_log, contents, holders, models, raw, restoring, triggers
from vestige.catalog.nouns import NOUNS, Noun
from vestige.custody import notes
from vestige.custody.canonical import canonical
from vestige.custody.signed_notes import ED25519, parse_key
from vestige.errors import BadInput
from vestige.errors import Fault as Broken
from vestige.evidence.changes import Plain
from vestige.evidence.home import Fault

_PRAGMAS = {"journal_mode": "wal", "synchronous": 2, "secure_delete": 1}
_UNREADABLE = (
    *(AttributeError, DatabaseError, LookupError, TypeError, ValueError),
    *(MultipleObjectsReturned, ObjectDoesNotExist, ValidationError, Broken),
)
"""What reading a table raises where somebody wrote into it what this software never writes."""

_OLD = ("origin", "key", "size", "checkpoint", "newest")
_RESTORED = (  # each is the first entry of a log, in front of the whole log before: no other entry has to be looked at
    "SELECT o.fields FROM catalog_sequenced s JOIN catalog_event e ON e.seq = s.event_id JOIN catalog_openings o ON o.event_id = e.seq "
    "WHERE s.\"index\" <= (SELECT COUNT(*) FROM catalog_pastlog) AND e.type = 'home:restored' ORDER BY e.seq"
)


def faults(log_keys: Callable[[], tuple[bytes, ...]]) -> Iterator[Fault]:
    """All of them, a few at a time."""
    with raw.tolerant():
        state: checking_log.State = {}
        yield from readable("the triggers", _guards())
        yield from readable("the log", _log(log_keys, state))
        for name, noun in NOUNS.items():
            yield from readable(f"the table of {name}", _columns(name, noun, state.pop(name, {})))
        yield from readable("the facts of items", _facts())
        yield from readable("the plans of redactions", _plans())
        yield from readable("the working copies", contents.unnoted())
        yield from readable("the cosignatures and tokens", holders.faults())


def _log(log_keys: Callable[[], tuple[bytes, ...]], state: checking_log.State) -> Iterator[Fault]:
    with checking_log.parts() as log:
        yield from readable("log", _tree(log_keys))
        yield from readable("the logs before a restore", _past_logs())
        yield from readable("the events", checking_log.events(log, state))


def _tree(log_keys: Callable[[], tuple[bytes, ...]]) -> Iterator[Fault]:
    try:
        keys = log_keys()
    except (BadInput, Broken) as error:
        yield Fault(str(error), "log key")
        return
    yield from checking_log.tree(keys)


def readable(what: str, found: Iterable[Fault]) -> Iterator[Fault]:
    """The faults, and one more where the table does not let itself be read to its end."""
    try:
        yield from found
    except _UNREADABLE as error:
        yield Fault(f"cannot be read: {str(error) or type(error).__name__}", what)


def _guards() -> Iterator[Fault]:
    for name in triggers.missing():
        yield Fault("the trigger is missing or changed", name)
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        for name, wanted in _PRAGMAS.items():
            cursor.execute(f"PRAGMA {name}")
            if cursor.fetchone()[0] != wanted:
                yield Fault(f"the database setting is not {wanted}", name)
        cursor.execute("PRAGMA quick_check")
        for (row,) in cursor.fetchall():
            if row != "ok":
                yield Fault(f"the database file is damaged: {row}", "catalog")


def _past_logs() -> Iterator[Fault]:
    """Each log that a restore ended: its entries follow `home:restored`, which says what the row says, and its last checkpoint is theirs."""
    told = _told_of_old()
    for offset, past in enumerate(models.PastLog.objects.order_by("-ended_at", "-size"), 1):
        name = f"log {past.origin}"
        if told.pop(past.origin, None) != (past.origin, past.key, past.size, past.note, past.newest_size, past.succession):
            yield Fault("the row is not what the log says of the log before the restore", name)
        try:
            head = notes.verify(past.note, parse_key(past.key, ED25519).public)
            if (head.origin, head.size, head.root) != (past.origin, past.size, restoring.root_between(offset, past.size)):
                yield Fault("the entries of the log before the restore are not those of its checkpoint", name)
        except (BadInput, Broken) as error:
            yield Fault(str(error), name)
    for origin in told:
        yield Fault("the log tells of a log before a restore that is not in the table", f"log {origin}")


def _told_of_old() -> dict[object, tuple[object, ...]]:
    """What each `home:restored` says of the log that it ended, by that log's origin."""
    with connection.cursor() as cursor:
        cursor.execute(_RESTORED)
        opened = [json.loads(fields)["data"]["value"]["old"] for (fields,) in cursor.fetchall()]
    return {old["origin"]: (*(old[name] for name in _OLD), canonical(old.get("succession", [])).decode()) for old in opened}


def _columns(name: str, noun: Noun, wanted: dict[str, dict[str, Plain]]) -> Iterator[Fault]:
    """Row by row and column by column, to the letter: what Django would read as equal is not enough."""
    fields = {column: raw.field(noun.model, attribute) for column, attribute in noun.columns.items()}
    for key, *values in raw.rows(noun.model, ("id", *noun.columns.values())):
        row = raw.as_uuid(key)
        if row is None:
            yield Fault("the row's id is none that is ever written", f"{name} {_shown(key)}")
            continue
        history = wanted.pop(str(row), None)
        if history is None:
            yield Fault(f"no event tells of this {name}", f"{name} {row}")
            continue
        for (column, field), value in sorted(zip(fields.items(), values, strict=True), key=lambda pair: pair[0][0]):
            if not raw.is_stored(value, history.get(column), field):
                yield Fault(f"the column {column} is not what the log says", f"{name} {row}")
    for gone in wanted:
        yield Fault(f"the log tells of a {name} that is not in the table", f"{name} {gone}")


def _facts() -> Iterator[Fault]:
    """What the probe found has the digest that is evidence-bearing."""
    for key, facts, probe in raw.rows(models.EvidenceItem, ("id", "facts", "probe")):
        if facts and not _has_digest(probe, facts):
            yield Fault("the facts are not those whose digest the log has", f"item {raw.as_uuid(key) or _shown(key)}")


def _has_digest(probe: Any, facts: object) -> bool:  # noqa: ANN401  # whatever lies in the column
    try:
        return hashlib.sha256(canonical(json.loads(probe))).hexdigest() == facts
    except (ValueError, TypeError):
        return False


def _plans() -> Iterator[Fault]:
    for key, plan, digest in raw.rows(models.Redaction, ("id", "plan", "plan_digest")):
        whole = plan.encode(errors="surrogateescape") if isinstance(plan, str) else b""
        if hashlib.sha256(whole).hexdigest() != digest:
            yield Fault("the plan is not the one whose digest the log has", f"redaction {raw.as_uuid(key) or _shown(key)}")


def _shown(value: object) -> str:
    """A value that anything may be, so that every terminal shows it."""
    return ascii(value)[:100]
