"""What a camera encrypted is opened with the agency's private key, as a derived item; the encrypted original stays as it came.

1. The key object unwraps to the content key. 2. The object is decrypted, hashed and sealed in one pass. 3. Examined. 4. Committed. What can't
be opened is told in an event on the key object, with a finding, and is not tried again.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from vestige.access.permissions import Permission
from vestige.actions.arrival import Arrival, facts_of
from vestige.actions.dock_parts import LARGEST, LARGEST_TRAIL
from vestige.actions.dock_parts import facts_of as part_facts
from vestige.actions.door import Desk, action
from vestige.actions.findings import open_finding
from vestige.actions.intake import end, give_up
from vestige.actions.noticing import measured, trail_offset
from vestige.actions.ports import Intake, Ports
from vestige.actions.prepare import prepare
from vestige.actions.records import copy_columns, facts_digest
from vestige.custody.events import EventType
from vestige.errors import BadInput, Fault, NotFound
from vestige.evidence.changes import Change, Statement
from vestige.evidence.docks import Part
from vestige.evidence.items import EvidenceItem, FindingKind, ItemKind, ItemStatus
from vestige.evidence.people import system
from vestige.evidence.values import Digest, uuid7
from vestige.policy.load import UNCATEGORIZED


@dataclass(frozen=True, slots=True)
class _Opened:
    """A copy in clear that is durable and not yet evidence."""

    id: UUID
    digest: Digest
    size: int
    facts: dict[str, object]


def is_due(ports: Ports) -> bool:
    """Whether an encrypted object and its key are there, and nobody has set about to open it."""
    return ports.docks.encrypted() is not None


def open_next(ports: Ports) -> UUID | None:
    """Open the next one, and make its working copies; the derived item, or None where it could not be opened."""
    found = ports.docks.encrypted()
    if found is None:
        return None
    made = open_encrypted(ports, system("opening"), *found)
    if made:
        prepare(ports, system("prepare"), made)
    return made


@action("item.open", Permission.ITEM_OPEN, EventType.ITEM_OPENED, EventType.FINDING_CLOSED, EventType.FINDING_OPENED)
def open_encrypted(desk: Desk, key: UUID, encrypted: UUID) -> UUID | None:
    """Open an encrypted object with its key object (both items). Raises NotFound; Unavailable, DiskFull: then it is tried again later."""
    key_item, item = desk.ports.catalog.item(str(key)), desk.ports.catalog.item(str(encrypted))
    if key_item is None or item is None:
        raise NotFound("there is no such pair of items")
    made = uuid7()
    desk.ports.catalog.begin_intake(made, made, f"opened from {item.id}", desk.now())
    intake = desk.ports.vault.begin(made, made)
    try:
        opened = _open(desk, key_item, item, (made, intake))
        _record(desk, key_item, item, opened)
    except (BadInput, Fault, NotFound) as error:  # a damaged pair must not stand in the way of all others
        give_up(desk, made, intake)
        _tell(desk, key_item, item, str(error))
        return None
    except BaseException:
        give_up(desk, made, intake)
        raise
    intake.done()
    return made


def _open(desk: Desk, key_item: EvidenceItem, item: EvidenceItem, way: tuple[UUID, Intake]) -> _Opened:
    """Raises BadInput where this key does not open it, or what comes out is nothing that can be examined."""
    made, intake = way
    reader = desk.ports.vault.open(key_item.id, key_item.sealed)
    try:
        wrapped, vector, name = _parsed(reader.read_at(0, LARGEST))
    finally:
        reader.close()
    content = desk.ports.keys.content_key(name, wrapped)
    digest, size = desk.ports.vault.decrypt(item.id, item.sealed, (content, vector), intake)
    intake.finish()
    if item.filename.endswith("_gpstrail.json"):
        opened = desk.ports.vault.open(made, made)
        try:
            facts = part_facts(Part.TRAIL, opened.read_at(0, LARGEST_TRAIL + 1), {})
        finally:
            opened.close()
    else:
        arrival = Arrival(None, None, desk.ports.policy.category(UNCATEGORIZED), None, categorised=False, item=made, sealed=made)
        judged = facts_of(desk, arrival)
        facts = {**judged.facts, **({"opens": False, "error": judged.reason} if judged.status is ItemStatus.QUARANTINED else {})}
    if not facts["opens"]:
        raise BadInput(f"what the key {name} makes of it cannot be examined: {facts['error']}")
    return _Opened(made, digest, size, facts)


def _parsed(body: bytes) -> tuple[bytes, bytes, str]:
    """The wrapped content key, the initialisation vector, the name of the agency's key. Raises BadInput."""
    try:
        value = json.loads(body)
        wrapped, vector = (base64.b64decode(value[name], validate=True) for name in ("EncryptedKey", "ContentEncryptionIV"))
        return wrapped, vector, str(value.get("PublicKeyId", ""))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, binascii.Error) as error:
        raise BadInput(f"the key object is none: {error}") from error


def _record(desk: Desk, key_item: EvidenceItem, item: EvidenceItem, opened: _Opened) -> None:
    with desk.writing() as pen:
        parent = desk.ports.catalog.item(str(item.id))
        if parent is None or parent.head is None:
            raise NotFound(f"there is no item {item.id}")
        columns = copy_columns(desk, parent, opened.size, opened.digest, word="opened")
        kind = ItemKind(str(opened.facts["kind"])).value
        row = {**columns, "kind": kind, "object": str(opened.id), "facts": facts_digest(opened.facts).value}
        if kind == ItemKind.DOCUMENT.value:
            row["filename"] = f"{item.filename.removesuffix('.json')}-opened.json"
        offset = _measured(desk, item, opened.facts)
        changes = (Change("recording", item.recording, {"clock_offset_ms": offset}),) if offset is not None else ()
        now = desk.now()
        beside = {"probe": dict(opened.facts), "received_at": now, "read_at": now}
        head = Digest(parent.head.hex())
        pen.record(
            Statement(
                EventType.ITEM_OPENED,
                item=opened.id,
                about=("item", str(item.id)),
                digests=(("key", key_item.sha256), ("opened", opened.digest), ("original", item.sha256), ("parent_head", head)),
                data={"parent": str(item.id), "key": str(key_item.id)},
                changes=(Change("item", opened.id, row, beside), *changes),
            )
        )
        pen.record(Statement(EventType.ITEM_OPENED, item=key_item.id, about=("item", str(item.id)), data={"opened": str(opened.id)}))
        whole = desk.ports.catalog.recording(str(item.recording))
        if whole and offset is not None:
            measured(desk, pen, whole, offset)
        end(desk, opened.id)


def _measured(desk: Desk, item: EvidenceItem, facts: Mapping[str, object]) -> int | None:
    """By how much the camera was ahead (ms), where this is a trail and its dock says when the recording began."""
    containers = desk.ports.docks.containers([item.recording]) if "began_at" in facts else ()
    mine = (one for one in containers if any(kept.id == item.id for _, kept in desk.ports.docks.contents(one.id)))
    return next((trail_offset(one.said, facts) for one in mine), None)


def _tell(desk: Desk, key_item: EvidenceItem, item: EvidenceItem, why: str) -> None:
    with desk.writing() as pen:
        pen.record(Statement(EventType.ITEM_OPENED, item=key_item.id, about=("item", str(item.id)), outcome={"failed": why[:500]}))
        open_finding(
            desk, pen, FindingKind.NOT_OPENED, ("item", item.id), f"{item.number} was encrypted by the camera and can't be opened: {why}"
        )
