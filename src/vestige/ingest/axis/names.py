"""What names and headers of the protocol say. Whatever is sent has a name here: what cannot be shown is escaped, what is too long is cut."""

import hashlib
import re
from collections.abc import Iterable
from urllib.parse import quote_from_bytes, unquote_to_bytes

from vestige.evidence.docks import ContainerName, ObjectName, Part, Shelf
from vestige.evidence.moments import AT, moment

LONGEST_CONTAINER = 256
LONGEST_OBJECT = 1024
_RECORDING = re.compile(rf"(?P<user>.*)_(?P<serial>[^_]+)_(?P<at>{AT})", re.DOTALL)
_REJECTED = re.compile(rf"RejectedContent_(?:(?P<at>{AT})|UnknownTime)_[0-9A-Fa-f-]{{36}}")
_BOOKMARK = re.compile(r"bookmark_(?P<at>.+)_[^_]*")
_STARTS = re.compile(rf"(?P<at>{AT})(?:_.*)?", re.DOTALL)
_SHELVES = {"System": Shelf.SYSTEM, "Users": Shelf.USERS, "Devices": Shelf.DEVICES}
_KNOWN = (
    *("Active", "BWCModel", "BWCSerialNumber", "CategoryID", "CategoryName", "ConnectionId", "ContainerName", "ContainerType", "EndTime"),
    *("EndTimeISO", "FirmwareVersion", "Model", "Name", "RejectedContentOriginalContainer", "RejectedContentReason", "RejectedContentTime"),
    *("SCUSerialNumber", "StartLocation", "StartTime", "StartTimeISO", "Status", "StopLocation", "StopTime", "StopTimeISO", "SystemName"),
    *("Tags", "TimeZone", "TriggerOff", "TriggerOffLocation", "TriggerOffTime", "TriggerOffTimeISO", "TriggerOn", "TriggerOnLocation"),
    *("TriggerOnTime", "TriggerOnTimeISO", "UserID"),
)
_SPELLED = {name.lower(): name for name in _KNOWN}


def name_of(raw: str, longest: int) -> str:
    """The name that a percent-encoded part of a path says: itself where it is printable UTF-8 without `%`, else with escapes.

    No two names of at most `longest` characters become one; a longer one ends in the SHA-256 of the whole.
    """
    data = unquote_to_bytes(raw)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = ""
    if not text or not text.isprintable() or "%" in text:
        text = quote_from_bytes(data, safe=" !\"#$&'()*+,-./:;<=>?@[\\]^_`{|}~")
    if len(text) <= longest:
        return text
    return f"{text[: longest - 65]}~{hashlib.sha256(data).hexdigest()}"


def container_name(raw: str) -> ContainerName:
    """What a container is, by the part of the path that names it."""
    name = name_of(raw, LONGEST_CONTAINER)
    if name in _SHELVES:
        return ContainerName(name, _SHELVES[name])
    if found := _REJECTED.fullmatch(name):
        return ContainerName(name, Shelf.REJECTED, triggered_at=moment(found["at"] or ""))
    found = _RECORDING.fullmatch(name)
    at = moment(found["at"]) if found else None
    if found is None or at is None or len(found["serial"]) > 100:
        return ContainerName(name, Shelf.UNKNOWN)
    return ContainerName(name, Shelf.RECORDING, found["user"], found["serial"], at)


def object_name(raw: str) -> ObjectName:
    """What an object of a recording is, by the part of the path that names it."""
    name = name_of(raw, LONGEST_OBJECT)
    if found := _BOOKMARK.fullmatch(name):
        return ObjectName(name, Part.BOOKMARK, moment(found["at"]))
    part = Part.KEY if name.endswith(".key") else Part.TRAIL if name.endswith("_gpstrail.json") else Part.FOOTAGE
    starts = _STARTS.fullmatch(name.rpartition(".")[0])
    return ObjectName(name, part, moment(starts["at"]) if starts else None)


def said(headers: Iterable[tuple[bytes, bytes]], prefix: bytes) -> dict[str, str]:
    """The metadata of those headers, in the protocol's spelling of names; an empty value says that the name is to go."""
    found: dict[str, str] = {}
    for name, value in headers:
        key = name.lower()
        if key.startswith(prefix) and len(key) > len(prefix):
            word = _shown(key[len(prefix) :])
            found[_SPELLED.get(word, word)] = _shown(unquote_to_bytes(value))
    return found


def _shown(data: bytes) -> str:
    text = data.decode("utf-8", "backslashreplace")
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)
