"""Sample proofs: what a clip says of itself is recomputed from the released file; any change is refused and named."""

import base64
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.budget import examples
from tests.media.worlds import Clip

from vestige.custody.canonical import canonical
from vestige.custody.tree import cover_proof, leaf_hash, subtrees
from vestige.errors import MediaFailed
from vestige.media.clip import Wanted, cut
from vestige.media.containers.index import index_file
from vestige_verify import VerificationError, samples

KEY = bytes(32)
ITEM = UUID(int=7)
Pair = tuple[bytes, bytes]


def clipped(data: bytes, since: int, to: int) -> tuple[Pair, dict[str, object]]:
    """The clip, its proofs, and what it is."""
    root = index_file(io.BytesIO(data), len(data), KEY).root.value
    out = io.BytesIO()
    facts, proofs = cut(io.BytesIO(data), len(data), out, Wanted(since, to, ITEM, root, KEY), lambda _: None)
    return (out.getvalue(), proofs), facts


def proven(pair: Pair) -> samples.Proven:
    return samples.check(pair[1], io.BytesIO(pair[0]), len(pair[0]))


def refused(pair: Pair, why: str) -> None:
    with pytest.raises(VerificationError, match=why):
        proven(pair)


def told(pair: Pair, change: Callable[[dict[str, Any]], object]) -> Pair:
    """The same file with another account of it."""
    value = json.loads(pair[1])
    change(value)
    return pair[0], canonical(value)


@pytest.fixture(scope="module")
def whole() -> Pair:
    return clipped(Clip(frames=96, options={"bf": "2"}).data(), 900, 1500)[0]


@pytest.mark.parametrize("clip", [Clip(), Clip(codec="libx265"), Clip(options={"bf": "3"}), Clip(sound=None)])
@pytest.mark.parametrize("span", [(0, 100), (500, 900), (1900, 5000)])
def test_a_clip_has_what_was_asked_and_proves_every_sample(clip: Clip, span: tuple[int, int]) -> None:
    pair, facts = clipped(clip.data(), *span)
    assert int(str(facts["from_ms"])) <= span[0]
    assert int(str(facts["to_ms"])) >= min(span[1], 1960)
    found = proven(pair)
    samples.require_clip(found)
    assert found.streams[0].identical == facts["frames"]
    assert found.item == str(ITEM)
    assert not any(stream.altered or stream.stripped for stream in found.streams)


@pytest.mark.parametrize("name", ["gopro_karma.mp4", "hamilton_short.mp4", "nasa_13013.mp4", "egoblur_gen2_lp.mp4", "axis_signed_h264.mp4"])
def test_clips_of_real_cameras_prove_themselves_and_decode_whole(footage: Path, name: str) -> None:
    pair, _ = clipped((footage / name).read_bytes(), 1000, 3000)
    samples.require_clip(proven(pair))


@settings(max_examples=examples(40), deadline=None)
@given(data=st.data())
def test_a_changed_bit_in_any_sample_is_refused_and_the_sample_named(whole: Pair, data: st.DataObject) -> None:
    media = samples.read(io.BytesIO(whole[0]), len(whole[0]))
    stream = data.draw(st.sampled_from(media.streams))
    sample = data.draw(st.integers(0, len(stream) - 1))
    at = stream.offsets[sample] + data.draw(st.integers(0, stream.sizes[sample] - 1))
    changed = bytearray(whole[0])
    changed[at] ^= 1 << data.draw(st.integers(0, 7))
    refused((bytes(changed), whole[1]), f"sample {sample} of the {stream.kind}|another root")


def test_a_swapped_pair_and_a_shifted_time_are_refused(whole: Pair) -> None:
    media = samples.read(io.BytesIO(whole[0]), len(whole[0]))
    picture = media.streams[0]
    at = whole[0].index(b"stsz") + 16
    sizes = [whole[0][at + 4 * n : at + 4 * n + 4] for n in range(len(picture))]
    swapped = whole[0][:at] + sizes[1] + sizes[0] + b"".join(sizes[2:]) + whole[0][at + 4 * len(picture) :]
    refused((swapped, whole[1]), "sample 0 of the video")
    refused(told(whole, lambda value: value["streams"][0].update(shift=value["streams"][0]["shift"] + 1)), "sample 0 of the video")


def _widen(value: dict[str, Any]) -> None:
    stream = value["streams"][0]
    first, count = stream["runs"][0]
    stream.update(runs=[[first, count - 1]], altered=[[first + count - 1, 1, 1]])


def _hide(value: dict[str, Any]) -> None:
    stream = value["streams"][0]
    first, count = stream["runs"][0]
    stream.update(runs=[[first, 4], [first + 5, count - 4]])


FORGED: list[tuple[Callable[[dict[str, Any]], object], str]] = [
    (_widen, "more is told|another root|proof|counts|not so"),
    (_hide, "something lies"),
    (lambda value: value["streams"][0]["runs"][0].__setitem__(0, 0), "is not the original's|another root"),
    (lambda value: value["streams"][0]["runs"][0].__setitem__(1, 3), "are told of"),
    (lambda value: value["streams"][0]["proof"].pop(), "too short"),
    (lambda value: value["streams"][0]["proof"].append(value["streams"][0]["proof"][0]), "too long"),
    (lambda value: value["streams"][0]["proof"].__setitem__(0, base64.b64encode(bytes(32)).decode()), "another root"),
    (lambda value: value["streams"][0]["counts"].update(identical=1), "is not so"),
    (lambda value: value["streams"][0]["header"].update(width=2), "another width"),
    (lambda value: value["streams"].reverse(), "is said to be the original's"),
    (lambda value: value["streams"].pop(), "streams, and 1 are told of"),
    (lambda value: value["index"].update(root="00" * 32), "do not lead to the root"),
]


@pytest.mark.parametrize(("change", "why"), FORGED)
def test_a_forged_account_is_refused(whole: Pair, change: Callable[[dict[str, Any]], object], why: str) -> None:
    refused(told(whole, change), why)


def test_bytes_that_no_sample_owns_are_refused(whole: Pair) -> None:
    refused((whole[0] + b"\0\0\0\x0cmdatleak", whole[1]), "belong to no sample")
    refused((whole[0] + b"\0\0\0\x0cuuidleak", whole[1]), "neither index nor media")


def test_nothing_is_cut_from_another_file_than_the_accessioned_one() -> None:
    data = Clip().data()
    with pytest.raises(MediaFailed, match="not those that were accessioned"):
        cut(io.BytesIO(data), len(data), io.BytesIO(), Wanted(0, 1000, ITEM, "00" * 32, KEY), lambda _: None)


@settings(max_examples=examples(100), deadline=None)
@given(st.integers(2, 5000), st.data())
def test_a_cover_is_logarithmic_and_leads_to_the_root(size: int, data: st.DataObject) -> None:
    start = data.draw(st.integers(1, size - 1))
    end = data.draw(st.integers(start + 1, size))
    leaves = [leaf_hash(number.to_bytes(4, "big")) for number in range(size)]
    tree = subtrees(leaves)
    proof = cover_proof([(0, 1), (start, end)], size, tree)
    assert len(proof) <= 3 * size.bit_length()
    assert samples._cover(size, [(0, leaves[:1]), (start, leaves[start:end])], proof) == tree(0, size)
