"""Clips: a part of an original video, its samples bit for bit, as an item of its own with proofs that they are the original's.

Numbered: 1 may they, and is the original evidence with a media index; 2 the child recomputes that index, cuts, and makes the proofs; 3 the
clip is durable and read back; 4 it is committed with `item:clipped`, which names the clip, its proofs, the original, and the newest entry of
the original's trail.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

from vestige.access.permissions import Permission
from vestige.actions.door import Desk, action
from vestige.actions.intake import end, give_up
from vestige.actions.items import find_item
from vestige.actions.ports import Intake
from vestige.actions.records import copy_columns, facts_digest
from vestige.actions.redaction import SAMPLES, require_evidence
from vestige.custody.events import EventType
from vestige.errors import BadInput, NotFound
from vestige.evidence.changes import Change, Purpose, Statement
from vestige.evidence.items import EvidenceItem
from vestige.evidence.values import Digest, uuid7

_LONGEST_REASON = 1_000
_PLAYED = ("playable",)


@dataclass(frozen=True, slots=True)
class Cut:
    """What is asked for: milliseconds of the original's timeline, and why."""

    from_ms: int
    to_ms: int
    reason: str = ""

    def __post_init__(self) -> None:
        if not 0 <= self.from_ms < self.to_ms:
            raise BadInput("a clip ends after it begins")
        if len(self.reason) > _LONGEST_REASON:
            raise BadInput(f"a reason has at most {_LONGEST_REASON} characters")


@dataclass(frozen=True, slots=True)
class _Made:
    """A clip that is durable and not yet evidence."""

    id: UUID
    facts: Mapping[str, object]
    proofs: bytes
    digest: Digest
    size: int


@action("item.clip", Permission.ITEM_CLIP, EventType.ITEM_CLIPPED)
def clip(desk: Desk, ref: str, cut: Cut, progress: Callable[[float], None]) -> EvidenceItem:
    """Cut a clip out of an original video: never less than asked, from a key frame to a key frame.

    Raises BadInput, Refused (quarantined), MediaFailed where the recording cannot be cut without decoding; then nothing is kept.
    """
    item, _ = find_item(desk, ref)
    require_evidence(item)
    key = desk.ports.catalog.index_key(item.id)
    if item.media_index is None or key is None:
        raise BadInput(f"item {item.number} has no media index, so no clip could prove that it is a part of it")
    made = uuid7()
    desk.ports.catalog.begin_intake(made, made, f"clipped from {item.id}", desk.now())
    intake = desk.ports.vault.begin(made, made, hold_first=True)
    try:
        _record(desk, item, _make(desk, item, (cut, key), (made, intake), progress), cut)
    except BaseException:
        if desk.ports.catalog.item(str(made)) is None:
            desk.ports.vault.drop_working(made, SAMPLES)
        give_up(desk, made, intake)
        raise
    intake.done()
    found = desk.ports.catalog.item(str(made))
    if found is None:
        raise NotFound(f"there is no item {made}")
    return found


def _make(desk: Desk, item: EvidenceItem, how: tuple[Cut, bytes], way: tuple[UUID, Intake], progress: Callable[[float], None]) -> _Made:
    cut, key = how
    made, intake = way
    request = {
        "from_ms": cut.from_ms,
        "index_key": key.hex(),
        "item": str(item.id),
        "root": item.media_index.value if item.media_index else "",
        "to_ms": cut.to_ms,
    }
    facts, proofs = desk.ports.media.clip(item.id, item.sealed, request, intake, progress)
    size = intake.finish()
    facts |= {name: item.facts[name] for name in _PLAYED if name in item.facts}
    return _Made(made, facts, proofs, desk.ports.vault.digest(made, made), size)


def _record(desk: Desk, item: EvidenceItem, made: _Made, cut: Cut) -> None:
    catalog = desk.ports.catalog
    desk.ports.vault.write_working(made.id, made.id, SAMPLES, made.proofs)
    proofs = Digest(hashlib.sha256(made.proofs).hexdigest())
    with desk.writing() as pen:
        parent = catalog.item(str(item.id))
        head = parent.head if parent else None
        if head is None:
            raise NotFound(f"there is no item {item.id}")
        columns = copy_columns(desk, item, made.size, made.digest, word="clip")
        row = {**columns, "object": str(made.id), "facts": facts_digest(made.facts).value}
        now = desk.now()
        beside = {"probe": dict(made.facts), "received_at": now, "read_at": now}
        pen.record(
            Statement(
                EventType.ITEM_CLIPPED,
                item=made.id,
                about=("item", str(item.id)),
                purpose=Purpose(cut.reason) if cut.reason else None,
                digests=(("clipped", made.digest), ("original", item.sha256), ("parent_head", Digest(head.hex())), (SAMPLES, proofs)),
                data={
                    "asked": [cut.from_ms, cut.to_ms],
                    "cut": [_number(made.facts, "from_ms"), _number(made.facts, "to_ms")],
                    "parent": str(item.id),
                },
                changes=(Change("item", made.id, row, beside),),
            )
        )
        catalog.add_working(made.id, SAMPLES, {"bytes": len(made.proofs)})
        end(desk, made.id)


def _number(facts: Mapping[str, object], name: str) -> int:
    value = facts.get(name)
    return value if isinstance(value, int) else 0
