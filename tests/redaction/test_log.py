from dataclasses import replace

from hypothesis import given, settings
from tests.budget import examples
from tests.redaction.values import LENGTH, mask, plan, plans

from vestige.redaction.geometry import Box, Span
from vestige.redaction.log import rows, totals, whole_share
from vestige.redaction.plan import Mute, Plan

HALF = Box(0, 0, 112, 120)  # 112 of 200 columns: on the grid


def test_a_row_tells_when_why_and_how_much() -> None:
    first, second = rows(plan(mask("b1", (500, 1500), HALF, "b7C"), mutes=(Mute(Span(100, 400), "b6"),)))
    assert (first.id, first.kind, first.from_ms, first.to_ms, first.exemption, first.hidden_ms, first.share) == (
        "mute-1",
        "sound",
        100,
        400,
        "b6",
        300,
        0,
    )
    assert (second.kind, second.hidden_ms, second.share, second.origin) == ("box", 1000, 5600, "person")


def test_what_overlaps_counts_once_in_a_total() -> None:
    drawn = plan(mask("b1", (0, 1000), HALF), mask("b2", (500, 1000), HALF), mutes=(Mute(Span(0, 300), "b6"), Mute(Span(200, 400), "b6")))
    (total,) = totals(drawn)
    assert (total.masks, total.mutes, total.picture_ms, total.sound_ms, total.share) == (2, 2, 1000, 400, 2800)
    assert whole_share(drawn) == 2800


def test_a_tiny_mask_never_reads_as_nothing() -> None:
    (row,) = rows(replace(plan(mask(box=Box(0, 0, 1, 1))), duration_ms=LENGTH))
    assert row.share > 0
    assert whole_share(plan(mask(span=(0, 1), box=Box(0, 0, 1, 1)))) == 1


@given(plans())
@settings(max_examples=examples(150), deadline=None)
def test_totals_agree_with_rows_and_with_the_whole(drawn: Plan) -> None:
    found, summed = rows(drawn), totals(drawn)
    assert len(found) == len(drawn.masks) + len(drawn.mutes) == sum(total.masks + total.mutes for total in summed)
    assert [total.exemption for total in summed] == sorted({row.exemption for row in found})
    for total in summed:
        mine = [row for row in found if row.exemption == total.exemption]
        assert total.picture_ms <= sum(row.hidden_ms for row in mine if row.kind != "sound")
        assert max((row.hidden_ms for row in mine if row.kind != "sound"), default=0) <= total.picture_ms <= drawn.duration_ms
        assert 0 <= total.share <= whole_share(drawn) <= 10_000
    assert whole_share(drawn) <= sum(total.share for total in summed) + 1
