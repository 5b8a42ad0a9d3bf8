"""Triggers that somebody dropped or changed are made again, on both databases; and it is said what may have happened meanwhile."""

import sqlite3
from pathlib import Path

import pytest
from django.db import DatabaseError, connection

from tests.agency import CONSOLE, Agency, make_agency
from tests.test_home import vestige
from vestige.actions import devices, guarding, people, watching
from vestige.actions.checking import check
from vestige.errors import LogUnwritable, NotFound, Refused
from vestige.evidence.items import FindingKind


def _run(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _objects(agency: Agency) -> set[str]:
    return {fault.object for fault in check(agency.ports, CONSOLE)}


def _manipulate(database: str) -> None:
    """One trigger is dropped, one does nothing any more, and a row is changed."""
    if database == "sqlite":
        _run(
            "DROP TRIGGER catalog_event_update",
            "DROP TRIGGER catalog_openings_delete",
            "CREATE TRIGGER catalog_openings_delete AFTER DELETE ON catalog_openings BEGIN SELECT 1; END",
        )
    else:
        _run(
            "DROP TRIGGER catalog_event_update ON catalog_event",
            "ALTER TABLE catalog_openings DISABLE TRIGGER catalog_openings_delete",
        )
    _run("UPDATE catalog_event SET time = time + 1 WHERE seq = 2")


def test_what_was_dropped_and_changed_is_made_again_and_a_changed_row_is_found(either_database: str, tmp_path: Path) -> None:
    agency = make_agency(tmp_path)
    assert _objects(agency) == set()
    _manipulate(either_database)
    assert {"catalog_event_update", "catalog_openings_delete"} <= _objects(agency)
    watching.watch(agency.ports)
    with pytest.raises(LogUnwritable, match="--remake-triggers"):
        people.list_people(agency.ports, CONSOLE)
    made = guarding.remake(agency.ports, CONSOLE)
    assert (made.missing, made.not_made) == (("catalog_event_update", "catalog_openings_delete"), ())
    assert "may have been changed since 20" in made.words
    assert "(home:checked, entry " in made.words
    watching.watch(agency.ports)
    people.list_people(agency.ports, CONSOLE)
    named = {fault.what for fault in check(agency.ports, CONSOLE)}
    assert named, "the row that was changed meanwhile"
    assert not any("trigger" in what for what in named)
    with pytest.raises(DatabaseError, match="append-only"):
        _run("UPDATE catalog_event SET time = time - 1 WHERE seq = 2")
    [finding] = [one for one in agency.ports.catalog.findings(closed=False) if one.kind is FindingKind.LOG_UNGUARDED]
    assert finding.detail == made.words


def test_on_postgresql_a_hollow_function_is_filled_and_a_rule_that_rows_break_is_said(
    fresh_postgresql: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", fresh_postgresql)
    agency = make_agency(tmp_path)
    custodian = agency.actor("evidence custodian")
    devices.register(agency.ports, custodian, "CAM", "vest")
    devices.assign(agency.ports, custodian, "CAM", "EVIDENCE-CUSTODIAN", 0)
    with connection.cursor() as cursor:
        cursor.execute("SELECT column_name FROM information_schema.columns WHERE table_name = 'catalog_assignment' AND column_name <> 'id'")
        columns = ", ".join(f'"{name}"' for (name,) in cursor.fetchall())
    _run(
        "CREATE OR REPLACE FUNCTION vestige_append_only() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "ALTER TABLE catalog_assignment DROP CONSTRAINT assignment_overlap",
        f"INSERT INTO catalog_assignment (id, {columns}) SELECT gen_random_uuid(), {columns} FROM catalog_assignment",
    )
    made = guarding.remake(agency.ports, CONSOLE)
    assert {"assignment_overlap", "catalog_event_truncate", "catalog_stamp_delete"} <= set(made.missing)
    assert made.not_made == ("assignment_overlap",)
    assert "two people hold one camera at a time): assignment_overlap" in made.words
    assert {one for one in _objects(agency) if one.startswith(("assignment_overlap", "catalog_"))} == {"assignment_overlap"}
    with pytest.raises(DatabaseError, match="append-only"):
        _run("TRUNCATE catalog_stamp")
    _run("DELETE FROM catalog_assignment WHERE ctid = (SELECT max(ctid) FROM catalog_assignment)")
    assert guarding.remake(agency.ports, CONSOLE).not_made == ()


def test_since_when_is_the_newest_event_that_shows_that_they_were_there(tmp_path: Path) -> None:
    agency = make_agency(tmp_path)
    with pytest.raises(NotFound, match="no trigger is missing"):
        guarding.remake(agency.ports, CONSOLE)
    with pytest.raises(Refused):
        guarding.remake(agency.ports, agency.actor("auditor"))
    for shown in ("agency:founded", "log:guarded"):
        _run("DROP TRIGGER catalog_stamp_delete")
        check(agency.ports, CONSOLE)  # a check with a fault shows nothing
        made = guarding.remake(agency.ports, CONSOLE)
        assert made.missing == ("catalog_stamp_delete",)
        assert f"({shown}" in made.words


def test_a_custodian_makes_them_again_by_the_command_line(tmp_path: Path) -> None:
    home = make_agency(tmp_path).home.config.home
    connection.close()
    with sqlite3.connect(home / "catalog.sqlite3") as database:
        database.execute("DROP TRIGGER catalog_event_delete")
    code, _, said = vestige(home, "people", "list")
    assert code == 1
    assert "catalog_event_delete" in said
    code, faults, said = vestige(home, "fsck", "--remake-triggers")
    assert (code, faults) == (0, []), said
    assert "were missing or changed: catalog_event_delete. Rows may have been changed since" in said
    code, faults, said = vestige(home, "fsck", "--remake-triggers")
    assert (code, faults) == (0, [])
    assert "no trigger is missing or changed: nothing was made again" in said
    assert vestige(home, "people", "list")[0] == 0
