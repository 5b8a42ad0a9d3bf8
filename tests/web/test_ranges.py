"""The Range header."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.budget import examples

from vestige.web.bytes.ranges import NotSatisfiable, Span, merged, wanted


@pytest.mark.parametrize(
    ("header", "span"),
    [
        ("bytes=0-0", Span(0, 1)),
        ("bytes=10-19", Span(10, 20)),
        ("bytes=10-", Span(10, 100)),
        ("bytes=90-1000", Span(90, 100)),
        ("bytes=-5", Span(95, 100)),
        ("bytes=-1000", Span(0, 100)),
        ("Bytes = 3 - 4", Span(3, 5)),
    ],
)
def test_a_single_range_is_that_span(header: str, span: Span) -> None:
    assert wanted(header, 100) == span


@pytest.mark.parametrize("header", [None, "", "bytes=-", "bytes=5-3", "bytes=0-1,5-6", "lines=0-1", "bytes=a-b", "bytes=٣-٤"])
def test_anything_else_is_the_whole_file(header: str | None) -> None:
    assert wanted(header, 100) is None


@pytest.mark.parametrize(
    ("header", "size"), [("bytes=100-", 100), ("bytes=100-200", 100), ("bytes=-0", 100), ("bytes=0-", 0), ("bytes=-1", 0)]
)
def test_a_range_outside_the_file_cannot_be_satisfied(header: str, size: int) -> None:
    with pytest.raises(NotSatisfiable):
        wanted(header, size)


@settings(max_examples=examples(500), deadline=None)
@given(st.integers(1, 10**12), st.integers(0, 10**12), st.integers(0, 10**12))
def test_a_span_never_leaves_the_file(size: int, start: int, length: int) -> None:
    if start >= size:
        with pytest.raises(NotSatisfiable):
            wanted(f"bytes={start}-{start + length}", size)
        return
    span = wanted(f"bytes={start}-{start + length}", size)
    assert span is not None
    assert 0 <= span.start == start < span.end <= min(size, start + length + 1)


@settings(max_examples=examples(500), deadline=None)
@given(st.lists(st.tuples(st.integers(0, 300), st.integers(1, 40)), max_size=30))
def test_distinct_bytes_are_counted_once_whatever_the_order(parts: list[tuple[int, int]]) -> None:
    spans: list[tuple[int, int]] = []
    for start, length in parts:
        spans = merged(spans, (start, start + length))
    covered = {byte for start, length in parts for byte in range(start, start + length)}
    assert {byte for a, b in spans for byte in range(a, b)} == covered
    assert sum(b - a for a, b in spans) == len(covered)
    assert all(before[1] < after[0] for before, after in pairwise(spans))
