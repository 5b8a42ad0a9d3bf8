"""Where the tree lies in files: the arithmetic of C2SP tlog-tiles. Hash tiles of 256, entry bundles, their paths.

A tile of level *l* holds up to 256 hashes, each the root of 256^l leaves. Only full tiles go into the level above.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from vestige.custody.tree import Frontier, Subtree, node_hash, split

WIDTH = 256
LONGEST_ENTRY = 65_535
"""Bytes of an entry: a bundle has two bytes for its length."""

_HEIGHT = 8
_NAME = re.compile(r"tile/(entries|[0-9]{1,2})/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([0-9]{1,3}))?")


@dataclass(frozen=True, slots=True, order=True)
class Tile:
    """A tile: its level (0 to 63), its number in that level, how many hashes it has (1 to 256). A bundle of entries belongs to each of level 0."""

    level: int
    index: int
    width: int = WIDTH

    def path(self) -> str:
        """Where the hashes lie: `tile/0/x001/x234/067.p/12`."""
        return f"tile/{self.level}/{self._place()}"

    def bundle_path(self) -> str:
        """Where the entries lie."""
        return f"tile/entries/{self._place()}"

    @property
    def start(self) -> int:
        """The number of the tile's first hash in its level."""
        return self.index * WIDTH

    @property
    def full(self) -> bool:
        """Whether nothing can be added to it."""
        return self.width == WIDTH

    def _place(self) -> str:
        digits = f"{self.index:03d}"
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        parts = [digits[at : at + 3] for at in range(0, len(digits), 3)]
        return "/".join([*(f"x{part}" for part in parts[:-1]), parts[-1]]) + ("" if self.full else f".p/{self.width}")


def tiles(size: int, since: int = 0) -> Iterator[Tile]:
    """The tiles of the tree of `size` that are not tiles of the tree of `since` leaves: the whole tree by default."""
    level = 0
    while size >> _HEIGHT * level:
        now, before = size >> _HEIGHT * level, since >> _HEIGHT * level
        for index in range(before // WIDTH, now // WIDTH):
            yield Tile(level, index)
        if now % WIDTH and now != before:
            yield Tile(level, now // WIDTH, now % WIDTH)
        level += 1


def partial_tiles(size: int) -> Iterator[Tile]:
    """The tiles of the tree of `size` that are not full: at most one a level."""
    level = 0
    while size >> _HEIGHT * level:
        count = size >> _HEIGHT * level
        if count % WIDTH:
            yield Tile(level, count // WIDTH, count % WIDTH)
        level += 1


def bundle(entries: Sequence[bytes]) -> bytes:
    """A bundle: each entry after its length in two bytes, big-endian. Raises ValueError for one of more than 65,535 bytes."""
    for entry in entries:
        if len(entry) > LONGEST_ENTRY:
            raise ValueError(f"an entry of {len(entry)} bytes cannot be published")
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def names(tile: Tile) -> list[str]:
    """The files of a tile: its hashes, and for level 0 its entries."""
    return [tile.path(), tile.bundle_path()] if tile.level == 0 else [tile.path()]


def parse_name(name: str) -> Tile | None:
    """The tile that a file of that name holds (a bundle is that of its tile of level 0); None for the name of no such file."""
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    level = 0 if found[1] == "entries" else int(found[1])
    tile = Tile(level, int(found[2].replace("/", "").replace("x", "")), int(found[3] or WIDTH))
    return tile if 1 <= tile.width <= WIDTH and name in names(tile) else None


Hashes = Callable[[int, int, int], list[bytes]]
"""`hashes(level, start, end)`: the hashes of a level (32 bytes each) from number `start` up to before `end`."""


def full_tiles(start: int, leaves: Sequence[bytes], stored: Hashes, level: int = 0) -> list[tuple[Tile, bytes]]:
    """The tiles that become full when hashes are added to a level at `start`, and those above them, each with its root."""
    first = start - start % WIDTH
    row = [*(stored(level, first, start) if first < start else ()), *leaves]
    roots = [Frontier().append(row[at : at + WIDTH]).root() for at in range(0, len(row) - WIDTH + 1, WIDTH)]
    if not roots:
        return []
    mine = [(Tile(level, first // WIDTH + number), root) for number, root in enumerate(roots)]
    return mine + full_tiles(first // WIDTH, roots, stored, level + 1)


def subtrees_in(size: int, stored: Hashes) -> Subtree:
    """A reader of subtree roots in the tree of `size`, from its tiles; each tile is read once."""
    read: dict[tuple[int, int], list[bytes]] = {}
    known: dict[tuple[int, int], bytes] = {}

    def one(level: int, number: int) -> bytes:
        key = (level, number // WIDTH)
        if key not in read:
            start = key[1] * WIDTH
            read[key] = stored(level, start, min(start + WIDTH, size >> _HEIGHT * level))
        return read[key][number % WIDTH]

    def root(start: int, end: int) -> bytes:
        count = end - start
        level, between = divmod(count.bit_length() - 1, _HEIGHT)
        if not between and count == 1 << _HEIGHT * level:
            return one(level, start >> _HEIGHT * level)
        if (start, end) not in known:
            middle = start + split(count)
            known[start, end] = node_hash(root(start, middle), root(middle, end))
        return known[start, end]

    return root
