"""What the catalog knows of the agency's shape, as values. What bears evidence changes only through the log."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from django.db.models import F, Q
from django.db.models.functions import Coalesce

from vestige.catalog import models
from vestige.catalog.accounts.models import Person, RoleGrant
from vestige.evidence.agency import Part, Posting, Shape, Unit, UnitKind, down_from
from vestige.evidence.people import RoleProposal


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

    def proposals(self, person: UUID | None = None) -> list[RoleProposal]:
        """Proposed roles that wait for a second person (for one person), oldest first."""
        rows = models.RoleProposal.objects.filter(ended__isnull=True).select_related("person").order_by("proposed_at", "id")
        rows = rows.filter(person=person) if person else rows
        return [
            RoleProposal(row.id, row.person_id, row.person.badge, row.person.name, row.role, row.proposed_by, row.proposed_at)
            for row in rows
        ]

    def grants(self, person: UUID, role: str) -> list[UUID]:
        """The grants by which a person holds a role now."""
        return list(RoleGrant.objects.filter(person=person, role=role, withdrawn__isnull=True).values_list("id", flat=True))

    def makings(self, since: int) -> list[tuple[str, str, int]]:
        """Who (`kind:id`) made whose account or gave whom a role since then, and when (ms), as the log tells it."""
        told = models.Event.objects.filter(type__in=("person:added", "role:granted"), time__gte=since, object_kind="person")
        return list(told.order_by("seq").values_list("actor", "object_id", "time"))

    def supervised(self, person: UUID, now: int) -> frozenset[UUID]:
        """The units that the person supervises at that moment, and all within them."""
        held = models.Posting.objects.filter(Q(ends__isnull=True) | Q(ends__gt=now), person=person, part=Part.SUPERVISOR, starts__lte=now)
        tops = list(held.values_list("unit_id", flat=True))
        return down_from(self.units(), tops) if tops else frozenset()


def _unit(row: models.Unit) -> Unit:
    return Unit(row.id, row.code, row.name, UnitKind(row.kind), row.within_id, row.area, row.closed)


def _posting(row: models.Posting) -> Posting:
    return Posting(row.id, row.person_id, row.unit_id, Part(row.part), row.starts, row.ends)
