"""Proofs over the committed tree: entries of an item's trail with their inclusion proofs, and consistency."""

import json
from collections.abc import Iterable, Sequence
from uuid import UUID

from vestige.catalog.models import Event, LogState
from vestige.catalog.sequencer import stored_hashes
from vestige.custody.canonical import canonical
from vestige.custody.events import Opening
from vestige.custody.proofs import ProvenEntry
from vestige.custody.tiles import subtrees_in
from vestige.custody.tree import EMPTY_ROOT, Subtree, consistency_proof, inclusion_proof
from vestige.errors import Fault


class ProofReader:
    """Proofs in the tree of one size, made from its tiles: as many of them as the proofs go through, each read once."""

    def __init__(self, size: int) -> None:
        """The tree of `size`. Raises Fault when the log is smaller."""
        held = LogState.objects.get().size
        if held < size:
            raise Fault(f"the log holds {held} entries where a checkpoint has {size}")
        self.size = size
        self._subtree: Subtree = subtrees_in(size, stored_hashes)

    def root(self, size: int) -> bytes:
        """The root of the tree of a smaller or equal size."""
        return self._subtree(0, size) if size else EMPTY_ROOT

    def trail(self, item: UUID, until: bytes | None = None) -> list[ProvenEntry]:
        """The item's entries below this size in their order, up to and with the one whose leaf hash is `until`."""
        rows = Event.objects.filter(item=item, sequenced__index__lt=self.size).select_related("openings", "sequenced").order_by("seq")
        return self._proven(_until(rows, until))

    def newest(self, item: UUID) -> list[ProvenEntry]:
        """The item's last entry below this size, if there is one."""
        rows = Event.objects.filter(item=item, sequenced__index__lt=self.size).select_related("openings", "sequenced").order_by("-seq")[:1]
        return self._proven(rows)

    def entry(self, leaf: bytes) -> ProvenEntry:
        """The entry with that leaf hash. Raises Fault when it is not in the tree."""
        rows = Event.objects.filter(leaf=leaf, sequenced__index__lt=self.size).select_related("openings", "sequenced")
        found = self._proven(rows)
        if len(found) != 1:
            raise Fault("the entry is not in the tree of that checkpoint")
        return found[0]

    def consistency(self, size: int) -> list[bytes]:
        """The proof that the tree of `size` is a prefix of this one; empty when they are equal."""
        return [] if size == self.size else consistency_proof(size, self.size, self._subtree)

    def _proven(self, rows: Iterable[Event]) -> list[ProvenEntry]:
        return [
            ProvenEntry(row.sequenced.index, bytes(row.entry), stored_openings(row.openings.fields), self._proof(row.sequenced.index))
            for row in rows
        ]

    def _proof(self, index: int) -> Sequence[bytes]:
        return inclusion_proof(index, self.size, self._subtree)


def stored_openings(fields: str) -> dict[str, Opening]:
    """The openings as values, from their stored form."""
    return {name: Opening(bytes.fromhex(o["salt"]), canonical(o["value"])) for name, o in json.loads(fields).items()}


def _until(rows: Iterable[Event], until: bytes | None) -> Iterable[Event]:
    for row in rows:
        yield row
        if until is not None and bytes(row.leaf) == until:
            return
