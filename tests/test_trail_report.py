"""Trail reports: everything of the trail, in words, with titles as they were when each entry was written."""

import csv
import io
import json
from pathlib import Path
from uuid import UUID

import pytest

from tests.agency import CONSOLE, Agency, make_agency
from tests.disclosure.packages import Page
from tests.test_home import note, vestige
from vestige.access.roles import Role
from vestige.actions import intake, people
from vestige.actions.intake import Sent
from vestige.actions.items import read_trail
from vestige.actions.trail_report import Form, report
from vestige.custody.events import EventType
from vestige.errors import Refused
from vestige.evidence.changes import Change, Statement


@pytest.fixture
def agency(tmp_path: Path) -> Agency:
    return make_agency(tmp_path)


def change(agency: Agency, noun: str, ref: UUID, columns: dict[str, str], *, item: UUID | None = None) -> None:
    """An event that changes titles, as an act of a later version would."""
    about = None if item else (noun, str(ref))
    with agency.ports.catalog.writing(CONSOLE) as transaction:
        transaction.record(Statement(EventType.ITEM_PREPARED, item=item, about=about, changes=(Change(noun, ref, columns),)))


@pytest.fixture
def item(agency: Agency, tmp_path: Path) -> UUID:
    """An item whose officer married, and whose file was renamed, after it came in; the officer's name changed once more afterwards."""
    officer = people.add(agency.ports, CONSOLE, "O7", "Ana <Ruiz>", [Role.OFFICER])
    outcome = intake.receive(
        agency.ports, agency.actor("evidence custodian"), Sent(note(tmp_path, "=first.bin"), officer="O7"), lambda _: None
    )
    change(agency, "person", officer.id, {"name": "Ana Holm"})
    change(agency, "item", outcome.item, {"filename": "second.bin"}, item=outcome.item)
    change(agency, "recording", outcome.recording, {"officer": str(officer.id)}, item=outcome.item)
    change(agency, "person", officer.id, {"name": "Ana Last"})
    return outcome.item


def written(agency: Agency, item: UUID, form: Form) -> bytes:
    return report(agency.ports, agency.actor("auditor"), str(item), form).data


def test_json_holds_every_entry_with_the_title_of_its_time(agency: Agency, item: UUID) -> None:
    found = json.loads(written(agency, item, Form.JSON))
    _, trail = read_trail(agency.ports, agency.actor("auditor"), str(item))
    assert [one["event"] for one in found["entries"]] == [str(entry.id) for entry in trail]
    titles = [one["title"] for one in found["entries"]]
    assert titles[0] == f"{found['number']} (=first.bin)"
    assert titles[-1] == f"{found['number']} (second.bin)"
    assert found["checkpoint"].startswith("vestige.log/")


def test_csv_and_html_name_people_as_they_were_called_and_never_as_they_are_called_now(agency: Agency, item: UUID) -> None:
    rows = list(csv.DictReader(io.StringIO(written(agency, item, Form.CSV).decode(), newline="")))
    text = Page(written(agency, item, Form.HTML)).text
    first, last = rows[0], rows[-1]
    assert "Ana <Ruiz> (O7) [" in first["details"]
    assert "Ana Holm (O7) [" in last["details"]
    assert first["title_then"].endswith("(=first.bin)")
    assert [row["leaf_hash"] in text for row in rows] == [True] * len(rows)
    for words in ("Ana <Ruiz> (O7)", "Ana Holm (O7)", "second.bin"):
        assert words in text
    assert "Ana Last" not in text
    assert "Ana Last" not in str(rows)


def test_having_a_report_is_an_event_and_takes_the_right_to_read_trails(agency: Agency, item: UUID) -> None:
    from vestige.catalog.models import Event

    before = Event.objects.filter(type="trail:read").count()
    written(agency, item, Form.HTML)
    assert Event.objects.filter(type="trail:read").count() == before + 1
    with pytest.raises(Refused):
        report(agency.ports, CONSOLE, str(item), Form.HTML)


def test_the_command_writes_a_report_and_takes_form_and_file_together(tmp_path: Path) -> None:
    home = tmp_path / "h"
    assert vestige(home, "init", "--console-acts")[0] == 0
    assert vestige(home, "people", "add", "C1", "Cee", "--role", "evidence custodian")[0] == 0
    [taken] = vestige(home, "ingest", str(note(tmp_path)), "--as", "C1")[1]
    for form in Form:
        out = tmp_path / f"trail.{form}"
        [told] = vestige(home, "trail", str(taken["item"]), "--format", form, "--out", str(out), "--as", "C1")[1]
        assert (told["format"], told["entries"]) == (form.value, 2)
        assert b"quarantine" in out.read_bytes()
    ways = (["--format", "html"], ["--out", str(tmp_path / "x")], ["--format", "pdf", "--out", "x"])
    for words in (*ways, ["--format", "csv", "--out", str(tmp_path / "trail.csv")]):
        assert vestige(home, "trail", str(taken["item"]), "--as", "C1", *words)[0] == 2
