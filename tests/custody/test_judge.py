import hashlib
import json
import os

import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st
from pymerkle import InmemoryTree
from tests.budget import examples

from vestige.custody import notes
from vestige.custody.accession import Condition, judge
from vestige.custody.canonical import canonical, parse
from vestige.custody.events import FIELDS, EventType, make_entry, openings_bytes
from vestige.custody.proofs import openings_json
from vestige.custody.tree import Frontier, consistency_proof, inclusion_proof, leaf_hash, node_hash, subtrees
from vestige.errors import Fault
from vestige.evidence.values import uuid7

SAFE = 2**53 - 1
TEXT = st.text(st.characters(exclude_categories=("Cs",)))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-SAFE, SAFE) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
@settings(max_examples=examples(3000), deadline=None)
def test_canonical_bytes_are_those_of_rfc_8785_and_come_back(value: object) -> None:
    data = canonical(value)  # type: ignore[arg-type]
    assert data == rfc8785.dumps(value)  # type: ignore[arg-type]
    assert parse(data) == value


@pytest.mark.parametrize("value", [1.0, float("nan"), SAFE + 1, "\ud800", {"\ud800": 1}, {1: 2}, b"x", {"a": [{"b": 0.5}]}])
def test_what_has_no_canonical_form_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="canonical JSON has no place"):
        canonical(value)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text", ['{"a": 1}', '{"b":1,"a":2}', '{"a":1,"a":1}', "1.0", "01", '"\\u0041"', "[1,]", " 1", "nul", "[" * 100_000]
)
def test_what_is_not_canonical_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="JSON"):
        parse(text)


def naive(leaves: list[bytes]) -> bytes:
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return node_hash(naive(leaves[:k]), naive(leaves[k:]))


@given(st.lists(st.binary(max_size=8), min_size=1, max_size=120), st.data())
@settings(max_examples=examples(400), deadline=None)
def test_roots_are_those_of_another_library_and_proofs_lead_to_them(entries: list[bytes], data: st.DataObject) -> None:
    other = InmemoryTree(algorithm="sha256")
    for entry in entries:
        other.append_entry(entry)
    leaves = [leaf_hash(entry) for entry in entries]
    size = len(leaves)
    cut, index = data.draw(st.integers(1, size)), data.draw(st.integers(0, size - 1))
    root = Frontier().append(leaves[:cut]).append(leaves[cut:]).root()
    assert root == naive(leaves) == other.get_root()
    assert folded(leaves[index], index, size, inclusion_proof(index, size, subtrees(leaves))) == root
    assert consistent(cut, size, consistency_proof(cut, size, subtrees(leaves)), naive(leaves[:cut]), root)


def folded(leaf: bytes, index: int, size: int, proof: list[bytes]) -> bytes:
    """RFC 9162, 2.1.3.2, by itself."""
    fn, sn, node = index, size - 1, leaf
    for part in proof:
        assert sn > 0
        if fn & 1 or fn == sn:
            node = node_hash(part, node)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            node = node_hash(node, part)
        fn, sn = fn >> 1, sn >> 1
    assert sn == 0
    return node


def consistent(first: int, second: int, proof: list[bytes], root1: bytes, root2: bytes) -> bool:
    """RFC 9162, 2.1.4.2, by itself."""
    if first == second:
        return not proof and root1 == root2
    path = proof if first & (first - 1) else [root1, *proof]
    fn, sn = first - 1, second - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = path[0]
    for part in path[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr, sr = node_hash(part, fr), node_hash(part, sr)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node_hash(sr, part)
        fn, sn = fn >> 1, sn >> 1
    return (fr, sr, sn) == (root1, root2, 0)


@pytest.mark.parametrize(("index", "size"), [(0, 0), (1, 1), (-1, 5), (5, 5)])
def test_no_proof_is_made_of_a_leaf_that_is_not_there(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="no leaf"):
        inclusion_proof(index, size, subtrees([]))


@given(st.dictionaries(st.sampled_from(FIELDS), VALUES))
@settings(max_examples=examples(500), deadline=None)
def test_an_entry_holds_commitments_and_nothing_else_in_clear(some: dict[str, object]) -> None:
    fields = dict.fromkeys(FIELDS) | some
    entry = make_entry(uuid7(), EventType.TRAIL_READ, 1, fields, os.urandom(16 * len(FIELDS)))  # type: ignore[arg-type]
    clear = json.loads(entry.data)
    assert set(clear) == {"v", "id", "type", "time", "fields"}
    for name, opening in entry.openings.items():
        assert clear["fields"][name] == hashlib.sha256(opening.salt + rfc8785.dumps(fields[name])).hexdigest()  # type: ignore[arg-type]
    assert len({o.salt for o in entry.openings.values()}) == len(FIELDS)
    assert parse(entry.data) == clear
    assert openings_bytes(entry.openings) == canonical(openings_json(entry.openings))


def test_values_nested_without_end_have_no_canonical_form() -> None:
    value: list[object] = []
    for _ in range(5000):
        value = [value]
    with pytest.raises(ValueError, match="within each other"):
        canonical(value)  # type: ignore[arg-type]


def test_an_entry_of_other_fields_or_too_few_salts_is_refused() -> None:
    fields = dict.fromkeys(FIELDS)
    with pytest.raises(ValueError, match="fields"):
        make_entry(uuid7(), EventType.TRAIL_READ, 1, {**fields, "more": None}, os.urandom(16 * 12))
    with pytest.raises(ValueError, match="salt"):
        make_entry(uuid7(), EventType.TRAIL_READ, 1, fields, os.urandom(16))


KEY = Ed25519PrivateKey.from_private_bytes(b"7" * 32)
PUBLIC = KEY.public_key().public_bytes_raw()


@given(st.data())
@settings(max_examples=examples(500), deadline=None)
def test_a_checkpoint_verifies_and_with_any_change_is_refused(data: st.DataObject) -> None:
    head = notes.Checkpoint("vestige.log/x", 7, b"r" * 32)
    note = notes.sign(head, PUBLIC, KEY.sign)
    assert notes.verify(note, PUBLIC) == head
    at = data.draw(st.integers(0, len(note) - 1))
    letter = data.draw(st.characters(codec="utf-8").filter(lambda c: c != note[at]))
    with pytest.raises(Fault):
        notes.verify(note[:at] + letter + note[at + 1 :], PUBLIC)


def found(kind: str, sampled: int, decoded: int, *, opens: bool = True, table: bool = True) -> tuple[bool, bool]:
    verdict = judge(Condition(kind, opens, table, sampled, decoded))
    return bool(verdict.quarantine), bool(verdict.damage)


def test_doubt_means_quarantine_and_lesser_damage_is_told() -> None:
    assert found("video", 10, 10) == (False, False)
    assert found("video", 10, 9) == (False, True)
    assert found("video", 10, 8) == (True, False)
    assert found("video", 10, 10, table=False) == (True, False)
    assert found("video", 0, 0) == (True, False)
    assert found("video", 10, 10, opens=False) == (True, False)
    assert found("unknown", 0, 0) == (True, False)
    assert found("image", 0, 0, table=False) == (False, False)


@pytest.mark.parametrize(("kind", "opens", "kept_apart"), [("unknown", False, False), ("image", True, False), ("video", False, True)])
def test_what_stands_beside_footage_is_kept_without_a_claim(kind: str, opens: bool, kept_apart: bool) -> None:  # noqa: FBT001  # a table
    assert bool(judge(Condition(kind, opens, sample_table=False, beside=True)).quarantine) is kept_apart
    assert judge(Condition("unknown", opens=False, sample_table=False)).quarantine
