"""Rows of the catalog as the frozen values of `evidence`."""

import json
from collections.abc import Iterable, Mapping

from vestige.catalog import models
from vestige.catalog.accounts.models import Person as PersonRow
from vestige.catalog.log import opened
from vestige.evidence.access import marks_of
from vestige.evidence.attribution import Correction
from vestige.evidence.items import (
    Device,
    EvidenceItem,
    Finding,
    FindingKind,
    ItemKind,
    ItemStatus,
    Recording,
    RedactionFacts,
    TimeSource,
    TrailEntry,
    Viewing,
)
from vestige.evidence.moments import told
from vestige.evidence.people import Person
from vestige.evidence.values import Digest, Place

_E7 = 1e7
_LONGEST_BUFFER_MS = 3_600_000


def item(row: models.EvidenceItem) -> EvidenceItem:
    """An item with the kinds of its working copies."""
    return EvidenceItem(
        id=row.id,
        number=row.number,
        recording=row.recording_id,
        position=row.position,
        kind=ItemKind(row.kind),
        status=ItemStatus(row.status),
        filename=row.filename,
        size=row.size,
        sha256=Digest(row.sha256),
        sealed=row.sealed,
        parent=row.parent_id,
        media_index=Digest(row.media_index) if row.media_index else None,
        facts=row.probe,
        received_at=row.received_at,
        head=bytes(row.head) if row.head else None,
        working=frozenset(copy.kind for copy in row.working.all()),
    )


def recording(row: models.Recording, *, itself: bool = False) -> Recording:
    """A recording with its items (prefetched), or `itself` without them."""
    place = None
    if row.latitude_e7 is not None and row.longitude_e7 is not None:
        place = Place(row.latitude_e7 / _E7, row.longitude_e7 / _E7)
    return Recording(
        id=row.id,
        number=row.number,
        device=device(row.device) if row.device else None,
        officer=row.officer_id,
        officer_badge=row.officer.badge if row.officer else None,
        officer_name=row.officer.name if row.officer else None,
        recorded_at=row.recorded_at,
        recorded_at_source=TimeSource(row.recorded_at_source) if row.recorded_at_source else None,
        category=row.category,
        access_class=row.access_class,
        place=place,
        items=() if itself else tuple(item(i) for i in row.items.all()),
        test=bool(row.test),
        pre_event_ms=max((_pre_event(json.loads(container.said)) for container in row.containers.all()), default=0),
        corrected_at=row.corrected_at,
        clock_offset_ms=row.clock_offset_ms,
        marks=marks_of(row.marks),
        unit=row.unit_id,
        unit_code=row.unit.code if row.unit else None,
        incomplete=any(container.complete is None for container in row.containers.all()),
    )


def _pre_event(said: Mapping[str, str]) -> int:
    """From the start to the trigger, as the dock tells them; 0 where it does not, or where that is no time that a buffer lasts."""
    starts, trigger = (told(said, name) for name in ("StartTime", "TriggerOnTime"))
    return trigger - starts if starts is not None and trigger is not None and 0 < trigger - starts <= _LONGEST_BUFFER_MS else 0


def correction(row: models.Correction) -> Correction:
    """A correction, with the person who made it."""
    return Correction(row.field, row.was, row.becomes, row.reason, row.person.badge, row.person.name, row.at)


def device(row: models.Device) -> Device:
    """A device."""
    return Device(row.id, row.serial, row.model, row.mount, row.kind or "", row.out_of_use)


def person(row: PersonRow) -> Person:
    """A person with the roles that they hold now (grants prefetched)."""
    roles = frozenset(grant.role for grant in row.grants.all() if grant.withdrawn is None)
    return Person(id=row.id, badge=row.badge, name=row.name, unit=row.unit, roles=roles, active=row.active)


def finding(row: models.Finding) -> Finding:
    """A finding."""
    return Finding(
        id=row.id,
        kind=FindingKind(row.kind),
        object_kind=row.object_kind,
        object_id=row.object_id,
        detail=row.detail,
        opened_by=row.opened_by,
        opened_at=row.opened_at,
        owner=row.owner_id,
        due=row.due,
        closed_at=row.closed_at,
        end_reason=row.end_reason or None,
    )


def redaction(row: models.Redaction) -> RedactionFacts:
    """A redaction with the spans reviewed, and the approval given, for the plan as it is now."""
    spans: Iterable[models.ReviewedSpan] = [s for s in row.reviewed.all() if s.plan_digest == row.plan_digest]
    approval = next((a for a in row.approvals.all() if a.plan_digest == row.plan_digest), None)
    return RedactionFacts(
        id=row.id,
        item=row.item_id,
        plan=row.plan,
        plan_digest=Digest(row.plan_digest),
        state=row.state,
        author=row.author_id,
        reviewed=tuple(sorted((s.person_id, s.from_ms, s.to_ms) for s in spans)),
        approved_by=approval.person_id if approval else None,
        renderer=row.renderer_id,
        rendered=row.rendered_id,
    )


def viewing(row: models.Viewing) -> Viewing:
    """A viewing."""
    return Viewing(
        id=row.id,
        person=row.person_id,
        session=row.session,
        item=row.item_id,
        reason=row.reason,
        case=row.case or None,
        started_at=row.started_at,
        ended_at=row.ended_at,
        served_bytes=row.served_bytes,
        served_ms=row.served_ms,
        played_ms=row.played_ms,
        served_exact=row.served_exact,
        server=row.server,
    )


def trail_entry(row: models.Event) -> TrailEntry:
    """An entry of the log with all that the catalog can open of it."""
    sequenced = getattr(row, "sequenced", None)
    return TrailEntry(
        id=row.id,
        index=sequenced.index if sequenced else None,
        type=row.type,
        time=row.time,
        data=bytes(row.entry),
        leaf=bytes(row.leaf),
        opened=opened(row.openings.fields),
    )
