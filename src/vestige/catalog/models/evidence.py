"""Evidence and all that is decided about it. Times are milliseconds UTC. Evidence-bearing columns: docs/custody-format.md, section 7."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import models

from vestige.catalog.models.agency import Unit
from vestige.evidence.values import uuid7


def _id() -> "models.UUIDField[UUID, UUID]":
    return models.UUIDField(primary_key=True, default=uuid7, editable=False)


class Agency(models.Model):
    """The agency of this home: one row."""

    id = _id()
    name = models.CharField(max_length=200)
    policy = models.CharField(max_length=64)
    timezone = models.CharField(max_length=64)
    console_acts = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.name


class Counter(models.Model):
    """The last number given in a series (items, recordings of a year)."""

    name = models.CharField(max_length=40, primary_key=True)
    value = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.name} {self.value}"


class Device(models.Model):
    """A camera. Columns that came later may be null: homes of earlier versions have no event that tells of them."""

    id = _id()
    serial = models.CharField(max_length=100, unique=True)
    model = models.CharField(max_length=200, blank=True)
    mount = models.CharField(max_length=20, blank=True)
    kind = models.CharField(max_length=20, null=True)  # noqa: DJ001  # null: never told, which the log's replay tells apart from ""
    out_of_use = models.BigIntegerField(null=True)

    def __str__(self) -> str:
        return self.serial


class Assignment(models.Model):
    """A device given to a person over a period; at most one person holds a device at a time (trigger)."""

    id = _id()
    device = models.ForeignKey(Device, models.PROTECT, related_name="assignments")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="assignments")
    starts = models.BigIntegerField()
    ends = models.BigIntegerField(null=True)

    class Meta:
        """Every assignment lasts."""

        constraints = (
            models.CheckConstraint(condition=models.Q(ends__isnull=True) | models.Q(ends__gt=models.F("starts")), name="assignment_lasts"),
        )

    def __str__(self) -> str:
        return f"{self.device_id} {self.person_id}"


class DeviceFault(models.Model):
    """What was wrong with a camera, and how it ended; open while `ended_at` is null."""

    id = _id()
    device = models.ForeignKey(Device, models.PROTECT, related_name="faults")
    noticed_at = models.BigIntegerField()
    reason = models.CharField(max_length=20)
    words = models.TextField(blank=True)
    outcome = models.CharField(max_length=20, blank=True)
    outcome_words = models.TextField(blank=True)
    replaced_by = models.ForeignKey(Device, models.PROTECT, null=True, related_name="replaces")
    ended_at = models.BigIntegerField(null=True)

    def __str__(self) -> str:
        return f"{self.reason} of {self.device_id}"


class Recording(models.Model):
    """One activation of a camera."""

    id = _id()
    number = models.CharField(max_length=40, unique=True)
    device = models.ForeignKey(Device, models.PROTECT, null=True, related_name="recordings")
    officer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="recordings")
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="recordings", db_index=False)
    recorded_at = models.BigIntegerField(null=True)
    recorded_at_source = models.CharField(max_length=20, blank=True)
    category = models.CharField(max_length=64)
    access_class = models.CharField(max_length=20)
    latitude_e7 = models.BigIntegerField(null=True)
    longitude_e7 = models.BigIntegerField(null=True)
    test = models.BooleanField(null=True)
    corrected_at = models.BigIntegerField(null=True)
    clock_offset_ms = models.BigIntegerField(null=True)
    marks = models.BigIntegerField(null=True)

    class Meta:
        """Lists run newest first, by officer, unit, device, category and time."""

        indexes = (
            models.Index(fields=["officer", "-id"], name="recording_officer"),
            models.Index(fields=["unit", "-id"], name="recording_unit"),
            models.Index(fields=["recorded_at"], name="recording_time"),
            models.Index(fields=["corrected_at"], name="recording_corrected", condition=models.Q(corrected_at__isnull=False)),
            models.Index(fields=["category", "-id"], name="recording_category"),
            models.Index(fields=["latitude_e7", "longitude_e7"], name="recording_place"),
        )

    def __str__(self) -> str:
        return self.number


class Correction(models.Model):
    """What a person said of a recording's officer or time (`field`) in place of what was known; `was` and `becomes` in words."""

    id = _id()
    recording = models.ForeignKey(Recording, models.PROTECT, related_name="corrections")
    field = models.CharField(max_length=20)
    was = models.TextField(blank=True)
    becomes = models.TextField()
    reason = models.TextField()
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="corrections")
    at = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.field} of {self.recording_id}"


class EvidenceItem(models.Model):
    """One object under custody. `probe` is the JSON whose digest is `facts`; `head` is the newest leaf of its trail.

    `read_at` is when the sealed bytes came in or fixity last read them; 0 where that is not known.
    """

    id = _id()
    number = models.CharField(max_length=40, unique=True)
    recording = models.ForeignKey(Recording, models.PROTECT, related_name="items")
    position = models.IntegerField(default=0)
    kind = models.CharField(max_length=20)
    status = models.CharField(max_length=20)
    filename = models.CharField(max_length=1024)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64, db_index=True)
    sealed: "models.UUIDField[UUID, UUID]" = models.UUIDField(db_index=True)
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="derived")
    media_index = models.CharField(max_length=64, blank=True)
    media_index_version = models.PositiveSmallIntegerField(null=True)
    media_index_key = models.BinaryField(max_length=32, null=True)
    facts = models.CharField(max_length=64, blank=True)
    probe: "models.JSONField[Any, Any]" = models.JSONField(default=dict)
    received_at = models.BigIntegerField()
    read_at = models.BigIntegerField(default=0, db_index=True)
    head = models.BinaryField(max_length=32, null=True)

    def __str__(self) -> str:
        return self.number


class Intake(models.Model):
    """An item on its way in whose bytes are not yet acknowledged. A row whose writer is dead is swept with what it left in the vault."""

    id = _id()
    sealed: "models.UUIDField[UUID, UUID]" = models.UUIDField()
    path = models.CharField(max_length=4096)
    started = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.id}"


class WorkingCopy(models.Model):
    """A rebuildable copy beside an item (poster, thumbnails, proxy), sealed under the item's own data key. `facts` says what it holds."""

    item = models.ForeignKey(EvidenceItem, models.PROTECT, related_name="working")
    kind = models.CharField(max_length=40)
    facts: "models.JSONField[Any, Any]" = models.JSONField(default=dict)

    class Meta:
        """One of a kind for an item."""

        constraints = (models.UniqueConstraint(fields=["item", "kind"], name="working_copy_once"),)

    def __str__(self) -> str:
        return f"{self.kind} of {self.item_id}"


class TrackPoint(models.Model):
    """A place that the camera was at, by which recordings are found: of each stretch of a track some. Rebuilt with its working copy."""

    item = models.ForeignKey(EvidenceItem, models.CASCADE, related_name="passed")
    latitude_e7 = models.BigIntegerField()
    longitude_e7 = models.BigIntegerField()

    class Meta:
        """Found by place."""

        indexes = (models.Index(fields=["latitude_e7", "longitude_e7"], name="track_point_place"),)

    def __str__(self) -> str:
        return f"{self.latitude_e7}, {self.longitude_e7}"


class FilePlace(models.Model):
    """A place in its camera's sequence that an item's file name tells (evidence.completeness): follows from item and recording."""

    item = models.ForeignKey(EvidenceItem, models.CASCADE, related_name="places")
    device = models.ForeignKey(Device, models.CASCADE, related_name="places", db_index=False)
    family = models.CharField(max_length=40)
    number = models.IntegerField()

    class Meta:
        """The places next to one are found at once."""

        indexes = (models.Index(fields=["device", "family", "number"], name="file_place"),)

    def __str__(self) -> str:
        return f"{self.family}{self.number}"


class Finding(models.Model):
    """What needs a person."""

    id = _id()
    kind = models.CharField(max_length=40)
    object_kind = models.CharField(max_length=40)
    object_id: "models.UUIDField[UUID, UUID]" = models.UUIDField(db_index=True)
    detail = models.TextField()
    opened_by = models.CharField(max_length=100)
    opened_at = models.BigIntegerField()
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="findings")
    due = models.BigIntegerField(null=True)
    closed_at = models.BigIntegerField(null=True)
    end_reason = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id}"


class Redaction(models.Model):
    """A redaction plan and how far it came. `plan` is canonical JSON; `state` is planned, approved or rendered."""

    id = _id()
    item = models.ForeignKey(EvidenceItem, models.PROTECT, related_name="redactions")
    plan = models.TextField()
    plan_digest = models.CharField(max_length=64)
    state = models.CharField(max_length=20)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="redactions")
    renderer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="renders")
    rendered = models.ForeignKey(EvidenceItem, models.PROTECT, null=True, related_name="rendered_from")

    def __str__(self) -> str:
        return f"redaction {self.id}"


class ReviewedSpan(models.Model):
    """A span of an item (milliseconds) that a person checked against a plan with this digest."""

    redaction = models.ForeignKey(Redaction, models.PROTECT, related_name="reviewed")
    plan_digest = models.CharField(max_length=64)
    from_ms = models.BigIntegerField()
    to_ms = models.BigIntegerField()
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="reviews")

    def __str__(self) -> str:
        return f"{self.redaction_id} {self.from_ms}-{self.to_ms}"


class Approval(models.Model):
    """A second person's approval of the plan with this digest."""

    id = _id()
    redaction = models.ForeignKey(Redaction, models.PROTECT, related_name="approvals")
    plan_digest = models.CharField(max_length=64)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="approvals")

    def __str__(self) -> str:
        return f"approval {self.id}"


class Viewing(models.Model):
    """A person looks at an item for a purpose."""

    id = _id()
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="viewings")
    session = models.CharField(max_length=64)
    item = models.ForeignKey(EvidenceItem, models.PROTECT, related_name="viewings")
    reason = models.TextField()
    case = models.CharField(max_length=100, blank=True)
    started_at = models.BigIntegerField()
    ended_at = models.BigIntegerField(null=True)
    served_bytes = models.BigIntegerField(default=0)
    served_ms = models.BigIntegerField(default=0)
    served_exact = models.BooleanField(default=False)
    played_ms = models.BigIntegerField(default=0)
    server = models.CharField(max_length=32, blank=True)

    class Meta:
        """Those that go on are asked for every few seconds."""

        indexes = (models.Index(fields=["id"], name="viewing_open", condition=models.Q(ended_at__isnull=True)),)

    def __str__(self) -> str:
        return f"viewing {self.id}"


class Package(models.Model):
    """A package that left: `digest` is that of its tag manifest."""

    id = _id()
    item = models.ForeignKey(EvidenceItem, models.PROTECT, related_name="packages")
    profile = models.CharField(max_length=20)
    digest = models.CharField(max_length=64)
    created_at = models.BigIntegerField()
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="packages")

    def __str__(self) -> str:
        return f"package {self.id}"
