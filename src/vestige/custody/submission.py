"""C2SP tlog-witness: what a log sends to a witness, and how a witness judges it. Values in, a status and a body out.

The steps of the judgement are those of the specification's `add-checkpoint`, in its order.
"""

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass

from vestige.custody.consistency import check_consistency
from vestige.custody.notes import Checkpoint
from vestige.custody.signed_notes import Note, VerifierKey, decode, parse_checkpoint, parse_note
from vestige.custody.tree import EMPTY_ROOT
from vestige.errors import BadInput, Fault

MOST_HASHES = 63
SIZE_TYPE = "text/x.tlog.size"
_OLD = re.compile(r"old (0|[1-9][0-9]{0,18})", re.ASCII)
_ANSWERED = re.compile(r"(0|[1-9][0-9]{0,18})\n", re.ASCII)


@dataclass(frozen=True, slots=True)
class Submission:
    """A request body, parsed; nothing in it is verified."""

    old: int
    proof: tuple[bytes, ...]
    note: Note
    checkpoint: Checkpoint


@dataclass(frozen=True, slots=True)
class Judgement:
    """The answer's status, 200 meaning that the checkpoint is to be kept and cosigned, with words for people; `size` where it is said."""

    status: int
    words: str
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What the witness cosigned last of a log; by default nothing, the empty tree."""

    size: int = 0
    root: bytes = EMPTY_ROOT


def write(old: int, proof: Sequence[bytes], checkpoint: str) -> bytes:
    """The body of a request."""
    hashes = "".join(f"{base64.b64encode(part).decode()}\n" for part in proof)
    return f"old {old}\n{hashes}\n{checkpoint}".encode()


def parse(data: bytes) -> Submission:
    """A request body. Raises BadInput for anything else than the specification's form."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadInput("the request is not text in UTF-8") from error
    head, parted, checkpoint = text.partition("\n\n")
    first, *hashes = head.split("\n")
    old = _OLD.fullmatch(first)
    if not parted or old is None:
        raise BadInput("the request begins with: old SIZE, proof lines, an empty line")
    if len(hashes) > MOST_HASHES:
        raise BadInput(f"a consistency proof has at most {MOST_HASHES} lines")
    proof = tuple(decode(line, "a proof line") for line in hashes)
    if any(len(part) != 32 for part in proof):
        raise BadInput("a proof line is not a hash of 32 bytes")
    note = parse_note(checkpoint)
    return Submission(int(old[1]), proof, note, parse_checkpoint(note.text))


def judge(sent: Submission, keys: Sequence[VerifierKey], known: Known) -> Judgement:
    """What a witness answers that trusts these keys for the origin (none: the log is unknown) and last cosigned `known`."""
    refusal = _signature(sent, keys)
    if refusal is not None:
        return refusal
    if sent.old > sent.checkpoint.size:
        return Judgement(400, "the old size is larger than the checkpoint's")
    if sent.old != known.size:
        return Judgement(409, f"this witness last cosigned size {known.size}", known.size)
    if sent.old == sent.checkpoint.size and sent.checkpoint.root != known.root:
        return Judgement(409, f"the log has forked: size {known.size} has another root here", known.size)
    return _consistent(sent, known)


def _signature(sent: Submission, keys: Sequence[VerifierKey]) -> Judgement | None:
    if not keys:
        return Judgement(404, f"this witness does not know the log {sent.checkpoint.origin}")
    try:
        signed = sent.note.signed_by(keys)
    except Fault as error:
        return Judgement(403, str(error))
    return None if signed else Judgement(403, "no signature is by a key that this witness trusts for the log")


def _consistent(sent: Submission, known: Known) -> Judgement:
    if known.size == 0:
        return Judgement(422, "a proof from the empty tree is empty") if sent.proof else Judgement(200, "first checkpoint")
    try:
        check_consistency(known.size, sent.checkpoint.size, sent.proof, known.root, sent.checkpoint.root)
    except Fault as error:
        return Judgement(422, str(error))
    return Judgement(200, "consistent")


def size_said(content_type: str, body: str) -> int | None:
    """The size that a witness names with 409; None when its answer is not one."""
    said = _ANSWERED.fullmatch(body)
    return int(said[1]) if said and content_type.partition(";")[0].strip().lower() == SIZE_TYPE else None
