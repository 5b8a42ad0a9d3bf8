"""The rows of items, the same for what comes in and what is made: numbers, facts without floats, their digest."""

import hashlib
from collections.abc import Mapping
from typing import cast

from vestige.actions.door import Desk
from vestige.custody.canonical import Json, canonical
from vestige.errors import MediaFailed
from vestige.evidence.changes import Plain
from vestige.evidence.items import EvidenceItem, ItemKind, ItemStatus
from vestige.evidence.values import Digest, from_ms

SERIES = {"item": "E", "recording": "R"}


def number(desk: Desk, noun: str) -> str:
    """The next number of the year for an item or a recording: `E-2026-000001`. Call it inside a transaction."""
    year = from_ms(desk.now()).year
    series = f"{SERIES[noun]}-{year}"
    return f"{series}-{desk.ports.catalog.number(series):06d}"


def facts_digest(facts: Mapping[str, object]) -> Digest:
    """SHA-256 of the canonical JSON of the facts. Raises MediaFailed for facts with floats or other values that have no such form."""
    try:
        return Digest(hashlib.sha256(canonical(cast("Json", facts))).hexdigest())
    except ValueError as error:
        raise MediaFailed(f"the facts have no canonical form: {error}") from error


def copy_columns(desk: Desk, item: EvidenceItem, size: int, digest: Digest, *, word: str = "redacted") -> dict[str, Plain]:
    """The columns of a derived item (`word` says of which kind in its file's name) that follow from its parent. Call it inside a transaction."""
    stem = item.filename.rpartition(".")[0] or item.filename
    return {
        "number": number(desk, "item"),
        "recording": str(item.recording),
        "position": item.position,
        "kind": ItemKind.VIDEO.value,
        "status": ItemStatus.ACCESSIONED.value,
        "filename": f"{stem}-{word}.mp4",
        "size": size,
        "sha256": digest.value,
        "parent": str(item.id),
        "media_index": "",
        "media_index_version": None,
    }
