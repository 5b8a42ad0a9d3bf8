"""What arrives becomes an item of a recording: facts, judgement, rows, events."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from vestige.actions.belonging import unit_of
from vestige.actions.devices import clean_serial, new_device
from vestige.actions.door import Desk, Pen
from vestige.actions.findings import open_finding
from vestige.actions.noticing import camera_clock, officer_differs, offset_of, recorded_later, sequence
from vestige.actions.records import facts_digest, number
from vestige.custody.accession import Condition, judge
from vestige.custody.events import EventType
from vestige.errors import BadInput, MediaFailed
from vestige.evidence.attribution import who_recorded
from vestige.evidence.changes import Change, Plain, Statement
from vestige.evidence.items import EvidenceItem, FindingKind, ItemKind, ItemStatus, TimeSource
from vestige.evidence.segments import SegmentFacts, continues
from vestige.evidence.values import Digest, uuid7
from vestige.policy.load import UNCATEGORIZED, Category

_NIL = UUID(int=0)
_NO_DIGEST = Digest("0" * 64)
EVENTS = (
    EventType.DEVICE_REGISTERED,
    EventType.FINDING_CLOSED,
    EventType.FINDING_OPENED,
    EventType.ITEM_ACCESSIONED,
    EventType.ITEM_DUPLICATE_RECEIVED,
    EventType.ITEM_QUARANTINED,
    EventType.ITEM_RECEIVED,
)
"""What the log is told when something arrives, by whichever way."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A file on its way in, and what its sender says: serial number, officer, category, time (and who told it).

    `sealed` is the object that holds it. `recording` is the id of the one that it goes into, which is there already where it `joins`;
    `position` its place there; `beside` is what it is where it stands beside footage. `said` and `changes` go into the event that it was received.
    """

    device: str | None
    officer: UUID | None
    category: Category
    stated_time: int | None
    categorised: bool
    item: UUID = _NIL
    sealed: UUID = _NIL
    path: Path = field(default_factory=Path)
    digest: Digest = _NO_DIGEST
    size: int = 0
    file_time: int = 0
    after: UUID | None = None
    told_by: TimeSource = TimeSource.STATED
    filename: str = ""
    recording: UUID | None = None
    joins: bool = False
    position: int = 0
    beside: str = ""
    said: Mapping[str, Plain] = field(default_factory=dict)
    changes: tuple[Change, ...] = ()


def arrive(desk: Desk, device: str | None, officer: str | None, category: str | None, recorded_at: int | None) -> Arrival:
    """What the sender says, checked. Raises BadInput for an officer or a category that is not known."""
    person = desk.ports.catalog.person(officer) if officer and officer.isprintable() else None
    if officer and person is None:
        raise BadInput(
            f"there is nobody with badge {officer[:100]!r}" if not officer.isprintable() else f"there is nobody with badge {officer}"
        )
    named = desk.ports.policy.category(category or UNCATEGORIZED)
    serial = clean_serial(device) if device is not None else None
    return Arrival(serial, person.id if person else None, named, recorded_at, categorised=bool(category))


@dataclass(frozen=True, slots=True)
class Judged:
    """An arrival with what the child found and what follows from it."""

    arrival: Arrival
    facts: dict[str, object]
    index: Mapping[str, object]
    index_key: bytes
    status: ItemStatus
    reason: str
    damage: str

    def record(self, desk: Desk, pen: Pen) -> tuple[UUID, str]:
        """Write rows, events and findings into the transaction. Returns the recording's id and the item's number."""
        joined = self._joined(desk)
        recording, changes = (joined[0], ()) if joined else self._new_recording(desk, pen)
        position = joined[1] if joined else self.arrival.position
        item_number, row = self._row(desk, recording, position)
        arrival = self.arrival
        now = desk.now()
        beside = {"probe": self.facts, "received_at": now, "read_at": now, "media_index_key": self.index_key}
        original = ("original", arrival.digest)
        pen.record(
            Statement(
                EventType.ITEM_RECEIVED,
                item=arrival.item,
                digests=(original,),
                data={"filename": self._filename(), "size": arrival.size, **arrival.said},
                changes=(*changes, Change("item", arrival.item, row, beside), *arrival.changes),
            )
        )
        root = self.index.get("root")
        indexed = (("media_index", Digest(root)),) if isinstance(root, str) else ()
        taken = self.status is ItemStatus.ACCESSIONED
        pen.record(
            Statement(
                EventType.ITEM_ACCESSIONED if taken else EventType.ITEM_QUARANTINED,
                item=arrival.item,
                digests=(original, *indexed),
                data={"media_index": str(root or self.index.get("missing", ""))} | ({} if taken else {"reason": self.reason}),
            )
        )
        self._findings(desk, pen, recording, new=joined is None)
        return recording, item_number

    def _row(self, desk: Desk, recording: UUID, position: int) -> tuple[str, dict[str, Plain]]:
        item_number, root = number(desk, "item"), self.index.get("root")
        row: dict[str, Plain] = {
            "number": item_number,
            "recording": str(recording),
            "position": position,
            "kind": ItemKind(str(self.facts["kind"])).value,
            "status": self.status.value,
            "filename": self._filename(),
            "size": self.arrival.size,
            "sha256": self.arrival.digest.value,
            "object": str(self.arrival.sealed),
            "parent": None,
            "media_index": root if isinstance(root, str) else "",
            "media_index_version": 1 if isinstance(root, str) else None,
            "facts": facts_digest(self.facts).value,
        }
        return item_number, row

    def _filename(self) -> str:
        return self.arrival.filename or _name(self.arrival.path)

    def _joined(self, desk: Desk) -> tuple[UUID, int] | None:
        """The recording that this file goes on with, and its place in it."""
        if self.arrival.recording and self.arrival.joins:
            return self.arrival.recording, self.arrival.position
        before = desk.ports.catalog.item(str(self.arrival.after)) if self.arrival.after else None
        recording = desk.ports.catalog.recording(str(before.recording)) if before else None
        if before is None or recording is None or self.status is not ItemStatus.ACCESSIONED:
            return None
        last = recording.segments[-1]
        if last.id != before.id or not continues(_segment_of(last), _segment(self.arrival.path, self.facts)):
            return None
        return recording.id, last.position + 1

    def _new_recording(self, desk: Desk, pen: Pen) -> tuple[UUID, tuple[Change, ...]]:
        arrival, recording = self.arrival, self.arrival.recording or uuid7()
        serial = arrival.device or _serial(self.facts)
        device = (desk.ports.catalog.device(serial) or new_device(pen, serial, _model(self.facts))) if serial else None
        at, source = self._when()
        offset = offset_of(self.facts) if source is TimeSource.DOCK else None
        holder = desk.ports.catalog.holder(device.id, at - (offset or 0)) if device and at is not None else None
        officer = who_recorded(holder=holder, stated=arrival.officer).officer
        place = self.facts.get("place")
        offset = offset_of(self.facts) if source is TimeSource.DOCK else None
        columns: dict[str, Plain] = {
            "number": number(desk, "recording"),
            "device": str(device.id) if device else None,
            "officer": str(officer) if officer else None,
            "unit": unit_of(desk, officer, at - (offset or 0) if at is not None else None),
            "recorded_at": at,
            "recorded_at_source": source.value if source else "",
            "category": arrival.category.name,
            "access_class": arrival.category.access_class,
            "latitude_e7": place[0] if isinstance(place, list) else None,
            "longitude_e7": place[1] if isinstance(place, list) else None,
            "test": None,
            "corrected_at": None,
            "clock_offset_ms": offset,
            "marks": None,
        }
        return recording, (Change("recording", recording, columns),)

    def _when(self) -> tuple[int | None, TimeSource | None]:
        told = (
            (self.arrival.stated_time, self.arrival.told_by),
            (self.facts.get("telemetry_time"), TimeSource.TELEMETRY),
            (self.facts.get("container_time"), TimeSource.CONTAINER),
        )
        for at, source in told:
            if isinstance(at, int):
                return at, source
        return (self.arrival.file_time, TimeSource.FILE) if self.arrival.file_time else (None, None)

    def _findings(self, desk: Desk, pen: Pen, recording: UUID, *, new: bool) -> None:
        item = ("item", self.arrival.item)
        if self.status is ItemStatus.QUARANTINED:
            open_finding(desk, pen, FindingKind.QUARANTINED, item, self.reason)
        if self.damage:
            open_finding(desk, pen, FindingKind.DAMAGED, item, self.damage)
        found = desk.ports.catalog.recording_itself(recording)
        if found and found.device and not self.arrival.recording:
            sequence(desk, pen, found.device, (self.arrival.item, self._filename()))
        if found is None or not new:
            return
        camera_clock(desk, pen, found, offset_of(self.facts))
        if found.recorded_at_source not in {TimeSource.FILE, TimeSource.STATED}:
            recorded_later(desk, pen, found)
        if found.officer is None:
            words = "nobody is known to have worn this camera then"
            open_finding(desk, pen, FindingKind.CAMERA_WITHOUT_OFFICER, ("recording", recording), words)
        else:
            officer_differs(desk, pen, found, "")


def facts_of(desk: Desk, arrival: Arrival) -> Judged:
    """Probe and index in the child, then judge. A child that fails is a reason for quarantine, never for loss."""
    key = os.urandom(32)
    try:
        found = desk.ports.media.accession(arrival.item, arrival.sealed, key)
        facts, index = found["facts"], found["index"]
        if not isinstance(facts, dict) or not isinstance(index, dict):
            raise MediaFailed("the answer has no facts")
    except MediaFailed as error:
        facts, index = (
            {"kind": "unknown", "opens": False, "error": str(error)[:500], "streams": [], "duration_ms": 0},
            {"missing": str(error)},
        )
    condition = Condition(
        kind=str(facts["kind"]),
        opens=bool(facts["opens"]),
        sample_table="root" in index or facts["kind"] != "video",
        groups_sampled=_count(facts, "groups_sampled"),
        groups_decoded=_count(facts, "groups_decoded"),
        error=str(facts["error"] or index.get("missing", "") if facts["kind"] in {"video", "unknown"} else facts["error"]),
        beside=bool(arrival.beside),
    )
    facts |= {"attached": arrival.beside} if arrival.beside else {}
    verdict = judge(condition)
    status = ItemStatus.QUARANTINED if verdict.quarantine else ItemStatus.ACCESSIONED
    return Judged(arrival, facts, index, key, status, verdict.quarantine, verdict.damage)


def _count(facts: Mapping[str, object], name: str) -> int:
    value = facts.get(name)
    return value if isinstance(value, int) else 0


def _segment_of(item: EvidenceItem) -> SegmentFacts:
    return _segment(Path(item.filename), item.facts)


def _segment(path: Path, facts: Mapping[str, object]) -> SegmentFacts:
    streams = facts.get("streams")
    layout = tuple((s["kind"], s["codec"], s.get("width"), s.get("height")) for s in streams) if isinstance(streams, list) else ()
    at, duration = facts.get("container_time"), facts.get("duration_ms")
    return SegmentFacts(
        stem=path.stem,
        suffix=path.suffix,
        device=_serial(facts) or _model(facts) or None,
        started_at=at if isinstance(at, int) else None,
        duration_ms=duration if isinstance(duration, int) else 0,
        layout=(facts.get("kind"), *layout),
    )


def _serial(facts: Mapping[str, object]) -> str | None:
    device = facts.get("device")
    serial = device.get("serial") if isinstance(device, dict) else None
    return str(serial)[:100] if serial else None


def _model(facts: Mapping[str, object]) -> str:
    device = facts.get("device")
    return " ".join(str(device[part]) for part in ("make", "model") if device.get(part))[:200] if isinstance(device, dict) else ""


def _name(path: Path) -> str:
    return path.name.encode("utf-8", "replace").decode()[:1024]
