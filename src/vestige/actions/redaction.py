"""Redaction: a person's check of every span, a second person's approval, and the copy.

Numbered: 1 plan (`redaction_plan`), 2 review, 3 approve, 4 render and check, 5 release (`release`). Each is bound to a digest: a plan that
changes loses its checks and its approval.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from vestige.access.permissions import Permission
from vestige.actions.door import Desk, action
from vestige.actions.intake import end, give_up
from vestige.actions.items import find_item
from vestige.actions.ports import Intake
from vestige.actions.records import copy_columns, facts_digest
from vestige.custody.events import EventType
from vestige.errors import BadInput, NotFound, Refused, Tampered
from vestige.evidence.changes import Change, Statement
from vestige.evidence.items import EvidenceItem, ItemKind, ItemStatus, RedactionFacts
from vestige.evidence.values import Digest, uuid7
from vestige.redaction import review as rules
from vestige.redaction.geometry import Span
from vestige.redaction.hidden import hidden_digests
from vestige.redaction.plan import Plan
from vestige.redaction.reading import plan_from_bytes

SAMPLES = "samples"  # the working copy that holds a derived item's sample proofs
PLANNED, APPROVED, RENDERED = "planned", "approved", "rendered"


def find(desk: Desk, ref: str) -> tuple[RedactionFacts, Plan, EvidenceItem]:
    """A redaction, its plan and its item, if the actor may do this to the item. Raises NotFound, Refused, Tampered, Fault."""
    redaction = desk.ports.catalog.redaction(ref)
    item, _ = find_item(desk, str(redaction.item) if redaction else "", f"there is no redaction {ref[:100]}")
    if redaction is None:
        raise NotFound(f"there is no redaction {ref[:100]}")
    plan = plan_from_bytes(redaction.plan.encode())
    if plan.digest() != redaction.plan_digest:
        raise Tampered("the stored plan is not the one whose digest the log has; nothing is made of it")
    return redaction, plan, item


@action("redaction.review", Permission.REDACTION_REVIEW, EventType.REDACTION_REVIEWED)
def review(desk: Desk, ref: str, spans: Sequence[Span] | None) -> tuple[Span, ...]:
    """A person checked these spans (None: the whole recording) against the plan. Returns what is still unchecked. Raises BadInput."""
    redaction, plan, item = find(desk, ref)
    if redaction.state == RENDERED:
        raise BadInput("this redaction is rendered already")
    checked = tuple(spans) if spans is not None else (Span(0, plan.duration_ms),)
    if not checked:
        raise BadInput("say which spans were checked, or all")
    if any(span.to_ms > plan.duration_ms for span in checked):
        raise BadInput(f"the recording ends at {plan.duration_ms} ms; nothing after that can be checked")
    pairs = [(span.from_ms, span.to_ms) for span in checked]
    with desk.writing() as pen:
        desk.ports.catalog.add_reviewed(redaction.id, redaction.plan_digest, pairs, UUID(desk.actor.id))
        pen.record(
            Statement(
                EventType.REDACTION_REVIEWED,
                item=item.id,
                about=("redaction", str(redaction.id)),
                digests=(("plan", redaction.plan_digest),),
                data={"spans": [list(pair) for pair in pairs]},
            )
        )
    return rules.unreviewed(plan, _reviews(desk, ref))


@action("redaction.approve", Permission.REDACTION_APPROVE, EventType.REDACTION_APPROVED)
def approve(desk: Desk, ref: str) -> Digest:
    """A second person approves the plan's digest. Refuses the author, and a plan that nobody checked whole."""
    redaction, plan, item = find(desk, ref)
    if redaction.state != PLANNED:
        raise BadInput(f"this redaction is {redaction.state} already")
    _allow(rules.may_approve(plan, _reviews(desk, ref), author=str(redaction.author), approver=desk.actor.id))
    approval = {"redaction": str(redaction.id), "plan_digest": redaction.plan_digest.value, "person": desk.actor.id}
    changes = (Change("approval", uuid7(), approval), Change("redaction", redaction.id, {"state": APPROVED}))
    desk.note(
        Statement(
            EventType.REDACTION_APPROVED,
            item=item.id,
            about=("redaction", str(redaction.id)),
            digests=(("plan", redaction.plan_digest), *hidden_digests(plan)),
            changes=changes,
        )
    )
    return redaction.plan_digest


@action("redaction.render", Permission.REDACTION_RENDER, EventType.REDACTION_RENDERED)
def render(desk: Desk, ref: str, progress: Callable[[float], None]) -> EvidenceItem:
    """Render the approved plan into a redacted copy, and check the copy. Any doubt and no copy is kept (RenderFailed)."""
    redaction, plan, item = find(desk, ref)
    if redaction.state == RENDERED:
        raise BadInput("this redaction is rendered already")
    require_evidence(item)
    approval = rules.Approval(str(redaction.approved_by), redaction.plan_digest) if redaction.approved_by else None
    _allow(rules.may_render(plan, approval, author=str(redaction.author)))
    copy = uuid7()
    desk.ports.catalog.begin_intake(copy, copy, f"rendered from {item.id}", desk.now())
    intake = desk.ports.vault.begin(copy, copy, hold_first=True)
    try:
        _record_copy(desk, (redaction, plan), item, _make_copy(desk, item, plan, (copy, intake), progress))
    except BaseException:
        if desk.ports.catalog.item(str(copy)) is None:
            desk.ports.vault.drop_working(copy, SAMPLES)
        give_up(desk, copy, intake)
        raise
    intake.done()
    found = desk.ports.catalog.item(str(copy))
    if found is None:
        raise NotFound(f"there is no item {copy}")
    return found


@dataclass(frozen=True, slots=True)
class _Copy:
    """A copy that is durable and checked, and not yet evidence. `proofs` are its sample proofs, where the original has a media index."""

    id: UUID
    facts: dict[str, object]
    proofs: bytes | None
    digest: Digest
    size: int


def _make_copy(desk: Desk, item: EvidenceItem, plan: Plan, way: tuple[UUID, Intake], progress: Callable[[float], None]) -> _Copy:
    """Render, make durable, read back and check the copy."""
    copy, intake = way
    key = desk.ports.catalog.index_key(item.id)
    index = {"item": str(item.id), "key": key.hex(), "root": item.media_index.value} if key and item.media_index else None
    request = {"plan": plan.to_json(), "index": index}
    expected, proofs = desk.ports.media.render(item.id, item.sealed, request, intake, lambda part: progress(part * 0.7))
    size = intake.finish()
    facts = desk.ports.media.check(copy, copy, plan.to_json(), expected, lambda part: progress(0.7 + part * 0.3))
    return _Copy(copy, facts | {"anew": expected["anew"]}, proofs, desk.ports.vault.digest(copy, copy), size)


def _keep_proofs(desk: Desk, made: _Copy) -> tuple[tuple[str, Digest], ...]:
    """Store the sample proofs beside the copy; what the copy's first entry names of them."""
    if made.proofs is None:
        return ()
    desk.ports.vault.write_working(made.id, made.id, SAMPLES, made.proofs)
    return ((SAMPLES, Digest(hashlib.sha256(made.proofs).hexdigest())),)


def _record_copy(desk: Desk, made_by: tuple[RedactionFacts, Plan], item: EvidenceItem, made: _Copy) -> None:
    redaction, plan = made_by
    copy, catalog = made.id, desk.ports.catalog
    proofs = _keep_proofs(desk, made)
    with desk.writing() as pen:
        parent = catalog.item(str(item.id))
        head = parent.head if parent else None
        if head is None:
            raise NotFound(f"there is no item {item.id}")
        row = {**copy_columns(desk, item, made.size, made.digest), "object": str(copy), "facts": facts_digest(made.facts).value}
        now = desk.now()
        beside = {"probe": made.facts, "received_at": now, "read_at": now}
        done = {"state": RENDERED, "rendered": str(copy)}
        pen.record(
            Statement(
                EventType.REDACTION_RENDERED,
                item=copy,
                about=("redaction", str(redaction.id)),
                digests=(
                    ("rendered", made.digest),
                    ("original", item.sha256),
                    ("plan", redaction.plan_digest),
                    *hidden_digests(plan),
                    ("parent_head", Digest(head.hex())),
                    *proofs,
                ),
                data={"parent": str(item.id)},
                changes=(
                    Change("item", copy, row, beside),
                    Change("redaction", redaction.id, done, {"renderer_id": UUID(desk.actor.id)}),
                ),
            )
        )
        if made.proofs is not None:
            catalog.add_working(copy, SAMPLES, {"bytes": len(made.proofs)})
        end(desk, copy)


def require_evidence(item: EvidenceItem) -> None:
    """Refuses an item that is not a video taken as evidence, as it was received."""
    if item.parent is not None or item.kind is not ItemKind.VIDEO:
        raise BadInput(f"item {item.number} is not an original video")
    if item.status is not ItemStatus.ACCESSIONED:
        raise Refused(f"item {item.number} is quarantined; nothing is made from it before that is resolved")


def _reviews(desk: Desk, ref: str) -> list[rules.Review]:
    redaction = desk.ports.catalog.redaction(ref)
    if redaction is None:
        return []
    return [rules.Review(str(person), redaction.plan_digest, (Span(start, end_),)) for person, start, end_ in redaction.reviewed]


def _allow(verdict: rules.Verdict) -> None:
    if not verdict.allowed:
        raise Refused(verdict.reason)
