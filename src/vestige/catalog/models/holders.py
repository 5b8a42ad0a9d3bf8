"""Those who hold checkpoints outside the agency, and what they gave: cosignatures and tokens are never changed or deleted (triggers).

But a restore ends their log: the lines of witnesses stand in that log itself, and the tokens go to `PastStamp`.
"""

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


class PastStamp(models.Model):
    """A token over a checkpoint of a log that a restore ended; `log` is its origin, the rest as in `Stamp`."""

    log = models.CharField(max_length=100)
    size = models.BigIntegerField()
    authority = models.CharField(max_length=500)
    time = models.BigIntegerField()
    token = models.BinaryField()

    class Meta:
        """One a log and size."""

        constraints = (models.UniqueConstraint(fields=["log", "size"], name="past_stamp_once"),)

    def __str__(self) -> str:
        return f"{self.size} of {self.log} by {self.authority}"
