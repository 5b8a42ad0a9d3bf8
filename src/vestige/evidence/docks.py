"""Dock systems and what they send: their credentials, their containers, the objects in them. Times are integer milliseconds UTC."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from vestige.evidence.people import Actor

FARTHEST = 2_147_483_647
"""The position of what tells no time: behind everything else."""


@dataclass(frozen=True, slots=True)
class Dock:
    """A dock system that may send. `account` names it in its credential; of the secret only `key_sha256` (hex) is kept.

    Where it is bound to a client certificate, `certificate` is that (PEM): without it the credential is worth nothing.
    """

    id: UUID
    name: str
    account: str
    key_sha256: str
    revoked: int | None = None
    certificate: str | None = None

    @property
    def certificate_sha256(self) -> str:
        """The fingerprint of its client certificate (hex); empty where it is bound to none."""
        return fingerprint(self.certificate) if self.certificate else ""

    def actor(self, address: str | None = None) -> Actor:
        """The dock as somebody who acts."""
        name = f"dock {self.name}"
        return Actor("device", str(self.id), name, frozenset({"dock"}), "dock", active=self.revoked is None, address=address)


@dataclass(frozen=True, slots=True)
class Shown:
    """What a connection shows beside a credential: where it comes from, and the fingerprint (hex) of its client certificate, if it has one."""

    address: str = "unknown"
    certificate: str = ""


def fingerprint(certificate: str) -> str:
    """SHA-256 (hex) of a certificate (PEM), of its DER. Raises ValueError for what is no PEM."""
    lines = [line for line in certificate.strip().splitlines() if not line.startswith("-----")]
    return hashlib.sha256(base64.b64decode("".join(lines), validate=True)).hexdigest()


class Shelf(StrEnum):
    """What a container holds, by its name."""

    DEVICES = "devices"
    RECORDING = "recording"
    REJECTED = "rejected"
    SYSTEM = "system"
    UNKNOWN = "unknown"
    USERS = "users"


class Part(StrEnum):
    """What an object of a recording is, by its name."""

    BOOKMARK = "bookmark"
    FOOTAGE = "footage"
    KEY = "key"
    TRAIL = "trail"


@dataclass(frozen=True, slots=True)
class ContainerName:
    """A container's name and what it says: who recorded (badge or a user's id), with which camera, when it was triggered (ms)."""

    name: str
    shelf: Shelf
    user: str = ""
    serial: str = ""
    triggered_at: int | None = None


@dataclass(frozen=True, slots=True)
class ObjectName:
    """An object's name and what it says: what it is, and when it begins (ms)."""

    name: str
    part: Part = Part.FOOTAGE
    starts_at: int | None = None


@dataclass(frozen=True, slots=True)
class Container:
    """A container of a dock: `said` is what the dock said of it, by name; `recording` what its objects went into; `complete` since when."""

    id: UUID
    dock: UUID
    name: str
    said: Mapping[str, str] = field(default_factory=dict)
    recording: UUID | None = None
    complete: int | None = None


@dataclass(frozen=True, slots=True)
class SentObject:
    """An object that a dock sent: the item that it became, or (beside System, Users and Devices) a `body` of its own."""

    id: UUID
    container: UUID
    name: str
    sha256: str
    md5: str
    said: Mapping[str, str]
    item: UUID | None = None
    body: bytes = b""
