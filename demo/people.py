"""People for the footage: one public-domain portrait, cut out and changed in dress, hair, light, side and build."""

from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]

# The outline of head, collar and shoulders in the 512 by 512 portrait, in its pixels.
_OUTLINE = (
    *(
        (152, 88),
        (156, 62),
        (170, 38),
        (192, 22),
        (222, 13),
        (252, 18),
        (278, 34),
        (295, 58),
        (302, 90),
        (296, 118),
        (284, 132),
        (276, 140),
    ),
    *((268, 165), (262, 180), (288, 198), (304, 224), (306, 240), (330, 256), (348, 282), (358, 315), (362, 345), (24, 345), (30, 310)),
    *((42, 275), (62, 245), (92, 222), (114, 208), (112, 192), (122, 172), (148, 156), (178, 150), (186, 150), (180, 130), (168, 116)),
)
_HEIGHT = 345
_COLLAR = 186


@dataclass(frozen=True, slots=True)
class Look:
    """How a person differs: colour of the jacket, light on the hair and on the whole, side, and how wide and how large."""

    jacket: tuple[int, int, int]
    hair: float = 1.0
    light: float = 1.0
    flipped: bool = False
    width: float = 1.0
    size: float = 1.0


@dataclass(frozen=True, slots=True)
class Sprite:
    """A cut-out: colours as height x width x 3, and how much of each pixel covers what is behind it (0 to 256)."""

    colours: NDArray[np.int32]
    cover: NDArray[np.int32]


def read_picture(path: Path) -> Picture:
    """A picture file as height x width x 3 bytes."""
    with av.open(str(path)) as container:
        frame = next(container.decode(video=0))
        return np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)


def make_person(portrait: Picture, look: Look) -> Sprite:
    """The portrait in another look, with the jacket drawn on below the picture's edge."""
    mask = _soften(_inside(_OUTLINE, portrait.shape[0], portrait.shape[1]))[:_HEIGHT]
    colours = _dress(portrait[:_HEIGHT].astype(np.float32), look)
    hem = colours[-50:-4]
    colours = np.concatenate([colours[:-4], hem[::-1], hem, hem[::-1]])
    mask = np.concatenate([mask[:-4], np.repeat(mask[-6:-5], 3 * len(hem), axis=0)])
    colours, mask = colours[:, 16:372], mask[:, 16:372]
    if look.flipped:
        colours, mask = colours[:, ::-1], mask[:, ::-1]
    colours = _resize(colours, look.size, look.size * look.width)
    cover = _resize(mask[..., None], look.size, look.size * look.width)[..., 0]
    return Sprite(np.clip(colours, 0, 255).astype(np.int32), np.clip(cover * 256, 0, 256).astype(np.int32))


def _dress(picture: NDArray[np.float32], look: Look) -> NDArray[np.float32]:
    red, green, blue = picture[..., 0], picture[..., 1], picture[..., 2]
    rows, columns = np.indices(red.shape)
    shade = picture.mean(axis=2, keepdims=True) / 120
    suit = (red - blue > 40) & (red > green * 1.2) & (rows > _COLLAR)
    ring = (rows > 148) & (rows < 300) & ~suit & (columns > 100) & (columns < 312)
    face = ((columns - 224) / 46.0) ** 2 + ((rows - 124) / 64.0) ** 2 < 1
    hair = (rows < 150) & ~face
    result = picture.copy()
    result[suit] = (shade * np.array(look.jacket, np.float32))[suit]
    result[ring] = (shade * np.array(look.jacket, np.float32) * 0.7)[ring]
    result[ring & face] = picture[ring & face]
    result[hair] *= look.hair
    return (result * look.light).astype(np.float32)


def _inside(outline: tuple[tuple[int, int], ...], height: int, width: int) -> NDArray[np.float32]:
    """1 within the polygon, 0 without (even-odd rule)."""
    rows, columns = np.indices((height, width))
    within = np.zeros((height, width), bool)
    for (x1, y1), (x2, y2) in zip(outline, outline[1:] + outline[:1], strict=True):
        if y1 == y2:
            continue
        crosses = (rows >= min(y1, y2)) & (rows < max(y1, y2))
        within ^= crosses & (columns < x1 + (rows - y1) * (x2 - x1) / (y2 - y1))
    return within.astype(np.float32)


def _soften(mask: NDArray[np.float32]) -> NDArray[np.float32]:
    for _ in range(2):
        mask = (mask + np.roll(mask, 1, 0) + np.roll(mask, -1, 0) + np.roll(mask, 1, 1) + np.roll(mask, -1, 1)) / 5
    return mask


def _resize(picture: NDArray[np.float32], tall: float, wide: float) -> NDArray[np.float32]:
    """Bilinear, by factors."""
    rows = np.linspace(0, picture.shape[0] - 1.001, int(picture.shape[0] * tall))
    columns = np.linspace(0, picture.shape[1] - 1.001, int(picture.shape[1] * wide))
    r, c = rows.astype(int), columns.astype(int)
    fr, fc = (rows - r)[:, None, None].astype(np.float32), (columns - c)[None, :, None].astype(np.float32)
    top = picture[r][:, c] * (1 - fc) + picture[r][:, c + 1] * fc
    bottom = picture[r + 1][:, c] * (1 - fc) + picture[r + 1][:, c + 1] * fc
    return (top * (1 - fr) + bottom * fr).astype(np.float32)
