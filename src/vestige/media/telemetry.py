"""Place, time and camera as a recording itself tells them: GoPro's telemetry track and user data, and the words of other makers."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import BinaryIO

from vestige.media import gpmf
from vestige.media.containers.boxes import Boxes
from vestige.media.containers.reading import SMALL, Window
from vestige.media.containers.tables import NoSampleTable, Track
from vestige.media.shapes import clean

_LARGEST = 4 << 20  # bytes of one payload
_DESCRIPTION = 0x76  # bytes of a file description that are read
_SECONDS = 3600  # payloads looked at (one a second) until the satellites are found
_NEVER = 1990  # the year before which no camera recorded: clocks that were never set say 1904 or 1970
_ISO6709 = re.compile(r"^([+-]\d{1,2}(?:\.\d+)?)([+-]\d{1,3}(?:\.\d+)?)")
_PLACES = ("location", "com.apple.quicktime.location.iso6709")
_DEVICE = {
    "com.android.manufacturer": "make",
    "com.android.model": "model",
    "com.apple.quicktime.make": "make",
    "com.apple.quicktime.model": "model",
    "com.apple.quicktime.software": "firmware",
    "firmware": "firmware",
    "make": "make",
    "manufacturer": "make",
    "model": "model",
    "serial": "serial",
    "serial_number": "serial",
    "serialnumber": "serial",
}


@dataclass(slots=True)
class Told:
    """What a recording tells: place (degrees times ten million), when the satellites saw it (ms UTC; how long after its start), its camera."""

    place: list[int] | None = None
    time_ms: int | None = None
    after_ms: int = 0
    device: dict[str, str] = field(default_factory=dict)


def told_by(source: BinaryIO, size: int, tracks: list[Track] | None, words: Mapping[str, str]) -> Told:
    """What a recording tells. `words` are its container's own; satellites count for more than they."""
    told = Told(place=_place_in(words), device=_device_in(words))
    for data in _user_data(source, size):
        told.device |= gpmf.device_of(data)
    for track in tracks or ():
        if track.header.codec == "fdsc":
            told.device = _described(source, track) | told.device
    gopro = next((track for track in tracks or () if track.header.codec == "gpmd"), None)
    if gopro is not None:
        _satellites(source, gopro, told)
        if not told.device.get("model", "").startswith("GoPro"):
            told.device.setdefault("make", "GoPro")
    told.device = {name: short for name, text in told.device.items() if (short := clean(text, 200))}
    return told


def time_in(words: Mapping[str, str]) -> int | None:
    """When the container says that it was made (ms UTC); None for a clock that was never set."""
    for name in ("creation_time", "com.apple.quicktime.creationdate", "date"):
        try:
            at = datetime.fromisoformat(words[name])
            at = at if at.tzinfo else at.replace(tzinfo=UTC)
            if at.year >= _NEVER:
                return round(at.timestamp() * 1000)
        except (KeyError, ValueError, OverflowError):
            continue
    return None


def _satellites(source: BinaryIO, track: Track, told: Told) -> None:
    samples = zip(track.samples.offsets[:_SECONDS].tolist(), track.samples.sizes[:_SECONDS].tolist(), strict=True)
    for number, (offset, size) in enumerate(samples):
        source.seek(offset)
        data = source.read(min(size, _LARGEST))
        if not number:
            told.device = gpmf.device_of(data) | told.device
        fix = gpmf.first_fix(data)
        if fix is not None:
            told.place, told.time_ms = [fix.latitude_e7, fix.longitude_e7], fix.time_ms
            told.after_ms = number * 1000
            return


def _described(source: BinaryIO, track: Track) -> dict[str, str]:
    """The camera as the first sample of a file description track tells it: its serial number and model."""
    if not len(track):
        return {}
    source.seek(int(track.samples.offsets[0]))
    data = source.read(_DESCRIPTION)
    if len(data) != _DESCRIPTION or not data.startswith(b"GPRO"):
        return {}
    words = {"serial": data[0x57:0x66], "model": data[0x66:0x76]}
    return {
        name: text
        for name, raw in words.items()
        if (text := raw.partition(b"\0")[0].decode("latin-1")) and text.isascii() and text.isprintable()
    }


def _user_data(source: BinaryIO, size: int) -> list[bytes]:
    """The GPMF payloads in the user data of an MP4; none of anything else."""
    try:
        boxes = Boxes(Window(source, size, SMALL))
        box = boxes.find(boxes.file, b"moov", b"udta", b"GPMF")
        return [boxes.payload(box, _LARGEST).raw] if box is not None else []
    except (NoSampleTable, ValueError):
        return []


def _place_in(words: Mapping[str, str]) -> list[int] | None:
    lower = {name.lower(): text for name, text in words.items()}
    for name in _PLACES:
        found = _ISO6709.match(lower.get(name, ""))
        place = [round(float(part) * 10_000_000) for part in found.groups()] if found else None
        if place and abs(place[0]) <= 900_000_000 and abs(place[1]) <= 1_800_000_000 and place != [0, 0]:
            return place
    return None


def _device_in(words: Mapping[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, text in words.items():
        if to := _DEVICE.get(name.lower()):
            found.setdefault(to, text)
    return found
