"""Homes of earlier versions come forward, after a copy, and nothing of them is lost (tests/homes)."""

import json
import shutil
import subprocess
import sys
import tarfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connections

from tests.agency import CONSOLE, make_agency
from tests.forking import command
from vestige.actions.checking import check
from vestige.assembly import log_key, migrate_home, open_home
from vestige.catalog.models import Event
from vestige.errors import Unavailable
from vestige_verify.cli import main as verify

HOMES = sorted((Path(__file__).parent / "homes").glob("*.tar.xz"))


@pytest.fixture(params=HOMES, ids=[path.name.partition(".")[0] for path in HOMES])
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A home as an earlier version left it."""
    with tarfile.open(request.param) as archive:
        archive.extractall(tmp_path, filter="data")
    (tmp_path / "home.keyring").chmod(0o600)
    yield tmp_path / "home"
    connections.close_all()


def vestige(home: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    return command("--home", str(home), *words)


def test_it_is_brought_forward_after_a_copy_and_holds_all_that_it_held(
    old: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(Unavailable, match="vestige migrate brings it forward"):
        open_home(old)
    assert vestige(old, "items").returncode == 4
    assert migrate_home(old)
    assert not migrate_home(old)
    home = open_home(old)
    assert check(home.ports, CONSOLE) == []
    [event] = Event.objects.filter(type="home:migrated")
    told = json.loads(event.openings.fields)["data"]["value"]
    assert told["added"]
    assert (old / told["copy"] / "catalog.sqlite3").is_file()
    key, items = log_key(home), sorted(item.number for item in map(home.ports.catalog.item, map(str, home.ports.catalog.digests())) if item)
    assert len(items) == 3
    connections.close_all()
    for n, number in enumerate(items[:2]):
        done = vestige(old, "export", number, "--out", str(tmp_path / f"out{n}"), "--as", "C1")
        assert done.returncode == 0, done.stderr
        assert verify([str(tmp_path / f"out{n}"), "--json", "--key", key]) == 0
    capsys.readouterr()


def test_serving_brings_it_forward(old: Path) -> None:
    port = 8437
    process = subprocess.Popen(
        [sys.executable, "-m", "vestige.cli.main", "--home", str(old), "serve", "--port", str(port)], stderr=subprocess.PIPE
    )
    try:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                with urllib.request.urlopen(f"http://localhost:{port}/sign-in", timeout=5) as page:
                    assert page.status == 200
                    break
            except OSError:
                assert process.poll() is None
                time.sleep(0.2)
        else:
            pytest.fail("the server did not answer")
    finally:
        process.terminate()
        said = process.communicate(timeout=30)[1]
    assert b"brought forward" in said
    assert check(open_home(old).ports, CONSOLE) == []


def test_a_copy_of_it_restores_through_a_backup(old: Path, tmp_path: Path) -> None:
    migrate_home(old)
    connections.close_all()
    assert vestige(old, "backup", str(tmp_path / "b")).returncode == 0
    shutil.rmtree(old)
    done = vestige(tmp_path / "new", "restore", str(tmp_path / "b"), "--keyring", str(tmp_path / "home.keyring"))
    assert done.returncode == 0, done.stderr


def test_a_home_on_either_database_comes_forward_from_the_first_tables(either_database: str, tmp_path: Path) -> None:
    agency = make_agency(tmp_path)
    agency.actor("evidence custodian")
    call_command("migrate", "catalog", "0001_initial", verbosity=0, interactive=False, skip_checks=True)
    connections.close_all()
    with pytest.raises(Unavailable, match="vestige migrate"):
        open_home(agency.home.config.home)
    assert migrate_home(agency.home.config.home)
    home = open_home(agency.home.config.home)
    assert check(home.ports, CONSOLE) == []
    [kept] = (home.config.home / "before-migration").iterdir()
    assert {"sqlite": "catalog.sqlite3", "postgresql": "tables.json"}[either_database] in {path.name for path in kept.iterdir()}
