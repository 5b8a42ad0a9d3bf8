"""The evidence-bearing columns of each noun (docs/custody-format.md, section 7) and where they lie in the tables."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Model, QuerySet

from vestige.catalog import models
from vestige.catalog.accounts.models import Person, RoleGrant
from vestige.evidence.changes import Plain


@dataclass(frozen=True, slots=True)
class Noun:
    """A table and the columns that the log can recompute: name in the log -> attribute of the model."""

    model: type[Model]
    columns: Mapping[str, str]

    @property
    def rows(self) -> QuerySet[Model]:
        """All rows of the table."""
        return self.model._default_manager.all()  # noqa: SLF001  # Django documents it

    def encode(self, row: Model) -> dict[str, Plain]:
        """The row's evidence-bearing columns as they stand in the log."""
        return {name: plain(getattr(row, attribute)) for name, attribute in self.columns.items()}

    def attributes(self, columns: Mapping[str, Plain]) -> dict[str, object]:
        """Model attributes for columns of the log. Raises KeyError for a column that is not evidence-bearing."""
        return {self.columns[name]: value for name, value in columns.items()}


def plain(value: object) -> Plain:
    """A column's value as it stands in the log: uuids as strings; text and numbers as they are."""
    if isinstance(value, UUID):
        return str(value)
    if value is None or isinstance(value, (bool, int, str)):
        return value
    raise TypeError(f"no evidence-bearing column holds {type(value).__name__}")


def _same(*names: str) -> dict[str, str]:
    return {name: name for name in names}


NOUNS: Mapping[str, Noun] = {
    "agency": Noun(models.Agency, _same("name", "policy", "timezone", "console_acts")),
    "approval": Noun(models.Approval, {"redaction": "redaction_id", "plan_digest": "plan_digest", "person": "person_id"}),
    "assignment": Noun(models.Assignment, {"device": "device_id", "person": "person_id", "starts": "starts", "ends": "ends"}),
    "correction": Noun(
        models.Correction, {**_same("field", "was", "becomes", "reason", "at"), "recording": "recording_id", "person": "person_id"}
    ),
    "device": Noun(models.Device, _same("serial", "model", "mount", "kind", "out_of_use")),
    "device_fault": Noun(
        models.DeviceFault,
        {
            **_same("noticed_at", "reason", "words", "outcome", "outcome_words", "ended_at"),
            "device": "device_id",
            "replaced_by": "replaced_by_id",
        },
    ),
    "dock": Noun(models.Dock, _same("name", "account", "key_sha256", "revoked", "certificate")),
    "dock_container": Noun(models.DockContainer, {**_same("name", "said", "complete"), "dock": "dock_id", "recording": "recording_id"}),
    "dock_object": Noun(models.DockObject, {**_same("name", "sha256", "said"), "container": "container_id", "item": "item_id"}),
    "item": Noun(
        models.EvidenceItem,
        {
            **_same("number", "position", "kind", "status", "filename", "size", "sha256"),
            **_same("media_index", "media_index_version", "facts"),
            "object": "sealed",
            "recording": "recording_id",
            "parent": "parent_id",
        },
    ),
    "person": Noun(Person, _same("badge", "name", "unit", "active")),
    "posting": Noun(models.Posting, {**_same("part", "starts", "ends"), "person": "person_id", "unit": "unit_id"}),
    "proposal": Noun(models.RoleProposal, {**_same("role", "proposed_by", "proposed_at", "ended", "outcome"), "person": "person_id"}),
    "recording": Noun(
        models.Recording,
        {
            **_same("number", "recorded_at", "recorded_at_source", "category", "access_class", "latitude_e7", "longitude_e7"),
            **_same("test", "corrected_at", "clock_offset_ms", "marks"),
            "device": "device_id",
            "officer": "officer_id",
            "unit": "unit_id",
        },
    ),
    "redaction": Noun(
        models.Redaction,
        {"item": "item_id", "plan_digest": "plan_digest", "state": "state", "author": "author_id", "rendered": "rendered_id"},
    ),
    "review": Noun(models.Review, {**_same("week", "digest", "rules", "rows", "own", "note", "signed_at"), "person": "person_id"}),
    "role": Noun(RoleGrant, {"person": "person_id", "role": "role", "granted_by": "granted_by", "withdrawn": "withdrawn"}),
    "unit": Noun(models.Unit, {**_same("code", "name", "kind", "area", "closed"), "within": "within_id"}),
    "witness": Noun(models.Witness, _same("name", "vkey", "url", "withdrawn")),
}
