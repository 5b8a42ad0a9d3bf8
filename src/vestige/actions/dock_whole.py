"""Whether all of a recording came, once its dock says that it is complete. What is missing is told, and told no more when it comes later.

1. Footage at all: what the camera noted (an activation, bookmarks, a trail) without any is a finding (R35).
2. Every moment between the start and the stop that the dock tells is covered by a clip; the pre-event buffer is named where that is missing.
"""

from collections.abc import Mapping, Sequence

from vestige.actions.door import Desk, Pen
from vestige.actions.findings import close_by, open_finding
from vestige.custody.events import EventType
from vestige.evidence.completeness import holes
from vestige.evidence.docks import FARTHEST, Container, SentObject
from vestige.evidence.items import EvidenceItem, FindingKind
from vestige.evidence.moments import told
from vestige.evidence.values import from_ms

EVENTS = (EventType.FINDING_CLOSED, EventType.FINDING_OPENED)
_NAMED = 20
_CAME = "it came in after all"

Clips = Sequence[tuple[SentObject, EvidenceItem]]


def look(desk: Desk, pen: Pen, container: Container) -> None:
    """Look at the recording that a container belongs to, once a container of it is complete; the dock's lock is held.

    A recording may have several, of one dock or of two whose parts a person joined: each that is complete is asked for what it tells, of all
    that came, so that whichever is looked at says the same. It is incomplete no more when all of them are complete.
    """
    if container.recording is None:
        return
    together = desk.ports.docks.containers([container.recording])
    complete = [one for one in together if one.complete is not None]
    if not complete:
        return
    pairs = [pair for one in together for pair in desk.ports.docks.contents(one.id)]
    footage = [pair for pair in pairs if not pair[1].attached]
    names = ", ".join(sorted({one.name for one in complete}))
    nothing = "" if footage else f"the camera was on ({names}) and {len(pairs)} object(s) came beside, but no footage"
    lacking = dict.fromkeys(filter(None, (missing(one.said, footage) for one in complete))) if footage else {}
    _told(desk, pen, container, FindingKind.EVENTS_WITHOUT_VIDEO, nothing)
    _told(desk, pen, container, FindingKind.CLIPS_MISSING, "; ".join(lacking))
    whole = [container.recording] if len(complete) == len(together) else []
    for finding in desk.ports.catalog.open_findings_of([container.id, *whole], FindingKind.RECORDING_INCOMPLETE):
        close_by(desk, pen, finding, _CAME)


def missing(said: Mapping[str, str], footage: Clips) -> str:
    """What none of the clips covers, in words; empty where nothing is missing, or where the dock tells no times."""
    trigger = told(said, "TriggerOnTime")
    starts, stops = told(said, "StartTime") or trigger, told(said, "StopTime") or told(said, "TriggerOffTime")
    if starts is None or stops is None or stops <= starts:
        return ""
    found = holes(starts, stops, [_span(sent, item, (trigger or starts, stops)) for sent, item in footage])
    parts = [_part(begin, end, pre_event=trigger is not None and begin < trigger) for begin, end in found[:_NAMED]]
    more = f", and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    return f"no clip covers {', '.join(parts)}{more}" if parts else ""


def _span(sent: SentObject, item: EvidenceItem, known: tuple[int, int]) -> tuple[int, int]:
    """From when to when a clip goes: from the trigger, where it tells no time; one whose length nobody tells (encrypted) may go on to the end."""
    trigger, stops = known
    starts, ends = told(sent.said, "StartTime"), told(sent.said, "StopTime")
    begin = starts if starts is not None else trigger + (item.position if item.position != FARTHEST else 0)
    if ends is not None and ends > begin:
        return begin, ends
    return begin, begin + item.duration_ms if item.duration_ms else stops


def _part(begin: int, end: int, *, pre_event: bool) -> str:
    words = f"{from_ms(begin):%H:%M:%S} to {from_ms(end):%H:%M:%S} UTC"
    return f"{words} (begins in the pre-event buffer)" if pre_event else words


def _told(desk: Desk, pen: Pen, container: Container, kind: FindingKind, words: str) -> None:
    """Open findings of the kind that say something else are ended; one that says this is open in the end. No words: nothing is missing."""
    about = [container.id, *([container.recording] if container.recording else [])]
    known = desk.ports.catalog.open_findings_of(about, kind)
    for finding in known:
        if finding.detail != words:
            close_by(desk, pen, finding, "a part of it came in; what is still missing is told anew" if words else _CAME)
    if words and container.recording and not any(one.detail == words for one in known):
        open_finding(desk, pen, kind, ("recording", container.recording), words)
