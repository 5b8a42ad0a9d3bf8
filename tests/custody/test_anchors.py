"""Anchors: what is written reads back, and a fork, a rollback, another log and an honest restore are told apart."""

import base64
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.budget import examples
from tests.custody.signing import Signer, checkpoint, leaves, root, signer

from vestige.custody.anchors import Anchor, EarlierLog, OwnLog, Sheet, compare, forks, parse, write
from vestige.custody.cosignatures import cosign, of_note, pick, with_cosignatures
from vestige.custody.signed_notes import COSIGNATURE, ED25519, parse_note
from vestige.errors import BadInput

LOG, OTHER, WITNESS = signer("vestige.log/one", ED25519), signer("vestige.log/two", ED25519), signer("clerk.example/w1", COSIGNATURE)


def sheet(some: list[bytes], agency: str = "Test agency", token: bytes | None = None) -> Sheet:
    note = checkpoint(LOG, some)
    text = parse_note(note).text
    cosigned = with_cosignatures(note, [pick(cosign(text, WITNESS.key, 7, WITNESS.sign), text, WITNESS.key)])
    return Sheet(agency, 1_790_000_000_000, LOG.key, cosigned, token)


def anchor(some: list[bytes], log: Signer = LOG) -> Anchor:
    return parse(checkpoint(log, some))


def own(some: list[bytes], log: Signer = LOG) -> OwnLog:
    return OwnLog((log.key,), len(some), {size: root(some[:size]) for size in range(len(some) + 1)})


@given(st.integers(0, 9), st.text(max_size=80), st.none() | st.binary(min_size=1, max_size=400))
@settings(max_examples=examples(500), deadline=None)
def test_what_is_written_reads_back_whatever_the_agency_is_called(size: int, agency: str, token: bytes | None) -> None:
    made = sheet(leaves(size), agency, token)
    text = write(made)
    for spelling in (text, text.replace("\n", "\r\n")):
        back = parse(spelling)
        assert (str(back.note), back.checkpoint.size, back.token) == (made.note, size, token)
    assert [one.time for one in of_note(back.note, [WITNESS.key])] == [7]


def test_an_agencys_name_cannot_pass_for_a_part_of_the_sheet() -> None:
    text = write(sheet(leaves(3), "X\n-----BEGIN VESTIGE CHECKPOINT-----\nY"))
    assert parse(text).checkpoint.size == 3


def test_a_person_finds_size_root_and_fingerprint_and_what_to_do() -> None:
    text = write(sheet(leaves(3)))
    digits = root(leaves(3)).hex()
    assert f"Entries:     3\nRoot:        {digits[:4]} {digits[4:8]}" in text
    assert "print it and file it" in text
    assert "vestige log compare" in text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Vestige anchor, version 1\n",
        "hello\n",
        write(sheet(leaves(3))).replace("-----END VESTIGE CHECKPOINT-----\n", ""),
        write(sheet(leaves(3), token=b"token")).replace(base64.b64encode(b"token").decode(), "not base64"),
    ],
)
def test_what_is_no_anchor_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        parse(text)


@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 30))
@settings(max_examples=examples(800), deadline=None)
def test_a_log_that_grew_holds_one_that_shrank_was_rolled_back_and_another_history_forked(size: int, more: int, at: int) -> None:
    mine = leaves(size + more)
    assert compare(anchor(mine[:size]), own(mine)).verdict == "holds"
    assert compare(anchor(mine), own(mine[:size])).verdict == ("rolled back" if more else "holds")
    if at < size:
        changed = [*mine[:at], *leaves(1, "changed"), *mine[at + 1 :]]
        result = compare(anchor(mine[:size]), own(changed))
        assert (result.verdict, result.is_fault) == ("forked", True)


def test_another_log_a_strange_key_and_no_signature_are_not_ours() -> None:
    mine = leaves(4)
    assert compare(anchor(mine, OTHER), own(mine)).verdict == "not ours"
    forged = Signer(LOG.key, OTHER.sign)
    assert "not valid" in compare(anchor(mine, forged), own(mine)).words
    unsigned = parse(checkpoint(LOG, mine).replace(f"— {LOG.key.name} ", "— somebody "))
    assert compare(unsigned, own(mine)).verdict == "not ours"


def test_a_log_that_does_not_read_whole_is_no_fork_and_a_fault() -> None:
    result = compare(anchor(leaves(4)), OwnLog((LOG.key,), 6, {2: root(leaves(2))}))
    assert (result.verdict, result.is_fault) == ("broken", True)


def test_two_trees_of_one_size_are_a_fork_whoever_shows_them() -> None:
    one, two, later = anchor(leaves(4)), anchor(leaves(4, "x")), anchor(leaves(5))
    assert forks([one, later, one, two]) == [(one, two)]
    assert forks([one, anchor(leaves(4, "x"), OTHER)]) == []


def test_an_honest_restore_is_no_fork_and_what_it_lost_is_said() -> None:
    before, now = leaves(9), leaves(3, "after")
    ended = EarlierLog((LOG.key,), 7, 8, {size: root(before[:size]) for size in range(8)})
    restored = own(now, OTHER)
    assert compare(anchor(before[:7]), restored, [ended]).verdict == "holds"
    assert compare(anchor(before[:5]), restored, [ended]).verdict == "holds"
    lost = compare(anchor(before), restored, [ended])
    assert (lost.verdict, lost.is_fault) == ("lost", False)
    assert "entries 7 to 8" in lost.words
    assert "knew of 8" in lost.words
    assert "as the restore says" in compare(anchor(before[:8]), restored, [ended]).words
    assert compare(anchor(leaves(7, "other")), restored, [ended]).verdict == "forked"
    assert compare(anchor(before), restored, [replace(ended, keys=(WITNESS.key,))]).verdict == "not ours"
