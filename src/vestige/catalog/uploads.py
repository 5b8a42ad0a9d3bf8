"""What the catalog remembers of resumable uploads."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.db.models import F

from vestige.catalog import models
from vestige.evidence.uploads import FileWords, Upload


class DjangoUploads:
    """Rows of uploads, as values."""

    def __init__(self, lasting_ms: int) -> None:
        """`lasting_ms` is how long an upload waits for its sender."""
        self.lasting_ms = lasting_ms

    def begin(self, upload: Upload) -> None:
        """Keep a new one."""
        models.Upload.objects.create(
            id=upload.id,
            sealed=upload.sealed,
            owner=upload.owner,
            length=upload.length,
            words=json.dumps({**asdict(upload.words), "after": str(upload.words.after) if upload.words.after else None}),
            officer=upload.officer,
            started=upload.started,
            heard=upload.heard,
        )

    def upload(self, ref: UUID) -> Upload | None:
        """One of them."""
        row = models.Upload.objects.filter(id=ref).first()
        return _upload(row) if row else None

    def heard(self, ref: UUID, received: int, now: int) -> None:
        """So many bytes are durable."""
        models.Upload.objects.filter(id=ref).update(received=received, heard=now)

    def settled(self, ref: UUID, outcome: Mapping[str, object]) -> bool:
        """What became of it, inside the transaction in which it did; False where that was told before, or it is gone."""
        return models.Upload.objects.filter(id=ref, outcome="").update(outcome=json.dumps(outcome), received=F("length")) == 1

    def end(self, ref: UUID, heard: int | None) -> bool:
        """Forget one that was not kept, and with `heard` only if that is still when it was last heard of; False where that is not so."""
        rows = models.Upload.objects.filter(id=ref, outcome="")
        return (rows if heard is None else rows.filter(heard=heard)).delete()[0] == 1

    def drop(self, ref: UUID) -> bool:
        """Forget it; False where it was gone."""
        return models.Upload.objects.filter(id=ref).delete()[0] == 1

    def unfinished(self, owner: str) -> int:
        """How many that owner has begun and not ended."""
        return models.Upload.objects.filter(owner=owner, outcome="").count()

    def waiting(self, owner: str) -> list[Upload]:
        """The newest 100 of them, newest first."""
        return [_upload(row) for row in models.Upload.objects.filter(owner=owner, outcome="").order_by("-id")[:100]]

    def named(self, owner: str, key: str) -> Upload | None:
        """That owner's upload of the file with this key: of several the newest that is kept, else the newest."""
        rows = models.Upload.objects.filter(owner=owner, words__contains=f'"key": {json.dumps(key)}').order_by("-id")
        found = [one for one in map(_upload, rows) if one.words.key == key]
        return next((one for one in found if one.outcome), found[0] if found else None)

    def awaiting(self, owner: str, key: str) -> list[Upload]:
        """Those of that owner that are whole, that nothing became of yet, and that name the file with this key; oldest first."""
        rows = models.Upload.objects.filter(owner=owner, outcome="", received=F("length"), words__contains=json.dumps(key)).order_by("id")
        return [one for one in map(_upload, rows) if key in {one.words.of, one.words.follows}]

    def unsettled(self, before: int) -> list[Upload]:
        """Those that were whole then, and of which nothing became yet."""
        return [_upload(row) for row in models.Upload.objects.filter(outcome="", received=F("length"), heard__lt=before).order_by("id")]

    def quiet(self, before: int) -> list[Upload]:
        """Those of which nothing was heard since then: some thousand, oldest first."""
        return [_upload(row) for row in models.Upload.objects.filter(heard__lt=before).order_by("id")[:5000]]


def _upload(row: models.Upload) -> Upload:
    words: dict[str, Any] = json.loads(row.words)
    words["after"] = UUID(words["after"]) if words["after"] else None
    return Upload(
        id=row.id,
        sealed=row.sealed,
        owner=row.owner,
        length=row.length,
        words=FileWords(**words),
        officer=row.officer,
        started=row.started,
        heard=row.heard,
        received=row.received,
        outcome=json.loads(row.outcome) if row.outcome else {},
    )
