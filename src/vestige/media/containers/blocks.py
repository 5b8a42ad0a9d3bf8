"""Blocks of Matroska (RFC 9559, section 10): their head, and the samples that are laced into them."""

from dataclasses import dataclass

from vestige.media.containers.ebml import Element, number, width
from vestige.media.containers.reading import Window
from vestige.media.containers.tables import NoSampleTable

_XIPH, _FIXED = 0x02, 0x04
_LONGEST_TABLE = 1 << 20  # 255 sizes; Xiph writes one of a megabyte in 4 kB


@dataclass(frozen=True, slots=True)
class BlockHead:
    """A block's track, its time after its cluster's, its key flag, its kind of lacing, and where its content begins."""

    track: int
    time: int
    key: bool
    lacing: int
    start: int


def head_of(window: Window, block: Element) -> BlockHead:
    """The head of a block. Raises NoSampleTable where it is too short."""
    length = min(12, block.end - block.start, max(0, window.size - block.start))
    head = window.view(block.start, length)
    wide = width(head[0]) if length else 9
    if wide > 8 or length < wide + 3:
        raise NoSampleTable(f"the block at {block.at} is too short for its head")
    flags = head[wide + 2]
    time = int.from_bytes(head[wide : wide + 2], "big", signed=True)
    return BlockHead(number(head[:wide]) or 0, time, bool(flags & 0x80), flags & 0x06, block.start + wide + 3)


def laces(window: Window, block: Element, head: BlockHead) -> list[tuple[int, int]]:
    """Place and size of each sample in a block. Raises NoSampleTable when their sizes do not fill it."""
    at, end = head.start, block.end
    if not head.lacing or end > window.size:  # of a block that is cut off no more is told than that it is missing
        return [(at, end - at)]
    table = window.view(at, min(end - at, _LONGEST_TABLE))
    if not table:
        raise NoSampleTable(f"the block at {block.at} is too short for its laces")
    count = table[0] + 1
    try:
        if head.lacing == _FIXED:
            sizes, used = [(end - at - 1) // count] * count, 1
        else:
            sizes, used = (_xiph if head.lacing == _XIPH else _ebml)(table, count - 1)
            sizes.append(end - at - used - sum(sizes))
    except IndexError as error:
        raise NoSampleTable(f"the block at {block.at} is too short for its laces") from error
    if min(sizes) < 0 or used + sum(sizes) != end - at:
        raise NoSampleTable(f"the laces of the block at {block.at} do not fill it")
    found, at = [], at + used
    for size in sizes:
        found.append((at, size))
        at += size
    return found


def _xiph(table: memoryview, count: int) -> tuple[list[int], int]:
    sizes, at = [], 1
    for _ in range(count):
        size = 0
        while table[at] == 255:
            size, at = size + 255, at + 1
        sizes.append(size + table[at])
        at += 1
    return sizes, at


def _ebml(table: memoryview, count: int) -> tuple[list[int], int]:
    sizes: list[int] = []
    at = 1
    for lace in range(count):
        wide = width(table[at])
        if wide > 8 or at + wide > len(table):
            raise IndexError
        value = int.from_bytes(table[at : at + wide], "big") & ((1 << 7 * wide) - 1)
        sizes.append(value if lace == 0 else sizes[-1] + value - ((1 << 7 * wide - 1) - 1))
        at += wide
    return sizes, at
