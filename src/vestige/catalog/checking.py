"""What in the database does not hold: triggers, settings, the log, its openings, and every evidence-bearing column against its history."""

import hashlib
from collections import defaultdict
from collections.abc import Iterator

from django.db import connection

from vestige.catalog import checking_log, contents, holders, models, restoring, triggers
from vestige.catalog.nouns import NOUNS
from vestige.custody import notes
from vestige.custody.canonical import canonical
from vestige.custody.signed_notes import ED25519, parse_key
from vestige.errors import BadInput
from vestige.errors import Fault as Broken
from vestige.evidence.home import Fault

_CHUNK = 2_000
_PRAGMAS = {"journal_mode": "wal", "synchronous": 2, "secure_delete": 1}


def faults(public_key: bytes) -> Iterator[Fault]:
    """All of them, a few at a time."""
    yield from _guards()
    state: checking_log.State = defaultdict(dict)
    yield from checking_log.events(state)
    yield from checking_log.tree(public_key)
    yield from _past_logs()
    yield from _columns(state)
    yield from contents.unnoted()
    yield from holders.faults()


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
    """Each log that a restore ended: its entries follow `home:restored`, and its last checkpoint is theirs."""
    for offset, past in enumerate(models.PastLog.objects.order_by("-ended_at", "-size"), 1):
        name = f"log {past.origin}"
        try:
            head = notes.verify(past.note, parse_key(past.key, ED25519).public)
            if (head.origin, head.size, head.root) != (past.origin, past.size, restoring.root_between(offset, past.size)):
                yield Fault("the entries of the log before the restore are not those of its checkpoint", name)
        except (BadInput, Broken) as error:
            yield Fault(str(error), name)


def _columns(state: checking_log.State) -> Iterator[Fault]:
    for name, noun in NOUNS.items():
        wanted = state.pop(name, {})
        for row in noun.rows.iterator(chunk_size=_CHUNK):
            history = wanted.pop(str(row.pk), None)
            if history is None:
                yield Fault(f"no event tells of this {name}", f"{name} {row.pk}")
                continue
            now = noun.encode(row)
            for column in sorted(noun.columns):
                if now[column] != history.get(column):
                    yield Fault(f"the column {column} is not what the log says", f"{name} {row.pk}")
        for gone in wanted:
            yield Fault(f"the log tells of a {name} that is not in the table", f"{name} {gone}")
    yield from _stored()


def _stored() -> Iterator[Fault]:
    """Columns that hold a value whose digest is evidence-bearing."""
    for row in models.EvidenceItem.objects.exclude(facts="").iterator(chunk_size=_CHUNK):
        if hashlib.sha256(canonical(row.probe)).hexdigest() != row.facts:
            yield Fault("the facts are not those whose digest the log has", f"item {row.id}")
    for redaction in models.Redaction.objects.iterator(chunk_size=_CHUNK):
        if hashlib.sha256(redaction.plan.encode()).hexdigest() != redaction.plan_digest:
            yield Fault("the plan is not the one whose digest the log has", f"redaction {redaction.id}")
