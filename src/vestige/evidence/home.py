"""The agency of a home, and what in the home does not hold."""

from dataclasses import dataclass
from uuid import UUID


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
class ModelFacts:
    """A detection model that this version knows, and whether it is installed. `sha256` is that of its weights (hex)."""

    name: str
    version: str
    licence: str
    sha256: str
    installed: bool
