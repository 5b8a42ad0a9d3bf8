"""What a witness is sent and how it judges it: the specification's statuses, and that no fork gets through."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.budget import examples
from tests.custody.signing import checkpoint, leaves, root, signer

from vestige.custody.consistency import check_consistency
from vestige.custody.signed_notes import COSIGNATURE, ED25519
from vestige.custody.submission import MOST_HASHES, Known, Submission, judge, parse, size_said, write
from vestige.custody.tree import consistency_proof, subtrees
from vestige.errors import BadInput, Fault

LOG, THIEF = signer("log.example/one", ED25519), signer("log.example/two", ED25519)
SIZES = st.integers(1, 70)


def proof(old: int, some: list[bytes]) -> list[bytes]:
    return [] if old in (0, len(some)) else consistency_proof(old, len(some), subtrees(some))


def sent(old: int, some: list[bytes], hashes: list[bytes] | None = None) -> Submission:
    return parse(write(old, proof(old, some) if hashes is None else hashes, checkpoint(LOG, some)))


def known(some: list[bytes]) -> Known:
    return Known(len(some), root(some))


@given(SIZES, SIZES, st.data())
@settings(max_examples=examples(1500), deadline=None)
def test_a_proof_holds_and_an_altered_one_does_not(one: int, other: int, data: st.DataObject) -> None:
    old, new = sorted((one, other))
    whole = leaves(new)
    right = proof(old, whole)
    check_consistency(old, new, right, root(whole[:old]), root(whole))
    wrong = list(right)
    what = data.draw(st.sampled_from(["longer", "shorter", "bit", "root", "size"]))
    sizes = (old, new)
    roots = [root(whole[:old]), root(whole)]
    if what == "longer":
        wrong.append(bytes(32))
    elif what == "shorter" and wrong:
        wrong.pop(data.draw(st.integers(0, len(wrong) - 1)))
    elif what == "bit" and wrong:
        at = data.draw(st.integers(0, len(wrong) - 1))
        wrong[at] = bytes([wrong[at][0] ^ 1]) + wrong[at][1:]
    elif what == "size":
        sizes = (new + 1, new)
    else:
        roots[data.draw(st.integers(0, 1))] = bytes(32)
    with pytest.raises(Fault):
        check_consistency(*sizes, wrong, *roots)


def test_nothing_is_proven_from_the_empty_tree() -> None:
    with pytest.raises(Fault):
        check_consistency(0, 1, [], root([]), root(leaves(1)))


@given(SIZES, st.integers(0, 70), st.integers(0, 70))
@settings(max_examples=examples(1500), deadline=None)
def test_what_continues_is_cosigned_and_what_does_not_is_refused(held: int, claimed: int, more: int) -> None:
    """A witness that holds `held` gets a log of `held + more`, claimed to continue `claimed`; then another log of that size."""
    mine = leaves(held + more)
    answer = judge(sent(claimed if claimed <= len(mine) else held, mine), [LOG.key], known(mine[:held]))
    assert answer.status == (200 if claimed == held or claimed > len(mine) else 409)
    if answer.status == 409:
        assert answer.size == held
    other = leaves(held, "other") + mine[held:]
    refused = judge(sent(held, other), [LOG.key], known(mine[:held]))
    assert refused.status == (422 if more else 409)


def test_the_first_checkpoint_comes_from_size_zero_without_a_proof() -> None:
    mine = leaves(5)
    assert judge(sent(0, mine), [LOG.key], Known()).status == 200
    assert judge(sent(0, mine, [bytes(32)]), [LOG.key], Known()).status == 422
    again = judge(sent(2, mine), [LOG.key], Known())
    assert (again.status, again.size) == (409, 0)


def test_the_same_checkpoint_again_is_cosigned_again() -> None:
    mine = leaves(5)
    assert judge(sent(5, mine), [LOG.key], known(mine)).status == 200
    assert judge(sent(5, mine, [bytes(32)]), [LOG.key], known(mine)).status == 422


def test_an_empty_log_may_be_cosigned_and_a_wrong_root_of_it_may_not() -> None:
    assert judge(sent(0, []), [LOG.key], Known()).status == 200
    forged = parse(write(0, [], checkpoint(LOG, [])))
    assert judge(forged, [LOG.key], Known(0, bytes(32))).status == 409


def test_an_unknown_log_a_strange_key_and_a_size_beyond_the_checkpoint() -> None:
    mine = leaves(5)
    assert judge(sent(0, mine), [], Known()).status == 404
    stranger = signer(LOG.key.name, COSIGNATURE)
    assert judge(sent(0, mine), [THIEF.key], Known()).status == 403
    forged = checkpoint(LOG, mine).replace("\n5\n", "\n6\n")
    assert judge(parse(write(0, [], forged)), [LOG.key], Known()).status == 403
    assert judge(sent(0, mine), [stranger.key], Known()).status == 403
    assert judge(sent(6, mine, []), [LOG.key], known(leaves(6))).status == 400


GOOD = write(3, proof(3, leaves(5)), checkpoint(LOG, leaves(5))).decode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "old 3\n",
        "old 3",
        GOOD.replace("old 3", "old 03"),
        GOOD.replace("old 3", "old -3"),
        GOOD.replace("old 3", "Old 3"),
        GOOD.replace("old 3\n", "old 3\nAAAA\n"),
        GOOD.replace("old 3\n", "old 3\nnot base64\n"),
        GOOD.replace("old 3\n", "old 3\n" + "A" * 43 + "=\n" + ("A" * 43 + "=\n") * MOST_HASHES),
        GOOD.replace("\n\n", "\n", 1),
        GOOD.partition("— ")[0],
        GOOD[:-1],
    ],
)
def test_a_malformed_request_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        parse(text.encode())


@given(
    st.binary(max_size=200) | st.integers(0, len(GOOD.encode()) - 1).map(lambda at: GOOD.encode()[:at] + b"\xff" + GOOD.encode()[at + 1 :])
)
@settings(max_examples=examples(1000), deadline=None)
def test_no_bytes_make_the_parser_fail_otherwise(data: bytes) -> None:
    with pytest.raises(BadInput):
        parse(data)


@given(st.integers(0, 2**63 - 1), st.lists(st.binary(min_size=32, max_size=32), max_size=MOST_HASHES), st.integers(0, 9))
@settings(max_examples=examples(500), deadline=None)
def test_a_request_comes_back_as_it_was_written(old: int, hashes: list[bytes], size: int) -> None:
    back = parse(write(old, hashes, checkpoint(LOG, leaves(size))))
    assert (back.old, list(back.proof), back.checkpoint.size) == (old, hashes, size)


def test_the_size_of_a_conflict_is_read_only_where_it_is_one() -> None:
    assert size_said("text/x.tlog.size", "12\n") == 12
    assert size_said("Text/X.tlog.size; charset=utf-8", "0\n") == 0
    assert [size_said("text/plain", "12\n"), size_said("text/x.tlog.size", "12"), size_said("text/x.tlog.size", "-1\n")] == [None] * 3
