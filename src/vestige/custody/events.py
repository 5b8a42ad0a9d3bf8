"""Event types (closed), entries, commitments and openings: sections 1, 2 and 5 of docs/custody-format.md."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from vestige.custody.canonical import Json, canonical
from vestige.custody.tree import leaf_hash

SALT_BYTES = 16
FIELDS = ("actor", "address", "data", "digests", "item", "object", "outcome", "previous", "purpose", "role", "session")


class EventType(StrEnum):
    """What can be said in the log: `noun:verb`, alphabetised; a type is retired, never reused."""

    ACCESS_REFUSED = "access:refused"
    AGENCY_FOUNDED = "agency:founded"
    AGENCY_IMPORTED = "agency:imported"
    AGENCY_SHOWN = "agency:shown"
    ANCHOR_WRITTEN = "anchor:written"
    ASSIGNMENT_CLOSED = "assignment:closed"
    ASSIGNMENT_OPENED = "assignment:opened"
    BACKUP_MADE = "backup:made"
    CARD_ERASED = "card:erased"
    CATEGORY_ASSIGNED = "category:assigned"
    CHECKPOINT_COSIGNED = "checkpoint:cosigned"
    CHECKPOINT_STAMPED = "checkpoint:stamped"
    DEVICE_CHANGED = "device:changed"
    DEVICE_FAULT_ENDED = "device:fault_ended"
    DEVICE_FAULT_REPORTED = "device:fault_reported"
    DEVICE_LISTED = "device:listed"
    DEVICE_REGISTERED = "device:registered"
    DEVICE_SHOWN = "device:shown"
    DOCK_CERTIFICATE_CHANGED = "dock:certificate_changed"
    DOCK_CONNECTED = "dock:connected"
    DOCK_DESCRIBED = "dock:described"
    DOCK_LISTED = "dock:listed"
    DOCK_READ = "dock:read"
    DOCK_REVOKED = "dock:revoked"
    DOCK_SIGNED_IN = "dock:signed_in"
    FINDING_CLOSED = "finding:closed"
    FINDING_LISTED = "finding:listed"
    FINDING_OPENED = "finding:opened"
    FIXITY_CHECKED = "fixity:checked"
    HOME_CHECKED = "home:checked"
    HOME_MIGRATED = "home:migrated"
    HOME_REPAIRED = "home:repaired"
    HOME_RESTORED = "home:restored"
    INTAKE_SWEPT = "intake:swept"
    ITEM_ACCESSIONED = "item:accessioned"
    ITEM_CLIPPED = "item:clipped"
    ITEM_DUPLICATE_RECEIVED = "item:duplicate_received"
    ITEM_LISTED = "item:listed"
    ITEM_OPENED = "item:opened"
    ITEM_PREPARED = "item:prepared"
    ITEM_QUARANTINED = "item:quarantined"
    ITEM_RECEIVED = "item:received"
    ITEM_SHOWN = "item:shown"
    KEY_DRILLED = "key:drilled"
    KEY_REVOKED = "key:revoked"
    KEY_ROTATED = "key:rotated"
    KEY_SPLIT = "key:split"
    LOG_GUARDED = "log:guarded"
    LOG_INTERRUPTED = "log:interrupted"
    LOG_PUBLISHED = "log:published"
    LOG_READ = "log:read"
    LOG_REKEYED = "log:rekeyed"
    MODEL_INSTALLED = "model:installed"
    MODEL_LISTED = "model:listed"
    PACKAGE_CREATED = "package:created"
    PERSON_ADDED = "person:added"
    PERSON_CHANGED = "person:changed"
    PERSON_INVITED = "person:invited"
    PERSON_JOINED = "person:joined"
    PERSON_LISTED = "person:listed"
    PERSON_SIGN_IN_FAILED = "person:sign_in_failed"
    PERSON_SIGNED_IN = "person:signed_in"
    PERSON_SIGNED_OUT = "person:signed_out"
    POLICY_READ = "policy:read"
    POSTING_CHANGED = "posting:changed"
    POSTING_CLOSED = "posting:closed"
    POSTING_OPENED = "posting:opened"
    RECORDING_COMPLETED = "recording:completed"
    RECORDING_CORRECTED = "recording:corrected"
    RECORDING_MARKED = "recording:marked"
    RECORDING_MARKED_TEST = "recording:marked_test"
    RECORDING_JOINED = "recording:joined"
    RECORDING_PLACED = "recording:placed"
    REDACTION_APPROVED = "redaction:approved"
    REDACTION_PLANNED = "redaction:planned"
    REDACTION_RENDERED = "redaction:rendered"
    REDACTION_REVIEWED = "redaction:reviewed"
    RESTORE_TESTED = "restore:tested"
    REVIEW_READ = "review:read"
    REVIEW_SIGNED = "review:signed"
    ROLE_DECLINED = "role:declined"
    ROLE_GRANTED = "role:granted"
    ROLE_PROPOSED = "role:proposed"
    ROLE_WITHDRAWN = "role:withdrawn"
    TRAIL_READ = "trail:read"
    UNIT_ADDED = "unit:added"
    UNIT_CHANGED = "unit:changed"
    UPLOAD_EXPIRED = "upload:expired"
    UPLOAD_STARTED = "upload:started"
    UPLOAD_TERMINATED = "upload:terminated"
    VIEWING_ENDED = "viewing:ended"
    VIEWING_STARTED = "viewing:started"
    WITNESS_ADDED = "witness:added"
    WITNESS_WITHDRAWN = "witness:withdrawn"


@dataclass(frozen=True, slots=True)
class Opening:
    """A field's salt (16 bytes) and canonical value."""

    salt: bytes
    value: bytes

    def commitment(self) -> str:
        """Hex of SHA-256(salt || value)."""
        return hashlib.sha256(self.salt + self.value).hexdigest()


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry's canonical bytes, its leaf hash (32 bytes) and the openings of its fields by name."""

    data: bytes
    leaf: bytes
    openings: Mapping[str, Opening]


def make_entry(event_id: UUID, event_type: EventType, time_ms: int, fields: Mapping[str, Json], salts: bytes) -> Entry:
    """Write an entry. `fields` holds exactly the eleven names; `salts` 16 fresh random bytes for each. Raises ValueError otherwise.

    The entry's bytes are written directly, in canonical form: whoever checks them parses and writes them anew.
    """
    if tuple(sorted(fields)) != FIELDS:
        raise ValueError(f"an entry has the fields {FIELDS}, not {sorted(fields)}")
    if len(salts) != SALT_BYTES * len(FIELDS):
        raise ValueError("a salt of 16 bytes for each field")
    openings = {name: Opening(salts[i * SALT_BYTES : (i + 1) * SALT_BYTES], canonical(fields[name])) for i, name in enumerate(FIELDS)}
    listed = ",".join([f'"{name}":"{opening.commitment()}"' for name, opening in openings.items()])
    data = f'{{"fields":{{{listed}}},"id":"{event_id}","time":{time_ms:d},"type":"{event_type.value}","v":1}}'.encode()
    return Entry(data, leaf_hash(data), openings)


def openings_bytes(openings: Mapping[str, Opening]) -> bytes:
    """Canonical JSON `{field: {"salt": hex, "value": ...}}`: how openings are stored. The values stand in it as they were committed to."""
    listed = [
        b'"%b":{"salt":"%b","value":%b}' % (name.encode(), openings[name].salt.hex().encode(), openings[name].value)
        for name in sorted(openings)
    ]
    return b"{" + b",".join(listed) + b"}"
