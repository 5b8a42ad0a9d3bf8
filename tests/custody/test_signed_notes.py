"""Notes of others, verifier keys and cosignatures, against published vectors and against chance."""

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.budget import examples
from tests.custody.signing import checkpoint, leaves, signer

from vestige.custody.cosignatures import check, cosign, message, of_note, pick, with_cosignatures
from vestige.custody.signed_notes import COSIGNATURE, ED25519, MOST_LINES, parse_checkpoint, parse_key, parse_lines, parse_note
from vestige.errors import BadInput, Fault

# From the documentation of golang.org/x/mod/sumdb/note.
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
THINK = (
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
    "\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
# From C2SP tlog-cosignature and tlog-witness, which give no keys for them.
SOFA = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    "— witness.example.com/w1 "
    "jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
)

LOG, WITNESS, OTHER = signer("log.example/one", ED25519), signer("clerk.example/w1", COSIGNATURE), signer("clerk.example/w2", COSIGNATURE)


def test_the_published_note_is_signed_by_the_published_key_and_altered_it_is_not() -> None:
    key = parse_key(PETER, ED25519)
    assert str(key) == PETER
    note = parse_note(THINK)
    assert str(note) == THINK
    assert [line.name for line in note.signed_by([key])] == ["PeterNeumann"]
    with pytest.raises(Fault, match="not valid"):
        parse_note(THINK.replace("your problem is", "your problem was")).signed_by([key])


def test_the_published_checkpoint_with_a_cosignature_reads_and_comes_back() -> None:
    note = parse_note(SOFA)
    head = parse_checkpoint(note.text)
    assert (head.origin, head.size, str(note)) == ("example.com/behind-the-sofa", 20852163, SOFA)
    cosigned = note.lines[1]
    assert (cosigned.name, cosigned.key_id.hex(), len(cosigned.signature)) == ("witness.example.com/w1", "8d66cf3f", 72)
    time = int.from_bytes(cosigned.signature[:8], "big")
    assert time == 1679315147
    assert message(time, note.text).decode() == f"cosignature/v1\ntime 1679315147\n{note.text}"


def test_a_text_may_hold_empty_lines_and_unknown_signatures_are_ignored() -> None:
    note = parse_note("a\n\nb\n\n— x AAAAAAA=\n")
    assert (note.text, len(note.lines)) == ("a\n\nb\n", 1)
    assert note.signed_by([LOG.key]) == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a\n",
        "a\n\n",
        "a\n\n— x AAAAAAA=",
        "a\n\n- x AAAAAAA=\n",
        "a\n\n— x AAAAAAA=\nmore\n",
        "a\n\n— x\n",
        "a\n\n—  AAAAAAA=\n",
        "a\n\n— x+y AAAAAAA=\n",
        "a\n\n— x\u2003y AAAAAAA=\n",
        "a\n\n— x AAAAAA==\n",  # four bytes: no signature
        "a\n\n— x AAAAAAB=\n",  # another spelling of the same bytes
        "a\n\n— x AAAA AAA=\n",
        "a\r\n\n— x AAAAAAA=\n",
        "a\tb\n\n— x AAAAAAA=\n",
        "a\n\n" + "— x AAAAAAA=\n" * (MOST_LINES + 1),
    ],
)
def test_what_is_no_note_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        parse_note(text)


def test_a_note_with_many_signatures_is_read() -> None:
    assert len(parse_note("a\n\n" + "— x AAAAAAA=\n" * MOST_LINES).lines) == MOST_LINES


ROOT = base64.b64encode(bytes(32)).decode()


@pytest.mark.parametrize(
    "text",
    [
        f"o\n1\n{ROOT}",
        f"o\n1\n\n{ROOT}\n",
        f"\n1\n{ROOT}\n",
        f"o\n01\n{ROOT}\n",
        f"o\n-1\n{ROOT}\n",
        f"o\n\u0661\n{ROOT}\n",
        f"o\n{2**63}\n{ROOT}\n",
        "o\n1\nAAAA\n",
        "o\n1\n",
        f"o\n1\n{ROOT}\n\nmore\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        parse_checkpoint(text)


def test_a_checkpoint_may_have_further_lines() -> None:
    assert parse_checkpoint(f"o\n0\n{ROOT}\nmore of it\n").size == 0


@pytest.mark.parametrize("algorithm", [ED25519, COSIGNATURE])
def test_a_key_of_one_kind_is_not_taken_for_the_other(algorithm: int) -> None:
    key = str(signer("clerk.example/w1", algorithm).key)
    assert str(parse_key(f" {key}\n", algorithm)) == key
    with pytest.raises(BadInput, match="is not a"):
        parse_key(key, ED25519 + COSIGNATURE - algorithm)


@pytest.mark.parametrize(
    "change", [("c74f20a3", "c74f20a4"), ("PeterNeumann", "Peter Neumann"), ("PeterNeumann", ""), ("10TW", "10T"), ("+", " ")]
)
def test_what_is_no_verifier_key_is_refused(change: tuple[str, str]) -> None:
    with pytest.raises(BadInput):
        parse_key(PETER.replace(*change), ED25519)


TIMES = st.integers(1, 2**63 - 1)


@given(TIMES, st.integers(0, 9))
@settings(max_examples=examples(500), deadline=None)
def test_a_cosignature_is_found_among_others_and_holds_for_its_time_and_text_only(time: int, size: int) -> None:
    note = parse_note(checkpoint(LOG, leaves(size)))
    line = cosign(note.text, WITNESS.key, time, WITNESS.sign)
    answer = cosign(note.text, OTHER.key, time, OTHER.sign) + line
    found = pick(answer, note.text, WITNESS.key)
    assert (found.time, found.line) == (time, line)
    [parsed] = parse_lines(line)
    with pytest.raises(Fault):
        check(parse_note(checkpoint(LOG, leaves(size + 1))).text, parsed, WITNESS.key)
    with pytest.raises(Fault):
        check(note.text, parsed, OTHER.key)
    moved = bytearray(parsed.signature)
    moved[7] ^= 1
    with pytest.raises(Fault):
        check(note.text, type(parsed)(parsed.name, parsed.key_id, bytes(moved)), WITNESS.key)


def test_an_answer_without_the_witness_is_no_cosignature() -> None:
    note = parse_note(checkpoint(LOG, leaves(3)))
    with pytest.raises(Fault, match="without a cosignature"):
        pick(cosign(note.text, OTHER.key, 5, OTHER.sign), note.text, WITNESS.key)
    with pytest.raises(BadInput):
        pick("thank you\n", note.text, WITNESS.key)


@pytest.mark.parametrize("time", [0, -1, 2**63])
def test_a_time_that_cannot_be_is_not_signed(time: int) -> None:
    with pytest.raises(ValueError, match="after 1970"):
        cosign("x\n", WITNESS.key, time, WITNESS.sign)


def test_lines_stand_under_the_logs_own_in_the_order_of_their_keys_one_a_witness() -> None:
    signed = checkpoint(LOG, leaves(3))
    text = parse_note(signed).text
    first, second = (pick(cosign(text, one.key, 7, one.sign), text, one.key) for one in (OTHER, WITNESS))
    whole = parse_note(with_cosignatures(signed, [first, second, first]))
    assert [line.name for line in whole.lines] == ["log.example/one", "clerk.example/w1", "clerk.example/w2"]
    assert {one.key.name for one in of_note(whole, [WITNESS.key, OTHER.key])} == {"clerk.example/w1", "clerk.example/w2"}
    assert len(whole.signed_by([LOG.key])) == 1
