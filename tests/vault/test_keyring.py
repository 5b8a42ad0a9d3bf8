"""The keyring: outside the home, readable by its owner only, never written over, silent about its secrets."""

import json
import multiprocessing
from pathlib import Path
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from vestige.errors import BadInput, Fault, NotFound, Tampered, Unavailable
from vestige.evidence.values import uuid7
from vestige.vault.keyring import KeyProvider, Keyring, WrappedKey

HOME = uuid7()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "home.keyring"


def test_what_was_created_opens_again_and_is_private(path: Path) -> None:
    made = Keyring.create(path, HOME)
    assert path.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["home.keyring"]
    opened = Keyring.open(path, HOME)
    assert opened.public_key() == made.public_key()
    item, object_id, key = uuid7(), uuid7(), bytes(range(32))
    assert opened.unwrap(item, object_id, made.wrap(item, object_id, key)) == key


def test_it_is_a_key_provider(path: Path) -> None:
    provider: KeyProvider = Keyring.create(path, HOME)
    Ed25519PublicKey.from_public_bytes(provider.public_key()).verify(provider.sign(b"checkpoint"), b"checkpoint")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o777])
def test_a_keyring_that_others_can_read_is_refused(path: Path, mode: int) -> None:
    Keyring.create(path, HOME)
    path.chmod(mode)
    with pytest.raises(BadInput, match="chmod 600"):
        Keyring.open(path, HOME)
    with pytest.raises(BadInput, match="chmod 600"):
        Keyring.create(path, uuid7())


def test_a_home_is_added_beside_others_and_never_written_over(path: Path) -> None:
    first = Keyring.create(path, HOME)
    before = json.loads(path.read_text())["homes"][str(HOME)]
    second = Keyring.create(path, other := uuid7())
    with pytest.raises(BadInput, match="already"):
        Keyring.create(path, HOME)
    assert json.loads(path.read_text())["homes"][str(HOME)] == before
    assert Keyring.open(path, HOME).public_key() == first.public_key() != second.public_key()
    assert Keyring.open(path, other).current == second.current != first.current


def test_what_a_later_version_wrote_beside_is_kept(path: Path) -> None:
    Keyring.create(path, HOME)
    document = json.loads(path.read_text())
    document["homes"][str(HOME)]["shares"] = {"k": 2}
    path.write_text(json.dumps(document))
    Keyring.create(path, uuid7())
    assert json.loads(path.read_text())["homes"][str(HOME)]["shares"] == {"k": 2}


def _add(path: Path, home: UUID) -> None:
    Keyring.create(path, home)


def test_homes_added_at_the_same_moment_are_all_kept(path: Path) -> None:
    homes = [uuid7() for _ in range(8)]
    context = multiprocessing.get_context("spawn")
    children = [context.Process(target=_add, args=(path, home)) for home in homes]
    for child in children:
        child.start()
    for child in children:
        child.join()
    assert {child.exitcode for child in children} == {0}
    assert {Keyring.open(path, home).home for home in homes} == set(homes)


def test_a_link_to_a_keyring_stays_a_link(path: Path, tmp_path: Path) -> None:
    Keyring.create(path, HOME)
    link = tmp_path / "link.keyring"
    link.symlink_to(path)
    Keyring.create(link, other := uuid7())
    assert link.is_symlink()
    assert Keyring.open(path, other).home == other


def test_its_repr_shows_no_secret(path: Path) -> None:
    keyring = Keyring.create(path, HOME)
    entry = json.loads(path.read_text())["homes"][str(HOME)]
    for secret in (entry["log_key"], *entry["keks"].values()):
        assert secret not in repr(keyring)
        assert str(bytes.fromhex(secret)) not in repr(keyring)
    assert str(HOME) in repr(keyring)


def test_a_key_sealed_for_another_item_object_or_keyring_does_not_open(path: Path) -> None:
    keyring = Keyring.create(path, HOME)
    item, object_id = uuid7(), uuid7()
    wrapped = keyring.wrap(item, object_id, bytes(32))
    for wrong in ((object_id, object_id), (item, item)):
        with pytest.raises(Tampered, match="data key"):
            keyring.unwrap(*wrong, wrapped)
    for broken in (WrappedKey(wrapped.kek, bytes(12), wrapped.wrapped), WrappedKey(wrapped.kek, wrapped.nonce, b"x")):
        with pytest.raises(Tampered, match="data key"):
            keyring.unwrap(item, object_id, broken)
    with pytest.raises(Fault, match="has no key"):
        Keyring.create(path, uuid7()).unwrap(item, object_id, wrapped)


def test_no_file_and_no_such_home_are_not_found(path: Path) -> None:
    with pytest.raises(NotFound, match="no keyring"):
        Keyring.open(path, HOME)
    Keyring.create(path, HOME)
    with pytest.raises(NotFound, match="no keys of home"):
        Keyring.open(path, uuid7())


@pytest.mark.parametrize("text", ["", "[]", "{", '{"v":2,"homes":{}}', '{"v":1}', '{"v":1,"homes":[]}', "\udcff"])
def test_what_is_no_keyring_is_a_fault_that_names_the_file(path: Path, text: str) -> None:
    Keyring.create(path, HOME)
    path.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(Fault, match=r"home\.keyring is no keyring"):
        Keyring.open(path, HOME)


@pytest.mark.parametrize(
    "entry",
    [
        [],
        {},
        {"keks": {"a": "00" * 32}, "current": "b", "log_key": "00" * 32},
        {"keks": {"a": "00" * 31}, "current": "a", "log_key": "00" * 32},
        {"keks": {"A b": "00" * 32}, "current": "A b", "log_key": "00" * 32},
        {"keks": {"a": "00" * 32}, "current": "a", "log_key": 7},
        {"keks": {"a": "00" * 32}, "current": ["a"], "log_key": "00" * 32},
        {"keks": [], "current": "a", "log_key": "00" * 32},
    ],
)
def test_keys_that_are_not_whole_are_a_fault(path: Path, entry: object) -> None:
    Keyring.create(path, HOME)
    path.write_text(json.dumps({"v": 1, "homes": {str(HOME): entry}}))
    with pytest.raises(Fault, match=r"home\.keyring is no keyring"):
        Keyring.open(path, HOME)


def test_a_folder_in_its_place_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="directory"):
        Keyring.open(tmp_path, HOME)
