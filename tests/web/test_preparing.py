"""Working copies that an interrupted intake never made are made by the next server, while its pages answer."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from uuid import UUID, uuid4

import httpx
from tests.agency import make_agency
from tests.conftest import ROOT
from tests.media.worlds import Clip
from tests.test_home import vestige
from tests.web.conftest import environment, serving

from vestige.actions import intake
from vestige.actions.intake import Sent

_WITHIN = 60.0


def test_a_killed_intake_is_finished_by_the_next_server(tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert vestige(home, "init", "--console-acts")[0] == 0
    assert vestige(home, "people", "add", "C1", "Cee", "--role", "evidence custodian")[0] == 0
    (tmp_path / "clip.mkv").write_bytes(Clip(codec="libx265", container="matroska", size=(640, 384), frames=300).data())
    _killed_once_committed(home, tmp_path / "clip.mkv")
    assert _kinds(home) == set()
    with serving(home, tmp_path / "log.txt") as (url, _):
        slowest, until = 0.0, time.monotonic() + _WITHIN
        while not _prepared(home) and time.monotonic() < until:
            begun = time.monotonic()
            assert httpx.get(f"{url}/sign-in").status_code == 200
            slowest = max(slowest, time.monotonic() - begun)
        assert _prepared(home) == 1
    assert {"poster", "proxy", "timemap"} <= _kinds(home)
    assert slowest < 5
    assert vestige(home, "fsck")[0] == 0


def test_one_that_fails_is_told_and_the_others_go_on(tmp_path: Path) -> None:
    agency = make_agency(tmp_path)
    custodian = agency.actor("evidence custodian")
    items = []
    for number in range(3):
        path = tmp_path / f"clip{number}.mp4"
        path.write_bytes(Clip(frames=12 + number).data())
        items.append(intake.receive(agency.ports, custodian, Sent(path), lambda _: None).item)
    key = next(path for path in (tmp_path / "home").rglob(f"{items[1]}.key"))
    key.rename(tmp_path / "away")
    from vestige.web.preparing import prepare_left

    prepare_left(agency.ports)
    working = [agency.ports.catalog.item(str(item)).working for item in items]  # type: ignore[union-attr]
    assert [bool(kinds) for kinds in working] == [True, False, True]
    assert agency.ports.catalog.unprepared(None) == items[1]
    (tmp_path / "away").rename(key)
    prepare_left(agency.ports, lambda: True)
    assert agency.ports.catalog.unprepared(None) == items[1]
    prepare_left(agency.ports)
    assert agency.ports.catalog.unprepared(None) is None
    prepare_left(agency.ports)
    for item in items:
        assert [entry.type for entry in agency.ports.catalog.trail(item)].count("item:prepared") == 1


def _killed_once_committed(home: Path, path: Path) -> None:
    """Take a file in, and kill the program between the commit and the working copies."""
    command = [sys.executable, "-m", "vestige.cli.main", "--home", str(home), "ingest", str(path), "--as", "C1"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, process_group=0)
    while not _count(home, "SELECT COUNT(*) FROM catalog_evidenceitem") and process.poll() is None:
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert _count(home, "SELECT COUNT(*) FROM catalog_evidenceitem") == 1
    assert _prepared(home) == 0


def _prepared(home: Path) -> int:
    return _count(home, "SELECT COUNT(*) FROM catalog_event WHERE type = 'item:prepared'")


def _kinds(home: Path) -> set[str]:
    """The working copies that the catalog knows."""
    with sqlite3.connect(home / "catalog.sqlite3") as database:
        found = {row[0] for row in database.execute("SELECT kind FROM catalog_workingcopy")}
    database.close()
    return found


def _count(home: Path, query: str) -> int:
    with sqlite3.connect(home / "catalog.sqlite3") as database:
        count = int(database.execute(query).fetchone()[0])
    database.close()
    return count


def test_an_item_that_breaks_keeps_no_other_waiting() -> None:
    from vestige.web.preparing import _each

    waiting, made = sorted(uuid4() for _ in range(3)), []

    def make(item: UUID) -> None:
        if item == waiting[0]:
            raise ValueError("nobody thought of this")
        made.append(item)

    _each(lambda after: next((one for one in waiting if after is None or one > after), None), make, lambda: False)
    assert made == waiting[1:]
