"""The places that the cameras see: a street by day and by night, and a hall, painted larger than the picture so that a camera can move."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from demo.people import Look, Picture, Sprite, make_person, read_picture

WIDTH, HEIGHT = 2240, 1280
_HORIZON = 640

_Colours = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Standing:
    """A person in the scene: where the top left of the cut-out is at first, and how far it walks a second (pixels)."""

    sprite: Sprite
    x: float
    y: float
    pace: float = 0.0


@dataclass(frozen=True, slots=True)
class Scene:
    """What a camera moves over: the painted place, who stands in it (farthest first), and what hides their legs below `front_top`."""

    place: Picture
    people: tuple[Standing, ...]
    front: Picture
    front_top: int


def make_scene(name: str, pictures: Path) -> Scene:
    """One of `street`, `night`, `hall`. Raises KeyError for another name."""
    builders = {"street": _street, "night": _night, "hall": _hall}
    return builders[name](pictures)


def _street(pictures: Path) -> Scene:
    place = _outdoors(pictures)
    portrait = read_picture(pictures / "astronaut.png")
    people = (
        Standing(make_person(portrait, Look((70, 78, 92), hair=0.35, light=0.92, flipped=True, size=0.72)), 1480, 430, -22),
        Standing(make_person(portrait, Look((58, 92, 66), hair=0.8, light=1.02, width=1.06, size=1.25)), 760, 330, 6),
    )
    return _scene(place, people, _low_wall(pictures))


def _night(pictures: Path) -> Scene:
    place = _outdoors(pictures) * np.array([0.30, 0.33, 0.44], np.float32)
    for x, y, radius, strength in ((500, 420, 420, 120), (1500, 380, 520, 140), (1100, 900, 700, 60)):
        place += _glow(x, y, radius)[..., None] * np.array([1.0, 0.86, 0.62], np.float32) * strength
    portrait = read_picture(pictures / "astronaut.png")
    people = (
        Standing(make_person(portrait, Look((44, 52, 84), hair=0.3, light=0.72, size=0.9)), 600, 410, 9),
        Standing(make_person(portrait, Look((96, 66, 52), hair=0.5, light=0.8, flipped=True, width=0.96, size=1.3)), 1150, 330, -5),
    )
    return _scene(place, people, _low_wall(pictures) * np.array([0.34, 0.36, 0.44], np.float32))


def _hall(pictures: Path) -> Scene:
    place = np.empty((HEIGHT, WIDTH, 3), np.float32)
    place[:] = np.array([196, 190, 176], np.float32)
    place += (np.linspace(26, -30, WIDTH, dtype=np.float32))[None, :, None]
    _rectangle(place, (180, 200, 520, 1000), (120, 88, 62))
    _rectangle(place, (205, 230, 495, 980), (138, 102, 72))
    for left in (760, 1180, 1600):
        _rectangle(place, (left, 190, left + 300, 470), (88, 92, 98))
        _rectangle(place, (left + 14, 204, left + 286, 456), (214, 226, 236))
        for row in range(6):
            _rectangle(place, (left + 40, 236 + row * 34, left + 200 + (row * 37) % 60, 246 + row * 34), (120, 128, 140))
    place[1000:] = _ground(read_picture(pictures / "gravel.png"), HEIGHT - 1000) * 0.9
    portrait = read_picture(pictures / "astronaut.png")
    people = (
        Standing(make_person(portrait, Look((112, 112, 118), hair=0.45, light=0.95, size=0.95)), 660, 390, 3),
        Standing(make_person(portrait, Look((122, 60, 64), hair=1.05, light=1.05, flipped=True, width=1.04, size=1.25)), 1060, 330, -4),
        Standing(make_person(portrait, Look((60, 74, 110), hair=0.3, light=0.88, width=0.94, size=0.8)), 1580, 440, -12),
    )
    return _scene(place, people, _counter())


def _scene(place: _Colours, people: tuple[Standing, ...], front: _Colours) -> Scene:
    bytes_of = [np.clip(part, 0, 255).astype(np.uint8) for part in (place, front)]
    return Scene(bytes_of[0], people, bytes_of[1], HEIGHT - len(front))


def _low_wall(pictures: Path) -> _Colours:
    """A garden wall with a cap of stone, from row 760 down."""
    brick = _bricks(pictures)
    wall = np.tile(brick, (3, WIDTH // brick.shape[1] + 1, 1))[: HEIGHT - 760, :WIDTH] * np.array([0.92, 0.66, 0.56], np.float32)
    grit = _three(read_picture(pictures / "gravel.png"))[:44]
    wall[:44] = np.tile(grit, (1, WIDTH // grit.shape[1] + 1, 1))[:, :WIDTH] * 0.3 + 120
    wall[44:54] *= 0.45
    return wall.astype(np.float32)


def _counter() -> _Colours:
    """A counter of wood, from row 760 down, with some sheets of paper and a screen's back on it."""
    front = np.empty((HEIGHT - 760, WIDTH, 3), np.float32)
    front[:] = np.array([112, 82, 58], np.float32)
    front += (8 * np.sin(np.arange(WIDTH) / 3.1) * np.sin(np.arange(WIDTH) / 41))[None, :, None]
    front[:34] += 46
    front[34:44] *= 0.5
    for left in range(0, WIDTH, 280):
        front[60:, left : left + 6] *= 0.6
    return front


def _bricks(pictures: Path) -> _Colours:
    """The wall's texture, its courses level."""
    return np.swapaxes(_three(read_picture(pictures / "brick.png"))[::2, ::2], 0, 1)


def _three(picture: Picture) -> _Colours:
    """Colours as three channels, whatever the file held."""
    return picture[..., :3].astype(np.float32)


def _outdoors(pictures: Path) -> _Colours:
    """Sky, a row of brick houses with windows, a pavement and a road."""
    place = np.empty((HEIGHT, WIDTH, 3), np.float32)
    sky = np.linspace(0, 1, HEIGHT, dtype=np.float32)[:, None, None]
    place[:] = np.array([146, 178, 214], np.float32) + sky * np.array([60, 40, 14], np.float32)
    brick = _bricks(pictures)
    left = 0
    for width, top, tint in (
        (520, 120, (0.95, 0.62, 0.52)),
        (430, 210, (0.86, 0.82, 0.74)),
        (640, 90, (0.72, 0.55, 0.5)),
        (650, 170, (0.9, 0.84, 0.66)),
    ):
        right = min(WIDTH, left + width)
        tall = _HORIZON + 120 - top
        wall = np.tile(brick, (tall // brick.shape[0] + 1, (right - left) // brick.shape[1] + 1, 1))[:tall, : right - left]
        place[top : top + tall, left:right] = wall * np.array(tint, np.float32)
        for row in range(top + 60, _HORIZON - 40, 170):
            for column in range(left + 50, right - 90, 150):
                _rectangle(place, (column, row, column + 74, row + 112), (226, 222, 212))
                _rectangle(place, (column + 6, row + 6, column + 68, row + 106), (58 + (column * 7) % 24, 78 + (row % 20), 96))
        left = right
    place[_HORIZON + 120 :] = _ground(read_picture(pictures / "gravel.png"), HEIGHT - _HORIZON - 120)
    place[_HORIZON + 118 : _HORIZON + 128] *= 0.6
    return place


def _ground(texture: Picture, rows: int) -> _Colours:
    """A texture laid flat and seen at a slant: a row at depth d shows it at scale 1/d."""
    flat = _three(texture)
    down = np.arange(1, rows + 1, dtype=np.float32)[:, None]
    depth = 380 / (down + 60)
    v = (depth * 900).astype(int) % flat.shape[0]
    u = ((np.arange(WIDTH)[None, :] - WIDTH / 2) * depth).astype(int) % flat.shape[1]
    return flat[np.broadcast_to(v, u.shape), u] * (0.75 + 0.25 * down / rows)[..., None]


def _rectangle(place: _Colours, corners: tuple[int, int, int, int], colour: tuple[int, int, int]) -> None:
    left, top, right, bottom = corners
    place[top:bottom, left:right] = np.array(colour, np.float32)


def _glow(x: int, y: int, radius: int) -> _Colours:
    rows, columns = np.indices((HEIGHT, WIDTH), dtype=np.float32)
    return np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * (radius / 2) ** 2)).astype(np.float32)
