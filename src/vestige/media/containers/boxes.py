"""Boxes of MP4 and QuickTime files (ISO/IEC 14496-12, section 4.2) and the numbers in them."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from vestige.media.containers.reading import Window
from vestige.media.containers.tables import MOST_HEAD, Ints, NoSampleTable

_MOST_BOXES = 8_000_000  # a day of one-second fragments has a quarter of that


@dataclass(frozen=True, slots=True)
class Box:
    """A box: its type, where it begins, where its payload begins and ends; `whole` unless it says that it is longer than what holds it."""

    type: bytes
    at: int
    start: int
    end: int
    whole: bool = True

    @property
    def name(self) -> str:
        """Its type, for messages."""
        return self.type.decode("latin-1")


class Boxes:
    """Reads boxes through a window. Raises NoSampleTable with what is missing or wrong."""

    def __init__(self, window: Window) -> None:
        """Over the whole file of the window."""
        self._window = window
        self._seen = 0
        self.file = Box(b"file", 0, 0, window.size)

    def children(self, parent: Box, skip: int = 0) -> Iterator[Box]:
        """The boxes inside a box, after `skip` bytes. The list ends at what is no box; a box ends with its parent at the latest."""
        at = parent.start + skip
        while at + 8 <= parent.end:
            self._seen += 1
            if self._seen > _MOST_BOXES:
                raise NoSampleTable("the file has more boxes than any recording")
            head = self._window.bytes(at, 8, "a box")
            size, start = int.from_bytes(head[:4], "big"), at + 8
            if size == 1 and at + 16 <= parent.end:
                size, start = int.from_bytes(self._window.bytes(at + 8, 8, "a box"), "big"), at + 16
            elif size == 0 and parent is self.file:
                size = parent.end - at
            if size < start - at:
                return
            yield Box(head[4:8], at, start, min(at + size, parent.end), whole=at + size <= parent.end)
            at += size

    def find(self, parent: Box, *path: bytes) -> Box | None:
        """The first box at a path, or None."""
        box: Box | None = parent
        for kind in path:
            box = next((b for b in self.children(box) if b.type == kind), None) if box else None
        return box

    def need(self, parent: Box, *path: bytes) -> Box:
        """The first box at a path."""
        box = self.find(parent, *path)
        if box is None:
            raise NoSampleTable(f"the box {parent.name} at {parent.at} has no {'/'.join(kind.decode() for kind in path)}")
        return box

    def payload(self, box: Box, most: int = MOST_HEAD) -> "Data":
        """The bytes of a box, of which no more than `most` are believed."""
        length = box.end - box.start
        if length > most:
            raise NoSampleTable(f"the box {box.name} at {box.at} has {length} bytes, more than any recording's")
        return Data(self._window.bytes(box.start, length, f"the box {box.name}"), f"the box {box.name} at {box.at}")

    def head(self, box: Box, length: int) -> "Data":
        """The first `length` bytes of a box, fewer if it has fewer."""
        length = min(length, box.end - box.start)
        return Data(self._window.bytes(box.start, length, f"the box {box.name}"), f"the box {box.name} at {box.at}")


@dataclass(frozen=True, slots=True)
class Data:
    """Bytes and whose they are; every number taken is checked to lie within."""

    raw: bytes
    name: str

    @property
    def version(self) -> int:
        """The first byte: a full box's version."""
        return self.uint(0, 1)

    def uint(self, at: int, length: int = 4) -> int:
        """A big-endian number without sign."""
        return int.from_bytes(self.part(at, length), "big")

    def sint(self, at: int, length: int = 4) -> int:
        """A big-endian number with sign."""
        return int.from_bytes(self.part(at, length), "big", signed=True)

    def part(self, at: int, length: int) -> bytes:
        """`length` bytes."""
        if at + length > len(self.raw):
            raise NoSampleTable(f"{self.name} is too short for what it must say")
        return self.raw[at : at + length]

    def column(self, at: int, count: int, form: str) -> Ints:
        """`count` numbers of a numpy form from `at`."""
        width = np.dtype(form).itemsize
        room = max(0, len(self.raw) - at) // width
        if count > room:
            raise NoSampleTable(f"{self.name} says {count} numbers and has room for {room}")
        return np.frombuffer(self.raw, form, count, at).astype(np.int64)
