"""Where a camera was: one form for what docks and cameras tell, and the arithmetic of places on a sphere of the earth's mean radius."""

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from vestige.errors import BadInput, Fault

RADIUS_M = 6_371_008.8
MOST_POINTS = 200_000
STEP_M = 20
"""A search keeps a point of each stretch of this length, and looks so much farther: it finds too much rather than too little."""
FARTHEST_M = 50_000
NEAR_M = 100
_E7 = 10_000_000
_FARTHEST = 1e9  # beyond any degree or metre that is asked for
_LATITUDE, _LONGITUDE = 90 * _E7, 180 * _E7


@dataclass(frozen=True, slots=True)
class Point:
    """A place (degrees times ten million, WGS 84), when (ms UTC, as its source says), and the dilution of precision (hundredths; None: not told)."""

    time_ms: int | None
    latitude_e7: int
    longitude_e7: int
    dop_centi: int | None = None

    def on_earth(self) -> bool:
        """Whether there is such a place."""
        return abs(self.latitude_e7) <= _LATITUDE and abs(self.longitude_e7) <= _LONGITUDE


@dataclass(frozen=True, slots=True)
class Track:
    """The places of one item in their order. `source` says who told them: `dock` (a GNSS trail) or `gopro` (GPMF in the file)."""

    source: str
    points: tuple[Point, ...]

    @property
    def length_m(self) -> int:
        """From point to point, in metres: what is walked between them it can't know, and it counts what the receiver only imagined."""
        return round(sum(metres(a, b) for a, b in zip(self.points, self.points[1:], strict=False)))

    def to_bytes(self) -> bytes:
        """JSON: how it is kept."""
        rows = [[one.time_ms, one.latitude_e7, one.longitude_e7, one.dop_centi] for one in self.points]
        return json.dumps({"v": 1, "source": self.source, "points": rows}, separators=(",", ":")).encode()


@dataclass(frozen=True, slots=True)
class Near:
    """Within so many metres of a place."""

    latitude_e7: int
    longitude_e7: int
    metres: int = NEAR_M


def track_of(data: bytes) -> Track:
    """The track that `to_bytes` wrote. Raises Fault for anything else."""
    try:
        value = json.loads(data)
        return Track(value["source"], tuple(Point(*row) for row in value["points"]))
    except (ValueError, KeyError, TypeError) as error:
        raise Fault("the working copy of a track is none") from error


def near(text: str) -> Near:
    """What `LAT,LON` or `LAT,LON,METRES` says, in degrees. Raises BadInput for anything else."""
    parts = text.split(",")
    try:
        values = [float(part) for part in parts]
        if len(values) not in {2, 3} or not all(abs(value) < _FARTHEST for value in values):
            raise ValueError
    except ValueError:
        raise BadInput(f"{text[:100]!r} is no place; write it like 40.7128,-74.0060 or, with metres, 40.7128,-74.0060,250") from None
    found = Near(round(values[0] * _E7), round(values[1] * _E7), round(values[2]) if len(values) == 3 else NEAR_M)
    if not Point(None, found.latitude_e7, found.longitude_e7).on_earth():
        raise BadInput(f"{text[:100]!r} is no place on earth: latitudes go from -90 to 90, longitudes from -180 to 180")
    if not 1 <= found.metres <= FARTHEST_M:
        raise BadInput(f"a search reaches from 1 to {FARTHEST_M} metres, not {parts[2][:20]}")
    return found


def metres(a: Point | Near, b: Point | Near) -> float:
    """The distance of two places (haversine)."""
    one, other = math.radians(a.latitude_e7 / _E7), math.radians(b.latitude_e7 / _E7)
    turn = math.radians((b.longitude_e7 - a.longitude_e7) / _E7)
    part = math.sin((other - one) / 2) ** 2 + math.cos(one) * math.cos(other) * math.sin(turn / 2) ** 2
    return 2 * RADIUS_M * math.asin(min(1.0, math.sqrt(part)))


def stretches(points: Iterable[Point], step_m: float = STEP_M) -> list[Point]:
    """Some of the points: each of the others lies within `step_m` of one that is kept."""
    kept: list[Point] = []
    for point in points:
        if not kept or metres(kept[-1], point) > step_m:
            kept.append(point)
    return kept


def thinned(points: Sequence[Point], most: int) -> Sequence[Point]:
    """At most so many of the points (two at least), evenly by their number, the first and the last among them."""
    if len(points) <= most:
        return points
    return [points[round(number * (len(points) - 1) / (most - 1))] for number in range(most)]


def boxes(place: Near, reach_m: float) -> Sequence[tuple[int, int, int, int]]:
    """One or two boxes (south, north, west, east; degrees times ten million) that hold every place within `reach_m` of a place.

    Two where the circle crosses the 180th meridian; all longitudes where it holds a pole.
    """
    angle = reach_m / RADIUS_M
    high = math.ceil(math.degrees(angle) * _E7)
    south, north = place.latitude_e7 - high, place.latitude_e7 + high
    if south <= -_LATITUDE or north >= _LATITUDE:
        return [(max(south, -_LATITUDE), min(north, _LATITUDE), -_LONGITUDE, _LONGITUDE)]
    turn = math.asin(min(1.0, math.sin(angle) / math.cos(math.radians(place.latitude_e7 / _E7))))
    wide = math.ceil(math.degrees(turn) * _E7)
    west, east = place.longitude_e7 - wide, place.longitude_e7 + wide
    if west < -_LONGITUDE:
        return [(south, north, -_LONGITUDE, east), (south, north, west + 2 * _LONGITUDE, _LONGITUDE)]
    if east > _LONGITUDE:
        return [(south, north, west, _LONGITUDE), (south, north, -_LONGITUDE, east - 2 * _LONGITUDE)]
    return [(south, north, west, east)]
