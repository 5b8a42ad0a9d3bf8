"""Checkpoints are offered to witnesses, and what they answer is checked and kept. Nothing here ever holds evidence up.

1. A committed checkpoint. 2. To each witness: a proof from the size that it cosigned last. 3. Where it names another size that our log has,
once more from there. 4. The cosignature is checked against the witness's key. 5. Kept, with an event; a failure is an event too, and the next
attempt waits longer. A witness that holds what our log does not continue opens a finding at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from vestige.access.permissions import Permission
from vestige.actions.door import Desk, Pen, action
from vestige.actions.findings import open_finding
from vestige.actions.ports import Ports
from vestige.custody.answers import Again, Failed, Sent, judge
from vestige.custody.cosignatures import Cosignature, check
from vestige.custody.events import EventType
from vestige.custody.notes import Checkpoint, verify
from vestige.custody.signed_notes import COSIGNATURE, parse_key, parse_lines
from vestige.custody.submission import write
from vestige.errors import BadInput, Fault, NotFound
from vestige.evidence.changes import Plain, Statement
from vestige.evidence.holders import Answered, Asked, Witness
from vestige.evidence.items import FindingKind

EVENTS = (EventType.CHECKPOINT_COSIGNED, EventType.FINDING_OPENED)
PATIENCE_S = 10.0
_PATH = "/add-checkpoint"
_KIND = "text/plain; charset=utf-8"
_FIRST_WAIT, _LONGEST_WAIT = 60_000, 3_600_000
_SILENT_FOR = 3_600_000
_SKEW_S = 300


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of asking one witness: its cosignature, or why there is none."""

    witness: Witness
    result: Cosignature | Failed

    @property
    def cosigned(self) -> Cosignature | None:
        """The cosignature, if there is one."""
        return self.result if isinstance(self.result, Cosignature) else None

    @property
    def words(self) -> str:
        """Why there is none."""
        return self.result.words if isinstance(self.result, Failed) else ""


def is_due(ports: Ports) -> bool:
    """Whether a witness should be asked now: there is something new since its last cosignature, and its wait is over."""
    now, holders = ports.now(), ports.holders
    return any(one.retry_at <= now and (not one.cosigned or holders.changed_since(one.cosigned)) for one in holders.witnesses())


@action("checkpoint.cosign", Permission.CHECKPOINT_COSIGN, *EVENTS)
def cosign(desk: Desk, *, everyone: bool = True) -> list[Outcome]:
    """Offer the newest checkpoint to every witness (`everyone` False: to those whose wait is over). Raises NotFound without a witness."""
    now = desk.now()
    asked = [one for one in desk.ports.holders.witnesses() if everyone or one.retry_at <= now]
    if not asked:
        raise NotFound("this log has no witness to ask; enter one with: vestige log witness add VKEY URL")
    return gather(desk, desk.ports.catalog.checkpoint(), asked)


def gather(desk: Desk, note: str, witnesses: Sequence[Witness], seconds: float = PATIENCE_S) -> list[Outcome]:
    """Have this checkpoint of ours cosigned by these, within `seconds`; records what came of it. Answers known already are not asked for."""
    head = verify(note, desk.ports.catalog.log_key())
    lines = desk.ports.holders.cosignatures(head.size)
    known = [Outcome(one, found) for one in witnesses if (found := _stored(one, head, lines.get(one.id)))]
    there = {one.witness.id for one in known}
    fresh = _ask(desk, note, head, [one for one in witnesses if one.id not in there], seconds)
    for outcome in fresh:
        with desk.writing() as pen:
            _keep(desk, pen, head, outcome)
    return known + fresh


def _stored(witness: Witness, head: Checkpoint, line: str | None) -> Cosignature | None:
    """What the witness gave already; None where nothing is there, or nothing that holds."""
    try:
        return check(head.body().decode(), parse_lines(line)[0], parse_key(witness.key, COSIGNATURE)) if line else None
    except (BadInput, Fault):
        return None


def _ask(desk: Desk, note: str, head: Checkpoint, witnesses: Sequence[Witness], seconds: float) -> list[Outcome]:
    """Two rounds at most: the second for those who named another size."""
    olds = [min(one.cosigned, head.size) for one in witnesses]
    results: dict[int, Cosignature | Failed] = {}
    turn = list(range(len(witnesses)))
    for round_ in (1, 2):
        answers = _send(desk, note, head.size, [(witnesses[i], olds[i]) for i in turn], seconds / 2)
        again = []
        for i, answer in zip(turn, answers, strict=True):
            key = parse_key(witnesses[i].key, COSIGNATURE)
            result = judge(answer, Sent(olds[i], head, key, desk.ports.holders.size()))
            if isinstance(result, Again) and round_ == 1:
                olds[i] = result.size
                again.append(i)
            else:
                results[i] = Failed(f"{key.name} changed its mind about the size") if isinstance(result, Again) else result
        turn = again
    return [Outcome(one, results[i]) for i, one in enumerate(witnesses)]


def _send(desk: Desk, note: str, size: int, asked: Sequence[tuple[Witness, int]], seconds: float) -> list[Answered]:
    if not asked:
        return []
    proofs = desk.ports.catalog.proofs(size)
    bodies = [write(old, proofs.consistency(old) if old else [], note) for _, old in asked]
    posts = [Asked(one.url + _PATH, _KIND, body) for (one, _), body in zip(asked, bodies, strict=True)]
    return desk.ports.outside.ask(posts, seconds)


def _keep(desk: Desk, pen: Pen, head: Checkpoint, outcome: Outcome) -> None:
    witness, result, holders = outcome.witness, outcome.result, desk.ports.holders
    about, now = ("witness", str(witness.id)), desk.now()
    data: dict[str, Plain] = {"witness": witness.name, "size": head.size, "root": head.root.hex()}
    if isinstance(result, Cosignature):
        skew = result.time - now // 1000
        told = data | {"time": result.time, "skew_seconds": skew, "line": result.line}
        pen.record(Statement(EventType.CHECKPOINT_COSIGNED, about=about, data=told))
        holders.add_cosignature(witness.id, head.size, result.time, result.line)
        holders.note_attempt(witness.id, failures=0, failing_since=None, retry_at=0)
        if abs(skew) > _SKEW_S:
            _find(
                desk, pen, witness, FindingKind.CLOCKS_DIFFER, f"the clocks of {witness.name} and of this machine differ by {skew} seconds"
            )
        return
    failures, since = witness.failures + 1, witness.failing_since or now
    pen.record(Statement(EventType.CHECKPOINT_COSIGNED, about=about, outcome={"failed": result.words}, data=data))
    wait = min(_FIRST_WAIT << min(witness.failures, 10), _LONGEST_WAIT)
    holders.note_attempt(witness.id, failures=failures, failing_since=since, retry_at=now + wait)
    if result.forked:
        _find(desk, pen, witness, FindingKind.LOG_FORKED, f"the log was rolled back or forked: {result.words}")
    elif now - since >= _SILENT_FOR:
        _find(desk, pen, witness, FindingKind.WITNESS_SILENT, f"no cosignature for an hour or more: {result.words}")


def _find(desk: Desk, pen: Pen, witness: Witness, kind: FindingKind, words: str) -> None:
    """Open it, unless one of the kind is open about that witness."""
    if not any(one.kind is kind and one.closed_at is None for one in desk.ports.catalog.findings_of([witness.id])):
        open_finding(desk, pen, kind, ("witness", witness.id), words)
