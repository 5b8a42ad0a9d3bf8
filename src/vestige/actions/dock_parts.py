"""What comes beside footage, read: bookmarks, trails, keys. It is kept as it came whatever this finds."""

import json
from collections.abc import Mapping

from vestige.evidence.docks import Part

LARGEST = 1 << 20
"""Bytes of such an object that are read; a longer one is kept unread."""
_E7 = 10_000_000
_MOST_POINTS = 200_000


def facts_of(part: Part, body: bytes, said: Mapping[str, str]) -> dict[str, object]:
    """The facts of a bookmark, a trail or a key, without floats. `opens` is false, with the reason in `error`, for what is no such thing."""
    mime = "text/plain" if part is Part.BOOKMARK else "application/json"
    facts: dict[str, object] = {"kind": "document", "attached": part.value, "mime": mime, "streams": [], "duration_ms": 0, "error": ""}
    try:
        if len(body) > LARGEST:
            raise ValueError("it is longer than anything of its kind")
        return facts | {"opens": True} | _READERS[part](body, said)
    except (ValueError, RecursionError) as error:
        return facts | {"kind": "unknown", "opens": False, "error": f"it is no {part.value}: {error}"[:500]}


def _bookmark(body: bytes, said: Mapping[str, str]) -> dict[str, object]:
    return {"text": body.decode("utf-8")[:10_000].replace("\0", "\\0"), "marked_as": said.get("CategoryName", "")}


def _trail(body: bytes, said: Mapping[str, str]) -> dict[str, object]:  # noqa: ARG001  # the readers' one shape
    value = json.loads(body)
    entries = value.get("CoordinateEntries") if isinstance(value, dict) else None
    if not isinstance(entries, list) or len(entries) > _MOST_POINTS:
        raise ValueError("there is no list of CoordinateEntries")
    points = [point for point in map(_point, entries) if point]
    return {"points": len(points), "unreadable": len(entries) - len(points)} | ({"place": list(points[0])} if points else {})


def _point(entry: object) -> tuple[int, int] | None:
    """Latitude and longitude in ten millionths of a degree."""
    text = entry.get("LocationWKT") if isinstance(entry, dict) else None
    if not isinstance(text, str) or not text.upper().startswith("POINT"):
        return None
    try:
        longitude, latitude = map(float, text[5:].strip().removeprefix("(").removesuffix(")").split()[:2])
    except ValueError:
        return None
    there = -90 <= latitude <= 90 and -180 <= longitude <= 180
    return (round(latitude * _E7), round(longitude * _E7)) if there else None


def _key(body: bytes, said: Mapping[str, str]) -> dict[str, object]:  # noqa: ARG001  # the readers' one shape
    value = json.loads(body)
    if not isinstance(value, dict) or not {"EncryptedKey", "ContentEncryptionIV"} <= set(value):
        raise ValueError("it lacks EncryptedKey or ContentEncryptionIV")
    return {"public_key_id": str(value.get("PublicKeyId", ""))[:128].replace("\0", "\\0")}


_READERS = {Part.BOOKMARK: _bookmark, Part.TRAIL: _trail, Part.KEY: _key}
