"""What must lie in the vault, by the tables and by the log."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from uuid import UUID

from django.db import connection

from vestige.catalog import models, raw
from vestige.custody.events import EventType
from vestige.errors import BadInput
from vestige.evidence.home import Contents, Fault
from vestige.evidence.values import Digest

SAMPLES = "samples"
"""The one kind of working copy that cannot be made again: the log has its digest."""

_STALE_MS = 60_000
_MADE = (EventType.ITEM_CLIPPED.value, EventType.REDACTION_RENDERED.value)
_TOLD = "SELECT o.fields FROM catalog_event e JOIN catalog_openings o ON o.event_id = e.seq WHERE e.type IN (%s, %s) ORDER BY e.seq"


def contents(now: int) -> Contents:
    """As it is now (milliseconds UTC). A row that cannot be read is left out: the check of the columns names it."""
    with raw.tolerant():
        notes = [
            (raw.as_uuid(row[0]), raw.as_uuid(row[1]), *row[2:]) for row in raw.rows(models.Intake, ("id", "sealed", "path", "started"))
        ]
        objects: dict[UUID, list[UUID]] = {}
        digests: dict[UUID, Digest] = {}
        for item, sealed, digest in _items():
            objects.setdefault(sealed, []).append(item)
            digests[item] = digest
        return Contents(
            objects=objects,
            digests=digests,
            working=_working(),
            intakes={item: sealed for item, sealed, *_ in notes if item and sealed},
            stale={item: path for item, sealed, path, started in notes if item and sealed and started <= now - _STALE_MS},
            uploads=frozenset(key for (upload,) in raw.rows(models.Upload, ("id",)) if (key := raw.as_uuid(upload))),
        )


def stale_intakes(now: int) -> list[tuple[UUID, UUID]]:
    """Items (and their objects) whose intake began more than a minute ago and has not ended."""
    rows = models.Intake.objects.filter(started__lte=now - _STALE_MS).order_by("id")
    return list(rows.values_list("id", "sealed"))


def unnoted() -> Iterator[Fault]:
    """Sample proofs that the log tells of and no row notes: without the row they would not go into a package."""
    noted = {(raw.as_uuid(item), kind) for item, kind in raw.rows(models.WorkingCopy, ("item_id", "kind"))}
    for item in sorted(_told().keys() - {one for one, kind in noted if kind == SAMPLES}):
        yield Fault("no row notes the sample proofs that the log tells of", f"item {item}")


def _items() -> Iterable[tuple[UUID, UUID, Digest]]:
    for item, sealed, digest in raw.rows(models.EvidenceItem, ("id", "sealed", "sha256")):
        key, object_id = raw.as_uuid(item), raw.as_uuid(sealed)
        if key and object_id:
            try:
                yield key, object_id, Digest(digest)
            except (ValueError, TypeError):
                continue


def _working() -> dict[UUID, dict[str, Digest | None]]:
    found: dict[UUID, dict[str, Digest | None]] = {}
    for item, kind in raw.rows(models.WorkingCopy, ("item_id", "kind")):
        if key := raw.as_uuid(item):
            found.setdefault(key, {})[kind] = None
    for key, digest in _told().items():
        found.setdefault(key, {})[SAMPLES] = digest
    return found


def _told() -> dict[UUID, Digest]:
    """The digests of the sample proofs of each item that has some, as its first event says."""
    with connection.cursor() as cursor:
        cursor.execute(_TOLD, _MADE)
        rows = cursor.fetchall()
    found: dict[UUID, Digest] = {}
    for (fields,) in rows:
        try:
            opened = {name: one["value"] for name, one in json.loads(fields).items()}
            found |= {UUID(opened["item"]): Digest(one["value"]) for one in _digests(opened) if one["of"] == SAMPLES}
        except (BadInput, ValueError, TypeError, KeyError, AttributeError):  # an opening that does not hold is named elsewhere
            continue
    return found


def _digests(opened: Mapping[str, Any]) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = opened["digests"]
    return listed
