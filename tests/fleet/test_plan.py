"""A plan is drawn from its seed alone, and holds every oddity that was asked for."""

import dataclasses
import json
from collections import Counter
from pathlib import Path

import av
import pytest

from vestige.errors import BadInput
from vestige.fleet.connection import Target, read_connection
from vestige.fleet.footage import Footage
from vestige.fleet.ledger import Entry, Held, compare
from vestige.fleet.plan import Mishap, Oddity, Wishes, draw
from vestige.ingest.axis.names import container_name, object_name

ENDS = 1_795_000_000_000
WISHES = Wishes(40, 2, ENDS, seed=7, users=("B1", "B2"))


def test_the_same_wishes_give_the_same_plan_and_another_seed_another() -> None:
    assert draw(WISHES) == draw(WISHES)
    other = draw(dataclasses.replace(WISHES, seed=8))
    assert {one.container for one in other.recordings}.isdisjoint(one.container for one in draw(WISHES).recordings)


def test_everything_that_was_asked_for_is_in_it() -> None:
    plan = draw(WISHES)
    assert Counter(camera.oddity for camera in plan.cameras) == {None: 24, **dict.fromkeys(Oddity, 4)}
    assert len(plan.recordings) == 40 * 4
    assert {thing.mishap for one in plan.recordings for thing in one.things} == {None, *Mishap}
    numbers = [thing.number for one in plan.recordings for thing in one.things if thing.number is not None]
    assert sorted(numbers) == list(range(len(numbers)))
    calm = draw(dataclasses.replace(WISHES, trouble=0))
    assert {camera.oddity for camera in calm.cameras} == {None}
    assert {thing.mishap for one in calm.recordings for thing in one.things} == {None}


def test_names_are_those_of_the_protocol() -> None:
    for one in draw(WISHES).recordings:
        named = container_name(one.container.replace("%", "%25"))
        assert (named.serial, named.user) == (one.camera.serial, one.camera.user)
        true = ENDS - 2 * 3_600_000
        assert named.triggered_at is not None
        assert true <= named.triggered_at - one.camera.off < ENDS
        assert len({thing.name for thing in one.things}) == len(one.things)
        assert all(object_name(thing.name).starts_at is not None for thing in one.things)


@pytest.mark.parametrize("wrong", [{"cameras": 0}, {"hours": 0}, {"per_hour": 1e6}, {"trouble": -1}], ids=str)
def test_a_fleet_that_is_none_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(BadInput, match="between"):
        draw(dataclasses.replace(WISHES, **wrong))  # type: ignore[arg-type]  # one field at a time


@pytest.mark.parametrize("ending", ["mp4", "mkv"])
def test_no_two_clips_are_equal_and_each_plays(tmp_path: Path, ending: str) -> None:
    footage = Footage(ending, seed=1, least=300_000)
    bodies = [b"".join(footage.clip(number).pieces()) for number in range(6)]
    assert len(set(bodies)) == 6
    assert b"".join(footage.clip(2).pieces()) == bodies[2]
    assert {len(body) for body in bodies} == {300_000}
    (tmp_path / f"one.{ending}").write_bytes(bodies[4])
    again = b"".join(Footage(ending, seed=1, folder=tmp_path).clip(0).pieces())
    assert again[: len(bodies[4])] == bodies[4]
    for number, body in enumerate((*bodies, again)):
        path = tmp_path / f"play{number}.{ending}"
        path.write_bytes(body)
        with av.open(str(path)) as opened:
            assert sum(1 for _ in opened.decode(video=0)) in {50, 75, 100}


def test_a_connection_file_that_is_none_is_refused(tmp_path: Path) -> None:
    good = {"AuthenticationTokenURI": ["https://a.example.org:8443/auth/v1.0"], "BlobAPIUserName": "dock_1", "BlobAPIKey": "k"}
    wrong: tuple[object, ...] = (
        [],
        {**good, "AuthenticationTokenURI": []},
        {**good, "AuthenticationTokenURI": ["ftp://a.example.org"]},
        {**good, "HTTPSCertificate": ["/w=="]},
        {**good, "WantEncryption": True},
        {**good, "more": "x" * 70_000},
    )
    path = tmp_path / "connection.json"
    for fields in wrong:
        path.write_text(json.dumps(fields))
        with pytest.raises(BadInput, match=r"cannot be read as a connection file|no address"):
            read_connection(path)
    path.write_text(json.dumps(good))
    assert read_connection(path) == Target("https://a.example.org:8443", "dock_1", "k")
    with pytest.raises(BadInput, match="no address"):
        read_connection(path).at("nowhere")


def test_footage_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no mp4 file"):
        Footage("mp4", 1, tmp_path)
    with pytest.raises(BadInput, match="mkv or mp4"):
        Footage("avi", 1)


def test_whatever_differs_is_named() -> None:
    entries = [Entry("c1", "a", "01", 1, "accessioned"), Entry("c1", "b", "02", 1, "quarantined"), Entry("c2", "a", "03", 1, "either")]
    held = [Held("01", "a", "r1", "accessioned"), Held("02", "b", "r1", "quarantined"), Held("03", "a", "r2", "quarantined")]
    assert compare(entries, [*held, Held("04", "of another", "r9", "accessioned")]) == []

    def faults(*items: Held) -> list[str]:
        return [f"{one['object']}: {one['what']}" for one in compare(entries, items)]

    assert faults(*held[1:]) == ["c1/a: it is there 0 times, its bytes 0 times"]
    assert faults(*held, held[0]) == ["c1/a: it is there 2 times, its bytes 2 times"]
    assert faults(*held, dataclasses.replace(held[0], filename="x")) == ["c1/a: it is there 1 times, its bytes 2 times"]
    assert faults(dataclasses.replace(held[0], status="quarantined"), *held[1:]) == ["c1/a: it is quarantined, not accessioned"]
    assert faults(dataclasses.replace(held[0], recording="r3"), *held[1:]) == ["c1: it is 2 recordings"]
    mixed = faults(*held[:2], dataclasses.replace(held[2], recording="r1"))
    assert mixed == ["c1: it shares a recording with another", "c2: it shares a recording with another"]
