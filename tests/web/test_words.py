"""The log in plain words."""

import pytest

from vestige.custody.events import EventType
from vestige.evidence.items import FindingKind, ItemKind, ItemStatus, TimeSource, TrailEntry
from vestige.evidence.values import uuid7
from vestige.web import words


def _entry(kind: str, opened: dict[str, object]) -> TrailEntry:
    return TrailEntry(uuid7(), 7, kind, 1_764_000_000_000, b"{}", b"\1" * 32, opened)


@pytest.mark.parametrize("kind", list(EventType))
def test_every_event_type_has_a_sentence(kind: EventType) -> None:
    sentence = words.tell(_entry(kind, {})).sentence
    assert sentence != kind
    assert sentence[0].isupper()


def test_every_kind_state_and_source_has_words() -> None:
    assert all(words.finding(kind) != str(kind) for kind in FindingKind)
    assert all(words.kind(kind) != kind for kind in ItemKind)
    assert all(words.state(state) != state for state in ItemStatus)
    assert all(words.source(source) for source in TimeSource)


def test_a_viewing_says_seconds_served_and_played_apart() -> None:
    served = {"served_bytes": 5, "served_ms": 12_300, "served_ms_estimated": False, "played_ms": 4_500}
    told = words.tell(_entry("viewing:ended", {"data": served, "outcome": "success"}))
    assert ("seconds served", "12.3") in told.details
    assert ("seconds played, as the player says", "4.5") in told.details
    assert told.outcome == ""


def test_a_refusal_says_so_and_an_erased_opening_is_told_as_erased() -> None:
    told = words.tell(_entry("access:refused", {"outcome": {"refused": "no role may"}}))
    assert told.outcome == "refused: no role may"
    assert told.who == "(erased)"


@pytest.mark.parametrize(("milliseconds", "text"), [(0, "0:00"), (7_400, "0:07"), (754_000, "12:34"), (3_723_000, "1:02:03")])
def test_lengths_read_like_a_clock(milliseconds: int, text: str) -> None:
    assert words.length(milliseconds) == text


@pytest.mark.parametrize(("count", "text"), [(12, "12 bytes"), (4_134_647, "4.1 MB"), (999_990, "1.0 MB"), (8_000_000_000, "8.0 GB")])
def test_sizes_are_decimal(count: int, text: str) -> None:
    assert words.size(count) == text
