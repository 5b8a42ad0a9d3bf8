"""Entries of the custody log (custody format, sections 1, 3 and 5)."""

import re
from dataclasses import dataclass
from typing import Any, Final

from vestige_verify import canonical, merkle, shapes
from vestige_verify.commitments import FIELDS, Opening, check
from vestige_verify.errors import VerificationError
from vestige_verify.notes import Checkpoint

_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
_UUID7 = re.compile(_UUID, re.ASCII)

EVENT_TYPES: Final = frozenset(
    {
        "access:refused",
        "agency:founded",
        "agency:imported",
        "agency:shown",
        "anchor:written",
        "assignment:closed",
        "assignment:opened",
        "backup:made",
        "card:erased",
        "category:assigned",
        "checkpoint:cosigned",
        "checkpoint:stamped",
        "device:changed",
        "device:fault_ended",
        "device:fault_reported",
        "device:listed",
        "device:registered",
        "device:shown",
        "dock:certificate_changed",
        "dock:connected",
        "dock:described",
        "dock:listed",
        "dock:read",
        "dock:revoked",
        "dock:signed_in",
        "finding:closed",
        "finding:listed",
        "finding:opened",
        "fixity:checked",
        "home:checked",
        "home:migrated",
        "home:repaired",
        "home:restored",
        "intake:swept",
        "item:accessioned",
        "item:clipped",
        "item:duplicate_received",
        "item:listed",
        "item:opened",
        "item:prepared",
        "item:quarantined",
        "item:received",
        "item:shown",
        "key:drilled",
        "key:revoked",
        "key:rotated",
        "key:split",
        "log:guarded",
        "log:interrupted",
        "log:published",
        "log:read",
        "log:rekeyed",
        "model:installed",
        "model:listed",
        "package:created",
        "person:added",
        "person:changed",
        "person:invited",
        "person:joined",
        "person:listed",
        "person:sign_in_failed",
        "person:signed_in",
        "person:signed_out",
        "policy:read",
        "posting:changed",
        "posting:closed",
        "posting:opened",
        "recording:completed",
        "recording:corrected",
        "recording:marked",
        "recording:marked_test",
        "recording:joined",
        "recording:placed",
        "redaction:approved",
        "redaction:planned",
        "redaction:rendered",
        "redaction:reviewed",
        "restore:tested",
        "review:read",
        "review:signed",
        "role:declined",
        "role:granted",
        "role:proposed",
        "role:withdrawn",
        "trail:read",
        "unit:added",
        "unit:changed",
        "upload:expired",
        "upload:started",
        "upload:terminated",
        "viewing:ended",
        "viewing:started",
        "witness:added",
        "witness:withdrawn",
    }
)


# The one canonical spelling of an entry. Whatever matches is well-formed; what does not is read again step by step, to say why.
_FIELDS = b",".join(b'"%s":"([0-9a-f]{64})"' % name.encode() for name in sorted(FIELDS))
_ENTRY = re.compile(
    rb'\{"fields":\{%s\},"id":"%s","time":(0|[1-9][0-9]{0,14}),"type":"([a-z_]+:[a-z_]+)","v":1\}' % (_FIELDS, _UUID.encode())
)
_TYPE, _TIME = len(FIELDS) + 2, len(FIELDS) + 1
_IN_ORDER = tuple(sorted(FIELDS))
_TYPES = {name.encode(): name for name in EVENT_TYPES}


@dataclass(frozen=True, slots=True)
class Sealed:
    """An entry as a package carries it: its text, its place in the log, a proof of that, and what is opened of it. Unchecked."""

    index: int
    entry: str
    openings: dict[str, Opening]
    proof: list[bytes]


@dataclass(frozen=True, slots=True)
class Event:
    """A checked entry: it stands in the log at `index` with this leaf hash, and what is told of it here is what the log committed to."""

    index: int
    hash: bytes
    type: str
    item: str | None
    previous: str | None
    digests: tuple[tuple[str, str], ...]  # what of, and SHA-256 in hex
    opened: frozenset[str]
    succeeded: bool  # false if its outcome is opened and is a refusal or a failure

    def digests_of(self, of: str) -> list[str]:
        """The digests (hex) that the entry names under a word, in the order written."""
        return [value for word, value in self.digests if word == of]


def check_entry(sealed: Sealed, checkpoint: Checkpoint) -> Event:
    """The event of an entry; the checkpoint has been verified.

    Refuses (VerificationError) an entry that is not canonical, not of version 1, of an unknown type or without exactly the eleven
    commitments; one that the log does not include at its index; openings that do not match.
    """
    data = sealed.entry.encode()
    kind, commitments = _read(data)
    hashed = merkle.leaf_hash(data)
    merkle.verify_inclusion(hashed, sealed.index, checkpoint.size, sealed.proof, checkpoint.root)
    check(commitments, sealed.openings)
    opened = {name: opening.value for name, opening in sealed.openings.items()}
    return Event(
        index=sealed.index,
        hash=hashed,
        type=kind,
        item=opened["item"],
        previous=opened["previous"],
        digests=tuple((digest["of"], digest["value"]) for digest in opened["digests"]),
        opened=frozenset(opened),
        succeeded=opened.get("outcome", "success") == "success",
    )


def type_and_time(data: bytes) -> tuple[str, int]:
    """The event type and the time of an entry's bytes; refuses (VerificationError) every form but the one that section 1 gives."""
    match = _ENTRY.fullmatch(data)
    if match is not None and (kind := _TYPES.get(match[_TYPE])) is not None:
        return kind, int(match[_TIME])
    fields = _slowly(data)
    return fields["type"], fields["time"]


def _read(data: bytes) -> tuple[str, dict[str, str]]:
    match = _ENTRY.fullmatch(data)
    if match is not None and (kind := _TYPES.get(match[_TYPE])) is not None:
        return kind, dict(zip(_IN_ORDER, map(bytes.decode, match.groups()[: len(FIELDS)]), strict=True))
    fields = _slowly(data)
    return fields["type"], fields["fields"]


def _slowly(data: bytes) -> dict[str, Any]:
    fields = shapes.record(canonical.decode(data), "fields", "id", "time", "type", "v")
    if type(fields["v"]) is not int or fields["v"] != 1:
        raise VerificationError("the entry is not of version 1")
    if not isinstance(fields["id"], str) or not _UUID7.fullmatch(fields["id"]):
        raise VerificationError("the entry's id is no uuid of version 7")
    if not isinstance(fields["type"], str) or fields["type"] not in EVENT_TYPES:
        raise VerificationError(f"the entry's type {str(fields['type'])[:40]!r} is unknown")
    shapes.natural(fields["time"], "time")
    for name, value in shapes.record(fields["fields"], *FIELDS).items():
        shapes.digest(value, name)
    return fields
