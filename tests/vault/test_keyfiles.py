"""Key files: exactly the bytes of the format, never written over, and any change is found."""

import json
from pathlib import Path
from uuid import UUID

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.budget import examples

from vestige.errors import Fault
from vestige.evidence.values import uuid7
from vestige.vault import keyfiles
from vestige.vault.keyfiles import KeyFile, decode, encode
from vestige.vault.keyring import Keyring, WrappedKey

ENTRY = KeyFile(UUID(int=1 << 96), UUID(int=2 << 96), WrappedKey("kek-1", bytes(range(12)), bytes(range(48))))

entries = st.builds(
    KeyFile,
    st.uuids(),
    st.uuids(),
    st.builds(
        WrappedKey,
        st.from_regex(r"[a-z0-9][a-z0-9._-]{0,63}", fullmatch=True),
        st.binary(min_size=12, max_size=12),
        st.binary(min_size=48, max_size=48),
    ),
)


@given(entry=entries)
@settings(max_examples=examples(300), deadline=None)
def test_any_key_file_is_canonical_and_reads_back(entry: KeyFile) -> None:
    data = encode(entry)
    assert data == rfc8785.dumps(json.loads(data))
    assert decode(data, "file") == entry
    assert set(json.loads(data)) == {"v", "item", "object", "kek", "nonce", "wrapped"}


def _changed(**changes: object) -> bytes:
    return json.dumps(json.loads(encode(ENTRY)) | changes, sort_keys=True, separators=(",", ":")).encode()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"[1]",
        b"\xff",
        b"[" * 100_000,
        encode(ENTRY) + b"\n",
        encode(ENTRY).replace(b",", b", "),
        encode(ENTRY)[:-1] + b',"v":1}',
        json.dumps(json.loads(encode(ENTRY)), separators=(",", ":"), sort_keys=True)[:-1].encode(),
        _changed(v=2),
        _changed(v=True),
        _changed(extra=1),
        _changed(nonce="00"),
        _changed(nonce=7),
        _changed(wrapped="zz"),
        _changed(wrapped=("AB" * 48)),
        _changed(item="x"),
        _changed(item=str(ENTRY.item).upper().replace("-", "")),
        _changed(kek="K E K"),
        _changed(kek=None),
    ],
)
def test_anything_else_is_a_fault_that_names_the_file(data: bytes) -> None:
    with pytest.raises(Fault, match=r"keys/00/x\.key is no key file"):
        decode(data, "keys/00/x.key")


def test_any_flipped_bit_on_disk_is_found(tmp_path: Path) -> None:
    keyring = Keyring.create(tmp_path / "keyring", uuid7())
    item, object_id = uuid7(), uuid7()
    path = tmp_path / "a.key"
    keyfiles.write(path, KeyFile(item, object_id, keyring.wrap(item, object_id, bytes(32))))
    whole = path.read_bytes()
    for place in range(len(whole)):
        for bit in (0, 3, 5):
            broken = bytearray(whole)
            broken[place] ^= 1 << bit
            path.write_bytes(broken)
            with pytest.raises(Fault):
                keyring.unwrap(item, object_id, _same_object(keyfiles.read(path, item), object_id).key)


def _same_object(entry: KeyFile, object_id: UUID) -> KeyFile:
    if entry.object_id != object_id:
        raise Fault("another object")
    return entry


def test_it_is_private_and_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "a.key"
    keyfiles.write(path, ENTRY)
    assert path.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.key"]
    with pytest.raises(Fault, match="never written over"):
        keyfiles.write(path, KeyFile(ENTRY.item, uuid7(), ENTRY.key))
    assert keyfiles.read(path, ENTRY.item) == ENTRY


def test_a_missing_one_and_that_of_another_item_are_faults(tmp_path: Path) -> None:
    path = tmp_path / "a.key"
    with pytest.raises(Fault, match="missing"):
        keyfiles.read(path, ENTRY.item)
    keyfiles.write(path, ENTRY)
    with pytest.raises(Fault, match="another item"):
        keyfiles.read(path, uuid7())


def test_a_name_that_is_no_name_is_never_written() -> None:
    with pytest.raises(ValueError, match="no name"):
        encode(KeyFile(ENTRY.item, ENTRY.object_id, WrappedKey("a/b", bytes(12), bytes(48))))
