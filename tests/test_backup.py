"""Backups: made while others write, restored into a new home with a log that holds the old one, and what is lost is said."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import connection, connections

from tests.agency import CONSOLE, Agency, make_agency
from tests.beside import TimeAuthority
from tests.budget import examples, how_far
from tests.forking import command
from vestige import config
from vestige.actions import anchors, backup, clip, docks, intake, release, stamping
from vestige.actions.checking import check
from vestige.actions.clip import Cut
from vestige.actions.intake import Outcome, Sent
from vestige.assembly import Home, log_key, open_home
from vestige.catalog import triggers
from vestige.catalog.models import Event, LogState, PastStamp, Sequenced
from vestige.custody import notes
from vestige.custody.signed_notes import ED25519, parse_key
from vestige.custody.tree import Frontier
from vestige.errors import BadInput, Fault, Unavailable
from vestige.evidence.backups import BackupFacts, Restored
from vestige.evidence.items import FindingKind
from vestige.evidence.people import system
from vestige.outside.authority import Authority
from vestige.restoration import Wishes, restore_home
from vestige.vault.backup import Backup, snapshot
from vestige_verify.cli import main as verify


def nothing(_: float) -> None:
    """Progress that nobody looks at."""


@pytest.fixture
def agency(either_database: str, tmp_path: Path) -> Agency:
    """A new home on each database."""
    agency = make_agency(tmp_path)
    assert connection.vendor == either_database
    return agency


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Agency]:
    """A new home on SQLite."""
    yield make_agency(tmp_path)
    connections.close_all()


def taken(agency: Agency, folder: Path, data: bytes) -> Outcome:
    path = folder / f"{uuid4()}.bin"
    path.write_bytes(data)
    return intake.receive(agency.ports, agency.actor("evidence custodian"), Sent(path), lambda _: None)


def backed_up(agency: Agency, folder: Path, keep: int = 14) -> BackupFacts:
    return backup.backup(agency.ports, CONSOLE, folder, keep, nothing)


def restored(agency: Agency, folder: Path, place: Path, *newer: str, name: str | None = None) -> tuple[Home, Restored]:
    keyring = agency.home.config.keyring
    return restore_home(folder, place, CONSOLE, Wishes(name, keyring, newer), nothing, now=agency.clock)


def faults(home: Home | Agency) -> list[str]:
    return [f"{fault.object}: {fault.what}" for fault in check(home.ports, CONSOLE)]


def first_entry() -> dict[str, object]:
    """The opened data of the first entry of the log of the home that is open."""
    event = Sequenced.objects.get(index=0).event
    assert event.type == "home:restored"
    found: dict[str, object] = json.loads(event.openings.fields)["data"]["value"]
    return found


def test_a_restored_home_holds_what_was_backed_up_and_its_new_log_holds_the_old_one(
    agency: Agency, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    first = taken(agency, tmp_path, b"before the backup")
    made = backed_up(agency, tmp_path / "b")
    assert (made.objects, made.copied, made.missing) == (1, 1, [])
    taken(agency, tmp_path, b"after the backup")
    newer = agency.ports.catalog.checkpoint()
    old = notes.verify(newer, agency.ports.catalog.log_key())
    old_entries = [bytes(leaf) for leaf in Event.objects.order_by("sequenced__index").values_list("leaf", flat=True)]
    if connection.vendor == "postgresql":
        monkeypatch.setenv("DATABASE_URL", request.getfixturevalue("another_postgresql"))
    home, found = restored(agency, tmp_path / "b", tmp_path / "new", newer)
    assert found.events == found.old.size == made.size
    assert found.lost == old.size - made.size > 0
    assert first_entry()["lost"] == found.lost
    assert first_entry()["newest_checkpoint"] == newer
    assert faults(home) == []
    assert home.ports.catalog.origin() != old.origin
    assert home.ports.catalog.log_key() != agency.ports.catalog.log_key()
    leaves = [bytes(leaf) for leaf in Sequenced.objects.order_by("index").values_list("leaf", flat=True)]
    assert leaves[1 : 1 + made.size] == old_entries[: made.size]
    head = notes.verify(found.old.checkpoint, parse_key(found.old.key, ED25519).public)
    assert Frontier().append(leaves[1 : 1 + head.size]).root() == head.root
    custodian = agency.actors["evidence custodian"]
    release.export(home.ports, custodian, str(first.item), tmp_path / "out")
    assert verify([str(tmp_path / "out"), "--json", "--key", log_key(home)]) == 0
    capsys.readouterr()
    assert next((tmp_path / "out" / "data" / "footage").iterdir()).read_bytes() == b"before the backup"
    assert faults(home) == []


def test_a_home_restored_twice_tells_of_both_logs(small: Agency, tmp_path: Path) -> None:
    taken(small, tmp_path, b"x")
    backed_up(small, tmp_path / "b1")
    one, _ = restored(small, tmp_path / "b1", tmp_path / "one")
    again = Agency(one, small.clock, small.actors)
    taken(again, tmp_path, b"y")
    backed_up(again, tmp_path / "b2")
    two, found = restored(again, tmp_path / "b2", tmp_path / "two")
    assert faults(two) == []
    assert [log.origin for log in two.ports.catalog.past_logs()] == [found.old.origin, small_origin(small)]
    assert len(two.ports.catalog.objects()) == 2
    with sqlite3.connect(two.config.home / "catalog.sqlite3") as raw:
        raw.execute("UPDATE catalog_pastlog SET size = size - 1 WHERE origin = ?", [small_origin(small)])
    raw.close()
    assert any("the log before the restore" in fault for fault in faults(two))


def test_what_was_given_to_the_old_log_is_kept_and_counts_for_nothing_in_the_new_one(small: Agency, tmp_path: Path) -> None:
    authority = TimeAuthority(tmp_path / "time")

    def stamped(agency: Agency) -> int:
        found = stamping.stamp(replace(agency.ports, authority=Authority(authority.url, authority.ca)), system("keeper")).stamp
        assert found is not None
        return found.size

    sizes = [stamped(small)]
    homes = [small]
    for name in ("one", "two"):
        backed_up(homes[-1], tmp_path / f"b-{name}")
        home, _ = restored(homes[-1], tmp_path / f"b-{name}", tmp_path / name)
        homes.append(Agency(home, small.clock, small.actors))
        assert home.ports.holders.newest_stamp() is None
        assert faults(home) == []
        sizes.append(stamped(homes[-1]))
        assert faults(home) == []
    authority.stop()
    past = homes[-1].ports.catalog.past_logs()
    assert [(row.log, row.size) for row in PastStamp.objects.order_by("id")] == [
        (past[1].origin, sizes[0]),
        (past[0].origin, sizes[1]),
    ]
    with triggers.lifted(["catalog_paststamp"]):
        PastStamp.objects.filter(size=sizes[0]).update(time=1)
    assert any("the token is not the one that the log tells of" in fault for fault in faults(homes[-1]))


def small_origin(agency: Agency) -> str:
    return f"vestige.log/{agency.home.config.home_id}"


def test_a_checkpoint_that_does_not_fit_the_backup_is_refused_and_no_home_is_left(small: Agency, tmp_path: Path) -> None:
    taken(small, tmp_path, b"x")
    made = backed_up(small, tmp_path / "b")
    keyring = small.home.config.keyring
    signer = small.home.ports.catalog._signer  # type: ignore[attr-defined]
    forged = notes.Checkpoint(small_origin(small), made.size - 1, bytes(32))
    note = notes.sign(forged, signer.public_key(), signer.sign)
    with pytest.raises(Fault, match="one of the two was forged"):
        restored(small, tmp_path / "b", tmp_path / "new", note)
    other = make_agency(tmp_path / "elsewhere")
    with pytest.raises(Fault):
        restore_home(tmp_path / "b", tmp_path / "new", CONSOLE, Wishes(None, keyring, [other.ports.catalog.checkpoint()]), nothing)
    with pytest.raises(BadInput):
        restored(small, tmp_path / "b", tmp_path / "new", "no checkpoint")
    assert not (tmp_path / "new").exists()
    assert not (tmp_path / "new.restoring").exists()
    (tmp_path / "new.restoring").mkdir()
    (tmp_path / "new.restoring" / "mine").touch()
    with pytest.raises(BadInput, match="remove it first"):
        restored(small, tmp_path / "b", tmp_path / "new")
    assert (tmp_path / "new.restoring" / "mine").exists()


def test_a_backup_is_incremental_and_keeps_as_many_as_it_is_told(small: Agency, tmp_path: Path) -> None:
    taken(small, tmp_path, b"one")
    assert backed_up(small, tmp_path / "b").copied == 1
    taken(small, tmp_path, b"two")
    second = backed_up(small, tmp_path / "b")
    assert (second.objects, second.copied) == (2, 1)
    assert backed_up(small, tmp_path / "b", keep=2).copied == 0
    folder = Backup(tmp_path / "b")
    assert len(folder.names()) == 2
    assert second.name in folder.names()
    home, _ = restored(small, tmp_path / "b", tmp_path / "new", name=second.name)
    assert len(home.ports.catalog.objects()) == 2


def test_what_cannot_be_a_backup_is_refused(small: Agency, tmp_path: Path) -> None:
    taken(small, tmp_path, b"one")
    for place, why in ((small.home.config.home / "b", "another disk"), (small.home.config.home.parent, "another disk")):
        with pytest.raises(BadInput, match=why):
            backed_up(small, place)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").touch()
    with pytest.raises(BadInput, match="not empty"):
        backed_up(small, tmp_path / "full")
    with snapshot(tmp_path / "b", small.home.ports.vault._vault.layout, small.home.config.home_id, 1), pytest.raises(Unavailable):  # type: ignore[attr-defined]
        backed_up(small, tmp_path / "b")
    assert Backup(tmp_path / "b").names() == []
    backed_up(small, tmp_path / "b")
    other = make_agency(tmp_path / "elsewhere")
    with pytest.raises(BadInput, match="another home"):
        backed_up(other, tmp_path / "b")
    with pytest.raises(BadInput, match="another home"):
        backup.repair(other.ports, CONSOLE, tmp_path / "b")


def test_a_rolled_back_database_does_not_overwrite_what_the_backup_knows(small: Agency, tmp_path: Path) -> None:
    file = small.home.config.home / "catalog.sqlite3"
    taken(small, tmp_path, b"one")
    connection.close()
    shutil.copy(file, tmp_path / "earlier")
    second = taken(small, tmp_path, b"two")
    made = backed_up(small, tmp_path / "b")
    connection.close()
    shutil.copy(tmp_path / "earlier", file)
    with pytest.raises(Fault, match="is not the one backed up before"):
        backed_up(small, tmp_path / "b")
    assert Backup(tmp_path / "b").names() == [made.name]
    assert Backup(tmp_path / "b").key(second.item).is_file()


def test_lost_and_damaged_objects_and_keys_are_put_back(small: Agency, tmp_path: Path) -> None:
    outcomes = [taken(small, tmp_path, bytes([n]) * 5000) for n in range(6)]
    backed_up(small, tmp_path / "b")
    late = taken(small, tmp_path, b"not in the backup")
    layout = small.home.ports.vault._vault.layout  # type: ignore[attr-defined]
    small.sealed(outcomes[0].item).unlink()
    layout.key(outcomes[1].item).unlink()
    damaged = bytearray(small.sealed(outcomes[2].item).read_bytes())
    damaged[700] ^= 1
    small.sealed(outcomes[2].item).write_bytes(damaged)
    small.sealed(late.item).unlink()
    assert backed_up(small, tmp_path / "b").missing
    done = backup.repair(small.ports, CONSOLE, tmp_path / "b")
    assert {item for item, words in done.items() if words == "put back"} == {outcome.item for outcome in outcomes[:3]}
    assert "not in the backup" in done[late.item]
    assert [fault for fault in faults(small) if str(small.object_of(late.item)) not in fault] == []
    assert (small.home.config.home / "vault" / "damaged" / f"{small.object_of(outcomes[2].item)}.0").read_bytes() == bytes(damaged)


def test_a_damaged_backup_is_named_and_the_rest_is_restored(small: Agency, tmp_path: Path) -> None:
    outcomes = [taken(small, tmp_path, bytes([n])) for n in range(2)]
    made = backed_up(small, tmp_path / "b")
    folder = Backup(tmp_path / "b")
    rotten = small.object_of(outcomes[0].item)
    folder.object(rotten).write_bytes(b"rot")
    home, found = restored(small, tmp_path / "b", tmp_path / "new")
    assert [str(rotten) in name for name in found.missing] == [True]
    assert {fault.partition(":")[0] for fault in faults(home)} == {f"object {rotten}"}
    database = folder.snapshots / made.name / "catalog" / "catalog.sqlite3"
    database.write_bytes(database.read_bytes() + b"x")
    with pytest.raises(Fault, match="is not what was backed up"):
        restored(small, tmp_path / "b", tmp_path / "newer")
    assert not (tmp_path / "newer").exists()


def test_a_backup_while_others_write_is_one_moment_of_the_home(small: Agency, tmp_path: Path) -> None:
    taken(small, tmp_path, b"first")
    custodian, stop, errors = small.actors["evidence custodian"], threading.Event(), []

    def write() -> None:
        try:
            n = 0
            while not stop.is_set():
                path = tmp_path / f"w{n}.bin"
                path.write_bytes(str(n).encode())
                intake.receive(small.ports, custodian, Sent(path), lambda _: None)
                small.ports.catalog.write_log()
                n += 1
        except BaseException as error:  # noqa: BLE001  # shown below
            errors.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=write)
    thread.start()
    names = [backed_up(small, tmp_path / "b").name for _ in range(3)]
    stop.set()
    thread.join()
    assert errors == []
    sizes = []
    for name in names:
        home, found = restored(small, tmp_path / "b", tmp_path / f"home-{name}", name=name)
        assert (list(found.missing), faults(home)) == ([], [])
        sizes.append(len(home.ports.catalog.objects()))
        open_home(small.home.config.home, now=small.clock)
    assert sizes == sorted(sizes)


def test_sessions_and_secrets_stay_behind(small: Agency, tmp_path: Path) -> None:
    from django.contrib.sessions.backends.db import SessionStore

    session = SessionStore()
    session["who"] = "somebody"
    session.save()
    made = backed_up(small, tmp_path / "b")
    with sqlite3.connect(tmp_path / "b" / "snapshots" / made.name / "catalog" / "catalog.sqlite3") as copy:
        assert copy.execute("SELECT count(*) FROM django_session").fetchone() == (0,)
    copy.close()
    secret = small.home.config.web_secret.encode()
    seeds = json.loads(small.home.config.keyring.read_text())["homes"][str(small.home.config.home_id)]
    hidden = [secret, seeds["log_key"].encode(), *(key.encode() for key in seeds["keks"].values())]
    for path in (tmp_path / "b").rglob("*"):
        if path.is_file():
            assert not any(word in path.read_bytes() for word in hidden), path
    home, _ = restored(small, tmp_path / "b", tmp_path / "new")
    assert home.config.web_secret != small.home.config.web_secret


def test_what_was_taken_away_after_the_backup_is_given_again_and_a_finding_says_so(small: Agency, tmp_path: Path) -> None:
    dock, _, _ = docks.connect(small.ports, small.actor("administrator"), "North")
    token = docks.sign_in(small.ports, system("dock"), dock, "192.0.2.1")
    backed_up(small, tmp_path / "b")
    docks.revoke(small.ports, small.actor("administrator"), "North")
    home, _ = restored(small, tmp_path / "b", tmp_path / "new")
    assert [one.name for one in home.ports.docks.docks()] == ["North"]
    assert docks.of_token(home.ports, token) is None
    [finding] = [one for one in home.ports.catalog.findings(closed=False) if one.kind is FindingKind.RESTORED]
    assert "as it was at" in finding.detail
    assert "dock systems" in finding.detail
    assert faults(home) == []


def test_a_trial_of_the_backup_is_recorded_whether_it_succeeds_or_fails(agency: Agency, tmp_path: Path) -> None:
    outcome = taken(agency, tmp_path, b"tried")
    backed_up(agency, tmp_path / "b")
    result = backup.test_restore(agency.ports, CONSOLE, tmp_path / "b", 10)
    assert result["opened"] == 1
    Backup(tmp_path / "b").object(agency.object_of(outcome.item)).write_bytes(b"rot")
    with pytest.raises(Fault, match="does not restore"):
        backup.test_restore(agency.ports, CONSOLE, tmp_path / "b", 10)
    told = Event.objects.filter(type="restore:tested").order_by("seq")
    outcomes = [json.loads(event.openings.fields)["outcome"]["value"] for event in told]
    assert outcomes[0] == "success"
    assert "does not restore" in outcomes[1]["failed"]
    assert LogState.objects.get().origin == f"vestige.log/{agency.home.config.home_id}"
    keys = json.loads(agency.home.config.keyring.read_text())["homes"]
    assert list(keys) == [str(agency.home.config.home_id)]


def test_a_backup_that_is_killed_leaves_nothing_that_the_next_one_minds(small: Agency, tmp_path: Path) -> None:
    for n in range(3):
        taken(small, tmp_path, os.urandom(3_000_000) + bytes([n]))
    connection.close()
    command = [sys.executable, "-m", "vestige.cli.main", "backup", str(tmp_path / "b"), "--home", str(small.home.config.home)]
    ends = []
    for n in range(examples(200) // 10):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while process.poll() is None and not list((tmp_path / "b").glob("snapshots/*.partial")):
            time.sleep(0.001)
        time.sleep(0.004 * n)
        process.send_signal(signal.SIGKILL)
        ends.append(process.wait())
    how_far(f"{ends.count(-signal.SIGKILL)} backups killed on their way")
    assert -signal.SIGKILL in ends
    small.clock.at = int(time.time() * 1000) + 1000
    made = backed_up(small, tmp_path / "b")
    assert made.missing == []
    assert list((tmp_path / "b").rglob("*.partial")) == []
    home, found = restored(small, tmp_path / "b", tmp_path / "new")
    assert (list(found.missing), faults(home)) == ([], [])


def test_the_whole_machine_is_lost_and_only_backup_and_keyring_are_left(small: Agency, tmp_path: Path) -> None:
    outcome = taken(small, tmp_path, b"all that is left")
    sealed = small.object_of(outcome.item)
    backed_up(small, tmp_path / "b")
    keyring = tmp_path / "kept.keyring"
    shutil.copy(small.home.config.keyring, keyring)
    keyring.chmod(0o600)
    connection.close()
    shutil.rmtree(small.home.config.home)
    small.home.config.keyring.unlink()
    run = [sys.executable, "-m", "vestige.cli.main", "restore", str(tmp_path / "b"), "--home", str(tmp_path / "home")]
    done = subprocess.run([*run, "--json"], capture_output=True, check=False)
    assert done.returncode == 1, done.stderr
    assert b"there is no keyring" in done.stderr
    done = subprocess.run([*run, "--json", "--keyring", str(keyring)], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert (answer["lost"], answer["missing"], answer["faults"]) == (0, [], [])
    home = open_home(tmp_path / "home")
    assert home.ports.vault.digest(outcome.item, sealed) == outcome.sha256
    assert config.load(tmp_path / "home").keyring == tmp_path / "home.keyring"


def test_an_anchor_that_was_kept_elsewhere_tells_what_was_lost_and_is_compared_afterwards(small: Agency, tmp_path: Path) -> None:
    taken(small, tmp_path, b"x")
    made = backed_up(small, tmp_path / "b")
    before, _ = anchored(small, tmp_path / "early.txt"), taken(small, tmp_path, b"y")
    late = anchored(small, tmp_path / "late.txt")
    home, found = restored(small, tmp_path / "b", tmp_path / "new", before.read_text(), late.read_text())
    assert found.lost == found.old.newest - found.events > 0
    assert found.events >= made.size
    told = {one.name: one for one in anchors.compare(home.ports, CONSOLE, [(path.name, path.read_text()) for path in (before, late)])}
    assert not any(one.is_fault for one in told.values())
    assert "were lost, as the restore says" in told["late.txt"].words


def anchored(agency: Agency, path: Path) -> Path:
    anchors.write(agency.ports, agency.actor("auditor"), path)
    return path


def test_a_backup_of_a_later_version_is_refused_in_words(small: Agency, tmp_path: Path) -> None:
    made = backed_up(small, tmp_path / "b")
    manifest = tmp_path / "b" / "snapshots" / made.name / "manifest.json"
    told = json.loads(manifest.read_text())
    manifest.write_text(json.dumps(told | {"migrations": [*told["migrations"], "catalog.9999_from_afar"]}))
    with pytest.raises(BadInput, match=r"later version.*catalog\.9999_from_afar"):
        restored(small, tmp_path / "b", tmp_path / "new")


def test_the_proofs_of_a_clip_come_back_with_it(small: Agency, footage: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    custodian = small.actor("evidence custodian")
    original = intake.receive(small.ports, custodian, Sent(footage / "hamilton_short.mp4"), lambda _: None).item
    made = clip.clip(small.ports, custodian, str(original), Cut(1000, 3000, ""), nothing)
    backed_up(small, tmp_path / "b")
    home, _ = restored(small, tmp_path / "b", tmp_path / "new")
    release.export(home.ports, custodian, made.number, tmp_path / "out")
    assert verify([str(tmp_path / "out"), "--json", "--key", log_key(home)]) == 0
    assert "samples" in json.loads(capsys.readouterr().out)["checked"]
    assert faults(home) == []


def test_machine_and_keyring_are_lost_and_shares_of_the_kit_bring_all_back(tmp_path: Path) -> None:
    home, kit = tmp_path / "home", tmp_path / "kit"

    def vestige(*words: str, home: Path = home) -> dict[str, object]:
        done = command("--home", str(home), "--json", *words)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1]) if done.stdout else {}

    vestige("init", "--console-acts", "--kit-dir", str(kit))
    vestige("people", "add", "C1", "Cee", "--role", "evidence custodian")
    path = tmp_path / "note.bin"
    path.write_bytes(b"worth keeping")
    vestige("ingest", str(path), "--as", "C1")
    vestige("keys", "rotate")
    item = vestige("ingest", str(path), "--device", "ANOTHER", "--as", "C1")
    vestige("backup", str(tmp_path / "b"))
    shutil.rmtree(home)
    (tmp_path / "home.keyring").unlink()
    shares = sorted(path for path in kit.iterdir() if "share" in path.name)[:2]
    given = [word for share in shares for word in ("--share", str(share))]
    sealed = tmp_path / "b" / "recovery" / "keyring.sealed"
    vestige("keys", "recover", *given, "--sealed", str(sealed), "--to", str(tmp_path / "back.keyring"))
    answer = vestige("restore", str(tmp_path / "b"), "--keyring", str(tmp_path / "back.keyring"), home=tmp_path / "new")
    assert (answer["missing"], answer["faults"], answer["lost"]) == ([], [], 0)
    vestige("export", str(item["item"]), "--out", str(tmp_path / "out"), "--as", "C1", home=tmp_path / "new")
    assert next((tmp_path / "out" / "data" / "footage").iterdir()).read_bytes() == b"worth keeping"
