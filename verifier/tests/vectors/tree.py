"""Inclusion and consistency, in the plain JSON form of the public vectors (one object a case; hashes and proofs in base64)."""

import random
from collections.abc import Iterator

from verifier.tests.vectors.store import Area, Json
from verifier.tests.writer import b64, consistency, leaf, path, root

X = bytes(32)
SIZES = (1, 2, 3, 5, 7, 8, 33)
_CHANCE = random.Random("leaves of the vectors")
LEAVES = [leaf(_CHANCE.randbytes(8)) for _ in range(max(SIZES))]
OTHER = "the inclusion proof leads to another root"
NUMBER = "an index or a size is no whole number between 0 and 2^64-1"
HASH = "a hash is not 32 bytes long"
REWRITTEN = "the consistency proof leads to other roots"


def _proof(hashes: list[bytes]) -> list[str]:
    return [b64(one) for one in hashes]


def inclusion() -> Area:
    about = "Inclusion proofs (RFC 6962, RFC 9162 section 2.1.3.2). `wantErr` says whether the proof must be refused; `proof` may be null for none."
    area = Area(about)
    for size in SIZES:
        for index in sorted({0, 1, size // 2, size - 2, size - 1} & set(range(size))):
            proof, leaf, top = path(index, LEAVES[:size]), LEAVES[index], root(LEAVES[:size])
            whole = {"leafIdx": index, "treeSize": size, "root": b64(top), "leafHash": b64(leaf), "proof": _proof(proof) or None}
            name = f"{index} of {size}"
            area.good(name, **whole)
            for what, reason, change in _wrong_inclusions(size, proof, leaf, top):
                area.bad(f"{name}: {what}", reason, **(whole | change))
    leaf = LEAVES[0]
    whole = {"leafIdx": 0, "treeSize": 1, "root": b64(leaf), "leafHash": b64(leaf), "proof": []}
    area.good("0 of 1, an empty list for the proof", **whole)
    empty = root([])
    for index in (0, 1):
        area.bad(
            f"{index} of the empty tree",
            f"a tree of 0 entries has no entry {index}",
            **(whole | {"leafIdx": index, "treeSize": 0, "root": b64(empty)}),
        )
    for what, change in {
        "an index below 0": {"leafIdx": -1},
        "a size below 0": {"treeSize": -1},
        "a size of 2^64": {"treeSize": 2**64},
        "an index of 2^64": {"leafIdx": 2**64},
    }.items():
        area.bad(what, NUMBER, **(whole | change))
    area.bad(
        "the last index of the largest tree, without a proof",
        "the inclusion proof is too short",
        **(whole | {"leafIdx": 2**64 - 2, "treeSize": 2**64 - 1}),
    )
    area.bad("65 hashes", "the inclusion proof is too long", **(whole | {"proof": [b64(X)] * 65}))
    return _wanted(area)


def _wrong_inclusions(size: int, proof: list[bytes], leaf: bytes, top: bytes) -> Iterator[tuple[str, str, dict[str, Json]]]:
    yield "another root", OTHER, {"root": b64(X)}
    yield "another leaf", OTHER, {"leafHash": b64(X)}
    yield "a hash too many", "the inclusion proof is too long", {"proof": _proof([*proof, X])}
    yield "the root at its end", "the inclusion proof is too long", {"proof": _proof([*proof, top])}
    yield "an index beyond", f"a tree of {size} entries has no entry {size}", {"leafIdx": size}
    yield "a leaf of 31 bytes", HASH, {"leafHash": b64(leaf[1:])}
    yield "no root", HASH, {"root": ""}
    yield "an empty hash at its end", HASH, {"proof": _proof([*proof, b""])}
    if proof:
        yield "no proof", "the inclusion proof is too short", {"proof": None}
        yield "a hash too few", "the inclusion proof is too short", {"proof": _proof(proof[:-1])}
        yield "its first hash another", OTHER, {"proof": _proof([X, *proof[1:]])}
        yield "its last hash another", OTHER, {"proof": _proof([*proof[:-1], X])}
    if len(proof) > 1 and proof[0] != proof[-1]:
        yield "backwards", OTHER, {"proof": _proof(proof[::-1])}


def consistent() -> Area:
    area = Area(
        "Consistency proofs (RFC 6962, RFC 9162 section 2.1.4.2). `wantErr` says whether the proof must be refused. Nothing can be proven from "
        "the empty tree: every such proof is refused. Of equal sizes the roots are compared, and the proof must be empty."
    )
    for size2 in SIZES:
        for size1 in sorted({1, 2, 3, size2 // 2, size2 - 1, size2} & set(range(1, size2 + 1))):
            proof, old, new = consistency(size1, LEAVES[:size2]), root(LEAVES[:size1]), root(LEAVES[:size2])
            whole = {"size1": size1, "size2": size2, "root1": b64(old), "root2": b64(new), "proof": _proof(proof)}
            name = f"{size1} to {size2}"
            area.good(name, **whole)
            wrong = _wrong_growths(proof, old, new) if size1 < size2 else _wrong_equals(new)
            for what, reason, change in wrong:
                area.bad(f"{name}: {what}", reason, **(whole | change))
            area.bad(
                f"{name}: the other way", f"a log of {size1 - 1} entries cannot follow one of {size1}", **(whole | {"size2": size1 - 1})
            )
    nothing = "consistency with an empty log proves nothing"
    empty, one = b64(root([])), b64(LEAVES[0])
    for name, size2, top, proof in (
        ("0 to 0", 0, empty, []),
        ("0 to 1", 1, one, []),
        ("0 to 1, with a hash", 1, one, [one]),
        ("0 to 8", 8, b64(root(LEAVES[:8])), []),
    ):
        area.bad(name, nothing, size1=0, size2=size2, root1=empty, root2=top, proof=proof)
    area.bad("1 to 0", "a log of 0 entries cannot follow one of 1", size1=1, size2=0, root1=one, root2=empty, proof=[])
    for name, sizes in {"a size below 0": (-1, 1), "a size of 2^64": (1, 2**64)}.items():
        area.bad(name, NUMBER, size1=sizes[0], size2=sizes[1], root1=one, root2=one, proof=[one])
    area.bad("1 to 2^64-1, a hash alone", "the consistency proof is too short", size1=1, size2=2**64 - 1, root1=one, root2=one, proof=[one])
    return _wanted(area)


def _wrong_growths(proof: list[bytes], old: bytes, new: bytes) -> Iterator[tuple[str, str, dict[str, Json]]]:
    yield "no proof", "the consistency proof is empty", {"proof": []}
    yield "null for a proof", "the consistency proof is empty", {"proof": None}
    yield "a hash too many", "the consistency proof is too long", {"proof": _proof([*proof, X])}
    if len(proof) > 1:
        yield "a hash too few", "the consistency proof is too short", {"proof": _proof(proof[:-1])}
    yield "its last hash another", REWRITTEN, {"proof": _proof([*proof[:-1], X])}
    yield "an older root that it was not", REWRITTEN, {"root1": b64(X)}
    yield "a newer root that it is not", REWRITTEN, {"root2": b64(X)}
    yield "the roots swapped", REWRITTEN, {"root1": b64(new), "root2": b64(old)}
    yield "a hash of 31 bytes", HASH, {"proof": _proof([*proof[:-1], X[1:]])}
    yield "no newer root", HASH, {"root2": ""}
    yield "an older root of 33 bytes", HASH, {"root1": b64(old + b"x")}


def _wrong_equals(new: bytes) -> Iterator[tuple[str, str, dict[str, Json]]]:
    yield "a proof", "two checkpoints of the same size need no consistency proof", {"proof": _proof([X])}
    yield "its own root for a proof", "two checkpoints of the same size need no consistency proof", {"proof": _proof([new])}
    yield "another root", "two checkpoints of the same size have different roots", {"root2": b64(X)}


def _wanted(area: Area) -> Area:
    """The words of the public vectors beside our own."""
    area.cases = [case | {"desc": case["name"], "wantErr": case["verdict"] == "refused"} for case in area.cases]
    return area
