"""What comes beside footage, read: bookmarks, trails, keys. It is kept as it came whatever this finds."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from vestige.evidence.clocks import trail_began
from vestige.evidence.docks import Part
from vestige.evidence.elements import elements
from vestige.evidence.moments import moment
from vestige.evidence.tracks import MOST_POINTS, Point
from vestige.evidence.values import to_ms

LARGEST = 1 << 20
"""Bytes of a bookmark or a key that are read; a longer one is kept unread, with a finding."""
LARGEST_TRAIL = 32 << 20
"""The same of a trail: two days, a point a second."""
_E7 = 10_000_000
_FIRST_YEAR, _LAST_YEAR = 1990, 2100
_LONGEST_S = 7 * 86_400


def facts_of(part: Part, body: bytes, said: Mapping[str, str]) -> dict[str, object]:
    """The facts of a bookmark, a trail or a key, without floats. `opens` is false, with the reason in `error`, for what is no such thing."""
    mime = "text/plain" if part is Part.BOOKMARK else "application/json"
    facts: dict[str, object] = {"kind": "document", "attached": part.value, "mime": mime, "streams": [], "duration_ms": 0, "error": ""}
    try:
        if len(body) > longest(part):
            raise ValueError(f"it is longer than {longest(part) >> 20} MiB, as nothing of its kind is")
        return facts | {"opens": True} | _READERS[part](body, said)
    except (ValueError, RecursionError) as error:
        return facts | {"kind": "unknown", "opens": False, "error": f"it is no {part.value}: {error}"[:500]}


def _bookmark(body: bytes, said: Mapping[str, str]) -> dict[str, object]:
    return {"text": body.decode("utf-8")[:10_000].replace("\0", "\\0"), "marked_as": said.get("CategoryName", "")}


def longest(part: Part) -> int:
    """Bytes of an object of that kind that are read."""
    return LARGEST_TRAIL if part is Part.TRAIL else LARGEST


def trail_points(body: bytes) -> tuple[list[Point], int]:
    """The places of a GNSS trail, and how many of its entries tell none. Raises ValueError for what is no trail."""
    read = _read(body)
    return read.points, read.count - len(read.points)


@dataclass(slots=True)
class _Read:
    """What a trail tells: its points, how many entries there are, and which of them tell two times."""

    points: list[Point] = field(default_factory=list)
    timed: list[tuple[int, int]] = field(default_factory=list)
    count: int = 0


def _read(body: bytes) -> _Read:
    """One entry at a time, so that a long trail takes little memory. Raises ValueError for what is no trail, or has too many entries."""
    found = _Read()
    for entry in elements(body.decode("utf-8-sig"), "CoordinateEntries"):
        found.count += 1
        if found.count > MOST_POINTS:
            raise ValueError(f"it has more than {MOST_POINTS:,} entries")
        if point := _point(entry):
            found.points.append(point)
        if told := _timed(entry):
            found.timed.append(told)
    return found


def _timed(entry: object) -> tuple[int, int] | None:
    """The satellites' time of a point (ms UTC), and how many milliseconds after the recording's beginning that was."""
    at = moment(str(entry.get("Timestamp", ""))) if isinstance(entry, dict) else None
    after = entry.get("SecondsFromStart") if isinstance(entry, dict) else None
    if at is None or isinstance(after, bool) or not isinstance(after, int | float) or not 0 <= after <= _LONGEST_S:
        return None
    return at, round(after * 1000)


def _trail(body: bytes, said: Mapping[str, str]) -> dict[str, object]:  # noqa: ARG001  # the readers' one shape
    read = _read(body)
    points, began = read.points, trail_began(read.timed)
    facts: dict[str, object] = {"points": len(points), "unreadable": read.count - len(points)}
    facts |= {"place": [points[0].latitude_e7, points[0].longitude_e7]} if points else {}
    return facts | ({"began_at": began} if began is not None else {})


def _point(entry: object) -> Point | None:
    text = entry.get("LocationWKT") if isinstance(entry, dict) else None
    if not isinstance(entry, dict) or not isinstance(text, str) or not text.upper().startswith("POINT"):
        return None
    try:
        longitude, latitude = map(float, text[5:].strip().removeprefix("(").removesuffix(")").split()[:2])
        point = Point(_time(entry.get("Timestamp")), round(latitude * _E7), round(longitude * _E7))
    except (ValueError, OverflowError):
        return None
    return point if point.on_earth() else None


def _time(text: object) -> int | None:
    """Milliseconds UTC; None for what tells no time, and for a clock that was never set."""
    try:
        at = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    if at is None or not _FIRST_YEAR <= at.year < _LAST_YEAR:
        return None
    return to_ms(at if at.tzinfo else at.replace(tzinfo=UTC))


def _key(body: bytes, said: Mapping[str, str]) -> dict[str, object]:  # noqa: ARG001  # the readers' one shape
    value = json.loads(body)
    if not isinstance(value, dict) or not {"EncryptedKey", "ContentEncryptionIV"} <= set(value):
        raise ValueError("it lacks EncryptedKey or ContentEncryptionIV")
    return {"public_key_id": str(value.get("PublicKeyId", ""))[:128].replace("\0", "\\0")}


_READERS = {Part.BOOKMARK: _bookmark, Part.TRAIL: _trail, Part.KEY: _key}
