"""`data/trail.json`: the custody trails with their proofs (package format, step 6)."""

from collections import Counter
from dataclasses import dataclass

from vestige_verify import merkle, shapes
from vestige_verify.bag import PROOF
from vestige_verify.commitments import FIELDS, parse_openings
from vestige_verify.entries import Event, Sealed, check_entry
from vestige_verify.errors import VerificationError, at
from vestige_verify.notes import Checkpoint, VerifierKey, parse_checkpoint, verify_checkpoint, verify_cosignatures
from vestige_verify.pieces import Pieces
from vestige_verify.proof_file import ProofFile, parse_hashes


@dataclass(frozen=True, slots=True)
class Trail:
    """The checked trail of one item, oldest event first; never empty."""

    item: str
    events: list[Event]


def check_trails(document: Pieces, key: VerifierKey, proof: ProofFile) -> list[Trail]:
    """The trails of a package; the proof file has been verified with `key`. Reads to the end of the document, which stays unfinished.

    Refuses (VerificationError) another form than the canonical one, a checkpoint of another key, one that is not consistent with the proof
    file's, and any entry or chain that does not hold.
    """
    document.expect('{"checkpoint":')
    checkpoint = parse_checkpoint(shapes.text(document.value(), "checkpoint").encode())
    verify_checkpoint(checkpoint, key)
    verify_cosignatures(checkpoint, ())  # none has its place here
    later = proof.checkpoint
    with at(6, PROOF):  # the way from one checkpoint to the other is told there
        merkle.verify_consistency(checkpoint.size, later.size, proof.consistency, checkpoint.root, later.root)
    document.expect(',"format":"vestige-trail/1","trails":[')
    trails = [_trail(document, checkpoint)]
    while document.skip(","):
        trails.append(_trail(document, checkpoint))
    document.expect("]}")
    if len({trail.item for trail in trails}) != len(trails):
        raise VerificationError("the same item has two trails")
    return trails


def withheld(events: list[Event]) -> Counter[str]:
    """How many times each field is not opened, in the order of the format page."""
    return Counter({name: count for name in FIELDS if (count := sum(name not in event.opened for event in events))})


def _trail(document: Pieces, checkpoint: Checkpoint) -> Trail:
    document.expect('{"entries":[')
    events: list[Event] = []
    while not events or document.skip(","):
        value = document.value()
        try:
            events.append(_next(_sealed(value), checkpoint, events[-1] if events else None))
        except VerificationError as fault:
            raise VerificationError(f"event {len(events) + 1} of the trail: {fault.reason}") from None
    document.expect('],"item":')
    item = shapes.uuid(document.value(), "item")
    document.expect("}")
    if events[0].item != item:
        raise VerificationError(f"the trail of item {item} holds the events of another item")
    return Trail(item, events)


def _sealed(value: object) -> Sealed:
    record = shapes.record(value, "entry", "index", "openings", "proof")
    return Sealed(
        index=shapes.natural(record["index"], "index"),
        entry=shapes.text(record["entry"], "entry"),
        openings=parse_openings(record["openings"]),
        proof=parse_hashes(record["proof"]),
    )


def _next(sealed: Sealed, checkpoint: Checkpoint, before: Event | None) -> Event:
    event = check_entry(sealed, checkpoint)
    if before and event.item != before.item:
        raise VerificationError("it belongs to another item")
    if event.previous != (before.hash.hex() if before else None):
        raise VerificationError("it does not follow the event before it: one is missing, changed or out of order")
    if before and event.index <= before.index:
        raise VerificationError("it stands in the log before the event that it follows")
    return event
