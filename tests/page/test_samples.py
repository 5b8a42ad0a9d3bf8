"""Sample proofs, held by the page and by the program: the same packages, honest and forged, and the same answers."""

import base64
import io
import json
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Page
from tests.budget import examples
from tests.media.test_samples import KEY, Pair, _hide, _widen, told
from tests.media.worlds import Clip
from tests.page.test_agreement import Program, Reader, agree
from verifier.tests.writer import Json, Made, Plan, digest, make

from vestige.media.clip import Wanted, cut
from vestige.media.containers.index import index_file
from vestige_verify import samples


def original_of(folder: Path) -> UUID:
    """The id that the writer gives the original of a copy."""
    made = make(folder, Plan(profile="public"))
    return UUID(json.loads((made.folder / "data/trail.json").read_bytes())["trails"][1]["item"])


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """A file that holds every sample of its original, and the proofs of that."""
    data = Clip(frames=96, options={"bf": "2"}).data()
    return whole_of(data, original_of(tmp_path_factory.mktemp("original") / "package"))


def whole_of(data: bytes, item: UUID) -> Pair:
    """A file that holds every picture and sound of another."""
    root = index_file(io.BytesIO(data), len(data), KEY).root.value
    out = io.BytesIO()
    _, proofs = cut(io.BytesIO(data), len(data), out, Wanted(0, 100_000, item, root, KEY), lambda _: None)
    return out.getvalue(), proofs


def packed(folder: Path, pair: Pair, root: str) -> Made:
    """A package of a copy, signed and bagged correctly, whatever its sample proofs say."""

    def accessioned(events: Json) -> Json:
        return [(kind, _with_index(values, root) if kind == "item:accessioned" else values) for kind, values in events]

    plan = Plan(profile="public", footage=pair[0], edit_parent=accessioned, edit_files=lambda files: files | {"data/samples.json": pair[1]})
    return make(folder, plan)


def _with_index(values: Json, root: str) -> Json:
    kept = [one for one in values["digests"] if one["of"] != "media_index"]
    return values | {"digests": [*kept, digest("media_index", root)]}


@pytest.fixture
def both(reader: Reader, program: Program, tmp_path: Path, whole: Pair) -> Callable[[Pair], dict[str, Any]]:
    """What page and program say of a file and its proofs; they must agree."""
    page, count = reader(), iter(range(10_000))

    def said(pair: Pair, honest: Pair = whole) -> dict[str, Any]:
        package = packed(tmp_path / str(next(count)), pair, json.loads(honest[1])["index"]["root"])
        return agree(page, program, package.folder, key=package.vkey) | {"page": page}

    return said


def test_a_file_whose_every_sample_is_the_originals(both: Callable[[Pair], dict[str, Any]], whole: Pair) -> None:
    said = both(whole)
    assert said["verdict"] == "verified"
    page: Page = said["page"]
    assert "96 of 96 pictures are the original's own, unchanged." in (page.locator("#samples").text_content() or "")


def test_a_file_of_a_matroska_originals_samples(both: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    data = Clip(container="matroska", options={"bf": "2"}).data()
    pair = whole_of(data, original_of(tmp_path / "another"))
    assert both(pair, pair)["verdict"] == "verified"
    changed = bytearray(pair[0])
    changed[samples.read(io.BytesIO(pair[0]), len(pair[0])).streams[1].offsets[3]] ^= 1
    assert both((bytes(changed), pair[1]), pair)["verdict"] == "refused"


def test_bits_flipped_in_samples_and_tables(both: Callable[[Pair], dict[str, Any]], whole: Pair) -> None:
    draw, media = random.Random(os.urandom(8)), samples.read(io.BytesIO(whole[0]), len(whole[0]))
    moov = whole[0].rindex(b"moov")
    for number in range(examples(400) // 8):
        stream = draw.choice(media.streams)
        sample = draw.randrange(len(stream))
        inside = stream.offsets[sample] + draw.randrange(stream.sizes[sample])
        at = inside if number % 2 else draw.randrange(moov, len(whole[0]))
        changed = bytearray(whole[0])
        changed[at] ^= 1 << draw.randrange(8)
        said = both((bytes(changed), whole[1]))
        if number % 2:
            assert (said["verdict"], said["step"], said["file"]) == ("refused", 11, "data/samples.json"), f"byte {at}"


ACCOUNTS = [
    _widen,
    _hide,
    lambda value: value["streams"][0]["runs"][0].__setitem__(1, 3),
    lambda value: value["streams"][0]["proof"].append(base64.b64encode(bytes(32)).decode()),
    lambda value: value["streams"][0]["counts"].update(identical=1),
    lambda value: value["streams"][0]["header"].update(width=2),
    lambda value: value["streams"].reverse(),
    lambda value: value["streams"].pop(),
    lambda value: value["index"].update(root="00" * 32),
    lambda value: value.update(item=str(UUID(int=8))),
    lambda value: value["streams"][0].update(shift=1),
    lambda value: value["streams"][0].update(marks=""),
    lambda value: value["streams"][0].update(marks="AB=="),
    lambda value: value["streams"][0].update(configuration="00"),
    lambda value: value["streams"][0].update(durations=[[0, 1]]),
    lambda value: value["streams"][0].update(dropped=[[0, [[0, 9, "00" * 32]]]]),
    lambda value: value["streams"][0].update(dropped=[[0, [[1, 9, "00" * 32], [0, 9, "00" * 32]]]]),
    lambda value: value["streams"][0].update(proof=[base64.b64encode(b"short").decode()]),
    lambda value: value["streams"][0]["header"].update(timescale=0),
    lambda value: value["streams"][0]["header"].update(rotation=90),
    lambda value: value["streams"][1].update(shift=value["streams"][1]["shift"] + 4800),
    lambda value: value["index"]["streams"].reverse(),
    lambda value: value.update(format="vestige-samples/2"),
]


def test_forged_accounts(both: Callable[[Pair], dict[str, Any]], whole: Pair) -> None:
    for number, change in enumerate(ACCOUNTS):
        said = both(told(whole, change))
        assert (said["verdict"], said["step"]) == ("refused", 11), number


def test_media_that_no_sample_owns(both: Callable[[Pair], dict[str, Any]], whole: Pair) -> None:
    for leak in (b"\0\0\0\x0cmdatleak", b"\0\0\0\x0cuuidleak", b"\0\0\0\x0cfreeleak", b"\0\0\0\x07mdat", b"\0\0"):
        assert both((whole[0] + leak, whole[1]))["step"] == 11, leak
