"""The same home on PostgreSQL: the catalog and the log hold what they hold on SQLite."""

import os
from pathlib import Path

import psycopg
import pytest

from tests.test_home import vestige


def test_a_home_on_postgresql_takes_in_exports_and_names_what_was_changed(
    fresh_postgresql: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(os.environ, "DATABASE_URL", fresh_postgresql)
    home, path = tmp_path / "h", tmp_path / "note.bin"
    path.write_bytes(b"no kind of footage")
    assert vestige(home, "init", "--console-acts")[0] == 0
    assert vestige(home, "people", "add", "C1", "Cee", "--role", "evidence custodian")[0] == 0
    [taken] = vestige(home, "ingest", str(path), "--as", "C1")[1]
    assert taken["status"] == "quarantined"
    assert vestige(home, "ingest", str(path), "--as", "C1")[1][0]["status"] == "duplicate"
    [shared] = vestige(home, "ingest", str(path), "--device", "CAM2", "--as", "C1")[1]
    with psycopg.connect(fresh_postgresql) as connection:
        objects = dict(connection.execute("SELECT id, sealed FROM catalog_evidenceitem").fetchall())
        assert {str(item) for item in objects} == {taken["item"], shared["item"]}
        assert len(set(objects.values())) == 1
        connection.execute("INSERT INTO catalog_intake SELECT id, sealed, 'forged', 0 FROM catalog_evidenceitem")
        connection.execute("INSERT INTO catalog_intake SELECT gen_random_uuid(), gen_random_uuid(), 'dead', 0")
    assert vestige(home, "ingest", str(path), "--device", "CAM2", "--as", "C1")[1][0]["item"] == shared["item"]
    with psycopg.connect(fresh_postgresql) as connection:
        assert {row[0] for row in connection.execute("DELETE FROM catalog_intake RETURNING id")} == set(objects)
    assert vestige(home, "export", str(taken["item"]), "--out", str(tmp_path / "out"), "--as", "C1")[0] == 0
    assert vestige(home, "devices", "add", "CAM", "--mount", "vest", "--as", "C1")[0] == 0
    assert vestige(home, "devices", "assign", "CAM", "C1", "--as", "C1")[0] == 0
    assert vestige(home, "fsck")[:2] == (0, [])
    with psycopg.connect(fresh_postgresql, autocommit=True) as connection:
        for table in ("catalog_event", "catalog_openings", "catalog_sequenced", "catalog_checkpoint"):
            for act in (f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):
                with pytest.raises(psycopg.errors.RestrictViolation):
                    connection.execute(act)
        connection.execute("UPDATE catalog_recording SET category = 'training' WHERE number = (SELECT min(number) FROM catalog_recording)")
        code, faults, _ = vestige(home, "fsck")
        assert (code, [fault["what"] for fault in faults]) == (1, ["the column category is not what the log says"])
        connection.execute("DROP TRIGGER catalog_event_update ON catalog_event")
    assert "catalog_event_update" in {str(fault["object"]) for fault in vestige(home, "fsck")[1]}
