"""What in the database does not hold: triggers, settings, the log, its openings, and every evidence-bearing column against its history."""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping

from django.db import connection

from vestige.catalog import holders, models, restoring, triggers
from vestige.catalog.nouns import NOUNS
from vestige.catalog.proofs import stored_openings
from vestige.custody import notes
from vestige.custody.canonical import canonical, parse
from vestige.custody.events import FIELDS, EventType
from vestige.custody.tree import Frontier, leaf_hash
from vestige.errors import Fault as Broken
from vestige.evidence.changes import Plain
from vestige.evidence.home import Fault

_CHUNK = 2_000
_PRAGMAS = {"journal_mode": "wal", "synchronous": 2, "secure_delete": 1}


State = dict[str, dict[str, dict[str, Plain]]]


def faults(public_key: bytes) -> Iterator[Fault]:
    """All of them, a few at a time."""
    yield from _guards()
    state: State = defaultdict(dict)
    yield from _events(state)
    yield from _tree(public_key)
    yield from _past_logs()
    yield from _columns(state)
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


def _events(state: State) -> Iterator[Fault]:
    """Each entry by itself, its openings, and the chain of each item; folds the changes into `state`."""
    heads: dict[str, str] = {}
    rows = models.Event.objects.select_related("openings").order_by("seq")
    for event in rows.iterator(chunk_size=_CHUNK):
        name = f"event {event.id}"
        opened, found = _openings(event)
        yield from (Fault(what, name) for what in found)
        if not opened:
            continue
        item = opened["item"]
        if (str(event.item) if event.item else None) != item:
            yield Fault("the item in the table is not the item in the entry", name)
        if isinstance(item, str):
            if opened["previous"] != heads.get(item):
                yield Fault("the trail of the item is broken: an entry before this one is missing or changed", f"item {item}")
            heads[item] = bytes(event.leaf).hex()
        _fold(opened["data"], state)
    yield from _heads(heads)


def _openings(event: models.Event) -> tuple[dict[str, Plain], list[str]]:
    """The opened values, and what is wrong with the entry."""
    wrong = []
    try:
        data = bytes(event.entry)
    except TypeError:
        return {}, ["the entry is no longer bytes"]
    if leaf_hash(data) != bytes(event.leaf):
        wrong.append("the entry's bytes do not give its leaf hash")
    try:
        clear = parse(data)
    except ValueError as error:
        return {}, [*wrong, f"the entry is {error}"]
    if not isinstance(clear, Mapping) or (clear.get("id"), clear.get("type"), clear.get("time")) != (str(event.id), event.type, event.time):
        wrong.append("the table's id, type or time is not the entry's")
    if event.type not in set(EventType):
        wrong.append(f"there is no event type {event.type}")
    fields = clear.get("fields") if isinstance(clear, Mapping) else None
    try:
        openings = stored_openings(event.openings.fields)
    except (models.Openings.DoesNotExist, ValueError, KeyError, TypeError):
        return {}, [*wrong, "the openings are missing or unreadable"]
    commitments = {name: opening.commitment() for name, opening in openings.items()}
    if commitments != fields or tuple(sorted(commitments)) != FIELDS:
        return {}, [*wrong, "the openings do not match the entry's commitments"]
    return {name: parse(opening.value) for name, opening in openings.items()}, wrong


def _fold(data: Plain, state: State) -> None:
    changes = data.get("set", ()) if isinstance(data, Mapping) else ()
    for change in changes if isinstance(changes, list) else ():
        state[change["noun"]].setdefault(change["id"], {}).update(change["columns"])


def _heads(heads: Mapping[str, str]) -> Iterator[Fault]:
    for item, head in models.EvidenceItem.objects.values_list("id", "head"):
        if heads.get(str(item)) != (bytes(head).hex() if head else None):
            yield Fault("the newest entry of the trail is not the one that the item names", f"item {item}")


def _tree(public_key: bytes) -> Iterator[Fault]:
    frontier = Frontier()
    notes_by_size = dict(models.Checkpoint.objects.values_list("size", "note"))
    rows = models.Sequenced.objects.select_related("event").order_by("index")
    for expected, row in enumerate(rows.iterator(chunk_size=_CHUNK)):
        if row.index != expected:
            yield Fault(f"the log has a gap: index {expected} is missing", "log")
            return
        if bytes(row.leaf) != bytes(row.event.leaf):
            yield Fault("the leaf in the tree is not the event's", f"index {row.index}")
        frontier = frontier.append([bytes(row.leaf)])
        if frontier.size in notes_by_size:
            yield from _checkpoint(notes_by_size.pop(frontier.size), frontier, public_key)
    for size in notes_by_size:
        yield Fault("a checkpoint is of a size that the log does not have", f"checkpoint {size}")
    state = models.LogState.objects.get()
    if state.size != frontier.size or bytes(state.root) != frontier.root() or bytes(state.frontier) != b"".join(frontier.roots):
        yield Fault("the log's size and root are not those of its entries", "log")


def _past_logs() -> Iterator[Fault]:
    """Each log that a restore ended: its entries follow `home:restored`, and its last checkpoint is theirs."""
    for offset, past in enumerate(models.PastLog.objects.order_by("-ended_at", "-size"), 1):
        name = f"log {past.origin}"
        try:
            head = notes.verify(past.note, notes.key_of(past.key))
            if (head.origin, head.size, head.root) != (past.origin, past.size, restoring.root_between(offset, past.size)):
                yield Fault("the entries of the log before the restore are not those of its checkpoint", name)
        except Broken as error:
            yield Fault(str(error), name)


def _checkpoint(note: str, frontier: Frontier, public_key: bytes) -> Iterator[Fault]:
    name = f"checkpoint {frontier.size}"
    try:
        head = notes.verify(note, public_key)
    except Broken as error:
        yield Fault(str(error), name)
        return
    if (head.size, head.root) != (frontier.size, frontier.root()):
        yield Fault("the checkpoint is not that of the log's entries", name)
    if head.origin != models.LogState.objects.get().origin:
        yield Fault("the checkpoint is of another log", name)


def _columns(state: State) -> Iterator[Fault]:
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
