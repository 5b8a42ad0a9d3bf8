"""The unit that a recording belongs to, for good: the one that its officer was in when it was made.

It is decided when the recording comes in, and again only where officer or time are corrected. What came in before the agency said who was
where is placed when it does.
"""

from uuid import UUID

from vestige.actions.door import Desk, Pen
from vestige.custody.events import EventType
from vestige.evidence.agency import unit_then
from vestige.evidence.changes import Change, Statement

_TOGETHER = 500
"""Recordings placed by one event."""


def unit_of(desk: Desk, officer: UUID | None, at: int | None) -> str | None:
    """The unit of what that officer recorded at that moment (ms); None where officer, time or place are not known."""
    if officer is None or at is None:
        return None
    unit = unit_then(desk.ports.shape.postings(officer), at)
    return str(unit) if unit else None


def place(desk: Desk, pen: Pen, people: frozenset[UUID]) -> int:
    """Place the recordings of these people that belong to no unit yet; returns how many."""
    placed = 0
    for person in sorted(people):
        postings = desk.ports.shape.postings(person)
        found: dict[UUID, list[UUID]] = {}
        for recording, at in desk.ports.shape.unplaced(person):
            if unit := unit_then(postings, at):
                found.setdefault(unit, []).append(recording)
        for unit, recordings in sorted(found.items()):
            placed += len(recordings)
            for start in range(0, len(recordings), _TOGETHER):
                changes = tuple(Change("recording", one, {"unit": str(unit)}) for one in recordings[start : start + _TOGETHER])
                pen.record(Statement(EventType.RECORDING_PLACED, about=("unit", str(unit)), data={"count": len(changes)}, changes=changes))
    return placed
