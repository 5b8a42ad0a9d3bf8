"""Posters, thumbnails and proxies: made in the child, from footage that stays sealed."""

import io
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from tests.media.worlds import Bounded, Clip, opened, plain, sealed, turned

from vestige.errors import MediaFailed
from vestige.media.worker import Answer, MediaWorker

Stills = dict[str, tuple[dict[str, Any], "np.ndarray[Any, Any]"]]


def _stills(answer: Answer) -> Stills:
    listed = answer.value["blobs"]
    assert isinstance(listed, list)
    return {facts["kind"]: (facts, _pixels(data)) for facts, data in zip(listed, answer.blobs, strict=True)}


def _pixels(jpeg: bytes) -> "np.ndarray[Any, Any]":
    with av.open(io.BytesIO(jpeg)) as container:
        return next(container.decode(video=0)).to_ndarray(format="rgb24")


def _prepare(data: bytes) -> Stills:
    with sealed(data) as source:
        return _stills(MediaWorker().run("prepare", {}, source))


class TestStills:
    def test_a_video_gets_a_poster_and_a_thumbnail_a_key_frame(self) -> None:
        stills = _prepare(Clip(size=(1280, 720), frames=60).data())
        assert list(stills) == ["poster", *(f"thumbnail-{n}" for n in range(1, 6))]
        assert stills["poster"][1].shape == (540, 960, 3)
        assert {pixels.shape for kind, (_, pixels) in stills.items() if kind != "poster"} == {(180, 320, 3)}
        assert [facts["at_ms"] for kind, (facts, _) in stills.items() if kind != "poster"] == [0, 400, 800, 1200, 1600]
        for facts, pixels in stills.values():
            assert (facts["height"], facts["width"]) == pixels.shape[:2]

    def test_never_more_than_ten_thumbnails_spread_over_the_whole(self) -> None:
        stills = _prepare(Clip(frames=400, sound=None).data())
        times = [facts["at_ms"] for kind, (facts, _) in stills.items() if kind != "poster"]
        assert len(times) == 10
        assert times[0] == 0
        assert isinstance(times[-1], int)
        assert times[-1] > 11_000

    def test_small_pictures_are_not_blown_up(self) -> None:
        assert _prepare(Clip(size=(160, 96), frames=2).data())["poster"][1].shape == (96, 160, 3)

    @pytest.mark.parametrize(("degrees", "shape", "white"), [(90, (160, 96), "top"), (180, (96, 160), "right"), (270, (160, 96), "bottom")])
    def test_stills_are_upright(self, degrees: int, shape: tuple[int, int], white: str) -> None:
        _, pixels = _prepare(turned(Clip().data(), degrees))["poster"]
        assert pixels.shape[:2] == shape
        assert _bright(pixels) == white

    def test_ten_bits_and_matroska_are_read_too(self) -> None:
        stills = _prepare(Clip(codec="libx265", pixels="yuv420p10le", container="matroska", sound=None).data())
        assert _bright(stills["poster"][1]) == "left"
        assert len(stills) > 3

    def test_a_picture_gets_both(self, footage: Path) -> None:
        with opened(footage / "dlib_bald_guys.jpg") as source:
            stills = _stills(MediaWorker().run("prepare", {}, source))
        assert list(stills) == ["poster", "thumbnail-1"]
        assert stills["poster"][1].shape[1] == 960

    @pytest.mark.parametrize("name", ["jfk.wav", "librispeech_116-288045-0000.flac"])
    def test_sound_has_none(self, footage: Path, name: str) -> None:
        with opened(footage / name) as source:
            assert MediaWorker().run("prepare", {}, source).blobs == []

    def test_a_document_has_none(self) -> None:
        with plain(b"%PDF-1.7\n%%EOF\n") as source:
            assert MediaWorker().run("prepare", {}, source).value == {"blobs": []}

    @pytest.mark.parametrize("name", ["corrupt_invalid_userdata.mp4", "corrupt_truncated_no_moov.mp4"])
    def test_what_does_not_decode_is_told(self, footage: Path, name: str) -> None:
        with opened(footage / name) as source, pytest.raises(MediaFailed, match=r"no picture of it decodes|no decoder opens it"):
            MediaWorker().run("prepare", {}, source)


class TestProxy:
    @pytest.mark.parametrize(
        "clip",
        [
            Clip(codec="libx265", pixels="yuv420p10le", container="matroska", sound="libopus"),
            Clip(codec="libx265", pixels="yuv420p", container="mp4"),
            Clip(codec="libx264", pixels="yuv422p", container="matroska", sound="pcm_s16le"),
            Clip(codec="mpeg4", container="avi", sound="libmp3lame"),
        ],
        ids=["hevc 10 bit mkv", "hevc mp4", "h264 4:2:2 mkv", "mpeg4 avi"],
    )
    def test_what_browsers_cannot_play_becomes_what_they_can(self, clip: Clip) -> None:
        sink = Bounded()
        with sealed(clip.data()) as source:
            answer = MediaWorker().run("proxy", {}, source, sink=sink)
        facts = _facts(bytes(sink.data))
        assert facts["playable"] is True
        assert facts["mime"] == "video/mp4"
        assert [stream["codec"] for stream in facts["streams"]] == ["h264", "aac"]
        assert abs(facts["duration_ms"] - 2000) <= 60
        assert answer.value["frames"] == 60
        assert (answer.value["width"], answer.value["height"]) == (160, 96)
        with av.open(io.BytesIO(bytes(sink.data))) as made:
            frames = list(made.decode(video=0))
        assert len(frames) == 60
        assert _bright(frames[30].to_ndarray(format="rgb24")) == "left"

    def test_sound_stays_with_the_picture(self) -> None:
        sink = Bounded()
        with sealed(Clip(codec="libx265", sound="libopus", container="matroska").data()) as source:
            MediaWorker().run("proxy", {}, source, sink=sink)
        with av.open(io.BytesIO(bytes(sink.data))) as made:
            heard = np.concatenate([frame.to_ndarray()[0] for frame in made.decode(audio=0)])
        assert abs(len(heard) / 48_000 - 2.0) < 0.06
        assert 0.3 < np.sqrt(np.mean(heard[4800:-4800] ** 2)) < 0.4  # a tone of amplitude one half

    def test_it_is_at_most_720_lines_and_upright(self) -> None:
        sink = Bounded()
        with sealed(turned(Clip(size=(1920, 1080), frames=5).data(), 90)) as source:
            answer = MediaWorker().run("proxy", {}, source, sink=sink)
        assert (answer.value["width"], answer.value["height"]) == (720, 1280)
        with av.open(io.BytesIO(bytes(sink.data))) as made:
            frame = next(made.decode(video=0))
        assert frame.rotation == 0
        assert _bright(frame.to_ndarray(format="rgb24")) == "top"

    def test_nothing_but_picture_and_sound_is_kept(self, footage: Path) -> None:
        sink = Bounded()
        with opened(footage / "gopro_karma.mp4") as source:
            MediaWorker().run("proxy", {}, source, sink=sink)
        with av.open(io.BytesIO(bytes(sink.data))) as made:
            assert [stream.type for stream in made.streams] == ["video", "audio"]
            assert "creation_time" not in made.metadata
            assert "firmware" not in made.metadata
        assert b"GoPro" not in sink.data

    def test_a_picture_that_begins_late_begins_late(self, footage: Path) -> None:
        sink = Bounded()
        with opened(footage / "hamilton_short.mp4") as source, av.open(str(footage / "hamilton_short.mp4")) as original:
            MediaWorker().run("proxy", {}, source, sink=sink)
            first = next(original.decode(video=0))
            assert first.time is not None
            late = first.time - original.start_time / 1_000_000
        with av.open(io.BytesIO(bytes(sink.data))) as made:
            assert made.duration == pytest.approx(10_020_000, abs=40_000)
            assert next(made.decode(video=0)).time == pytest.approx(late, abs=0.001)

    def test_sound_alone_becomes_aac(self, footage: Path) -> None:
        sink = Bounded()
        with opened(footage / "jfk.wav") as source:
            answer = MediaWorker().run("proxy", {}, source, sink=sink)
        assert answer.value == {"width": 0, "height": 0, "duration_ms": 11_000, "frames": 0}
        assert _facts(bytes(sink.data))["mime"] == "audio/mp4"

    @pytest.mark.parametrize("name", ["corrupt_invalid_userdata.mp4", "corrupt_truncated_no_moov.mp4", "README.md"])
    def test_what_does_not_decode_has_none(self, footage: Path, name: str) -> None:
        with opened(footage / name) as source, pytest.raises(MediaFailed):
            MediaWorker().run("proxy", {}, source, sink=Bounded())


def _facts(data: bytes) -> dict[str, Any]:
    with plain(data) as source:
        facts = MediaWorker().run("accession", {"index_key": "00" * 32}, source).value["facts"]
    assert isinstance(facts, dict)
    return facts


def _bright(pixels: "np.ndarray[Any, Any]") -> str:
    """Which half of a picture is the white one."""
    gray = pixels.mean(axis=2)
    height, width = gray.shape
    halves = {"top": gray[: height // 2], "bottom": gray[height // 2 :], "left": gray[:, : width // 2], "right": gray[:, width // 2 :]}
    side, half = max(halves.items(), key=lambda each: each[1].mean())
    assert half.mean() > 180
    return side
