"""What stands in a weekly review, judged from entries alone; and who may complete it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from vestige.compliance import review
from vestige.compliance.weeks import span, week_of, weeks
from vestige.errors import BadInput
from vestige.evidence.items import TrailEntry
from vestige.evidence.reviews import Owned, ReviewRules, Row, RowKind, Seen, Signature, Step
from vestige.evidence.values import to_ms

RULES = ReviewRules(duty_from=6 * 60, duty_to=22 * 60, items_an_hour=3)
NOON = to_ms(datetime(2026, 11, 18, 12, tzinfo=UTC))
NEW_YORK = ZoneInfo("America/New_York")
HOUR, DAY = 3_600_000, 86_400_000


def entry(kind: str, at: int, who: str = "p1", item: str | None = None, **said: object) -> TrailEntry:
    actor = {"kind": "person", "id": who, "name": f"Name of {who}"}
    opened: dict[str, object] = {"actor": actor, "item": item, "data": said, "outcome": said.pop("outcome", "success")}
    return TrailEntry(uuid4(), None, kind, at, b"", b"", opened)


def judged(*entries: TrailEntry, steps: tuple[Step, ...] = (), owned: Mapping[str, Owned] | None = None) -> list[Row]:
    return review.judge(Seen(entries, steps, owned or {}), RULES, UTC)


def test_a_quiet_week_lists_nothing() -> None:
    assert judged() == []
    assert judged(entry("viewing:started", NOON, item="a"), entry("checkpoint:cosigned", NOON, skew_seconds=300, witness="w")) == []


@pytest.mark.parametrize(("at", "listed"), [("05:59", True), ("06:00", False), ("21:59", False), ("22:00", True), ("00:00", True)])
def test_viewings_outside_duty_hours_are_counted_by_person(at: str, *, listed: bool) -> None:
    moment = to_ms(datetime.fromisoformat(f"2026-11-18T{at}:00+00:00"))
    rows = judged(entry("viewing:started", moment, item="a"), entry("viewing:started", moment, item="b"))
    assert [(row.kind, row.who, row.count, row.name) for row in rows] == (
        [(RowKind.OFF_DUTY, "person:p1", 2, "Name of p1")] if listed else []
    )


def test_duty_hours_may_pass_midnight_and_are_those_of_the_agencys_zone() -> None:
    night = ReviewRules(duty_from=22 * 60, duty_to=6 * 60, items_an_hour=3)
    assert review.off_duty(NOON, night, UTC)
    assert not review.off_duty(NOON + 11 * HOUR, night, UTC)
    assert not review.off_duty(NOON - 7 * HOUR, night, UTC)
    assert review.off_duty(NOON - 2 * HOUR, RULES, NEW_YORK)  # 05:00 there
    assert not review.off_duty(NOON, ReviewRules(0, 24 * 60, 3), UTC)


def test_different_items_within_any_hour_are_counted_not_looks() -> None:
    same = [entry("viewing:started", NOON + i, item="a") for i in range(9)]
    slow = [entry("viewing:started", NOON + i * 20 * 60_000, item=str(i)) for i in range(9)]
    assert judged(*same) == []
    assert judged(*slow) == []
    fast = [entry("viewing:started" if i % 2 else "package:created", NOON + 50 * 60_000 + i * 60_000, item=str(i)) for i in range(6)]
    [row] = judged(*same, *fast)
    assert (row.kind, row.count) == (RowKind.MANY_ITEMS, 7)
    assert (row.first, row.last) == (same[0].time, fast[-1].time)
    assert "7 items within an hour, more than 3" in row.words


def test_own_recordings_are_listed_where_they_are_restricted() -> None:
    as_it_was = [
        Owned("2026-1", "p1", "restricted"),
        Owned("2026-2", "p1", "unrestricted"),
        Owned("2026-3", "p2", "restricted"),
        Owned("2026-1", "p2", "restricted"),
    ]
    viewings = [entry("viewing:started", NOON, item=one.number) for one in as_it_was]
    rows = judged(*viewings, owned={str(viewing.id): one for viewing, one in zip(viewings, as_it_was, strict=True)})
    [row] = [one for one in rows if one.kind is RowKind.OWN_RESTRICTED]
    assert row.words.endswith("restricted: 2026-1")
    assert row.count == 1


def test_failed_sign_ins_are_summed_by_source() -> None:
    failed = [entry("person:sign_in_failed", NOON + i, source=source, count=4) for i, source in enumerate("aba")]
    rows = judged(*failed)
    assert [(row.words, row.count, row.who) for row in rows] == [("failed sign-ins from a", 8, ""), ("failed sign-ins from b", 4, "")]


def test_refused_acts_are_grouped_by_person_and_act() -> None:
    refused = [entry("access:refused", NOON, who, act=act, outcome={"refused": "no role"}) for who, act in ("ax", "ax", "ay", "bx")]
    assert [(row.who, row.count) for row in judged(*refused)] == [("person:a", 2), ("person:a", 1), ("person:b", 1)]
    assert "asked for x and was refused: no role" in judged(*refused)[0].words


def test_clocks_that_step_back_or_differ_are_named() -> None:
    rows = judged(
        entry("checkpoint:cosigned", NOON, witness="county", skew_seconds=-301),
        entry("checkpoint:cosigned", NOON + 1, witness="county", skew_seconds=-400),
        entry("checkpoint:stamped", NOON, authority="tsa", time=NOON + 400_000),
        entry("checkpoint:stamped", NOON, authority="near", time=NOON + 4_000),
        steps=(Step("e1", NOON, NOON - 10_000), Step("e2", NOON, NOON - 3_600_000)),
    )
    words = [row.words for row in rows if row.kind is RowKind.CLOCK]
    assert len(words) == 3
    assert any("3600 seconds earlier" in one for one in words)
    assert any("the witness county" in one and "-400 seconds" in one for one in words)
    assert any("the time authority tsa" in one and "400 seconds" in one for one in words)


def test_an_entry_whose_openings_were_erased_is_no_fault_of_the_review() -> None:
    gone = TrailEntry(uuid4(), None, "viewing:started", NOON - 12 * HOUR, b"", b"", {})
    [row] = judged(gone)
    assert row.who == "(erased)"


def signature(person: UUID, own: int, digest: str = "d") -> Signature:
    return Signature(uuid4(), "2026-W47", digest, "{}", 3, own, person, "Somebody", "seen", NOON)


def test_a_week_is_whole_when_each_row_has_a_signer_whom_it_does_not_concern() -> None:
    one, two = uuid4(), uuid4()
    assert not review.complete([])
    assert review.complete([signature(one, 0)])
    assert not review.complete([signature(one, 1)])
    assert not review.complete([signature(one, 1), signature(one, 1)])
    assert not review.complete([signature(one, 1), signature(two, 2, "another list")])
    assert review.complete([signature(one, 1), signature(two, 2)])


def test_weeks_are_those_of_the_calendar_in_the_agencys_zone() -> None:
    starts, ends = span("2026-W45", NEW_YORK)  # the clocks went back on 1 November, the Sunday before
    assert ends - starts == 7 * DAY
    assert span("2026-W44", NEW_YORK)[1] - span("2026-W44", NEW_YORK)[0] == 7 * DAY + HOUR
    assert week_of(starts, NEW_YORK) == "2026-W45"
    assert week_of(starts - 1, NEW_YORK) == "2026-W44"
    assert weeks(starts, starts + 15 * DAY, NEW_YORK, 9) == ["2026-W47", "2026-W46", "2026-W45"]
    assert weeks(0, starts, NEW_YORK, 2) == ["2026-W45", "2026-W44"]


@pytest.mark.parametrize("text", ["", "2026", "2026-47", "2026-W54", "2026-W00", "0000-W01", "9999-W52", "\uff12026-W01", "2026-W47 "])
def test_what_is_no_week_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="is no week of the calendar"):
        span(text, UTC)


def test_rows_about_a_person_are_those_of_a_person() -> None:
    [row] = judged(entry("viewing:started", NOON - 12 * HOUR, item="a"))
    assert review.about([row, replace(row, who="console:p1")], "p1") == 1
