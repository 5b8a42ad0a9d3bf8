"""The log in the database, read from its first entry to its last: each entry, its openings, each item's chain, the tree, the checkpoints.

Nothing here is the writer's code but the hash and canonical JSON: the tree is built another way. Almost every entry holds, so each is first
put together anew from its openings and compared byte for byte; only one that differs is taken apart to say what is wrong with it.
A long log is read in parts by several processes, and the parts are then put together.
"""

import os
import re
from binascii import hexlify, unhexlify
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from operator import add, itemgetter
from struct import Struct
from typing import Any

from django.db import OperationalError, connection

from vestige.catalog import models, raw
from vestige.catalog.apart import answers
from vestige.catalog.proofs import stored_openings
from vestige.custody import notes
from vestige.custody.canonical import canonical, parse
from vestige.custody.events import FIELDS, EventType
from vestige.errors import Fault as Broken
from vestige.evidence.changes import Plain
from vestige.evidence.home import Fault

State = dict[str, dict[str, dict[str, Plain]]]

_CHUNK = 5_000
_MOST_PROCESSES = 4
_ALONE = 50_000
_ACTORS = 4_096
_TYPES = frozenset(EventType)
_EVENTS = (
    "SELECT e.seq, e.id, e.type, e.time, e.entry, e.leaf, e.item, e.object_kind, e.object_id, e.actor, o.fields FROM catalog_event e "
    "LEFT JOIN catalog_openings o ON o.event_id = e.seq WHERE e.seq > %s AND e.seq <= %s ORDER BY e.seq LIMIT %s"
)
_PLACES = (
    'SELECT s."index", s.leaf, e.leaf FROM catalog_sequenced s JOIN catalog_event e ON e.seq = s.event_id '
    'WHERE s."index" > %s AND s."index" <= %s ORDER BY s."index" LIMIT %s'
)
_EVERY = (1 << 63) - 1
_OPENED = re.compile(  # each value ends where the next field first begins (atomic): no text makes it try for ever
    b'{"%b":{"salt":"' % FIELDS[0].encode()
    + b"".join(b'(.{32})","value":(?>(.*?)},"%b":{"salt":")' % name.encode() for name in FIELDS[1:])
    + b'(.{32})","value":(.*)}}',
    re.DOTALL,
)
_SALTS = Struct("16s" * len(FIELDS)).unpack
_COMMITMENTS = Struct("64s" * len(FIELDS)).unpack
_ENTRY = b'{"fields":{' + b",".join(b'"%b":"%%b"' % name.encode() for name in FIELDS) + b'},"id":"%b","time":%d,"type":"%b","v":1}'
_USED = itemgetter(*(FIELDS.index(name) for name in ("item", "previous", "data", "object", "actor")))

Row = tuple[Any, ...]
Whole = tuple[bytes, ...]
"""Of an entry that holds: its item, its previous entry, its data, its object and its actor, as the JSON texts that were committed to."""


@dataclass(slots=True)
class Part:
    """What a span of the log tells: its faults, what each item's first entry in it calls the previous one, its newest entries, the changes."""

    faults: list[Fault] = field(default_factory=list)
    first: dict[str, Plain] = field(default_factory=dict)
    heads: dict[str, str] = field(default_factory=dict)
    state: State = field(default_factory=dict)


def parts() -> AbstractContextManager[Iterator[Part]]:
    """The log's parts in their order, read by as many processes as there are processors; a short log is read by this one alone."""
    newest = models.Event.objects.order_by("-seq").values_list("seq", flat=True).first() or 0
    count = min(len(os.sched_getaffinity(0)), _MOST_PROCESSES) if newest > _ALONE else 1
    spans = [(newest * number // count, newest * (number + 1) // count) for number in range(count)]
    spans[-1] = (spans[-1][0], _EVERY)  # what is written meanwhile too
    if count == 1:
        return nullcontext(part(*span) for span in spans)
    return answers(__name__, part.__name__, spans)


def part(after: int, last: int) -> Part:
    """Each entry behind `after` up to `last` by itself, its openings, the chain of each item, and the changes."""
    found = Part()
    said: Plain
    previous: Plain
    for row in _rows(_EVENTS, after, last):
        whole = _whole(row)
        if whole is not None:
            said, previous = _text(whole[0]), _text(whole[1])
            data = parse(whole[2]) if b'"set":' in whole[2] else None
            beside = (whole[3], whole[4])
        else:
            opened, wrong = _taken_apart(row)
            found.faults += wrong
            if not opened:
                continue
            said, previous, data = opened["item"], opened["previous"], opened["data"]
            beside = (canonical(opened["object"]), canonical(opened["actor"]))
        if data is not None:
            _fold(data, found.state)
        if (_uuid(row[6]) if row[6] is not None else None) != said:
            found.faults.append(Fault("the item in the table is not the item in the entry", f"event {_uuid(row[1])}"))
        if not _is_beside(row[7:10], beside):
            found.faults.append(Fault("the object or the actor in the table is not the one in the entry", f"event {_uuid(row[1])}"))
        if isinstance(said, str):
            _follows(found, said, previous, _bytes(row[5]).hex())
    return found


def _follows(found: Part, item: str, previous: Plain, leaf: str) -> None:
    """Put an entry at the end of its item's chain."""
    head = found.heads.get(item)
    if head is None:
        found.first[item] = previous
    elif previous != head:
        found.faults.append(_broken(item))
    found.heads[item] = leaf


def events(log: Iterable[Part], state: State) -> Iterator[Fault]:
    """What is wrong with the entries of the parts and where one continues another; folds their changes into `state`."""
    heads: dict[str, str] = {}
    for one in log:
        yield from one.faults
        yield from (_broken(item) for item, previous in one.first.items() if previous != heads.get(item))
        heads.update(one.heads)
        for noun, rows in one.state.items():
            for key, columns in rows.items():
                state.setdefault(noun, {}).setdefault(key, {}).update(columns)
    yield from _heads(heads)


def _broken(item: str) -> Fault:
    return Fault("the trail of the item is broken: an entry before this one is missing or changed", f"item {item}")


def tree(log_keys: tuple[bytes, ...]) -> Iterator[Fault]:
    """The tree over the entries' leaves, against the hashes that were stored and the roots that were signed."""
    signed = dict(models.Checkpoint.objects.values_list("size", "note"))
    full = {(level, index): _bytes(root) for level, index, root in models.FullTile.objects.values_list("level", "index", "root")}
    state = models.LogState.objects.get()
    grown = _Tree()
    signed.pop(0, None)  # of nothing, it says nothing
    for index, leaf, of_event in _rows(_PLACES, -1):
        if index != grown.size:
            yield Fault(f"the log has a gap: index {grown.size} is missing", "log")
            return
        if _bytes(leaf) != _bytes(of_event):
            yield Fault("the leaf in the tree is not the event's", f"index {index}")
        for tile, root in grown.add(_bytes(leaf)):
            if full.pop(tile, None) != root:
                yield Fault("a stored hash of the tree is not that of its entries", f"tile {tile[0]}/{tile[1]}")
        if grown.size in signed:
            head = notes.Checkpoint(state.origin, grown.size, grown.root())
            yield from _checkpoint(signed.pop(grown.size), head, log_keys)
    yield from (Fault("a checkpoint is of a size that the log does not have", f"checkpoint {other}") for other in signed)
    yield from (Fault("a stored hash is of a tile that the log does not have", f"tile {level}/{number}") for level, number in full)
    if (state.size, _bytes(state.root), _bytes(state.frontier)) != (grown.size, grown.root(), grown.frontier()):
        yield Fault("the log's size and root are not those of its entries", "log")
    yield from _lost(grown.size)


def _lost(size: int) -> Iterator[Fault]:
    """Events that have no place in the tree, and of which no sequencer knows."""
    if models.Event.objects.count() == size + models.Waiting.objects.count():
        return
    lost = models.Event.objects.filter(sequenced__isnull=True, waiting__isnull=True)
    for event in lost.values_list("id", flat=True)[:_CHUNK]:
        yield Fault("the event has no place in the tree, and waits for none", f"event {event}")


class _Tree:
    """A tree that grows by leaves: the roots of its full subtrees with their heights, the largest first."""

    def __init__(self) -> None:
        self.size = 0
        self._peaks: list[tuple[int, bytes]] = []

    def add(self, leaf: bytes) -> Iterable[tuple[tuple[int, int], bytes]]:
        """Append a leaf hash; the tiles (level, number) that became full by it, with their roots."""
        node, height, peaks, full = leaf, 0, self._peaks, []
        while peaks and peaks[-1][0] == height:
            node, height = sha256(b"\x01" + peaks.pop()[1] + node).digest(), height + 1
            if not height % 8:
                full.append(((height // 8 - 1, self.size >> height), node))
        peaks.append((height, node))
        self.size += 1
        return full

    def root(self) -> bytes:
        """The root over all leaves."""
        node = b""
        for _, peak in reversed(self._peaks):
            node = sha256(b"\x01" + peak + node).digest() if node else peak
        return node or sha256(b"").digest()

    def frontier(self) -> bytes:
        """The roots of the full subtrees, one after the other."""
        return b"".join(node for _, node in self._peaks)


def _checkpoint(note: str, wanted: notes.Checkpoint, log_keys: tuple[bytes, ...]) -> Iterator[Fault]:
    name = f"checkpoint {wanted.size}"
    try:
        head = notes.verify_any(note, log_keys)
    except Broken as error:
        yield Fault(str(error), name)
        return
    if (head.size, head.root) != (wanted.size, wanted.root):
        yield Fault("the checkpoint is not that of the log's entries", name)
    if head.origin != wanted.origin:
        yield Fault("the checkpoint is of another log", name)


def _whole(row: Row) -> Whole | None:
    """The entry, if it is exactly what its openings and its row give; None for one that has to be taken apart."""
    _, key, event_type, time, entry, leaf, *_, fields = row
    try:
        opened = _OPENED.fullmatch(fields.encode())
        if opened is None or event_type not in _TYPES or sha256(b"\x00" + entry).digest() != leaf:
            return None
        groups = opened.groups()
        written, values = b"".join(groups[::2]), groups[1::2]
        salts = unhexlify(written)
        commitments = hexlify(b"".join([one.digest() for one in map(sha256, map(add, _SALTS(salts), values))]))
        if hexlify(salts) != written or _ENTRY % (*_COMMITMENTS(commitments), _uuid(key).encode(), time, event_type.encode()) != entry:
            return None
    except (AttributeError, TypeError, ValueError):
        return None
    item, previous, data, about, actor = _USED(values)
    return item, previous, data, about, actor


def _text(value: bytes) -> str | None:
    """A uuid or a digest, or none, from the JSON that was committed to."""
    return None if value == b"null" else value[1:-1].decode()


def _is_beside(columns: Row, committed: tuple[bytes, bytes]) -> bool:
    """Whether the columns by which trails are found say what the entry commits to. Almost all are plain words, compared as they stand."""
    kind, key, actor = columns
    about, acting = committed
    return _is_about(kind, key, about) and _is_actor(actor, acting)


def _is_about(kind: object, key: object, about: bytes) -> bool:
    if about == b"null" or not isinstance(kind, str) or not isinstance(key, str):
        return about == b"null" and kind == key == ""
    if about == f'{{"id":"{key}","kind":"{kind}"}}'.encode(errors="surrogateescape"):
        return True
    found: Any = parse(about)
    return bool((kind, key) == (found["kind"], found["id"]))


@lru_cache(_ACTORS)
def _is_actor(actor: object, acting: bytes) -> bool:
    """Few act, and often."""
    found: Any = parse(acting)
    return bool(actor == f"{found['kind']}:{found['id']}")


def _taken_apart(row: Row) -> tuple[dict[str, Plain], list[Fault]]:
    """The opened values of an event, and what is wrong with it."""
    opened, wrong = _openings(row)
    return opened, [Fault(what, f"event {_uuid(row[1])}") for what in wrong]


def _openings(row: Row) -> tuple[dict[str, Plain], list[str]]:
    """The opened values, and what is wrong with the entry."""
    _, key, event_type, time, entry, leaf, *_, stored = row
    wrong, data = [], _bytes(entry)
    if sha256(b"\x00" + data).digest() != _bytes(leaf):
        wrong.append("the entry's bytes do not give its leaf hash")
    try:
        clear = parse(data)
    except ValueError as error:
        return {}, [*wrong, f"the entry is {error}"]
    if not isinstance(clear, Mapping):
        return {}, [*wrong, "the entry is no object"]
    if (clear.get("id"), clear.get("type"), clear.get("time")) != (_uuid(key), event_type, time):
        wrong.append(f"the table's id, type or time is not the entry's, which is that of event {clear.get('id')}")
    if event_type not in _TYPES:
        wrong.append(f"there is no event type {event_type!a}")
    fields = clear.get("fields")
    try:
        openings = stored_openings(stored)
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}, [*wrong, "the openings are missing or unreadable"]
    commitments = {name: opening.commitment() for name, opening in openings.items()}
    if commitments != fields or tuple(sorted(commitments)) != FIELDS:
        return {}, [*wrong, "the openings do not match the entry's commitments"]
    if stored != canonical({name: {"salt": one.salt.hex(), "value": parse(one.value)} for name, one in openings.items()}).decode():
        wrong.append("the openings are not written as they were")
    return {name: parse(opening.value) for name, opening in openings.items()}, wrong


def _fold(data: Plain, state: State) -> None:
    changes = data.get("set", ()) if isinstance(data, Mapping) else ()
    for change in changes if isinstance(changes, list) else ():
        state.setdefault(change["noun"], {}).setdefault(change["id"], {}).update(change["columns"])


def _heads(heads: Mapping[str, str]) -> Iterator[Fault]:
    for item, head in raw.rows(models.EvidenceItem, ("id", "head")):
        if heads.get(str(raw.as_uuid(item))) != (_bytes(head).hex() if head is not None else None):
            yield Fault("the newest entry of the trail is not the one that the item names", f"item {raw.as_uuid(item) or ascii(item)}")


def _uuid(value: object) -> str:
    """A uuid as it stands in the log: SQLite holds its 32 digits, PostgreSQL the thing itself."""
    if isinstance(value, str):
        return f"{value[:8]}-{value[8:12]}-{value[12:16]}-{value[16:20]}-{value[20:]}"
    return str(value)


def _bytes(value: object) -> bytes:
    """What a column of bytes holds; nothing where it holds something else."""
    return bytes(value) if isinstance(value, bytes | memoryview) else b""


def _rows(statement: str, after: int, last: int = _EVERY) -> Iterator[Row]:
    """All rows behind `after` up to `last`, some thousand at a time: a server must not send the whole log at once."""
    while rows := _some(statement, after, last):
        yield from rows
        after = rows[-1][0]


def _some(statement: str, after: int, last: int) -> list[Row]:
    try:
        return _fetched(statement, after, last)
    except OperationalError:  # text that is no UTF-8, most likely: to read every row so that it can be read takes longer
        with raw.tolerant():
            return _fetched(statement, after, last)


def _fetched(statement: str, after: int, last: int) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(statement, (after, last, _CHUNK))
        return list(cursor.fetchall())
