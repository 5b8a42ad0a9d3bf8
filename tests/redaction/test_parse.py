import pytest

from vestige.errors import BadInput
from vestige.redaction.geometry import Box, Span
from vestige.redaction.parse import parse_box, parse_span, parse_time


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("0", 0),
        ("12", 12_000),
        ("12.5", 12_500),
        ("90", 90_000),
        ("1:02", 62_000),
        ("1:02.25", 62_250),
        ("1:02:03.004", 3_723_004),
        (" 3 ", 3000),
    ],
)
def test_a_time_is_read(text: str, milliseconds: int) -> None:
    assert parse_time(text) == milliseconds


@pytest.mark.parametrize(
    "text", ["", "-1", "1:60", "1:2", "1:60:00", "1:2:03", "1.2345", "1e3", "1:02:03:04", "1,5", "٣", "nan", "1.", ".5"]
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="no time"):
        parse_time(text)


def test_a_span_is_read() -> None:
    assert parse_span("1:02-1:05.250") == Span(62_000, 65_250)


@pytest.mark.parametrize("text", ["5", "5-", "-5", "5-4", "5-5", "1-2-3"])
def test_what_is_no_span_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        parse_span(text)


def test_a_box_is_read() -> None:
    assert parse_box("100,80,64,48@3-4.5") == (Box(100, 80, 64, 48), Span(3000, 4500))


@pytest.mark.parametrize("text", ["", "1,2,3@1-2", "1,2,3,4", "1,2,3,4@", "-1,2,3,4@1-2", "1,2,0,4@1-2", "1;2;3;4@1-2", "1.5,2,3,4@1-2"])
def test_what_is_no_box_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        parse_box(text)
