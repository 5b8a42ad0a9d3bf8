"""Looking at the catalog: lists, one item or recording, trails. Every look is an event."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from vestige.access.judge import Subject, matches
from vestige.access.permissions import Permission
from vestige.actions import joined
from vestige.actions.door import Desk, action
from vestige.actions.opened import opened_copies
from vestige.custody.events import EventType
from vestige.errors import Unseen
from vestige.evidence.attribution import Correction
from vestige.evidence.changes import Plain, Statement
from vestige.evidence.items import EvidenceItem, Finding, ItemFilter, Recording, RedactionFacts, TrailEntry


@dataclass(frozen=True, slots=True)
class RecordingFacts:
    """A recording as its page shows it: items, findings about it, redactions of its items, what people corrected.

    `elsewhere` are recordings of the same activation that this actor may see; `into` is the number of the one that this was joined into.
    `opened` holds the copies in clear of what the camera encrypted, by the encrypted items.
    """

    recording: Recording
    findings: Sequence[Finding]
    redactions: Sequence[RedactionFacts]
    corrections: Sequence[Correction] = ()
    elsewhere: Sequence[Recording] = ()
    into: str = ""
    opened: Mapping[UUID, EvidenceItem] = field(default_factory=dict)


def subject_of(recording: Recording) -> Subject:
    """What the rules need to know of a recording."""
    return Subject(recording.officer, recording.access_class, recording.unit, recording.marks)


def find_item(desk: Desk, ref: str, words: str = "") -> tuple[EvidenceItem, Recording]:
    """The item with that number or id, if the actor may do this to it.

    Raises NotFound, in the same words and after the same work whether there is none or the actor may not know of it; Refused for the rest.
    """
    item = desk.ports.catalog.item(ref, desk.known())
    recording = desk.ports.catalog.recording(str(item.recording)) if item else None
    if item is None or recording is None:
        raise Unseen(words or f"there is no item {ref[:100]}")
    desk.require(subject_of(recording))
    return item, recording


def find_recording(desk: Desk, ref: str) -> Recording:
    """The recording with that number or id, if the actor may do this to it. Raises as `find_item`."""
    recording = desk.ports.catalog.recording(ref, desk.known())
    if recording is None:
        raise Unseen(f"there is no recording {ref[:100]}")
    desk.require(subject_of(recording))
    return recording


@action("item.list", Permission.ITEM_LIST, EventType.ITEM_LISTED)
def list_items(desk: Desk, wanted: ItemFilter) -> list[EvidenceItem]:
    """Items that the actor may see, quarantined ones too."""
    items = desk.ports.catalog.items(desk.reach(), wanted, desk.reach(Permission.ITEM_VIEW))
    desk.note(Statement(EventType.ITEM_LISTED, data={"filter": _filter(wanted), "items": len(items)}))
    return items


@action("recording.list", Permission.ITEM_LIST, EventType.ITEM_LISTED)
def list_recordings(desk: Desk, wanted: ItemFilter) -> list[Recording]:
    """Recordings that the actor may see, newest first, with the posters that the list shows."""
    plan = desk.reach(Permission.ITEM_VIEW)
    recordings = desk.ports.catalog.recordings(desk.reach(), wanted, plan)
    shown = [item.number for one in recordings if (item := poster_of(one)) and matches(plan, subject_of(one))]
    numbers = [one.number for one in recordings]
    desk.note(Statement(EventType.ITEM_LISTED, data={"filter": _filter(wanted), "recordings": numbers, "posters": shown}))
    return recordings


def poster_of(recording: Recording) -> EvidenceItem | None:
    """The item whose picture stands for the recording in a list: none for what is not unrestricted."""
    if recording.access_class != "unrestricted":
        return None
    return next((item for item in recording.segments if "poster" in item.working), None)


@action("item.show", Permission.ITEM_SHOW, EventType.ITEM_SHOWN)
def show_item(desk: Desk, ref: str) -> tuple[EvidenceItem, Recording]:
    """One item's facts. Raises NotFound."""
    item, recording = find_item(desk, ref)
    desk.note(Statement(EventType.ITEM_SHOWN, about=("item", str(item.id))))
    return item, recording


@action("recording.show", Permission.ITEM_SHOW, EventType.ITEM_SHOWN)
def show_recording(desk: Desk, ref: str) -> RecordingFacts:
    """One recording with its findings and redactions. Raises NotFound."""
    catalog, recording = desk.ports.catalog, find_recording(desk, ref)
    parts = [recording, *joined.parts_of(desk.ports, recording)]
    findings = catalog.findings_of([*(one.id for one in parts), *(item.id for item in recording.items)])
    redactions = [redaction for item in recording.items for redaction in catalog.redactions_of(item.id)]
    desk.note(Statement(EventType.ITEM_SHOWN, about=("recording", str(recording.id))))
    plan = desk.reach()
    others = [one for one in joined.elsewhere(desk.ports, recording) if matches(plan, subject_of(one))]
    into, opened = joined.joined_into(desk.ports, recording, desk.known()), opened_copies(desk.ports, recording)
    corrections = [made for one in parts for made in catalog.corrections(one.id)]
    return RecordingFacts(recording, findings, redactions, corrections, others, into, opened)


@action("item.trail", Permission.TRAIL_READ, EventType.TRAIL_READ)
def read_trail(desk: Desk, ref: str) -> tuple[EvidenceItem, list[TrailEntry]]:
    """The custody trail of an item. Reading it is an event too. Raises NotFound."""
    item, _ = find_item(desk, ref)
    desk.ports.catalog.checkpoint()
    trail = desk.ports.catalog.trail(item.id)
    desk.note(Statement(EventType.TRAIL_READ, about=("item", str(item.id)), data={"entries": len(trail)}))
    return item, trail


def _filter(wanted: ItemFilter) -> dict[str, Plain]:
    values: dict[str, Plain] = {
        "officer": wanted.officer,
        "device": wanted.device,
        "category": wanted.category,
        "status": wanted.status.value if wanted.status else None,
        "since": wanted.since,
        "until": wanted.until,
        "near_e7": [wanted.near.latitude_e7, wanted.near.longitude_e7] if wanted.near else None,
        "metres": wanted.near.metres if wanted.near else None,
    }
    return {name: value for name, value in values.items() if value is not None}
