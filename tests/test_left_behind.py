"""What a dead process left in the vault is named and swept; working copies that are gone are named, and come back."""

from pathlib import Path
from uuid import UUID, uuid4

import pytest

from tests.agency import CONSOLE, Agency, make_agency
from tests.media.worlds import Clip
from tests.test_backup import backed_up, restored
from tests.test_home import faults, note, take
from vestige.actions import backup, clip, intake
from vestige.actions.clip import Cut
from vestige.actions.prepare import prepare
from vestige.evidence.people import system
from vestige.evidence.values import uuid7
from vestige.jobs.duties import DUTIES


@pytest.fixture
def agency(tmp_path: Path) -> Agency:
    return make_agency(tmp_path)


def duty(agency: Agency) -> bool:
    """One look at the duty that sweeps; whether there was something to do."""
    [found] = [one for one in DUTIES if one.name == "unfinished intakes"]
    due = found.due(agency.ports)
    if due:
        found.run(agency.ports)
    return due


def begun(agency: Agency, path: Path) -> tuple[UUID, UUID]:
    """An intake whose writer died after its bytes were durable and before the database knew of them."""
    item, sealed = uuid7(), uuid4()
    agency.ports.catalog.begin_intake(item, sealed, str(path), agency.clock())
    with agency.ports.vault.begin(item, sealed) as way:  # type: ignore[attr-defined]
        agency.ports.vault.seal(path, way, lambda _: None)
        way.finish()
    agency.ports.vault.write_working(item, sealed, "samples", b"as a clip leaves them")
    return item, sealed


def test_an_intake_that_was_cut_off_is_named_and_swept_by_the_process_beside_the_server(agency: Agency, tmp_path: Path) -> None:
    kept = take(agency, note(tmp_path))
    path = note(tmp_path, "cut-off.bin", b"half of the footage")
    item, sealed = begun(agency, path)
    assert faults(agency) == []
    assert not duty(agency)
    agency.clock.at += 61_000
    [named] = faults(agency)
    assert named.startswith(f"item {item}: an intake was cut off ({path})")
    assert duty(agency)
    assert not duty(agency)
    assert faults(agency) == []
    left = [one.name for one in agency.home.config.home.rglob("*") if str(item) in one.name or str(sealed) in one.name]
    assert left == []
    assert agency.sealed(kept.item).exists()


def test_an_intake_that_goes_on_is_nobodys_fault_however_long_it_takes(agency: Agency, tmp_path: Path) -> None:
    path = note(tmp_path)
    item, sealed = uuid7(), uuid4()
    agency.ports.catalog.begin_intake(item, sealed, str(path), agency.clock())
    with agency.ports.vault.begin(item, sealed) as way:  # type: ignore[attr-defined]
        agency.clock.at += 3_600_000
        assert faults(agency) == []
        assert not duty(agency)
        agency.ports.vault.seal(path, way, lambda _: None)
        way.finish()
        assert faults(agency) == []
        assert not duty(agency)
        assert intake.dead(agency.ports) == []
    assert intake.dead(agency.ports) == [(item, sealed)]


def test_sample_proofs_that_are_gone_or_others_are_named_and_come_back_from_the_backup(agency: Agency, tmp_path: Path) -> None:
    (tmp_path / "made.mp4").write_bytes(Clip(frames=90).data())
    custodian = agency.actor("evidence custodian")
    original = take(agency, tmp_path / "made.mp4").item
    made = clip.clip(agency.ports, custodian, str(original), Cut(0, 1000), lambda _: None)
    backed_up(agency, tmp_path / "b")
    path = agency.home.config.home / "vault" / "working" / str(made.id)[-2:] / f"{made.id}.samples"
    assert faults(agency) == []
    path.unlink()
    assert faults(agency) == [f"item {made.id}: the working copy samples is missing"]
    assert backup.repair(agency.ports, CONSOLE, tmp_path / "b") == {made.id: "put back"}
    assert faults(agency) == []
    agency.ports.vault.write_working(made.id, made.sealed, "samples", b"{}")
    assert faults(agency) == [f"item {made.id}: the working copy samples is not the one that the log tells of"]
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    assert [made.number in fault or str(made.id) in fault for fault in faults(agency)] == [True]
    assert backup.repair(agency.ports, CONSOLE, tmp_path / "b") == {made.id: "put back"}
    assert faults(agency) == []


def test_what_can_be_made_again_is_made_again_after_a_restore(agency: Agency, tmp_path: Path) -> None:
    (tmp_path / "made.mp4").write_bytes(Clip(frames=30).data())
    item = take(agency, tmp_path / "made.mp4").item
    made = prepare(agency.ports, system("prepare"), item)
    assert "poster" in made
    assert agency.ports.catalog.unprepared(None) is None
    (agency.home.config.home / "vault" / "working" / str(item)[-2:] / f"{item}.poster").unlink()
    assert faults(agency) == [f"item {item}: the working copy poster is missing"]
    backed_up(agency, tmp_path / "b")
    home, _ = restored(agency, tmp_path / "b", tmp_path / "new")
    again = Agency(home, agency.clock, agency.actors)
    assert faults(again) == []
    assert home.ports.catalog.unprepared(None) == item
    assert sorted(prepare(home.ports, system("prepare"), item)) == sorted(made)
    assert home.ports.catalog.unprepared(None) is None
    assert faults(again) == []
