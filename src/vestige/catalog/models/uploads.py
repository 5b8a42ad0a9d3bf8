"""Resumable uploads."""

from uuid import UUID

from django.db import models

from vestige.evidence.values import uuid7


class Upload(models.Model):
    """An upload that somebody began. `words` is JSON: what the sender says of the file; `outcome` too: what became of it, empty before.

    It bears no evidence: what it becomes is an item with its events; that it began, ended or ran out is in the log.
    """

    id: "models.UUIDField[UUID, UUID]" = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    sealed: "models.UUIDField[UUID, UUID]" = models.UUIDField()
    owner = models.CharField(max_length=100)
    length = models.BigIntegerField()
    words = models.TextField()
    officer: "models.UUIDField[UUID | None, UUID | None]" = models.UUIDField(null=True)
    started = models.BigIntegerField()
    heard = models.BigIntegerField(db_index=True)
    received = models.BigIntegerField(default=0)
    outcome = models.TextField(blank=True)

    class Meta:
        """Counted by owner."""

        indexes = (models.Index(fields=["owner", "outcome"], name="upload_owner"),)

    def __str__(self) -> str:
        return str(self.id)
