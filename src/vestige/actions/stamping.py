"""Checkpoints are stamped by the time authority that the agency configured: a time that is not the agency's own word."""

import hashlib
from dataclasses import dataclass, replace

from vestige.access.permissions import Permission
from vestige.actions.cosigning import PATIENCE_S
from vestige.actions.door import Desk, Pen, action
from vestige.actions.findings import open_finding
from vestige.actions.ports import Ports
from vestige.actions.ports_outside import TimeAuthority
from vestige.custody.events import EventType
from vestige.custody.notes import Checkpoint, verify
from vestige.errors import NotFound, VestigeError
from vestige.evidence.changes import Plain, Statement
from vestige.evidence.holders import Stamp
from vestige.evidence.items import FindingKind

EVENTS = (EventType.CHECKPOINT_STAMPED, EventType.FINDING_OPENED)
_EVERY = 3_600_000
_SILENT_FOR = 2 * _EVERY


@dataclass(frozen=True, slots=True)
class Stamped:
    """What came of asking: the token, or why there is none."""

    stamp: Stamp | None
    words: str = ""


def is_due(ports: Ports) -> bool:
    """Whether the authority should be asked now: there is one, the log holds something new, and an hour went by."""
    if ports.authority is None:
        return False
    newest, last = ports.holders.newest_stamp(), ports.holders.last_told(EventType.CHECKPOINT_STAMPED)
    waited = last is None or ports.now() - last >= _EVERY
    return waited and (newest is None or ports.holders.changed_since(newest.size))


@action("checkpoint.stamp", Permission.CHECKPOINT_STAMP, *EVENTS)
def stamp(desk: Desk) -> Stamped:
    """Have the newest checkpoint stamped. Raises NotFound where no authority is configured; a failure is an event and an answer."""
    if desk.ports.authority is None:
        raise NotFound("no time authority is configured (VESTIGE_TSA_URL)")
    return gather(desk, desk.ports.catalog.checkpoint())


def gather(desk: Desk, note: str, seconds: float = PATIENCE_S) -> Stamped:
    """The token over this checkpoint of ours, asked for where it is not there yet; without an authority, nothing. Records what came of it."""
    head = verify(note, desk.ports.catalog.log_key())
    known = desk.ports.holders.stamp(head.size)
    if known is not None or desk.ports.authority is None:
        return Stamped(known)
    try:
        given = replace(_ask(desk, desk.ports.authority, head, seconds), size=head.size)
    except VestigeError as error:
        with desk.writing() as pen:
            _failed(desk, pen, head, str(error))
        return Stamped(None, str(error))
    with desk.writing() as pen:
        digest = hashlib.sha256(given.token).hexdigest()
        data = _data(head) | {"authority": given.authority, "time": given.time, "token": digest}
        pen.record(Statement(EventType.CHECKPOINT_STAMPED, about=("checkpoint", str(head.size)), data=data))
        desk.ports.holders.add_stamp(given)
    return Stamped(given)


def _ask(desk: Desk, authority: TimeAuthority, head: Checkpoint, seconds: float) -> Stamp:
    asked, nonce = authority.request(head.body())
    [answer] = desk.ports.outside.ask([asked], seconds)
    return authority.read(answer, head.body(), nonce)


def _data(head: Checkpoint) -> dict[str, Plain]:
    return {"size": head.size, "root": head.root.hex()}


def _failed(desk: Desk, pen: Pen, head: Checkpoint, words: str) -> None:
    statement = Statement(
        EventType.CHECKPOINT_STAMPED, about=("checkpoint", str(head.size)), outcome={"failed": words[:500]}, data=_data(head)
    )
    pen.record(statement)
    newest, agency = desk.ports.holders.newest_stamp(), desk.ports.catalog.agency()
    if agency is None or (newest is not None and desk.now() - newest.time < _SILENT_FOR):
        return
    open_now = [one for one in desk.ports.catalog.findings_of([agency.id]) if one.closed_at is None]
    if not any(one.kind is FindingKind.TIME_SILENT for one in open_now):
        open_finding(desk, pen, FindingKind.TIME_SILENT, ("agency", agency.id), f"no token over the log's checkpoint: {words[:500]}")
