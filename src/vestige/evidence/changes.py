"""What an event says and changes: the values that an action hands to the log."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from vestige.evidence.values import Digest

Plain = None | bool | int | str | Sequence["Plain"] | Mapping[str, "Plain"]


@dataclass(frozen=True, slots=True)
class Change:
    """New values of evidence-bearing columns of one row, as they stand in the log; `beside` holds columns that bear no evidence."""

    noun: str
    id: UUID
    columns: Mapping[str, Plain]
    beside: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Purpose:
    """Why somebody looks: a reason in words, and a case number where there is one."""

    reason: str
    case: str | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """What one event says beside who and when: see docs/custody-format.md, section 2. `digests` are pairs of what and digest.

    With `after`, the newest leaf of the item must be this one, or nothing is recorded (errors.Unavailable).
    """

    type: str
    item: UUID | None = None
    about: tuple[str, str] | None = None
    purpose: Purpose | None = None
    outcome: Plain = "success"
    digests: tuple[tuple[str, Digest], ...] = ()
    data: Mapping[str, Plain] = field(default_factory=dict)
    changes: tuple[Change, ...] = ()
    after: bytes | None = None
