"""How we judge what a witness answers to a submission of ours. Nothing that it says is believed without its key."""

from dataclasses import dataclass

from vestige.custody.cosignatures import Cosignature, pick
from vestige.custody.notes import Checkpoint
from vestige.custody.signed_notes import VerifierKey
from vestige.custody.submission import size_said
from vestige.errors import BadInput, Fault
from vestige.evidence.holders import Answered


@dataclass(frozen=True, slots=True)
class Sent:
    """What was submitted: from which size, which checkpoint, to the witness of which key; `tree` is the size of our log now."""

    old: int
    head: Checkpoint
    key: VerifierKey
    tree: int


@dataclass(frozen=True, slots=True)
class Again:
    """Ask once more, with a proof from this size: the one that the witness has."""

    size: int


@dataclass(frozen=True, slots=True)
class Failed:
    """No cosignature. `forked`: the witness holds what our log does not continue, so the log was rolled back or forked."""

    words: str
    forked: bool = False


def judge(answer: Answered, sent: Sent) -> Cosignature | Again | Failed:
    """The cosignature, or what is to be done without it."""
    name, said = sent.key.name, answer.body.decode("utf-8", "replace")
    if answer.status == 200:
        try:
            return pick(said, sent.head.body().decode(), sent.key)
        except (BadInput, Fault) as error:
            return Failed(str(error))
    if answer.status == 409:
        return _conflict(size_said(answer.kind, said), sent)
    if answer.status == 422:
        return Failed(f"{name} says that size {sent.head.size} does not continue the size {sent.old} that it cosigned", forked=True)
    return Failed(answer.fault or f"{name} answered {answer.status}: {_short(said)}")


def _conflict(size: int | None, sent: Sent) -> Again | Failed:
    name = sent.key.name
    if size is None:
        return Failed(f"{name} answered 409 without a size")
    if size > sent.tree:
        return Failed(f"{name} has cosigned size {size} of this log, which now has only {sent.tree} entries", forked=True)
    if size > sent.head.size:
        return Failed(f"{name} has cosigned a later checkpoint already (size {size})")
    if size == sent.old:
        return Failed(f"{name} has cosigned size {size} of this log with another root", forked=True)
    return Again(size)


def _short(text: str) -> str:
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text[:200]).split())
