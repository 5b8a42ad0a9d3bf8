"""A recording belongs for good to the unit that its officer was in when it was made."""

from pathlib import Path
from uuid import uuid4

from tests.agency import CONSOLE, START, Agency, make_agency
from vestige.access.roles import Role
from vestige.actions import agency_shape, correcting, intake, people
from vestige.actions.checking import check
from vestige.actions.intake import Sent
from vestige.catalog.models import Event, Recording

HEAD = "kind,code,name,within,part,from,until\nteam,B1,First,,,,\nteam,B2,Second,,,,\n"
MARCH, MAY = 1_772_323_200_000, 1_777_593_600_000
"""1 March and 1 May 2026, UTC."""


def imported(agency: Agency, rows: str) -> agency_shape.Imported:
    return agency_shape.import_file(agency.ports, CONSOLE, (HEAD + rows).encode())


def taken(agency: Agency, folder: Path, at: int, badge: str = "P1") -> str:
    path = folder / f"{uuid4()}.bin"
    path.write_bytes(uuid4().bytes)
    sent = Sent(path, officer=badge, recorded_at=at)
    return str(intake.receive(agency.ports, agency.actor("evidence custodian"), sent, lambda _: None).recording)


def unit(agency: Agency, recording: str) -> str | None:
    found = agency.ports.catalog.recording(recording)
    assert found is not None
    return found.unit_code


def test_it_is_the_unit_of_then_and_a_later_move_changes_nothing(tmp_path: Path) -> None:
    agency = make_agency(tmp_path)
    imported(agency, "person,P1,Pat,B1,,2026-03-01,\n")
    made = [taken(agency, tmp_path, at) for at in (MARCH - 1, MARCH, MAY)]
    assert [unit(agency, one) for one in made] == [None, "B1", "B1"]
    imported(agency, "person,P1,Pat,B2,,2026-05-01,\n")
    assert [unit(agency, one) for one in made] == [None, "B1", "B1"]
    assert [unit(agency, taken(agency, tmp_path, at)) for at in (MAY - 1, MAY, START)] == ["B1", "B2", "B2"]
    assert list(check(agency.ports, CONSOLE)) == []


def test_what_came_in_before_the_agency_said_who_was_where_is_placed_then(tmp_path: Path) -> None:
    agency = make_agency(tmp_path)
    people.add(agency.ports, CONSOLE, "P1", "Pat", [Role.OFFICER])
    made = [taken(agency, tmp_path, at) for at in (MARCH - 1, MARCH, MAY)]
    imported(agency, "person,P1,Pat,B1,,2026-03-01,2026-05-01\nperson,P1,Pat,B2,,2026-05-01,\n")
    assert [unit(agency, one) for one in made] == [None, "B1", "B2"]
    assert Event.objects.filter(type="recording:placed").count() == 2
    imported(agency, "person,P1,Pat,B1,,2026-03-01,2026-05-01\nperson,P1,Pat,B2,,2026-05-01,\n")
    assert Event.objects.filter(type="recording:placed").count() == 2
    Recording.objects.filter(id=made[1]).update(unit=None)
    assert [fault.what for fault in check(agency.ports, CONSOLE)] == ["the column unit is not what the log says"]


def test_a_corrected_officer_or_time_brings_the_unit_of_that_officer_and_time(tmp_path: Path) -> None:
    agency = make_agency(tmp_path)
    imported(agency, "person,P1,Pat,B1,,2026-03-01,2026-05-01\nperson,P1,Pat,B2,,2026-05-01,\nperson,P2,Tap,B2,,2026-03-01,\n")
    custodian, made = agency.actor("evidence custodian"), taken(agency, tmp_path, MARCH)
    correcting.correct(agency.ports, custodian, made, "it was Tap", officer="P2")
    assert unit(agency, made) == "B2"
    correcting.correct(agency.ports, custodian, made, "it was Pat", officer="P1")
    assert unit(agency, made) == "B1"
    correcting.correct(agency.ports, custodian, made, "the clock", recorded_at=MAY + 5)
    assert unit(agency, made) == "B2"
    correcting.correct(agency.ports, custodian, made, "the clock", recorded_at=5)
    assert unit(agency, made) is None
    assert list(check(agency.ports, CONSOLE)) == []
