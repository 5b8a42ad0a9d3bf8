"""Cameras as an agency keeps them: who has which, what was wrong with it, when it was last heard of. Times are integer milliseconds UTC."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

FOREVER = 1 << 62


class DeviceKind(StrEnum):
    """What a camera is."""

    BODY_WORN = "body-worn"
    FIXED = "fixed"
    HANDHELD = "handheld"
    IN_CAR = "in-car"
    OTHER = "other"


class Mount(StrEnum):
    """Where a camera is worn or stands."""

    BELT = "belt"
    DASHBOARD = "dashboard"
    GLASSES = "glasses"
    HELMET = "helmet"
    OTHER = "other"
    SHIRT = "shirt"
    SHOULDER = "shoulder"
    VEST = "vest"


class FaultReason(StrEnum):
    """What is wrong with a camera: a closed list, so that failures can be counted by reason."""

    BATTERY = "battery"
    BROKEN = "broken"
    CLOCK = "clock"
    CONTROLS = "controls"
    LENS = "lens"
    LOST = "lost"
    MEMORY = "memory"
    MOUNT = "mount"
    OTHER = "other"
    SOUND = "sound"
    TRANSFER = "transfer"


class FaultOutcome(StrEnum):
    """How a fault ended."""

    FOUND_AGAIN = "found again"
    NO_FAULT = "no fault found"
    REPAIRED = "repaired"
    REPLACED = "replaced"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class Assignment:
    """A camera with a person over a period; `ends` is None while they have it."""

    id: UUID
    device: UUID
    person: UUID
    badge: str
    name: str
    starts: int
    ends: int | None

    def covers(self, at: int) -> bool:
        """Whether the person had it at that moment."""
        return self.starts <= at and (self.ends is None or at < self.ends)


@dataclass(frozen=True, slots=True)
class DeviceFault:
    """What was wrong with a camera, since when, in whose words, and how it ended; `replaced_by` is a serial number."""

    id: UUID
    device: UUID
    serial: str
    noticed_at: int
    reason: FaultReason
    words: str
    outcome: FaultOutcome | None = None
    outcome_words: str = ""
    replaced_by: str = ""
    ended_at: int | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """When something of a camera last came in, through which dock (its name), and the firmware that it told."""

    at: int | None = None
    dock: str = ""
    firmware: str = ""


def clashing(known: Iterable[Assignment], starts: int, ends: int | None) -> Assignment | None:
    """An assignment during which a camera was in another hand in that time: no two have one at once. None where the time is free."""
    until = FOREVER if ends is None else ends
    return next((one for one in known if one.starts < until and starts < (FOREVER if one.ends is None else one.ends)), None)
