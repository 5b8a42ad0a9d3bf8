"""The tree of RFC 6962 (RFC 9162, sections 2.1.3.2 and 2.1.4.2): hashes, inclusion, consistency."""

import hashlib
import hmac

from vestige_verify.errors import VerificationError

__all__ = ["VerificationError", "leaf_hash", "root", "verify_consistency", "verify_inclusion"]

_HASH = 32
_LARGEST = 2**64 - 1


def leaf_hash(data: bytes) -> bytes:
    """SHA-256 of 0x00 and the entry."""
    return hashlib.sha256(b"\x00" + data).digest()


def root(hashes: list[bytes]) -> bytes:
    """The root of the tree of these leaf hashes (RFC 9162, 2.1.1), that of the empty one included."""
    if not hashes:
        return hashlib.sha256().digest()
    level = hashes
    while len(level) > 1:  # a node without a sibling goes up as it is: that is the RFC's split at powers of two
        above = [hashlib.sha256(b"\x01" + left + right).digest() for left, right in zip(level[::2], level[1::2], strict=False)]
        level = [*above, level[-1]] if len(level) % 2 else above
    return level[0]


def verify_inclusion(leaf_hash: bytes, index: int, size: int, proof: list[bytes], root: bytes) -> None:
    """Returns if the leaf stands at `index` (from 0) in the tree of `size` leaves that has this root.

    Refuses (VerificationError) an index outside the tree, so every index in the empty one; numbers below 0 or above 2^64-1; hashes not of
    32 bytes; a proof with one hash too many or too few; and one that leads to another root.
    """
    _numbers(index, size)
    _hashes([leaf_hash, root, *proof])
    if index >= size:
        raise VerificationError(f"a tree of {size} entries has no entry {index}")
    node, last, computed = index, size - 1, leaf_hash
    for sibling in proof:
        if last == 0:
            raise VerificationError("the inclusion proof is too long")
        if node & 1 or node == last:
            computed = _inner(sibling, computed)
            while not node & 1 and node:
                node >>= 1
                last >>= 1
        else:
            computed = _inner(computed, sibling)
        node >>= 1
        last >>= 1
    if last != 0:
        raise VerificationError("the inclusion proof is too short")
    if not hmac.compare_digest(computed, root):
        raise VerificationError("the inclusion proof leads to another root")


def verify_consistency(size1: int, size2: int, proof: list[bytes], root1: bytes, root2: bytes) -> None:
    """Returns if the tree of `size2` leaves begins with all leaves of the tree of `size1`.

    Refuses (VerificationError) size 0, from which nothing can be proven; `size1` above `size2`; numbers below 0 or above 2^64-1; for equal
    sizes any proof or unequal roots (they are compared and not looked into); else hashes not of 32 bytes, and a proof that is empty, has
    one hash too many or too few, or leads to another root.
    """
    _numbers(size1, size2)
    if size1 > size2:
        raise VerificationError(f"a log of {size2} entries cannot follow one of {size1}")
    if size1 == 0:
        raise VerificationError("consistency with an empty log proves nothing")
    if size1 == size2:
        if proof:
            raise VerificationError("two checkpoints of the same size need no consistency proof")
        if not hmac.compare_digest(root1, root2):
            raise VerificationError("two checkpoints of the same size have different roots: the log has forked")
        return
    _hashes([root1, root2, *proof])
    if not proof:
        raise VerificationError("the consistency proof is empty")
    old, new = _walk(size1, size2, proof, root1)
    if not (hmac.compare_digest(old, root1) and hmac.compare_digest(new, root2)):
        raise VerificationError("the consistency proof leads to other roots: the log has forked or was rewritten")


def _walk(size1: int, size2: int, proof: list[bytes], root1: bytes) -> tuple[bytes, bytes]:
    """The two roots that a consistency proof leads to (RFC 9162, 2.1.4.2, steps 2 to 6); 0 < size1 < size2, proof not empty."""
    path = [root1, *proof] if size1 & (size1 - 1) == 0 else proof  # the RFC's step 2: size1 is a power of two
    node, last = size1 - 1, size2 - 1
    while node & 1:
        node >>= 1
        last >>= 1
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            raise VerificationError("the consistency proof is too long")
        if node & 1 or node == last:
            old, new = _inner(sibling, old), _inner(sibling, new)
            while not node & 1 and node:
                node >>= 1
                last >>= 1
        else:
            new = _inner(new, sibling)
        node >>= 1
        last >>= 1
    if last != 0:
        raise VerificationError("the consistency proof is too short")
    return old, new


def _inner(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def _numbers(*numbers: int) -> None:
    for number in numbers:
        if type(number) is not int or not 0 <= number <= _LARGEST:
            raise VerificationError("an index or a size is no whole number between 0 and 2^64-1")


def _hashes(hashes: list[bytes]) -> None:
    for value in hashes:
        if not isinstance(value, bytes) or len(value) != _HASH:
            raise VerificationError("a hash is not 32 bytes long")
