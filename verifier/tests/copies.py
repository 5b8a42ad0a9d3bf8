"""Redacted copies for the tests, painted and written here, and packages of them: honest ones, and such as lie in one respect."""

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import av
import numpy as np
import rfc8785
from av.bitstream import BitStreamFilterContext
from av.codec.context import Flags
from av.container import OutputContainer
from av.video.stream import VideoStream
from verifier.tests.writer import Json, digest, sha

RATE = 16_000
FRAMES, EVERY = 20, 50  # milliseconds a frame
WIDTH, HEIGHT = 160, 96

Planes = list[np.ndarray]


def must(**values: Json) -> dict[str, Any]:
    """What the copies below must hide: a still box from 200 ms to 400 ms, one that moves from 400 ms to 800 ms, and half a second of sound."""
    still = {"from_ms": 200, "to_ms": 400, "track": [[200, 16, 16, 32, 32]]}
    moving = {"from_ms": 400, "to_ms": 800, "track": [[400, 64, 32, 16, 16], [650, 96, 48, 32, 32]]}
    whole: dict[str, Any] = {
        "duration_ms": FRAMES * EVERY,
        "format": "vestige-hidden/1",
        "frames": FRAMES,
        "masks": [still, moving],
        "mutes": [[300, 700], [600, 800]],
        "picture": {"height": HEIGHT, "rotation": 0, "width": WIDTH},
    }
    return whole | values


def boxes(number: int) -> list[tuple[int, int, int, int]]:
    """What `must` hides in a frame, worked out by hand: columns and rows, from and to."""
    at = number * EVERY
    if at in {200, 250, 300, 350}:
        return [(16, 16, 48, 48)]
    if at == 400:
        return [(64, 32, 80, 48)]
    if 400 < at < 650:
        return [(64, 32, 128, 80)]
    return [(96, 48, 128, 80)] if 650 <= at < 800 else []


@dataclass
class Film:
    """How a copy is made; each edit bends one thing."""

    codec: str = "libx264"
    frames: int = FRAMES
    width: int = WIDTH
    height: int = HEIGHT
    rotation: int = 0
    full_range: bool = False
    hides: Callable[[int], list[tuple[int, int, int, int]]] = boxes
    paint: Callable[[int, Planes], None] = lambda _number, _planes: None  # the last touch to a frame
    silent: tuple[float, float] | None = (0.2, 0.9)
    sound: bool = True
    more_sound: int = 0  # milliseconds of it after the last frame
    notes: bool = False  # supplemental information stays in
    metadata: dict[str, str] = field(default_factory=dict)
    chapter: bool = False
    flat: bool = False  # grey instead of noise: a few kilobytes
    pixels: str = ""  # what the file holds them as, where it is not 4:2:0
    more: str = ""  # another stream of this codec
    crop: int = 0  # columns at the right that the file holds and does not show
    options: dict[str, str] = field(default_factory=lambda: {"fflags": "bitexact"})

    @property
    def black(self) -> int:
        return 0 if self.full_range else 16


def film(made: Film | None = None) -> bytes:
    """The file: moving noise, and a loud tone."""
    made, out = made or Film(), io.BytesIO()
    with av.open(out, "w", format="mp4", options=made.options) as copy:
        copy.metadata.update(made.metadata)
        if made.chapter:
            copy.set_chapters([{"id": 1, "start": 0, "end": 500, "time_base": Fraction(1, 1000), "metadata": {"title": "Kitchen"}}])
        _pictures(copy, made)
    return out.getvalue()


_OPTIONS = {
    "mpeg4": {},
    "libx264": {"bf": "0", "a53cc": "0", "udu_sei": "0"},
    "libx265": {"x265-params": "log-level=none:bframes=0:info=0"},
}
_FILTERS = {"mpeg4": "null", "libx264": "filter_units=remove_types=6", "libx265": "filter_units=remove_types=39-40"}


def _pictures(copy: OutputContainer, made: Film) -> None:
    options = {"preset": "ultrafast", "crf": "18", **_OPTIONS[made.codec]}
    picture = copy.add_stream(made.codec, rate=Fraction(1000, EVERY), options=options)
    picture.width, picture.height = made.width, made.height
    picture.pix_fmt = made.pixels or ("yuvj420p" if made.full_range else "yuv420p")
    picture.codec_context.color_range = 2 if made.full_range else 1
    if made.rotation:
        picture.set_display_rotation(-made.rotation)
    sound = copy.add_stream("aac", rate=RATE, layout="mono") if made.sound else None
    if sound is not None:
        sound.codec_context.flags |= Flags.bitexact
    more = _more(copy, made)
    copy.start_encoding()
    clean = None if made.notes else BitStreamFilterContext(_FILTERS[made.codec], picture)
    for frame in [*_frames(made), None]:
        for packet in picture.encode(frame):
            for one in clean.filter(packet) if clean else [packet]:
                one.stream = picture
                copy.mux(one)
    for frame in [*_tone(made), None] if sound is not None else []:
        copy.mux(sound.encode(frame))
    if more is not None:
        for frame in [*_frames(made)[:2], None]:
            copy.mux(more.encode(frame))


def _more(copy: OutputContainer, made: Film) -> VideoStream | None:
    if not made.more:
        return None
    stream = copy.add_stream(made.more, rate=20)
    stream.width, stream.height, stream.pix_fmt = made.width, made.height, "yuv420p"
    return stream


def _frames(made: Film) -> list[Any]:
    still = np.random.default_rng(7).integers(60, 220, (made.height, made.width), np.uint8)
    found = []
    for number in range(made.frames):
        frame = av.VideoFrame(made.width, made.height, "yuvj420p" if made.full_range else "yuv420p")
        planes = [
            np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[: plane.height, : plane.width] for plane in frame.planes
        ]
        planes[0][:], planes[1][:], planes[2][:] = 150 if made.flat else np.roll(still, number * 3, axis=1), 90, 170
        for left, top, right, bottom in made.hides(number):
            planes[0][top:bottom, left:right] = made.black
            for chroma in planes[1:]:
                chroma[top // 2 : bottom // 2, left // 2 : right // 2] = 128
        made.paint(number, planes)
        frame.pts, frame.time_base = number, Fraction(EVERY, 1000)
        found.append(frame)
    return found


def _tone(made: Film) -> list[Any]:
    wave = (0.5 * np.sin(np.arange((made.frames * EVERY + made.more_sound) * RATE // 1000) * 2 * np.pi * 440 / RATE)).astype(np.float32)
    if made.silent:
        wave[int(made.silent[0] * RATE) : int(made.silent[1] * RATE)] = 0
    found = []
    for start in range(0, len(wave), 1024):
        frame = av.AudioFrame.from_ndarray(wave[np.newaxis, start : start + 1024], "fltp", "mono")
        frame.sample_rate, frame.pts = RATE, start
        found.append(frame)
    return found


HEAD = "line,from_ms,to_ms,what,ground,ground_in_words,areas,seconds_of_picture,silences,seconds_of_sound,share_percent,found"
LOG = (
    f"\ufeff{HEAD}\r\n"
    "hidden,200,400,an area of the picture,(b)(6),privacy,1,0.200,,,6.67,by a person\r\n"
    "hidden,300,700,sound,(b)(6),privacy,,,1,0.400,,by a person\r\n"
    "hidden,400,800,a face,(b)(6),privacy,1,0.400,,,15.00,by a program\r\n"
    "hidden,600,800,sound,(b)(6),privacy,,,1,0.200,,by a person\r\n"
    "total,,,,All,All grounds together,2,0.600,2,0.500,7.34,\r\n"
)


def plan(footage: bytes, document: Json | None = None, log: str = LOG, **lies: Json) -> dict[str, Any]:
    """The keywords of a writer's plan for a package of this copy. `lies`: `named` and `approved` are digests that events name instead."""
    data = document if isinstance(document, bytes) else rfc8785.dumps(must() if document is None else document)
    named = lies.get("named", [digest("hidden", sha(data))])
    approved = lies.get("approved", named)

    def more(of: str, digests: list[dict[str, str]]) -> Callable[[Json], Json]:
        return lambda events: [
            (kind, values | {"digests": [*values["digests"], *digests]}) if kind == of else (kind, values) for kind, values in events
        ]

    held = {} if lies.get("missing") else {"data/hidden.json": data}
    return {
        "profile": "public",
        "footage": footage,
        "edit_parent": more("redaction:approved", approved),
        "edit_events": more("redaction:rendered", named),
        "edit_files": lambda files: files | held | {"data/redaction-log.csv": log.encode()},
    }
