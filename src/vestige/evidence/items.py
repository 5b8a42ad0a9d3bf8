"""Items, recordings, devices, assignments, findings: what the catalog knows, as values. Times are integer milliseconds UTC."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from vestige.evidence.access import Mark
from vestige.evidence.tracks import Near
from vestige.evidence.values import Digest, Place


class ItemKind(StrEnum):
    """What an item is, by its content."""

    AUDIO = "audio"
    DOCUMENT = "document"
    IMAGE = "image"
    UNKNOWN = "unknown"
    VIDEO = "video"


class ItemStatus(StrEnum):
    """What became of a received item: taken as evidence, or kept aside because it cannot be vouched for."""

    ACCESSIONED = "accessioned"
    QUARANTINED = "quarantined"


class TimeSource(StrEnum):
    """Where a recording's time was read."""

    CONTAINER = "container"
    DOCK = "dock"
    FILE = "file"
    STATED = "stated"
    TELEMETRY = "telemetry"


@dataclass(frozen=True, slots=True)
class EvidenceItem:
    """One object under custody. `sealed` names the sealed object; `facts` is what the probe found; `head` the newest leaf of its trail."""

    id: UUID
    number: str
    recording: UUID
    position: int
    kind: ItemKind
    status: ItemStatus
    filename: str
    size: int
    sha256: Digest
    sealed: UUID
    parent: UUID | None
    media_index: Digest | None
    facts: Mapping[str, object]
    received_at: int
    head: bytes | None
    working: frozenset[str]

    @property
    def attached(self) -> str:
        """What it is beside footage (bookmark, trail, key; small_copy, thumbnail, sidecar of a card); empty for what stands by itself."""
        return str(self.facts.get("attached", ""))

    @property
    def duration_ms(self) -> int:
        """Milliseconds of picture or sound; 0 where there is none."""
        value = self.facts.get("duration_ms")
        return value if isinstance(value, int) else 0


@dataclass(frozen=True, slots=True)
class Recording:
    """One activation of a camera: its items in order, and what is decided for all of them together.

    `incomplete`: a dock is still to say that it sent all of it. `test`: a function check of the camera before a shift, no evidence.
    `recorded_at` is the camera's own word and stays; `corrected_at` what a person said since; `clock_offset_ms` by how much the camera's
    clock was ahead, where that was measured. `unit`: the one that it belongs to, where its officer was then.
    `pre_event_ms`: how much of it the camera kept from before it was switched on.
    """

    id: UUID
    number: str
    device: "Device | None"
    officer: UUID | None
    officer_badge: str | None
    officer_name: str | None
    recorded_at: int | None
    recorded_at_source: TimeSource | None
    category: str
    access_class: str
    place: Place | None
    items: tuple[EvidenceItem, ...]
    incomplete: bool = False
    test: bool = False
    corrected_at: int | None = None
    clock_offset_ms: int | None = None
    pre_event_ms: int = 0
    unit: UUID | None = None
    unit_code: str | None = None
    marks: frozenset[Mark] = frozenset()

    @property
    def pre_event_sound(self) -> bool | None:
        """Whether the clip that holds the pre-event buffer has a sound track; None where nobody knows.

        It is not known where no clip begins before the camera was switched on, and of one that is encrypted.
        """
        first = next(iter(self.segments), None)
        streams = first.facts.get("streams") if first and first.position < 0 else None
        if not isinstance(streams, list) or not streams:
            return None
        return any(isinstance(one, dict) and one.get("kind") == "audio" for one in streams)

    @property
    def known_at(self) -> int | None:
        """When it was recorded as far as anybody knows: as a person corrected it, else as its clock was measured, else as the camera says."""
        return self.measured_at if self.corrected_at is None else self.corrected_at

    @property
    def measured_at(self) -> int | None:
        """When it was recorded by the clocks alone: as its clock was measured, else as the camera says."""
        return None if self.recorded_at is None else self.recorded_at - (self.clock_offset_ms or 0)

    @property
    def status(self) -> ItemStatus:
        """Quarantined if any item is; accessioned if all are."""
        doubtful = any(item.status is ItemStatus.QUARANTINED for item in self.items)
        return ItemStatus.QUARANTINED if doubtful else ItemStatus.ACCESSIONED

    @property
    def segments(self) -> tuple[EvidenceItem, ...]:
        """The originals in their order: what plays as one timeline."""
        return tuple(sorted((i for i in self.items if i.parent is None and not i.attached), key=lambda i: (i.position, i.number)))

    @property
    def attached(self) -> tuple[EvidenceItem, ...]:
        """The originals that came beside the footage: bookmarks, trails, keys; what a camera wrote beside its clips."""
        return tuple(sorted((i for i in self.items if i.parent is None and i.attached), key=lambda i: (i.position, i.number)))

    @property
    def duration_ms(self) -> int:
        """Milliseconds of all segments."""
        return sum(item.duration_ms for item in self.segments)


@dataclass(frozen=True, slots=True)
class Device:
    """A camera. `mount` is where it is worn and `kind` what it is (evidence.devices), or empty; `out_of_use` since when it is not used."""

    id: UUID
    serial: str
    model: str
    mount: str
    kind: str = ""
    out_of_use: int | None = None


class FindingKind(StrEnum):
    """What a finding is about."""

    AFTER_COMPLETE = "after_complete"
    BACKUP_FAILED = "backup_failed"
    CAMERA_WITHOUT_OFFICER = "camera_without_officer"
    CATEGORY_NOT_APPLIED = "category_not_applied"
    CAMERA_CLOCK = "camera_clock"
    CLIPS_MISSING = "clips_missing"
    CLOCKS_DIFFER = "clocks_differ"
    DAMAGED = "damaged"
    DEVICE_DISABLED = "device_disabled"
    DEVICE_UNKNOWN = "device_unknown"
    DISK_FILLING = "disk_filling"
    DOCK_CERTIFICATE = "dock_certificate"
    DOCK_CLOCK = "dock_clock"
    EVENTS_WITHOUT_VIDEO = "events_without_video"
    FIXITY_MISMATCH = "fixity_mismatch"
    LOG_FORKED = "log_forked"
    LOG_INTERRUPTED = "log_interrupted"
    LOG_UNGUARDED = "log_unguarded"
    NO_RECORDED_TIME = "no_recorded_time"
    NOT_OPENED = "not_opened"
    OFFICER_DIFFERS = "officer_differs"
    OTHER_BYTES = "other_bytes"
    QUARANTINED = "quarantined"
    RECORDING_ELSEWHERE = "recording_elsewhere"
    RECORDING_INCOMPLETE = "recording_incomplete"
    REJECTED_CONTENT = "rejected_content"
    RESTORED = "restored"
    RESTORE_FAILED = "restore_failed"
    REVIEW_UNSIGNED = "review_unsigned"
    SAME_BYTES = "same_bytes"
    SEQUENCE_GAP = "sequence_gap"
    TIME_SILENT = "time_silent"
    USER_DISABLED = "user_disabled"
    USER_UNKNOWN = "user_unknown"
    WITNESS_SILENT = "witness_silent"


@dataclass(frozen=True, slots=True)
class Finding:
    """What needs a person: the one noun for alerts, gaps, mismatches and open duties."""

    id: UUID
    kind: FindingKind
    object_kind: str
    object_id: UUID
    detail: str
    opened_by: str
    opened_at: int
    owner: UUID | None
    due: int | None
    closed_at: int | None
    end_reason: str | None


@dataclass(frozen=True, slots=True)
class TrailEntry:
    """An entry of the log with what the catalog can open of it, for people who may read it. `index` is None until it is sequenced.

    `seq` is its place in the order written, where that was asked for.
    """

    id: UUID
    index: int | None
    type: str
    time: int
    data: bytes
    leaf: bytes
    opened: Mapping[str, object]
    seq: int = 0


@dataclass(frozen=True, slots=True)
class ItemFilter:
    """What a list of recordings or items is narrowed to; None leaves it open. `before` is the id to continue below (newest first)."""

    officer: str | None = None
    device: str | None = None
    category: str | None = None
    status: ItemStatus | None = None
    since: int | None = None
    until: int | None = None
    near: Near | None = None
    before: UUID | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class RedactionFacts:
    """A redaction as the catalog holds it: `plan` is the canonical JSON of the plan, `reviewed` who checked which span (ms)."""

    id: UUID
    item: UUID
    plan: str
    plan_digest: Digest
    state: str
    author: UUID
    reviewed: tuple[tuple[UUID, int, int], ...]
    approved_by: UUID | None
    renderer: UUID | None
    rendered: UUID | None


@dataclass(frozen=True, slots=True)
class Viewing:
    """A person looks at an item for a purpose, in a session. Seconds served are what bytes left; seconds played are the player's word.

    `served_exact`: the seconds served were read off the sample table; else they are estimated by the share of bytes. `server` is the mark of
    the server that began it.
    """

    id: UUID
    person: UUID
    session: str
    item: UUID
    reason: str
    case: str | None
    started_at: int
    ended_at: int | None
    served_bytes: int
    served_ms: int
    played_ms: int
    served_exact: bool = False
    server: str = ""
