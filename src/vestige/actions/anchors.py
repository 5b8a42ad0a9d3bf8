"""Anchors: the newest checkpoint with all that others give to it, written to be kept elsewhere; and comparing the log with them."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from vestige.access.permissions import Permission
from vestige.actions import cosigning, stamping
from vestige.actions.door import Desk, action
from vestige.actions.ports import Ports
from vestige.custody import anchors
from vestige.custody.anchors import Anchor, Compared, EarlierLog, OwnLog, Sheet
from vestige.custody.cosignatures import of_note, with_cosignatures
from vestige.custody.events import EventType
from vestige.custody.notes import verify
from vestige.custody.signed_notes import COSIGNATURE, ED25519, VerifierKey, parse_key
from vestige.custody.succession import all_keys
from vestige.errors import BadInput, Fault, NotFound
from vestige.evidence.changes import Plain, Statement
from vestige.evidence.values import from_ms

_EVERY = 86_400_000
_EARLY = 600_000


@dataclass(frozen=True, slots=True)
class Written:
    """An anchor: where the home's copy lies, its size, the witnesses under it and those that gave nothing, and whether it has a token."""

    path: Path
    size: int
    witnesses: tuple[str, ...]
    silent: tuple[str, ...]
    stamped: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """What became of one anchor."""

    name: str
    words: str
    is_fault: bool


def is_due(ports: Ports) -> bool:
    """Whether a day went by since the last anchor."""
    last = ports.holders.last_told(EventType.ANCHOR_WRITTEN)
    return last is None or ports.now() - last >= _EVERY - _EARLY


def has_kept(ports: Ports) -> bool:
    """Whether the home keeps anchors of its own."""
    return bool(ports.shelf.kept())


@action("anchor.write", Permission.ANCHOR_WRITE, EventType.ANCHOR_WRITTEN, *cosigning.EVENTS, *stamping.EVENTS)
def write(desk: Desk, out: Path | None = None) -> Written:
    """Write an anchor of the newest checkpoint into the home and, with `out`, to that file too. Raises BadInput when that is there."""
    if out is not None and out.exists():
        raise BadInput(f"{out} is there already; an anchor is never written over")
    agency = desk.ports.catalog.agency()
    if agency is None:
        raise NotFound("this home has no agency yet")
    note = desk.ports.catalog.checkpoint()
    head = verify(note, desk.ports.catalog.log_key())
    outcomes = cosigning.gather(desk, note, desk.ports.holders.witnesses())
    given = [one.cosigned for one in outcomes if one.cosigned]
    token = stamping.gather(desk, note).stamp
    now = desk.now()
    text = anchors.write(Sheet(agency.name, now, _log_key(desk), with_cosignatures(note, given), token.token if token else None))
    path = desk.ports.shelf.keep(f"anchor-{from_ms(now).strftime('%Y%m%dT%H%M%SZ')}-{head.size}.txt", text)
    if out is not None:
        desk.ports.shelf.put(out, text)
    names = sorted(one.key.name for one in given)
    data: dict[str, Plain] = {
        "size": head.size,
        "root": head.root.hex(),
        "witnesses": names,
        "stamped": token is not None,
        "file": path.name,
    }
    desk.note(Statement(EventType.ANCHOR_WRITTEN, about=("checkpoint", str(head.size)), data=data))
    silent = tuple(sorted(one.witness.name for one in outcomes if not one.cosigned))
    return Written(path, head.size, tuple(names), silent, token is not None)


@action("anchor.compare", Permission.HOME_CHECK, EventType.HOME_CHECKED)
def compare(desk: Desk, given: Sequence[tuple[str, str]]) -> list[Comparison]:
    """Compare the log with these anchors (name and text) and the home's own: named are a fork, a rollback, and what is no anchor of it."""
    comparisons: list[Comparison] = []
    parsed, ours = [], []
    for name, text in [*given, *desk.ports.shelf.kept()]:
        try:
            parsed.append((name, anchors.parse(text)))
        except BadInput as error:
            comparisons.append(Comparison(name, str(error), is_fault=True))
    sizes = [anchor.checkpoint.size for _, anchor in parsed]
    own, earlier = _own(desk, sizes), _earlier(desk, sizes)
    for name, anchor in parsed:
        result = anchors.compare(anchor, own, earlier)
        comparisons.append(_told(desk, name, anchor, result))
        if result.verdict != "not ours":
            ours.append((name, anchor))
    comparisons += _forks(ours)
    faults = sum(one.is_fault for one in comparisons)
    desk.note(Statement(EventType.HOME_CHECKED, data={"anchors": len(given), "kept": len(comparisons) - len(given), "faults": faults}))
    return comparisons


def _forks(read: Sequence[tuple[str, Anchor]]) -> list[Comparison]:
    name_of = {id(anchor): name for name, anchor in read}
    return [
        Comparison(
            name_of[id(two)], f"two trees of size {two.checkpoint.size} were signed: this one and that of {name_of[id(one)]}", is_fault=True
        )
        for one, two in anchors.forks(anchor for _, anchor in read)
    ]


def _own(desk: Desk, sizes: Sequence[int]) -> OwnLog:
    """The log as it is, every event in its place, with its roots at these sizes. A broken log is compared as far as it reads."""
    with suppress(Fault):  # fsck names it; an anchor may still show since when
        desk.ports.catalog.checkpoint()
    return OwnLog(_log_keys(desk), desk.ports.holders.size(), desk.ports.holders.roots(sizes))


def _earlier(desk: Desk, sizes: Sequence[int]) -> list[EarlierLog]:
    """The logs that restores ended, with their roots at these sizes."""
    catalog = desk.ports.catalog
    return [
        EarlierLog(all_keys(log.succession, parse_key(log.key, ED25519)), log.size, log.newest, catalog.old_roots(log.origin, sizes))
        for log in catalog.past_logs()
    ]


def _log_key(desk: Desk) -> VerifierKey:
    return VerifierKey(desk.ports.catalog.origin(), ED25519, desk.ports.catalog.log_key())


def _log_keys(desk: Desk) -> tuple[VerifierKey, ...]:
    """All that the log has had, the one in force first."""
    return tuple(VerifierKey(desk.ports.catalog.origin(), ED25519, key) for key in desk.ports.catalog.log_keys())


def _told(desk: Desk, name: str, anchor: Anchor, result: Compared) -> Comparison:
    """The comparison in words; cosignatures by witnesses of ours that do not hold make it a fault."""
    try:
        of_note(anchor.note, [parse_key(one.key, COSIGNATURE) for one in desk.ports.holders.witnesses(withdrawn=True)])
    except (BadInput, Fault) as error:
        return Comparison(name, str(error), is_fault=True)
    return Comparison(name, result.words, result.is_fault)
