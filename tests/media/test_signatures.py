"""Signatures that cameras wrote into their footage: found in real signed files, and in messages built here by the schemes' own layout."""

import base64
import io
import random
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import av
import pytest
from av.bitstream import BitStreamFilterContext
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.agency import CONSOLE, make_agency
from tests.budget import examples
from tests.media.worlds import sealed

from vestige.actions import intake, items, release
from vestige.actions.checking import check
from vestige.actions.intake import Sent
from vestige.evidence.signed import signature_words, signed_by_camera
from vestige.media.answers import FACTS
from vestige.media.signatures import LARGEST, Signatures
from vestige.media.worker import MediaWorker

AXIS, ONVIF = b"Signed Video...0", bytes.fromhex("005bc93f2d715e95ada4796f90877a6f")
PEM = b"-----BEGIN %b-----\n%b\n-----END %b-----\n"
Facts = dict[str, Any]


def pem(kind: bytes, der: bytes) -> bytes:
    return PEM % (kind, base64.encodebytes(der).strip(), kind)


def tlv(tag: int, value: bytes, width: int = 2) -> bytes:
    return bytes([tag]) + len(value).to_bytes(width, "big") + value


def texts(*words: str) -> bytes:
    return b"\2" + b"".join(bytes([len(word)]) + word.encode() for word in words)


def message(uuid: bytes, reserved: int, tags: bytes, head: bytes = b"\6", *, escaped: bool = True) -> bytes:
    """A NAL unit with one message: docs of both schemes, "the signing SEI"."""
    body = uuid + bytes([reserved]) + tags
    size = b"\xff" * (len(body) // 255) + bytes([len(body) % 255])
    unit = head + b"\5" + size + body + b"\x80"
    return _escape(unit) if escaped else unit


def _escape(unit: bytes) -> bytes:
    found, zeros = bytearray(), 0
    for byte in unit:
        if zeros >= 2 and byte <= 3:
            found.append(3)
            zeros = 0
        found.append(byte)
        zeros = zeros + 1 if byte == 0 else 0
    return bytes(found)


def axis(*, signed: bool = True, linked: int = 0x30, key: bytes = b"a key") -> bytes:
    tags = tlv(1, b"\4" + (7).to_bytes(4, "big") + b"\0\1" + bytes((2, 3, 8)) + bytes(90), 1)
    tags += tlv(2, b"\2" + pem(b"PUBLIC KEY", key)) + tlv(3, texts("M1065", "11.8", "B8A44F000001", "Axis Communications AB", "x"))
    return message(AXIS, linked, tags + (tlv(5, b"\2\0\0\4abcd") if signed else b""))


def onvif(*, signed: bool = True, head: bytes = b"\6", escaped: bool = True) -> bytes:
    tags = tlv(1, b"\1" + bytes((25, 12, 3)) + bytes(80)) + tlv(5, texts("1.0", "S-17", "A maker"))
    tags += tlv(6, b"\1\0" + pem(b"CERTIFICATE", b"leaf") + pem(b"CERTIFICATE", b"above"))
    return message(ONVIF, 0, tags + (tlv(3, b"\1\0\4abcd") if signed else b""), head, escaped=escaped)


def looked(*units: bytes, codec: str = "avc1") -> list[Facts]:
    signatures = Signatures()
    look = signatures.look(codec)
    assert look is not None
    for unit in units:
        look(memoryview(unit))
    found = signatures.facts()
    FACTS({"kind": "video", **_EMPTY, "signatures": found}, "")
    return found


_EMPTY: Facts = {
    "opens": True,
    "error": "",
    "container": "",
    "mime": "",
    "playable": True,
    "duration_ms": 0,
    "streams": [],
    "groups_sampled": 0,
    "groups_decoded": 0,
    "container_time": None,
    "telemetry_time": None,
    "device": {},
    "place": None,
}


def remuxed(data: bytes, form: str) -> bytes:
    """The same pictures in another container."""
    out = io.BytesIO()
    with av.open(io.BytesIO(data)) as source, av.open(out, "w", format=form) as to:
        stream = source.streams.video[0]
        written = to.add_stream_from_template(stream)
        starts = BitStreamFilterContext("h264_mp4toannexb", stream) if form == "mpegts" else None
        for packet in list(source.demux(stream))[:250]:  # the muxer of transport streams takes no packet without a time
            for one in starts.filter(packet) if starts else [packet]:
                one.stream = written
                to.mux(one)
    return out.getvalue()


def asked(data: bytes) -> Facts:
    with sealed(data) as source:
        facts = MediaWorker().run("accession", {"index_key": "11" * 32}, source).value["facts"]
    assert isinstance(facts, dict)
    return facts


class TestRealFootage:
    def test_axis(self, footage: Path) -> None:
        data = (footage / "axis_signed_h264.mp4").read_bytes()
        [found] = asked(data)["signatures"]
        assert (found["scheme"], found["messages"], found["signed"], found["unreadable"]) == ("axis", 5, 5, 0)
        assert (found["legacy"], found["signer"], found["certificates"]) == (False, "2.0.3", [])
        inside = data[data.index(b"-----BEGIN PUBLIC KEY-----") : data.index(b"-----END PUBLIC KEY-----")]
        assert found["keys"] == [sha256(base64.b64decode(inside.partition(b"\n")[2])).hexdigest()]
        assert found["claims"]["manufacturer"] == "Signed Video Framework"

    def test_onvif(self, footage: Path) -> None:
        data = (footage / "onvif_signed_h264.mp4").read_bytes()
        [found] = asked(data)["signatures"]
        assert (found["scheme"], found["messages"], found["signed"], found["unreadable"]) == ("onvif", 5, 5, 0)
        assert (found["keys"], len(found["certificates"]), found["signer"]) == ([], 1, "0.0.4")
        assert found["claims"] == {"firmware": "v0.0.4", "serial": "N/A", "manufacturer": "Signed Media Framework"}

    @pytest.mark.parametrize(("name", "scheme"), [("axis", "axis"), ("onvif", "onvif")])
    def test_in_matroska(self, footage: Path, name: str, scheme: str) -> None:
        facts = asked(remuxed((footage / f"{name}_signed_h264.mp4").read_bytes(), "matroska"))
        assert [(one["scheme"], one["signed"], one["unreadable"]) for one in facts["signatures"]] == [(scheme, 4, 0)]

    def test_in_a_transport_stream_which_has_no_sample_table(self, footage: Path) -> None:
        facts = asked(remuxed((footage / "axis_signed_h264.mp4").read_bytes(), "mpegts"))
        assert [(one["scheme"], one["signed"]) for one in facts["signatures"]] == [("axis", 4)]

    def test_what_is_not_signed_says_so_and_what_is_no_video_says_nothing(self, footage: Path) -> None:
        assert asked((footage / "hamilton_short.mp4").read_bytes())["signatures"] == []
        assert "signatures" not in asked((footage / "jfk.wav").read_bytes())

    @pytest.mark.parametrize("name", ["axis_signed_h264.mp4", "onvif_signed_h264.mp4"])
    def test_the_original_leaves_as_it_came(self, footage: Path, tmp_path: Path, name: str) -> None:
        agency = make_agency(tmp_path)
        custodian = agency.actor("evidence custodian")
        taken = intake.receive(agency.ports, custodian, Sent(footage / name), lambda _: None)
        item, _ = items.show_item(agency.ports, custodian, str(taken.item))
        assert signed_by_camera(item.facts) == "present, not yet verified"
        [words] = signature_words(item.facts)
        assert "5 signatures" in words
        release.export(agency.ports, custodian, item.number, tmp_path / "out")
        [left] = (tmp_path / "out").rglob("*.mp4")
        assert left.read_bytes() == (footage / name).read_bytes()
        assert check(agency.ports, CONSOLE) == []


class TestMessages:
    """Messages built here: no public file has these."""

    def test_both_schemes_and_codecs(self) -> None:
        assert [one["scheme"] for one in looked(axis(), onvif(), axis())] == ["axis", "onvif"]
        [found] = looked(onvif(head=b"\x4e\1"), onvif(head=b"\x50\1"), codec="hvc1")
        assert (found["messages"], found["signed"]) == (2, 2)
        assert found["certificates"] == [sha256(b"leaf").hexdigest(), sha256(b"above").hexdigest()]
        assert (found["signer"], found["claims"]["serial"]) == ("25.12.3", "S-17")
        assert Signatures().look("vp09") is None

    def test_axis_tells_key_claims_and_an_old_signer(self) -> None:
        [found] = looked(axis(), axis(key=b"another"), axis(linked=0))
        assert found["keys"] == [sha256(b"a key").hexdigest(), sha256(b"another").hexdigest()]
        assert (found["legacy"], found["signer"]) == (True, "2.3.8")
        assert found["claims"] == {
            "hardware": "M1065",
            "firmware": "11.8",
            "serial": "B8A44F000001",
            "manufacturer": "Axis Communications AB",
        }

    def test_what_is_not_signed_gives_no_key(self) -> None:
        for unit in (axis(signed=False), onvif(signed=False)):
            [found] = looked(unit)
            assert (found["messages"], found["signed"], found["keys"], found["certificates"], found["claims"]) == (1, 0, [], [], {})

    def test_with_and_without_emulation_prevention(self) -> None:
        assert onvif() != onvif(escaped=False)
        assert looked(onvif()) == looked(onvif(escaped=False))

    def test_other_units_are_nothing(self) -> None:
        unit = axis()
        for other in (b"", b"\6", b"\6\5", b"\6\5\xff", b"\6\5" + b"\xff" * 5000, b"\6\4" + unit[2:], b"\x65" + unit[1:], unit[:18]):
            assert looked(other) == []
        assert looked(unit.replace(AXIS, b"Another thing..1")) == []

    @pytest.mark.parametrize(
        "harm",
        [
            lambda unit: unit[:200],
            lambda unit: unit.replace(b"-----BEGIN PUBLIC KEY-----\n", b"-----BEGIN PUBLIC KEY-----\n="),
            lambda unit: unit.replace(b"\x05M1065", b"\xffM1065"),
            lambda unit: unit + bytes([1]) * LARGEST,
            lambda _: message(AXIS, 0x30, tlv(9, b"") * 200),
            lambda _: message(AXIS, 0x30, b"\2\xff\xff"),
            lambda _: message(ONVIF, 0, tlv(3, b"x") * 2),
        ],
    )
    def test_what_contradicts_itself_is_counted(self, harm: Callable[[bytes], bytes]) -> None:
        [found] = looked(harm(axis()), axis() if AXIS in harm(axis()) else onvif())
        assert (found["messages"], found["unreadable"]) == (2, 1)

    @settings(max_examples=examples(4_000), deadline=None)
    @given(st.randoms(use_true_random=False), st.sampled_from(["avc1", "hvc1"]))
    def test_damage_anywhere_gives_facts_of_their_form(self, chance: random.Random, codec: str) -> None:
        unit = bytearray(axis() if chance.random() < 0.5 else onvif(head=b"\x4e\1" if codec == "hvc1" else b"\6"))
        for _ in range(chance.randint(1, 6)):
            at = chance.randrange(len(unit))
            unit[at : at + chance.randint(0, 3)] = chance.randbytes(chance.randint(0, 3))
            if not unit:
                break
        looked(bytes(unit), axis(), codec=codec)

    def test_many_keys_and_long_messages_are_bounded(self) -> None:
        [found] = looked(*(axis(key=b"%d" % number) for number in range(100)))
        assert (found["signed"], len(found["keys"])) == (100, 8)
        many = message(ONVIF, 0, tlv(6, b"\1\0" + pem(b"CERTIFICATE", b"c") * 500) + tlv(3, b"\1"))
        assert len(looked(many)[0]["certificates"]) == 1
