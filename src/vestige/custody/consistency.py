"""Whether one tree is the beginning of another: RFC 9162, 2.1.4.2."""

from collections.abc import Sequence

from vestige.custody.tree import node_hash
from vestige.errors import Fault


def check_consistency(size1: int, size2: int, proof: Sequence[bytes], root1: bytes, root2: bytes) -> None:
    """Returns if the proof shows that the tree of `size1` is a prefix of that of `size2`.

    Raises Fault when it does not, and for the empty tree: a proof from nothing proves nothing.
    """
    if not 0 < size1 <= size2:
        raise Fault(f"no proof leads from size {size1} to size {size2}")
    if any(len(part) != 32 for part in proof):
        raise Fault("a hash of the consistency proof is not 32 bytes long")
    if size1 == size2:
        if proof or root1 != root2:
            raise Fault("two trees of one size have different roots, or a proof where none is needed")
        return
    if _lead(size1, size2, proof, root1) != (root1, root2):
        raise Fault("the consistency proof does not lead to both roots")


def _lead(size1: int, size2: int, proof: Sequence[bytes], root1: bytes) -> tuple[bytes, bytes]:
    """The two roots that the proof leads to (steps 3 to 7). Raises Fault for a proof of the wrong length."""
    path = list(proof) if size1 & (size1 - 1) else [root1, *proof]
    if not path:
        raise Fault("the consistency proof is empty")
    old, new = size1 - 1, size2 - 1
    while old & 1:
        old, new = old >> 1, new >> 1
    first = second = path[0]
    for part in path[1:]:
        if new == 0:
            raise Fault("the consistency proof is too long")
        if old & 1 or old == new:
            first, second = node_hash(part, first), node_hash(part, second)
            while not old & 1 and old:
                old, new = old >> 1, new >> 1
        else:
            second = node_hash(second, part)
        old, new = old >> 1, new >> 1
    if new:
        raise Fault("the consistency proof is too short")
    return first, second
