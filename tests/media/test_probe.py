"""What the probe finds: in real footage, in files made to be awkward, and in damaged ones."""

import io
import os
import random
import struct
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.budget import examples
from tests.media.making import make
from tests.media.worlds import Clip, Kept, plain, sealed, turned

from vestige.custody.accession import Condition, judge
from vestige.errors import MediaFailed
from vestige.media.worker import MediaWorker

Facts = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Real:
    """What a real file is."""

    name: str
    kind: str
    container: str
    playable: bool
    duration_ms: int
    size: tuple[int, int] | None
    groups: tuple[int, int]


FOOTAGE = [
    Real("axis_signed_h264.mp4", "video", "mov", playable=True, duration_ms=9960, size=(480, 640), groups=(5, 5)),
    Real("corrupt_invalid_userdata.mp4", "video", "mov", playable=False, duration_ms=231_337, size=None, groups=(1, 0)),
    Real("corrupt_truncated_no_moov.mp4", "unknown", "", playable=False, duration_ms=0, size=None, groups=(0, 0)),
    Real("dlib_bald_guys.jpg", "image", "jpeg", playable=True, duration_ms=0, size=(1986, 1545), groups=(0, 0)),
    Real("egoblur_gen2_face.mp4", "video", "mov", playable=True, duration_ms=1400, size=(2560, 1920), groups=(1, 1)),
    Real("gopro_karma.mp4", "video", "mov", playable=True, duration_ms=13_013, size=(854, 480), groups=(10, 10)),
    Real("gopro_max-heromode.mp4", "video", "mov", playable=True, duration_ms=10_543, size=(848, 480), groups=(10, 10)),
    Real("hamilton_short.mp4", "video", "mov", playable=True, duration_ms=10_020, size=(640, 360), groups=(6, 6)),
    Real("intel_one-by-one-person.mp4", "video", "mov", playable=True, duration_ms=139_400, size=(768, 432), groups=(10, 10)),
    Real("jfk.wav", "audio", "wav", playable=True, duration_ms=11_000, size=None, groups=(0, 0)),
    Real("librispeech_116-288045-0000.flac", "audio", "flac", playable=True, duration_ms=10_650, size=None, groups=(0, 0)),
    Real("mapillary_sample-5s.mp4", "video", "mov", playable=True, duration_ms=5759, size=(1920, 1080), groups=(1, 1)),
    Real("nasa_13013.mp4", "video", "mov", playable=True, duration_ms=13_056, size=(320, 180), groups=(2, 2)),
    Real("onvif_signed_h264.mp4", "video", "mov", playable=True, duration_ms=9960, size=(480, 640), groups=(5, 5)),
]


def _ask(data: bytes) -> tuple[Facts, Facts]:
    with sealed(data) as source:
        value = MediaWorker().run("accession", {"index_key": "11" * 32}, source).value
    assert isinstance(value["facts"], dict)
    assert isinstance(value["index"], dict)
    return value["facts"], value["index"]


def _ask_or_reason(data: bytes) -> tuple[Facts, Facts] | str:
    """The checked answer, or why there is none: nothing else may come of a hostile file."""
    try:
        return _ask(data)
    except MediaFailed as error:
        return str(error)


def _verdict(facts: Facts, index: Facts) -> str:
    """What the accession's judge makes of it: quarantine, damaged, or fine."""
    verdict = judge(
        Condition(facts["kind"], facts["opens"], "root" in index, facts["groups_sampled"], facts["groups_decoded"], facts["error"])
    )
    return "quarantine" if verdict.quarantine else "damaged" if verdict.damage else "fine"


class TestRealFootage:
    @pytest.mark.parametrize("real", FOOTAGE, ids=[real.name for real in FOOTAGE])
    def test_facts(self, footage: Path, real: Real) -> None:
        facts, index = _ask((footage / real.name).read_bytes())
        assert (facts["kind"], facts["container"], facts["playable"]) == (real.kind, real.container, real.playable)
        assert facts["duration_ms"] == real.duration_ms
        assert (facts["groups_sampled"], facts["groups_decoded"]) == real.groups
        assert _verdict(facts, index) == ("quarantine" if real.name.startswith("corrupt") else "fine")
        if real.size is not None:
            first = next(stream for stream in facts["streams"] if stream["kind"] == "video")
            assert (first["width"], first["height"]) == real.size

    def test_sealed_and_plain_give_the_same(self, footage: Path) -> None:
        data = (footage / "hamilton_short.mp4").read_bytes()
        with plain(data) as source:
            value = MediaWorker().run("accession", {"index_key": "11" * 32}, source).value
        assert _ask(data) == (value["facts"], value["index"])


class TestBareStreams:
    """Annex B, as some exports of cameras are: no container, no times; opened in the locked child like everything else."""

    @pytest.mark.parametrize(("ending", "codec"), [("h264", "libx264"), ("hevc", "libx265")])
    def test_it_opens_and_is_shown_picture_by_picture(self, ending: str, codec: str, tmp_path: Path) -> None:
        data = make(tmp_path / f"bare.{ending}", codec, sound="").read_bytes()
        facts, index = _ask(data)
        assert (facts["kind"], facts["opens"], facts["container"], facts["error"]) == ("video", True, ending, "")
        assert (facts["groups_sampled"], facts["groups_decoded"], facts["streams"][0]["width"]) == (1, 1, 96)
        assert _verdict(facts, index) == "quarantine"  # as anything without a sample table
        with sealed(data) as source:
            pictures = MediaWorker().run("prepare", {}, source).value["blobs"]
            kept = Kept()
            copy = MediaWorker().run("proxy", {}, source, sink=kept).value
        assert isinstance(pictures, list)
        assert [one["kind"] for one in pictures] == ["poster", "thumbnail-1"]
        assert copy["frames"] == 48
        with av.open(io.BytesIO(bytes(kept.data))) as made:
            times = [frame.pts for frame in made.decode(video=0)]
        assert len(set(times)) == 48
        assert times == sorted(times)

    def test_what_is_cut_off_or_spoilt_is_told(self, tmp_path: Path) -> None:
        data = make(tmp_path / "bare.h264", sound="").read_bytes()
        facts, _ = _ask(data[: len(data) // 3] + bytes(200) + os.urandom(len(data) // 3))
        assert facts["groups_decoded"] == 0


class TestKinds:
    """By content, never by name: the child does not even hear the name."""

    @pytest.mark.parametrize(
        ("form", "codec", "mime", "playable"),
        [
            ("mp4", "aac", "audio/mp4", True),
            ("mp3", "libmp3lame", "audio/mpeg", True),
            ("adts", "aac", "audio/aac", True),
            ("ogg", "libopus", "audio/ogg", True),
            ("flac", "flac", "audio/flac", True),
            ("wav", "pcm_s16le", "audio/wav", True),
            ("wav", "adpcm_ima_wav", "audio/wav", False),
            ("matroska", "aac", "audio/x-matroska", False),
        ],
    )
    def test_sound(self, form: str, codec: str, mime: str, *, playable: bool) -> None:
        facts, _ = _ask(_sound(form, codec))
        assert (facts["kind"], facts["mime"], facts["playable"], facts["opens"]) == ("audio", mime, playable, True)
        assert abs(facts["duration_ms"] - 1000) < 150

    def test_a_png(self) -> None:
        facts, _ = _ask(_picture("png", "rgb24"))
        assert (facts["kind"], facts["mime"], facts["playable"]) == ("image", "image/png", True)
        assert facts["streams"] == [{"kind": "video", "codec": "png", "width": 64, "height": 48}]

    @pytest.mark.parametrize("before", [b"", b"\xef\xbb\xbf", b"junk\n" * 20])
    def test_a_document(self, before: bytes) -> None:
        facts, _ = _ask(before + b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n")
        assert (facts["kind"], facts["mime"], facts["playable"], facts["opens"]) == ("document", "application/pdf", True, True)

    @pytest.mark.parametrize("data", [b"", b"x", b"hello, this is a text\n" * 50, bytes(5000), random.Random(3).randbytes(100_000)])
    def test_what_is_nothing(self, data: bytes) -> None:
        facts, index = _ask(data)
        assert (facts["kind"], facts["opens"], facts["playable"]) == ("unknown", False, False)
        assert facts["error"]
        assert index["missing"]

    def test_a_broken_picture_does_not_open(self) -> None:
        facts, index = _ask(b"\xff\xd8\xff\xe0" + bytes(100))
        assert (facts["kind"], facts["opens"], facts["playable"]) == ("image", False, False)
        assert _verdict(facts, index) == "quarantine"

    def test_a_picture_that_is_cut_off_is_damaged(self, footage: Path) -> None:
        data = (footage / "dlib_bald_guys.jpg").read_bytes()
        assert _verdict(*_ask(data + b"a trailer of the camera")) == "fine"
        assert _verdict(*_ask(data[:200_000])) == "damaged"
        png = _picture("png", "rgb24")
        assert _verdict(*_ask(png)) == "fine"
        assert _verdict(*_ask(png[:-12])) in {"damaged", "quarantine"}

    def test_a_cover_picture_makes_no_video(self) -> None:
        facts, _ = _ask(_sound("mp3", "libmp3lame", cover=_picture("png", "rgb24")))
        assert facts["kind"] == "audio"


class TestPlayable:
    @pytest.mark.parametrize(
        ("clip", "playable"),
        [
            (Clip(), True),
            (Clip(sound=None), True),
            (Clip(container="mov"), True),
            (Clip(pixels="yuvj420p"), True),
            (Clip(pixels="yuv422p"), False),
            (Clip(pixels="yuv420p10le"), False),
            (Clip(codec="libx265"), False),
            (Clip(container="matroska"), False),
            (Clip(container="mov", sound="pcm_s16le"), False),
            (Clip(codec="mpeg4", container="avi", sound="libmp3lame"), False),
        ],
        ids=["mp4", "silent", "mov", "full range", "4:2:2", "10 bit", "hevc", "matroska", "pcm", "avi"],
    )
    def test_only_what_browsers_play(self, clip: Clip, *, playable: bool) -> None:
        facts, _ = _ask(clip.data())
        assert facts["kind"] == "video"
        assert facts["playable"] is playable
        assert facts["groups_decoded"] == facts["groups_sampled"] == 5
        assert abs(facts["duration_ms"] - 2000) < 100

    @pytest.mark.parametrize("degrees", [0, 90, 180, 270])
    def test_rotation(self, degrees: int) -> None:
        facts, _ = _ask(turned(Clip().data(), degrees))
        assert facts["streams"][0]["rotation"] == degrees

    def test_fragments_are_played_and_indexed(self) -> None:
        out = io.BytesIO()
        with (
            av.open(io.BytesIO(Clip().data())) as whole,
            av.open(out, "w", format="mp4", options={"movflags": "frag_keyframe+empty_moov"}) as cut,
        ):
            streams = {stream.index: cut.add_stream_from_template(stream) for stream in whole.streams}
            for packet in whole.demux():
                if packet.dts is not None:
                    packet.stream = streams[packet.stream.index]
                    cut.mux(packet)
        facts, index = _ask(out.getvalue())
        assert facts["playable"] is True
        assert facts["groups_sampled"] == facts["groups_decoded"]
        assert index["samples"] > 60


class TestDamage:
    CLIP = Clip(size=(320, 192), frames=240, sound=None)

    def test_a_damaged_group_is_counted(self) -> None:
        data = bytearray(self.CLIP.data())
        for start, length in _samples(bytes(data))[48:60]:  # the fifth of twenty groups; not every one of twenty is sampled
            data[start + 8 : start + length] = random.Random(start).randbytes(length - 8)
        facts, _ = _ask(bytes(data))
        assert facts["groups_sampled"] == 10
        assert facts["groups_decoded"] in {9, 10}

    def test_damage_everywhere_is_seen(self) -> None:
        data = bytearray(self.CLIP.data())
        for start, length in _samples(bytes(data)):
            data[start + 4 : start + length] = random.Random(start).randbytes(length - 4)
        facts, index = _ask(bytes(data))
        assert facts["opens"] is True
        assert facts["groups_decoded"] == 0
        assert _verdict(facts, index) == "quarantine"

    @pytest.mark.parametrize(("groups", "verdict"), [(0, "fine"), (1, "damaged"), (2, "quarantine")])
    def test_one_group_of_ten_is_damage_and_two_are_quarantine(self, groups: int, verdict: str) -> None:
        data = bytearray(Clip(size=(320, 192), frames=120, sound=None).data())
        samples = _samples(bytes(data))
        for group in range(groups):
            for start, length in samples[group * 24 + 12 : group * 24 + 24]:
                data[start + 4 : start + length] = random.Random(start).randbytes(length - 4)
        facts, index = _ask(bytes(data))
        assert (facts["groups_sampled"], facts["groups_decoded"]) == (10, 10 - groups)
        assert _verdict(facts, index) == verdict

    def test_a_file_cut_at_its_end_has_no_index(self) -> None:
        facts, index = _ask(Clip(container="mp4").data()[:-2000])
        assert index["missing"]
        assert _verdict(facts, index) == "quarantine"

    @settings(max_examples=examples(80), deadline=None)
    @given(st.integers(0, 2**32), st.integers(1, 40))
    def test_no_mutation_hurts_the_parent(self, seed: int, changes: int) -> None:
        data, dice = bytearray(_SMALL), random.Random(seed)
        head = data.rindex(b"moov") - 4
        for _ in range(changes):
            data[dice.randrange(head if dice.random() < 0.8 else 0, len(data))] = dice.choice([0, 1, 127, 128, 255, dice.randrange(256)])
        answer = _ask_or_reason(bytes(data))
        assert isinstance(answer, tuple) or answer.isprintable()

    def test_a_picture_of_a_billion_pixels_ends_in_words(self) -> None:
        head = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sIIBBBBB", 13, b"IHDR", 32_000, 32_000, 16, 6, 0, 0, 0) + bytes(4)
        facts, _ = _ask(head + bytes(1000))
        assert facts["opens"] is False


class TestContainerTime:
    def test_is_read(self) -> None:
        facts, _ = _ask(_dated("2026-11-24T02:31:07Z"))
        assert facts["container_time"] == 1_795_487_467_000

    def test_a_clock_that_was_never_set_tells_nothing(self) -> None:
        assert _ask(_dated("1970-01-01T00:00:05Z"))[0]["container_time"] is None
        assert _ask(Clip(frames=5).data())[0]["container_time"] is None


_SMALL = Clip(frames=24).data()


def _samples(data: bytes) -> list[tuple[int, int]]:
    """Where the pictures of an MP4 lie, in decoding order."""
    with av.open(io.BytesIO(data)) as container:
        return [(packet.pos, packet.size) for packet in container.demux(video=0) if packet.pos is not None and packet.size]


def _dated(when: str) -> bytes:
    out = io.BytesIO()
    with av.open(io.BytesIO(_SMALL)) as whole, av.open(out, "w", format="mp4") as copy:
        copy.metadata["creation_time"] = when
        stream = copy.add_stream_from_template(whole.streams.video[0])
        for packet in whole.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                copy.mux(packet)
    return out.getvalue()


def _sound(form: str, codec: str, cover: bytes = b"") -> bytes:
    out = io.BytesIO()
    with av.open(out, "w", format=form) as made:
        stream = made.add_stream(codec, rate=48_000, layout="mono")
        art = made.add_stream("png", rate=1) if cover else None
        if art is not None:
            art.width, art.height, art.pix_fmt = 64, 48, "rgb24"
            art.disposition = av.stream.Disposition.attached_pic
            packet = av.Packet(cover)
            packet.stream, packet.pts, packet.dts, packet.time_base = art, 0, 0, Fraction(1, 1)
            made.mux(packet)
        for number in range(25):
            wave = (np.sin(np.arange(1920) / 9) * 9000).astype(np.int16)[None, :]
            frame = av.AudioFrame.from_ndarray(wave, format="s16", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = 48_000, number * 1920, Fraction(1, 48_000)
            made.mux(stream.encode(frame))
        made.mux(stream.encode(None))
    return out.getvalue()


def _picture(codec: str, pixels: str) -> bytes:
    coder = av.VideoCodecContext.create(codec, "w")
    coder.width, coder.height, coder.pix_fmt, coder.time_base = 64, 48, pixels, Fraction(1, 25)
    frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 99, np.uint8), format="rgb24").reformat(format=pixels)
    frame.pts = 0
    return b"".join(bytes(packet) for packet in [*coder.encode(frame), *coder.encode(None)])
