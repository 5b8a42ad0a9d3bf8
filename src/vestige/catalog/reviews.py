"""The log by time, for weekly reviews, and the signatures under them."""

from collections.abc import Collection, Sequence
from uuid import UUID

from django.db import connection
from django.db.models import Max, Min

from vestige.catalog import models
from vestige.catalog.log import opened
from vestige.evidence.items import TrailEntry
from vestige.evidence.reviews import Signature, Step

_PART = 500
_DECIDED = ("category:assigned", "recording:corrected", "recording:joined")
_FIRST = ("item:received", "item:clipped", "redaction:rendered", "recording:joined")
# The order is that in which entries were written; a step back may lead into the week or out of it.
_STEPS = (
    "SELECT id, before, time FROM (SELECT seq, id, time, LAG(time) OVER (ORDER BY seq) AS before FROM catalog_event "
    "WHERE seq BETWEEN %s AND %s) AS steps WHERE time < before ORDER BY seq"
)


class DjangoReviews:
    """What reviews read. Nothing is taken from a table that stands beside the log but the signatures themselves, which fsck replays."""

    def began(self) -> int | None:
        """When the first entry was written (ms UTC)."""
        return models.Event.objects.order_by("seq").values_list("time", flat=True).first()

    def entries(self, types: Sequence[str], since: int, until: int) -> list[TrailEntry]:
        """Entries of these types in that time, in the order written. Without its openings an entry opens nothing (fsck names it)."""
        rows = models.Event.objects.filter(time__gte=since, time__lt=until, type__in=types)
        return [_entry(row) for row in rows.select_related("openings", "sequenced").order_by("seq")]

    def steps_back(self, since: int, until: int) -> list[Step]:
        """Where an entry is earlier than the one written before it, and one of the two lies in that time."""
        span = models.Event.objects.filter(time__gte=since, time__lt=until).aggregate(first=Min("seq"), last=Max("seq"))
        if span["first"] is None:
            return []
        before = models.Event.objects.filter(seq__lt=span["first"]).aggregate(seq=Max("seq"))["seq"]
        after = models.Event.objects.filter(seq__gt=span["last"]).aggregate(seq=Min("seq"))["seq"]
        with connection.cursor() as cursor:
            cursor.execute(_STEPS, (before or span["first"], after or span["last"]))
            found = [Step(str(UUID(str(key))), before, after) for key, before, after in cursor.fetchall()]
        return [step for step in found if since <= step.before < until or since <= step.after < until]

    def beginnings(self, items: Collection[UUID]) -> list[TrailEntry]:
        """The entries that say what these items and their recordings are, in the order written."""
        wanted = list(items)
        found: list[TrailEntry] = []
        for at in range(0, len(wanted), _PART):
            rows = models.Event.objects.filter(item__in=wanted[at : at + _PART], type__in=_FIRST)
            found += [_entry(row) for row in rows.select_related("openings", "sequenced").order_by("seq")]
        return found

    def categorised(self, recordings: Collection[str]) -> list[TrailEntry]:
        """The entries that changed category or officer of these recordings, in the order written."""
        wanted, found = list(recordings), list[TrailEntry]()
        for at in range(0, len(wanted), _PART):
            rows = models.Event.objects.filter(object_kind="recording", object_id__in=wanted[at : at + _PART], type__in=_DECIDED)
            found += [_entry(row) for row in rows.select_related("openings", "sequenced").order_by("seq")]
        return found

    def signatures(self, weeks: Sequence[str]) -> list[Signature]:
        """Those under the reviews of these weeks, oldest first."""
        rows = models.Review.objects.filter(week__in=weeks).select_related("person").order_by("signed_at", "id")
        return [_signature(row) for row in rows]


def _entry(row: models.Event) -> TrailEntry:
    openings, placed = getattr(row, "openings", None), getattr(row, "sequenced", None)
    return TrailEntry(
        id=row.id,
        index=placed.index if placed else None,
        type=row.type,
        time=row.time,
        data=bytes(row.entry),
        leaf=bytes(row.leaf),
        opened=opened(openings.fields) if openings else {},
        seq=row.seq,
    )


def _signature(row: models.Review) -> Signature:
    return Signature(
        id=row.id,
        week=row.week,
        digest=row.digest,
        rules=row.rules,
        rows=row.rows,
        own=row.own,
        person=row.person_id,
        name=f"{row.person.name} ({row.person.badge})",
        note=row.note,
        signed_at=row.signed_at,
    )
