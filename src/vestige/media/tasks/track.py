"""The task `track`: where a GoPro was, a satellite fix for each second of its telemetry."""

from datetime import UTC, datetime
from typing import Any, BinaryIO

from vestige.media import gpmf
from vestige.media.containers.index import tracks_of
from vestige.media.sink import PipeSink

MOST = 200_000  # points; two days
_LARGEST = 4 << 20  # bytes of one payload


def warm() -> None:
    """What reading times loads late."""
    datetime.strptime("2026", "%Y").replace(tzinfo=UTC)
    "warm".encode("latin-1")


def run(request: dict[str, Any], source: BinaryIO, sink: PipeSink, _model: bytes | None) -> dict[str, object]:
    """Answers of each second time (ms UTC), latitude and longitude (degrees times ten million), dilution of precision (hundredths).

    Time and precision are null where they are not told. Raises NoSampleTable.
    """
    found = next((one for one in tracks_of(source, request["size"]) if one.header.codec == "gpmd"), None)
    points = []
    places = zip(found.samples.offsets[:MOST].tolist(), found.samples.sizes[:MOST].tolist(), strict=True) if found else ()
    for number, (offset, size) in enumerate(places, start=1):
        source.seek(offset)
        fix = gpmf.first_fix(source.read(min(size, _LARGEST)))
        if fix is not None:
            at = fix.time_ms if fix.time_ms is not None and 0 <= fix.time_ms <= 4_102_444_800_000 else None
            points.append([at, fix.latitude_e7, fix.longitude_e7, fix.dop_centi])
        if not number % 1000:
            sink.report(number / len(found.samples) if found else 1.0)
    return {"points": points}
