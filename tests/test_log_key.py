"""The log's key is replaced: who relies on the old one follows its signature to the new one, and everything of before still holds."""

import json
import shutil
from pathlib import Path

import pytest

from tests.agency import CONSOLE, Agency, make_agency
from tests.test_home import faults, note, take, vestige
from tests.test_keys import kit, quiet
from vestige.actions import anchors, backup, keys, log, release
from vestige.actions.checking import check
from vestige.assembly import log_key, open_home, recover_without_home
from vestige.catalog.models import PastLog, Sequenced
from vestige.custody import notes
from vestige.custody.notes import fingerprint
from vestige.custody.signed_notes import parse_checkpoint, parse_note
from vestige.errors import BadInput, Fault
from vestige.evidence.people import system
from vestige.restoration import Wishes, restore_home
from vestige_verify import VerificationError
from vestige_verify.cli import main
from vestige_verify.notes import is_signed
from vestige_verify.notes import parse_key as verifier_key
from vestige_verify.notes import parse_note as read_note
from vestige_verify.succession import follow


@pytest.fixture
def agency(tmp_path: Path) -> Agency:
    return make_agency(tmp_path)


def package(agency: Agency, item: object, out: Path) -> Path:
    release.export(agency.ports, agency.actor("evidence custodian"), str(item), out)
    return out


def verified(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, object]]:
    code = main([*words, "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_a_package_signed_by_the_new_key_is_followed_from_the_old_one(
    agency: Agency, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    taken = take(agency, note(tmp_path))
    first = log_key(agency.home)
    before = package(agency, taken.item, tmp_path / "before")
    second = keys.rekey_log(agency.ports, CONSOLE)
    third = keys.rekey_log(agency.ports, CONSOLE)
    assert (str(second.old), str(second.new), str(third.new)) == (first, str(third.old), log_key(agency.home))
    after = package(agency, taken.item, tmp_path / "after")
    code, said = verified(capsys, str(after), "--key", first)
    assert (code, said["key"], said["trusted_key"]) == (0, str(third.new), first)
    assert verified(capsys, str(after), "--key", str(second.new))[1]["trusted_key"] == str(second.new)
    code, said = verified(capsys, str(after), "--key", str(third.new))
    assert (code, said["trusted_key"]) == (0, None)
    assert verified(capsys, str(after))[0] == 0
    assert main([str(after), "--key", first]) == 0
    assert f"{fingerprint(second.old.public)}, was replaced since" in capsys.readouterr().out
    assert verified(capsys, str(before), "--key", first)[0] == 0
    code, said = verified(capsys, str(before), "--key", str(third.new))
    assert (code, "another key" in str(said["reason"])) == (1, True)
    assert faults(agency) == []


def test_a_package_without_the_statement_or_with_a_forged_one_is_refused(
    agency: Agency, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    taken = take(agency, note(tmp_path))
    first = log_key(agency.home)
    keys.rekey_log(agency.ports, CONSOLE)
    whole = package(agency, taken.item, tmp_path / "whole")
    manifest = json.loads((whole / "data" / "manifest.json").read_text())
    (said,) = manifest["log"]["succession"]
    other = make_agency(tmp_path / "other")
    forged = keys.rekey_log(other.ports, CONSOLE).note
    for number, lie in enumerate(([], None, [said, said], [forged], [said.replace("AA", "AB", 1) + "x"])):
        copy = tmp_path / f"copy-{number}"
        shutil.copytree(whole, copy)
        manifest["log"]["succession"] = lie
        if lie is None:
            del manifest["log"]["succession"]
        (copy / "data" / "manifest.json").write_text(json.dumps(manifest, separators=(",", ":"), sort_keys=True, ensure_ascii=False))
        assert verified(capsys, str(copy), "--key", first)[0] == 1, lie


def test_the_published_log_is_followed_from_the_old_key_and_from_an_older_checkpoint(
    agency: Agency, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    take(agency, note(tmp_path))
    folder, first = tmp_path / "published", log_key(agency.home)
    log.publish(agency.ports, CONSOLE, folder)
    older = tmp_path / "older"
    shutil.copy(folder / "checkpoint", older)
    step = keys.rekey_log(agency.ports, CONSOLE)
    assert agency.ports.catalog.log_behind()
    agency.ports.catalog.write_log()
    log.publish(agency.ports, CONSOLE, folder)
    code, said = verified(capsys, "--log", str(folder), "--key", first, "--since", str(older))
    assert (code, said["trusted_key"]) == (0, first), said
    assert verified(capsys, "--log", str(folder), "--key", str(step.new))[1]["trusted_key"] is None
    both = tmp_path / "trusted"
    both.write_text(f"log {first}\nlog {step.new}\n")
    assert verified(capsys, "--log", str(folder), "--trust", str(both), "--since", str(older))[0] == 0
    assert faults(agency) == []
    (folder / "succession").unlink()
    assert verified(capsys, "--log", str(folder), "--key", first)[0] == 1
    log.publish(agency.ports, CONSOLE, folder)
    assert verified(capsys, "--log", str(folder), "--key", first)[0] == 0


def test_anchors_checkpoints_and_shares_of_before_still_hold(agency: Agency, tmp_path: Path) -> None:
    shares = kit(agency, tmp_path / "kit")
    take(agency, note(tmp_path))
    kept = anchors.write(agency.ports, system("keeper"), tmp_path / "anchor.txt")
    keys.rekey_log(agency.ports, CONSOLE)
    anchors.write(agency.ports, system("keeper"), None)
    compared = anchors.compare(agency.ports, CONSOLE, [("given", (tmp_path / "anchor.txt").read_text())])
    assert [one.words for one in compared if one.is_fault] == []
    assert len(compared) == 3
    assert kept.size > 0
    keys.drill(agency.ports, CONSOLE, shares[:2])
    assert faults(agency) == []
    now = fingerprint(agency.ports.catalog.log_key())
    copy = agency.home.config.home / "recovery" / "keyring.sealed"
    assert recover_without_home(copy, shares[1:], tmp_path / "back.keyring") == now
    real = fingerprint(agency.ports.catalog.log_keys()[1])
    shares[0].write_text(shares[0].read_text().replace(real, real[::-1]))
    with pytest.raises(Fault, match="somebody changed"):
        keys.drill(agency.ports, CONSOLE, shares[:2])


def test_a_backup_of_before_and_one_of_after_both_restore(agency: Agency, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    take(agency, note(tmp_path))
    keyring = agency.home.config.keyring
    backup.backup(agency.ports, CONSOLE, tmp_path / "old", 1, quiet)
    keys.rekey_log(agency.ports, CONSOLE)
    newest = agency.ports.catalog.checkpoint()
    backup.backup(agency.ports, CONSOLE, tmp_path / "new", 1, quiet)
    for name, newer in (("old", [newest]), ("new", [])):
        monkeypatch.setenv("VESTIGE_KEYRING", str(tmp_path / f"{name}.keyring"))
        home, found = restore_home(tmp_path / name, tmp_path / f"home-{name}", CONSOLE, Wishes(None, keyring, newer), quiet)
        assert check(home.ports, CONSOLE) == []
        assert (found.lost > 0) is (name == "old")
        assert home.ports.catalog.succession() == ()


def test_who_holds_the_oldest_key_follows_to_the_log_that_a_restore_ended(
    agency: Agency, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(agency, note(tmp_path))
    keyring, oldest = agency.home.config.keyring, log_key(agency.home)
    anchors.write(agency.ports, system("keeper"), tmp_path / "anchor.txt")
    backup.backup(agency.ports, CONSOLE, tmp_path / "b", 2, quiet)
    keys.rekey_log(agency.ports, CONSOLE)
    last = keys.rekey_log(agency.ports, CONSOLE)
    newest = agency.ports.catalog.checkpoint()
    statements = agency.ports.catalog.succession()
    monkeypatch.setenv("VESTIGE_KEYRING", str(tmp_path / "new.keyring"))
    home, found = restore_home(tmp_path / "b", tmp_path / "new", CONSOLE, Wishes(None, keyring, [newest]), quiet)
    opened = json.loads(Sequenced.objects.get(index=0).event.openings.fields)["data"]["value"]
    told = opened["old"]["succession"]
    assert tuple(told) == statements == found.old.succession
    head = parse_checkpoint(parse_note(newest).text)
    path = follow(told, verifier_key(str(last.new)), [verifier_key(oldest)], head.size)
    assert [str(key) for key in path] == [oldest, str(last.old), str(last.new)]
    assert is_signed(path[-1], *signature(opened["newest_checkpoint"]))
    compared = anchors.compare(home.ports, CONSOLE, [("oldest", (tmp_path / "anchor.txt").read_text()), ("newest", newest)])
    assert [one.is_fault for one in compared] == [False, False], compared
    assert "as the restore says" in compared[1].words
    assert check(home.ports, CONSOLE) == []
    PastLog.objects.update(succession="[]")
    assert any("not what the log says of the log before the restore" in fault.what for fault in check(home.ports, CONSOLE))
    with pytest.raises(VerificationError, match="do not lead"):
        follow(told[:1], verifier_key(str(last.new)), [verifier_key(oldest)], head.size)


def signature(checkpoint: str) -> tuple[bytes, bytes]:
    """The signature and the text that it is over, as the independent verifier reads them."""
    text, [(_, blob)] = read_note(checkpoint)
    return blob[4:], text.encode()


def test_a_keyring_whose_statements_do_not_lead_to_its_key_is_named(agency: Agency, tmp_path: Path) -> None:
    take(agency, note(tmp_path))
    keys.rekey_log(agency.ports, CONSOLE)
    path = agency.home.config.keyring
    document = json.loads(path.read_text())
    (entry,) = document["homes"].values()
    whole = entry.pop("succession")
    path.write_text(json.dumps(document))
    assert [f for f in faults(agency) if "signed by another key" in f]
    entry["succession"] = whole * 2
    path.write_text(json.dumps(document))
    assert [f for f in faults(agency) if "do not follow one another" in f]


def test_a_key_that_somebody_else_replaced_in_between_is_not_replaced_again(agency: Agency) -> None:
    late = agency.ports.keys.new_log_key()
    keys.rekey_log(agency.ports, CONSOLE)
    with pytest.raises(BadInput, match="somebody else"):
        late.put_in_force("")
    first = agency.ports.catalog.log_keys()[1]
    assert late.old_public == first
    again = open_home(agency.home.config.home)
    assert notes.verify(again.ports.catalog.checkpoint(), agency.ports.catalog.log_key())


def test_a_checkpoint_of_the_same_size_is_signed_anew_where_only_the_key_changed(agency: Agency) -> None:
    size = notes.verify(agency.ports.catalog.checkpoint(), agency.ports.catalog.log_key()).size
    new = agency.ports.keys.new_log_key()
    from vestige.custody.succession import make

    head = notes.verify(agency.ports.catalog.checkpoint(), new.old_public)
    new.put_in_force(make(head, (new.old_public, new.sign_old), (new.public, new.sign)).note)  # and the event was never committed
    assert notes.verify(agency.ports.catalog.checkpoint(), new.public).size == size
    assert faults(agency) == []


def test_the_command_says_what_to_do(tmp_path: Path) -> None:
    home = tmp_path / "h"
    (made,) = vestige(home, "init", "--console-acts")[1]
    code, [done], words = vestige(home, "keys", "rotate", "--log")
    assert (code, done["old"]) == (0, made["log_key"])
    assert f"vestige witness trust '{done['new']}'" in " ".join(words.split())
