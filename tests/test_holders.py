"""Checkpoints that others hold: a real witness process, a real time authority, real homes; what they catch, and that they hold nothing up."""

import json
import os
import shutil
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from django.db import connection

from tests.agency import CONSOLE, Agency, make_agency
from tests.beside import TimeAuthority, WitnessProcess, free_port
from tests.custody.signing import signer
from tests.test_home import vestige
from vestige.actions import anchors, cosigning, findings, intake, release, stamping, witnesses
from vestige.actions.checking import check
from vestige.actions.intake import Sent
from vestige.assembly import log_key, open_home
from vestige.custody.cosignatures import of_note
from vestige.custody.signed_notes import COSIGNATURE, ED25519, VerifierKey, parse_checkpoint, parse_key, parse_note
from vestige.errors import BadInput, NotFound, Refused
from vestige.evidence.items import FindingKind
from vestige.evidence.people import system
from vestige.outside.authority import Authority

KEEPER = system("keeper")


@pytest.fixture(scope="module")
def clerk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WitnessProcess]:
    """One running witness for the module; each test has it trust its own log."""
    process = WitnessProcess(tmp_path_factory.mktemp("clerk") / "w")
    process.command("init", "--name", "clerk.example/w1")
    process.start()
    yield process
    process.stop()


@pytest.fixture
def agency(tmp_path: Path) -> Agency:
    return make_agency(tmp_path)


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Agency]:
    """A new home on each database."""
    if request.param == "postgresql":
        monkeypatch.setenv("DATABASE_URL", request.getfixturevalue("fresh_postgresql"))
    yield make_agency(tmp_path)
    connection.close()


def entered(agency: Agency, clerk: WitnessProcess) -> str:
    """The clerk trusts the agency's log, and is its witness; returns the clerk's verifier key."""
    clerk.command("trust", log_key(agency.home))
    key = str(clerk.command("show")["witness_key"])
    witnesses.add(agency.ports, agency.actor("administrator"), key, clerk.url + "/")
    return key


def something(agency: Agency) -> None:
    """An event that is not about checkpoints."""
    findings.list_findings(agency.ports, agency.actor("auditor"))


def kinds(agency: Agency) -> list[FindingKind]:
    return sorted(one.kind for one in agency.ports.catalog.findings(closed=False) if one.kind is not FindingKind.CLOCKS_DIFFER)


def words(agency: Agency) -> list[str]:
    return [f"{fault.object}: {fault.what}" for fault in check(agency.ports, CONSOLE)]


def note(folder: Path, data: bytes = b"no kind of footage") -> Path:
    path = folder / "note.bin"
    path.write_bytes(data)
    return path


def test_a_log_is_cosigned_again_and_again_and_sleeps_when_nothing_is_new(either: Agency, clerk: WitnessProcess) -> None:
    agency = either
    assert not cosigning.is_due(agency.ports)
    with pytest.raises(NotFound, match="no witness"):
        cosigning.cosign(agency.ports, KEEPER)
    key = entered(agency, clerk)
    sizes = []
    for _ in range(3):
        something(agency)
        assert cosigning.is_due(agency.ports)
        [outcome] = cosigning.cosign(agency.ports, KEEPER)
        assert outcome.cosigned, outcome.words
        assert str(outcome.cosigned.key) == key
        [known] = agency.ports.holders.witnesses()
        sizes.append(known.cosigned)
        if len(sizes) > 1:  # the first time the finding about clocks is new as well: the simulated agency lives in another month
            assert not cosigning.is_due(agency.ports)
    assert sizes == sorted(set(sizes))
    assert anchors.write(agency.ports, KEEPER).witnesses == ("clerk.example/w1",)
    something(agency)
    assert [one.is_fault for one in anchors.compare(agency.ports, CONSOLE, [])] == [False]
    assert kinds(agency) == []
    assert words(agency) == []
    assert [one.kind for one in agency.ports.catalog.findings(closed=False)] == [FindingKind.CLOCKS_DIFFER]


def test_a_witness_goes_on_after_a_restart_and_names_its_size_to_who_forgot_it(agency: Agency, tmp_path: Path) -> None:
    process = WitnessProcess(tmp_path / "w")
    process.command("init")
    process.start()
    entered(agency, process)
    assert cosigning.cosign(agency.ports, KEEPER)[0].cosigned
    process.stop()
    something(agency)
    [silent] = cosigning.cosign(agency.ports, KEEPER)
    assert "refused" in silent.words
    [waiting] = agency.ports.holders.witnesses()
    assert (waiting.failures, waiting.retry_at > agency.clock.at) == (1, True)
    assert not cosigning.is_due(agency.ports)
    process.start()
    witnesses.withdraw(agency.ports, agency.actor("administrator"), waiting.name)
    witnesses.add(agency.ports, agency.actor("administrator"), waiting.key, process.url)  # a new row: nothing is known of what it cosigned
    [outcome] = cosigning.cosign(agency.ports, KEEPER)
    assert outcome.cosigned, outcome.words
    assert words(agency) == []
    process.stop()


def test_a_silent_witness_is_asked_less_and_less_and_becomes_a_finding_and_blocks_nothing(agency: Agency, tmp_path: Path) -> None:
    gone = signer("gone.example/w", COSIGNATURE)
    witnesses.add(agency.ports, agency.actor("administrator"), str(gone.key), f"http://127.0.0.1:{free_port()}")
    waits = []
    for _ in range(9):
        assert cosigning.is_due(agency.ports)
        cosigning.cosign(agency.ports, KEEPER, everyone=False)
        [known] = agency.ports.holders.witnesses()
        waits.append(round((known.retry_at - agency.clock.at) / 60_000))
        assert not cosigning.is_due(agency.ports)
        agency.clock.at = known.retry_at
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert kinds(agency) == [FindingKind.WITNESS_SILENT]
    taken = intake.receive(agency.ports, agency.actor("evidence custodian"), Sent(note(tmp_path)), lambda _: None)
    done = release.export(agency.ports, agency.actor("evidence custodian"), str(taken.item), tmp_path / "out")
    assert (done.witnesses, done.silent) == ((), ("gone.example/w",))
    assert len(parse_note((done.path / "package.tlog-proof").read_text().partition("\n\n")[2]).lines) == 1


def test_a_package_leaves_with_cosignatures_and_a_token_by_those_that_its_manifest_names(
    agency: Agency, clerk: WitnessProcess, tmp_path: Path
) -> None:
    pytest.importorskip("rfc3161_client")
    key = entered(agency, clerk)
    real = TimeAuthority(tmp_path / "time")
    ports = replace(agency.ports, authority=Authority(real.url, real.ca))
    custodian = agency.actor("evidence custodian")
    taken = intake.receive(ports, custodian, Sent(note(tmp_path)), lambda _: None)
    done = release.export(ports, custodian, str(taken.item), tmp_path / "out")
    real.stop()
    assert (done.witnesses, done.silent, done.stamped) == (("clerk.example/w1",), (), True)
    manifest = json.loads((done.path / "data" / "manifest.json").read_bytes())
    assert manifest["log"]["witnesses"] == [key]
    proof = parse_note((done.path / "package.tlog-proof").read_text().partition("\n\n")[2])
    assert [line.name for line in proof.lines] == [parse_checkpoint(proof.text).origin, "clerk.example/w1"]
    assert len(proof.signed_by([parse_key(log_key(agency.home), ED25519)])) == 1
    assert len(of_note(proof, [parse_key(key, COSIGNATURE)])) == 1
    real.verify((done.path / "package.tsr").read_bytes(), proof.text.encode())
    assert "package.tsr" not in (done.path / "tagmanifest-sha256.txt").read_text()
    assert words(agency) == []


def test_a_time_authority_out_of_order_is_an_event_and_a_finding_and_the_package_goes_without(agency: Agency, tmp_path: Path) -> None:
    pytest.importorskip("rfc3161_client")
    assert not stamping.is_due(agency.ports)
    with pytest.raises(NotFound, match="VESTIGE_TSA_URL"):
        stamping.stamp(agency.ports, KEEPER)
    real = TimeAuthority(tmp_path / "time")
    ports = replace(agency.ports, authority=Authority(real.url, real.ca))
    assert stamping.is_due(ports)
    real.answers = False
    assert "answered 500" in stamping.stamp(ports, KEEPER).words
    assert kinds(agency) == [FindingKind.TIME_SILENT]
    assert not stamping.is_due(ports)
    custodian = agency.actor("evidence custodian")
    taken = intake.receive(ports, custodian, Sent(note(tmp_path)), lambda _: None)
    done = release.export(ports, custodian, str(taken.item), tmp_path / "out")
    assert (done.stamped, (done.path / "package.tsr").exists(), "answered 500" in done.time_fault) == (False, False, True)
    real.answers = True
    agency.clock.at += 3_600_000
    assert stamping.is_due(ports)
    assert stamping.stamp(ports, KEEPER).stamp
    assert not stamping.is_due(ports)
    real.stop()
    assert words(agency) == []


def test_who_may_not_and_what_is_no_witness(agency: Agency) -> None:
    key, log = str(signer("w.example/1", COSIGNATURE).key), str(signer("w.example/1", ED25519).key)
    admin = agency.actor("administrator")
    for actor in (CONSOLE, agency.actor("officer"), agency.actor("auditor")):
        with pytest.raises(Refused):
            witnesses.add(agency.ports, actor, key, "https://w.example")
    for wrong, url in (
        (log, "https://w.example"),
        (key, "ftp://w.example"),
        (key, "w.example"),
        (key, "https://me@w.example"),
        (key, "http://[x"),
    ):
        with pytest.raises(BadInput):
            witnesses.add(agency.ports, admin, wrong, url)
    witnesses.add(agency.ports, admin, key, "https://w.example/")
    with pytest.raises(BadInput, match="already"):
        witnesses.add(agency.ports, admin, key, "https://other.example")
    twice = VerifierKey("another.example/name", COSIGNATURE, parse_key(key, COSIGNATURE).public)
    with pytest.raises(BadInput, match="already"):
        witnesses.add(agency.ports, admin, str(twice), "https://other.example")
    with pytest.raises(NotFound):
        witnesses.withdraw(agency.ports, admin, "nobody")
    assert [one.url for one in witnesses.list_witnesses(agency.ports, agency.actor("auditor"))] == ["https://w.example"]
    witnesses.withdraw(agency.ports, admin, key)
    assert witnesses.list_witnesses(agency.ports, admin) == []
    assert [bool(one.withdrawn) for one in witnesses.list_witnesses(agency.ports, admin, withdrawn=True)] == [True]
    assert words(agency) == []


def test_changed_witnesses_cosignatures_and_tokens_are_named(agency: Agency, clerk: WitnessProcess) -> None:
    entered(agency, clerk)
    cosigning.cosign(agency.ports, KEEPER)
    with sqlite3.connect(agency.home.config.home / "catalog.sqlite3") as database:
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            database.execute("UPDATE catalog_cosignature SET time = 1")
        database.execute("DROP TRIGGER catalog_cosignature_update")
        database.execute("UPDATE catalog_cosignature SET time = time + 1")
        database.execute("UPDATE catalog_witness SET url = 'http://elsewhere'")
    found = "\n".join(words(agency))
    for named in ("catalog_cosignature_update", "column time is not what was cosigned", "column url"):
        assert named in found
    with sqlite3.connect(agency.home.config.home / "catalog.sqlite3") as database:
        database.execute("DROP TRIGGER catalog_cosignature_delete")
        database.execute("DELETE FROM catalog_cosignature")
        database.execute("DROP TRIGGER catalog_stamp_delete")
        database.execute("INSERT INTO catalog_stamp (size, authority, time, token) VALUES (1, 'x', 1, x'00')")
    found = "\n".join(words(agency))
    for named in ("tells of a cosignature that is not there", "token is not the one"):
        assert named in found


def copied(agency: Agency, place: Path) -> Agency:
    """The same home a second time, with its keyring: what a backup put back beside the original would be."""
    home = agency.home.config.home
    shutil.copytree(home, place)
    shutil.copy(agency.home.config.keyring, place.with_name(place.name + ".keyring"))
    return Agency(open_home(place, now=agency.clock), agency.clock, dict(agency.actors))


def again(agency: Agency) -> Agency:
    """Turn the process to that home: one is open at a time."""
    return Agency(open_home(agency.home.config.home, now=agency.clock), agency.clock, agency.actors)


def test_a_forked_log_is_caught_by_the_witness_and_by_comparing_checkpoints(agency: Agency, clerk: WitnessProcess, tmp_path: Path) -> None:
    entered(agency, clerk)
    agency.actor("auditor")
    assert cosigning.cosign(agency.ports, KEEPER)[0].cosigned
    twin = copied(agency, tmp_path / "twin")
    something(twin)
    one = anchors.write(twin.ports, KEEPER, tmp_path / "one.txt")  # cosigned by the witness: the twin's history is the one it knows
    assert one.witnesses == ("clerk.example/w1",)
    agency = again(agency)
    something(agency)
    two = anchors.write(agency.ports, KEEPER, tmp_path / "two.txt")
    assert (two.size, two.witnesses, two.silent) == (one.size, (), ("clerk.example/w1",))
    assert kinds(agency) == [FindingKind.LOG_FORKED]
    given = [("one.txt", (tmp_path / "one.txt").read_text()), ("two.txt", (tmp_path / "two.txt").read_text())]
    compared = anchors.compare(agency.ports, CONSOLE, given)
    assert next(c for c in compared if c.name == "two.txt").words.endswith("are those that were signed")
    assert any(c.name == "one.txt" and "forked or rewritten" in c.words for c in compared)
    assert any("two trees of size" in c.words for c in compared)
    something(agency)
    something(agency)
    [later] = cosigning.cosign(agency.ports, KEEPER)
    assert "does not continue" in later.words
    assert len([k for k in kinds(agency) if k is FindingKind.LOG_FORKED]) == 1


def test_a_rolled_back_database_is_caught_against_the_last_anchor_and_by_the_witness(
    agency: Agency, clerk: WitnessProcess, tmp_path: Path
) -> None:
    entered(agency, clerk)
    something(agency)
    database = agency.home.config.home / "catalog.sqlite3"
    before = tmp_path / "before.sqlite3"
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(before)) as target:
        source.backup(target)
    for _ in range(3):
        something(agency)
    written = anchors.write(agency.ports, KEEPER)
    assert anchors.compare(agency.ports, CONSOLE, [])[0].is_fault is False
    connection.close()
    for suffix in ("-wal", "-shm"):
        database.with_name(database.name + suffix).unlink(missing_ok=True)
    shutil.copy(before, database)
    [comparison] = anchors.compare(agency.ports, CONSOLE, [])
    assert (comparison.name, comparison.is_fault) == (str(written.path), True)
    assert "rolled back" in comparison.words
    [outcome] = cosigning.cosign(agency.ports, KEEPER)
    assert "now has only" in outcome.words
    assert FindingKind.LOG_FORKED in kinds(agency)
    for _ in range(9):
        something(agency)
    assert "forked or rewritten" in anchors.compare(agency.ports, CONSOLE, [])[0].words


def test_an_anchor_is_due_once_a_day_and_never_written_over(agency: Agency, tmp_path: Path) -> None:
    assert anchors.is_due(agency.ports)
    out = tmp_path / "anchor.txt"
    written = anchors.write(agency.ports, KEEPER, out)
    assert not anchors.is_due(agency.ports)
    assert out.read_text() == written.path.read_text()
    assert stat.S_IMODE(out.stat().st_mode) & 0o444 == 0o444
    with pytest.raises(BadInput, match="there already"):
        anchors.write(agency.ports, KEEPER, out)
    agency.clock.at += 86_400_000
    assert anchors.is_due(agency.ports)
    written.path.write_text("scribbled over")
    [comparison] = anchors.compare(agency.ports, CONSOLE, [])
    assert comparison.is_fault


def test_the_command_line_enters_submits_anchors_and_compares(tmp_path: Path, clerk: WitnessProcess) -> None:
    home = tmp_path / "h"
    key = vestige(home, "init", "--admin", "A1", "--console-acts")[1][0]["log_key"]
    clerk.command("trust", str(key))
    witness = str(clerk.command("show")["witness_key"])
    assert vestige(home, "log", "witness", "submit", "--as", "A1")[0] == 1
    assert vestige(home, "log", "witness", "add", witness, clerk.url)[0] == 3
    assert vestige(home, "log", "witness", "add", witness, clerk.url, "--as", "A1")[0] == 0
    code, [submitted], _ = vestige(home, "log", "witness", "submit", "--as", "A1")
    assert (code, submitted["cosigned"]) == (0, True)
    before = 6  # founded, the first administrator and role, the recovery kit, a refusal, the witness
    assert vestige(home, "log", "witness", "list", "--as", "A1")[1][0]["size"] == before
    out = tmp_path / "anchor.txt"
    code, [written], _ = vestige(home, "log", "anchor", "--out", str(out), "--as", "A1")
    assert (code, written["anchor"], written["witnesses"]) == (0, str(out), ["clerk.example/w1"])
    code, compared, _ = vestige(home, "log", "compare", str(out))
    assert (code, [one["holds"] for one in compared]) == (0, [True, True])
    assert vestige(home, "fsck", "--anchor", str(out))[:2] == (0, [])
    (tmp_path / "other.txt").write_text("nothing\n")
    code, faults, _ = vestige(home, "fsck", "--anchor", str(tmp_path / "other.txt"))
    assert (code, [fault["object"] for fault in faults]) == (1, [str(tmp_path / "other.txt")])
    assert vestige(home, "log", "compare", str(tmp_path / "none.txt"))[0] == 2
    assert vestige(home, "log", "stamp", "--as", "A1")[0] == 1
    assert vestige(home, "log", "witness", "withdraw", "clerk.example/w1", "--as", "A1")[0] == 0
    assert vestige(home, "fsck")[:2] == (0, [])


def test_a_time_authority_takes_both_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "h"
    assert vestige(home, "init")[0] == 0
    monkeypatch.setitem(os.environ, "VESTIGE_TSA_URL", "http://127.0.0.1:1/")
    code, _, said = vestige(home, "fsck")
    assert (code, "VESTIGE_TSA_CA" in said) == (2, True)
