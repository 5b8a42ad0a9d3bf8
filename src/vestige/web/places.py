"""Where a camera was, for a page: what the map draws, and the same in words."""

from collections.abc import Sequence
from dataclasses import dataclass

from vestige.actions.tracks import ItemTrack
from vestige.evidence.tracks import Point, thinned

_DRAWN, _LISTED = 2000, 60
_E7 = 1e7
_SOURCES = {"dock": "the trail that the dock sent", "gopro": "the camera's telemetry in the file"}


@dataclass(frozen=True, slots=True)
class Spot:
    """A point in words: when (ms UTC), degrees with five decimals (about a metre), the dilution of precision where it is told."""

    time: int | None
    words: str
    precision: str


@dataclass(frozen=True, slots=True)
class Told:
    """A track in words."""

    number: str
    source: str
    start: Spot
    end: Spot
    length: str
    count: int
    spots: tuple[Spot, ...]


def told(found: Sequence[ItemTrack]) -> list[Told]:
    """The tracks in words, with as many points as a table bears."""
    return [_told(one) for one in found if one.track.points]


def drawn(found: Sequence[ItemTrack], zone: str) -> dict[str, object]:
    """What the map needs, with as many points as it can draw."""
    tracks = [[[p.time_ms, p.latitude_e7 / _E7, p.longitude_e7 / _E7] for p in thinned(one.track.points, _DRAWN)] for one in found]
    return {"zone": zone, "tracks": tracks}


def _told(one: ItemTrack) -> Told:
    points, length = one.track.points, one.track.length_m
    return Told(
        number=one.item.number,
        source=_SOURCES.get(one.track.source, one.track.source),
        start=_spot(points[0]),
        end=_spot(points[-1]),
        length=f"{length} m" if length < 1000 else f"{length / 1000:.1f} km",
        count=len(points),
        spots=tuple(map(_spot, thinned(points, _LISTED))),
    )


def _spot(point: Point) -> Spot:
    precision = f"{point.dop_centi / 100:g}" if point.dop_centi is not None else ""
    return Spot(point.time_ms, f"{point.latitude_e7 / _E7:.5f}, {point.longitude_e7 / _E7:.5f}", precision)
