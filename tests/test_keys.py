"""Keys of a home: lost and brought back, tried, drawn anew while files come in and the process is killed, revoked, retired."""

import json
import os
import shutil
import threading
from pathlib import Path

import pytest

from tests.agency import CONSOLE, Agency, make_agency
from tests.test_home import faults, note, take, vestige
from vestige.actions import keys
from vestige.actions.checking import check
from vestige.assembly import open_home, open_lost_home, recover_without_home
from vestige.custody.notes import fingerprint
from vestige.errors import BadInput, Fault, NotFound, Refused, Tampered
from vestige.vault import rewrap
from vestige.vault.kit import cut
from vestige.vault.layout import Layout
from vestige.vault.shares import parse


@pytest.fixture
def agency(tmp_path: Path) -> Agency:
    return make_agency(tmp_path)


def kit(agency: Agency, folder: Path, threshold: int = 2, shares: int = 3) -> list[Path]:
    keys.split(agency.ports, CONSOLE, threshold, shares, folder)
    return [folder / f"share-{n}-of-{shares}.txt" for n in range(1, shares + 1)]


def events(agency: Agency, kind: str, ref: str) -> list[tuple[str, object]]:
    return [(entry.type, entry.opened["outcome"]) for entry in agency.ports.catalog.trail_of_object(kind, ref)]


def quiet(_: float) -> None:
    """Nobody watches."""


def standing(agency: Agency) -> dict[str, int]:
    return dict(agency.ports.keys.standing())


def test_a_drill_opens_a_real_item_and_ends_the_warning(agency: Agency, tmp_path: Path) -> None:
    assert "no recovery kit" in str(keys.warning(agency.ports))
    one, _, three = kit(agency, tmp_path / "kit")
    with pytest.raises(BadInput, match="holds nothing"):
        keys.drill(agency.ports, CONSOLE, [one, three])
    taken = take(agency, note(tmp_path))
    assert "never tried" in str(keys.warning(agency.ports))
    before = agency.home.config.keyring.read_bytes()
    trial = keys.drill(agency.ports, CONSOLE, [one, three])
    assert (trial.item, trial.digest) == (taken.item, taken.sha256)
    assert agency.home.config.keyring.read_bytes() == before
    assert keys.warning(agency.ports) is None
    agency.clock.at += 366 * 24 * 3_600_000
    assert "more than a year" in str(keys.warning(agency.ports))
    assert events(agency, "kit", trial.kit) == [("key:split", "success"), ("key:drilled", "success")]
    assert faults(agency) == []


def test_a_drill_that_fails_is_recorded_and_warns_on(agency: Agency, tmp_path: Path) -> None:
    taken = take(agency, note(tmp_path))
    one, two, _ = kit(agency, tmp_path / "kit")
    with pytest.raises(BadInput, match="2 different shares"):
        keys.drill(agency.ports, CONSOLE, [one, one])
    sealed = agency.sealed(taken.item)
    sealed.write_bytes(sealed.read_bytes()[:-1] + b"x")
    with pytest.raises(Tampered):
        keys.drill(agency.ports, CONSOLE, [one, two])
    found = agency.ports.keys.kit()
    assert found
    assert [type_ for type_, outcome in events(agency, "kit", found.id) if outcome != "success"] == ["key:drilled"] * 2
    assert "never tried" in str(keys.warning(agency.ports))


def test_a_share_with_another_fingerprint_is_refused(agency: Agency, tmp_path: Path) -> None:
    take(agency, note(tmp_path))
    one, two, _ = kit(agency, tmp_path / "kit")
    real = fingerprint(agency.ports.catalog.log_key())
    assert parse(one.read_text()).fingerprint == real
    one.write_text(one.read_text().replace(real, real[::-1]))
    with pytest.raises(Fault, match="somebody changed"):
        keys.drill(agency.ports, CONSOLE, [one, two])


def test_a_new_kit_takes_the_old_shares_place_and_must_be_tried_itself(agency: Agency, tmp_path: Path) -> None:
    take(agency, note(tmp_path))
    old = kit(agency, tmp_path / "old")
    keys.drill(agency.ports, CONSOLE, old[:2])
    new = kit(agency, tmp_path / "new", 3, 5)
    assert "never tried" in str(keys.warning(agency.ports))
    with pytest.raises(BadInput, match="replaced"):
        keys.drill(agency.ports, CONSOLE, old[:2])
    keys.drill(agency.ports, CONSOLE, new[1:4])
    assert keys.warning(agency.ports) is None


def test_shares_never_lie_in_the_home_or_beside_others(agency: Agency, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="inside the home"):
        kit(agency, agency.home.config.home / "kit")
    note(tmp_path)
    with pytest.raises(BadInput, match="not empty"):
        kit(agency, tmp_path)
    assert agency.ports.keys.kit() is None


def test_who_may_not_touch_keys_is_refused(agency: Agency, tmp_path: Path) -> None:
    with pytest.raises(Refused):
        keys.split(agency.ports, agency.actor("evidence custodian"), 2, 3, tmp_path / "kit")
    with pytest.raises(Refused):
        keys.rotate(agency.ports, agency.actor("auditor"), quiet)
    assert not (tmp_path / "kit").exists()


def test_a_lost_keyring_comes_back_from_shares_and_everything_opens(agency: Agency, tmp_path: Path) -> None:
    shares = kit(agency, tmp_path / "kit")
    keys.rotate(agency.ports, CONSOLE, quiet)  # the kit is older than this key
    taken = take(agency, note(tmp_path))
    config = agency.home.config
    before = json.loads(config.keyring.read_text())
    config.keyring.unlink()
    with pytest.raises(NotFound, match="no keyring"):
        open_home(config.home)
    home = open_lost_home(config.home, shares[1:], config.keyring)
    with pytest.raises(BadInput, match="2 different shares"):
        open_lost_home(config.home, shares[:1], config.keyring)
    trial = keys.recover(home.ports, CONSOLE, shares[1:], config.keyring)
    assert trial.item == taken.item
    assert json.loads(config.keyring.read_text()) == before
    assert config.keyring.stat().st_mode & 0o777 == 0o600
    again = open_home(config.home)
    assert again.ports.vault.digest(taken.item, agency.object_of(taken.item)) == taken.sha256
    assert check(again.ports, CONSOLE) == []
    with pytest.raises(BadInput, match="never written over"):
        keys.recover(home.ports, CONSOLE, shares[1:], config.keyring)
    assert keys.warning(again.ports) is None


def test_a_keyring_comes_back_from_a_copy_in_a_backup_without_a_home(agency: Agency, tmp_path: Path) -> None:
    shares = kit(agency, tmp_path / "kit")
    shutil.copy2(agency.home.config.home / "recovery" / "keyring.sealed", tmp_path / "elsewhere")
    to = tmp_path / "back.keyring"
    assert recover_without_home(tmp_path / "elsewhere", shares[:2], to) == fingerprint(agency.ports.catalog.log_key())
    assert json.loads(to.read_text()) == json.loads(agency.home.config.keyring.read_text())
    with pytest.raises(BadInput, match="never written over"):
        recover_without_home(tmp_path / "elsewhere", shares[:2], to)


def test_a_sealed_copy_that_is_gone_or_stale_is_named(agency: Agency, tmp_path: Path) -> None:
    kit(agency, tmp_path / "kit")
    sealed = agency.home.config.home / "recovery" / "keyring.sealed"
    first = sealed.read_bytes()
    keys.rotate(agency.ports, CONSOLE, quiet)
    assert faults(agency) == []
    sealed.write_bytes(first)
    assert [f for f in faults(agency) if "has no key kek-" in f]
    sealed.unlink()
    assert [f for f in faults(agency) if "no sealed copy" in f]
    agency.ports.keys.cut(2, 3, 0, tmp_path / "other")  # cut and never handed out: nothing changed
    sealed.write_bytes(first.replace(str(json.loads(first)["kit"]).encode(), cut(2, 2, 0).kit.facts.id.encode()))
    assert [f for f in faults(agency) if "not that of the recovery kit" in f]


def test_rotation_seals_every_key_anew_and_touches_no_object(agency: Agency, tmp_path: Path) -> None:
    taken = [take(agency, note(tmp_path, f"{n}.bin", bytes([n]) * 100)) for n in range(5)]
    shared = take(agency, note(tmp_path, "0.bin", bytes([0]) * 100), device="CAM2")
    objects = {path: path.stat().st_mtime_ns for path in (agency.home.config.home / "vault" / "objects").glob("*/*")}
    (old,) = standing(agency)
    done = keys.rotate(agency.ports, CONSOLE, quiet)
    assert (done.drawn, done.rewrapped, done.left) == (True, 6, 0)
    assert standing(agency) == {done.key: 6}
    assert dict(agency.ports.keys.names()) == {done.key: "current", old: "old"}
    assert {path: path.stat().st_mtime_ns for path in objects} == objects
    for outcome in (*taken, shared):
        assert agency.ports.catalog.item(str(outcome.item))
    assert faults(agency) == []
    assert keys.retire(agency.ports, CONSOLE) == [old]
    assert list(agency.ports.keys.names()) == [done.key]
    with pytest.raises(NotFound, match="no older key"):
        keys.retire(agency.ports, CONSOLE)
    assert faults(agency) == []
    assert [type_ for type_, _ in events(agency, "key", old)] == ["key:rotated"]


def test_a_rotation_that_was_cut_short_is_ended_and_draws_no_other_key(
    agency: Agency, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(4):
        take(agency, note(tmp_path, f"{n}.bin", bytes([n])))
    (old,) = standing(agency)
    done, real = [], rewrap._one

    def fails(*arguments: object) -> bool:
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(1)
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(rewrap, "_one", fails)
    with pytest.raises(KeyboardInterrupt):
        keys.rotate(agency.ports, CONSOLE, quiet)
    monkeypatch.undo()
    assert standing(agency)[old] == 2
    assert faults(agency) == []
    with pytest.raises(NotFound, match="no older key"):
        keys.retire(agency.ports, CONSOLE)
    again = keys.rotate(agency.ports, CONSOLE, quiet)
    assert (again.drawn, again.rewrapped) == (False, 2)
    assert standing(agency) == {again.key: 4}
    assert faults(agency) == []


def test_what_comes_in_while_keys_are_drawn_anew_is_kept_under_the_newest(agency: Agency, tmp_path: Path) -> None:
    path = note(tmp_path)
    vault = agency.ports.vault
    from vestige.evidence.values import uuid7

    item = uuid7()
    with vault.begin(item, item) as intake:  # type: ignore[attr-defined]
        vault.seal(path, intake, lambda _: None)
        done = keys.rotate(agency.ports, CONSOLE, quiet)
        keys.retire(agency.ports, CONSOLE)
        intake.finish()
        intake.done()
    assert standing(agency) == {done.key: 1}
    with vault.open(item, item) as reader:  # type: ignore[attr-defined]
        assert reader.read_at(0, 100) == path.read_bytes()


def test_another_process_draws_keys_while_this_one_takes_files_in(agency: Agency, tmp_path: Path) -> None:
    folder = tmp_path / "card"
    folder.mkdir()
    for n in range(12):
        (folder / f"{n}.bin").write_bytes(os.urandom(1000))
    agency.actor("evidence custodian")
    home, answers = agency.home.config.home, []

    def other() -> None:
        for _ in range(2):
            answers.append(vestige(home, "keys", "rotate")[0])
            answers.append(vestige(home, "keys", "rotate", "--retire")[0])

    thread = threading.Thread(target=other)
    thread.start()
    outcomes = [take(agency, path) for path in sorted(folder.iterdir())]
    thread.join()
    assert answers == [0, 0, 0, 0]
    for outcome in outcomes:
        assert agency.ports.vault.digest(outcome.item, agency.object_of(outcome.item)) == outcome.sha256
    assert faults(agency) == []


def test_a_removed_key_file_is_never_brought_back(agency: Agency, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = take(agency, note(tmp_path))
    layout = Layout(agency.home.config.home)
    real = rewrap.named

    def named(given: Layout) -> list[object]:
        found = list(real(given))
        layout.key(taken.item).unlink(missing_ok=True)
        return list(found)

    monkeypatch.setattr(rewrap, "named", named)
    assert agency.ports.keys.rewrap(quiet) == (0, 0)
    agency.ports.keys.draw(agency.ports.keys.new_name())
    assert agency.ports.keys.rewrap(quiet) == (0, 0)
    assert not layout.key(taken.item).exists()


def test_a_revoked_key_seals_nothing_more_and_what_stands_under_it_is_named(agency: Agency, tmp_path: Path) -> None:
    taken = take(agency, note(tmp_path))
    (old,) = standing(agency)
    with pytest.raises(BadInput, match="key in use"):
        keys.revoke(agency.ports, CONSOLE, old, "a laptop was stolen")
    agency.ports.keys.draw(agency.ports.keys.new_name())
    for wrong in ("", " ", "x" * 1001):
        with pytest.raises(BadInput, match="reason"):
            keys.revoke(agency.ports, CONSOLE, old, wrong)
    with pytest.raises(NotFound, match="has no key"):
        keys.revoke(agency.ports, CONSOLE, "kek-none", "why")
    assert keys.revoke(agency.ports, CONSOLE, old, "a laptop was stolen") == 1
    with pytest.raises(BadInput, match="already"):
        keys.revoke(agency.ports, CONSOLE, old, "again")
    assert [f for f in faults(agency) if old in f and str(taken.item) in f and "revoked" in f]
    assert keys.rotate(agency.ports, CONSOLE, quiet).rewrapped == 1
    assert faults(agency) == []
    document = json.loads(agency.home.config.keyring.read_text())
    document["homes"][str(agency.home.config.home_id)]["current"] = old
    agency.home.config.keyring.write_text(json.dumps(document))
    with pytest.raises(Fault, match="wrong name"):
        take(agency, note(tmp_path, "b.bin", b"b"))


def test_a_key_file_under_a_key_that_the_keyring_lacks_is_named_and_left_alone(agency: Agency, tmp_path: Path) -> None:
    taken = [take(agency, note(tmp_path, f"{n}.bin", bytes([n]))) for n in range(2)]
    path = Layout(agency.home.config.home).key(taken[0].item)
    (old,) = standing(agency)
    path.write_bytes(path.read_bytes().replace(old.encode(), b"kek-nowhere"))
    whole = path.read_bytes()
    assert [f for f in faults(agency) if "kek-nowhere" in f and str(taken[0].item) in f]
    done = keys.rotate(agency.ports, CONSOLE, quiet)
    assert (done.rewrapped, done.left) == (1, 1)
    assert path.read_bytes() == whole


def test_the_command_line_makes_tries_rotates_and_recovers(tmp_path: Path) -> None:
    home = tmp_path / "h"
    code, [made], words = vestige(home, "init", "--console-acts", "--kit", "2/2")
    assert code == 0
    folder = tmp_path / "h.recovery-kit"
    assert (made["kit_dir"], "hand them out" in words) == (str(folder), True)
    shares = [word for n in (1, 2) for word in ("--share", str(folder / f"share-{n}-of-2.txt"))]
    assert vestige(home, "people", "add", "C1", "Cee", "--role", "evidence custodian")[0] == 0
    assert vestige(home, "ingest", str(note(tmp_path)), "--as", "C1")[0] == 0
    assert vestige(home, "keys", "drill", *shares)[1][0]["outcome"] == "success"
    assert vestige(home, "keys", "drill", *shares[:2])[0] == 2
    code, [done], _ = vestige(home, "keys", "rotate")
    assert (code, done["rewrapped"], done["drawn"]) == (0, 1, True)
    (retired,) = vestige(home, "keys", "rotate", "--retire")[1]
    assert len(retired["retired"]) == 1  # type: ignore[arg-type]
    keyring = tmp_path / "h.keyring"
    assert vestige(home, "keys", "recover", *shares, "--to", str(keyring))[0] == 2
    keyring.unlink()
    assert vestige(home, "fsck")[0] == 1
    assert vestige(home, "keys", "recover", *shares, "--to", str(keyring))[0] == 0
    code, found, words = vestige(home, "fsck")
    assert (code, found) == (0, [])
    assert "not FIPS-validated" in words
    assert vestige(home, "keys", "kit", "--kit", "2/3")[0] == 2
    assert vestige(home, "keys", "kit", "--kit", "2/3", "--kit-dir", str(tmp_path / "again"))[1][0]["shares"] == 3
    assert vestige(home, "keys", "drill", *shares)[0] == 2
    assert vestige(home, "keys", "revoke", "kek-x", "--reason", "why")[0] == 1


@pytest.mark.parametrize("words", [("--kit", "3/2"), ("--kit", "1/3"), ("--kit", "all"), ("--kit-dir", "{home}/kit")])
def test_an_impossible_kit_is_refused_before_anything_is_made(tmp_path: Path, words: tuple[str, str]) -> None:
    home = tmp_path / "h"
    code, _, said = vestige(home, "init", words[0], words[1].format(home=home))
    assert code == 2
    assert said.strip()
    assert list(tmp_path.iterdir()) == []
