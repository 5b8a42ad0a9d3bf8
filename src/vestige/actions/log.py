"""Having the log: its newest checkpoint, a proof of an item's newest entry, a folder that any web server can publish. Each is an event."""

from dataclasses import dataclass
from pathlib import Path

from vestige.access.permissions import Permission
from vestige.actions.door import Desk, action
from vestige.actions.items import find_item
from vestige.custody.events import FIELDS, EventType
from vestige.custody.notes import Checkpoint, verify
from vestige.custody.proofs import ProvenEntry, proof_file
from vestige.errors import NotFound
from vestige.evidence.changes import Plain, Statement


@dataclass(frozen=True, slots=True)
class Signed:
    """A signed checkpoint: its note, and what it says."""

    note: str
    head: Checkpoint


@dataclass(frozen=True, slots=True)
class Proof:
    """A C2SP tlog-proof of one entry: its text, the entry's index, the size of the tree."""

    text: str
    index: int
    size: int


@action("log.checkpoint", Permission.LOG_READ, EventType.LOG_READ)
def checkpoint(desk: Desk) -> Signed:
    """The signed checkpoint that covers every event up to this one."""
    desk.note(Statement(EventType.LOG_READ, data={"what": "checkpoint"}))
    return _signed(desk)


@action("log.prove", Permission.TRAIL_READ, EventType.LOG_READ)
def prove(desk: Desk, ref: str, *, whole: bool = False, opened: bool = False) -> list[Proof]:
    """Proofs that the item's newest entry (`whole`: every entry of its trail) is in the log. Raises NotFound, Refused.

    A proof carries the entry, which names nobody; with `opened` its openings too, so that whoever has the proof can read it.
    """
    item, _ = find_item(desk, ref)
    signed = _signed(desk)
    reader = desk.ports.catalog.proofs(signed.head.size)
    entries = reader.trail(item.id) if whole else reader.newest(item.id)
    if not entries:
        raise NotFound(f"the log tells nothing of item {item.number}")
    proofs = [_proof(entry.opened(FIELDS if opened else ()), signed) for entry in entries]
    size = sum(len(proof.text.encode()) for proof in proofs)
    data: dict[str, Plain] = {"what": "proof", "entries": len(entries), "opened": opened, "bytes": size}
    desk.note(Statement(EventType.LOG_READ, about=("item", str(item.id)), data=data))
    return proofs


@action("log.publish", Permission.LOG_PUBLISH, EventType.LOG_PUBLISHED)
def publish(desk: Desk, folder: Path) -> Signed:
    """Bring a folder that a web server publishes up to the newest checkpoint, and read all of it back.

    Raises BadInput for a folder of something else; Fault for one that holds another log, a longer one or a fork, or does not read back.
    """
    catalog = desk.ports.catalog
    note = catalog.publish_log(folder)
    head = verify(note, catalog.log_key())
    where: dict[str, Plain] = {"size": head.size, "root": head.root.hex(), "folder": str(folder.absolute())}
    desk.note(Statement(EventType.LOG_PUBLISHED, about=("checkpoint", str(head.size)), data=where))
    return Signed(note, head)


def _signed(desk: Desk) -> Signed:
    note = desk.ports.catalog.checkpoint()
    return Signed(note, verify(note, desk.ports.catalog.log_key()))


def _proof(entry: ProvenEntry, signed: Signed) -> Proof:
    return Proof(proof_file(entry, None, signed.note), entry.index, signed.head.size)
