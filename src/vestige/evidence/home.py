"""The agency of a home, and what in the home does not hold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from vestige.evidence.values import Digest


@dataclass(frozen=True, slots=True)
class AgencyFacts:
    """The agency of the home."""

    id: UUID
    name: str
    policy: str
    timezone: str
    console_acts: bool


@dataclass(frozen=True, slots=True)
class Fault:
    """Something in the home that does not hold: what, and of which object."""

    what: str
    object: str


@dataclass(frozen=True, slots=True)
class Contents:
    """What must lie in the vault by the database and the log: `objects` (sealed) and the items they belong to, and the digest of each item.

    `working` are the working copies of each item by kind; the digest is that of the log, None where it tells of none. `intakes` are items
    on their way in and their objects; `stale` are those of them that began more than a minute ago, and from where. `uploads` are those that
    somebody began and has not ended, or ended a moment ago.
    """

    objects: Mapping[UUID, Sequence[UUID]]
    digests: Mapping[UUID, Digest]
    working: Mapping[UUID, Mapping[str, Digest | None]]
    intakes: Mapping[UUID, UUID]
    stale: Mapping[UUID, str]
    uploads: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class CameraKey:
    """A key under which cameras encrypt what they record: its name, and its public half in PEM."""

    id: str
    public: str


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """A detection model that this version knows, and whether it is installed. `sha256` is that of its weights (hex)."""

    name: str
    version: str
    licence: str
    sha256: str
    installed: bool


@dataclass(frozen=True, slots=True)
class KitFacts:
    """A recovery kit: any `threshold` of its `shares` open the sealed copy of the keyring. `made` in milliseconds UTC."""

    id: str
    threshold: int
    shares: int
    made: int


@dataclass(frozen=True, slots=True)
class SharePage:
    """What stands on a share for its holder, beside the words: whose it is and against what it is compared."""

    agency: str
    fingerprint: str
    day: str


@dataclass(frozen=True, slots=True)
class KitTrial:
    """What shares of a recovery kit gave back: the log's public key (32 bytes) with the statements that lead to it, one unsealed item.

    `fingerprints` are those that stood on the shares.
    `item` and the digest of its bytes are None where the home holds nothing.
    """

    kit: str
    log_key: bytes
    succession: tuple[str, ...]
    fingerprints: frozenset[str]
    item: UUID | None
    digest: Digest | None
