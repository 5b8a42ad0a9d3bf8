"""What a package holds: footage, trails, and the papers for people, from the judges of `disclosure`."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from vestige.custody.proofs import ProvenEntry
from vestige.custody.tree import leaf_hash
from vestige.evidence.items import EvidenceItem
from vestige.evidence.people import Actor
from vestige.redaction.plan import Plan


@dataclass(frozen=True, slots=True)
class Package:
    """A package to be: `source` is the original and the plan of a redacted copy, None for an original itself."""

    id: UUID
    profile: "Profile"
    item: EvidenceItem
    source: tuple[EvidenceItem, Plan] | None
    actor: Actor
    created: int


@dataclass(frozen=True, slots=True)
class Trails:
    """A checkpoint (note and size) and the trails that it covers: that of the item, and the original's up to the copy."""

    checkpoint: str
    size: int
    first: tuple[UUID, Sequence[ProvenEntry]]
    second: tuple[UUID, Sequence[ProvenEntry]] | None

    def last_leaf(self) -> bytes:
        """The newest entry of the item's trail."""
        return leaf_hash(self.first[1][-1].data)

    def all(self) -> list[tuple[UUID, Sequence[ProvenEntry]]]:
        """Both, in order."""
        return [self.first, *([self.second] if self.second else [])]
