"""Uploads that grow: any cut, any kill, any order of requests gives the same bytes; no nonce is used for two plaintexts."""

import hashlib
import io
import os
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.budget import examples

from vestige.errors import BadInput, Tampered, Underway, WrongChecksum
from vestige.evidence.values import Digest
from vestige.hands import UploadHands
from vestige.vault.growing import Growing
from vestige.vault.local import LocalVault
from vestige.vault.sealed import HEADER, PLAIN, PLAIN_FIRST, SEGMENT

OBJECT, UPLOAD = uuid4(), uuid4()
LENGTH = 3 * SEGMENT + 1234
BODY = os.urandom(LENGTH)
EDGES = [0, 1, PLAIN_FIRST - 1, PLAIN_FIRST, PLAIN_FIRST + 1, PLAIN_FIRST + PLAIN, 2 * SEGMENT, LENGTH - 1, LENGTH]


def fresh(vault: LocalVault) -> UploadHands:
    """As after a restart: nothing is remembered."""
    return UploadHands(vault)


def grown(hands: UploadHands, body: bytes = BODY, length: int = LENGTH) -> Growing:
    growing = hands.grow(UPLOAD, OBJECT, length)
    with growing:
        growing.receive(io.BytesIO(body[growing.size :]))
    return growing


def upload_file(vault: LocalVault) -> Path:
    return vault.layout.upload(UPLOAD)[0]


@settings(max_examples=examples(300), suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    ends=st.lists(st.one_of(st.sampled_from(EDGES), st.integers(0, LENGTH)), max_size=6).map(sorted),
    ways=st.lists(st.sampled_from(["goes on", "restarted", "killed", "cut short"]), min_size=7, max_size=7),
    drawn=st.data(),
)
def test_any_way_of_ending_and_going_on_gives_the_same_bytes(vault: LocalVault, ends: list[int], ways: list[str], drawn: Any) -> None:
    hands = fresh(vault)
    hands.remove(UPLOAD)
    acknowledged = 0
    for end, way in zip([*ends, LENGTH], ways, strict=False):
        with hands.grow(UPLOAD, OBJECT, LENGTH) as growing:
            assert growing.size >= acknowledged
            if way in {"killed", "cut short"} and end > growing.size:
                growing.write(memoryview(BODY)[growing.size : end])  # and nothing is kept: the process ends here
            elif end > growing.size:
                growing.receive(io.BytesIO(BODY[growing.size : end]))
                acknowledged = end
        if way == "cut short":  # within the write of a segment: what is beyond the journal is a part of it
            sealed = upload_file(vault).stat().st_size
            whole = (acknowledged + HEADER) // PLAIN * SEGMENT if acknowledged else 0
            if sealed > whole and acknowledged < LENGTH:
                os.truncate(upload_file(vault), drawn.draw(st.integers(whole, sealed)))
        if way != "goes on":
            hands = fresh(vault)
    assert grown(hands).whole
    with fresh(vault).grow(UPLOAD, OBJECT, LENGTH) as growing:
        assert (growing.whole, growing.size) == (True, LENGTH)
        assert growing.digest() == Digest(hashlib.sha256(BODY).hexdigest())
        item = uuid4()
        with growing.settling(item) as intake:
            intake.finish()
            with vault.open(item, OBJECT) as reader:
                assert reader.read_at(0, LENGTH) == BODY
            intake.abandon()
    assert hands.remove(UPLOAD)


def test_other_bytes_after_a_torn_segment_are_refused_and_the_same_are_taken(vault: LocalVault) -> None:
    with fresh(vault).grow(UPLOAD, OBJECT, LENGTH) as growing:
        growing.receive(io.BytesIO(BODY[: SEGMENT + 10]))
        growing.write(memoryview(BODY)[SEGMENT + 10 : 2 * SEGMENT + 10])
    os.truncate(upload_file(vault), SEGMENT + 300_000)
    with fresh(vault).grow(UPLOAD, OBJECT, LENGTH) as growing:
        assert growing.size == SEGMENT + 10
        with pytest.raises(BadInput, match="send this file anew"):
            growing.receive(io.BytesIO(os.urandom(LENGTH - SEGMENT - 10)))
    assert grown(fresh(vault)).whole


def test_no_plaintext_lies_on_the_disk(vault: LocalVault) -> None:
    marked = b"what was said in this room" * 100_000
    with fresh(vault).grow(UPLOAD, OBJECT, len(marked) + 1) as growing:
        growing.receive(io.BytesIO(marked))
    files = [path for path in vault.layout.home.rglob("*") if path.is_file()]
    assert len(files) >= 3
    assert [path for path in files if b"said in this room" in path.read_bytes()] == []


def test_a_changed_journal_or_segment_is_told(vault: LocalVault) -> None:
    with fresh(vault).grow(UPLOAD, OBJECT, LENGTH) as growing:
        growing.receive(io.BytesIO(BODY[: SEGMENT + 10]))
    for path in (vault.layout.upload(UPLOAD)[1], upload_file(vault)):
        kept = path.read_bytes()
        path.write_bytes(kept[:100] + bytes([kept[100] ^ 1]) + kept[101:])
        with pytest.raises(Tampered):
            fresh(vault).grow(UPLOAD, OBJECT, LENGTH)
        path.write_bytes(kept)
    assert grown(fresh(vault)).whole


def test_one_at_a_time(vault: LocalVault) -> None:
    hands = fresh(vault)
    with hands.grow(UPLOAD, OBJECT, LENGTH):
        with pytest.raises(Underway):
            fresh(vault).grow(UPLOAD, OBJECT, LENGTH)
        assert not fresh(vault).remove(UPLOAD)
    assert hands.remove(UPLOAD)
    assert hands.left() == []


def test_a_wrong_chunk_leaves_nothing_and_a_right_one_all_of_it(vault: LocalVault) -> None:
    hands, expected = fresh(vault), hashlib.sha256(BODY).digest()
    with hands.grow(UPLOAD, OBJECT, LENGTH) as growing:
        with pytest.raises(WrongChecksum):
            growing.receive_checked(io.BytesIO(BODY[:-1] + b"x"), hashlib.sha256(), expected)
        assert growing.size == 0
        growing.receive_checked(io.BytesIO(BODY), hashlib.sha256(), expected)
        assert growing.whole
    assert list(vault.layout.tmp.iterdir()) == [upload_file(vault)]


def test_more_than_was_announced_is_refused(vault: LocalVault) -> None:
    with fresh(vault).grow(UPLOAD, OBJECT, 100) as growing, pytest.raises(BadInput, match="announced with 100 bytes"):
        growing.receive(io.BytesIO(BODY))
    assert grown(fresh(vault), BODY[:100], 100).whole


class Endless:
    """A body without an end, which knows how much of it was taken."""

    def __init__(self) -> None:
        self.taken = 0

    def readinto(self, buffer: memoryview) -> int:
        assert self.taken < LENGTH + 8 * SEGMENT, "the whole of an endless body is taken"
        self.taken += len(buffer)
        return len(buffer)


def test_a_checked_chunk_that_is_too_long_is_refused_before_its_end(vault: LocalVault) -> None:
    endless = Endless()
    with fresh(vault).grow(UPLOAD, OBJECT, LENGTH) as growing:
        growing.receive(io.BytesIO(BODY[:1000]))
        with pytest.raises(BadInput, match="more come"):
            growing.receive_checked(endless, hashlib.sha256(), bytes(32))
        assert growing.size == 1000
        rest = BODY[1000:]
        growing.receive_checked(io.BytesIO(rest), hashlib.sha256(), hashlib.sha256(rest).digest())
        assert growing.whole
