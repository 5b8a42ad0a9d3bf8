"""Backups and trials by the clock: when they are due, what a failure leaves behind, and what an administrator is told."""

import fcntl
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from uuid import uuid4

import pytest
from tests.agency import CONSOLE, Agency, make_agency
from tests.jobs.test_duties import environment, until

from vestige import config
from vestige.actions import backup, backups_due, intake
from vestige.actions.intake import Outcome, Sent
from vestige.assembly import open_home
from vestige.catalog.models import Event
from vestige.errors import BadInput, Fault, Refused, Underway
from vestige.evidence.items import FindingKind
from vestige.evidence.people import system
from vestige.jobs.duties import DUTIES
from vestige.vault.backup import Backup
from vestige.vault.trial import PREFIX

_HOUR = 3_600_000
_DAY = 24 * _HOUR


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the backups are to lie."""
    return tmp_path / "other-disk"


@pytest.fixture
def agency(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Agency:
    """A home with one item, opened with a backup configured."""
    monkeypatch.setenv("VESTIGE_BACKUP_DIR", str(folder))
    agency = make_agency(tmp_path)
    taken(agency, tmp_path)
    return agency


def taken(agency: Agency, place: Path) -> Outcome:
    path = place / f"{uuid4()}.bin"
    path.write_bytes(uuid4().bytes * 100)
    return intake.receive(agency.ports, agency.actor("evidence custodian"), Sent(path), lambda _: None)


def begun(agency: Agency, folder: Path) -> None:
    """The first backup, which a person makes."""
    backup.backup(agency.ports, CONSOLE, folder, 14, lambda _: None)


def made(agency: Agency) -> None:
    backups_due.make(agency.ports, system("backup"))


def tried(agency: Agency) -> None:
    backups_due.try_out(agency.ports, system("restore test"))


def outcomes(event_type: str) -> list[object]:
    told = Event.objects.filter(type=event_type).order_by("seq").select_related("openings")
    return [json.loads(event.openings.fields)["outcome"]["value"] for event in told]


def open_findings(agency: Agency) -> list[FindingKind]:
    return [one.kind for one in agency.ports.catalog.findings(closed=False) if one.object_kind == "agency"]


def lockable(folder: Path) -> bool:
    """Whether nobody holds the folder's lock."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True


def test_a_home_without_a_configured_backup_warns_and_is_left_alone(tmp_path: Path) -> None:
    agency = make_agency(tmp_path)
    assert not backups_due.is_due(agency.ports)
    assert not backups_due.is_trial_due(agency.ports)
    assert "no backup: if its disk fails, everything is lost; none is configured" in str(backups_due.warning(agency.ports))


def test_a_backup_is_due_when_the_newest_is_as_old_as_configured(agency: Agency, folder: Path) -> None:
    assert backups_due.is_due(agency.ports)
    begun(agency, folder)
    assert not backups_due.is_due(agency.ports)
    agency.clock.at += 23 * _HOUR
    assert not backups_due.is_due(agency.ports)
    agency.clock.at += _HOUR
    assert backups_due.is_due(agency.ports)
    made(agency)
    assert not backups_due.is_due(agency.ports)
    assert len(Backup(folder).names()) == 2
    assert Event.objects.filter(type="backup:made").latest("seq").actor == "system:backup"
    assert open_findings(agency) == []


def test_how_often_and_how_many_are_settings(agency: Agency, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun(agency, folder)
    path = agency.home.config.home / "settings.toml"
    path.write_text(path.read_text() + "backup_every_h = 6\nbackup_keep = 2\n")
    agency = Agency(open_home(agency.home.config.home, now=agency.clock), agency.clock)
    for _ in range(3):
        agency.clock.at += 6 * _HOUR
        assert backups_due.is_due(agency.ports)
        made(agency)
    assert len(Backup(folder).names()) == 2
    for wrong in ("0", "-1", "1.5", "often", "745"):
        monkeypatch.setenv("VESTIGE_BACKUP_EVERY_H", wrong)
        with pytest.raises(BadInput, match="backup_every_h is a whole number from 1 to 744"):
            config.load(agency.home.config.home)


def test_the_clock_begins_no_backup_where_the_disk_may_not_be_mounted(agency: Agency, folder: Path) -> None:
    begun(agency, folder)
    away = folder.rename(folder.with_name("away"))
    folder.mkdir()
    agency.clock.at += _DAY
    for number in range(3):
        assert backups_due.is_due(agency.ports)
        with pytest.raises(BadInput, match=r"is no backup .*make the first backup there by hand"):
            made(agency)
        assert not backups_due.is_due(agency.ports)
        assert open_findings(agency) == [FindingKind.BACKUP_FAILED], number
        agency.clock.at += _DAY // 4
    assert list(folder.iterdir()) == []
    assert [one != "success" for one in outcomes("backup:made")] == [False, True, True, True]
    agency.clock.at += _DAY
    assert "The newest backup is of 2026-09-" in str(backups_due.warning(agency.ports))
    folder.rmdir()
    away.rename(folder)
    made(agency)
    assert outcomes("backup:made")[-1] == "success"


def test_a_home_that_lacks_files_is_backed_up_and_opens_a_finding(agency: Agency, folder: Path, tmp_path: Path) -> None:
    agency.sealed(taken(agency, tmp_path).item).unlink()
    begun(agency, folder)
    assert open_findings(agency) == [FindingKind.BACKUP_FAILED]
    assert outcomes("backup:made") == [{"failed": "1 files of the home are missing"}]
    assert not backups_due.is_due(agency.ports)


def test_a_backup_that_another_is_making_is_no_failure(agency: Agency, folder: Path) -> None:
    begun(agency, folder)
    agency.clock.at += _DAY
    held = os.open(folder / "vestige-backup.json", os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    with pytest.raises(Underway, match="another backup"):
        made(agency)
    os.close(held)
    assert outcomes("backup:made") == ["success"]
    assert open_findings(agency) == []
    assert backups_due.is_due(agency.ports)


def test_a_person_who_names_a_wrong_folder_opens_no_finding_and_needs_the_permission(agency: Agency, tmp_path: Path) -> None:
    (tmp_path / "full" / "of-things").mkdir(parents=True)
    with pytest.raises(BadInput, match="not empty"):
        backup.backup(agency.ports, CONSOLE, tmp_path / "full", 14, lambda _: None)
    assert outcomes("backup:made") == []
    assert open_findings(agency) == []
    with pytest.raises(Refused):
        backup.backup(agency.ports, agency.actor("officer"), tmp_path / "theirs", 14, lambda _: None)


def test_a_trial_is_due_every_thirty_days_and_ends_the_warning(agency: Agency, folder: Path) -> None:
    assert not backups_due.is_trial_due(agency.ports)
    begun(agency, folder)
    assert "No backup was shown to restore ever" in str(backups_due.warning(agency.ports))
    assert backups_due.is_trial_due(agency.ports)
    tried(agency)
    assert backups_due.warning(agency.ports) is None
    assert not backups_due.is_trial_due(agency.ports)
    agency.clock.at += 29 * _DAY
    assert not backups_due.is_trial_due(agency.ports)
    agency.clock.at += _DAY
    assert backups_due.is_trial_due(agency.ports)
    agency.clock.at += 31 * _DAY
    made(agency)
    assert "No backup was shown to restore since 2026-09-" in str(backups_due.warning(agency.ports))


def test_a_trial_that_fails_opens_a_finding_and_is_made_again_the_next_day(agency: Agency, folder: Path, tmp_path: Path) -> None:
    item = taken(agency, tmp_path).item
    begun(agency, folder)
    good = Backup(folder).object(agency.object_of(item))
    kept = good.read_bytes()
    good.write_bytes(b"rot")
    with pytest.raises(Fault, match="does not restore"):
        tried(agency)
    assert open_findings(agency) == [FindingKind.RESTORE_FAILED]
    assert not backups_due.is_trial_due(agency.ports)
    agency.clock.at += _DAY
    assert backups_due.is_trial_due(agency.ports)
    good.write_bytes(kept)
    tried(agency)
    assert outcomes("restore:tested")[-1] == "success"
    assert not backups_due.is_trial_due(agency.ports)


def test_the_process_beside_the_server_makes_the_backup_and_tries_it_out(agency: Agency, folder: Path, tmp_path: Path) -> None:
    assert [duty.name for duty in DUTIES if "backup" in duty.name or "restore" in duty.name] == ["backup", "restore test"]
    begun(agency, folder)
    home = tmp_path / "home"
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    with subprocess.Popen(
        [sys.executable, "-m", "vestige.jobs"], env=environment(home) | {"VESTIGE_BACKUP_EVERY_H": "1", "TMPDIR": str(scratch)}
    ) as process:
        try:
            until(lambda: len(outcomes("backup:made")) == 2 and len(outcomes("restore:tested")) == 1, 60)
        finally:
            process.terminate()
            assert process.wait(30) == 0
    assert outcomes("backup:made") + outcomes("restore:tested") == ["success"] * 3
    assert list(scratch.iterdir()) == []
    assert list(agency.ports.catalog.faults()) == []


def test_a_trial_dies_with_its_process_and_the_next_removes_what_it_left(
    agency: Agency, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun(agency, folder)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    command = [sys.executable, "-m", "vestige.cli.main", "restore", str(folder), "--test", "--home", str(agency.home.config.home)]
    with subprocess.Popen(command, env=environment(tmp_path / "home") | {"TMPDIR": str(scratch)}) as process:
        until(lambda: bool(list(scratch.glob("*/made/keyring"))))
        process.kill()
    [left] = scratch.iterdir()
    until(lambda: lockable(left))  # the restore in it held the lock too, and is gone
    held, foreign = scratch / f"{PREFIX}held", scratch / f"{PREFIX}link"
    held.mkdir()
    foreign.symlink_to(folder)
    descriptor = os.open(held, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    for path in (left, held):
        os.utime(path, (0, 0))
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    tried(agency)
    os.close(descriptor)
    assert sorted(scratch.iterdir()) == [held, foreign]
    assert len(Backup(folder).names()) == 1
