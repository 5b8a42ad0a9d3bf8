import csv
import io
import re
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.budget import examples
from tests.disclosure.packages import Page

from vestige.disclosure import _paper as paper

if TYPE_CHECKING:
    from collections.abc import Sequence

ANY = st.text(st.characters(), max_size=40)


@given(ANY)
@settings(max_examples=examples(500), deadline=None)
def test_no_text_becomes_a_tag_or_leaves_its_cell(text: str) -> None:
    plain = Page(paper.page("t", paper.table(paper.Table("c", ("h",), (("x",),)))))
    hostile = Page(paper.page(text, paper.table(paper.Table(text, (text,), ((text,),))), paper.paragraph(text)))
    assert [tag for tag, _ in hostile.elements] == [tag for tag, _ in plain.elements] + ["p"]
    assert paper.visible(text) in hostile.text


def test_the_worst_text_stays_text() -> None:
    page = Page(paper.page("x", paper.paragraph("</p><script>alert(1)</script><img src=x onerror=y>\"'&")))
    assert not page.tags("script")
    assert not page.tags("img")
    assert "<script>alert(1)</script>" in page.text


def test_characters_that_turn_a_line_around_are_written_out() -> None:
    assert paper.visible("evil\u202e4pm.exe") == "evil\\u202e4pm.exe"
    assert paper.visible("a\nb\x00c\ud800") == "a\\u000ab\\u0000c\\ud800"
    assert paper.visible("Zoë Ørsted 山田 👮 می‌خواهم") == "Zoë Ørsted 山田 👮 می‌خواهم"


def test_a_page_runs_nothing_fetches_nothing_and_can_be_read_aloud() -> None:
    data = paper.page("A title", paper.section("Part", paper.table(paper.Table("What", ("a", "b"), (("1", "2"),)))))
    page = Page(data)
    assert data.startswith(b"<!DOCTYPE html>")
    assert page.tags("html") == [{"lang": "en"}]
    policy = page.tags("meta")[1]
    assert policy["http-equiv"] == "Content-Security-Policy"
    assert str(policy["content"]).startswith("default-src 'none'; style-src 'sha256-")
    assert not [tag for tag, attributes in page.elements if tag in {"script", "link", "img", "iframe"} or "src" in attributes]
    assert b"<title>A title</title>" in data
    assert len(page.tags("h1")) == len(page.tags("main")) == len(page.tags("caption")) == 1
    assert [attributes["scope"] for attributes in page.tags("th")] == ["col", "col", "row"]
    assert b"@media print" in data


def test_every_colour_of_text_stands_out_from_its_ground() -> None:
    style = paper._STYLE
    text = re.search(r"color: (#\w+)", style)
    assert text
    for ground in re.findall(r"background: (#\w+)", style):
        assert _contrast(text[1], ground) >= 7


@given(st.lists(st.tuples(ANY, ANY), max_size=5))
@settings(max_examples=examples(300), deadline=None)
def test_csv_reads_back_and_no_cell_is_a_formula(rows: list[tuple[str, str]]) -> None:
    data = paper.csv_bytes(("a", "b"), rows)
    read = list(csv.reader(io.StringIO(data.decode(), newline=""), strict=True))
    assert read[0] == ["a", "b"]
    assert [[cell.removeprefix("'") for cell in row] for row in read[1:]] == [
        [paper.visible(c).removeprefix("'") for c in row] for row in rows
    ]
    assert not any(cell.lstrip().startswith(("=", "+", "-", "@")) for row in read for cell in row)
    assert data.count(b"\n") == data.count(b"\r\n") == len(rows) + 1


def test_formulas_get_an_apostrophe() -> None:
    assert paper.csv_bytes(("x",), [("=1+1",), ("@SUM",), ("-1",), ("+1",), (" =1",), ("a=1",)]) == (
        b"x\r\n'=1+1\r\n'@SUM\r\n'-1\r\n'+1\r\n' =1\r\na=1\r\n"
    )


def test_times_are_told_to_the_millisecond_in_utc() -> None:
    assert paper.when(1_795_500_788_007) == "2026-11-24 06:13:08.007 UTC"


def _contrast(one: str, other: str) -> float:
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    short = colour[1:]
    digits: Sequence[str] = [short[i : i + 2] for i in (0, 2, 4)] if len(short) == 6 else [one * 2 for one in short]
    linear = [(v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4) for v in (int(d, 16) / 255 for d in digits)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
