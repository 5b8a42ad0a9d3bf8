"""The map of bytes to seconds as a value: what it counts, how it is kept, what it refuses."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.budget import examples

from vestige.errors import BadInput
from vestige.evidence.timemap import LONGEST_MS, Piece, TimeMap

_STEP = st.tuples(st.integers(0, 90_000), st.integers(1, 90_000), st.integers(0, 2_000))


@st.composite
def _maps(draw: st.DrawFn) -> tuple[int, list[Piece]]:
    """A file's size and the pieces in it."""
    at, pieces = 0, []
    for gap, length, ms in draw(st.lists(_STEP, max_size=40)):
        pieces.append((at + gap, at + gap + length, ms))
        at += gap + length
    return at + draw(st.integers(0, 1000)), pieces


def _spans(size: int, cuts: list[int]) -> list[tuple[int, int]]:
    places = sorted({cut % (size + 1) for cut in cuts})
    return list(zip(places[::2], places[1::2], strict=False))


@settings(max_examples=examples(3000), deadline=None)
@given(_maps(), st.lists(st.integers(0, 10**9), max_size=12))
def test_it_counts_the_part_of_each_piece_that_left(made: tuple[int, list[Piece]], cuts: list[int]) -> None:
    size, pieces = made
    spans = _spans(size, cuts)
    expected = sum(max(0, min(b, end) - max(a, start)) * ms / (end - start) for start, end, ms in pieces for a, b in spans)
    assert abs(TimeMap(size, pieces).served_ms(spans) - expected) <= 0.501


@settings(max_examples=examples(1000), deadline=None)
@given(_maps())
def test_it_is_kept_and_read_back(made: tuple[int, list[Piece]]) -> None:
    there = TimeMap(*made)
    back = TimeMap.from_bytes(there.to_bytes())
    assert back.to_bytes() == there.to_bytes()
    assert (back.size, len(back), back.duration_ms) == (made[0], len(made[1]), sum(ms for _, _, ms in made[1]))
    assert back.served_ms([(0, made[0])]) == back.duration_ms


@settings(max_examples=examples(1000), deadline=None)
@given(_maps(), st.data())
def test_bytes_that_are_no_map_are_refused_or_make_another_map(made: tuple[int, list[Piece]], data: st.DataObject) -> None:
    """Whatever the child sends: never anything but a map within its own bounds, or BadInput."""
    kept = bytearray(TimeMap(*made).to_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        kept[data.draw(st.integers(0, len(kept) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = TimeMap.from_bytes(bytes(kept[: data.draw(st.integers(0, len(kept)))]))
    except BadInput:
        return
    assert 0 <= found.served_ms([(0, found.size)]) <= LONGEST_MS


@pytest.mark.parametrize(
    ("size", "pieces"),
    [
        (100, [(0, 101, 5)]),
        (100, [(0, 50, 5), (49, 60, 5)]),
        (100, [(50, 60, 5), (0, 10, 5)]),
        (100, [(10, 10, 5)]),
        (100, [(10, 20, -1)]),
        (100, [(10, 20, LONGEST_MS), (20, 30, 1)]),
        (1 << 62, [(10, 20, 5)]),
    ],
)
def test_pieces_that_make_no_sense_are_refused(size: int, pieces: list[Piece]) -> None:
    with pytest.raises(BadInput):
        TimeMap(size, pieces)


@pytest.mark.parametrize(
    "data", [b"", b"JFIF", b"vestige-timemap/2\n\x05", b"vestige-timemap/1\n\x05\x80", b"vestige-timemap/1\n" + b"\xff" * 12]
)
def test_bytes_of_another_kind_are_refused(data: bytes) -> None:
    with pytest.raises(BadInput):
        TimeMap.from_bytes(data)


def test_twelve_hours_take_little_room() -> None:
    pieces = [(at * 160_000, at * 160_000 + 150_000, 250) for at in range(12 * 3600 * 4)]
    kept = TimeMap(pieces[-1][1], pieces).to_bytes()
    assert len(kept) < 2_000_000
