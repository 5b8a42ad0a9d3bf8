"""Marks that keep a recording apart: sealed, juvenile, informant, medical, privileged, First Amendment (R61). Who sees it then, the rules say."""

from collections.abc import Iterable

from vestige.access.permissions import Permission
from vestige.actions.door import Desk, action
from vestige.actions.items import find_recording
from vestige.custody.events import EventType
from vestige.errors import BadInput, Unavailable
from vestige.evidence.access import Mark, bits
from vestige.evidence.changes import Change, Purpose, Statement
from vestige.evidence.items import Recording


@action("recording.mark", Permission.RECORDING_MARK, EventType.RECORDING_MARKED)
def mark(desk: Desk, ref: str, marks: Iterable[str], reason: str) -> Recording:
    """Say which marks a recording bears: all of them, and no other.

    Raises NotFound; BadInput for other words, without a reason, for no change; Unavailable for what changes just now.
    """
    recording, reason = find_recording(desk, ref), reason.strip()
    try:
        wanted = frozenset(Mark(word.strip().lower()) for word in marks)
    except ValueError as error:
        raise BadInput(f"the marks are {', '.join(Mark)}") from error
    if not reason or len(reason) > 1000:
        raise BadInput("marking takes a reason, of at most 1000 characters")
    if wanted == recording.marks:
        raise BadInput(f"{recording.number} bears these marks already")
    items = recording.segments or recording.items
    if not items:
        raise BadInput(f"{recording.number} holds nothing any more: it was joined into another")
    changes = (Change("recording", recording.id, {"marks": bits(wanted)}),)
    with desk.writing() as pen:
        for dock in sorted({one.dock for one in desk.ports.docks.containers([recording.id])}):
            desk.ports.docks.lock(dock)  # as a join does: it is before, or after
        if find_recording(desk, ref) != recording:
            raise Unavailable("it was changed just now; look at it, and mark it then")
        for number, item in enumerate(items):
            pen.record(
                Statement(
                    EventType.RECORDING_MARKED,
                    item=item.id,
                    about=("recording", str(recording.id)),
                    purpose=Purpose(reason),
                    data={"marks": sorted(wanted)},
                    changes=() if number else changes,
                )
            )
    return recording
