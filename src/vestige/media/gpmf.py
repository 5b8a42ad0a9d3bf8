"""GPMF, the telemetry of GoPro cameras: nested key-length-value records. Only what places and times a recording is read."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_LAYOUT = {"b": "b", "B": "B", "s": "h", "S": "H", "l": "i", "L": "I", "j": "q", "J": "Q", "f": "f", "d": "d"}
_DEEPEST = 6
_LOCKED = 2
_EPOCH_2000 = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Record:
    """One record: key, type, bytes of one structure, and the payload."""

    key: str
    type: str
    size: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Fix:
    """A satellite fix: degrees times ten million, and the time that the satellites tell (ms UTC) where they do."""

    latitude_e7: int
    longitude_e7: int
    time_ms: int | None


def records(data: bytes, depth: int = 0) -> Iterator[list[Record]]:
    """The streams of a payload, each as its list of records (the device's own records come as a list too)."""
    level, at = [], 0
    while at + 8 <= len(data) and data[at : at + 4] != b"\0\0\0\0":
        key, kind, size, repeat = (
            data[at : at + 4].decode("latin-1"),
            data[at + 4],
            data[at + 5],
            int.from_bytes(data[at + 6 : at + 8], "big"),
        )
        body = data[at + 8 : at + 8 + size * repeat]
        if kind == 0 and depth < _DEEPEST:
            yield from records(body, depth + 1)
        elif kind:
            level.append(Record(key, chr(kind), size, body))
        at += 8 + (size * repeat + 3) // 4 * 4
    if level:
        yield level


def device_name(data: bytes) -> str:
    """The name of the first device that calls itself something else than a camera; empty for none."""
    names = [r.data.rstrip(b"\0 ").decode("latin-1") for stream in records(data) for r in stream if r.key == "DVNM"]
    return next((name for name in names if name not in {"", "Camera", "Global Settings"}), "")


def first_fix(data: bytes) -> Fix | None:
    """The first locked fix of a payload: GPS5, GPS9, or a drone's GPRI and GLPI."""
    for stream in records(data):
        found = {record.key: record for record in stream}
        fix = _gps5(found) or _gps9(found) or _structured(found, "GPRI", 1) or _structured(found, "GLPI", 1)
        if fix and -900_000_000 <= fix.latitude_e7 <= 900_000_000 and -1_800_000_000 <= fix.longitude_e7 <= 1_800_000_000:
            return fix
    return None


def _gps5(found: dict[str, Record]) -> Fix | None:
    if "GPS5" not in found or "SCAL" not in found:
        return None
    lock = found.get("GPSF")
    if lock and int.from_bytes(lock.data[:4], "big") < _LOCKED:
        return None
    scale, values = _numbers(found["SCAL"].data, "ll"), _numbers(found["GPS5"].data, "ll")
    if not scale or not values or 0 in scale[:2]:
        return None
    return Fix(_e7(values[0], scale[0]), _e7(values[1], scale[1]), _gpsu(found.get("GPSU")))


def _gpsu(record: Record | None) -> int | None:
    try:
        at = datetime.strptime(record.data[:16].decode("ascii"), "%y%m%d%H%M%S.%f").replace(tzinfo=UTC) if record else None
    except (ValueError, UnicodeDecodeError):
        return None
    return round(at.timestamp() * 1000) if at else None


def _gps9(found: dict[str, Record]) -> Fix | None:
    if "GPS9" not in found or "SCAL" not in found:
        return None
    values, scale = _numbers(found["GPS9"].data, "lllllllSS"), _numbers(found["SCAL"].data, "l" * 9)
    if not values or not scale or 0 in scale or values[8] < _LOCKED:
        return None
    at = _EPOCH_2000 + timedelta(days=int(values[5] / scale[5]), seconds=values[6] / scale[6])
    return Fix(_e7(values[0], scale[0]), _e7(values[1], scale[1]), round(at.timestamp() * 1000))


def _structured(found: dict[str, Record], key: str, first: int) -> Fix | None:
    """A record of mixed types that TYPE describes; latitude stands at `first`, longitude after it."""
    if key not in found or "TYPE" not in found or "SCAL" not in found:
        return None
    layout = found["TYPE"].data.rstrip(b"\0").decode("latin-1")
    values, scale = _numbers(found[key].data, layout), _numbers(found["SCAL"].data, "l" * len(layout))
    if (
        len(values) < first + 2
        or len(scale) < first + 2
        or not scale[first]
        or not scale[first + 1]
        or not (values[first] or values[first + 1])
    ):
        return None
    return Fix(_e7(values[first], scale[first]), _e7(values[first + 1], scale[first + 1]), None)


def _numbers(data: bytes, layout: str) -> tuple[float, ...]:
    if any(letter not in _LAYOUT for letter in layout):
        return ()
    form = ">" + "".join(_LAYOUT[letter] for letter in layout)
    return struct.unpack_from(form, data) if len(data) >= struct.calcsize(form) else ()


def _e7(value: float, scale: float) -> int:
    return round(value / scale * 10_000_000)
