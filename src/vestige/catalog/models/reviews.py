"""Signatures under the weekly reviews of the log."""

from uuid import UUID

from django.conf import settings
from django.db import models

from vestige.evidence.values import uuid7


class Review(models.Model):
    """One person's signature under the list of one week: its digest, the rules it was made by (JSON), and how many rows concern the signer."""

    id: "models.UUIDField[UUID, UUID]" = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    week = models.CharField(max_length=8, db_index=True)
    digest = models.CharField(max_length=64)
    rules = models.TextField()
    rows = models.PositiveIntegerField()
    own = models.PositiveIntegerField()
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="signed_reviews")
    note = models.TextField()
    signed_at = models.BigIntegerField()

    def __str__(self) -> str:
        return f"review of {self.week}"
