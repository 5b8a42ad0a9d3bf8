import csv
import io
import re
from dataclasses import replace
from pathlib import Path

import pytest
from tests.disclosure.packages import COURT, ITEM, PUBLIC, Page

from vestige.disclosure.profiles import Profile, opened_fields
from vestige.disclosure.sentences import SENTENCES, sentence
from vestige.disclosure.trail_report import WITHHELD, TrailSection, trail_csv, trail_html, trail_row

DOCS = Path(__file__).parents[2] / "docs"
OPENED: dict[str, object] = {
    "actor": {"kind": "person", "id": "7", "name": "Ana <Ruiz>"},
    "role": ["evidence custodian"],
    "item": str(ITEM),
    "previous": None,
    "object": {"kind": "viewing", "id": "v1"},
    "purpose": {"reason": "=cmd()", "case": "26-17"},
    "address": "10.0.0.7",
    "session": "00ff",
    "outcome": "success",
    "digests": [{"algorithm": "sha256", "of": "media_index", "value": "cd" * 32}],
    "data": {
        "size": 5,
        "spans": [[0, 10]],
        "done": True,
        "set": [{"noun": "item", "id": "1", "columns": {"status": "accessioned", "parent": None}}],
    },
}
ROW = trail_row(4, 1_795_500_788_123, "viewing:started", OPENED)
TRAIL = TrailSection("The recording", ITEM, (ROW,))


def public_row() -> TrailSection:
    shown = {name: OPENED[name] for name in opened_fields(Profile.PUBLIC)}
    return TrailSection("The copy", ITEM, (trail_row(4, 1_795_500_788_123, "viewing:started", shown),))


def test_every_event_type_of_the_format_page_has_a_sentence_and_no_other() -> None:
    section = (DOCS / "custody-format.md").read_text().split("## 5. Event types")[1].split("\n## ")[0]
    types = re.findall(r"^\| `(\w+:\w+)` \|", section, re.MULTILINE)
    assert len(types) > 30
    assert set(SENTENCES) == set(types)
    assert len(set(SENTENCES.values())) == len(types)
    assert all(words.endswith(".") and words[0].isupper() for words in SENTENCES.values())


def test_a_type_that_the_format_does_not_know_is_refused() -> None:
    with pytest.raises(ValueError, match="item:vanished"):
        sentence("item:vanished")
    with pytest.raises(ValueError, match="item:vanished"):
        trail_row(1, 1, "item:vanished", {})


def test_a_court_reads_who_why_what_and_how_it_ended() -> None:
    text = Page(trail_html(COURT, [TRAIL])).text
    told = ["Ana <Ruiz>", "evidence custodian", "done", "reason: =cmd()", "case: 26-17", "about viewing v1", "10.0.0.7", "size: 5"]
    told += [
        "spans: [[0, 10]]",
        "done: yes",
        "set item 1: parent = none, status = accessioned",
        "media index: " + "cd" * 32,
        "2026-11-24 06:13:08.123 UTC",
    ]
    assert [part for part in told if part not in text] == []
    assert "Somebody began to watch the recording." in text
    assert "viewing:started" in text
    assert WITHHELD not in text
    assert "Nothing of these entries is withheld." in text


def test_the_public_reads_roles_and_digests_and_what_is_withheld() -> None:
    for text in (Page(trail_html(PUBLIC, [public_row()])).text, trail_csv([public_row()]).decode()):
        assert "evidence custodian" in text
        assert "cd" * 32 in text
        for secret in ("Ruiz", "=cmd()", "26-17", "10.0.0.7", "00ff", "accessioned", "v1"):
            assert secret not in text
        assert WITHHELD in text
    assert "Withheld in every entry of this package: who acted, by name;" in Page(trail_html(PUBLIC, [public_row()])).text


def test_a_field_that_was_erased_is_told_as_withheld_in_court_too() -> None:
    row = trail_row(1, 1, "item:received", {name: value for name, value in OPENED.items() if name not in {"actor", "digests"}})
    assert row.who == WITHHELD
    assert row.withheld == ("actor", "digests")
    assert WITHHELD in trail_csv([TrailSection("x", ITEM, (row,))]).decode()


@pytest.mark.parametrize(
    ("outcome", "words"),
    [("success", "done"), ({"refused": "not your own"}, "refused: not your own"), ({"failed": "disk full"}, "failed: disk full")],
)
def test_how_an_act_ended_is_told_in_words(outcome: object, words: str) -> None:
    assert trail_row(1, 1, "item:received", {"outcome": outcome}).outcome == words


def test_others_than_people_are_told_by_their_kind() -> None:
    assert trail_row(1, 1, "item:prepared", {"actor": {"kind": "system", "id": "prepare", "name": "prepare"}}).who == "prepare (system)"


def test_the_csv_has_a_line_an_entry_and_no_formula() -> None:
    rows = list(csv.DictReader(io.StringIO(trail_csv([TRAIL, public_row()]).decode(), newline=""), strict=True))
    assert [row["entry"] for row in rows] == ["4", "4"]
    assert rows[0]["item"] == str(ITEM)
    assert rows[0]["time_ms"] == "1795500788123"
    assert rows[0]["details"].startswith("reason: =cmd()")
    assert rows[1]["withheld"] == "actor address data object outcome purpose session"


def test_a_name_that_is_a_formula_is_defused() -> None:
    row = trail_row(1, 1, "item:received", {"actor": {"kind": "person", "id": "1", "name": "=HYPERLINK(1)"}})
    assert ",'=HYPERLINK(1)," in trail_csv([TrailSection("x", ITEM, (row,))]).decode()


def test_a_home_whose_console_acts_for_people_says_so() -> None:
    assert "demonstrations and tests" in Page(trail_html(replace(COURT, console_acts=True), [TRAIL])).text
    assert "demonstrations and tests" not in Page(trail_html(COURT, [TRAIL])).text


def test_each_trail_has_a_table_in_plain_words_and_one_of_the_numbers_behind() -> None:
    page = Page(trail_html(PUBLIC, [public_row(), TRAIL]))
    assert len(page.tags("table")) == len(page.tags("caption")) == 4
    plain = page.text.split("The copy: the numbers behind")[0]
    assert "cd" * 32 not in plain
    assert "Somebody began to watch the recording." in plain
    assert page.text.index("The copy, oldest entry first") < page.text.index("The recording, oldest entry first")
