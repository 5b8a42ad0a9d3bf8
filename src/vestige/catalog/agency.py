"""What the catalog knows of the agency's shape, as values. What bears evidence changes only through the log."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from django.db.models import F, Q
from django.db.models.functions import Coalesce

from vestige.catalog import models
from vestige.catalog.accounts.models import Person
from vestige.evidence.agency import Part, Posting, Shape, Unit, UnitKind, down_from


class DjangoAgency:
    """Rows of units and postings."""

    def lock(self) -> None:
        """Inside a transaction: one at a time changes the shape."""
        models.Agency.objects.select_for_update().get()

    def shape(self) -> Shape:
        """All of it, with everybody's badge and name."""
        people = {one.id: (one.badge, one.name) for one in Person.objects.only("id", "badge", "name")}
        postings = [_posting(row) for row in models.Posting.objects.order_by("starts", "id")]
        return Shape(self.units(), postings, people)

    def units(self) -> list[Unit]:
        """All units, by code."""
        return [_unit(row) for row in models.Unit.objects.order_by("code")]

    def postings(self, person: UUID) -> Sequence[Posting]:
        """A person's places, oldest first."""
        return [_posting(row) for row in models.Posting.objects.filter(person=person).order_by("starts", "id")]

    def unplaced(self, person: UUID) -> Iterator[tuple[UUID, int]]:
        """The person's recordings that belong to no unit, each with when it was made as far as anybody knows; others without a time are left out."""
        known = Coalesce("corrected_at", F("recorded_at") - Coalesce("clock_offset_ms", 0))
        rows = models.Recording.objects.filter(officer=person, unit__isnull=True).annotate(known=known).filter(known__isnull=False)
        yield from rows.order_by("id").values_list("id", "known").iterator()

    def supervised(self, person: UUID, now: int) -> frozenset[UUID]:
        """The units that the person supervises at that moment, and all within them."""
        held = models.Posting.objects.filter(Q(ends__isnull=True) | Q(ends__gt=now), person=person, part=Part.SUPERVISOR, starts__lte=now)
        tops = list(held.values_list("unit_id", flat=True))
        return down_from(self.units(), tops) if tops else frozenset()


def _unit(row: models.Unit) -> Unit:
    return Unit(row.id, row.code, row.name, UnitKind(row.kind), row.within_id, row.area, row.closed)


def _posting(row: models.Posting) -> Posting:
    return Posting(row.id, row.person_id, row.unit_id, Part(row.part), row.starts, row.ends)
