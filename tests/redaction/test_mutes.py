from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.budget import examples
from tests.redaction.values import spans

from vestige.redaction.geometry import Span
from vestige.redaction.mutes import CODEC_FRAME, muted_samples, muted_spans
from vestige.redaction.plan import Mute

RATES = st.sampled_from([8000, 16000, 44100, 48000])


def _frames(ranges: tuple[tuple[int, int], ...]) -> set[int]:
    return {frame for start, end in ranges for frame in range(start // CODEC_FRAME, end // CODEC_FRAME)}


@given(st.lists(spans(), max_size=6), RATES, st.integers(-5000, 5000), st.randoms())
@settings(max_examples=examples(300), deadline=None)
def test_silences_are_a_union_of_whole_codec_frames_in_any_order(drawn: list[Span], rate: int, first: int, random: Any) -> None:
    ranges = muted_samples(drawn, rate, first)
    assert all(start % CODEC_FRAME == end % CODEC_FRAME == 0 and 0 <= start < end for start, end in ranges)
    assert all(before[1] < after[0] for before, after in pairwise(ranges))
    each = [_frames(muted_samples([span], rate, first)) for span in drawn]
    assert _frames(ranges) == set().union(*each)
    shuffled = [*drawn, *drawn]
    random.shuffle(shuffled)
    assert muted_samples(shuffled, rate, first) == ranges


@given(spans(), RATES, st.integers(-5000, 5000))
@settings(max_examples=examples(300), deadline=None)
def test_every_sample_of_a_silence_lies_in_a_silent_frame_between_two_silent_frames(span: Span, rate: int, first: int) -> None:
    silent = _frames(muted_samples([span], rate, first))
    start, end = span.from_ms * rate // 1000 - first, -(-span.to_ms * rate // 1000) - first
    for sample in {start, (start + end) // 2, end - 1}:
        if sample >= 0:
            frame = sample // CODEC_FRAME
            assert {frame, frame + 1} <= silent
            assert frame == 0 or frame - 1 in silent


def test_no_more_than_two_frames_are_lost_at_each_end() -> None:
    (start, end), *rest = muted_samples([Span(1000, 2000)], 48000, 0)
    assert rest == []
    assert 48000 - 2 * CODEC_FRAME < start <= 48000 - CODEC_FRAME
    assert 96000 + CODEC_FRAME <= end < 96000 + 2 * CODEC_FRAME + 1


def test_a_silence_before_the_sound_begins_gives_nothing() -> None:
    assert muted_samples([Span(0, 10)], 48000, 48000) == ()


def test_mutes_that_overlap_or_touch_are_one() -> None:
    found = muted_spans([Mute(Span(5, 9), "b6"), Mute(Span(0, 5), "b6"), Mute(Span(7, 12), "b7C"), Mute(Span(20, 21), "b6")])
    assert found == (Span(0, 12), Span(20, 21))
