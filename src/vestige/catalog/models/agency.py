"""The agency's shape: units one within another, and people's places in them over time. All columns are evidence-bearing."""

from uuid import UUID

from django.conf import settings
from django.db import models

from vestige.evidence.values import uuid7


def _id() -> "models.UUIDField[UUID, UUID]":
    return models.UUIDField(primary_key=True, default=uuid7, editable=False)


class Unit(models.Model):
    """A part of the agency. `closed` is since when it is no more."""

    id = _id()
    code = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=40)
    within = models.ForeignKey("self", models.PROTECT, null=True, related_name="parts")
    area = models.TextField(blank=True)
    closed = models.BigIntegerField(null=True)

    def __str__(self) -> str:
        return self.code


class Posting(models.Model):
    """A person's place in a unit over a period; nobody is a member of two at once (trigger)."""

    id = _id()
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="postings")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="postings")
    part = models.CharField(max_length=20)
    starts = models.BigIntegerField()
    ends = models.BigIntegerField(null=True)

    class Meta:
        """Every posting lasts."""

        constraints = (
            models.CheckConstraint(condition=models.Q(ends__isnull=True) | models.Q(ends__gt=models.F("starts")), name="posting_lasts"),
        )

    def __str__(self) -> str:
        return f"{self.person_id} in {self.unit_id}"


class RoleProposal(models.Model):
    """A role that takes two granters, proposed by one; `outcome` is granted or declined once it has `ended`."""

    id = _id()
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="proposals")
    role = models.CharField(max_length=64)
    proposed_by = models.CharField(max_length=100)
    proposed_at = models.BigIntegerField()
    ended = models.BigIntegerField(null=True)
    outcome = models.CharField(max_length=20, blank=True)

    def __str__(self) -> str:
        return f"{self.role} for {self.person_id}"
