"""The log, kinds and states in plain words."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from vestige.custody.events import EventType as E
from vestige.evidence.items import FindingKind, ItemKind, ItemStatus, TimeSource, TrailEntry
from vestige.evidence.reviews import RowKind

_SENTENCES: Mapping[str, str] = MappingProxyType(
    {
        E.ACCESS_REFUSED: "An act was refused",
        E.AGENCY_FOUNDED: "The agency's home was made",
        E.AGENCY_IMPORTED: "The agency's units and people were taken from a file",
        E.AGENCY_SHOWN: "The agency's units were looked at",
        E.ANCHOR_WRITTEN: "A checkpoint of the log was written into a file, to be kept elsewhere",
        E.ASSIGNMENT_CLOSED: "The camera was returned",
        E.ASSIGNMENT_OPENED: "The camera was given to a person",
        E.BACKUP_MADE: "A backup of the home was made",
        E.CARD_ERASED: "The file was erased from the card, after its stored copy was read back and compared",
        E.CATEGORY_ASSIGNED: "The category was changed",
        E.CHECKPOINT_COSIGNED: "A witness was asked to cosign a checkpoint of the log",
        E.CHECKPOINT_STAMPED: "A time authority was asked to stamp a checkpoint of the log",
        E.DEVICE_CHANGED: "What is known of the camera was changed",
        E.DEVICE_FAULT_ENDED: "A fault of the camera ended",
        E.DEVICE_FAULT_REPORTED: "A fault of the camera was reported",
        E.DEVICE_LISTED: "The cameras were listed",
        E.DEVICE_REGISTERED: "The camera became known",
        E.DEVICE_SHOWN: "What is known of the camera was read",
        E.DOCK_CERTIFICATE_CHANGED: "A dock's client certificate was changed",
        E.DOCK_CONNECTED: "A dock system was connected",
        E.DOCK_DESCRIBED: "A dock said something about what it sends",
        E.DOCK_LISTED: "Dock systems were listed",
        E.DOCK_READ: "A dock read its System objects",
        E.DOCK_REVOKED: "A dock system was revoked",
        E.DOCK_SIGNED_IN: "A dock signed in",
        E.FINDING_CLOSED: "A finding was closed",
        E.FINDING_LISTED: "Findings were listed",
        E.FINDING_OPENED: "A finding was opened",
        E.FIXITY_CHECKED: "The stored bytes were read and compared with their digest",
        E.HOME_CHECKED: "The whole home was checked",
        E.HOME_MIGRATED: "The database was brought forward to a later version",
        E.HOME_REPAIRED: "Lost or damaged files were put back from a backup",
        E.HOME_RESTORED: "The home was restored from a backup; a new log begins here",
        E.INTAKE_SWEPT: "What an interrupted intake had left was removed",
        E.ITEM_ACCESSIONED: "The file was examined and accepted as evidence",
        E.ITEM_CLIPPED: "A clip was cut from the original",
        E.ITEM_DUPLICATE_RECEIVED: "The same bytes came again from the same sender; nothing was stored",
        E.ITEM_LISTED: "Recordings or items were listed",
        E.ITEM_OPENED: "What the camera had encrypted was opened with the agency's key, into a copy",
        E.ITEM_PREPARED: "Working copies (preview pictures, a playable copy) were made",
        E.ITEM_QUARANTINED: "The file could not be vouched for; it is kept in quarantine",
        E.ITEM_RECEIVED: "The file was received, sealed and stored",
        E.ITEM_SHOWN: "The facts were read",
        E.KEY_DRILLED: "The recovery kit was tried",
        E.KEY_REVOKED: "A key was marked as unfit",
        E.KEY_ROTATED: "The keys of the stored files were sealed under a new key",
        E.KEY_SPLIT: "A recovery kit was made",
        E.LOG_GUARDED: "The triggers that keep the log from being changed were missing, and were made again",
        E.LOG_INTERRUPTED: "For a time no event could be written, and acts were refused",
        E.LOG_PUBLISHED: "The log was written into a folder, to be published",
        E.LOG_READ: "The log was read",
        E.LOG_REKEYED: "The key that signs the log was replaced",
        E.MODEL_INSTALLED: "A detection model was installed",
        E.MODEL_LISTED: "The detection models were listed",
        E.PACKAGE_CREATED: "A package with this item was made, to leave the system",
        E.PERSON_ADDED: "A person was added",
        E.PERSON_CHANGED: "What is known of a person was changed",
        E.PERSON_INVITED: "A person was invited to choose a password",
        E.PERSON_JOINED: "A person chose a password with their invitation",
        E.PERSON_LISTED: "The people were listed",
        E.PERSON_SIGNED_IN: "A person signed in",
        E.PERSON_SIGNED_OUT: "A person signed out",
        E.PERSON_SIGN_IN_FAILED: "Sign-ins failed",
        E.POLICY_READ: "The policy in force was read",
        E.POSTING_CHANGED: "A person's time in a unit was corrected",
        E.POSTING_CLOSED: "A person's time in a unit ended",
        E.POSTING_OPENED: "A person came to a unit",
        E.RECORDING_COMPLETED: "The dock said that the recording is complete",
        E.RECORDING_CORRECTED: "Officer or time was corrected; what the camera said is kept",
        E.RECORDING_MARKED: "The marks that keep the recording apart were changed",
        E.RECORDING_MARKED_TEST: "The mark of a function check was set or taken away",
        E.RECORDING_JOINED: "Two parts of one recording, sent by two docks, were joined",
        E.RECORDING_PLACED: "Recordings were given the unit that their officer was in then",
        E.REDACTION_APPROVED: "A second person approved the redaction plan",
        E.REDACTION_PLANNED: "A redaction plan was drawn or changed",
        E.REDACTION_RENDERED: "A redacted copy was made",
        E.REDACTION_REVIEWED: "A person checked a part of the redaction plan",
        E.RESTORE_TESTED: "A backup was restored elsewhere and tried",
        E.REVIEW_READ: "The weekly review of the log was read",
        E.REVIEW_SIGNED: "A person signed the weekly review of the log",
        E.ROLE_DECLINED: "A proposed role was not granted",
        E.ROLE_GRANTED: "A role was granted",
        E.ROLE_PROPOSED: "A role was proposed, to be confirmed by a second person",
        E.ROLE_WITHDRAWN: "A role ended",
        E.TRAIL_READ: "The custody trail was read",
        E.UNIT_ADDED: "A unit of the agency was added",
        E.UNIT_CHANGED: "What is known of a unit was changed",
        E.UPLOAD_EXPIRED: "An unfinished upload ran out",
        E.UPLOAD_STARTED: "An upload was begun",
        E.UPLOAD_TERMINATED: "An unfinished upload was ended by its sender",
        E.VIEWING_ENDED: "A viewing ended",
        E.VIEWING_STARTED: "A person began to view it",
        E.WITNESS_ADDED: "A witness of the log was entered",
        E.WITNESS_WITHDRAWN: "A witness of the log is asked no more",
    }
)

_FINDINGS: Mapping[str, str] = MappingProxyType(
    {
        FindingKind.BACKUP_FAILED: "A backup failed",
        FindingKind.AFTER_COMPLETE: "Came after the recording was complete",
        FindingKind.CAMERA_WITHOUT_OFFICER: "Camera without an officer",
        FindingKind.CATEGORY_NOT_APPLIED: "A camera's category was not applied",
        FindingKind.CAMERA_CLOCK: "The camera's clock is wrong",
        FindingKind.CLIPS_MISSING: "A part of the recording is missing",
        FindingKind.CLOCKS_DIFFER: "Clocks differ",
        FindingKind.DAMAGED: "Damaged file",
        FindingKind.DEVICE_DISABLED: "Camera out of use",
        FindingKind.DEVICE_UNKNOWN: "Camera nobody entered",
        FindingKind.DISK_FILLING: "The disk fills up",
        FindingKind.DOCK_CERTIFICATE: "A dock's credential without its certificate",
        FindingKind.DOCK_CLOCK: "The dock's clock is wrong",
        FindingKind.EVENTS_WITHOUT_VIDEO: "The camera noted something, and no footage came",
        FindingKind.FIXITY_MISMATCH: "Stored bytes are not those that came in",
        FindingKind.LOG_FORKED: "The log was rolled back or forked",
        FindingKind.LOG_UNGUARDED: "The log could have been changed",
        FindingKind.LOG_INTERRUPTED: "Events could not be written",
        FindingKind.NO_RECORDED_TIME: "No recording time",
        FindingKind.NOT_OPENED: "Encrypted by the camera, and not opened",
        FindingKind.OFFICER_DIFFERS: "Recorded by somebody else than the camera was given to",
        FindingKind.OTHER_BYTES: "Other bytes under the same name",
        FindingKind.QUARANTINED: "In quarantine",
        FindingKind.REVIEW_UNSIGNED: "A weekly review is not signed",
        FindingKind.RESTORED: "Restored from a backup: what came after it is to be done again",
        FindingKind.RESTORE_FAILED: "A backup does not restore",
        FindingKind.RECORDING_ELSEWHERE: "Another dock sent of the same recording",
        FindingKind.RECORDING_INCOMPLETE: "Recording is not complete",
        FindingKind.REJECTED_CONTENT: "Rejected by the camera system",
        FindingKind.SAME_BYTES: "Same bytes as another item",
        FindingKind.SEQUENCE_GAP: "A gap in a camera's numbers",
        FindingKind.TIME_SILENT: "The time authority does not answer",
        FindingKind.USER_DISABLED: "User out of use",
        FindingKind.USER_UNKNOWN: "User nobody knows",
        FindingKind.WITNESS_SILENT: "A witness does not answer",
    }
)

_REVIEWED: Mapping[str, str] = MappingProxyType(
    {
        RowKind.CLOCK: "Clock",
        RowKind.FAILED_SIGN_INS: "Failed sign-ins",
        RowKind.MANY_ITEMS: "Many items",
        RowKind.OFF_DUTY: "Outside duty hours",
        RowKind.OWN_RESTRICTED: "Own restricted recordings",
        RowKind.REFUSED: "Refused",
    }
)

_KINDS: Mapping[str, str] = MappingProxyType(
    {
        ItemKind.AUDIO: "Sound",
        ItemKind.DOCUMENT: "Document",
        ItemKind.IMAGE: "Picture",
        ItemKind.UNKNOWN: "Unknown kind",
        ItemKind.VIDEO: "Video",
    }
)

_STATES: Mapping[str, str] = MappingProxyType({ItemStatus.ACCESSIONED: "Accepted", ItemStatus.QUARANTINED: "In quarantine"})

_SOURCES: Mapping[str, str] = MappingProxyType(
    {
        TimeSource.CONTAINER: "by the camera's clock, as the file's header says",
        TimeSource.DOCK: "by the camera's clock, as the dock says",
        TimeSource.FILE: "by the date of the file on the card",
        TimeSource.STATED: "as stated by the person who brought it in",
        TimeSource.TELEMETRY: "by satellite time, in the camera's telemetry",
    }
)


@dataclass(frozen=True, slots=True)
class Told:
    """An entry of the log for people: when (ms), what happened, by whom, why, how it ended, and more facts as pairs."""

    time: int
    type: str
    sentence: str
    who: str
    roles: str
    reason: str
    case: str
    outcome: str
    details: tuple[tuple[str, str], ...]
    index: int | None
    leaf: str


def tell(entry: TrailEntry) -> Told:
    """The entry in plain words. A field whose opening is gone is told as erased."""
    opened = entry.opened
    actor, purpose = opened.get("actor"), opened.get("purpose")
    roles, outcome = opened.get("role"), opened.get("outcome")
    return Told(
        time=entry.time,
        type=entry.type,
        sentence=_SENTENCES.get(entry.type, entry.type),
        who=str(actor.get("name", "")) if isinstance(actor, dict) else "(erased)",
        roles=", ".join(str(role) for role in roles) if isinstance(roles, list) else "",
        reason=str(purpose.get("reason") or "") if isinstance(purpose, dict) else "",
        case=str(purpose.get("case") or "") if isinstance(purpose, dict) else "",
        outcome=_outcome(outcome),
        details=(*_data(opened.get("data")), *_digests(opened.get("digests"))),
        index=entry.index,
        leaf=entry.leaf.hex(),
    )


def finding(kind: str) -> str:
    """The kind of a finding in words."""
    return _FINDINGS.get(kind, kind.replace("_", " "))


def reviewed(value: str) -> str:
    """Why something stands in a weekly review."""
    return _REVIEWED.get(value, value)


def kind(value: str) -> str:
    """The kind of an item in words."""
    return _KINDS.get(value, value)


def state(value: str) -> str:
    """The state of an item or a recording in words."""
    return _STATES.get(value, value)


def source(value: str | None) -> str:
    """Where a recording's time was read, in words."""
    return _SOURCES.get(value or "", "")


def size(count: int) -> str:
    """Bytes for people: `4.1 MB` (of 1,000,000 bytes)."""
    if count < 1_000:
        return f"{count} bytes"
    for unit, scale in (("kB", 1e3), ("MB", 1e6), ("GB", 1e9)):
        if count < scale * 999.5:
            return f"{count / scale:.1f} {unit}"
    return f"{count / 1e12:.1f} TB"


def length(milliseconds: int) -> str:
    """A duration for people: `1:02:03` or `0:07`."""
    seconds = round(milliseconds / 1000)
    hours, rest = divmod(seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"


def _outcome(outcome: object) -> str:
    if not isinstance(outcome, dict):
        return ""
    return "; ".join(f"{how}: {why}" for how, why in outcome.items())


def _data(data: object) -> tuple[tuple[str, str], ...]:
    if not isinstance(data, dict):
        return ()
    simple = ((name, value) for name, value in data.items() if name != "set" and isinstance(value, (bool, int, str)))
    pairs = [(name, str(value)) for name, value in simple]
    if "served_ms" in data and isinstance(data["served_ms"], int):
        pairs = [(name, value) for name, value in pairs if not name.endswith(("_ms", "_bytes", "_estimated"))]
        how = "" if data.get("served_ms_estimated") is False else ", estimated by the share of bytes"
        pairs += [
            (f"seconds served{how}", f"{data['served_ms'] / 1000:.1f}"),
            ("seconds played, as the player says", f"{data.get('played_ms', 0) / 1000:.1f}"),
        ]
    return tuple((name.replace("_", " "), value) for name, value in pairs)


def _digests(digests: object) -> tuple[tuple[str, str], ...]:
    if not isinstance(digests, list):
        return ()
    return tuple((f"SHA-256 of the {str(one['of']).replace('_', ' ')}", str(one["value"])) for one in digests if isinstance(one, dict))
