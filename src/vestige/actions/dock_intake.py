"""Taking in what a dock sends into a recording.

1. One pass of receive, hash, seal. 2. The same bytes under the same name are a duplicate, if the stored ones still unseal to them. 3. Durable.
4. Examined. 5. Committed with recording, item, events and findings, whole. Only then does the dock hear of it; until then nothing is kept.
What is in doubt is taken all the same: quarantined, with a finding.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID, uuid4

from vestige.access.permissions import Permission
from vestige.actions.arrival import EVENTS, Arrival, Judged, facts_of
from vestige.actions.devices import new_device
from vestige.actions.dock_marks import mark
from vestige.actions.dock_parts import facts_of as part_facts
from vestige.actions.dock_parts import longest
from vestige.actions.dock_sender import Sender, sender_of
from vestige.actions.dock_whole import look
from vestige.actions.dock_words import find, words_of
from vestige.actions.door import Desk, Pen, action
from vestige.actions.findings import open_finding
from vestige.actions.intake import Known, end, give_up, made_durable, still_shared, still_there
from vestige.actions.noticing import measured, trail_offset
from vestige.actions.ports import Intake, Source
from vestige.custody.events import EventType
from vestige.errors import NotFound, Unavailable
from vestige.evidence.changes import Change, Plain, Statement
from vestige.evidence.docks import FARTHEST, Container, ContainerName, ObjectName, Part, SentObject, Shelf
from vestige.evidence.items import FindingKind, ItemStatus, TimeSource
from vestige.evidence.values import uuid7
from vestige.policy.load import UNCATEGORIZED


@dataclass(frozen=True, slots=True)
class Sending:
    """An object on its way: container and name, what the dock says of it, its MD5 (hex) if the dock tells it, and its bytes."""

    container: ContainerName
    name: ObjectName
    said: Mapping[str, str]
    source: Source
    md5: str = ""


@dataclass(frozen=True, slots=True)
class Received:
    """What became of it: `status` is accessioned, duplicate or quarantined; `md5` (hex) that of the bytes that are stored."""

    item: UUID
    md5: str
    status: str


@action("dock.receive", Permission.DOCK_SEND, EventType.CATEGORY_ASSIGNED, *EVENTS)
def receive(desk: Desk, sending: Sending) -> Received:
    """Take one object in, durably. Raises NotFound (no such container), Unavailable (also: not the bytes that were announced), DiskFull.

    Whatever is raised, nothing of it is kept.
    """
    container = find(desk, sending.container)
    if container is None:
        raise NotFound(f"there is no container {sending.container.name}")
    item, sealed = uuid7(), uuid4()
    desk.ports.catalog.begin_intake(item, sealed, f"{container.name}/{sending.name.name}", desk.now())
    intake = desk.ports.vault.begin(item, sealed)
    try:
        checksum = hashlib.md5(usedforsecurity=False)  # what Swift clients compare; SHA-256 is what we go by
        digest, size = desk.ports.vault.seal_stream(sending.source, intake, checksum)
        if sending.md5 and sending.md5 != checksum.hexdigest():
            raise Unavailable(f"what arrived has the MD5 {checksum.hexdigest()}, not {sending.md5}; nothing of it is kept, send it again")
        arrival = Arrival(None, None, desk.ports.policy.category(UNCATEGORIZED), sending.container.triggered_at, categorised=False)
        arrival = replace(arrival, item=item, sealed=sealed, digest=digest, size=size, told_by=TimeSource.DOCK)
        return _Reception(desk, sending, container, checksum.hexdigest()).settle(arrival, intake)
    except BaseException:
        give_up(desk, item, intake)
        raise


@dataclass(frozen=True, slots=True)
class _Reception:
    """An object whose bytes are here: what it becomes."""

    desk: Desk
    sending: Sending
    container: Container
    md5: str

    def settle(self, arrival: Arrival, intake: Intake) -> Received:
        """A duplicate, or a new item."""
        desk = self.desk
        before = self._sent(self.container)
        known = desk.ports.catalog.with_digest(arrival.digest)
        ours = {one.item for one in before if one.sha256 == arrival.digest.value}
        duplicate = still_there(desk, [pair for pair in known if pair[0].id in ours])
        if duplicate:
            return self._again(duplicate, arrival, intake)
        arrival = made_durable(desk, arrival, intake, [pair for pair in known if pair[0].id not in ours])
        judged = self._examined(arrival)
        with desk.writing() as pen:
            desk.ports.docks.lock(UUID(desk.actor.id))
            now = self._sent(self.container)
            if len(now) != len(before):
                raise Unavailable("another object of this name came in meanwhile; nothing of this one is kept, send it again")
            judged = self._record(pen, judged, now)
            end(desk, arrival.item)
            still_shared(desk, arrival, known)
        intake.done()
        return Received(arrival.item, self.md5, judged.status.value)

    def _again(self, known: Known, arrival: Arrival, intake: Intake) -> Received:
        item, _ = known
        intake.abandon()
        with self.desk.writing() as pen:
            statement = Statement(EventType.ITEM_DUPLICATE_RECEIVED, item=item.id, digests=(("original", item.sha256),), data=self._told())
            pen.record(statement)
            self.desk.ports.catalog.end_intake(arrival.item)
        return Received(item.id, self.md5, "duplicate")

    def _examined(self, arrival: Arrival) -> Judged:
        """By the media child; what comes beside footage is read here."""
        part = self.sending.name.part
        if part is Part.FOOTAGE:
            return facts_of(self.desk, arrival)
        reader = self.desk.ports.vault.open(arrival.item, arrival.sealed)
        try:
            facts = part_facts(part, reader.read_at(0, longest(part) + 1), self.sending.said)
        finally:
            reader.close()
        status = ItemStatus.ACCESSIONED if facts["opens"] else ItemStatus.QUARANTINED
        return Judged(arrival, facts, {}, b"", status, "" if facts["opens"] else str(facts["error"]), "")

    def _record(self, pen: Pen, judged: Judged, before: Sequence[SentObject]) -> Judged:
        """The rows, the events and the findings, under the dock's lock."""
        desk, named = self.desk, self.sending.container
        container = find(desk, named) or self.container
        sender = sender_of(desk, container, named)
        if named.shelf is Shelf.RECORDING and sender.device is None:
            sender = replace(sender, device=new_device(pen, named.serial, container.said.get("BWCModel", "")[:200]))
        recording, joins = self._recording(container)
        doubt = sender.distrust or ("the container's name tells neither camera nor time" if named.shelf is Shelf.UNKNOWN else "")
        if doubt and judged.status is ItemStatus.ACCESSIONED:
            judged = replace(judged, status=ItemStatus.QUARANTINED, reason=doubt)
        arrival = replace(
            judged.arrival,
            device=named.serial or None,
            officer=sender.officer,
            filename=self.sending.name.name,
            recording=recording,
            joins=joins,
            position=self._position(),
            said=self._told(),
            changes=self._changes(judged, container, recording, joins=joins),
        )
        judged = replace(judged, arrival=arrival)
        judged.record(desk, pen)
        desk.ports.docks.heard(container.id, desk.now())
        self._findings(pen, judged, sender, before)
        if self.sending.name.part is Part.BOOKMARK:
            mark(desk, pen, arrival.item, self.sending.said)
        look(desk, pen, find(desk, named) or container)
        return judged

    def _recording(self, container: Container) -> tuple[UUID, bool]:
        """What the container's objects go into, and whether it is there: found by camera and trigger time among what this dock sent."""
        named = self.sending.container
        if container.recording:
            return container.recording, True
        if named.shelf is Shelf.RECORDING and named.triggered_at is not None:
            for other in self.desk.ports.docks.triggered(named.serial, named.triggered_at):
                if other.dock == container.dock and other.recording:
                    return other.recording, True
        return uuid7(), False

    def _changes(self, judged: Judged, container: Container, recording: UUID, *, joins: bool) -> tuple[Change, ...]:
        """Beside item and recording: the object's row, the container's recording, and a place where the recording had none."""
        columns: dict[str, Plain] = {
            "container": str(container.id),
            "name": self.sending.name.name,
            "item": str(judged.arrival.item),
            "sha256": judged.arrival.digest.value,
            "said": words_of({name: value for name, value in self.sending.said.items() if value}),
        }
        changes = [Change("dock_object", uuid7(), columns, {"md5": self.md5})]
        if container.recording is None:
            changes.append(Change("dock_container", container.id, {"recording": str(recording)}))
        place = judged.facts.get("place")
        if joins and isinstance(place, list) and self.sending.name.part is Part.TRAIL:
            known = self.desk.ports.catalog.recording_itself(recording)
            if known and known.place is None:
                changes.append(Change("recording", recording, {"latitude_e7": place[0], "longitude_e7": place[1]}))
        offset = trail_offset(container.said, judged.facts)
        if offset is not None:
            changes.append(Change("recording", recording, {"clock_offset_ms": offset}))
        return tuple(changes)

    def _findings(self, pen: Pen, judged: Judged, sender: Sender, before: Sequence[SentObject]) -> None:
        desk, container, arrival = self.desk, self.container, judged.arrival
        item, named = ("item", arrival.item), self.sending.container
        if before:
            open_finding(desk, pen, FindingKind.OTHER_BYTES, item, f"{named.name}/{self.sending.name.name} came before, with other bytes")
        if container.complete is not None:
            open_finding(desk, pen, FindingKind.AFTER_COMPLETE, item, f"{named.name} was complete before this came")
        recording = arrival.recording
        if recording is None:
            return
        known = {one.kind for one in desk.ports.catalog.findings_of([recording, *([sender.device.id] if sender.device else [])])}
        for kind, words in sender.doubts.items():
            about = ("device", sender.device.id) if kind is FindingKind.DEVICE_UNKNOWN and sender.device else ("recording", recording)
            if kind not in known:
                open_finding(desk, pen, kind, about, words)
        offset, found = trail_offset(container.said, judged.facts), desk.ports.catalog.recording_itself(recording)
        if found and offset is not None:
            measured(desk, pen, found, offset)
        if not arrival.joins:
            self._findings_of_new(pen, recording)

    def _findings_of_new(self, pen: Pen, recording: UUID) -> None:
        """What is told once, when the recording's first object comes."""
        desk, named, about = self.desk, self.sending.container, ("recording", recording)
        if named.shelf is Shelf.REJECTED:
            said = self.container.said
            why = said.get("RejectedContentReason", "no reason told")
            of = said.get("RejectedContentOriginalContainer", "nothing told")
            open_finding(desk, pen, FindingKind.REJECTED_CONTENT, about, f"the camera system could not store this elsewhere: {why} ({of})")
        if named.triggered_at is None:
            open_finding(desk, pen, FindingKind.NO_RECORDED_TIME, about, f"the name {named.name} tells no time")
            return
        for other in desk.ports.docks.triggered(named.serial, named.triggered_at) if named.serial else []:
            if other.dock != self.container.dock:
                words = f"another dock sent of this camera and trigger time too, into recording {other.recording}"
                open_finding(desk, pen, FindingKind.RECORDING_ELSEWHERE, about, words)

    def _position(self) -> int:
        """Milliseconds from the trigger to the object's start: objects stand in the order in which they were recorded."""
        starts, triggered = self.sending.name.starts_at, self.sending.container.triggered_at
        if starts is None:
            return FARTHEST
        return max(-FARTHEST, min(FARTHEST - 1, starts - (triggered or 0))) if triggered else 0

    def _sent(self, container: Container) -> list[SentObject]:
        return self.desk.ports.docks.sent(container.id, self.sending.name.name)

    def _told(self) -> dict[str, Plain]:
        told: dict[str, Plain] = {"container": self.sending.container.name, "said": dict(self.sending.said)}
        return {"filename": self.sending.name.name, **told}
