"""EBML elements (RFC 8794), read without trust."""

from collections.abc import Iterator
from dataclasses import dataclass

from vestige.media.containers.reading import Window
from vestige.media.containers.tables import MOST_HEAD, NoSampleTable

_MOST_ELEMENTS = 16_000_000
_LONGEST_HEAD = 12


@dataclass(frozen=True, slots=True)
class Element:
    """An element: its id with its marker, where it begins, where its payload begins and ends (-1: where it ends is not said)."""

    id: int
    at: int
    start: int
    end: int


class Ebml:
    """Reads elements through a window. Raises NoSampleTable with what is wrong and where."""

    def __init__(self, window: Window) -> None:
        """Over the whole file of the window."""
        self._window = window
        self._seen = 0

    def element(self, at: int, end: int) -> Element | None:
        """The element there, or None when the file or the parent that ends at `end` has no room for its head."""
        self._seen += 1
        if self._seen > _MOST_ELEMENTS:
            raise NoSampleTable("the file has more elements than any recording")
        head = self._window.view(at, min(_LONGEST_HEAD, end - at))
        wide = width(head[0]) if head else 0
        if wide > 4:
            raise NoSampleTable(f"no element begins at {at}")
        if len(head) <= wide:
            return None
        body = wide + width(head[wide])
        if body > wide + 8:
            raise NoSampleTable(f"the element at {at} has no length")
        if len(head) < body:
            return None
        size = number(head[wide:body])
        start = at + body
        return Element(int.from_bytes(head[:wide], "big"), at, start, -1 if size is None else start + size)

    def children(self, parent: Element) -> Iterator[Element]:
        """The elements inside one. All must say where they end, and end within it."""
        at = parent.start
        while at < parent.end:
            child = self.element(at, parent.end)
            if child is None or not child.start <= child.end <= parent.end:
                raise NoSampleTable(f"the element at {at} reaches beyond the one at {parent.at} that holds it")
            yield child
            at = child.end

    def values(self, parent: Element) -> dict[int, Element]:
        """The children by their id, of each the first."""
        found: dict[int, Element] = {}
        for child in self.children(parent):
            found.setdefault(child.id, child)
        return found

    def payload(self, element: Element) -> bytes:
        """The bytes of an element."""
        length = element.end - element.start
        if length > MOST_HEAD:
            raise NoSampleTable(f"the element at {element.at} has {length} bytes, more than any recording's")
        return self._window.bytes(element.start, length, "an element")

    def uint(self, element: Element | None, default: int = 0) -> int:
        """The number without sign that an element holds; the default where there is no element."""
        if element is None:
            return default
        if element.end - element.start > 8:
            raise NoSampleTable(f"the element at {element.at} is too long for a number")
        return int.from_bytes(self.payload(element), "big")


def width(first: int) -> int:
    """How many bytes a variable-length number has, by its first byte; 9 for a byte that begins none."""
    return 9 - first.bit_length()


def number(data: bytes | memoryview) -> int | None:
    """The value of a variable-length number without its marker; None when all bits are set: unknown."""
    most = (1 << 7 * len(data)) - 1
    value = int.from_bytes(data, "big") & most
    return None if value == most else value
