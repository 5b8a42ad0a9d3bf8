from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.budget import examples
from tests.redaction.values import HEIGHT, LENGTH, WIDTH, boxes, spans

from vestige.errors import BadInput
from vestige.redaction.geometry import BLOCK, Box, Picture, Span, missing, union


@pytest.mark.parametrize(
    "bad", [(-1, 0, 1, 1), (0, -1, 1, 1), (0, 0, 0, 1), (0, 0, 1, 0), (0, 0, 20_000, 1), (True, 0, 1, 1), (0.5, 0, 1, 1)]
)
def test_a_box_that_is_empty_negative_or_no_whole_number_is_refused(bad: Any) -> None:
    with pytest.raises(BadInput, match="a box's"):
        Box(*bad)


@pytest.mark.parametrize("bad", [(5, 5), (6, 5), (-1, 4), (0, 2**60)])
def test_a_span_that_is_empty_backwards_or_endless_is_refused(bad: tuple[int, int]) -> None:
    with pytest.raises(BadInput, match="span"):
        Span(*bad)


@given(boxes())
@settings(max_examples=examples(300), deadline=None)
def test_alignment_covers_the_box_stays_in_the_picture_and_lies_on_the_grid(box: Box) -> None:
    aligned = box.aligned(WIDTH, HEIGHT)
    assert aligned.covers(box)
    assert aligned.inside(WIDTH, HEIGHT)
    assert aligned.x % BLOCK == aligned.y % BLOCK == 0
    assert aligned.right in {WIDTH, aligned.right // BLOCK * BLOCK}
    assert aligned.bottom in {HEIGHT, aligned.bottom // BLOCK * BLOCK}
    assert aligned.aligned(WIDTH, HEIGHT) == aligned


@given(boxes(), boxes())
@settings(max_examples=examples(200), deadline=None)
def test_a_hull_covers_both_boxes(one: Box, other: Box) -> None:
    assert one.hull(other).covers(one)
    assert one.hull(other).covers(other)
    assert one.hull(other) == other.hull(one)


@pytest.mark.parametrize(
    ("rotation", "displayed"),
    [(0, Box(10, 20, 30, 40)), (90, Box(60, 10, 40, 30)), (180, Box(160, 60, 30, 40)), (270, Box(20, 160, 40, 30))],
)
def test_a_box_is_found_where_a_viewer_sees_it(rotation: int, displayed: Box) -> None:
    picture = Picture(200, 120, rotation)
    assert picture.to_displayed(Box(10, 20, 30, 40)) == displayed
    assert picture.to_coded(displayed) == Box(10, 20, 30, 40)


@given(boxes(), st.sampled_from([0, 90, 180, 270]))
@settings(max_examples=examples(200), deadline=None)
def test_there_and_back_is_the_same_box(box: Box, rotation: int) -> None:
    picture = Picture(WIDTH, HEIGHT, rotation)
    assert picture.to_coded(picture.to_displayed(box)) == box


def test_a_box_outside_the_displayed_picture_is_refused() -> None:
    with pytest.raises(BadInput, match="displayed picture of 120 x 200"):
        Picture(200, 120, 90).to_coded(Box(110, 0, 20, 20))
    with pytest.raises(BadInput, match="0, 90, 180 or 270"):
        Picture(200, 120, 45)


def _moments(found: tuple[Span, ...] | list[Span]) -> set[int]:
    return {at for span in found for at in range(span.from_ms, span.to_ms)}


@given(st.lists(spans(60), max_size=8), st.randoms())
@settings(max_examples=examples(300), deadline=None)
def test_a_union_holds_the_same_moments_in_any_order_and_once(drawn: list[Span], random: Any) -> None:
    joined = union(drawn)
    assert _moments(joined) == _moments(drawn)
    assert union(joined) == joined
    assert all(before.to_ms < after.from_ms for before, after in pairwise(joined))
    shuffled = list(drawn)
    random.shuffle(shuffled)
    assert union(shuffled) == joined


@given(st.lists(spans(60), max_size=8), spans(60))
@settings(max_examples=examples(300), deadline=None)
def test_what_is_missing_and_what_is_there_make_the_whole(drawn: list[Span], whole: Span) -> None:
    gaps = missing(drawn, whole)
    assert _moments(gaps) == _moments([whole]) - _moments(drawn)


def test_nothing_is_missing_from_a_covered_recording() -> None:
    assert missing([Span(0, LENGTH)], Span(0, LENGTH)) == ()
    assert missing([], Span(0, LENGTH)) == (Span(0, LENGTH),)
