"""A reader of published logs, written from C2SP tlog-tiles, tlog-checkpoint and RFC 6962 alone: it imports nothing of ours."""

import base64
import hashlib
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

Get = Callable[[str], bytes]


def from_folder(folder: Path) -> Get:
    """What a web server that serves this folder would answer."""
    return lambda path: (folder / path).read_bytes()


@dataclass(frozen=True)
class Published:
    """A checkpoint, and every entry that the tiles and bundles under it hold."""

    origin: str
    size: int
    root: bytes
    note: str
    entries: tuple[bytes, ...]


def read(get: Get) -> Published:
    """Read a whole log and check everything against its checkpoint. Raises ValueError for what does not agree."""
    note = get("checkpoint").decode()
    origin, size_text, root_text, *_ = note.split("\n")
    size, root = int(size_text), base64.b64decode(root_text, validate=True)
    if str(size) != size_text:
        raise ValueError("the size is not canonical")
    levels = [list(_level(get, level, size)) for level in range(64) if size >> 8 * level]
    entries = tuple(_entries(get, size))
    if [hashlib.sha256(b"\0" + entry).digest() for entry in entries] != (levels[0] if levels else []):
        raise ValueError("an entry is not the one whose hash is in the tile of level 0")
    for below, above in itertools.pairwise(levels):
        made = [_root(below[at : at + 256]) for at in range(0, len(below) - 255, 256)]
        if made != above:
            raise ValueError("a hash of a tile is not that of the full tile below it")
    if _root(levels[0] if levels else []) != root:
        raise ValueError("the tiles do not lead to the root of the checkpoint")
    return Published(origin, size, root, note, entries)


def _level(get: Get, level: int, size: int) -> Iterator[bytes]:
    for path, width in _paths(size >> 8 * level):
        data = get(f"tile/{level}/{path}")
        if len(data) != 32 * width:
            raise ValueError(f"tile {level}/{path} has {len(data)} bytes")
        yield from (data[at : at + 32] for at in range(0, len(data), 32))


def _entries(get: Get, size: int) -> Iterator[bytes]:
    for path, width in _paths(size):
        data, at, count = get(f"tile/entries/{path}"), 0, 0
        while at < len(data):
            length = int.from_bytes(data[at : at + 2], "big")
            if at + 2 + length > len(data):
                raise ValueError(f"bundle {path} ends inside an entry")
            yield data[at + 2 : at + 2 + length]
            at, count = at + 2 + length, count + 1
        if count != width:
            raise ValueError(f"bundle {path} has {count} entries")


def _paths(count: int) -> Iterator[tuple[str, int]]:
    for index in range(count // 256):
        yield _path(index), 256
    if count % 256:
        yield f"{_path(count // 256)}.p/{count % 256}", count % 256


def _path(index: int) -> str:
    path = f"{index % 1000:03}"
    while index >= 1000:
        index //= 1000
        path = f"x{index % 1000:03}/{path}"
    return path


def _root(leaves: list[bytes]) -> bytes:
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k < (len(leaves) + 1) // 2:
        k *= 2
    return hashlib.sha256(b"\x01" + _root(leaves[:k]) + _root(leaves[k:])).digest()
