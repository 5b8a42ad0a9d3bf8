"""`data/trail.json`: the custody trails with their proofs (package format, step 6)."""

from collections import Counter
from dataclasses import dataclass

from vestige_verify import canonical, merkle, shapes
from vestige_verify.bag import PROOF
from vestige_verify.commitments import FIELDS, parse_openings
from vestige_verify.entries import Event, Sealed, check_entry
from vestige_verify.errors import VerificationError, at
from vestige_verify.notes import Checkpoint, VerifierKey, parse_checkpoint, verify_checkpoint
from vestige_verify.proof_file import ProofFile, parse_hashes


@dataclass(frozen=True, slots=True)
class Trail:
    """The checked trail of one item, oldest event first; never empty."""

    item: str
    events: list[Event]


def check_trails(data: bytes, key: VerifierKey, proof: ProofFile) -> list[Trail]:
    """The trails of a package; the proof file has been verified with `key`.

    Refuses (VerificationError) another form than the canonical one, a checkpoint of another key, one that is not consistent with the proof
    file's, and any entry or chain that does not hold.
    """
    document = shapes.record(canonical.decode(data), "checkpoint", "format", "trails")
    shapes.one_of(document["format"], "format", "vestige-trail/1")
    checkpoint = parse_checkpoint(shapes.text(document["checkpoint"], "checkpoint").encode())
    verify_checkpoint(checkpoint, key)
    later = proof.checkpoint
    with at(6, PROOF):  # the way from one checkpoint to the other is told there
        merkle.verify_consistency(checkpoint.size, later.size, proof.consistency, checkpoint.root, later.root)
    trails = [_trail(value, checkpoint) for value in shapes.array(document["trails"], "trails")]
    if len({trail.item for trail in trails}) != len(trails):
        raise VerificationError("the same item has two trails")
    return trails


def withheld(events: list[Event]) -> Counter[str]:
    """How many times each field is not opened, in the order of the format page."""
    return Counter({name: count for name in FIELDS if (count := sum(name not in event.openings for event in events))})


def _trail(value: object, checkpoint: Checkpoint) -> Trail:
    record = shapes.record(value, "entries", "item")
    item = shapes.uuid(record["item"], "item")
    events: list[Event] = []
    for number, entry in enumerate(shapes.array(record["entries"], "entries"), 1):
        try:
            events.append(_next(item, _sealed(entry), checkpoint, events[-1] if events else None))
        except VerificationError as fault:
            raise VerificationError(f"event {number} of the trail of item {item}: {fault.reason}") from None
    if not events:
        raise VerificationError(f"the trail of item {item} is empty")
    return Trail(item, events)


def _sealed(value: object) -> Sealed:
    record = shapes.record(value, "entry", "index", "openings", "proof")
    return Sealed(
        index=shapes.natural(record["index"], "index"),
        entry=shapes.text(record["entry"], "entry"),
        openings=parse_openings(record["openings"]),
        proof=parse_hashes(record["proof"]),
    )


def _next(item: str, sealed: Sealed, checkpoint: Checkpoint, before: Event | None) -> Event:
    event = check_entry(sealed, checkpoint)
    if event.item != item:
        raise VerificationError("it belongs to another item")
    if event.previous != (before.hash.hex() if before else None):
        raise VerificationError("it does not follow the event before it: one is missing, changed or out of order")
    if before and event.index <= before.index:
        raise VerificationError("it stands in the log before the event that it follows")
    return event
