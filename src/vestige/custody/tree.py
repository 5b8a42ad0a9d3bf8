"""The RFC 6962 tree: leaf and node hashes, roots, frontiers, inclusion and consistency proofs."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(data: bytes) -> bytes:
    """32 bytes: SHA-256(0x00 || data)."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """32 bytes: SHA-256(0x01 || left || right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True)
class Frontier:
    """A tree's size and the roots of its full subtrees, largest first: enough to append and to state the root."""

    size: int = 0
    roots: tuple[bytes, ...] = ()

    def append(self, leaves: Sequence[bytes]) -> "Frontier":
        """The frontier after these leaf hashes (32 bytes each)."""
        size, roots = self.size, list(self.roots)
        for leaf in leaves:
            node, carry = leaf, size
            while carry & 1:
                node = node_hash(roots.pop(), node)
                carry >>= 1
            roots.append(node)
            size += 1
        return Frontier(size, tuple(roots))

    def root(self) -> bytes:
        """The root of the tree, 32 bytes."""
        if not self.roots:
            return EMPTY_ROOT
        node = self.roots[-1]
        for left in reversed(self.roots[:-1]):
            node = node_hash(left, node)
        return node


Subtree = Callable[[int, int], bytes]


def subtrees(leaves: Sequence[bytes]) -> Subtree:
    """A reader of subtree roots over leaf hashes in memory; each full subtree is computed once."""
    known: dict[tuple[int, int], bytes] = {}

    def root(start: int, end: int) -> bytes:
        if end - start == 1:
            return leaves[start]
        key = (start, end)
        if key not in known:
            middle = start + split(end - start)
            known[key] = node_hash(root(start, middle), root(middle, end))
        return known[key]

    return root


def inclusion_proof(index: int, size: int, subtree: Subtree) -> list[bytes]:
    """The RFC 6962 audit path of leaf `index` in the tree of `size`, from the leaf's sibling up. Raises ValueError out of range."""
    if not 0 <= index < size:
        raise ValueError(f"no leaf {index} in a tree of {size}")
    proof: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + split(end - start)
        if index < middle:
            proof.append(subtree(middle, end))
            end = middle
        else:
            proof.append(subtree(start, middle))
            start = middle
    return proof[::-1]


def consistency_proof(size1: int, size2: int, subtree: Subtree) -> list[bytes]:
    """The RFC 6962 proof that the tree of `size1` is a prefix of the tree of `size2`. Raises ValueError for sizes that prove nothing."""
    if not 0 < size1 <= size2:
        raise ValueError(f"no consistency proof from {size1} to {size2}")
    proof: list[bytes] = []
    start, end, whole = 0, size2, True
    while size1 != end:
        middle = start + split(end - start)
        if size1 <= middle:
            proof.append(subtree(middle, end))
            end = middle
        else:
            proof.append(subtree(start, middle))
            start, whole = middle, False
    if not whole:
        proof.append(subtree(start, end))
    return proof[::-1]


def cover_proof(known: Sequence[tuple[int, int]], size: int, subtree: Subtree) -> list[bytes]:
    """What the root takes beside the leaves in `known` (ranges [start, end), sorted, apart, none empty), from left to right.

    The roots of the largest subtrees (as the RFC splits a tree) without a known leaf: at most twice the tree's height for each range.
    Raises ValueError for ranges that are not so.
    """
    places = [place for span in known for place in span]
    if not known or places != sorted(places) or any(start >= end for start, end in known) or not 0 <= places[0] <= places[-1] <= size:
        raise ValueError(f"no ranges of a tree of {size}")
    proof: list[bytes] = []

    def descend(start: int, end: int, spans: Sequence[tuple[int, int]]) -> None:
        inside = [span for span in spans if span[0] < end and span[1] > start]
        if not inside:
            proof.append(subtree(start, end))
        elif not any(first <= start and end <= last for first, last in inside):
            middle = start + split(end - start)
            descend(start, middle, inside)
            descend(middle, end, inside)

    descend(0, size, known)
    return proof


def split(count: int) -> int:
    """The largest power of two below `count` (at least 2)."""
    return 1 << (count - 1).bit_length() - 1
