"""Finding things in the catalog, as values. Lists are narrowed by the access plan in the database, never afterwards."""

from collections.abc import Iterable, Iterator
from functools import reduce
from operator import or_
from uuid import UUID

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet, Sum

from vestige.access.judge import EVERYTHING, Plan
from vestige.catalog import models, values
from vestige.catalog.accounts.models import Person as PersonRow
from vestige.catalog.accounts.models import RoleGrant
from vestige.catalog.places import came_near
from vestige.catalog.plans import condition, seen
from vestige.evidence.attribution import Correction
from vestige.evidence.docks import Part
from vestige.evidence.items import (
    Device,
    EvidenceItem,
    Finding,
    FindingKind,
    ItemFilter,
    ItemKind,
    ItemStatus,
    Recording,
    RedactionFacts,
    TrailEntry,
)
from vestige.evidence.people import Person
from vestige.evidence.values import Digest

_FEW = 50


def as_uuid(ref: str) -> UUID | None:
    """The UUID that the text is, or None."""
    try:
        return UUID(ref)
    except ValueError:
        return None


def _named(ref: str, column: str) -> Q:
    known = as_uuid(ref)
    return Q(id=known) if known else Q(**{column: ref})


def _items() -> "QuerySet[models.EvidenceItem]":
    return models.EvidenceItem.objects.prefetch_related("working")


def _recordings() -> "QuerySet[models.Recording]":
    return _without_items().prefetch_related(Prefetch("items", _items()))


def _without_items() -> "QuerySet[models.Recording]":
    return models.Recording.objects.select_related("device", "officer", "unit").prefetch_related("containers")


def held_recordings() -> "QuerySet[models.Recording]":
    """All but those whose items were all joined into another, with what belongs to them."""
    return _recordings().filter(Exists(models.EvidenceItem.objects.filter(recording=OuterRef("id"))))


def _people() -> "QuerySet[PersonRow]":
    return PersonRow.objects.prefetch_related(Prefetch("grants", RoleGrant.objects.filter(withdrawn__isnull=True)))


def person(ref: str) -> Person | None:
    """The person with that badge (any case) or id."""
    row = _people().filter(_named(ref, "badge__iexact")).first()
    return values.person(row) if row else None


def people() -> list[Person]:
    """Everybody, by badge."""
    return [values.person(row) for row in _people().order_by("badge")]


def device(serial: str) -> Device | None:
    """The device with that serial number."""
    row = models.Device.objects.filter(serial=serial).first()
    return values.device(row) if row else None


def devices() -> list[Device]:
    """All devices, by serial number."""
    return [values.device(row) for row in models.Device.objects.order_by("serial")]


def holder(device_id: UUID, at: int) -> UUID | None:
    """Who held the device at that moment."""
    spans = models.Assignment.objects.filter(device=device_id, starts__lte=at).filter(Q(ends__isnull=True) | Q(ends__gt=at))
    return spans.values_list("person_id", flat=True).first()


def item(ref: str, visible: Plan = EVERYTHING) -> EvidenceItem | None:
    """The item with that number or id, if the plan shows it."""
    row = _items().filter(_named(ref, "number")).filter(condition(visible, "recording__")).first()
    return values.item(row) if row else None


def recording(ref: str, visible: Plan = EVERYTHING) -> Recording | None:
    """The recording with that number or id, if the plan shows it."""
    row = _recordings().filter(_named(ref, "number")).filter(condition(visible, "")).first()
    return values.recording(row) if row else None


def recording_itself(recording_id: UUID) -> Recording | None:
    """The same by id, without its items: what is asked as each of thousands of clips comes in must not read all of them."""
    row = _without_items().filter(id=recording_id).first()
    return values.recording(row, itself=True) if row else None


def corrections(recording_id: UUID) -> list[Correction]:
    """What people corrected of a recording, oldest first; what one act corrected by its name."""
    rows = models.Correction.objects.filter(recording=recording_id).select_related("person")
    return [values.correction(row) for row in sorted(rows, key=lambda row: (row.id.int >> 80, row.field))]  # an id begins with its time


def recordings_of(device_id: UUID, limit: int) -> list[Recording]:
    """The recordings of a camera that hold something, newest first."""
    return [values.recording(row) for row in held_recordings().filter(device=device_id).order_by("-id")[:limit]]


def recordings(visible: Plan, wanted: ItemFilter, tracks: Plan = EVERYTHING) -> list[Recording]:
    """Recordings, newest first, that the plan shows and the filter wants; by their tracks only those are found whose tracks `tracks` shows."""
    rows = held_recordings().filter(_narrow(wanted, "", tracks))
    if wanted.status is not None:
        rows = rows.filter(_status(wanted.status))
    if wanted.before is not None:
        rows = rows.filter(id__lt=wanted.before)
    return [values.recording(row) for row in seen(rows, visible, "", "-id", wanted.limit)]


def items(visible: Plan, wanted: ItemFilter, tracks: Plan = EVERYTHING) -> list[EvidenceItem]:
    """Items, oldest first, that the plan shows and the filter wants; by tracks as for recordings."""
    rows = _items().filter(_narrow(wanted, "recording__", tracks))
    if wanted.status is not None:
        rows = rows.filter(status=wanted.status.value)
    if wanted.before is not None:
        rows = rows.filter(id__gt=wanted.before)
    return [values.item(row) for row in seen(rows, visible, "recording__", "id", wanted.limit)]


def with_digest(digest: Digest) -> list[tuple[EvidenceItem, Recording]]:
    """Originals with these bytes, and their recordings."""
    found = [values.item(row) for row in _items().filter(sha256=digest.value, parent__isnull=True).order_by("id")]
    pairs = ((one, recording(str(one.recording))) for one in found)
    return [(one, whole) for one, whole in pairs if whole]


def unprepared(after: UUID | None) -> UUID | None:
    """The oldest accessioned item behind that one (by id; None: of all) whose working copies nobody set about to make.

    A restore begins anew: no backup holds what can be made again.
    """
    return _oldest(models.EvidenceItem.objects.filter(~Exists(_prepared())), after)


def trackless(after: UUID | None) -> UUID | None:
    """The oldest accessioned item behind that one that may tell where a camera was, prepared by a version that did not look for that."""
    looked = _prepared().filter(openings__fields__contains='"tracks":true')
    dock, video = Q(probe__attached=Part.TRAIL.value), Q(kind=ItemKind.VIDEO.value)
    tells = dock | video & (Q(probe__telemetry_time__gt=0) | Q(probe__device__make="GoPro"))
    return _oldest(models.EvidenceItem.objects.filter(tells, Exists(_prepared()), ~Exists(looked)), after)


def _prepared() -> QuerySet[models.Event]:
    """Events of an item that somebody set about to make its working copies, since the home was last restored."""
    first = models.Sequenced.objects.filter(index=0, event__type="home:restored")
    restored = first.values_list("event_id", flat=True).first() or 0
    return models.Event.objects.filter(item=OuterRef("id"), type="item:prepared", seq__gt=restored)


def _oldest(rows: QuerySet[models.EvidenceItem], after: UUID | None) -> UUID | None:
    narrowed = rows.filter(status=ItemStatus.ACCESSIONED.value, **({"id__gt": after} if after else {}))
    return narrowed.order_by("id").values_list("id", flat=True).first()


def unread_since(moment: int, most: int) -> list[EvidenceItem]:
    """Items whose sealed bytes were not read by fixity since then (ms), nor came in since; those that wait longest first."""
    return [values.item(row) for row in _items().filter(read_at__lt=moment).order_by("read_at", "id")[:most]]


def archive_bytes() -> int:
    """The size of all items together."""
    return models.EvidenceItem.objects.aggregate(total=Sum("size"))["total"] or 0


def finding(ref: UUID, plan: Plan = EVERYTHING) -> Finding | None:
    """One finding; one about a recording, or what belongs to one, as the plan shows it."""
    row = _findings(plan).filter(id=ref).first()
    return values.finding(row) if row else None


def findings(plan: Plan = EVERYTHING, *, closed: bool) -> list[Finding]:
    """Open findings (all of them with `closed`), newest first; those about a recording, or what belongs to one, as the plan shows it."""
    rows = _findings(plan).order_by("-id")
    return [values.finding(row) for row in (rows if closed else rows.filter(closed_at__isnull=True))]


def _findings(plan: Plan) -> QuerySet[models.Finding]:
    own, of_recording = condition(plan, ""), condition(plan, "recording__")
    shown = {
        "recording": models.Recording.objects.filter(own),
        "item": models.EvidenceItem.objects.filter(of_recording),
        "dock_container": models.DockContainer.objects.filter(of_recording | Q(recording__isnull=True)),
    }
    parts = (Q(Exists(rows.filter(id=OuterRef("object_id"))), object_kind=kind) for kind, rows in shown.items())
    return models.Finding.objects.filter(~Q(object_kind__in=list(shown)) | reduce(or_, parts))


def findings_of(objects: Iterable[UUID]) -> list[Finding]:
    """Findings about any of these, newest first."""
    return [values.finding(row) for row in models.Finding.objects.filter(object_id__in=list(objects)).order_by("-id")]


def open_findings_of(objects: Iterable[UUID], *kinds: FindingKind) -> list[Finding]:
    """The open findings of these kinds about any of these, newest first."""
    rows = models.Finding.objects.filter(object_id__in=list(objects), kind__in=[one.value for one in kinds], closed_at__isnull=True)
    return [values.finding(row) for row in rows.order_by("-id")]


def _redactions() -> "QuerySet[models.Redaction]":
    return models.Redaction.objects.prefetch_related("reviewed", "approvals")


def redaction(ref: str) -> RedactionFacts | None:
    """One redaction by id."""
    known = as_uuid(ref)
    row = _redactions().filter(id=known).first() if known else None
    return values.redaction(row) if row else None


def redactions_of(item_id: UUID) -> list[RedactionFacts]:
    """The redactions of an item, newest first."""
    return [values.redaction(row) for row in _redactions().filter(item=item_id).order_by("-id")]


def redaction_of_copy(item_id: UUID) -> RedactionFacts | None:
    """The redaction that a redacted copy was rendered from."""
    row = _redactions().filter(rendered=item_id).first()
    return values.redaction(row) if row else None


def trail(item_id: UUID) -> list[TrailEntry]:
    """The trail of an item, in its order."""
    rows = models.Event.objects.filter(item=item_id).select_related("openings", "sequenced").order_by("seq")
    return [values.trail_entry(row) for row in rows]


def trail_of_object(kind: str, ref: str) -> list[TrailEntry]:
    """The entries about another object (a person, a recording, a redaction), in order."""
    rows = models.Event.objects.filter(object_kind=kind, object_id=ref).select_related("openings", "sequenced").order_by("seq")
    return [values.trail_entry(row) for row in rows]


def told_of(kind: str, ref: str, event_type: str) -> Iterator[TrailEntry]:
    """The entries of one type about another object, newest first, read as they are asked for."""
    rows = models.Event.objects.filter(object_kind=kind, object_id=ref, type=event_type).select_related("openings", "sequenced")
    return map(values.trail_entry, rows.order_by("-seq").iterator(chunk_size=_FEW))


def _narrow(wanted: ItemFilter, prefix: str, tracks: Plan) -> Q:
    given = {
        "officer__badge__iexact": wanted.officer,
        "device__serial": wanted.device,
        "category": wanted.category,
    }
    narrowed = Q(**{prefix + name: value for name, value in given.items() if value is not None})
    narrowed &= _within(wanted, prefix + "recorded_at") | _within(wanted, prefix + "corrected_at")
    return narrowed & came_near(wanted.near, prefix, tracks) if wanted.near else narrowed


def _within(wanted: ItemFilter, column: str) -> Q:
    """By the camera's own time or the corrected one: whoever looks for either finds it."""
    bounds = {f"{column}__gte": wanted.since, f"{column}__lt": wanted.until}
    return Q(**{name: value for name, value in bounds.items() if value is not None})


def _status(status: ItemStatus) -> Q:
    with_status = models.EvidenceItem.objects.filter(status=status.value).values("recording_id")
    if status is not ItemStatus.ACCESSIONED:
        return Q(id__in=with_status)
    others = models.EvidenceItem.objects.exclude(status=status.value).values("recording_id")
    return Q(id__in=with_status) & ~Q(id__in=others)
