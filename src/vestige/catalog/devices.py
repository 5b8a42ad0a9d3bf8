"""What the catalog knows of cameras, as values. What bears evidence changes only through the log."""

import json
from collections.abc import Sequence
from uuid import UUID

from django.db.models import BigIntegerField, Count, Exists, ExpressionWrapper, F, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from vestige.catalog import models, queries, values
from vestige.evidence.devices import Assignment, DeviceFault, FaultOutcome, FaultReason, Seen
from vestige.evidence.items import Device, FindingKind, Recording

_MEASURED = ExpressionWrapper(F("recorded_at") - Coalesce(F("clock_offset_ms"), 0), BigIntegerField())
"""When a recording was made by the clocks alone (Recording.measured_at)."""


class DjangoDevices:
    """Rows of cameras, assignments and faults."""

    def by_id(self, device: UUID) -> Device | None:
        """One camera."""
        row = models.Device.objects.filter(id=device).first()
        return values.device(row) if row else None

    def page(self, wanted: str, after: str, limit: int) -> list[Device]:
        """Cameras by serial number, those behind `after`, narrowed to what serial number or model holds."""
        rows = models.Device.objects.filter(Q(serial__icontains=wanted) | Q(model__icontains=wanted)) if wanted else models.Device.objects
        return [values.device(row) for row in rows.filter(serial__gt=after).order_by("serial")[:limit]]

    def lock(self, device: UUID) -> None:
        """Inside a transaction: one at a time gives this camera out or takes it back."""
        models.Device.objects.select_for_update(no_key=True).get(id=device)

    def assignments(self, device: UUID) -> list[Assignment]:
        """Who had it, newest first."""
        return [_assignment(row) for row in _assignments().filter(device=device).order_by("-starts")]

    def held_now(self, devices: Sequence[UUID], now: int) -> dict[UUID, Assignment]:
        """Of these cameras those that somebody has at that moment."""
        rows = _assignments().filter(_not_over(now), device__in=list(devices), starts__lte=now)
        return {row.device_id: _assignment(row) for row in rows}

    def held_by(self, person: UUID, now: int) -> list[tuple[Device, Assignment]]:
        """What a person has at that moment."""
        rows = _assignments().filter(_not_over(now), person=person, starts__lte=now).select_related("device").order_by("device__serial")
        return [(values.device(row.device), _assignment(row)) for row in rows]

    def free(self, limit: int, now: int) -> list[Device]:
        """Cameras in use that nobody has, without an open fault, by serial number."""
        held = models.Assignment.objects.filter(_not_over(now)).values("device")
        faulty = models.DeviceFault.objects.filter(ended_at__isnull=True).values("device")
        rows = models.Device.objects.filter(out_of_use__isnull=True).exclude(id__in=held).exclude(id__in=faulty)
        return [values.device(row) for row in rows.order_by("serial")[:limit]]

    def faults(self, *, device: UUID | None = None, since: int | None = None, limit: int = 1000) -> list[DeviceFault]:
        """Faults, newest first: of one camera, or noticed since then."""
        rows = _faults() if device is None else _faults().filter(device=device)
        rows = rows if since is None else rows.filter(noticed_at__gte=since)
        return [_fault(row) for row in rows.order_by("-noticed_at", "-id")[:limit]]

    def fault_counts(self, since: int | None = None) -> dict[str, int]:
        """How many faults of each reason were noticed since then, by the reasons' order."""
        rows = models.DeviceFault.objects.filter(noticed_at__gte=since or 0).values_list("reason")
        return dict(rows.annotate(count=Count("id")).order_by("reason"))

    def fault(self, ref: UUID) -> DeviceFault | None:
        """One fault."""
        row = _faults().filter(id=ref).first()
        return _fault(row) if row else None

    def seen(self, devices: Sequence[UUID]) -> dict[UUID, Seen]:
        """When something of each last came in, by which dock, with which firmware; cameras that were never heard of are left out."""
        newest = models.EvidenceItem.objects.filter(recording__device=OuterRef("id"), parent__isnull=True).order_by("-id").values("id")[:1]
        rows = models.Device.objects.filter(id__in=list(devices)).annotate(newest=Subquery(newest)).values_list("id", "newest")
        item_of = {device: item for device, item in rows if item}
        items = models.EvidenceItem.objects.prefetch_related("sent_as__container__dock")
        found = {item.id: item for item in items.filter(id__in=list(item_of.values()))}
        return {device: _seen(found[item]) for device, item in item_of.items()}

    def placed(self, item: UUID, device: UUID, family: str, number: int) -> bool:
        """An item holds that place in the camera's sequence; whether it is the first that does."""
        first = not models.FilePlace.objects.filter(device=device, family=family, number=number).exists()
        models.FilePlace.objects.create(item_id=item, device_id=device, family=family, number=number)
        return first

    def neighbours(self, device: UUID, family: str, number: int) -> list[int]:
        """The numbers of that sequence that came in, next to this one: below it and above it, where there are any."""
        rows = models.FilePlace.objects.filter(device=device, family=family).values_list("number", flat=True)
        below = rows.filter(number__lt=number).order_by("-number").first()
        above = rows.filter(number__gt=number).order_by("number").first()
        return [one for one in (below, above) if one is not None]

    def doubtful(self, device: Device, starts: int, ends: int | None, person: UUID) -> list[Recording]:
        """Its recordings of that time that are not this person's, or of which it is told that somebody else had the camera."""
        told = models.Finding.objects.filter(object_id=OuterRef("id"), kind=FindingKind.OFFICER_DIFFERS.value, closed_at__isnull=True)
        rows = queries.held_recordings().filter(device=device.id).annotate(known=Coalesce(F("corrected_at"), _MEASURED))
        rows = rows.filter(known__gte=starts) if ends is None else rows.filter(known__gte=starts, known__lt=ends)
        others = rows.filter(~Q(officer=person) | Q(officer__isnull=True) | Exists(told))
        return [values.recording(row) for row in others.order_by("id")]

    def measured_after(self, device: UUID, at: int) -> bool:
        """Whether its clock was measured in a recording that it made after that moment (ms UTC): by a trail, or in the file itself."""
        later = models.Recording.objects.filter(device=device, recorded_at__isnull=False).annotate(made=_MEASURED).filter(made__gt=at)
        itself = models.EvidenceItem.objects.filter(
            recording=OuterRef("id"), probe__has_key="telemetry_after_ms", probe__container_time__gt=0
        )
        return later.filter(Q(clock_offset_ms__isnull=False) | Exists(itself)).exists()

    def tested(self, device: UUID) -> int | None:
        """When its newest function check was recorded (ms UTC), as far as anybody knows."""
        checks = models.Recording.objects.filter(device=device, test=True)
        newest: int | None = checks.aggregate(at=Max(Coalesce(F("corrected_at"), _MEASURED)))["at"]
        return newest

    def recordings(self, device: UUID, limit: int) -> list[Recording]:
        """Its recordings, newest first."""
        return queries.recordings_of(device, limit)


def _seen(item: models.EvidenceItem) -> Seen:
    container = next((one.container for one in item.sent_as.all()), None)
    told = item.probe.get("device")
    firmware = json.loads(container.said).get("FirmwareVersion") if container else told.get("firmware") if isinstance(told, dict) else ""
    return Seen(item.received_at, container.dock.name if container else "", str(firmware or "")[:200])


def _not_over(now: int) -> Q:
    return Q(ends__isnull=True) | Q(ends__gt=now)


def _assignments() -> "QuerySet[models.Assignment]":
    return models.Assignment.objects.select_related("person")


def _assignment(row: models.Assignment) -> Assignment:
    return Assignment(row.id, row.device_id, row.person_id, row.person.badge, row.person.name, row.starts, row.ends)


def _faults() -> "QuerySet[models.DeviceFault]":
    return models.DeviceFault.objects.select_related("device", "replaced_by")


def _fault(row: models.DeviceFault) -> DeviceFault:
    return DeviceFault(
        id=row.id,
        device=row.device_id,
        serial=row.device.serial,
        noticed_at=row.noticed_at,
        reason=FaultReason(row.reason),
        words=row.words,
        outcome=FaultOutcome(row.outcome) if row.outcome else None,
        outcome_words=row.outcome_words,
        replaced_by=row.replaced_by.serial if row.replaced_by else "",
        ended_at=row.ended_at,
    )
