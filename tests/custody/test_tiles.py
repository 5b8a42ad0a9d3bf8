"""The layout of C2SP tlog-tiles, held to the examples of the specification, to another library and to a reader written from it alone."""

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymerkle import InmemoryTree
from tests import tlog_reader
from tests.budget import examples

from vestige.custody.tiles import LONGEST_ENTRY, WIDTH, Tile, bundle, full_tiles, parse_name, subtrees_in, tiles
from vestige.custody.tree import EMPTY_ROOT, Frontier, consistency_proof, inclusion_proof, leaf_hash, subtrees

SIZES = st.integers(0, 300) | st.sampled_from([255, 256, 257, 511, 512, 65_535, 65_536, 65_537, 70_000])


def store(leaves: list[bytes]) -> tuple[dict[int, list[bytes]], object]:
    """The hashes of every level, and a reader of them."""
    levels = {0: leaves}
    while len(levels[max(levels)]) >= WIDTH:
        below = levels[max(levels)]
        levels[len(levels)] = [Frontier().append(below[at : at + WIDTH]).root() for at in range(0, len(below) - WIDTH + 1, WIDTH)]
    return levels, lambda level, start, end: levels.get(level, [])[start:end]


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 1_234_067), "tile/0/x001/x234/067"),
        (Tile(2, 0, 1), "tile/2/000.p/1"),
        (Tile(0, 273, 112), "tile/0/273.p/112"),
        (Tile(63, 999), "tile/63/999"),
        (Tile(0, 1000), "tile/0/x001/000"),
        (Tile(1, 12_345_678_901, 255), "tile/1/x012/x345/x678/901.p/255"),
    ],
)
def test_paths_are_those_of_the_specification(tile: Tile, path: str) -> None:
    assert tile.path() == path
    assert tile.bundle_path() == "tile/entries/" + path.split("/", 2)[2]
    assert parse_name(path) == tile


@pytest.mark.parametrize(
    "name",
    ["checkpoint", "tile/0/1", "tile/0/x000/001", "tile/00/001", "tile/0/001.p/0", "tile/0/001.p/256", "tile/0/001.p/012", "tile/0/../x"],
)
def test_what_is_the_name_of_no_tile_is_told(name: str) -> None:
    assert parse_name(name) is None


def test_the_trees_that_the_specification_names_have_the_tiles_that_it_says() -> None:
    found = list(tiles(70_000))
    assert [(t.level, t.width) for t in found if not t.full] == [(0, 112), (1, 17), (2, 1)]
    assert [sum(t.full and t.level == level for t in found) for level in range(3)] == [273, 1, 0]
    assert list(tiles(256)) == [Tile(0, 0), Tile(1, 0, 1)]
    assert list(tiles(0)) == []


@given(SIZES, SIZES)
@settings(max_examples=examples(1000), deadline=None)
def test_what_a_tree_grows_by_and_what_was_there_are_all_its_tiles(one: int, other: int) -> None:
    before, after = sorted((one, other))
    grown, whole = set(tiles(after, before)), set(tiles(after))
    assert grown <= whole
    assert whole - grown <= set(tiles(before))
    assert not grown & set(tiles(before))
    assert all(1 <= tile.width <= WIDTH for tile in whole)


@given(st.lists(st.integers(1, 700), min_size=1, max_size=6))
@settings(max_examples=examples(200), deadline=None)
def test_full_tiles_are_the_same_however_the_leaves_came(batches: list[int]) -> None:
    leaves = [leaf_hash(n.to_bytes(4, "big")) for n in range(sum(batches))]
    levels, _ = store(leaves)
    kept: dict[tuple[int, int], bytes] = {}
    size = 0

    def stored(level: int, start: int, end: int) -> list[bytes]:
        return leaves[start:end] if level == 0 else [kept[level - 1, n] for n in range(start, end)]

    for batch in batches:
        for tile, root in full_tiles(size, leaves[size : size + batch], stored):
            assert kept.setdefault((tile.level, tile.index), root) == root
        size += batch
    assert kept == {(level - 1, n): root for level, row in levels.items() if level for n, root in enumerate(row)}


def test_full_tiles_of_the_second_level_are_found_too() -> None:
    leaves = [leaf_hash(n.to_bytes(4, "big")) for n in range(65_536)]
    found = full_tiles(65_000, leaves[65_000:], lambda level, start, end: store(leaves)[0][level][start:end])
    assert [(tile.level, tile.index) for tile, _ in found] == [(0, 253), (0, 254), (0, 255), (1, 0)]
    assert found[-1][1] == Frontier().append(leaves).root()


@given(st.integers(1, 1500), st.data())
@settings(max_examples=examples(200), deadline=None)
def test_proofs_made_from_tiles_are_those_of_the_whole_tree_and_of_another_library(size: int, data: st.DataObject) -> None:
    entries = [n.to_bytes(4, "big") for n in range(size)]
    leaves = [leaf_hash(entry) for entry in entries]
    _, stored = store(leaves)
    subtree, whole = subtrees_in(size, stored), subtrees(leaves)  # type: ignore[arg-type]
    other = InmemoryTree(algorithm="sha256")
    for entry in entries:
        other.append_entry(entry)
    index, first = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    assert subtree(0, size) == other.get_root()
    assert inclusion_proof(index, size, subtree) == inclusion_proof(index, size, whole)
    assert consistency_proof(first, size, subtree) == consistency_proof(first, size, whole)
    theirs = other.prove_inclusion(index + 1, size).path[1:]
    assert inclusion_proof(index, size, subtree) == list(theirs)


@given(st.lists(st.binary(max_size=300), max_size=600))
@settings(max_examples=examples(100), deadline=None)
def test_a_reader_that_knows_only_the_specification_gets_back_every_entry(entries: list[bytes]) -> None:
    leaves = [leaf_hash(entry) for entry in entries]
    levels, _ = store(leaves)
    files = {"checkpoint": f"example.org/log\n{len(leaves)}\n".encode() + base64_root(leaves)}
    for tile in tiles(len(entries)):
        files[tile.path()] = b"".join(levels[tile.level][tile.start : tile.start + tile.width])
        if tile.level == 0:
            files[tile.bundle_path()] = bundle(entries[tile.start : tile.start + tile.width])
    found = tlog_reader.read(files.__getitem__)
    assert found.entries == tuple(entries)


def base64_root(leaves: list[bytes]) -> bytes:
    import base64

    root = Frontier().append(leaves).root() if leaves else EMPTY_ROOT
    return base64.b64encode(root) + b"\n\n"


def test_an_entry_that_a_bundle_cannot_hold_is_refused() -> None:
    assert len(bundle([os.urandom(LONGEST_ENTRY)])) == LONGEST_ENTRY + 2
    with pytest.raises(ValueError, match="65536 bytes"):
        bundle([os.urandom(LONGEST_ENTRY + 1)])
