"""Viewings that nobody ends: the system does, once, with what was kept of them."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.agency import CONSOLE, Agency, make_agency
from vestige.actions import intake, viewing
from vestige.actions.checking import check
from vestige.actions.intake import Sent
from vestige.errors import BadInput, NotFound, Refused
from vestige.evidence.items import Viewing
from vestige.evidence.people import system
from vestige.evidence.values import uuid7
from vestige.web.life import Life

SYSTEM = system("viewing")


@pytest.fixture
def agency(tmp_path: Path) -> Agency:
    return make_agency(tmp_path)


def begun(agency: Agency, folder: Path, server: str = "") -> Viewing:
    path = folder / "note.bin"
    path.write_bytes(b"no kind of footage")
    custodian = agency.actor("evidence custodian")
    item = intake.receive(agency.ports, custodian, Sent(path), lambda _: None).item
    return viewing.start(agency.ports, custodian, str(item), "A test", "T-1", server=server)


def ends(agency: Agency, of: Viewing) -> list[dict[str, object]]:
    """What the events of its end say."""
    return [entry.opened["data"] for entry in agency.ports.catalog.trail(of.item) if entry.type == "viewing:ended"]  # type: ignore[misc]


def test_it_ends_once_with_what_was_kept(agency: Agency, tmp_path: Path) -> None:
    open_one = begun(agency, tmp_path)
    agency.ports.catalog.save_viewing(replace(open_one, served_bytes=9, served_ms=700, played_ms=600))
    viewing.sweep(agency.ports, SYSTEM, open_one.id, "its server had ended")
    told = {"served_bytes": 9, "served_ms": 700, "served_ms_estimated": True, "played_ms": 600, "ended_because": "its server had ended"}
    assert ends(agency, open_one) == [told]
    with pytest.raises(BadInput):
        viewing.sweep(agency.ports, SYSTEM, open_one.id, "again")
    assert ends(agency, open_one) == [told]
    assert agency.ports.catalog.open_viewings() == []
    assert list(check(agency.ports, CONSOLE)) == []


def test_only_the_system_does_and_only_to_what_is_there(agency: Agency, tmp_path: Path) -> None:
    open_one = begun(agency, tmp_path)
    with pytest.raises(Refused):
        viewing.sweep(agency.ports, agency.actor("evidence custodian"), open_one.id, "I say so")
    with pytest.raises(NotFound):
        viewing.sweep(agency.ports, SYSTEM, uuid7(), "nothing")
    assert [one.id for one in agency.ports.catalog.open_viewings()] == [open_one.id]


def test_the_ledger_ends_what_was_never_heard_of_and_what_a_dead_server_left(agency: Agency, tmp_path: Path) -> None:
    from vestige.web.bytes.ledger import Ledger

    life, other = Life(tmp_path / "servers"), Life(tmp_path / "servers")
    ours, theirs, lost = begun(agency, tmp_path, life.mark), begun(agency, tmp_path, other.mark), begun(agency, tmp_path, "0" * 32)
    ledger = Ledger(lambda: agency.ports, life)
    ledger.sweep()
    assert {one.id for one in agency.ports.catalog.open_viewings()} == {ours.id, theirs.id}
    agency.clock.at += 31 * 60_000
    ledger.sweep()
    assert {one.id for one in agency.ports.catalog.open_viewings()} == {theirs.id}
    assert ends(agency, lost)[0]["ended_because"] == "the server that served it had ended"
    assert ends(agency, ours)[-1]["ended_because"] == "nothing was heard of it for half an hour"
