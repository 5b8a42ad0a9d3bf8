"""Proofs: against the RFC's own recursion, against another library, and against everything that is no proof."""

import base64
import hashlib
import json
import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pymerkle
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.budget import examples
from verifier.tests.writer import consistency, leaf, path, root

import vestige_verify
from vestige_verify.merkle import VerificationError, leaf_hash, verify_consistency, verify_inclusion

LEAVES = [leaf(bytes([n])) for n in range(64)]
X = bytes(32)


def test_the_error_is_one_and_the_same() -> None:
    assert VerificationError is vestige_verify.VerificationError


def test_every_inclusion_proof_up_to_64_is_accepted_and_every_wrong_one_refused() -> None:
    for size in range(1, 65):
        top = root(LEAVES[:size])
        for index in range(size):
            proof = path(index, LEAVES[:size])
            verify_inclusion(LEAVES[index], index, size, proof, top)
            for wrong in ([*proof, X], proof[:-1], [X, *proof], [X, *proof[1:]], proof[::-1]):
                if wrong != proof:
                    with pytest.raises(VerificationError):
                        verify_inclusion(LEAVES[index], index, size, wrong, top)
            with pytest.raises(VerificationError):
                verify_inclusion(LEAVES[index], (index + 1) % 64, size, proof, top)
            with pytest.raises(VerificationError):
                verify_inclusion(X, index, size, proof, top)
            with pytest.raises(VerificationError):
                verify_inclusion(LEAVES[index], index, size, proof, X)


def test_every_consistency_proof_up_to_64_is_accepted_and_every_wrong_one_refused() -> None:
    for size2 in range(1, 65):
        top = root(LEAVES[:size2])
        for size1 in range(1, size2 + 1):
            proof, old = consistency(size1, LEAVES[:size2]), root(LEAVES[:size1])
            verify_consistency(size1, size2, proof, old, top)
            for wrong in ([*proof, X], proof[:-1], [X, *proof], [X, *proof[1:]], proof[::-1]):
                if wrong != proof:
                    with pytest.raises(VerificationError):
                        verify_consistency(size1, size2, wrong, old, top)
            for pair in ((X, top), (old, X)):
                with pytest.raises(VerificationError):
                    verify_consistency(size1, size2, proof, *pair)


@settings(max_examples=examples(60), deadline=None)
@given(st.integers(65, 3000), st.randoms(use_true_random=False))
def test_random_big_trees(size: int, numbers: random.Random) -> None:
    leaves = [leaf(n.to_bytes(4, "big")) for n in range(size)]
    top, index, size1 = root(leaves), numbers.randrange(size), numbers.randrange(1, size)
    verify_inclusion(leaves[index], index, size, path(index, leaves), top)
    proof = consistency(size1, leaves)
    verify_consistency(size1, size, proof, root(leaves[:size1]), top)
    with pytest.raises(VerificationError):
        verify_consistency(size1 + 1, size, proof, root(leaves[:size1]), top)


@settings(max_examples=examples(200), deadline=None)
@given(st.integers(2, 300), st.randoms(use_true_random=False))
def test_agrees_with_pymerkle(size: int, numbers: random.Random) -> None:
    tree = pymerkle.InmemoryTree(algorithm="sha256")
    for n in range(size):
        tree.append_entry(str(n).encode())
    top = tree.get_root(size)
    index, size1 = numbers.randrange(size), numbers.randrange(1, size)
    hashed = leaf_hash(str(index).encode())
    proof = tree.prove_inclusion(index + 1, size)
    assert proof.path[0] == hashed
    assert tree.get_root(size1) == root([leaf(str(n).encode()) for n in range(size1)])
    # pymerkle's path begins with the leaf itself
    verify_inclusion(hashed, index, size, list(proof.path[1:]), top)


def test_from_and_to_the_empty_tree_nothing_is_proven() -> None:
    empty = hashlib.sha256(b"").digest()
    for size2 in (0, 1, 7):
        for proof in ([], [X]):
            with pytest.raises(VerificationError):
                verify_consistency(0, size2, proof, empty, empty)
    with pytest.raises(VerificationError):
        verify_inclusion(X, 0, 0, [], empty)


def test_a_tree_of_one() -> None:
    verify_inclusion(X, 0, 1, [], X)
    verify_consistency(1, 1, [], X, X)
    for index, proof, top in ((0, [X], X), (1, [], X), (0, [], b"\x01" * 32)):
        with pytest.raises(VerificationError):
            verify_inclusion(X, index, 1, proof, top)


def test_equal_sizes_need_equal_roots_and_no_proof() -> None:
    with pytest.raises(VerificationError, match="forked"):
        verify_consistency(5, 5, [], X, b"\x01" * 32)
    with pytest.raises(VerificationError):
        verify_consistency(5, 5, [X], X, X)


@pytest.mark.parametrize(
    ("index", "size"), [(-1, 1), (0, -1), (1, 1), (2**64, 2**64 + 1), (0, 2**64), (2**70, 3), (True, 2), (0.0, 1), ("0", 1), (None, 1)]
)
def test_numbers_that_are_none(index: int, size: int) -> None:
    with pytest.raises(VerificationError):
        verify_inclusion(X, index, size, [X], X)
    with pytest.raises(VerificationError):
        verify_consistency(index, size, [X], X, X)


@pytest.mark.parametrize("wrong", [b"", X[:31], X + b"\x00", "0" * 32, None, 0])
def test_hashes_that_are_none(wrong: bytes) -> None:
    one = [leaf(b"a"), leaf(b"b")]
    top = root(one)
    for arguments in ((wrong, 0, 2, [one[1]], top), (one[0], 0, 2, [wrong], top), (one[0], 0, 2, [one[1]], wrong)):
        with pytest.raises(VerificationError):
            verify_inclusion(*arguments)
    for arguments in ((1, 2, [wrong], one[0], top), (1, 2, [one[1]], wrong, top), (1, 2, [one[1]], one[0], wrong)):
        with pytest.raises(VerificationError):
            verify_consistency(*arguments)


def test_a_huge_proof_is_refused_and_takes_no_time() -> None:
    with pytest.raises(VerificationError):
        verify_inclusion(X, 0, 2**64 - 1, [X] * 1000, X)
    with pytest.raises(VerificationError):
        verify_consistency(1, 2**64 - 1, [X] * 1000, X, X)


def run_vector(vector: dict[str, Any]) -> bool:
    """Runs a vector in the form of transparency-dev/merkle's `testdata`; true if it was accepted."""
    decoded = {name: base64.b64decode(vector[name]) for name in ("root", "leafHash", "root1", "root2") if vector.get(name) is not None}
    proof = [base64.b64decode(value) for value in vector["proof"] or []]
    try:
        if "leafIdx" in vector:
            verify_inclusion(decoded["leafHash"], vector["leafIdx"], vector["treeSize"], proof, decoded["root"])
        else:
            verify_consistency(vector["size1"], vector["size2"], proof, decoded["root1"], decoded["root2"])
    except VerificationError:
        return False
    return True


def b64s(values: list[bytes]) -> list[str]:
    return [base64.b64encode(value).decode() for value in values]


def our_vectors() -> Iterator[dict[str, Any]]:
    """Cases of every kind that the public vectors have, over other trees: what is right, and each way to be wrong."""
    for size in (1, 2, 3, 7, 8, 25):
        leaves = LEAVES[:size]
        for index in {0, size // 2, size - 1}:
            proof = path(index, leaves)
            base = {"leafIdx": index, "treeSize": size, "root": b64s([root(leaves)])[0], "leafHash": b64s([leaves[index]])[0]}
            base |= {"proof": b64s(proof) or None, "desc": "happy path", "wantErr": False}
            yield base
            wrong: list[dict[str, Any]] = [
                {"leafIdx": (index - 1) % 2**64},
                {"leafIdx": index ^ 2},
                {"treeSize": size // 2},
                {"treeSize": 0},
            ]
            wrong += [{"root": ""}, {"root": b64s([X])[0]}, {"leafHash": ""}, {"leafHash": b64s([X])[0]}]
            wrong += [{"proof": b64s([*proof, more])} for more in (X, b"", root(leaves))] + [{"proof": b64s([X, *proof])}]
            yield from (base | change | {"desc": str(change), "wantErr": True} for change in wrong)
        for size1 in {1, size // 2, size - 1} - {0, size}:
            proof = consistency(size1, leaves)
            base = {"size1": size1, "size2": size, "root1": b64s([root(leaves[:size1])])[0], "root2": b64s([root(leaves)])[0]}
            base |= {"proof": b64s(proof), "desc": "happy path", "wantErr": False}
            yield base
            wrong = [
                {"proof": None},
                {"proof": []},
                {"proof": b64s(proof[:-1])},
                {"proof": b64s([*proof, X])},
                {"proof": b64s([b"", *proof])},
            ]
            wrong += [
                {"size1": 0},
                {"size1": size1 - 1},
                {"size2": size * 2},
                {"root1": base["root2"], "root2": base["root1"]},
                {"root2": ""},
            ]
            yield from (base | change | {"desc": str(change), "wantErr": True} for change in wrong)
    opaque = {"root1": "b3BhcXVl", "root2": "b3BhcXVl", "proof": []}  # of equal sizes roots are compared, whatever they are
    yield opaque | {"size1": 1, "size2": 1, "desc": "equal sizes, equal roots, no proof", "wantErr": False}
    for change in ({"proof": b64s([X])}, {"root2": "b3RoZXI="}, {"size1": 0}, {"size1": 0, "size2": 0}, {"size1": 2}):
        yield opaque | {"size1": 1, "size2": 1} | change | {"desc": str(change), "wantErr": True}


def test_vectors_in_the_public_form() -> None:
    vectors = [json.loads(json.dumps(vector)) for vector in our_vectors()]
    assert len(vectors) > 200
    for vector in vectors:
        assert run_vector(vector) != vector["wantErr"], vector


@pytest.mark.skipif("MERKLE_TESTDATA" not in os.environ, reason="MERKLE_TESTDATA names no checkout of transparency-dev/merkle's testdata")
def test_the_public_vectors_themselves() -> None:
    """All but those that accept a proof from the empty tree, which proves nothing and is refused here."""
    paths = sorted(Path(os.environ["MERKLE_TESTDATA"]).rglob("*.json"))
    assert paths
    for file in paths:
        vector = json.loads(file.read_text("utf-8"))
        assert run_vector(vector) == (not vector["wantErr"] and vector.get("size1") != 0), file
