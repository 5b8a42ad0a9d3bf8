"""Tracks and the arithmetic of places."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.budget import examples

from vestige.errors import BadInput, Fault
from vestige.evidence.tracks import FARTHEST_M, STEP_M, Near, Point, Track, boxes, metres, near, stretches, track_of

E7 = 10_000_000
LATITUDES, LONGITUDES = st.integers(-90 * E7, 90 * E7), st.integers(-180 * E7, 180 * E7)


def point(latitude: float, longitude: float, time_ms: int | None = None) -> Point:
    return Point(time_ms, round(latitude * E7), round(longitude * E7))


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (point(51.5074, -0.1278), point(48.8566, 2.3522), 343_560),  # London to Paris, as any great-circle table has it
        (point(0, 179.9995), point(0, -179.9995), 111.2),
        (point(90, 0), point(90, 123), 0),
        (point(0, 0), point(0, 180), math.pi * 6_371_008.8),
    ],
)
def test_distances(one: Point, other: Point, expected: float) -> None:
    assert metres(one, other) == pytest.approx(expected, rel=1e-3, abs=0.1)


def test_a_track_is_kept_as_it_is_and_its_length_is_that_of_its_parts() -> None:
    track = Track("dock", (point(40.0, -74.0, 5), point(40.001, -74.0), Point(7, 400_020_000, -740_000_000, 350)))
    assert track_of(track.to_bytes()) == track
    assert track.length_m == 222
    assert Track("dock", ()).length_m == 0
    for damaged in (b"", b"[]", b"{}", b'{"source":"dock","points":[[1]]}', b"\xff"):
        with pytest.raises(Fault):
            track_of(damaged)


@settings(max_examples=examples(2000), deadline=None)
@given(st.lists(st.tuples(st.integers(-3000, 3000), st.integers(-3000, 3000)), max_size=60))
def test_every_point_lies_near_one_that_the_search_knows(steps: list[tuple[int, int]]) -> None:
    points = [Point(None, 407_000_000 + a, -740_000_000 + b) for a, b in steps]
    kept = stretches(points)
    assert all(min(metres(one, other) for other in kept) <= STEP_M for one in points)
    assert len(kept) <= len(points)


@settings(max_examples=examples(4000), deadline=None)
@given(LATITUDES, LONGITUDES, st.integers(1, FARTHEST_M), st.floats(0, 1), st.floats(0, 2 * math.pi))
def test_what_is_within_reach_is_within_a_box(latitude: int, longitude: int, reach: int, part: float, turn: float) -> None:
    """A place so far away in any direction, by the formula of the direct problem on a sphere."""
    angle, start = part * reach / 6_371_008.8, math.radians(latitude / E7)
    end = math.asin(max(-1.0, min(1.0, math.sin(start) * math.cos(angle) + math.cos(start) * math.sin(angle) * math.cos(turn))))
    east = math.atan2(math.sin(turn) * math.sin(angle) * math.cos(start), math.cos(angle) - math.sin(start) * math.sin(end))
    there = Point(None, round(math.degrees(end) * E7), round((math.degrees(east) + longitude / E7 + 540) % 360 * E7) - 180 * E7)
    place = Near(latitude, longitude, reach)
    if metres(place, there) <= reach:
        found = boxes(place, reach)
        assert any(south <= there.latitude_e7 <= north and west <= there.longitude_e7 <= east_ for south, north, west, east_ in found), (
            found
        )


def test_what_people_type_for_a_place() -> None:
    assert near("40.7128,-74.006") == Near(407_128_000, -740_060_000, 100)
    assert near(" 40.7128 , -74.006 , 250 ") == Near(407_128_000, -740_060_000, 250)
    for text in ("", "40", "40,x", "nan,1", "inf,1", "1,2,3,4", "91,0", "0,181", "1,2,0", "1,2,50001", "1,2,-5", "1e305,0", "1e400,0"):
        with pytest.raises(BadInput):
            near(text)
