"""Proofs over the committed tree: entries of an item's trail with their inclusion proofs, and consistency."""

import json
from collections.abc import Iterable, Sequence
from uuid import UUID

from vestige.catalog.models import Event, Sequenced
from vestige.custody.canonical import canonical
from vestige.custody.events import Opening
from vestige.custody.proofs import ProvenEntry
from vestige.custody.tree import Subtree, consistency_proof, inclusion_proof, subtrees
from vestige.errors import Fault


class ProofReader:
    """Proofs in the tree of one size. The leaf hashes (32 bytes each) are read once."""

    def __init__(self, size: int) -> None:
        """Read the leaves of the tree of `size`. Raises Fault when they are not all there."""
        leaves = [bytes(leaf) for leaf in Sequenced.objects.filter(index__lt=size).order_by("index").values_list("leaf", flat=True)]
        if len(leaves) != size:
            raise Fault(f"the log holds {len(leaves)} leaves where its tree has {size}")
        self.size = size
        self._subtree: Subtree = subtrees(leaves)

    def trail(self, item: UUID, until: bytes | None = None) -> list[ProvenEntry]:
        """The item's entries below this size in their order, up to and with the one whose leaf hash is `until`."""
        rows = Event.objects.filter(item=item, sequenced__index__lt=self.size).select_related("openings", "sequenced").order_by("seq")
        return self._proven(_until(rows, until))

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
