"""The log as files: what a foreign reader gets, what a second writer changes (nothing), what is refused."""

import shutil
from pathlib import Path

import pytest
from django.core.management import call_command
from tests import tlog_reader
from tests.agency import CONSOLE, Agency, make_agency

from vestige.catalog import models
from vestige.catalog.sequencer import sequence
from vestige.custody.events import EventType
from vestige.errors import BadInput, Fault
from vestige.evidence.changes import Purpose, Statement


@pytest.fixture
def agency(tmp_path: Path) -> Agency:
    return make_agency(tmp_path)


def write(agency: Agency, count: int) -> None:
    with agency.ports.catalog.writing(CONSOLE) as transaction:
        for _ in range(count):
            transaction.record(Statement(EventType.PERSON_LISTED, data={"people": 1}))


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def stored() -> list[bytes]:
    return [bytes(one) for one in models.Sequenced.objects.order_by("index").values_list("event__entry", flat=True)]


def test_a_foreign_reader_gets_every_entry_at_every_signed_size(agency: Agency, tmp_path: Path) -> None:
    catalog, log = agency.ports.catalog, tmp_path / "home" / "log"
    signed: list[str] = []
    for count in (1, 2, 200, 60, 0, 400):
        write(agency, count)
        signed.append(catalog.checkpoint())
        if count != 60:
            catalog.write_log()
            found = tlog_reader.read(tlog_reader.from_folder(log))
            assert (found.note, list(found.entries)) == (signed[-1], stored())
            assert list(catalog.log_faults()) == []
            assert not catalog.log_behind()
    for note in signed:
        full = {**{path.partition(".p/")[0]: data for path, data in files(log).items() if ".p/" not in path}}

        def fetch(path: str, note: str = note, full: dict[str, bytes] = full) -> bytes:
            """A partial tile that went is the start of the full one, as the specification lets it be."""
            if path == "checkpoint":
                return note.encode()
            return (log / path).read_bytes() if (log / path).exists() else part(full[path.partition(".p/")[0]], path)

        found = tlog_reader.read(fetch)
        assert list(found.entries) == stored()[: found.size]
    assert not list(log.rglob(".new"))


def part(data: bytes, path: str) -> bytes:
    width = int(path.rpartition("/")[2])
    if "/entries/" not in path:
        return data[: 32 * width]
    at = 0
    for _ in range(width):
        at += 2 + int.from_bytes(data[at : at + 2], "big")
    return data[:at]


def test_whoever_comes_second_writes_the_same_bytes_and_what_is_missing_comes_again(agency: Agency, tmp_path: Path) -> None:
    catalog, log = agency.ports.catalog, tmp_path / "home" / "log"
    write(agency, 600)
    catalog.write_log()
    first = files(log)
    catalog.write_log()
    assert files(log) == first
    shutil.rmtree(log)
    catalog.write_log()
    assert files(log) == first
    catalog.publish_log(tmp_path / "public")
    assert files(tmp_path / "public") == first


def test_a_write_that_was_cut_off_is_finished_and_the_checkpoint_never_runs_ahead(
    agency: Agency, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from vestige.catalog import published

    catalog, log = agency.ports.catalog, tmp_path / "home" / "log"
    write(agency, 10)
    catalog.write_log()
    write(agency, 700)
    real, left = published._write, iter(range(4))

    def failing(folder: Path, name: str, data: bytes) -> Path:
        if next(left, None) is None:
            raise KeyboardInterrupt
        return real(folder, name, data)

    with monkeypatch.context() as patched:
        patched.setattr(published, "_write", failing)
        with pytest.raises(KeyboardInterrupt):
            catalog.write_log()
    assert tlog_reader.read(tlog_reader.from_folder(log)).size < 700
    assert (log / "tile" / "0" / "001").is_file()
    assert {fault.what.partition(":")[0] for fault in catalog.log_faults()} == {"the file is ahead of the checkpoint"}
    (log / "tile" / "0" / "001").write_bytes(bytes(256 * 32))
    assert "the file is not what the log's entries give" in {fault.what for fault in catalog.log_faults()}
    catalog.write_log()
    assert list(tlog_reader.read(tlog_reader.from_folder(log)).entries) == stored()
    assert list(catalog.log_faults()) == []


@pytest.mark.parametrize("where", ["tile/0/000", "tile/entries/001", "tile/1/000.p/2", "checkpoint"])
def test_a_flipped_bit_in_any_file_is_told(agency: Agency, tmp_path: Path, where: str) -> None:
    catalog, log = agency.ports.catalog, tmp_path / "home" / "log"
    write(agency, 600)
    catalog.write_log()
    whole = (log / where).read_bytes()
    for at in (0, 40, len(whole) - 1):
        (log / where).write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert where in {str(Path(fault.object).relative_to(log)) for fault in catalog.log_faults()}
    (log / where).unlink()
    assert list(catalog.log_faults()) != []
    (log / where).write_bytes(whole)
    assert list(catalog.log_faults()) == []
    (log / "tile" / "0" / "stranger").write_bytes(b"")
    assert [fault.what for fault in catalog.log_faults()] == ["the file is none of the log's"]


def test_a_folder_of_something_else_is_refused(agency: Agency, tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "index.html").write_text("hello")
    with pytest.raises(BadInput, match=r"index\.html"):
        agency.ports.catalog.publish_log(tmp_path / "site")
    with pytest.raises(BadInput, match="no folder"):
        agency.ports.catalog.publish_log(tmp_path / "site" / "index.html")


def test_another_log_a_longer_one_and_a_fork_are_refused(agency: Agency, tmp_path: Path) -> None:
    catalog, log = agency.ports.catalog, tmp_path / "home" / "log"
    write(agency, 20)
    old = tmp_path / "old"
    sequence()
    shutil.copytree(tmp_path / "home", old)
    write(agency, 5)
    catalog.write_log()
    longer = files(log)
    from django.db import connection

    connection.close()
    for name in ("catalog.sqlite3", "catalog.sqlite3-wal", "catalog.sqlite3-shm"):
        (tmp_path / "home" / name).unlink(missing_ok=True)
        if (old / name).exists():
            shutil.copy(old / name, tmp_path / "home" / name)
    with pytest.raises(Fault, match="set back"):
        catalog.write_log()
    write(agency, 30)
    with pytest.raises(Fault, match="forked"):
        catalog.write_log()
    assert files(log) == longer
    other = make_agency(tmp_path / "other")
    with pytest.raises(Fault):
        other.ports.catalog.publish_log(log)
    assert files(log) == longer


def test_a_home_made_before_there_were_tiles_gets_them_by_its_migration(agency: Agency) -> None:
    write(agency, 600)
    sequence()
    write(agency, 3)
    before = sorted(models.FullTile.objects.values_list("level", "index", "root"))
    waiting = set(models.Waiting.objects.values_list("event_id", flat=True))
    assert (len(before), len(waiting)) == (2, 3)
    call_command("migrate", "catalog", "0001", verbosity=0, skip_checks=True)
    call_command("migrate", verbosity=0, skip_checks=True)
    assert sorted(models.FullTile.objects.values_list("level", "index", "root")) == before
    assert set(models.Waiting.objects.values_list("event_id", flat=True)) == waiting
    assert list(agency.ports.catalog.faults()) == []


def test_a_lost_place_and_a_changed_hash_of_the_tree_are_named(agency: Agency) -> None:
    from django.db import connection

    write(agency, 600)
    sequence()
    assert list(agency.ports.catalog.faults()) == []
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER catalog_fulltile_update")
        cursor.execute('UPDATE catalog_fulltile SET root = zeroblob(32) WHERE "index" = 1')
    write(agency, 1)
    models.Waiting.objects.all().delete()
    told = {f"{fault.object.split()[0]}: {fault.what}" for fault in agency.ports.catalog.faults()}
    assert told == {
        "catalog_fulltile_update: the trigger is missing or changed",
        "tile: a stored hash of the tree is not that of its entries",
        "event: the event has no place in the tree, and waits for none",
    }


def test_almost_every_entry_is_checked_without_taking_it_apart(agency: Agency, monkeypatch: pytest.MonkeyPatch) -> None:
    from vestige.catalog import checking_log

    with agency.ports.catalog.writing(CONSOLE) as transaction:
        for reason in ("plain", 'a "quoted" },"address":{"salt":" text', "ünïcode \u2028 \U0001f600"):
            transaction.record(Statement(EventType.PERSON_LISTED, purpose=Purpose(reason), data={"x": reason}))
    apart: list[int] = []
    real = checking_log._taken_apart
    monkeypatch.setattr(checking_log, "_taken_apart", lambda seq: apart.append(seq) or real(seq))
    assert list(agency.ports.catalog.faults()) == []
    assert apart == []
    with agency.ports.catalog.writing(CONSOLE) as transaction:
        transaction.record(Statement(EventType.PERSON_LISTED, data={"x": {"y": 1}, "z": [{"a": {"b": 1}, "digests": {"salt": "x"}}]}))
    assert list(agency.ports.catalog.faults()) == []


def test_the_tiles_of_a_smaller_signed_size_are_missed_and_come_again(agency: Agency, tmp_path: Path) -> None:
    catalog, log = agency.ports.catalog, tmp_path / "home" / "log"
    write(agency, 10)
    size = int(catalog.checkpoint().split("\n")[1])
    write(agency, 5)
    catalog.write_log()
    assert list(catalog.log_faults()) == []
    gone = [log / "tile" / "0" / "000.p" / str(size), log / "tile" / "entries" / "000.p" / str(size)]
    kept = [path.read_bytes() for path in gone]
    for path in gone:
        path.unlink()
    assert [fault.object for fault in catalog.log_faults()] == [str(path) for path in gone]
    write(agency, 1)
    catalog.write_log()
    assert [path.read_bytes() for path in gone] == kept
    assert list(catalog.log_faults()) == []
    (log / "stranger").write_bytes(b"")
    assert [fault.what for fault in catalog.log_faults()] == ["the file is none of the log's"]
