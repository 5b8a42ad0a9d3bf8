"""No nonce is ever used twice under one key: each sealing is recorded, over random cuts, patches, failures, reopened and shared objects."""

import itertools
import os
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.budget import examples
from tests.vault.sealing import noise, share

from vestige.evidence.values import uuid7
from vestige.vault import provider
from vestige.vault.keyring import Keyring
from vestige.vault.local import LocalVault
from vestige.vault.sealed import PLAIN, PLAIN_FIRST, SealWriter

_AESGCM = provider.AESGCM
Used = Counter[tuple[bytes, bytes]]


class _Recording:
    """The real cipher, which notes each (key, nonce) that it seals with."""

    def __init__(self, used: Used, key: bytes) -> None:
        self._used = used
        self._key = key
        self._real = _AESGCM(key)

    def encrypt(self, nonce: bytes, data: Any, aad: Any) -> bytes:
        self._used[self._key, nonce] += 1
        return self._real.encrypt(nonce, data, aad)

    def encrypt_into(self, nonce: bytes, data: Any, aad: Any, out: Any) -> int:
        self._used[self._key, nonce] += 1
        return self._real.encrypt_into(nonce, data, aad, out)

    def decrypt(self, nonce: bytes, data: Any, aad: Any) -> bytes:
        return self._real.decrypt(nonce, data, aad)

    def decrypt_into(self, nonce: bytes, data: Any, aad: Any, out: Any) -> int:
        return self._real.decrypt_into(nonce, data, aad, out)


@pytest.fixture
def used(monkeypatch: pytest.MonkeyPatch) -> Used:
    used: Used = Counter()
    monkeypatch.setattr(provider, "AESGCM", partial(_Recording, used))
    return used


def _no_repeat(used: Used) -> int:
    assert [pair for pair, times in used.items() if times > 1] == []
    return len(used)


writes = st.lists(st.one_of(st.integers(0, 5000), st.sampled_from([PLAIN_FIRST, PLAIN_FIRST - 1, PLAIN, PLAIN + 1])), max_size=5)
patches = st.lists(st.tuples(st.integers(0, 6000), st.binary(min_size=1, max_size=20)), max_size=4)


@contextmanager
def _vault() -> Iterator[LocalVault]:
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:
        keyring = Keyring.create(Path(folder) / "keyring", uuid7())
        vault = LocalVault(Path(folder) / "home", keyring)
        vault.create()
        yield vault


def _write(writer: Any, sizes: list[int], pieces: list[tuple[int, bytes]], *, hold: bool) -> int:
    for size in sizes:
        writer.write(noise(size))
    for offset, data in pieces:
        if hold and offset + len(data) <= min(writer.size, PLAIN_FIRST):
            writer.patch(offset, data)
    return sum(sizes)


def _one_life(vault: LocalVault, life: tuple[str, list[int], list[tuple[int, bytes]], bool]) -> tuple[UUID, UUID] | None:
    end, sizes, pieces, hold = life
    item, object_id = uuid7(), uuid7()
    with vault.begin(item, object_id, hold_first=hold) as intake:
        _write(intake, sizes, pieces, hold=hold)
        if end == "abandon":
            return None
        intake.finish()
        intake.done()
    return item, object_id


lives = st.lists(st.tuples(st.sampled_from(["finish", "finish", "abandon"]), writes, patches, st.booleans()), min_size=1, max_size=4)
copies = st.lists(st.tuples(st.sampled_from(["poster", "proxy"]), writes, patches, st.booleans(), st.booleans()), max_size=4)


@given(lives=lives, copies=copies, shares=st.integers(0, 3))
@settings(max_examples=examples(300), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_lives_of_objects_their_working_copies_and_shares_repeat_no_nonce_under_a_key(
    lives: list[tuple[str, list[int], list[tuple[int, bytes]], bool]],
    copies: list[tuple[str, list[int], list[tuple[int, bytes]], bool, bool]],
    shares: int,
    used: Used,
) -> None:
    before = len(used)
    with _vault() as vault:
        kept = [pair for pair in (_one_life(vault, life) for life in lives) if pair]
        sharers = [(uuid7(), object_id) for (_, object_id), _ in zip(itertools.cycle(kept), range(shares), strict=False)]
        for new_item, object_id in sharers:
            share(vault, next(item for item, its in kept if its == object_id), object_id, new_item)
        for (kind, sizes, pieces, hold, whole), (item, object_id) in itertools.product(copies, (kept + sharers)[:3]):
            writer = vault.working_writer(item, object_id, kind, hold_first=hold)
            _write(writer, sizes, pieces, hold=hold)
            writer.close() if whole else writer.abandon()
        assert _no_repeat(used) >= before + len(lives)


@given(sizes=writes, room=st.integers(0, 3), hold=st.booleans())
@settings(max_examples=examples(200), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_disk_that_fails_anywhere_and_a_caller_that_goes_on_repeat_no_nonce(
    sizes: list[int], room: int, used: Used, *, hold: bool
) -> None:
    key = os.urandom(32)
    descriptor = os.memfd_create("sealed", os.MFD_ALLOW_SEALING)
    read_only = os.open(f"/proc/self/fd/{descriptor}", os.O_RDONLY)
    writer = SealWriter(descriptor, key, b"object", hold_first=hold)
    for at, size in enumerate([*sizes, PLAIN, PLAIN]):
        if at == room:
            os.dup2(read_only, descriptor)  # from here on each write fails
        try:
            writer.write(noise(size))
        except (OSError, ValueError):
            with pytest.raises(ValueError, match="never again"):
                writer.write(b"again")
    os.dup2(read_only, descriptor)
    with pytest.raises((OSError, ValueError)):
        writer.close()
    with pytest.raises(ValueError, match="never again"):
        writer.close()
    os.close(descriptor)
    os.close(read_only)
    assert _no_repeat(used) >= 1


def test_the_recorder_sees_a_repeat(used: Used) -> None:
    gcm = provider.Gcm(bytes(32))
    gcm.seal(bytes(12), b"a", b"")
    gcm.seal(bytes(12), b"b", b"")
    with pytest.raises(AssertionError):
        _no_repeat(used)
