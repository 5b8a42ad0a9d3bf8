"""The main job, first half: a card comes in, nothing is lost, every change is named."""

import base64
import hashlib
import json
import shutil
import sqlite3
from pathlib import Path

import bagit
import pytest

from tests.agency import CONSOLE, Agency, make_agency
from tests.forking import command
from vestige.access.roles import Role
from vestige.actions import intake, items, people, release
from vestige.actions.checking import check
from vestige.actions.intake import Sent
from vestige.assembly import open_home
from vestige.catalog.sequencer import append, sequence
from vestige.errors import BadInput, NotFound, Refused, Tampered, Unavailable
from vestige.evidence.items import ItemFilter
from vestige.ingest.card import Card, Wishes, read_card


@pytest.fixture
def agency(tmp_path: Path) -> Agency:
    return make_agency(tmp_path)


def take(agency: Agency, path: Path, **said: object) -> intake.Outcome:
    return intake.receive(agency.ports, agency.actor("evidence custodian"), Sent(path, **said), lambda _: None)  # type: ignore[arg-type]


def card(agency: Agency, *paths: Path, erase: bool = False) -> list[object]:
    return list(read_card(agency.ports, agency.actor("evidence custodian"), Card.find(paths), Wishes(erase=erase), lambda _: None))


def faults(agency: Agency) -> list[str]:
    return [f"{fault.object}: {fault.what}" for fault in check(agency.ports, CONSOLE)]


def note(folder: Path, name: str = "note.bin", data: bytes = b"no kind of footage") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def test_every_file_of_real_footage_is_kept_byte_for_byte(agency: Agency, footage: Path) -> None:
    outcomes = card(agency, footage)
    assert len(outcomes) == len(Card.find([footage]).files)
    for outcome in outcomes:
        assert isinstance(outcome, intake.Outcome)
        assert outcome.sha256.value == hashlib.sha256(outcome.path.read_bytes()).hexdigest()
        item = agency.ports.catalog.item(outcome.number)
        assert item is not None
        assert agency.ports.vault.digest(item.id, item.sealed) == outcome.sha256
        assert (outcome.status == "quarantined") is (
            outcome.path.suffix in {".md", ".pem", ".raw", ".xml"} or "corrupt" in outcome.path.name
        )
    assert {o.status for o in card(agency, footage) if isinstance(o, intake.Outcome)} == {"duplicate"}
    assert faults(agency) == []


def test_gopro_files_show_their_place_and_time(agency: Agency, footage: Path) -> None:
    for name, year in (("gopro_karma.mp4", 2017), ("gopro_max-heromode.mp4", 2019)):
        _, recording = items.show_item(agency.ports, agency.actor("evidence custodian"), str(take(agency, footage / name).item))
        assert recording.place is not None
        assert abs(recording.place.latitude - 33.126) < 0.002
        assert abs(recording.place.longitude + 117.329) < 0.003
        assert recording.recorded_at is not None
        assert 1970 + recording.recorded_at // 31_556_952_000 == year


def test_segments_that_the_camera_split_are_one_recording(agency: Agency, footage: Path, tmp_path: Path) -> None:
    folder = tmp_path / "card"
    folder.mkdir()
    for name in ("GX010007.MP4", "GX020007.MP4", "GX010008.MP4"):
        shutil.copy(footage / "hamilton_short.mp4", folder / name)
        with (folder / name).open("ab") as out:
            out.write(b"\0\0\0\x08free" * (1 + len(list(folder.iterdir()))))
    outcomes = [o for o in card(agency, folder) if isinstance(o, intake.Outcome)]
    by_name = {o.path.name: o.recording for o in outcomes}
    assert by_name["GX010007.MP4"] == by_name["GX020007.MP4"] != by_name["GX010008.MP4"]


def test_a_card_is_erased_only_of_what_was_verified(agency: Agency, tmp_path: Path) -> None:
    kept = note(tmp_path, "a.bin")
    outcome = take(agency, kept)
    kept.write_bytes(b"something else now")
    with pytest.raises(Refused, match="stays on the card"):
        intake.erase(agency.ports, agency.actor("evidence custodian"), outcome)
    assert kept.exists()
    gone = note(tmp_path, "b.bin", b"other")
    assert [o.erased for o in card(agency, gone, erase=True) if isinstance(o, intake.Outcome)] == [True]
    assert not gone.exists()
    assert faults(agency) == []


def test_who_may_not_is_refused_and_the_refusal_is_recorded(agency: Agency, tmp_path: Path) -> None:
    outcome = take(agency, note(tmp_path))
    with pytest.raises(NotFound):
        items.show_item(agency.ports, agency.actor("officer"), str(outcome.item))
    with pytest.raises(Refused):
        intake.receive(agency.ports, CONSOLE, Sent(note(tmp_path)), lambda _: None)
    from vestige.catalog.models import Event

    assert Event.objects.filter(type="access:refused").count() == 2
    assert items.list_items(agency.ports, agency.actor("officer"), ItemFilter()) == []


def test_an_officer_brings_in_and_sees_their_own_footage_and_nobody_elses(agency: Agency, tmp_path: Path) -> None:
    officer, other = agency.actor("officer"), people.add(agency.ports, CONSOLE, "O2", "Another", [Role.OFFICER])
    outcome = intake.receive(agency.ports, officer, Sent(note(tmp_path)), lambda _: None)
    _, recording = items.show_item(agency.ports, officer, outcome.number)
    assert str(recording.officer) == officer.id
    with pytest.raises(Refused, match="only where they recorded it"):
        intake.receive(agency.ports, officer, Sent(note(tmp_path, "b.bin", b"other"), officer=other.badge), lambda _: None)
    assert [item.id for item in items.list_items(agency.ports, officer, ItemFilter())] == [outcome.item]
    assert faults(agency) == []


def test_nothing_is_kept_of_a_file_whose_sender_is_wrong(agency: Agency, tmp_path: Path) -> None:
    for said in ({"officer": "NOBODY"}, {"category": "picnic"}, {"device": " "}):
        with pytest.raises(BadInput):
            take(agency, note(tmp_path), **said)
    assert faults(agency) == []
    assert items.list_items(agency.ports, agency.actor("auditor"), ItemFilter()) == []


def test_an_intake_that_fails_at_the_end_leaves_nothing(agency: Agency, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(agency.ports.catalog), "end_intake", lambda *_: False)
    with pytest.raises(Unavailable, match="swept"):
        take(agency, note(tmp_path))
    monkeypatch.undo()
    agency.ports.catalog.end_intake(agency.ports.catalog.intakes()[0][0])
    assert faults(agency) == []


def test_badges_are_not_given_twice_and_unknown_things_are_not_found(agency: Agency) -> None:
    people.add(agency.ports, CONSOLE, "B7", "One", [Role.OFFICER])
    with pytest.raises(BadInput, match="already"):
        people.add(agency.ports, CONSOLE, "b7", "Two", [])
    with pytest.raises(NotFound):
        items.show_item(agency.ports, agency.actor("auditor"), "E-2026-000099")


def test_two_sequencers_never_fork_the_tree(agency: Agency, tmp_path: Path) -> None:
    from vestige.catalog.models import Event, LogState

    sequence()
    take(agency, note(tmp_path))
    stale = LogState.objects.get()
    waiting = [(e.seq, bytes(e.leaf)) for e in Event.objects.filter(sequenced__isnull=True).order_by("seq")]
    assert append(stale, waiting[:1])
    assert not append(stale, waiting)
    assert sequence() == Event.objects.count()
    assert faults(agency) == []


CHANGES = {
    "a hash": "UPDATE catalog_evidenceitem SET sha256 = 'f' || substr(sha256, 2, 62) || 'f'",
    "a status": "UPDATE catalog_evidenceitem SET status = 'accessioned'",
    "facts": "UPDATE catalog_evidenceitem SET probe = '{}'",
    "a category": "UPDATE catalog_recording SET category = 'training'",
    "an officer": "UPDATE catalog_recording SET officer_id = (SELECT id FROM accounts_person LIMIT 1)",
    "a role": "UPDATE accounts_rolegrant SET role = 'administrator'",
    "the home": "UPDATE catalog_agency SET name = 'Another'",
    "a head": "UPDATE catalog_evidenceitem SET head = zeroblob(32)",
    "a person too many": "INSERT INTO accounts_person SELECT password, last_login, replace(id, substr(id, 1, 4), 'ffff'), 'X', name, unit, active, "
    "invitation, invited_until FROM accounts_person LIMIT 1",
    "the root": "UPDATE catalog_logstate SET root = zeroblob(32)",
    "a trigger": "DROP TRIGGER catalog_event_update",
    "an event": "DROP TRIGGER catalog_event_update; UPDATE catalog_event SET time = time + 1 WHERE seq = 3",
    "an entry": "DROP TRIGGER catalog_event_update; UPDATE catalog_event SET entry = replace(entry, 'a', 'b') WHERE seq = 3",
    "an opening": "DROP TRIGGER catalog_openings_update; UPDATE catalog_openings SET fields = replace(fields, 'success', 'failure')",
    "a missing event": "DROP TRIGGER catalog_event_delete; DROP TRIGGER catalog_openings_delete; DROP TRIGGER catalog_sequenced_delete; "
    "DELETE FROM catalog_openings WHERE event_id = 4; DELETE FROM catalog_sequenced WHERE event_id = 4; DELETE FROM catalog_event WHERE seq = 4",
}


@pytest.mark.parametrize("change", CHANGES)
def test_any_change_behind_our_back_is_named(agency: Agency, tmp_path: Path, change: str) -> None:
    take(agency, note(tmp_path))
    assert faults(agency) == []
    from django.db import connection

    connection.close()
    with sqlite3.connect(agency.home.config.home / "catalog.sqlite3") as database:
        database.executescript(CHANGES[change])
    database.close()
    assert faults(agency) != []


def test_a_flipped_byte_a_lost_object_and_a_stray_file_are_named(agency: Agency, tmp_path: Path) -> None:
    outcome = take(agency, note(tmp_path))
    sealed = agency.sealed(outcome.item)
    whole = sealed.read_bytes()
    sealed.write_bytes(whole[:60] + bytes([whole[60] ^ 1]) + whole[61:])
    assert [f for f in faults(agency) if str(outcome.item) in f]
    sealed.unlink()
    assert [f for f in faults(agency) if "missing" in f]
    sealed.write_bytes(whole)
    assert faults(agency) == []
    (sealed.parent / "stranger").write_bytes(b"")
    assert [f for f in faults(agency) if "stranger" in f]


def vestige(home: Path, *words: str) -> tuple[int, list[dict[str, object]], str]:
    done = command("--home", str(home), "--json", *words)
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def test_the_command_line_does_the_first_half_of_the_job(tmp_path: Path) -> None:
    home = tmp_path / "h"
    code, [made], _ = vestige(home, "init", "--agency", "Sample", "--admin", "A1", "--console-acts")
    assert (code, made["home"]) == (0, str(home))
    assert str(made["log_key"]).startswith("vestige.log/")
    assert not (home / "settings.toml").stat().st_mode & 0o077
    assert vestige(home, "init")[0] == 2
    assert vestige(home, "people", "add", "C1", "Cee", "--role", "evidence custodian")[0] == 0
    path = str(note(tmp_path))
    code, [taken], _ = vestige(home, "ingest", path, "--as", "C1")
    assert (code, taken["status"]) == (0, "quarantined")
    assert vestige(home, "--as", "C1", "ingest", path)[1][0]["status"] == "duplicate"
    assert [row["item"] for row in vestige(home, "items")[1]] == [taken["item"]]
    assert vestige(home, "show", str(taken["item"]), "--as=C1")[1][0]["sha256"] == taken["sha256"]
    assert [row["type"] for row in vestige(home, "trail", str(taken["item"]), "--as", "C1")[1]] == [
        "item:received",
        "item:quarantined",
        "item:duplicate_received",
    ]
    assert vestige(home, "fsck")[:2] == (0, [])


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("ingest", "nowhere.mp4", "--as", "C1"), 2),
        (("ingest", "nowhere.mp4", "--as", "NOBODY"), 3),
        (("ingest", "pyproject.toml"), 3),
        (("show", "E-2026-000099", "--as", "C1"), 1),
        (("people", "add", "X", "Y", "--role", "king"), 2),
        (("items", "--status", "lost"), 2),
        (("items", "--since", "yesterday"), 2),
        (("nonsense",), 2),
    ],
)
def test_wrong_use_has_its_exit_code_and_a_sentence(tmp_path_factory: pytest.TempPathFactory, words: tuple[str, ...], code: int) -> None:
    home = tmp_path_factory.getbasetemp() / "wrong-use"
    if not home.exists():
        vestige(home, "init", "--console-acts")
        vestige(home, "people", "add", "C1", "Cee", "--role", "evidence custodian")
    found, _, words_for_people = vestige(home, *words)
    assert found == code
    assert words_for_people.strip()


def test_there_is_no_home_without_init(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="vestige init"):
        open_home(tmp_path)


def test_a_home_without_console_acts_takes_two_granters_for_a_role_that_sees(tmp_path: Path) -> None:
    home = tmp_path / "h"
    assert vestige(home, "init")[0] == 0
    assert vestige(home, "people", "add", "O1", "Oh", "--role", "officer")[0] == 0
    code, _, words = vestige(home, "people", "add", "C1", "Cee", "--role", "evidence custodian")
    assert code == 3
    assert "two granters" in words


def test_an_export_gives_back_the_file_and_a_bag_with_its_proof(agency: Agency, tmp_path: Path) -> None:
    outcome = take(agency, note(tmp_path))
    out = tmp_path / "out"
    package = release.export(agency.ports, agency.actor("evidence custodian"), outcome.number, out)
    bag = bagit.Bag(str(out))
    bag.validate()
    tags = (out / "tagmanifest-sha256.txt").read_bytes()
    assert hashlib.sha256(tags).hexdigest() == package.digest.value
    assert [hashlib.sha256(p.read_bytes()).hexdigest() for p in (out / "data" / "footage").iterdir()] == [outcome.sha256.value]
    listed = {line.split("  ")[1] for line in tags.decode().splitlines()}
    assert listed == {"bagit.txt", "bag-info.txt", "manifest-sha256.txt", "README.txt", "verify.html"}
    trail = json.loads((out / "data" / "trail.json").read_bytes())
    types = [json.loads(entry["entry"])["type"] for entry in trail["trails"][0]["entries"]]
    assert types == ["item:received", "item:quarantined", "fixity:checked"]
    first, extra, index, *_ = (out / "package.tlog-proof").read_text().splitlines()
    opened = json.loads(base64.b64decode(extra.removeprefix("extra ")))["openings"]
    assert (first, index.split()[0]) == ("c2sp.org/tlog-proof@v1", "index")
    assert opened["digests"]["value"] == [{"algorithm": "sha256", "of": "package", "value": package.digest.value}]
    assert opened["previous"]["value"] == hashlib.sha256(b"\0" + trail["trails"][0]["entries"][-1]["entry"].encode()).hexdigest()
    assert faults(agency) == []
    with pytest.raises(BadInput, match="not empty"):
        release.export(agency.ports, agency.actor("evidence custodian"), outcome.number, out)


def test_nothing_leaves_whose_stored_bytes_changed(agency: Agency, tmp_path: Path) -> None:
    outcome = take(agency, note(tmp_path))
    sealed = agency.sealed(outcome.item)
    whole = sealed.read_bytes()
    sealed.write_bytes(whole[:60] + bytes([whole[60] ^ 1]) + whole[61:])
    with pytest.raises(Tampered):
        release.export(agency.ports, agency.actor("evidence custodian"), outcome.number, tmp_path / "out")
    assert not list(tmp_path.glob("out*"))
