"""A log that was forked, one that was rolled back, and an honest restore: as a custodian finds out from `docs/witness.md`, by the command line."""

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from django.db import connection

from tests.agency import make_agency
from tests.beside import WitnessProcess
from tests.test_drills import vestige
from vestige.assembly import log_key, open_home

NEXT = "Keep this home, these files and what the witnesses said as they are"


@pytest.fixture
def clerk(tmp_path: Path) -> Iterator[WitnessProcess]:
    process = WitnessProcess(tmp_path / "witness")
    process.command("init", "--name", "clerk.example/w1")
    process.start()
    yield process
    process.stop()


@pytest.fixture
def home(tmp_path: Path, clerk: WitnessProcess) -> Path:
    """A home whose checkpoint a clerk has cosigned."""
    agency = make_agency(tmp_path)
    connection.close()
    clerk.command("trust", log_key(agency.home))
    vestige(agency.home.config.home, "log", "witness", "add", str(clerk.command("show")["witness_key"]), clerk.url + "/", "--as", "ADMIN")
    assert "cosigned" in vestige(agency.home.config.home, "log", "witness", "submit", "--as", "ADMIN")
    return agency.home.config.home


def anchor(home: Path, name: str) -> Path:
    """An anchor that somebody outside keeps."""
    out = home.with_name(name)
    vestige(home, "log", "anchor", "--out", str(out), "--as", "ADMIN")
    return out


def kinds(home: Path) -> list[str]:
    return [json.loads(line)["kind"] for line in vestige(home, "findings", "--json", "--as", "ADMIN").splitlines() if line.startswith("{")]


def test_two_histories_of_one_log_are_caught_by_the_witness_and_by_anchors(home: Path) -> None:
    twin = home.with_name("twin")  # a copy with its keys, put to work beside the real one
    shutil.copytree(home, twin)
    shutil.copy(home.with_name("home.keyring"), home.with_name("twin.keyring"))
    vestige(twin, "people", "list")
    one = anchor(twin, "one.txt")
    vestige(home, "people", "add", "C1", "Cee", "--role", "evidence custodian")
    said = vestige(home, "log", "anchor", "--out", str(home.with_name("two.txt")), "--as", "ADMIN")
    assert "clerk.example/w1 gave no cosignature" in said
    said = vestige(home, "log", "witness", "submit", "--as", "ADMIN", code=1)
    assert "no: clerk.example/w1 says that size" in said
    assert "does not continue the size" in said
    assert "log_forked" in kinds(home)
    said = vestige(home, "log", "compare", str(one), str(home.with_name("two.txt")), code=1)
    assert "are not those that were signed: it was forked or rewritten" in said
    assert NEXT in said
    assert "it was forked or rewritten" in vestige(home, "fsck", "--anchor", str(one), code=1)
    assert "are those that were signed" in vestige(twin, "log", "compare", str(one))


def test_a_database_that_was_put_back_is_caught_by_anchors_and_by_the_witness(home: Path) -> None:
    database, before = home / "catalog.sqlite3", home.with_name("before.sqlite3")
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(before)) as target:
        source.backup(target)
    vestige(home, "people", "list")
    held = anchor(home, "held.txt")
    vestige(home, "log", "publish", str(home.with_name("site")))
    for path in home.glob("catalog.sqlite3*"):
        path.unlink()
    shutil.copy(before, database)
    said = vestige(home, "log", "compare", str(held), code=1)
    assert "entries and now has" in said
    assert "it was rolled back" in said
    assert NEXT in said
    assert "or rolled back and used again" in vestige(home, "fsck", code=1), "against the home's own anchors too, and by now it has grown"
    said = vestige(home, "log", "witness", "submit", "--as", "ADMIN", code=1)
    assert "does not continue the size" in said, "of the anchor, which the clerk cosigned"
    vestige(home, "log", "publish", str(home.with_name("site")), code=1)
    assert "log_forked" in kinds(home)


def test_an_honest_restore_is_not_called_a_fork(home: Path, clerk: WitnessProcess) -> None:
    vestige(home, "backup", str(home.with_name("backup")))
    held = anchor(home, "held.txt")
    keyring = home.with_name("home.keyring")
    shutil.rmtree(home)
    new = home.with_name("new")
    vestige(new, "restore", str(home.with_name("backup")), "--keyring", str(keyring), "--newer", str(held))
    said = vestige(new, "log", "compare", str(held))
    assert "of the earlier log were lost, as the restore says" in said
    assert "fork" not in said
    assert "no fault found" in vestige(new, "fsck", "--anchor", str(held))
    said = vestige(new, "log", "witness", "submit", "--as", "ADMIN", code=1)
    assert "clerk.example/w1 answered 404" in said, "it does not know the new log yet"
    assert "fork" not in said
    assert "log_forked" not in kinds(new)
    clerk.command("trust", log_key(open_home(new)))
    connection.close()
    assert "clerk.example/w1\tcosigned" in vestige(new, "log", "witness", "submit", "--as", "ADMIN")
