"""What of an item a browser gets: which bytes, as what type; decided from the facts, never from the file's name."""

from collections.abc import Mapping
from dataclasses import dataclass

from vestige.evidence.items import EvidenceItem, ItemKind

PAGES = "pages"
PROXY = "proxy"
TIMEMAP = "timemap"

_SAFE = frozenset(
    {
        "audio/aac",
        "audio/flac",
        "audio/mp4",
        "audio/mpeg",
        "audio/ogg",
        "audio/wav",
        "audio/x-wav",
        "image/gif",
        "image/jpeg",
        "image/png",
        "image/webp",
        "video/mp4",
        "video/webm",
    }
)
_OPAQUE = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Playable:
    """What is served of an item: `copy` is the kind of a working copy, or None for the original; `type` its content type."""

    copy: str | None
    type: str


def playable(item: EvidenceItem) -> Playable | None:
    """What a browser can show of the item: the original where it can, else the playable copy; None where there is neither."""
    mime = str(item.facts.get("mime", _OPAQUE))
    if item.facts.get("playable") is True and mime in _SAFE:
        return Playable(None, mime)
    if PAGES in item.working:
        return Playable(PAGES, "image/jpeg")
    if PROXY in item.working:
        return Playable(PROXY, "video/mp4" if item.kind is ItemKind.VIDEO else "audio/mp4")
    return None


def frames_per_second(item: EvidenceItem) -> float:
    """Of the picture, for stepping frame by frame; 30 where the facts do not say."""
    streams = item.facts.get("streams")
    for stream in streams if isinstance(streams, list) else []:
        rate = stream.get("fps_milli", 0) if isinstance(stream, dict) and stream.get("kind") == "video" else 0
        if isinstance(rate, int) and rate > 0:
            return rate / 1000
    return 30.0


def lengths(facts: Mapping[str, object] | None) -> list[int]:
    """Bytes of the picture of each page that is shown; 0 for one that can't be drawn."""
    found = (facts or {}).get("lengths")
    return [length for length in found if isinstance(length, int)] if isinstance(found, list) else []


def playing(item: EvidenceItem, pages: Mapping[str, object] | None = None) -> dict[str, object]:
    """What the player needs to know of an item; `pages` are the facts of a document's pages."""
    served = playable(item)
    return {
        "id": str(item.id),
        "number": item.number,
        "kind": item.kind.value,
        "type": served.type if served else None,
        "copy": bool(served and served.copy),
        "durationMs": item.duration_ms,
        "fps": frames_per_second(item),
        "pages": (pages or {}).get("pages", 0),
        "drawn": [bool(length) for length in lengths(pages)],
    }
