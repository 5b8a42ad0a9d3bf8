"""Digest, times and identifiers."""

import os
import re
import time as _time
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

_HEX64 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Digest:
    """A digest that carries its algorithm. `value` is lower-case hex. Raises ValueError for anything else than a SHA-256 value."""

    value: str
    algorithm: str = "sha256"

    def __post_init__(self) -> None:
        if self.algorithm != "sha256" or not _HEX64.fullmatch(self.value):
            raise ValueError(f"not a SHA-256 digest: {self.algorithm}:{self.value[:80]}")

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class Place:
    """A place as the camera reported it, in degrees (WGS 84)."""

    latitude: float
    longitude: float


def uuid7(milliseconds: int | None = None) -> UUID:
    """A version 7 UUID (RFC 9562) of that time (milliseconds since 1970 UTC; now by default)."""
    at = _time.time_ns() // 1_000_000 if milliseconds is None else milliseconds
    value = (at & (1 << 48) - 1) << 80 | int.from_bytes(os.urandom(10), "big")
    return UUID(int=value & ~(0xF << 76) & ~(0x3 << 62) | 7 << 76 | 2 << 62)


def to_ms(at: datetime) -> int:
    """Milliseconds since 1970 UTC. Raises ValueError for a time without zone."""
    if at.tzinfo is None:
        raise ValueError("a time needs its zone")
    delta = at.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return delta.days * 86_400_000 + delta.seconds * 1000 + delta.microseconds // 1000


def from_ms(milliseconds: int) -> datetime:
    """The UTC time of those milliseconds since 1970."""
    seconds, rest = divmod(milliseconds, 1000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest * 1000)
