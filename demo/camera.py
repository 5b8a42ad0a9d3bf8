"""A body camera's movement and eye: steps, the hand, a slow turn, zoom, a wide lens, rolling exposure, noise, the burnt-in line of text."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import av
import numpy as np
from numpy.typing import NDArray

from demo.people import Sprite
from demo.scenes import HEIGHT, WIDTH, Scene

FRAME_WIDTH, FRAME_HEIGHT, RATE = 1280, 720, 30

# Five columns a sign, a byte each, the lowest bit at the top: enough for a camera's line of text.
_SIGNS = {
    **dict(
        zip(
            "0123456789",
            [
                "3e5149453e",
                "00427f4000",
                "4261514946",
                "2141454b31",
                "1814127f10",
                "2745454539",
                "3c4a494930",
                "0171090503",
                "3649494936",
                "064949291e",
            ],
            strict=True,
        )
    ),
    **dict(
        zip(
            "ABCDEFGHIJKLM",
            [
                "7e1111117e",
                "7f49494936",
                "3e41414122",
                "7f4141221c",
                "7f49494941",
                "7f09090901",
                "3e4149497a",
                "7f0808087f",
                "00417f4100",
                "2040413f01",
                "7f08142241",
                "7f40404040",
                "7f020c027f",
            ],
            strict=True,
        )
    ),
    **dict(
        zip(
            "NOPQRSTUVWXYZ",
            [
                "7f0408107f",
                "3e4141413e",
                "7f09090906",
                "3e4151215e",
                "7f09192946",
                "4649494931",
                "01017f0101",
                "3f4040403f",
                "1f2040201f",
                "3f4038403f",
                "6314081463",
                "0708700807",
                "6151494543",
            ],
            strict=True,
        )
    ),
    "-": "0808080808",
    ":": "0036360000",
    " ": "0000000000",
}


@dataclass(frozen=True, slots=True)
class Take:
    """One activation of one camera: its words in the picture, when it began, how long, how it moves (a seed and a unit), and its light."""

    label: str
    begins: datetime
    seconds: float
    seed: int
    motion: float = 1.0
    noise: float = 2.5


@dataclass(frozen=True, slots=True)
class _Figure:
    """A cut-out made ready: packed colours, which pixels cover wholly, and the places, colours and cover of those that do in part."""

    colours: NDArray[np.uint32]
    whole: NDArray[np.bool_]
    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    soft: NDArray[np.int32]
    cover: NDArray[np.int32]


def film(scene: Scene, take: Take) -> Iterator[av.VideoFrame]:
    """The frames of the take, YUV 4:2:0, in order, without timestamps."""
    draw = np.random.default_rng(take.seed)
    count = int(take.seconds * RATE)
    shake = _smooth(draw.normal(0, 1, (count + 40, 3)), 5)[:count] * take.motion
    across, down = _lens()
    grain = (draw.normal(0, take.noise, (FRAME_HEIGHT + 64, FRAME_WIDTH + 64))).astype(np.int16)
    people = [_figure(who.sprite) for who in scene.people]
    place, front = _packed(scene.place), _packed(scene.front)
    world = np.concatenate([place[: scene.front_top], front])
    for number in range(count):
        t = number / RATE
        world[: scene.front_top] = place[: scene.front_top]
        _put_people(world, scene, people, t)
        seen = _look(world, across, down, _pose(t, shake[number], take))
        yield _develop(seen, t, (grain, draw), _line(take, t))


def _pose(t: float, shake: NDArray[np.float64], take: Take) -> tuple[float, float, float, float]:
    """Where the camera looks (centre x and y in the scene), its roll in radians and its zoom, at second t."""
    unit = take.motion
    phase = take.seed % 7
    x = WIDTH / 2 + 190 * np.sin(0.42 * t + phase) * unit + 7 * np.sin(5.6 * t) * unit + 9 * shake[0]
    y = HEIGHT / 2 - 80 + 26 * np.sin(0.9 * t + phase) + 9 * abs(np.sin(5.6 * t)) * unit + 9 * shake[1]
    roll = 0.022 * np.sin(0.8 * t + phase) * unit + 0.006 * shake[2]
    zoom = 1.12 + 0.09 * np.sin(0.35 * t + phase)
    return float(x), float(y), float(roll), float(zoom)


def _lens() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """For each pixel of the frame its offset from the centre, bent outwards as a wide lens does."""
    rows, columns = np.indices((FRAME_HEIGHT, FRAME_WIDTH), dtype=np.float32)
    across, down = columns - FRAME_WIDTH / 2, rows - FRAME_HEIGHT / 2
    bend = 1 + 0.10 * (across**2 + down**2) / (FRAME_WIDTH / 2) ** 2
    return across * bend, down * bend


def _look(
    world: NDArray[np.uint32], across: NDArray[np.float32], down: NDArray[np.float32], pose: tuple[float, float, float, float]
) -> NDArray[np.uint8]:
    x, y, roll, zoom = pose
    c, s = np.float32(np.cos(roll) * zoom), np.float32(np.sin(roll) * zoom)
    columns = (across * c - down * s + np.float32(x)).astype(np.int32)
    rows = (across * s + down * c + np.float32(y)).astype(np.int32)
    np.clip(columns, 0, WIDTH - 1, out=columns)
    np.clip(rows, 0, HEIGHT - 1, out=rows)
    rows *= WIDTH
    rows += columns
    return np.take(world.reshape(-1), rows).view(np.uint8).reshape(FRAME_HEIGHT, FRAME_WIDTH, 4)


def _develop(seen: NDArray[np.uint8], t: float, film_grain: tuple[NDArray[np.int16], np.random.Generator], text: str) -> av.VideoFrame:
    frame = av.VideoFrame.from_ndarray(seen, format="rgba").reformat(format="yuv420p", dst_colorspace="ITU709", dst_color_range="MPEG")
    plane = frame.planes[0]
    luma = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)[:, : plane.width]
    gain = 1 + 0.07 * np.sin(0.7 * t) + 0.03 * np.sin(2.3 * t)
    grain, draw = film_grain
    top, left = draw.integers(0, 64, 2)
    table = np.clip(np.arange(256) * gain, 16, 235).astype(np.int16)
    lit = table[luma] + grain[top : top + FRAME_HEIGHT, left : left + FRAME_WIDTH]
    developed = np.clip(lit, 16, 235).astype(np.uint8)
    _burn_in(developed, text)
    luma[:] = developed
    return frame


def _put_people(world: NDArray[np.uint32], scene: Scene, people: list[_Figure], t: float) -> None:
    """Lay the people over the painted place, down to what stands before them: whole pixels at once, then the soft ones at the edge."""
    for who, figure in zip(scene.people, people, strict=True):
        width = figure.whole.shape[1]
        x = int(np.clip(who.x + who.pace * t + 5 * np.sin(1.7 * t + who.x), 0, WIDTH - width))
        y = int(who.y + 4 * np.sin(2.9 * t + who.y))
        tall = min(len(figure.whole), scene.front_top - y)
        part = world[y : y + tall, x : x + width]
        np.copyto(part, figure.colours[:tall], where=figure.whole[:tall])
        edge = int(np.searchsorted(figure.rows, tall))
        rows, columns = figure.rows[:edge], figure.columns[:edge]
        behind = np.ascontiguousarray(part[rows, columns]).view(np.uint8).reshape(edge, 4)[:, :3].astype(np.int32)
        mixed = behind + ((figure.soft[:edge] - behind) * figure.cover[:edge] >> 8)
        part[rows, columns] = _packed(mixed.astype(np.uint8)[:, None])[:, 0]


def _figure(sprite: Sprite) -> _Figure:
    rows, columns = np.nonzero((sprite.cover > 2) & (sprite.cover < 250))
    colours = _packed(sprite.colours.astype(np.uint8))
    return _Figure(colours, sprite.cover >= 250, rows, columns, sprite.colours[rows, columns], sprite.cover[rows, columns, None])


def _packed(picture: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """Three bytes a pixel as one number, so that a pixel moves in one read."""
    full = np.full((*picture.shape[:2], 4), 255, np.uint8)
    full[..., :3] = picture
    return full.view(np.uint32)[..., 0]


def _smooth(values: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    kernel = np.hanning(2 * width + 1)
    kernel /= np.sqrt((kernel**2).sum())
    return np.stack([np.convolve(values[:, k], kernel, mode="same") for k in range(values.shape[1])], axis=1)


def _line(take: Take, t: float) -> str:
    at = take.begins + timedelta(seconds=t)
    return f"{take.label}  {at:%Y-%m-%d %H:%M:%S} Z"


def _burn_in(luma: NDArray[np.uint8], text: str) -> None:
    """White signs, three pixels a dot, on a darkened strip at the top left."""
    columns = _columns(text)
    dots = np.array([[column >> row & 1 for column in columns] for row in range(8)], bool).repeat(3, 0).repeat(3, 1)
    strip = luma[14 : 14 + 36, 14 : 14 + dots.shape[1] + 20]
    strip[:] = strip // 2 + 8
    strip[6 : 6 + dots.shape[0], 10 : 10 + dots.shape[1]][dots] = 232


def _columns(text: str) -> list[int]:
    result = []
    for sign in text:
        result += [int(_SIGNS[sign][2 * k : 2 * k + 2], 16) for k in range(5)] + [0]
    return result
