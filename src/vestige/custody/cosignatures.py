"""C2SP tlog-cosignature, version 1: a witness says when, and that this is the largest consistent tree that it has seen of the log."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from vestige.custody.signed_notes import COSIGNATURE, Note, SignatureLine, VerifierKey, parse_lines
from vestige.errors import Fault

_HEADER = "cosignature/v1"
_TIME_BYTES = 8
_LATEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Cosignature:
    """A verified cosignature: whose, when (seconds since 1970 UTC, by the witness's clock), and its line as it came."""

    key: VerifierKey
    time: int
    line: str


def message(time: int, text: str) -> bytes:
    """What a witness signs: two lines, then the whole text of the checkpoint. `time` in seconds."""
    return f"{_HEADER}\ntime {time}\n{text}".encode()


def cosign(text: str, key: VerifierKey, time: int, signer: Callable[[bytes], bytes]) -> str:
    """The line with which the witness of that key cosigns a checkpoint's text. Raises ValueError for a key or a time that cannot be one."""
    if key.algorithm != COSIGNATURE or not 0 < time <= _LATEST:
        raise ValueError("a cosignature takes a witness's key and a time after 1970")
    return str(SignatureLine(key.name, key.id, time.to_bytes(_TIME_BYTES, "big") + signer(message(time, text))))


def check(text: str, line: SignatureLine, key: VerifierKey) -> Cosignature:
    """The cosignature in a line that claims to be by that key. Raises Fault when it is not, or names no time."""
    stamp, signature = line.signature[:_TIME_BYTES], line.signature[_TIME_BYTES:]
    time = int.from_bytes(stamp, "big")
    if not line.claims(key) or len(line.signature) != _TIME_BYTES + 64 or not 0 < time <= _LATEST:
        raise Fault(f"this is no cosignature by {key.name}")
    if key.algorithm != COSIGNATURE or not key.verifies(signature, message(time, text)):
        raise Fault(f"the cosignature of {key.name} is not valid for this checkpoint")
    return Cosignature(key, time, str(line))


def pick(answer: str, text: str, key: VerifierKey) -> Cosignature:
    """The cosignature by that key in a witness's answer; lines by other keys are ignored.

    Raises BadInput when the answer is not signature lines, Fault when none is by the key or one that claims to be is not valid.
    """
    mine = [check(text, line, key) for line in parse_lines(answer) if line.claims(key)]
    if not mine:
        raise Fault(f"the witness answered without a cosignature by {key.name}")
    return mine[0]


def of_note(note: Note, keys: Iterable[VerifierKey]) -> list[Cosignature]:
    """The cosignatures by these witnesses under a note. Raises Fault when a line that claims to be by one of them is not valid."""
    known = list(keys)
    return [check(note.text, line, key) for line in note.lines for key in known if line.claims(key)]


def with_cosignatures(checkpoint: str, cosignatures: Iterable[Cosignature]) -> str:
    """The signed checkpoint with these lines under the log's own, one a witness, in the order of their verifier keys."""
    by_key = {str(one.key): one.line for one in cosignatures}
    return checkpoint + "".join(by_key[key] for key in sorted(by_key))
