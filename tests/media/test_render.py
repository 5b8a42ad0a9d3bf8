import io
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from tests.media.redact_worlds import Clip, damaged, make, mask, pictures, plan_for, rendered, samples, silent, times

from vestige.errors import RenderFailed
from vestige.media.check import check
from vestige.media.redact_picture import look_of, plane_of
from vestige.media.worker import MediaWorker, SourceFile
from vestige.redaction.geometry import Box

EVERYWHERE = (0, 400)
CLIPS = {
    "plain": Clip(),
    "uneven rhythm": Clip(base=Fraction(1, 90000), rhythm=lambda number: number * 3000 + (number % 4) * 700),
    "late start": Clip(rhythm=lambda number: number + 25),
    "odd sides": Clip(width=321, height=181, pixels="yuv444p"),
    "full range": Clip(pixels="yuvj420p"),
    "ten bits": Clip(pixels="yuv420p10le"),
    "4:2:2": Clip(pixels="yuv422p"),
    "hevc": Clip(codec="libx265", options=(("x265-params", "log-level=none"), ("preset", "ultrafast"))),
    "b-frames": Clip(options=(("bf", "3"), ("g", "12"))),
    "turned": Clip(rotation=90),
    "matroska": Clip(container="matroska", base=Fraction(1, 1000), rhythm=lambda number: number * 33, sound="flac", layout="mono"),
    "no sound": Clip(sound=""),
}  # fmt: skip


@pytest.mark.parametrize("clip", CLIPS.values(), ids=CLIPS.keys())
def test_what_is_hidden_is_black_and_every_frame_keeps_its_time(clip: Clip) -> None:
    source = make(clip)
    box, corner = Box(50, 40, 70, 50), Box(clip.width - 20, clip.height - 20, 20, 20)
    plan = plan_for(source, mask(1, EVERYWHERE, box), mask(2, (300, 900), corner))
    copy, facts = rendered(source, plan)
    assert times(copy) == times(source)
    shown = pictures(copy)
    assert (shown[0].width, shown[0].height) == (clip.width + clip.width % 2, clip.height + clip.height % 2)
    assert -shown[0].rotation % 360 == clip.rotation
    look = look_of(shown[0])
    first = next(frame for frame in shown if frame.time is not None and frame.time * 1000 + 40 > 0)
    if float(first.time or 0) < 0.4:
        aligned = box.aligned(clip.width, clip.height)
        luma = plane_of(first, 0).astype(int)
        assert abs(luma[aligned.y : aligned.bottom, aligned.x : aligned.right] - look.black).max() <= 16
        assert luma[:32].mean() > 60
    checked = check(copy, plan, facts, silent)
    assert checked["frames"] == clip.frames
    assert checked["sound"] == bool(clip.sound)


def test_the_visible_part_looks_like_the_original() -> None:
    source = make(Clip(frames=6))
    copy, _ = rendered(source, plan_for(source, mask(1, (0, 100), Box(0, 0, 16, 16))))
    for before, after in zip(pictures(source), pictures(copy), strict=True):
        difference = plane_of(before, 0).astype(int)[32:] - plane_of(after, 0).astype(int)[32:]
        assert abs(difference).mean() < 8


def test_painting_one_frame_does_not_touch_the_next() -> None:
    """Decoded frames are references for later ones: painted in place, the box would come back in frames that hide nothing."""
    source = make(Clip(frames=30, options=(("g", "30"), ("bf", "2"))))
    copy, _ = rendered(source, plan_for(source, mask(1, (0, 300), Box(64, 64, 96, 64))))
    before, after = pictures(source)[-1], pictures(copy)[-1]
    difference = plane_of(before, 0).astype(int)[64:128, 64:160] - plane_of(after, 0).astype(int)[64:128, 64:160]
    assert abs(difference).mean() < 8


def test_an_asked_silence_is_silent_and_the_sound_around_it_is_not() -> None:
    source = make(Clip(frames=60))
    copy, _ = rendered(source, plan_for(source, mutes=((600, 900), (850, 1000))))
    heard, start = samples(copy)

    def loud(since: float, until: float) -> float:
        low, high = (int((at - float(start)) * 44100) for at in (since, until))
        return float(np.abs(heard[:, low:high]).max())

    assert loud(0.6, 1.0) < 1e-4
    assert loud(0.1, 0.55) > 0.3
    assert loud(1.05, 1.9) > 0.3


def test_sound_stays_in_step_with_the_picture() -> None:
    """A click at a known moment is heard at that moment in the copy, to 2 ms."""
    source = make(Clip(frames=30))
    before, began = samples(source)
    plan = plan_for(source, mutes=((300, 500),))
    copy, _ = rendered(source, plan)
    after, begins = samples(copy)
    old, new = before[0, int((0.1 - float(began)) * 44100) :][:4410], after[0, int((0.1 - float(begins)) * 44100) :][:4410]
    lag = int(np.argmax(np.correlate(new, old, "full"))) - (len(old) - 1)
    assert min(lag % 100, -lag % 100) <= 2  # the tone of 440 Hz repeats after about 100 samples
    edge = int((0.28 - float(begins)) * 44100) - int(0.28 * 44100)
    assert abs(edge) < 88


def test_nothing_else_of_the_original_comes_out() -> None:
    source = make(Clip())
    copy, _ = rendered(source, plan_for(source, mask(1, EVERYWHERE, Box(0, 0, 64, 64))))
    data = copy.getvalue()
    for word in (b"Dupont", b"kitchen", b"48.8566", b"x264", b"Lav", b"options"):
        assert word not in data


def test_of_several_pictures_and_sounds_the_first_come_out(footage: Path) -> None:
    with (footage / "nasa_13013.mp4").open("rb") as source:
        plan = plan_for(source, mask(1, (1000, 2000), Box(0, 0, 64, 64)))
        copy, facts = rendered(source, plan)
        wanted = times(source)
    check(copy, plan, facts, silent)
    copy.seek(0)
    with av.open(copy) as container:
        assert [stream.type for stream in container.streams] == ["video", "audio"]
    assert times(copy) == wanted
    assert b"subtitle" not in copy.getvalue().lower()


@pytest.mark.parametrize("name", ["gopro_karma.mp4", "egoblur_gen2_lp.mp4", "intel_car-detection.mp4"])
def test_telemetry_and_private_words_of_real_cameras_stay_behind(footage: Path, name: str) -> None:
    with (footage / name).open("rb") as source:
        plan = plan_for(source, mask(1, (0, 900), Box(64, 64, 128, 128)), mutes=((200, 700),))
        copy, facts = rendered(source, plan)
    checked = check(copy, plan, facts, silent)
    assert checked["loudest_muted"] == 0
    data = copy.getvalue()
    for word in (b"GoPro", b"GPS", b"DEVC", b"Mainconcept", b"7465396486291"):
        assert word not in data


def test_a_damaged_recording_gives_no_copy() -> None:
    source = make(Clip())
    plan = plan_for(source, mask(1, EVERYWHERE, Box(0, 0, 64, 64)))
    for kind, number in (("video", 0), ("video", 15), ("video", 29), ("audio", 10)):
        with pytest.raises(RenderFailed, match="no copy was kept"):
            rendered(damaged(source, kind, number), plan)
    with pytest.raises(RenderFailed, match="no copy was kept"):
        rendered(io.BytesIO(source.getvalue()[:-2000]), plan)


def test_a_plan_for_another_recording_gives_no_copy() -> None:
    plan = plan_for(make(Clip(frames=20)), mask(1, EVERYWHERE, Box(0, 0, 64, 64)))
    with pytest.raises(RenderFailed, match="made for 20 frames"):
        rendered(make(Clip(frames=30)), plan)
    with pytest.raises(RenderFailed, match="another picture"):
        rendered(make(Clip(frames=20, width=640)), plan)
    with pytest.raises(RenderFailed, match="another picture"):
        rendered(make(Clip(frames=20, rotation=180)), plan)


class _Memory:
    """Takes what the child writes."""

    def __init__(self) -> None:
        self.data = bytearray()

    def write(self, data: bytes, /) -> int:
        self.data += data
        return len(data)

    def patch(self, offset: int, data: bytes, /) -> None:
        self.data[offset : offset + len(data)] = data


def test_the_tasks_render_and_check_from_inside_the_locked_child(tmp_path: Path) -> None:
    source, copy = tmp_path / "source.mp4", tmp_path / "copy.mp4"
    source.write_bytes(make(Clip()).getvalue())
    with source.open("rb") as file:
        plan = plan_for(file, mask(1, EVERYWHERE, Box(0, 0, 64, 64)), mutes=((0, 300),))
        sink = _Memory()
        facts = MediaWorker().run("render", {"plan": plan.to_json(), "index": None}, SourceFile(file.fileno(), None), sink=sink).value
        copy.write_bytes(sink.data)
        direct, _ = rendered(file, plan)
    assert times(io.BytesIO(sink.data)) == times(direct)
    with copy.open("rb") as file:
        checked = MediaWorker().run("check", {"plan": plan.to_json(), "expected": facts}, SourceFile(file.fileno(), None)).value
    assert checked["masked_frames"] == 12
    other = plan_for(io.BytesIO(source.read_bytes()), mask(1, EVERYWHERE, Box(96, 96, 64, 64)))
    with copy.open("rb") as file, pytest.raises(RenderFailed, match="something shows"):
        MediaWorker().run("check", {"plan": other.to_json(), "expected": facts}, SourceFile(file.fileno(), None))
