"""How we judge what a witness answers: the cosignature, once more, a failure, or the news that our log was rolled back or forked."""

import pytest
from tests.custody.signing import checkpoint, leaves, root, signer

from vestige.custody.answers import Again, Failed, Sent, judge
from vestige.custody.cosignatures import Cosignature, cosign
from vestige.custody.notes import Checkpoint
from vestige.custody.signed_notes import COSIGNATURE, ED25519, parse_note
from vestige.evidence.holders import Answered

LOG, WITNESS, OTHER = signer("vestige.log/one", ED25519), signer("clerk.example/w1", COSIGNATURE), signer("clerk.example/w2", COSIGNATURE)
SENT = Sent(4, Checkpoint(LOG.key.name, 9, root(leaves(9))), WITNESS.key, 12)


def size(said: str, kind: str = "text/x.tlog.size") -> Answered:
    return Answered(409, kind, said.encode())


def test_a_cosignature_by_the_witness_is_taken_and_no_other() -> None:
    text = parse_note(checkpoint(LOG, leaves(9))).text
    mine, others = cosign(text, WITNESS.key, 5, WITNESS.sign), cosign(text, OTHER.key, 5, OTHER.sign)
    taken = judge(Answered(200, "text/plain", (others + mine).encode()), SENT)
    assert isinstance(taken, Cosignature)
    assert (taken.time, taken.line) == (5, mine)
    wrong = cosign(text.replace("\n9\n", "\n8\n"), WITNESS.key, 5, WITNESS.sign)
    for body in (others, wrong, "thanks\n", "", "\udcff"):
        assert isinstance(judge(Answered(200, "text/plain", body.encode(errors="surrogateescape")), SENT), Failed)


@pytest.mark.parametrize("named", [0, 3, 5, 9])
def test_a_size_that_our_log_has_is_asked_from(named: int) -> None:
    assert judge(size(f"{named}\n"), SENT) == Again(named)


@pytest.mark.parametrize(
    ("answer", "forked", "words"),
    [
        (size("13\n"), True, "now has only 12"),
        (size("4\n"), True, "another root"),
        (Answered(422, "", b"no"), True, "does not continue"),
        (size("11\n"), False, "later checkpoint"),
        (size("4"), False, "without a size"),
        (size("9\n", "text/plain"), False, "without a size"),
        (Answered(404, "", b"unknown\nlog \x1b[31m"), False, "answered 404: unknown log"),
        (Answered(0, fault="no answer within 5 seconds"), False, "no answer"),
        (Answered(302), False, "answered 302"),
    ],
)
def test_what_else_comes_is_a_failure_and_some_of_it_is_alarming(answer: Answered, forked: bool, words: str) -> None:  # noqa: FBT001  # a table
    result = judge(answer, SENT)
    assert isinstance(result, Failed)
    assert (result.forked, words in result.words, "\x1b" in result.words) == (forked, True, False)
