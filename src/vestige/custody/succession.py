"""The log's key is replaced: a signed note by the old key and the new one, which whoever relies on the old key can follow.

Its first line is none that a checkpoint can have, so no signature of one passes for a signature of the other.
"""

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from vestige.custody.notes import Checkpoint, fingerprint
from vestige.custody.signed_notes import ED25519, Note, SignatureLine, VerifierKey, parse_checkpoint, parse_key, parse_note
from vestige.errors import BadInput, Fault

TITLE = "Vestige log key succession, version 1"
_LINES = 6


@dataclass(frozen=True, slots=True)
class Succession:
    """From which key to which, of one log, and how far the log had come (of the old key's last checkpoint that its maker knew)."""

    old: VerifierKey
    new: VerifierKey
    head: Checkpoint
    note: str

    @property
    def fingerprint(self) -> str:
        """The new key's, for reading aloud."""
        return fingerprint(self.new.public)


def make(head: Checkpoint, old: tuple[bytes, Callable[[bytes], bytes]], new: tuple[bytes, Callable[[bytes], bytes]]) -> Succession:
    """The statement, signed by both; each a public key and what signs with its private half."""
    keys = [VerifierKey(head.origin, ED25519, public) for public, _ in (old, new)]
    text = f"{TITLE}\n{head.body().decode()}{keys[0]}\n{keys[1]}\n"
    lines = [SignatureLine(key.name, key.id, sign(text.encode())) for key, (_, sign) in zip(keys, (old, new), strict=True)]
    return parse(str(Note(text, tuple(lines))))


def parse(text: str) -> Succession:
    """A statement that both keys signed. Raises BadInput for what is none, Fault for signatures that do not hold."""
    note = parse_note(text)
    lines = note.text.split("\n")
    if len(lines) != _LINES + 1 or lines[0] != TITLE:
        raise BadInput("not a statement that a log's key was replaced")
    head = parse_checkpoint("\n".join([*lines[1:4], ""]))
    old, new = (parse_key(line, ED25519) for line in lines[4:6])
    if old.name != head.origin or new.name != head.origin or old == new or base64.b64encode(head.root).decode() != lines[3]:
        raise BadInput("the statement's keys are not two keys of its log")
    if [(line.name, line.key_id) for line in note.lines] != [(key.name, key.id) for key in (old, new)]:
        raise Fault("the statement is not signed by the old key and the new one")
    note.signed_by((old, new))
    return Succession(old, new, head, text)


def chain(notes: Sequence[str], newest: VerifierKey) -> tuple[Succession, ...]:
    """The statements that lead to the key in force, oldest first. Raises BadInput, Fault for one that does not follow the one before."""
    steps = tuple(map(parse, notes))
    for step, after in zip(steps, [*(one.old for one in steps[1:]), newest], strict=False):
        if step.new != after:
            raise Fault("the statements that the log's key was replaced do not follow one another")
    return steps


def keys(notes: Sequence[str], newest: VerifierKey) -> tuple[VerifierKey, ...]:
    """All keys that the log has had, the one in force first. Raises BadInput, Fault."""
    return (newest, *(step.old for step in reversed(chain(notes, newest))))


def all_keys(notes: Sequence[str], key: VerifierKey) -> tuple[VerifierKey, ...]:
    """All keys of a log of which `key` is one, the newest first. Raises BadInput, Fault where the statements do not hold, or are of another log."""
    found = keys(notes, parse(notes[-1]).new) if notes else (key,)
    if key not in found:
        raise Fault("the statements that the log's key was replaced do not tell of its key")
    return found
