"""Whatever names and headers a client sends, they say one thing, which can be kept and shown."""

from urllib.parse import quote, quote_from_bytes

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.budget import examples

from vestige.evidence.docks import Part, Shelf
from vestige.evidence.moments import moment
from vestige.ingest.axis.names import LONGEST_OBJECT, container_name, name_of, object_name, said

TRIGGERED = 1_606_202_100_000


@given(st.binary(max_size=80), st.binary(max_size=80))
@settings(max_examples=examples(4_000))
def test_no_two_names_become_one_and_every_name_can_be_shown(one: bytes, two: bytes) -> None:
    first, second = (name_of(quote_from_bytes(data, safe=""), LONGEST_OBJECT) for data in (one, two))
    assert (first == second) is (one == two)
    assert first.isprintable()
    long = name_of(quote_from_bytes(one + b"x" * 2000, safe=""), LONGEST_OBJECT)
    assert len(long) <= LONGEST_OBJECT
    assert (long == name_of(quote_from_bytes(two + b"x" * 2000, safe=""), LONGEST_OBJECT)) is (one == two)


@given(st.text(st.characters(codec="utf-8"), max_size=60))
@settings(max_examples=examples(4_000))
def test_no_name_and_no_header_breaks_their_readers(text: str) -> None:
    container_name(quote(text, safe=""))
    object_name(quote(text, safe=""))
    moment(text)
    told = said([(b"x-container-meta-" + text.encode(), text.encode())], b"x-container-meta-")
    assert all(name.isprintable() and value.isprintable() for name, value in told.items())


@pytest.mark.parametrize(
    "time", ["20201124T071500Z", "20201124_071500", "2020-11-24T07:15:00Z", "1606202100", "1606202100000", "1606202100.0"]
)
def test_times_are_read_as_cameras_write_them(time: str) -> None:
    assert moment(time) == TRIGGERED


@pytest.mark.parametrize("user", ["B100", "", "4b1c9d2e-8c1c-4a57-9f3a-1a2b3c4d5e6f", "with_underscore"])
@pytest.mark.parametrize("at", ["20201124T071500Z", "20201124_071500"])
def test_a_recording_is_told_by_user_camera_and_trigger(user: str, at: str) -> None:
    found = container_name(quote(f"{user}_B8A44F000001_{at}"))
    assert (found.shelf, found.user, found.serial, found.triggered_at) == (Shelf.RECORDING, user, "B8A44F000001", TRIGGERED)


def test_what_is_no_known_name_is_taken_as_it_is() -> None:
    assert [container_name(name).shelf for name in ("System", "Users", "Devices", "anything", "..", "RejectedContent_x")] == [
        *(Shelf.SYSTEM, Shelf.USERS, Shelf.DEVICES, Shelf.UNKNOWN, Shelf.UNKNOWN, Shelf.UNKNOWN)
    ]
    for at, triggered in (("20201124T071500Z", TRIGGERED), ("UnknownTime", None)):
        found = container_name(f"RejectedContent_{at}_4b1c9d2e-8c1c-4a57-9f3a-1a2b3c4d5e6f")
        assert (found.shelf, found.triggered_at) == (Shelf.REJECTED, triggered)


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("20201124_071500_5F1B.mkv", Part.FOOTAGE),
        ("20201124_071500_5F1B.key", Part.KEY),
        ("20201124_071500_5F1B.mkv.key", Part.KEY),
        ("20201124_071500_5F1B_B8A44F000001_gpstrail.json", Part.TRAIL),
        ("bookmark_20201124T071500Z_17", Part.BOOKMARK),
    ],
)
def test_objects_are_told_by_their_names(name: str, part: Part) -> None:
    found = object_name(name)
    assert (found.name, found.part, found.starts_at) == (name, part, TRIGGERED)


def test_metadata_is_decoded_and_spelled_as_the_protocol_spells_it() -> None:
    headers = [
        (b"X-Container-Meta-UserID", b"B%C3%A9100"),
        (b"x-container-meta-bwcserialnumber", b"a%00b%0A"),
        (b"x-object-meta-name", b"x"),
    ]
    assert said(headers, b"x-container-meta-") == {"UserID": "Bé100", "BWCSerialNumber": "a\\x00b\\n"}
