"""What the files on a camera's card are, by where they lie and what they are called: footage, or what stands beside footage.

Cameras write small copies, thumbnails and notes beside each clip. They are kept, as what they are, and are no footage of their own.
Each rule names the layout that it is from; `docs/cards.md` says where that is written. What no rule knows stands by itself.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise
from pathlib import PurePath

from vestige.evidence.segments import follows, in_order

_FOOTAGE = frozenset({".360", ".avi", ".insv", ".mkv", ".mov", ".mp4", ".mts", ".mxf", ".ts"})
_SMALL = frozenset({".glv", ".lrf", ".lrv"})
_ONLY_BESIDE = _SMALL | {".srt", ".thm"}
_NOTES = frozenset({".csv", ".fit", ".gpx", ".json", ".log", ".nmea", ".srt", ".txt", ".vtt", ".xml"})
BESIDE = _SMALL | _NOTES | {".thm"}
"""Endings (in small letters) of what only ever stands beside footage."""
_GOPRO_SMALL = re.compile(r"GL(\d{6})", re.IGNORECASE)
_INSTA_SMALL = re.compile(r"(PRO_)?LRV_(\d{8}_\d{6})_(\d)\d_(\d+)", re.IGNORECASE)
_INSTA = re.compile(r"(PRO_)?VID_(\d{8}_\d{6})_(\d)\d_(\d+)", re.IGNORECASE)
_SONY_SMALL = re.compile(r"(.+)S\d\d", re.IGNORECASE)
_SONY_THUMBNAIL = re.compile(r"(.+)T\d\d", re.IGNORECASE)
_SONY_NOTE = re.compile(r"(.+)M\d\d", re.IGNORECASE)


class Beside(StrEnum):
    """What a file is that stands beside footage."""

    NOTE = "sidecar"
    SMALL_COPY = "small_copy"
    THUMBNAIL = "thumbnail"


@dataclass(frozen=True, slots=True)
class CardFile:
    """A file of a card. `beside` says what it is where it stands beside footage, `of` is that footage's path.

    `follows` is the file before it in its folder, where it goes on after that by its name: a clip that the camera split, perhaps.
    """

    path: PurePath
    beside: Beside | None = None
    of: PurePath | None = None
    follows: PurePath | None = None


def arranged(paths: Sequence[PurePath]) -> list[CardFile]:
    """The files in the order in which they are taken in: folder by folder, what a camera split in its order, footage before what is beside it.

    A file stands beside footage only where that footage is among the paths; a small copy whose footage is gone is the footage.
    """
    by_place = {(path.parent, path.stem.lower()): path for path in paths if _is_footage(path)}
    found = [_placed(path, by_place) for path in paths]
    order = {path: at for at, path in enumerate(sorted(paths, key=lambda path: (path.parent, in_order(path.stem), path.name)))}
    return _linked(sorted(found, key=lambda one: (order[one.of or one.path], one.of is not None, order[one.path])))


def stands_beside(path: PurePath, footage: PurePath) -> Beside | None:
    """What `path` is beside that footage; None where it stands by itself."""
    return next(one.beside for one in arranged([path, footage]) if one.path == path)


def is_small(path: PurePath) -> bool:
    """Whether a camera writes a file of that name beside footage only: its footage may still come."""
    return path.suffix.lower() in _ONLY_BESIDE or bool(_INSTA_SMALL.fullmatch(path.stem))


def _linked(files: list[CardFile]) -> list[CardFile]:
    """Each with what it goes on after."""
    alone = [one.path for one in files if one.of is None]
    after = {then: first for first, then in pairwise(alone) if _goes_on(first, then)}
    return [replace(one, follows=after.get(one.path)) for one in files]


def _goes_on(first: PurePath, then: PurePath) -> bool:
    same = (first.parent, first.suffix.lower()) == (then.parent, then.suffix.lower())
    return same and follows(first.stem, then.stem)


def _placed(path: PurePath, footage: dict[tuple[PurePath, str], PurePath]) -> CardFile:
    for beside, folder, stem in _guesses(path, footage):
        of = footage.get((folder, stem.lower()))
        if of is not None and of != path:
            return CardFile(path, beside, of)
    return CardFile(path)


def _is_footage(path: PurePath) -> bool:
    stem, folder = path.stem.upper(), path.parent.name.upper()
    return path.suffix.lower() in _FOOTAGE and not _INSTA_SMALL.fullmatch(stem) and not (folder == "SUB" and _sony(path))


def _guesses(path: PurePath, footage: dict[tuple[PurePath, str], PurePath]) -> Iterator[tuple[Beside, PurePath, str]]:
    """What it may be, and where its footage would lie."""
    stem, ending, folder = path.stem, path.suffix.lower(), path.parent
    if ending in _SMALL:
        yield Beside.SMALL_COPY, folder, stem
        if found := _GOPRO_SMALL.fullmatch(stem):
            yield from ((Beside.SMALL_COPY, folder, f"{letters}{found[1]}") for letters in ("GH", "GX", "GS", "GP"))
    if found := _INSTA_SMALL.fullmatch(stem):
        yield from ((Beside.SMALL_COPY, folder, other) for other in _same_take(found, folder, footage))
    if ending == ".thm":
        yield Beside.THUMBNAIL, folder, stem
    if _sony(path):
        yield from _sony_guesses(path)
    if ending in _NOTES:
        yield Beside.NOTE, folder, stem


def _same_take(small: re.Match[str], folder: PurePath, footage: dict[tuple[PurePath, str], PurePath]) -> Iterator[str]:
    """Insta360: the lens of the same ten first, then the other."""
    names = [path.stem for place, path in footage.items() if place[0] == folder]
    takes = [found for name in sorted(names) if (found := _INSTA.fullmatch(name)) and (found[1], found[2], found[4]) == _take(small)]
    yield from (found[0] for found in sorted(takes, key=lambda found: found[3] != small[3]))


def _take(small: re.Match[str]) -> tuple[str | None, str | None, str | None]:
    return small[1], small[2], small[4]


def _sony(path: PurePath) -> bool:
    return path.parent.parent.name.upper() == "M4ROOT"


def _sony_guesses(path: PurePath) -> Iterator[tuple[Beside, PurePath, str]]:
    """PRIVATE/M4ROOT: CLIP/C0001.MP4 with CLIP/C0001M01.XML, SUB/C0001S03.MP4, THMBNL/C0001T01.JPG."""
    told = {"CLIP": (Beside.NOTE, _SONY_NOTE), "SUB": (Beside.SMALL_COPY, _SONY_SMALL), "THMBNL": (Beside.THUMBNAIL, _SONY_THUMBNAIL)}
    known = told.get(path.parent.name.upper())
    found = known[1].fullmatch(path.stem) if known else None
    if known and found:
        yield from ((known[0], path.parent.parent / clips, found[1]) for clips in ("CLIP", "Clip", "clip"))
