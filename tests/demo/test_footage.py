"""The demonstration's footage is footage: it moves, it sounds, it is dated, and the broken file is broken."""

from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import av
import numpy as np
import pytest
from demo.camera import FRAME_HEIGHT, FRAME_WIDTH, RATE, Take, film
from demo.people import Sprite
from demo.scenes import HEIGHT, WIDTH, Scene, Standing
from demo.sound import RATE as SOUND_RATE
from demo.sound import Line, make_track

from demo import card

BEGINS = datetime(2026, 11, 23, 14, 2, 11, tzinfo=UTC)


@pytest.fixture(scope="module")
def scene() -> Scene:
    """A place of noise with one grey figure in it: nothing that has to be fetched."""
    draw = np.random.default_rng(1)
    place = draw.integers(40, 200, (HEIGHT // 8, WIDTH // 8, 3), np.uint8).repeat(8, 0).repeat(8, 1)
    figure = Sprite(np.full((300, 160, 3), 250, np.int32), np.full((300, 160), 256, np.int32))
    return Scene(place, (Standing(figure, 1000, 450, 30),), np.zeros((HEIGHT - 760, WIDTH, 3), np.uint8), 760)


def _luma(frame: av.VideoFrame) -> np.ndarray:
    plane = frame.planes[0]
    return np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)[:, : plane.width].copy()


class TestPicture:
    def test_frames_are_of_the_camera_s_size_and_move(self, scene: Scene) -> None:
        frames = list(film(scene, Take("VESTIGE DEMO VB-1041", BEGINS, 0.2, seed=3)))
        assert [(frame.width, frame.height, frame.format.name) for frame in frames] == [(FRAME_WIDTH, FRAME_HEIGHT, "yuv420p")] * 6
        first, last = _luma(frames[0]).astype(int), _luma(frames[-1]).astype(int)
        assert np.abs(first - last).mean() > 3

    def test_the_same_take_is_the_same_film(self, scene: Scene) -> None:
        take = Take("VESTIGE DEMO VB-1041", BEGINS, 0.1, seed=3)
        one, two = (next(film(scene, take)) for _ in range(2))
        assert np.array_equal(_luma(one), _luma(two))

    def test_the_line_of_text_stands_in_the_picture(self, scene: Scene) -> None:
        frame = _luma(next(film(scene, Take("VESTIGE DEMO VB-1041", BEGINS, 0.1, seed=3))))
        assert (frame[20:44, 24:700] == 232).mean() > 0.1


class TestSound:
    def test_without_a_voice_there_are_sounds_that_are_not_called_speech(self) -> None:
        track = make_track((Line(0.5, "Good evening to you all"),), 3.0, None, seed=4)
        assert not track.speech
        assert len(track.samples) == 3 * SOUND_RATE
        ((start, end),) = track.spans
        assert start == 0.5
        said, before = track.samples[int(start * SOUND_RATE) : int(end * SOUND_RATE)], track.samples[: int(0.4 * SOUND_RATE)]
        assert np.sqrt((said**2).mean()) > 2 * np.sqrt((before**2).mean())


class TestFile:
    @pytest.fixture
    def made(self, tmp_path: Path, scene: Scene) -> Path:
        path = tmp_path / "X_001.mp4"
        frames = islice(film(scene, Take("VESTIGE DEMO VB-1041", BEGINS, 1.0, seed=3)), RATE)
        card._write(path, frames, make_track((), 1.0, None, seed=4).samples, BEGINS, "libx264")
        return path

    def test_it_is_h264_and_aac_with_its_time_of_creation(self, made: Path) -> None:
        with av.open(str(made)) as container:
            assert container.metadata["creation_time"] == "2026-11-23T14:02:11.000000Z"
            assert [stream.codec_context.name for stream in container.streams] == ["h264", "aac"]
            assert sum(1 for _ in container.decode(video=0)) == RATE

    def test_a_camera_that_lost_its_power_leaves_a_file_that_does_not_open(self, made: Path) -> None:
        card._lose_power(made)
        with pytest.raises(av.error.InvalidDataError):
            av.open(str(made))


def test_the_card_has_every_kind_of_file_that_intake_meets() -> None:
    shots = card._SHOTS
    assert any(len(shot.segments) > 1 for shot in shots)
    assert any(shot.codec == "libx265" for shot in shots)
    assert any(shot.cut for shot in shots)
    assert len({shot.camera for shot in shots} | {card._PHOTO_CAMERA}) == 6
