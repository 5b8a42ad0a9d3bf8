from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.budget import examples
from tests.redaction.values import HEIGHT, LENGTH, WIDTH, boxes, mask, masks, plan

from vestige.redaction.geometry import Box, Picture, Span
from vestige.redaction.masks import Sweep, box_during, hidden_area, hidden_boxes, sweep
from vestige.redaction.plan import Keyframe, Kind, Mask, Origin

PICTURE = Picture(WIDTH, HEIGHT)


def _pixels(found: Any) -> set[tuple[int, int]]:
    return {(x, y) for box in found for x in range(box.x, box.right) for y in range(box.y, box.bottom)}


def _track(*keys: tuple[int, Box]) -> Mask:
    return Mask("f1", Kind.FACE, Span(100, 1000), "b6", Origin("model", "m", "1", 900), tuple(Keyframe(*key) for key in keys))


@given(masks(), st.integers(0, LENGTH - 1), st.integers(1, 100), st.randoms())
@settings(max_examples=examples(150), deadline=None)
def test_what_is_hidden_is_the_union_of_all_masks_in_any_order(drawn: list[Mask], start: int, length: int, random: Any) -> None:
    end = start + length
    each = [hidden_boxes(plan(one), start, end) for one in drawn]
    shuffled = list(drawn)
    random.shuffle(shuffled)
    if drawn:
        together = hidden_boxes(plan(*drawn), start, end)
        assert _pixels(together) == set().union(*(_pixels(found) for found in each))
        assert hidden_boxes(plan(*shuffled), start, end) == together
        assert hidden_area(together, PICTURE) == len(_pixels(together))
        assert hidden_area([*together, *together], PICTURE) == hidden_area(together, PICTURE)


@given(masks(), st.lists(st.integers(0, LENGTH - 1), min_size=1, max_size=30))
@settings(max_examples=examples(150), deadline=None)
def test_a_sweep_gives_for_each_frame_what_looking_at_every_mask_gives(drawn: list[Mask], times: list[int]) -> None:
    if drawn:
        times.sort()
        ends = [max(later, at + 1) for at, later in zip(times, [*times[1:], LENGTH], strict=True)]
        assert list(sweep(plan(*drawn), times)) == [hidden_boxes(plan(*drawn), at, end) for at, end in zip(times, ends, strict=True)]


@given(masks())
@settings(max_examples=examples(150), deadline=None)
def test_at_each_keyframe_its_own_box_is_hidden(drawn: list[Mask]) -> None:
    for one in drawn:
        for key in one.track:
            found = hidden_boxes(plan(*drawn), key.at_ms, key.at_ms + 1)
            assert any(box.covers(key.box) for box in found)


@given(st.lists(boxes(), max_size=6))
@settings(max_examples=examples(200), deadline=None)
def test_the_area_counts_every_hidden_pixel_once(drawn: list[Box]) -> None:
    assert hidden_area(drawn, PICTURE) == len(_pixels(box.aligned(WIDTH, HEIGHT) for box in drawn))


def test_between_two_keyframes_both_boxes_and_all_between_are_hidden() -> None:
    moving = _track((200, Box(0, 0, 16, 16)), (400, Box(64, 0, 16, 16)))
    assert box_during(moving, 200, 300) == Box(0, 0, 16, 16)
    assert box_during(moving, 300, 400) == Box(0, 0, 80, 16)
    assert box_during(moving, 400, 500) == Box(64, 0, 16, 16)


def test_before_the_first_keyframe_the_first_box_is_hidden_and_after_the_last_the_last() -> None:
    moving = _track((200, Box(0, 0, 16, 16)), (400, Box(64, 0, 16, 16)))
    assert box_during(moving, 100, 140) == Box(0, 0, 16, 16)
    assert box_during(moving, 999, 1200) == Box(64, 0, 16, 16)


def test_a_frame_that_is_on_screen_when_a_mask_begins_or_ends_is_hidden_whole() -> None:
    still = mask(span=(100, 200))
    shown = [(at, bool(hidden_boxes(plan(still), at, at + 40))) for at in (40, 60, 61, 80, 160, 199, 200)]
    assert shown == [(40, False), (60, False), (61, True), (80, True), (160, True), (199, True), (200, False)]


def test_a_sweep_refuses_frames_out_of_order() -> None:
    sweeping = Sweep(plan(mask()))
    assert sweeping.during(50, 60)
    with pytest.raises(ValueError, match="in order"):
        sweeping.during(40, 50)
