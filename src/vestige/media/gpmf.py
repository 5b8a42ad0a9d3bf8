"""GPMF, the telemetry of GoPro cameras: nested key-length-value records. Only what places, times and names a recording is read.

A record is a key of four letters, a type letter, the size of one structure, how many there are, and their bytes, padded to four. Type 0
holds records itself; the innermost level that holds values is one sensor's stream, with the scale of its numbers (`SCAL`) beside them.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_LAYOUT = {"b": "b", "B": "B", "s": "h", "S": "H", "l": "i", "L": "I", "j": "q", "J": "Q", "f": "f", "d": "d"}
_DEEPEST = 6
_WORST_DOP = 99.99  # what receivers say of a place that they do not know
_LOCKED = 2  # satellites give two dimensions; 3 gives three
_NEVER = 1990  # the year before which no camera recorded
_EPOCH_2000 = datetime(2000, 1, 1, tzinfo=UTC)
_NO_CAMERAS = frozenset({"", "Camera", "Global Settings", "Highlights"})

Stream = dict[str, "Record"]


@dataclass(frozen=True, slots=True)
class Record:
    """One record: key, type letter, bytes of one structure, and all its bytes."""

    key: str
    type: str
    size: int
    data: bytes

    @property
    def words(self) -> str:
        """Its text."""
        return self.data.rstrip(b"\0 ").decode("latin-1")


@dataclass(frozen=True, slots=True)
class Fix:
    """A satellite fix: degrees times ten million; the time that the satellites tell (ms UTC), or seconds since the device was switched on.

    `dop_centi` is the dilution of precision in hundredths, where it is told.
    """

    latitude_e7: int
    longitude_e7: int
    time_ms: int | None = None
    uptime: float | None = None
    dop_centi: int | None = None


def records(data: bytes, depth: int = 0) -> Iterator[list[Record]]:
    """The streams of a payload, each as its list of records. Ends at what is no record."""
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


def device_of(data: bytes) -> dict[str, str]:
    """What a payload tells of the camera: `make`, `model`, `serial`, `firmware`, as far as it does."""
    found: dict[str, str] = {}
    names = {"MINF": "model", "CASN": "serial", "FMWR": "firmware"}
    called = ""
    for record in (each for stream in records(data) for each in stream):
        if record.key in names and record.words:
            found.setdefault(names[record.key], record.words)
        elif record.key == "DVNM" and record.words not in _NO_CAMERAS:
            called = called or record.words
    if "model" not in found and called:
        found["model"] = called
    return found


def first_fix(data: bytes) -> Fix | None:
    """The first locked fix of a payload, from GPS5, GPS9, or a drone's GPRI and GLPI; with a time where any of its streams tells one."""
    streams: list[Stream] = [{record.key: record for record in stream} for stream in records(data)]
    fixes = [fix for stream in streams if (fix := _fix(stream)) is not None and _on_earth(fix)]
    if not fixes:
        return None
    told = next((fix.time_ms for fix in fixes if fix.time_ms is not None), None)
    if told is None and fixes[0].uptime is not None:
        told = next((at for stream in streams if (at := _system_time(stream, fixes[0].uptime)) is not None), None)
    return Fix(fixes[0].latitude_e7, fixes[0].longitude_e7, told, dop_centi=fixes[0].dop_centi)


def _fix(stream: Stream) -> Fix | None:
    return _gps5(stream) or _gps9(stream) or _structured(stream, "GPRI") or _structured(stream, "GLPI")


def _on_earth(fix: Fix) -> bool:
    return abs(fix.latitude_e7) <= 900_000_000 and abs(fix.longitude_e7) <= 1_800_000_000 and (fix.latitude_e7, fix.longitude_e7) != (0, 0)


def _gps5(stream: Stream) -> Fix | None:
    if "GPS5" not in stream or "SCAL" not in stream:
        return None
    lock = stream.get("GPSF")
    if lock is None or int.from_bytes(lock.data[:4], "big") < _LOCKED:
        return None
    scale, values = _numbers(stream["SCAL"].data, "ll"), _numbers(stream["GPS5"].data, "ll")
    if not scale or not values or 0 in scale:
        return None
    return Fix(_e7(values[0], scale[0]), _e7(values[1], scale[1]), _gpsu(stream.get("GPSU")), dop_centi=_gpsp(stream.get("GPSP")))


def _gpsu(record: Record | None) -> int | None:
    try:
        at = datetime.strptime(record.data[:16].decode("ascii"), "%y%m%d%H%M%S.%f").replace(tzinfo=UTC) if record else None
    except (ValueError, UnicodeDecodeError):
        return None
    return _ms(at) if at else None


def _gpsp(record: Record | None) -> int | None:
    """The dilution of precision of a second, which GPS5 has beside it."""
    values = _numbers(record.data, "S") if record else ()
    return _dop(values[0] / 100) if values else None


def _dop(value: float) -> int | None:
    """Hundredths; none where it is nothing (no fix) or beyond what a receiver tells."""
    return round(value * 100) if 0 < value < _WORST_DOP else None


def _gps9(stream: Stream) -> Fix | None:
    if "GPS9" not in stream or "SCAL" not in stream:
        return None
    values, scale = _numbers(stream["GPS9"].data, "lllllllSS"), _numbers(stream["SCAL"].data, "l" * 9)
    if not values or not scale or 0 in scale or values[8] < _LOCKED:
        return None
    try:
        at = _EPOCH_2000 + timedelta(days=int(values[5] / scale[5]), seconds=values[6] / scale[6])
    except OverflowError:
        return None
    return Fix(_e7(values[0], scale[0]), _e7(values[1], scale[1]), _ms(at), dop_centi=_dop(values[7] / scale[7]))


def _structured(stream: Stream, key: str) -> Fix | None:
    """A record of mixed types that TYPE describes: seconds since it was switched on, latitude, longitude, and more."""
    if key not in stream or "TYPE" not in stream or "SCAL" not in stream:
        return None
    layout = stream["TYPE"].words
    values, scale = _numbers(stream[key].data, layout), _numbers(stream["SCAL"].data, "l" * len(layout))
    if len(values) < 3 or len(scale) < 3 or 0 in scale[:3] or layout[1:3] != "ll":
        return None
    return Fix(_e7(values[1], scale[1]), _e7(values[2], scale[2]), uptime=values[0] / scale[0])


def _system_time(stream: Stream, uptime: float) -> int | None:
    """When `uptime` was, by a record that says when another uptime was."""
    if "SYST" not in stream or "SCAL" not in stream:
        return None
    values, scale = _numbers(stream["SYST"].data, "JJ"), _numbers(stream["SCAL"].data, "ll")
    if not values or not scale or 0 in scale:
        return None
    try:
        return _ms(datetime.fromtimestamp(values[1] / scale[1] + uptime - values[0] / scale[0], UTC))
    except (OverflowError, OSError, ValueError):
        return None


def _numbers(data: bytes, layout: str) -> tuple[float, ...]:
    if any(letter not in _LAYOUT for letter in layout):
        return ()
    form = ">" + "".join(_LAYOUT[letter] for letter in layout)
    return struct.unpack_from(form, data) if len(data) >= struct.calcsize(form) else ()


def _ms(at: datetime) -> int | None:
    return round(at.timestamp() * 1000) if at.year >= _NEVER else None


def _e7(value: float, scale: float) -> int:
    return round(value / scale * 10_000_000)
