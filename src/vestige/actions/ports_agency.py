"""The port to the agency's shape: units, and who is in which."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from vestige.evidence.agency import Posting, Shape, Unit


class AgencyShape(Protocol):
    """Units and postings. Times are milliseconds UTC."""

    def lock(self) -> None: ...
    def shape(self) -> Shape: ...
    def units(self) -> Sequence[Unit]: ...
    def postings(self, person: UUID) -> Sequence[Posting]: ...
    def supervised(self, person: UUID, now: int) -> frozenset[UUID]: ...
