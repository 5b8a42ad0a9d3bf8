"""Proofs in an RFC 6962 tree, by the algorithms of RFC 9162, sections 2.1.3.2 and 2.1.4.2."""

import hashlib
from collections.abc import Sequence

from vestige_verify.errors import VerificationError

__all__ = ["VerificationError", "leaf_hash", "verify_consistency", "verify_inclusion"]


def leaf_hash(data: bytes) -> bytes:
    """SHA-256(0x00 || data), 32 bytes."""
    return hashlib.sha256(b"\x00" + data).digest()


def verify_inclusion(leaf_hash: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Raises VerificationError unless the leaf (its hash) stands at `index` in the tree of `size` with that root."""
    _hashes(leaf_hash, root, *proof)
    if not _number(index) or not _number(size) or index >= size:
        raise VerificationError(f"there is no leaf {index} in a tree of {size}")
    fn, sn, node = index, size - 1, leaf_hash
    for part in proof:
        if sn == 0:
            raise VerificationError("the inclusion proof is too long")
        if fn & 1 or fn == sn:
            node = _node(part, node)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            node = _node(node, part)
        fn, sn = fn >> 1, sn >> 1
    if sn:
        raise VerificationError("the inclusion proof is too short")
    if node != root:
        raise VerificationError("the inclusion proof does not lead to the root")


def verify_consistency(size1: int, size2: int, proof: Sequence[bytes], root1: bytes, root2: bytes) -> None:
    """Raises VerificationError unless the first tree is a prefix of the second. From the empty tree nothing can be proven: refused."""
    _hashes(root1, root2, *proof)
    if not _number(size1) or not _number(size2) or size1 == 0 or size1 > size2:
        raise VerificationError(f"nothing can be proven from a tree of {size1} to one of {size2}")
    if size1 == size2:
        if proof or root1 != root2:
            raise VerificationError("two trees of one size have one root and need no proof")
        return
    if not proof:
        raise VerificationError("the consistency proof is empty")
    _climb(size1, size2, list(proof) if size1 & (size1 - 1) else [root1, *proof], (root1, root2))


def _climb(size1: int, size2: int, path: Sequence[bytes], roots: tuple[bytes, bytes]) -> None:
    """RFC 9162, 2.1.4.2, steps 4 to 7."""
    fn, sn = size1 - 1, size2 - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    first = second = path[0]
    for part in path[1:]:
        if sn == 0:
            raise VerificationError("the consistency proof is too long")
        if fn & 1 or fn == sn:
            first, second = _node(part, first), _node(part, second)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            second = _node(second, part)
        fn, sn = fn >> 1, sn >> 1
    if sn or (first, second) != roots:
        raise VerificationError("the consistency proof does not lead from one root to the other")


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def _hashes(*values: bytes) -> None:
    if any(not isinstance(value, bytes) or len(value) != 32 for value in values):
        raise VerificationError("a hash of the proof is not 32 bytes")


def _number(value: int) -> bool:
    return type(value) is int and value >= 0
