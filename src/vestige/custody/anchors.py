"""Anchor files: a checkpoint with all that others gave to it, in one text that a person can print and a program can compare."""

import base64
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from vestige.custody.notes import Checkpoint, fingerprint
from vestige.custody.signed_notes import Note, VerifierKey, decode, parse_checkpoint, parse_note
from vestige.errors import BadInput, Fault

FIRST_LINE = "Vestige anchor, version 1"
_NOTE, _TOKEN = "VESTIGE CHECKPOINT", "VESTIGE TIME TOKEN"
_WORDS = """\
WHAT THIS IS
The agency writes every act on its recordings into a log. This sheet fixes that log as it stood then: how many entries it had, and one
number (the root) that stands for all of them. If any of those entries is later changed, removed or slipped in, the number will not fit.

WHAT TO DO WITH IT
Keep it where the agency cannot change it: print it and file it, mail it to a court clerk, a defender's office or a newspaper, publish it.
It names nobody and shows no footage.

HOW TO COMPARE
By hand: ask the agency for the root of its log at this number of entries, and compare the groups of digits. By program, in the agency's
home: vestige log compare FILE. Two sheets of one log with the same number of entries and different roots prove that the log was rewritten."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """What an anchor says: the agency's name, when it was written (milliseconds UTC), the log's key, the checkpoint, the token over it.

    The checkpoint is a note, with the cosignatures under it.
    """

    agency: str
    time: int
    key: VerifierKey
    note: str
    token: bytes | None = None


@dataclass(frozen=True, slots=True)
class Anchor:
    """An anchor as read. Nothing in it is verified."""

    note: Note
    checkpoint: Checkpoint
    token: bytes | None


@dataclass(frozen=True, slots=True)
class OwnLog:
    """The log of a home as it is: the keys that signed it (newest first, all of one name), its size, its earlier roots as far as it reads."""

    keys: tuple[VerifierKey, ...]
    size: int
    roots: Mapping[int, bytes]


@dataclass(frozen=True, slots=True)
class EarlierLog:
    """A log that a restore ended: how many of its entries stand in the new one, the newest size that was known then, and its roots by size."""

    keys: tuple[VerifierKey, ...]  # all that it had
    size: int
    newest: int
    roots: Mapping[int, bytes]


@dataclass(frozen=True, slots=True)
class Compared:
    """What a comparison says, in words. All but `holds` and `lost` are faults; `lost` is what a restore stated."""

    verdict: Literal["holds", "forked", "rolled back", "broken", "not ours", "lost"]
    words: str

    @property
    def is_fault(self) -> bool:
        """Whether something does not hold."""
        return self.verdict not in {"holds", "lost"}


def write(sheet: Sheet) -> str:
    """The text of an anchor file."""
    head = parse_checkpoint(parse_note(sheet.note).text)
    when = datetime.fromtimestamp(sheet.time // 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    facts = [
        ("Agency", " ".join(sheet.agency.split())),
        ("Written", when),
        ("Log", head.origin),
        ("Entries", str(head.size)),
        ("Root", _groups(head.root.hex())),
        ("Log key", str(sheet.key)),
        ("Fingerprint", fingerprint(sheet.key.public)),
    ]
    parts = [FIRST_LINE, "", *(f"{name + ':':<13}{value}" for name, value in facts), "", _WORDS, "", _block(_NOTE, sheet.note.rstrip("\n"))]
    if sheet.token is not None:
        parts.append(_block(_TOKEN, "\n".join(textwrap.wrap(base64.b64encode(sheet.token).decode(), 76))))
    return "\n".join(parts) + "\n"


def parse(text: str) -> Anchor:
    """An anchor file, or a signed checkpoint alone. Raises BadInput for anything else."""
    if text.partition("\n")[0].strip() == FIRST_LINE:
        lines = text.replace("\r\n", "\n").split("\n")
        note = _between(lines, _NOTE)
        if note is None:
            raise BadInput("the anchor holds no checkpoint")
        token = _between(lines, _TOKEN)
        parsed = parse_note("\n".join(note) + "\n")
        return Anchor(parsed, parse_checkpoint(parsed.text), decode("".join(token), "the token") if token else None)
    parsed = parse_note(text)
    return Anchor(parsed, parse_checkpoint(parsed.text), None)


def compare(anchor: Anchor, own: OwnLog, earlier: Sequence[EarlierLog] = ()) -> Compared:
    """Whether the log still is what the anchor fixed: the same tree or a longer one that begins with it."""
    origin, head = anchor.checkpoint.origin, anchor.checkpoint
    before = next((log for log in earlier if log.keys[0].name == origin), None)
    keys = own.keys if origin == own.keys[0].name else before.keys if before else ()
    if not keys:
        return Compared("not ours", f"the checkpoint is of another log, {origin}, which this one does not say to continue")
    try:
        signed = anchor.note.signed_by(keys)
    except Fault as error:
        return Compared("not ours", str(error))
    if not signed:
        return Compared("not ours", f"the checkpoint of size {head.size} is not signed by the key of its log")
    return _ended(head, before) if before else _own(head, own)


def forks(anchors: Iterable[Anchor]) -> list[tuple[Anchor, Anchor]]:
    """Pairs of checkpoints of one log and one size with different roots. Whoever signed both has rewritten the log."""
    seen: dict[tuple[str, int], Anchor] = {}
    found = []
    for anchor in anchors:
        first = seen.setdefault((anchor.checkpoint.origin, anchor.checkpoint.size), anchor)
        if first.checkpoint.root != anchor.checkpoint.root:
            found.append((first, anchor))
    return found


def _own(head: Checkpoint, own: OwnLog) -> Compared:
    if head.size > own.size:
        return Compared("rolled back", f"the log had {head.size} entries and now has {own.size}: it was rolled back")
    if head.size not in own.roots:
        return Compared("broken", f"the log's first {head.size} entries cannot be read whole")
    if own.roots[head.size] != head.root:
        signed = f"the log's first {head.size} entries are not those that were signed"
        return Compared("forked", f"{signed}: it was forked or rewritten, or rolled back and used again")
    return Compared("holds", f"the log's first {head.size} entries are those that were signed")


def _ended(head: Checkpoint, log: EarlierLog) -> Compared:
    if head.size > log.size:
        knew = "as the restore says" if head.size <= log.newest else f"more than the restore says, which knew of {log.newest}"
        return Compared("lost", f"entries {log.size} to {head.size - 1} of the earlier log were lost, {knew}")
    if log.roots.get(head.size) != head.root:
        return Compared("forked", f"the first {head.size} entries of the earlier log are not those that were restored")
    return Compared("holds", f"the first {head.size} entries of the earlier log stand in this one since a restore")


def _block(name: str, text: str) -> str:
    return f"-----BEGIN {name}-----\n{text}\n-----END {name}-----"


def _between(lines: Sequence[str], name: str) -> list[str] | None:
    begin, end = f"-----BEGIN {name}-----", f"-----END {name}-----"
    if begin not in lines:
        return None
    rest = list(lines[lines.index(begin) + 1 :])
    if end not in rest:
        raise BadInput(f"the anchor's {name.lower()} has no end")
    return rest[: rest.index(end)]


def _groups(digits: str) -> str:
    return " ".join(digits[at : at + 4] for at in range(0, len(digits), 4))
