"""The port to what the catalog and the log tell of weekly reviews."""

from collections.abc import Collection, Sequence
from typing import Protocol
from uuid import UUID

from vestige.evidence.items import TrailEntry
from vestige.evidence.reviews import Signature, Step


class Reviews(Protocol):
    """The log by time, and the signatures under its reviews."""

    def began(self) -> int | None: ...
    def entries(self, types: Sequence[str], since: int, until: int) -> list[TrailEntry]: ...
    def steps_back(self, since: int, until: int) -> list[Step]: ...
    def beginnings(self, items: Collection[UUID]) -> list[TrailEntry]: ...
    def signatures(self, weeks: Sequence[str]) -> list[Signature]: ...
