"""Keys in a PKCS#11 token, a real one: the whole life of a home, a wrong PIN, a token that is gone or lost, and the way there and back."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.agency import CONSOLE, Agency, make_agency
from tests.test_home import faults, note, take, vestige
from tests.test_keys import kit, quiet, standing
from tests.tokens import PIN, SoftHsm, soft_hsm
from vestige.actions import backup, keys, release
from vestige.actions.checking import check
from vestige.assembly import open_home, open_lost_home, recover_without_home
from vestige.custody.notes import fingerprint
from vestige.errors import BadInput, Fault, Unavailable
from vestige.evidence.key_place import Token
from vestige.vault import provider
from vestige.vault.keks import FileKek
from vestige.vault.pkcs11_store import TokenStore


@pytest.fixture(scope="module")
def hsm(tmp_path_factory: pytest.TempPathFactory) -> SoftHsm:
    return soft_hsm(tmp_path_factory.mktemp("softhsm"))


@pytest.fixture
def token(hsm: SoftHsm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A fresh token that VESTIGE_KEYRING names from now on; what it says."""
    label = tmp_path.name[-31:]
    monkeypatch.setenv("SOFTHSM2_CONF", hsm.environment()["SOFTHSM2_CONF"])
    monkeypatch.setenv("VESTIGE_PKCS11_PIN", PIN)
    named = f"{hsm.token(label)}file={tmp_path / 'home.keyring'}"
    monkeypatch.setenv("VESTIGE_KEYRING", named)
    return named


@pytest.fixture
def store(hsm: SoftHsm, token: str) -> TokenStore:
    return TokenStore(Token(token.partition("token=")[2].partition("?")[0], hsm.module, None))


@pytest.fixture
def agency(token: str, tmp_path: Path) -> Agency:  # noqa: ARG001  # VESTIGE_KEYRING names it
    return make_agency(tmp_path)


def entry(agency: Agency) -> dict[str, object]:
    document: dict[str, dict[str, dict[str, object]]] = json.loads(agency.home.config.keyring.read_text())
    return document["homes"][str(agency.home.config.home_id)]


def test_what_the_token_seals_opens_with_the_key_that_the_kit_holds_and_nowhere_else(store: TokenStore) -> None:
    drawn = store.draw("kek-a")
    (held,) = drawn.held.values()  # type: ignore[attr-defined]
    in_token, in_kit = store.kek(held), FileKek(bytes.fromhex(str(drawn.instead)))
    nonce, sealed = in_token.seal(b"k" * 32, b"item/object")
    assert in_token.open(nonce, sealed, b"item/object") == in_kit.open(nonce, sealed, b"item/object") == b"k" * 32
    assert in_token.open(*in_kit.seal(b"m" * 32, b"i/o"), b"i/o") == b"m" * 32
    for wrong in ((nonce, sealed, b"item/other"), (nonce, sealed[:-1] + b"\0", b"item/object"), (bytes(12), sealed, b"item/object")):
        with pytest.raises(provider.WrongTag):
            in_token.open(*wrong)
    for wrong_held in ("kek-a", {"label": "kek-a"}, {"token": 1, "label": "x"}, None):
        with pytest.raises(ValueError, match="label"):
            store.kek(wrong_held)
    assert str(drawn.instead) not in repr(drawn)


def test_the_token_never_gives_a_key_out(store: TokenStore) -> None:
    import pkcs11
    from pkcs11 import Attribute

    store.draw("kek-a")

    def look(session: pkcs11.Session) -> None:
        key = session.get_key(label="kek-a")
        assert (key[Attribute.SENSITIVE], key[Attribute.EXTRACTABLE], key[Attribute.PRIVATE]) == (True, False, True)
        with pytest.raises(pkcs11.exceptions.AttributeSensitive):
            _ = key[Attribute.VALUE]
        with pytest.raises(pkcs11.PKCS11Error):
            key[Attribute.EXTRACTABLE] = True

    store.within(look)


def test_a_whole_life_in_a_token(agency: Agency, tmp_path: Path, footage: Path) -> None:
    with pytest.raises(BadInput, match="takes a recovery kit first"):
        keys.rotate(agency.ports, CONSOLE, quiet)
    shares = kit(agency, tmp_path / "kit")
    before = take(agency, note(tmp_path))
    assert "vestige keys rotate moves them there" in str(agency.ports.keys.report()["keys"])
    first = keys.rotate(agency.ports, CONSOLE, quiet)
    keys.retire(agency.ports, CONSOLE)
    assert str(agency.ports.keys.report()["keys"]).startswith("in the token ")
    assert "SoftHSM" in str(agency.ports.keys.report()["keys"])
    assert agency.ports.keys.report()["fips_validated"] is False
    taken = take(agency, footage / "hamilton_short.mp4")
    assert list(entry(agency)["keks"].values()) == [{"pkcs11": {"token": tmp_path.name[-31:], "label": first.key}}]  # type: ignore[attr-defined]
    assert standing(agency) == {first.key: 2}
    assert keys.drill(agency.ports, CONSOLE, shares[:2]).item in {before.item, taken.item}
    delivered = release.export(agency.ports, agency.actor("evidence custodian"), str(taken.item), tmp_path / "out")
    assert delivered
    again = open_home(agency.home.config.home)
    assert again.ports.vault.digest(taken.item, agency.object_of(taken.item)) == taken.sha256
    second = keys.rotate(again.ports, CONSOLE, quiet)
    assert (second.rewrapped, second.left) == (2, 0)
    assert faults(agency) == []


def test_a_new_kit_gives_everything_back_that_lies_in_a_token(agency: Agency, tmp_path: Path) -> None:
    old = kit(agency, tmp_path / "old")
    taken = take(agency, note(tmp_path))
    first = keys.rotate(agency.ports, CONSOLE, quiet)
    new = kit(agency, tmp_path / "new", 2, 2)
    (current,) = standing(agency)
    assert current != first.key
    assert faults(agency) == []
    assert keys.drill(agency.ports, CONSOLE, new).item == taken.item
    with pytest.raises(BadInput, match="replaced"):
        keys.drill(agency.ports, CONSOLE, old[:2])
    kits = entry(agency)["recovery"][current]  # type: ignore[index]
    assert list(kits) == [agency.ports.keys.kit().id]  # type: ignore[union-attr]


def test_a_key_that_the_kit_does_not_give_back_is_named(agency: Agency, tmp_path: Path) -> None:
    shares = kit(agency, tmp_path / "kit")
    take(agency, note(tmp_path))
    keys.rotate(agency.ports, CONSOLE, quiet)
    assert faults(agency) == []

    def forget(held: dict[str, object]) -> None:
        held.pop("recovery")

    agency.ports.keys._change(forget)  # type: ignore[attr-defined]
    assert [f for f in faults(agency) if "does not give the key" in f]
    with pytest.raises((Fault, Unavailable)):
        keys.drill(agency.ports, CONSOLE, shares[:2])
    keys.rotate(agency.ports, CONSOLE, quiet)
    assert faults(agency) == []


def test_a_lost_token_is_no_lost_footage(agency: Agency, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shares = kit(agency, tmp_path / "kit")
    keys.rotate(agency.ports, CONSOLE, quiet)
    taken = [take(agency, note(tmp_path, f"{n}.bin", bytes([n]))) for n in range(3)]
    home = agency.home.config.home
    monkeypatch.delenv("VESTIGE_PKCS11_PIN")
    monkeypatch.setenv("VESTIGE_KEYRING", str(tmp_path / "back.keyring"))
    lost = open_lost_home(home, shares[:2], tmp_path / "back.keyring")
    keys.recover(lost.ports, CONSOLE, shares[:2], tmp_path / "back.keyring")
    again = open_home(home)
    for outcome in taken:
        assert again.ports.vault.digest(outcome.item, agency.object_of(outcome.item)) == outcome.sha256
    assert check(again.ports, CONSOLE) == []
    assert keys.rotate(again.ports, CONSOLE, quiet).rewrapped == 3
    found = recover_without_home(home / "recovery" / "keyring.sealed", shares[1:], tmp_path / "elsewhere.keyring")
    assert found == fingerprint(agency.ports.catalog.log_key())


def test_the_way_back_into_the_file(agency: Agency, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kit(agency, tmp_path / "kit")
    keys.rotate(agency.ports, CONSOLE, quiet)
    taken = take(agency, note(tmp_path))
    monkeypatch.setenv("VESTIGE_KEYRING", str(tmp_path / "home.keyring"))
    plain = open_home(agency.home.config.home)
    with pytest.raises(Unavailable, match="VESTIGE_KEYRING does not name"):
        keys.rotate(plain.ports, CONSOLE, quiet)
    with pytest.raises(Unavailable, match="VESTIGE_KEYRING does not name"):
        plain.ports.vault.digest(taken.item, agency.object_of(taken.item))
    done = keys.rotate(agency.ports, CONSOLE, quiet, to_file=True)  # with the token still named
    keys.rotate(agency.ports, CONSOLE, quiet, to_file=True)
    keys.retire(agency.ports, CONSOLE)
    assert done.left == 0
    assert plain.ports.vault.digest(taken.item, agency.object_of(taken.item)) == taken.sha256
    assert check(plain.ports, CONSOLE) == []
    assert str(plain.ports.keys.report()["keys"]) == "in the keyring file"


def test_without_the_token_acts_are_refused_and_nothing_is_lost(agency: Agency, hsm: SoftHsm, tmp_path: Path) -> None:
    kit(agency, tmp_path / "kit")
    keys.rotate(agency.ports, CONSOLE, quiet)
    taken = take(agency, note(tmp_path))
    sealed = agency.object_of(taken.item)
    away = hsm.tokens.with_name("away")
    hsm.tokens.rename(away)
    hsm.tokens.mkdir()
    try:
        agency.ports.keys._keyring.store._forget(agency.ports.keys._keyring.store._module())  # type: ignore[attr-defined]
        later = note(tmp_path, "later.bin", b"later")
        with pytest.raises(Unavailable, match="cannot be used"):
            take(agency, later)
        with pytest.raises(Unavailable, match="cannot be used"):
            agency.ports.vault.digest(taken.item, sealed)
        assert later.exists()
        assert "cannot be used now" in str(agency.ports.keys.report()["keys"])
        with pytest.raises(Unavailable, match="cannot be used"):
            keys.rotate(agency.ports, CONSOLE, quiet)
    finally:
        hsm.tokens.rmdir()
        away.rename(hsm.tokens)
    assert agency.ports.vault.digest(taken.item, sealed) == taken.sha256
    assert take(agency, later).status == "quarantined"
    assert faults(agency) == []


_WRONG = """
import sys
from pathlib import Path
from vestige.errors import Unavailable
from vestige.evidence.key_place import Token
from vestige.vault.pkcs11_store import TokenStore
label, module, pin = sys.argv[1:]
import pkcs11

class Counted:
    tries = 0

    def __init__(self, client):
        self.client = client

    def __getattr__(self, name):
        Counted.tries += name == "get_token"
        return getattr(self.client, name)

load, said = pkcs11.lib, []
pkcs11.lib = lambda path: Counted(load(path))
for text in ("0000", "0000", "{right}"):
    Path(pin).write_text(text + "\\n")
    try:
        store = TokenStore(Token(label, Path(module), Path(pin)))
        said.append(store.draw("kek-b").held["pkcs11"]["label"])
    except Unavailable as error:
        said.append(str(error))
print("|".join([*said, str(Counted.tries)]))
"""


def test_a_wrong_pin_is_refused_in_words_and_not_tried_twice(hsm: SoftHsm, token: str, tmp_path: Path) -> None:
    label = token.partition("token=")[2].partition("?")[0]
    pin = tmp_path / "pin"
    pin.touch(0o600)
    script = _WRONG.replace("{right}", PIN)
    words = [sys.executable, "-c", script, label, str(hsm.module), str(pin)]
    done = subprocess.run(words, capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})
    first, second, third, tries = done.stdout.strip().split("|")
    assert "refuses its PIN (PinIncorrect)" in first
    assert (second, third) == (first, "kek-b")
    assert tries == "2"
    assert PIN not in done.stdout + done.stderr
    pin.chmod(0o640)
    done = subprocess.run(words, capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})
    assert done.stdout.count("may be read by others") == 3


def test_what_is_missing_is_said(hsm: SoftHsm, token: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="NoSuchToken"):
        TokenStore(Token("none of that name", hsm.module, None)).draw("kek-a")
    with pytest.raises(Unavailable, match=r"module /nowhere\.so cannot be loaded"):
        TokenStore(Token("x", Path("/nowhere.so"), None)).draw("kek-a")
    with pytest.raises(Unavailable, match="cannot be read"):
        TokenStore(Token("x", hsm.module, tmp_path / "no-pin")).draw("kek-a")
    monkeypatch.delenv("VESTIGE_PKCS11_PIN")
    label = token.partition("token=")[2].partition("?")[0]
    with pytest.raises(Unavailable, match="there is no PIN"):
        TokenStore(Token(label, hsm.module, None)).draw("kek-a")


def test_a_key_of_another_token_is_not_found_in_this_one(store: TokenStore) -> None:
    with pytest.raises(Unavailable, match="NoSuchKey"):
        store.kek({"token": "other", "label": "kek-elsewhere"}).seal(bytes(32), b"")


def test_the_command_line_makes_a_home_whose_keys_lie_in_a_token(token: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    code, [made], _ = vestige(home, "init", "--console-acts")
    assert (code, made["home"]) == (0, str(home))
    document = json.loads((tmp_path / "home.keyring").read_text())
    ((name, held),) = document["homes"][next(iter(document["homes"]))]["keks"].items()
    assert list(held) == ["pkcs11"]
    code, _, words = vestige(home, "fsck")
    assert (code, "in the token" in words, "not FIPS-validated" in words) == (0, True, True)
    monkeypatch.setenv("VESTIGE_PKCS11_PIN", "0000")
    code, found, words = vestige(home, "keys", "rotate")
    assert code == 4
    assert "refuses its PIN" in words + json.dumps(found)
    assert "0000" not in words + json.dumps(found)
    monkeypatch.setenv("VESTIGE_PKCS11_PIN", PIN)
    assert vestige(home, "keys", "rotate", "--to-file")[0] == 0
    assert (name, token) != ("", "")


def test_a_backup_of_a_home_with_a_token_restores(agency: Agency, tmp_path: Path) -> None:
    kit(agency, tmp_path / "kit")
    keys.rotate(agency.ports, CONSOLE, quiet)
    take(agency, note(tmp_path))
    backup.backup(agency.ports, CONSOLE, tmp_path / "backup", 1, quiet)
    assert backup.test_restore(agency.ports, CONSOLE, tmp_path / "backup", 1)["opened"] == 1
