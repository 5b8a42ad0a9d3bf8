"""Makes a card of footage: `python -m demo.card OUT [CACHE]`.

What stands on it, so that every way through intake is shown: a recording that the camera split into two segments, recordings by day,
by night and indoors, one in HEVC (which no browser needs to play), a photograph, and a file whose camera lost its power.
The people are one public-domain portrait in many dresses; the places are painted; the voices are a speech synthesiser's. Nobody was filmed.
"""

import json
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import islice
from pathlib import Path

import av
import numpy as np

from demo.camera import FRAME_HEIGHT, FRAME_WIDTH, RATE, Take, film
from demo.materials import Materials, fetch
from demo.scenes import make_scene
from demo.sound import RATE as SOUND_RATE
from demo.sound import Line, Track, make_track

_BLOCK = 1024
_FIRST = datetime(2026, 11, 23, 14, 2, 11, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Shot:
    """A recording on the card: camera, file name without its end, place, what is said, seconds of each segment, codec."""

    camera: str
    name: str
    scene: str
    lines: tuple[Line, ...]
    segments: tuple[float, ...]
    minutes_later: int
    codec: str = "libx264"
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Made:
    """What was made: file (relative to the card), camera, when it begins, when something is said, and whether that is speech."""

    file: str
    camera: str
    begins: str
    spoken: tuple[tuple[float, float], ...]
    speech: bool


_SHOTS = (
    Shot(
        "VB-1041",
        "STREET",
        "street",
        (
            Line(0.6, "Good afternoon. Thank you for waiting.", 35),
            Line(3.4, "My name is Jane Roe, born on the fourth of May, nineteen eighty two.", 62),
        ),
        (9.0,),
        0,
    ),
    Shot(
        "VB-1042",
        "PATROL",
        "night",
        (Line(0.5, "Unit twelve is on scene, two people by the wall.", 30), Line(6.4, "Did anybody see the car leave?", 34)),
        (5.0, 5.0),
        311,
    ),
    Shot("SB-2107", "LOBBY", "hall", (Line(0.7, "You are at the front desk. How can we help you?", 45),), (7.0,), 95),
    Shot("HB-3310", "RIDE", "street", (Line(0.8, "Please step back behind the wall.", 28),), (6.0,), 140, "libx265"),
    Shot("HB-3311", "RIDE", "night", (Line(0.4, "Stop there. Show me your hands.", 26),), (4.0,), 402, cut=True),
)
_PHOTO_CAMERA = "SB-2108"


def make_card(card: Path, cache: Path) -> list[Made]:
    """Write the card's files, one folder a camera, and return what they hold. Raises SystemExit where the materials can't be had."""
    materials = fetch(cache)
    card.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(max_workers=min(2, os.cpu_count() or 1)) as pool:
        jobs = [pool.submit(_shoot, shot, number, card, materials) for number, shot in enumerate(_SHOTS)]
        photo = _photograph(card, materials)
        made = [one for job in jobs for one in job.result()]
    return [*made, photo]


def _shoot(shot: Shot, number: int, card: Path, materials: Materials) -> list[Made]:
    """One activation: filmed in one go, written as the camera's segments."""
    begins = _FIRST + timedelta(minutes=shot.minutes_later)
    take = Take(f"VESTIGE DEMO {shot.camera}", begins, sum(shot.segments), seed=11 + number, noise=5.0 if shot.scene == "night" else 2.5)
    frames = film(make_scene(shot.scene, materials.pictures), take)
    track = make_track(shot.lines, take.seconds, materials.voice, 11 + number)
    folder = card / shot.camera
    folder.mkdir(parents=True, exist_ok=True)
    made, start = [], 0.0
    for part, seconds in enumerate(shot.segments, 1):
        name = f"{shot.name}_{part:03d}.mp4" if len(shot.segments) > 1 else f"{shot.name}_{begins:%H%M%S}.mp4"
        at = begins + timedelta(seconds=start)
        sound = track.samples[int(start * SOUND_RATE) : int((start + seconds) * SOUND_RATE)]
        _write(folder / name, islice(frames, int(seconds * RATE)), sound, at, shot.codec)
        if shot.cut:
            _lose_power(folder / name)
        made.append(Made(f"{shot.camera}/{name}", shot.camera, at.isoformat(), _spans(track, start, seconds), track.speech))
        start += seconds
    return made


def _spans(track: Track, start: float, seconds: float) -> tuple[tuple[float, float], ...]:
    """When the lines are heard in a segment, in its own seconds."""
    return tuple((round(a - start, 3), round(min(b - start, seconds), 3)) for a, b in track.spans if start <= a < start + seconds)


def _write(path: Path, frames: Iterator[av.VideoFrame], sound: "np.typing.NDArray[np.float32]", at: datetime, codec: str) -> None:
    """An MP4 file as a camera writes it: picture, sound, time of creation; its index at the end."""
    with av.open(str(path), "w", format="mp4") as container:
        container.metadata["creation_time"] = at.strftime("%Y-%m-%dT%H:%M:%S.000000Z")
        options = (
            {"preset": "superfast", "crf": "24"}
            if codec == "libx264"
            else {"preset": "ultrafast", "crf": "27", "x265-params": "log-level=none"}
        )
        picture = container.add_stream(codec, rate=RATE, options=options)
        picture.width, picture.height, picture.pix_fmt = FRAME_WIDTH, FRAME_HEIGHT, "yuv420p"
        picture.codec_context.gop_size = RATE
        picture.codec_context.thread_count = 1
        if codec == "libx265":
            picture.codec_context.codec_tag = "hvc1"
        hearing = container.add_stream("aac", rate=SOUND_RATE, layout="mono", bit_rate=96_000)
        for number, frame in enumerate(frames):
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            container.mux(picture.encode(frame))
            first, last = number * SOUND_RATE // RATE // _BLOCK, (number + 1) * SOUND_RATE // RATE // _BLOCK
            for block in range(first, last):
                container.mux(hearing.encode(_block(sound, block)))
        container.mux(picture.encode(None))
        container.mux(hearing.encode(None))


def _block(sound: "np.typing.NDArray[np.float32]", number: int) -> av.AudioFrame:
    frame = av.AudioFrame.from_ndarray(
        np.ascontiguousarray(sound[None, number * _BLOCK : (number + 1) * _BLOCK]), format="fltp", layout="mono"
    )
    frame.sample_rate, frame.pts, frame.time_base = SOUND_RATE, number * _BLOCK, Fraction(1, SOUND_RATE)
    return frame


def _lose_power(path: Path) -> None:
    """The camera stopped before it wrote the index: the last part of the file is not there."""
    os.truncate(path, path.stat().st_size * 6 // 10)


def _photograph(card: Path, materials: Materials) -> Made:
    """One still picture, as JPEG."""
    at = _FIRST + timedelta(minutes=101)
    take = Take(f"VESTIGE DEMO {_PHOTO_CAMERA}", at, 1 / RATE, seed=5)
    frame = next(film(make_scene("hall", materials.pictures), take))
    path = card / _PHOTO_CAMERA / f"PHOTO_{at:%H%M%S}.jpg"
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w", format="image2", options={"update": "1"}) as container:
        stream = container.add_stream("mjpeg", rate=1, options={"qscale": "3"})
        stream.width, stream.height, stream.pix_fmt = FRAME_WIDTH, FRAME_HEIGHT, "yuvj420p"
        container.mux(stream.encode(frame.reformat(format="yuvj420p")))
        container.mux(stream.encode(None))
    return Made(f"{_PHOTO_CAMERA}/{path.name}", _PHOTO_CAMERA, at.isoformat(), (), speech=False)


def main() -> None:
    """Make the card; print one JSON object a file."""
    if len(sys.argv) < 2:
        raise SystemExit("python -m demo.card OUT [CACHE]")
    out = Path(sys.argv[1])
    for made in make_card(out, Path(sys.argv[2]) if len(sys.argv) > 2 else out.with_name(".demo")):
        print(json.dumps(asdict(made)))


if __name__ == "__main__":
    main()
