"""Scheduled fixity: within 90 days every object is read again, a little at a time; what does not hold opens one finding."""

from pathlib import Path
from uuid import uuid4

import pytest

from tests.agency import Agency, make_agency
from vestige.actions import fixity, intake
from vestige.actions.intake import Outcome, Sent
from vestige.errors import Unavailable
from vestige.evidence.items import FindingKind
from vestige.evidence.people import system
from vestige.jobs.duties import DUTIES

_DAY = 86_400_000


@pytest.fixture
def agency(tmp_path: Path) -> Agency:
    return make_agency(tmp_path)


def taken(agency: Agency, folder: Path, size: int) -> Outcome:
    path = folder / f"{uuid4()}.bin"
    path.write_bytes(uuid4().bytes * (size // 16))
    return intake.receive(agency.ports, agency.actor("evidence custodian"), Sent(path), lambda _: None)


def turn(agency: Agency, share: int | None = None) -> int:
    return fixity.check_some(agency.ports, system("fixity"), share)


def test_nothing_is_due_before_ninety_days_and_then_all_come_round(agency: Agency, tmp_path: Path) -> None:
    outcomes = [taken(agency, tmp_path, 1600) for _ in range(5)]
    agency.clock.at += 89 * _DAY
    assert not fixity.is_due(agency.ports)
    agency.clock.at += 2 * _DAY
    turns = 0
    while fixity.is_due(agency.ports):
        assert turn(agency, 3200) == 0
        turns += 1
    assert turns == 3
    for outcome in outcomes:
        assert agency.ports.catalog.trail(outcome.item)[-1].type != "fixity:checked"
    agency.clock.at += 91 * _DAY
    assert fixity.is_due(agency.ports)


def test_an_object_that_does_not_hold_opens_one_finding_and_its_trail_says_so(agency: Agency, tmp_path: Path) -> None:
    rotten, lost, whole = (taken(agency, tmp_path, 1600) for _ in range(3))
    path = agency.sealed(rotten.item)
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    agency.sealed(lost.item).unlink()
    for _ in range(2):
        agency.clock.at += 91 * _DAY
        assert turn(agency) == 2
    found = agency.ports.catalog.findings_of([rotten.item, lost.item, whole.item])
    mismatches = [one.object_id for one in found if one.kind is FindingKind.FIXITY_MISMATCH]
    assert sorted(mismatches) == sorted([rotten.item, lost.item])
    last = agency.ports.catalog.trail(rotten.item)[-1]
    assert last.type in {"fixity:checked", "finding:opened"}
    assert [e.type for e in agency.ports.catalog.trail(rotten.item)].count("fixity:checked") == 2
    assert "fixity:checked" not in [e.type for e in agency.ports.catalog.trail(whole.item)]


def test_a_disk_that_does_not_answer_says_nothing_of_the_bytes(agency: Agency, tmp_path: Path) -> None:
    item = taken(agency, tmp_path, 1600).item
    path = agency.sealed(item)
    path.unlink()
    path.mkdir()
    agency.clock.at += 91 * _DAY
    with pytest.raises(Unavailable):
        turn(agency)
    assert [one for one in agency.ports.catalog.findings_of([item]) if one.kind is FindingKind.FIXITY_MISMATCH] == []
    assert fixity.is_due(agency.ports)


def test_a_turn_takes_one_object_at_least_however_large(agency: Agency, tmp_path: Path) -> None:
    for _ in range(2):
        taken(agency, tmp_path, 1600)
    agency.clock.at += 91 * _DAY
    turn(agency, 0)
    assert len(agency.ports.catalog.unread_since(agency.clock.at - 90 * _DAY, 10)) == 1


def test_it_is_a_duty_of_the_process_beside_the_server() -> None:
    assert [duty.seconds for duty in DUTIES if duty.name == "fixity"] == [fixity.EVERY_S]
