"""The custody log in the database: events and their openings, their place in the tree, the tree's state and its checkpoints."""

from uuid import UUID

from django.db import models


class Event(models.Model):
    """One entry. `entry` is its canonical bytes, `leaf` its leaf hash (32 bytes). Rows are never changed or deleted (triggers)."""

    seq = models.BigAutoField(primary_key=True)
    id: "models.UUIDField[UUID, UUID]" = models.UUIDField(unique=True)
    type = models.CharField(max_length=40)
    time = models.BigIntegerField()
    entry = models.BinaryField()
    leaf = models.BinaryField(max_length=32)
    item: "models.UUIDField[UUID | None, UUID | None]" = models.UUIDField(null=True)
    object_kind = models.CharField(max_length=40, blank=True)
    object_id = models.CharField(max_length=64, blank=True)
    actor = models.CharField(max_length=100)

    class Meta:
        """Trails are read by item, by what else an event is about, and by actor; reviews by time."""

        indexes = (
            models.Index(fields=["item", "seq"], name="event_item", condition=models.Q(item__isnull=False)),
            models.Index(fields=["object_kind", "object_id", "seq"], name="event_object"),
            models.Index(fields=["actor", "seq"], name="event_actor"),
            models.Index(fields=["time"], name="event_time"),
        )

    def __str__(self) -> str:
        return f"{self.type} {self.id}"


class Openings(models.Model):
    """The openings of one event: canonical JSON `{field: {"salt": hex, "value": ...}}`."""

    event = models.OneToOneField(Event, models.PROTECT, primary_key=True, related_name="openings")
    fields = models.TextField()

    def __str__(self) -> str:
        return f"openings of {self.event_id}"


class Waiting(models.Model):
    """An event that has no place in the tree yet. Its row is written with the event and goes in the transaction that gives it its place."""

    event = models.OneToOneField(Event, models.PROTECT, primary_key=True, related_name="waiting")

    def __str__(self) -> str:
        return f"{self.event_id}"


class Sequenced(models.Model):
    """The place of an event in the tree."""

    index = models.BigIntegerField(primary_key=True)
    event = models.OneToOneField(Event, models.PROTECT, related_name="sequenced")
    leaf = models.BinaryField(max_length=32)

    def __str__(self) -> str:
        return f"{self.index}"


class FullTile(models.Model):
    """The root of a full tile (256 hashes of the level below): `level` 0 is the tiles of leaves. Proofs and tiles are made from these."""

    level = models.PositiveSmallIntegerField()
    index = models.BigIntegerField()
    root = models.BinaryField(max_length=32)

    class Meta:
        """One of each."""

        constraints = (models.UniqueConstraint(fields=["level", "index"], name="full_tile"),)

    def __str__(self) -> str:
        return f"{self.level}/{self.index}"


class LogState(models.Model):
    """The one row that says how large the tree is; changed only by compare-and-swap on `size`. `frontier` is the roots, 32 bytes each."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    origin = models.CharField(max_length=100)
    size = models.BigIntegerField(default=0)
    root = models.BinaryField(max_length=32)
    frontier = models.BinaryField()

    def __str__(self) -> str:
        return f"{self.origin} {self.size}"


class Checkpoint(models.Model):
    """A signed checkpoint of a committed size."""

    size = models.BigIntegerField(primary_key=True)
    note = models.TextField()
    time = models.BigIntegerField()

    def __str__(self) -> str:
        return f"checkpoint {self.size}"


class PastLog(models.Model):
    """A log that a restore ended: its newest entries in this home are those below `size`, which `note`, signed by `key` (verifier key), vouches for.

    `newest_size` is that of the newest checkpoint known when it was restored: what lies between is lost. Its entries follow `home:restored` in the
    log that came after it. `succession` is canonical JSON: the statements that its key was replaced, oldest first.
    """

    origin = models.CharField(max_length=100, primary_key=True)
    key = models.CharField(max_length=200)
    size = models.BigIntegerField()
    note = models.TextField(blank=True)
    newest_size = models.BigIntegerField()
    succession = models.TextField(default="[]")
    ended_at = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.origin} until {self.size}"
