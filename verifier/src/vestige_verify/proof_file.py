"""`package.tlog-proof`: a C2SP tlog-proof with one `extra` line, in its one canonical form."""

import re
from dataclasses import dataclass

from vestige_verify import canonical, shapes
from vestige_verify.commitments import parse_openings
from vestige_verify.entries import Sealed
from vestige_verify.errors import VerificationError
from vestige_verify.notes import Checkpoint, decode_base64, parse_checkpoint

_HEADER = "c2sp.org/tlog-proof@v1"
_INDEX = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_LONGEST = 64  # no tree of less than 2^64 leaves has a longer proof


@dataclass(frozen=True, slots=True)
class ProofFile:
    """The `package:created` entry with its place in the log, and the way from the trail's checkpoint to this one."""

    sealed: Sealed
    checkpoint: Checkpoint
    consistency: list[bytes]


def parse(data: bytes) -> ProofFile:
    """Reads the file; refuses (VerificationError) every spelling but the canonical one: reading and writing it gives the same bytes."""
    head, gap, note = data.partition(b"\n\n")
    if not gap:
        raise VerificationError("this is no proof file of version 1")
    try:
        lines = head.decode("ascii").split("\n")
    except UnicodeError:
        raise VerificationError("the proof is not plain text") from None
    if len(lines) < 3 or lines[0] != _HEADER:
        raise VerificationError("this is no proof file of version 1")
    extra, index, *path = lines[1:]
    if not extra.startswith("extra ") or not index.startswith("index ") or not _INDEX.fullmatch(index.removeprefix("index ")):
        raise VerificationError("the proof file's lines `extra` and `index` are malformed")
    more = shapes.record(canonical.decode(decode_base64(extra.removeprefix("extra "))), "consistency", "entry", "openings")
    sealed = Sealed(
        index=int(index.removeprefix("index ")),
        entry=shapes.text(more["entry"], "entry"),
        openings=parse_openings(more["openings"]),
        proof=parse_hashes(path),
    )
    return ProofFile(sealed, parse_checkpoint(note), parse_hashes(more["consistency"]))


def parse_hashes(values: object) -> list[bytes]:
    """The hashes of a proof, from canonical base64; refuses other lengths than 32 bytes and proofs of more than 64 hashes."""
    items = shapes.array(values, "proof")
    if len(items) > _LONGEST:
        raise VerificationError("the proof is too long")
    hashes = [decode_base64(shapes.text(item, "proof")) for item in items]
    if any(len(value) != 32 for value in hashes):
        raise VerificationError("a hash of the proof is not 32 bytes long")
    return hashes
