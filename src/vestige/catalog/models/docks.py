"""Dock systems, their tokens, and what they sent."""

from uuid import UUID

from django.db import models

from vestige.catalog.models.evidence import EvidenceItem, Recording
from vestige.evidence.values import uuid7


def _id() -> "models.UUIDField[UUID, UUID]":
    return models.UUIDField(primary_key=True, default=uuid7, editable=False)


class Dock(models.Model):
    """A dock system that may send. Of its secret only the digest is kept; `certificate` is PEM."""

    id = _id()
    name = models.CharField(max_length=64)
    account = models.CharField(max_length=64, unique=True)
    key_sha256 = models.CharField(max_length=64)
    revoked = models.BigIntegerField(null=True)
    certificate = models.TextField(null=True)  # noqa: DJ001  # docks of earlier versions say nothing of one in the log

    def __str__(self) -> str:
        return self.name


class DockToken(models.Model):
    """What a dock shows with each request; of it only the digest is kept. It ends at `until`."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    dock = models.ForeignKey(Dock, models.CASCADE, related_name="tokens")
    until = models.BigIntegerField(db_index=True)

    def __str__(self) -> str:
        return f"token of {self.dock_id}"


class DockContainer(models.Model):
    """A container of a dock. `said` is canonical JSON: what the dock said of it."""

    id = _id()
    dock = models.ForeignKey(Dock, models.PROTECT, related_name="containers")
    name = models.CharField(max_length=256)
    said = models.TextField(default="{}")
    recording = models.ForeignKey(Recording, models.PROTECT, null=True, related_name="containers")
    complete = models.BigIntegerField(null=True)
    serial = models.CharField(max_length=100, blank=True)
    triggered_at = models.BigIntegerField(null=True)
    heard = models.BigIntegerField(default=0)

    class Meta:
        """Names are per dock; a recording is found by its camera and the time of its trigger."""

        constraints = (models.UniqueConstraint(fields=["dock", "name"], name="dock_container_once"),)
        indexes = (models.Index(fields=["serial", "triggered_at"], name="dock_container_trigger"),)

    def __str__(self) -> str:
        return self.name


class DockObject(models.Model):
    """An object that a dock sent. What came again under its name with other bytes is another row."""

    id = _id()
    container = models.ForeignKey(DockContainer, models.PROTECT, related_name="objects_sent")
    name = models.CharField(max_length=1024)
    sha256 = models.CharField(max_length=64)
    said = models.TextField(default="{}")
    item = models.ForeignKey(EvidenceItem, models.PROTECT, null=True, related_name="sent_as")
    md5 = models.CharField(max_length=32)
    body = models.BinaryField(default=b"")

    class Meta:
        """Found by container and name."""

        indexes = (models.Index(fields=["container", "name"], name="dock_object_name"),)

    def __str__(self) -> str:
        return self.name
