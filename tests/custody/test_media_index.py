"""The arithmetic of the media index against a naive reading of docs/custody-format.md, section 6."""

import hashlib
import hmac
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.budget import examples

from vestige.custody.canonical import canonical
from vestige.custody.media_index import MediaIndex, SampleLeaf, StreamHeader, StreamRoot, StreamTree, header_hash, index_of, sample_hash

KEY = bytes(range(32))
OTHER_KEY = bytes(32)
NOTHING = hashlib.sha256(b"").hexdigest()
PICTURE = StreamHeader(0, "video", "avc1", NOTHING, 1920, 1080, (1, 1), 90, 90000, ((1000, -1, 65536), (2000, 512, 65536)))
TELEMETRY = StreamHeader(1, "other", "gpmd", NOTHING, timescale=1000)
PINNED_ROOT = "6e6f515f802b6e03f4d6e01e89b46cd439f5c1bc8e12537ce91281e97348d27f"  # of nine samples a stream; the naive one agrees


def _sha(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def _naive_json(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _naive_root(leaves: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, as it is written."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return _sha(b"\x01", _naive_root(leaves[:split]), _naive_root(leaves[split:]))


def _naive_leaf(kind: str, stream: int, place: bytes, value: dict[str, Any]) -> bytes:
    salt = hmac.new(KEY, b"stream" + stream.to_bytes(4, "big") + place, hashlib.sha256).digest()[:16] if kind == "other" else b""
    return _sha(b"\x00", salt, _naive_json(value))


def _naive_stream(header: dict[str, Any], samples: list[dict[str, Any]]) -> dict[str, Any]:
    kind, stream = header["kind"], header["stream"]
    leaves = [_naive_leaf(kind, stream, b"\xff" * 8, header)]
    leaves += [_naive_leaf(kind, stream, n.to_bytes(8, "big"), sample) for n, sample in enumerate(samples)]
    return {"kind": kind, "leaves": len(leaves), "root": _naive_root(leaves).hex()}


def _leaf(stream: int, number: int, units: tuple[str, ...] = (NOTHING,)) -> SampleLeaf:
    return SampleLeaf(stream, number, number * 3000 - 10, number * 3000, 3000, number % 5 == 0, 100 + number, units)


def _tree(header: StreamHeader, count: int, key: bytes = KEY) -> StreamTree:
    tree = StreamTree(header, key)
    for number in range(count):
        tree.add(_leaf(header.stream, number))
    return tree


def _built(count: int, key: bytes = KEY) -> MediaIndex:
    return index_of([_tree(PICTURE, count, key).root(), _tree(TELEMETRY, count, key).root()])


def _naive_sample(stream: int, number: int) -> dict[str, Any]:
    return {
        "stream": stream, "index": number, "pts": number * 3000 - 10, "dts": number * 3000, "duration": 3000,
        "key": number % 5 == 0, "size": 100 + number, "units": [NOTHING],
    }  # fmt: skip


@pytest.mark.parametrize("count", [0, 1, 2, 3, 7, 8, 9, 31, 33])
def test_root_equals_that_of_a_naive_implementation(count: int) -> None:
    picture = {
        "stream": 0, "kind": "video", "codec": "avc1", "extradata": NOTHING, "width": 1920, "height": 1080, "aspect": [1, 1],
        "rotation": 90, "timescale": 90000, "edits": [[1000, -1, 65536], [2000, 512, 65536]],
    }  # fmt: skip
    telemetry = {
        "stream": 1, "kind": "other", "codec": "gpmd", "extradata": NOTHING, "width": 0, "height": 0, "aspect": [1, 1],
        "rotation": 0, "timescale": 1000, "edits": [],
    }  # fmt: skip
    streams = [_naive_stream(header, [_naive_sample(n, i) for i in range(count)]) for n, header in enumerate((picture, telemetry))]
    naive = _sha(b"\x02", _naive_json({"v": 1, "streams": streams})).hex()
    assert _built(count).root.value == naive


def test_root_of_the_fixed_vector_never_changes() -> None:
    found = _built(9)
    assert found.root.value == PINNED_ROOT
    assert (found.version, found.samples, [stream.leaves for stream in found.streams]) == (1, 18, [10, 10])


_SAFE = st.integers(-(2**53) + 1, 2**53 - 1)
_HEX = st.binary(min_size=32, max_size=32).map(bytes.hex)


@settings(max_examples=examples(2000), deadline=None)
@given(
    st.builds(
        SampleLeaf,
        st.integers(0, 2**31),
        st.integers(0, 2**53 - 1),
        _SAFE,
        _SAFE,
        st.integers(0, 2**53 - 1),
        st.booleans(),
        st.integers(0, 2**53 - 1),
        st.lists(_HEX, max_size=5).map(tuple),
    )
)
def test_directly_written_leaf_data_is_canonical(leaf: SampleLeaf) -> None:
    stream, number, pts, dts, duration, key, size, units = leaf
    value = {
        "stream": stream,
        "index": number,
        "pts": pts,
        "dts": dts,
        "duration": duration,
        "key": key,
        "size": size,
        "units": list(units),
    }
    assert leaf.data() == canonical(value)


@settings(max_examples=examples(200), deadline=None)
@given(st.integers(0, 400))
def test_tree_keeps_only_its_frontier_and_has_the_naive_root(count: int) -> None:
    tree = _tree(PICTURE, count)
    leaves = [header_hash(PICTURE, KEY), *(sample_hash(_leaf(0, n), "video", KEY) for n in range(count))]
    assert tree.root() == StreamRoot("video", count + 1, _naive_root(leaves).hex())
    assert sum(node is not None for node in tree._waiting) == (count + 1).bit_count()


@settings(max_examples=examples(200), deadline=None)
@given(st.lists(st.integers(0, 40), max_size=8), st.sampled_from((PICTURE, TELEMETRY)))
def test_samples_taken_many_at_a_time_give_the_tree_of_samples_taken_one_by_one(parts: list[int], header: StreamHeader) -> None:
    tree, number = StreamTree(header, KEY, keep=True), 0
    for part in parts:
        taken = [_leaf(header.stream, n, (NOTHING, "00" * 32)) for n in range(number, number + part)]
        tree.extend((one.pts, one.dts, one.duration, one.key, one.size, ",".join(f'"{u}"' for u in one.units).encode()) for one in taken)
        number += part
    slow = StreamTree(header, KEY)
    leaves = [_leaf(header.stream, n, (NOTHING, "00" * 32)) for n in range(number)]
    for leaf in leaves:
        slow.add(leaf)
    assert tree.root() == slow.root()
    assert tree.kept == [header_hash(header, KEY), *(sample_hash(leaf, header.kind, KEY) for leaf in leaves)]


def test_index_key_salts_only_what_is_neither_picture_nor_sound() -> None:
    one, other = _built(4), _built(4, OTHER_KEY)
    assert one.streams[0] == other.streams[0]
    assert one.streams[1] != other.streams[1]
    assert sample_hash(_leaf(1, 0), "other", KEY) != sample_hash(_leaf(1, 0), "audio", KEY)


@pytest.mark.parametrize(
    "change", [{"pts": 1}, {"dts": 1}, {"duration": 1}, {"key": False}, {"size": 1}, {"units": ("00" * 32,)}, {"units": (NOTHING, NOTHING)}]
)
def test_any_changed_value_of_a_sample_changes_the_root(change: dict[str, Any]) -> None:
    tree = StreamTree(PICTURE, KEY)
    tree.add(_leaf(0, 0)._replace(**change))
    assert tree.root() != _tree(PICTURE, 1).root()


@pytest.mark.parametrize(
    "change",
    [{"codec": "hvc1"}, {"width": 1}, {"aspect": (2, 1)}, {"rotation": 0}, {"timescale": 1}, {"edits": ()}, {"extradata": "00" * 32}],
)
def test_any_changed_value_of_a_header_changes_the_root(change: dict[str, Any]) -> None:
    assert StreamTree(replace(PICTURE, **change), KEY).root() != StreamTree(PICTURE, KEY).root()


@pytest.mark.parametrize(("stream", "number"), [(0, 1), (0, -1), (1, 0)])
def test_tree_refuses_a_sample_out_of_its_turn(stream: int, number: int) -> None:
    with pytest.raises(ValueError, match="is not the next"):
        StreamTree(PICTURE, KEY).add(_leaf(stream, number))


def test_tree_refuses_an_index_key_of_another_length() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        StreamTree(PICTURE, b"short")


def test_header_refuses_a_kind_that_is_none_and_knows_numbers_without_a_place() -> None:
    with pytest.raises(ValueError, match="no kind"):
        replace(PICTURE, kind="picture")
    too_large = replace(PICTURE, edits=((2**53, 0, 65536),))
    assert PICTURE.is_canonical()
    assert not too_large.is_canonical()
    with pytest.raises(ValueError, match="2\\^53"):
        too_large.data()
