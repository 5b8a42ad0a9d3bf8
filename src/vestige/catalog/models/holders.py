"""Those who hold checkpoints outside the agency, and what they gave: cosignatures and tokens are never changed or deleted (triggers)."""

from uuid import UUID

from django.db import models

from vestige.evidence.values import uuid7


class Witness(models.Model):
    """A witness of the log. The last three columns bear no evidence: how asking it goes."""

    id: "models.UUIDField[UUID, UUID]" = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=200)
    vkey = models.CharField(max_length=400)
    url = models.CharField(max_length=500)
    withdrawn = models.BigIntegerField(null=True)
    failures = models.PositiveIntegerField(default=0)
    failing_since = models.BigIntegerField(null=True)
    retry_at = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return self.name


class Cosignature(models.Model):
    """A witness's line under the checkpoint of a size; `time` is seconds since 1970 UTC by its clock."""

    witness = models.ForeignKey(Witness, models.PROTECT, related_name="cosignatures")
    size = models.BigIntegerField(db_index=True)
    time = models.BigIntegerField()
    line = models.TextField()

    class Meta:
        """One a witness and size."""

        constraints = (models.UniqueConstraint(fields=["witness", "size"], name="cosignature_once"),)

    def __str__(self) -> str:
        return f"{self.size} by {self.witness_id}"


class Stamp(models.Model):
    """A token (RFC 3161, DER) over the checkpoint of a size; `time` is milliseconds UTC by the authority's clock."""

    size = models.BigIntegerField(primary_key=True)
    authority = models.CharField(max_length=500)
    time = models.BigIntegerField()
    token = models.BinaryField()

    def __str__(self) -> str:
        return f"{self.size} by {self.authority}"
