import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.budget import examples
from tests.redaction.values import boxes, plan

from vestige.redaction.geometry import Box, Picture
from vestige.redaction.masks import box_during, sweep
from vestige.redaction.plan import Mask, Origin
from vestige.redaction.tracks import Footage, Margins, Sighting, face_masks, grow, merge

PICTURE = Picture(200, 120)
MODEL = Origin("model", "centerface", "1.5.0")
TIGHT = Margins(0, 0, 0)


def _footage(frames: int, cuts: frozenset[int] = frozenset(), step: int = 40) -> Footage:
    return Footage(PICTURE, tuple(range(0, frames * step, step)), frames * step, cuts)


def _masks(
    seen: dict[int, list[Box]], frames: int = 40, cuts: frozenset[int] = frozenset(), margins: Margins | None = None
) -> tuple[Mask, ...]:
    sightings = [[Sighting(box, 500 + frame) for box in seen.get(frame, [])] for frame in range(frames)]
    return face_masks(_footage(frames, cuts), sightings, "b6", MODEL, margins)


def _frames(mask: Mask, step: int = 40) -> tuple[int, int]:
    return mask.span.from_ms // step, mask.span.to_ms // step


@given(
    st.lists(st.lists(boxes(), max_size=3), min_size=1, max_size=12),
    st.frozensets(st.integers(1, 11), max_size=3),
    st.integers(1, 400),
)
@settings(max_examples=examples(200), deadline=None)
def test_every_sighting_is_hidden_in_its_frame(seen: list[list[Box]], cuts: frozenset[int], step: int) -> None:
    footage = _footage(len(seen), cuts, step)
    found = face_masks(footage, [[Sighting(box, 300) for box in here] for here in seen], "b6", MODEL)
    if found:
        hidden = list(sweep(_plan(found, footage.duration_ms), footage.times))
        for here, shown in zip(seen, hidden, strict=True):
            assert all(any(mask.covers(box) for mask in shown) for box in here)


def _plan(found: tuple[Mask, ...], duration: int):  # noqa: ANN202  # what plan() gives
    from dataclasses import replace

    from tests.redaction.values import mask

    return replace(plan(mask()), duration_ms=duration + 2000, masks=found)


def test_a_moving_face_is_one_track_and_begins_earlier_and_ends_later() -> None:
    found = _masks({frame: [Box(10 + 2 * frame, 20, 24, 30)] for frame in range(10, 20)})
    assert [one.id for one in found] == ["f1"]
    assert _frames(found[0]) == (5, 25)
    assert found[0].origin == Origin("model", "centerface", "1.5.0", 519)


def test_a_gap_is_filled_on_the_straight_line() -> None:
    (one,) = _masks({10: [Box(16, 16, 32, 32)], 14: [Box(36, 16, 32, 32)]}, margins=TIGHT)
    between = box_during(one, 12 * 40, 13 * 40)
    assert between is not None
    assert between.covers(Box(26, 16, 32, 32))
    assert between.right == 64


def test_a_gap_longer_than_allowed_makes_two_tracks() -> None:
    found = _masks({2: [Box(16, 16, 32, 32)], 30: [Box(16, 16, 32, 32)]}, margins=Margins(gap_ms=1000))
    assert [one.id for one in found] == ["f1", "f2"]


def test_no_track_is_carried_over_a_cut() -> None:
    found = _masks({frame: [Box(16, 16, 32, 32)] for frame in (9, 10, 11, 12)}, cuts=frozenset({11, 13}))
    assert [_frames(one) for one in found] == [(4, 11), (11, 13)]


def test_two_faces_side_by_side_stay_two_tracks() -> None:
    left, right = Box(10, 20, 24, 30), Box(120, 20, 24, 30)
    found = _masks({frame: [left, right] if frame % 2 else [right, left] for frame in range(10)})
    assert len(found) == 2
    assert all(len({key.box for key in one.track}) == 1 for one in found)


def test_a_lonely_weak_sighting_is_kept() -> None:
    (one,) = _masks({7: [Box(100, 60, 10, 12)]})
    assert one.span.from_ms <= 7 * 40 < one.span.to_ms


def test_two_sizes_that_saw_one_face_make_one_sighting_that_holds_both() -> None:
    found = merge([Sighting(Box(10, 10, 20, 20), 400), Sighting(Box(12, 11, 22, 21), 900), Sighting(Box(100, 10, 20, 20), 300)])
    assert found == [Sighting(Box(10, 10, 24, 22), 900), Sighting(Box(100, 10, 20, 20), 300)]


def test_a_box_grows_most_upwards_and_stays_in_the_picture() -> None:
    grown = grow(Box(50, 60, 20, 20), PICTURE, Margins())
    assert grown == Box(32, 48, 48, 48)
    assert grow(Box(0, 0, 10, 10), PICTURE, Margins()).inside(200, 120)
    assert grow(Box(190, 110, 10, 10), PICTURE, Margins()).inside(200, 120)


def test_a_face_that_does_not_move_needs_two_keyframes() -> None:
    (one,) = _masks({frame: [Box(16, 16, 32, 32)] for frame in range(40)})
    assert len(one.track) == 2
    assert (one.span.from_ms, one.span.to_ms) == (0, 1600)


def test_as_many_lists_as_frames_are_needed() -> None:
    with pytest.raises(ValueError, match="as many"):
        face_masks(_footage(3), [[]], "b6", MODEL)
