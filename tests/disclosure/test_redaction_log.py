import csv
import io
from dataclasses import replace
from uuid import UUID

import pytest
from tests.disclosure.packages import PUBLIC, SHA, Page

from vestige.disclosure.redaction_log import redaction_log_csv, redaction_log_html
from vestige.errors import BadInput
from vestige.policy.load import load_pack
from vestige.redaction.geometry import Box, Picture, Span
from vestige.redaction.plan import Detector, Keyframe, Kind, Mask, Mute, Origin, Plan, Quality

POLICY = load_pack("us-federal")
MODEL = Origin("model", "centerface", "1", 900)


def mask(name: str, span: Span, exemption: str, box: Box, origin: Origin = MODEL) -> Mask:
    return Mask(name, Kind.FACE if origin is MODEL else Kind.BOX, span, exemption, origin, (Keyframe(span.from_ms, box),))


PLAN = Plan(
    item=UUID(int=1),
    source=SHA,
    picture=Picture(100, 100),
    duration_ms=10_000,
    frames=250,
    masks=(
        mask("a", Span(0, 4_000), "b6", Box(0, 0, 50, 50)),
        mask("b", Span(2_000, 6_000), "b6", Box(0, 0, 50, 50)),
        mask("c", Span(9_000, 10_000), "b7C", Box(0, 0, 100, 100), Origin("person", "B-7")),
    ),
    mutes=(Mute(Span(1_000, 2_500), "b6"), Mute(Span(2_000, 3_000), "b7C")),
    quality=Quality.STANDARD,
    detector=Detector("centerface", "1", "0" * 64, 500, (640,), "onnxruntime"),
)


def lines() -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(redaction_log_csv(PLAN, POLICY).decode(), newline=""), strict=True))


def test_every_hidden_thing_has_a_line_with_its_ground_and_its_seconds() -> None:
    hidden = [line for line in lines() if line["line"] == "hidden"]
    assert [(h["from_ms"], h["to_ms"], h["what"], h["ground"]) for h in hidden] == [
        ("0", "4000", "a face", "(b)(6)"),
        ("1000", "2500", "sound", "(b)(6)"),
        ("2000", "3000", "sound", "(b)(7)(C)"),
        ("2000", "6000", "a face", "(b)(6)"),
        ("9000", "10000", "an area of the picture", "(b)(7)(C)"),
    ]
    assert hidden[0]["ground_in_words"] == POLICY.exemption("b6").words
    assert [h["seconds_of_picture"] or h["seconds_of_sound"] for h in hidden] == ["4.000", "1.500", "1.000", "4.000", "1.000"]


def test_totals_count_what_overlaps_once() -> None:
    totals = [line for line in lines() if line["line"] == "total"]
    told = [(t["ground"], t["areas"], t["seconds_of_picture"], t["silences"], t["seconds_of_sound"]) for t in totals]
    assert told == [("(b)(6)", "2", "6.000", "1", "1.500"), ("(b)(7)(C)", "1", "1.000", "1", "1.000"), ("All", "3", "7.000", "2", "2.000")]


def test_shares_of_the_picture_grow_with_what_is_hidden() -> None:
    shares = {t["ground"]: float(t["share_percent"]) for t in lines() if t["line"] == "total"}
    assert shares["(b)(6)"] >= 15  # a quarter of the picture over six of ten seconds; widened to whole blocks
    assert shares["(b)(7)(C)"] == 10
    assert shares["All"] == pytest.approx(shares["(b)(6)"] + shares["(b)(7)(C)"], abs=0.02)


def test_the_page_tells_the_same_and_where_each_ground_stands() -> None:
    page = Page(redaction_log_html(PUBLIC, PLAN, POLICY))
    for line in lines():
        assert line["ground"] in page.text
    source = POLICY.exemption("b7C").source
    assert f"{source.authority}, {source.citation}" in page.text
    assert source.status in page.text
    assert "0:00:09.000" in page.text
    assert len(page.tags("caption")) == 3
    assert "10.000 seconds" in page.text


def test_neither_says_where_or_who_drew_it() -> None:
    for told in (redaction_log_html(PUBLIC, PLAN, POLICY).decode(), redaction_log_csv(PLAN, POLICY).decode()):
        assert "B-7" not in told
        assert "centerface" not in told
        assert "50," not in told


def test_an_exemption_that_the_policy_does_not_know_is_refused() -> None:
    stranger = replace(PLAN, mutes=(Mute(Span(0, 1), "z9"),))
    with pytest.raises(BadInput, match="z9"):
        redaction_log_html(PUBLIC, stranger, POLICY)
    with pytest.raises(BadInput, match="z9"):
        redaction_log_csv(stranger, POLICY)


def test_a_home_whose_console_acts_for_people_says_so() -> None:
    assert "demonstrations and tests" in Page(redaction_log_html(replace(PUBLIC, console_acts=True), PLAN, POLICY)).text
