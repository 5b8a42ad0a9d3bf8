"""The check must be able to fail: each test plants one leak in a copy that passes, and the check refuses it."""

import io
import struct
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import av
import numpy as np
import pytest
from tests.media.redact_worlds import Clip, damaged, make, mask, plan_for, rendered, silent

from vestige.errors import RenderFailed
from vestige.media import redact_film as rendering
from vestige.media.check import check
from vestige.media.redact_sound_copy import CopiedSound
from vestige.redaction.geometry import Box, Picture, Span
from vestige.redaction.masks import Sweep
from vestige.redaction.plan import Mute, Plan

BOX = Box(64, 48, 96, 64)
MUTES = ((300, 500),)


def _plan(source: Any, box: Box = BOX, mutes: tuple[tuple[int, int], ...] = MUTES) -> Plan:
    return plan_for(source, mask(1, (100, 700), box), mutes=mutes)


@pytest.fixture(scope="module")
def whole() -> tuple[bytes, Plan, bytes, dict[str, object]]:
    """A recording, a plan, a copy that passes, and what it is held to."""
    source = make(Clip())
    plan = _plan(source)
    copy, facts = rendered(source, plan)
    return source.getvalue(), plan, copy.getvalue(), facts


Whole = tuple[bytes, Plan, bytes, dict[str, object]]


def _refused(copy: bytes, plan: Plan, facts: dict[str, object], why: str) -> None:
    with pytest.raises(RenderFailed, match=why):
        check(io.BytesIO(copy), plan, facts, silent)


def test_a_good_copy_passes_and_tells_how_good(whole: Whole) -> None:
    _, plan, copy, facts = whole
    checked = check(io.BytesIO(copy), plan, facts, silent)
    assert checked["masked_frames"] == 18
    assert checked["loudest_muted"] == 0
    assert 0 <= int(str(checked["worst_luma"])) <= 16
    assert checked["sound"] is True


def test_one_frame_that_is_not_masked_is_refused(whole: Whole, monkeypatch: pytest.MonkeyPatch) -> None:
    class Forgetful(Sweep):
        def during(self, start_ms: int, end_ms: int) -> tuple[Box, ...]:
            boxes = super().during(start_ms, end_ms)
            return () if start_ms == 400 else boxes

    source, plan, _, _ = whole
    monkeypatch.setattr(rendering, "Sweep", Forgetful)
    copy, facts = rendered(io.BytesIO(source), plan)
    _refused(copy.getvalue(), plan, facts, r"something shows where it is hidden, at 0\.400 s")


@pytest.mark.parametrize("shift", [(32, 0), (-32, 0), (0, 32), (16, 0), (0, -16)])
def test_a_box_in_the_wrong_place_is_refused(whole: Whole, shift: tuple[int, int]) -> None:
    source, plan, _, _ = whole
    moved = _plan(io.BytesIO(source), Box(BOX.x + shift[0], BOX.y + shift[1], BOX.w, BOX.h))
    copy, facts = rendered(io.BytesIO(source), moved)
    _refused(copy.getvalue(), plan, facts, "something shows")


def test_a_mask_that_begins_a_frame_late_is_refused(whole: Whole) -> None:
    source, plan, _, _ = whole
    late = replace(plan, masks=(mask(1, (134, 700), BOX),))
    copy, facts = rendered(io.BytesIO(source), late)
    _refused(copy.getvalue(), plan, facts, "something shows")


def test_a_silence_left_audible_is_refused(whole: Whole) -> None:
    source, plan, _, _ = whole
    copy, facts = rendered(io.BytesIO(source), replace(plan, mutes=()))
    _refused(copy.getvalue(), plan, facts, "sound where none may be")
    shorter = replace(plan, mutes=(Mute(Span(300, 400), "b6"),))
    copy, facts = rendered(io.BytesIO(source), shorter)
    _refused(copy.getvalue(), plan, facts, "sound where none may be")


def _remuxed(copy: bytes, change: Callable[[Any, Any], None], **options: str) -> bytes:
    """The copy's own packets in a new file, changed by `change(container, streams)` before the first is written."""
    made = io.BytesIO()
    with av.open(io.BytesIO(copy)) as old, av.open(made, "w", format="mp4", options={"fflags": "bitexact", **options}) as new:
        streams = {stream.index: new.add_stream_from_template(stream) for stream in old.streams}
        change(new, streams)
        for packet in old.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream.index]
                new.mux(packet)
    return made.getvalue()


def _second_sound(new: Any, streams: Any) -> None:
    extra = new.add_stream("aac", rate=44100, layout="mono")
    new.start_encoding()
    frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
    frame.sample_rate, frame.pts, frame.time_base = 44100, 0, Fraction(1, 44100)
    new.mux([*extra.encode(frame), *extra.encode(None)])
    assert len(streams) == 2


def test_a_second_sound_is_refused(whole: Whole) -> None:
    _, plan, copy, facts = whole
    _refused(_remuxed(copy, _second_sound, movie_timescale="15360"), plan, facts, "its tracks are")


def test_a_title_is_refused(whole: Whole) -> None:
    _, plan, copy, facts = whole
    _refused(_remuxed(copy, lambda new, _: new.metadata.update({"title": "x"})), plan, facts, "there is user data")


def test_a_time_of_making_is_refused(whole: Whole) -> None:
    _, plan, copy, facts = whole
    changed = _remuxed(copy, lambda new, _: new.metadata.update({"creation_time": "2024-01-02T03:04:05Z"}))
    _refused(changed, plan, facts, "when the file was made")


def test_a_name_of_a_track_is_refused(whole: Whole) -> None:
    _, plan, copy, facts = whole
    _refused(copy.replace(b"VideoHandler", b"Video of Ann"), plan, facts, "a name of its own")


def test_chapters_are_refused(whole: Whole) -> None:
    _, plan, copy, facts = whole

    def change(new: Any, _: Any) -> None:
        new.set_chapters([{"id": 1, "start": 0, "end": 500, "time_base": Fraction(1, 1000), "metadata": {"title": "Ann"}}])

    _refused(_remuxed(copy, change), plan, facts, "more than picture and sound")


@pytest.mark.parametrize("kind", [b"uuid", b"udta", b"free", b"meta", b"skip", b"mdat", b"XMP_"])
def test_a_box_at_the_end_is_refused(whole: Whole, kind: bytes) -> None:
    _, plan, copy, facts = whole
    _refused(copy + struct.pack(">I4s", 12, kind) + b"leak", plan, facts, "more than picture and sound")


def test_bytes_after_the_last_box_are_refused(whole: Whole) -> None:
    _, plan, copy, facts = whole
    _refused(copy + b"leak", plan, facts, "cut off")


def test_bytes_of_media_that_no_sample_owns_are_refused(whole: Whole) -> None:
    _, plan, copy, facts = whole
    at = copy.index(b"mdat") + 4  # a large box: its size stands behind its type
    (size,) = struct.unpack(">Q", copy[at : at + 8])
    moov = copy.index(b"moov") - 4
    assert at - 8 + size == moov
    padded = copy[:at] + struct.pack(">Q", size + 4) + copy[at + 8 : moov] + b"leak" + copy[moov:]
    _refused(padded, plan, facts, "4 bytes of media belong to no sample")


def test_notes_inside_the_picture_are_refused(whole: Whole, monkeypatch: pytest.MonkeyPatch) -> None:
    source, plan, _, _ = whole
    monkeypatch.setattr(rendering, "_SLICES", frozenset({1, 5, 6}))
    copy, facts = rendered(io.BytesIO(source), plan)
    _refused(copy.getvalue(), plan, facts, "a unit of type 6")


def test_a_note_inside_the_sound_is_refused(whole: Whole, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CopiedSound, "_sample", CopiedSound._bytes)
    source, plan, _, _ = whole
    assert b"Lavc" in source
    copy, facts = rendered(io.BytesIO(source), replace(plan, mutes=()))
    _refused(copy.getvalue(), replace(plan, mutes=()), facts, "more than sound")


def test_samples_that_no_player_is_given_are_refused(whole: Whole) -> None:
    _, plan, copy, facts = whole
    at = copy.rindex(b"elst") + 8  # the sound's edit list: one edit, its length first
    (length,) = struct.unpack(">Q", copy[at + 4 : at + 12])
    shorter = copy[: at + 4] + struct.pack(">Q", length // 2) + copy[at + 12 :]
    _refused(shorter, plan, facts, "a decoder is not given")


def test_a_frame_too_few_and_a_frame_at_another_time_are_refused(whole: Whole) -> None:
    _, plan, copy, facts = whole
    _refused(copy, replace(plan, frames=31), {**facts, "frames": 31}, "30 frames, not 31")
    _refused(copy, plan, {**facts, "times_sha256": "0" * 64}, "another time")
    _refused(copy, plan, {**facts, "duration_ms": 1200}, "the picture ends")
    _refused(copy, plan, {**facts, "audio_ms": 2000}, "the sound ends")


def test_another_size_and_another_rotation_are_refused(whole: Whole) -> None:
    _, plan, copy, facts = whole
    _refused(copy, plan, {**facts, "width": 322}, "its picture is")
    _refused(copy, replace(plan, picture=Picture(320, 180, 90)), facts, "its picture is")


def test_a_sound_that_should_not_be_there_is_refused(whole: Whole) -> None:
    _, plan, copy, facts = whole
    _refused(copy, plan, {**facts, "audio_ms": 0}, "its tracks are avc1, mp4a, not avc1")


@pytest.mark.parametrize(("kind", "number"), [("video", 0), ("video", 9), ("video", 29), ("audio", 5)])
def test_a_copy_that_is_damaged_is_refused(whole: Whole, kind: str, number: int) -> None:
    _, plan, copy, facts = whole
    _refused(damaged(io.BytesIO(copy), kind, number).getvalue(), plan, facts, "does not decode whole|failed its check")


def test_what_is_no_copy_at_all_is_refused(whole: Whole) -> None:
    source, plan, copy, facts = whole
    for data in (b"", b"leak", copy[: len(copy) // 2], source):
        with pytest.raises(RenderFailed):
            check(io.BytesIO(data), plan, facts, silent)
