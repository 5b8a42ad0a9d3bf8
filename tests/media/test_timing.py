"""The map of bytes to seconds against a mapping sample by sample, on files of every layout."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.budget import examples
from tests.media.making import make
from tests.media.worlds import opened

from vestige.custody.media_index import StreamHeader
from vestige.errors import MediaFailed
from vestige.evidence.timemap import TimeMap
from vestige.media.containers.index import tracks_of
from vestige.media.containers.tables import NoSampleTable, Run, Track
from vestige.media.containers.timing import PIECE_MS, time_map
from vestige.media.worker import MediaWorker

Spans = list[tuple[int, int]]
MADE = {
    "plain.mp4": {},
    "moov_first.mp4": {"options": {"movflags": "faststart"}},
    "fragments.mp4": {"options": {"movflags": "frag_keyframe+empty_moov+default_base_moof"}},
    "every_frame.mp4": {"options": {"movflags": "frag_every_frame+empty_moov+default_base_moof"}},
    "half_fragmented.mp4": {"options": {"movflags": "frag_keyframe"}},
    "quicktime.mov": {"sound": "pcm_s16le"},
    "plain.mkv": {},
    "live.mkv": {"options": {"live": "1"}},
    "silent.mp4": {"sound": ""},
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, list[Track], TimeMap]]:
    folder, found = tmp_path_factory.mktemp("timed"), {}
    for name, how in MADE.items():
        path = make(folder / name, **{"frames": 96, **how})  # type: ignore[arg-type]
        with path.open("rb") as source:
            tracks = tracks_of(source, path.stat().st_size)
        found[name] = path, tracks, time_map(tracks, path.stat().st_size)
    return found


def by_hand(track: Track, spans: Spans) -> Fraction:
    """Milliseconds, sample by sample: from its time to the next one's, by the part of its bytes that left; instants counted once."""
    run = track.samples
    rows = sorted(zip(run.pts.tolist(), run.offsets.tolist(), run.sizes.tolist(), run.durations.tolist(), strict=True), key=lambda r: r[0])
    total = Fraction(0)
    for number, (pts, offset, size, duration) in enumerate(rows):
        lasts = rows[number + 1][0] - pts if number + 1 < len(rows) else duration or pts - rows[number - 1][0]
        left = sum(max(0, min(end, offset + size) - max(start, offset)) for start, end in spans)
        total += Fraction(lasts * left, size or 1)
    return total * 1000 / track.header.timescale


def picture(tracks: list[Track]) -> Track:
    return next(track for track in tracks if track.header.kind == "video")


@pytest.mark.parametrize("name", MADE)
@settings(max_examples=examples(400), deadline=None)
@given(cuts=st.lists(st.floats(0, 1), min_size=2, max_size=8, unique=True))
def test_it_maps_as_sample_by_sample(made: dict[str, tuple[Path, list[Track], TimeMap]], name: str, cuts: list[float]) -> None:
    """Only the two ends of a span may differ, each by less than the piece in which it lies."""
    path, tracks, found = made[name]
    places = sorted(round(cut * path.stat().st_size) for cut in cuts)
    spans = [(a, b) for a, b in zip(places[::2], places[1::2], strict=False) if a < b]
    bound = 2 * len(spans) * (PIECE_MS + 1000 / 24) + 1
    assert abs(found.served_ms(spans) - by_hand(picture(tracks), spans)) <= bound


@pytest.mark.parametrize("name", MADE)
def test_the_whole_file_is_all_of_its_seconds(made: dict[str, tuple[Path, list[Track], TimeMap]], name: str) -> None:
    path, tracks, found = made[name]
    whole = [(0, path.stat().st_size)]
    assert found.served_ms(whole) == found.duration_ms
    assert abs(found.duration_ms - by_hand(picture(tracks), whole)) <= 1
    assert abs(found.duration_ms - 4000) <= 50


@pytest.mark.parametrize("name", ["plain.mp4", "moov_first.mp4"])
def test_tables_hold_no_time(made: dict[str, tuple[Path, list[Track], TimeMap]], name: str) -> None:
    path, _, found = made[name]
    data = path.read_bytes()
    at = data.index(b"moov") - 4
    assert found.served_ms([(at, at + int.from_bytes(data[at : at + 4], "big"))]) == 0


def test_bytes_far_from_any_sample_hold_no_time() -> None:
    """Two samples with a mebibyte of something else between them: no piece spans it."""
    run = _run(offsets=[0, 1 << 20], sizes=[100, 100], pts=[0, 100])
    assert time_map([run], 2 << 20).served_ms([(100, 1 << 20)]) == 0


@settings(max_examples=examples(2000), deadline=None)
@given(st.data())
def test_samples_in_any_order_of_place_and_time(data: st.DataObject) -> None:
    """Pieces are whole samples: over all bytes of any samples that share a piece with no other, nothing differs but rounding."""
    count = data.draw(st.integers(1, 30))
    sizes = data.draw(st.lists(st.integers(1, 200_000), min_size=count, max_size=count))
    order = data.draw(st.permutations(range(count)))
    times = data.draw(st.lists(st.integers(-500, 5_000), min_size=count, max_size=count, unique=True))
    offsets, at = [0] * count, 0
    for number in order:
        offsets[number] = at
        at += sizes[number] + data.draw(st.integers(0, 100_000))
    track = _run(offsets, sizes, times)
    found = time_map([track], at)
    assert abs(found.served_ms([(0, at)]) - by_hand(track, [(0, at)])) <= 1
    cut = data.draw(st.integers(0, at))
    longest = PIECE_MS + max(np.diff(sorted(times)), default=0) + 100
    assert abs(found.served_ms([(0, cut)]) - by_hand(track, [(0, cut)])) <= longest + 1


def test_samples_that_share_bytes_make_no_pieces_that_do() -> None:
    track = _run(offsets=[0, 50, 60, 400], sizes=[100, 400, 10, 300], pts=[0, 1000, 2000, 3000])
    assert time_map([track], 1000).served_ms([(0, 1000)]) == by_hand(track, [(0, 1000)])


def test_sound_stands_in_where_there_is_no_picture() -> None:
    found = time_map([_run([0], [10], [0], kind="other"), _run([10, 20], [10, 10], [0, 500], kind="audio")], 30)
    assert found.duration_ms == 600
    assert found.served_ms([(0, 10)]) == 0


@pytest.mark.parametrize(
    "tracks", [[], [("other", 1000, [0])], [("video", 0, [0])], [("video", 1, [0, 2**52])], [("video", 1, [-(2**53) + 1, 2**53 - 1])]]
)
def test_times_that_make_no_sense_have_no_map(tracks: list[tuple[str, int, list[int]]]) -> None:
    made = [_run([10 * n for n in range(len(pts))], [10] * len(pts), pts, kind=kind, scale=scale) for kind, scale, pts in tracks]
    with pytest.raises(NoSampleTable):
        time_map(made, 1000)


def test_the_child_makes_it_behind_its_locks(made: dict[str, tuple[Path, list[Track], TimeMap]]) -> None:
    path, _, here = made["plain.mp4"]
    with opened(path) as source:
        answer = MediaWorker().run("timemap", {}, source)
    assert answer.blobs == [here.to_bytes()]
    assert answer.locks


def test_the_child_says_why_there_is_none(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"RIFF" + bytes(100))
    with opened(tmp_path / "a.wav") as source, pytest.raises(MediaFailed, match="neither MP4 nor Matroska"):
        MediaWorker().run("timemap", {}, source)


def _run(offsets: list[int], sizes: list[int], pts: list[int], *, kind: str = "video", scale: int = 1000) -> Track:
    def column(values: list[int]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        return np.array(values, np.int64)

    times = column(pts)
    run = Run(0, column(offsets), column(sizes), times, times, column([100] * len(pts)), np.ones(len(pts), np.bool_))
    header = StreamHeader(
        stream=0, kind=kind, codec="avc1", extradata="", width=0, height=0, aspect=(1, 1), timescale=scale
    )  # fmt: skip
    return Track(header, 0, run)
