"""Which bytes of a file hold which seconds: pieces of about a quarter of a second of its picture (its sound where there is no picture).

Each sample counts from its presentation time to the next one's, so no two count the same instant, whatever the order in which they lie:
the seconds of any set of samples are the sum of theirs. Bytes of no sample (tables, other streams between pieces) hold no time.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence

from vestige.errors import BadInput

MOST_PIECES = 1_000_000
LONGEST_MS = 31_622_400_000  # a year
_MAGIC = b"vestige-timemap/1\n"
_MOST_VARINT = 9  # bytes: 63 bits

Piece = tuple[int, int, int]
"""First byte, byte behind the last, milliseconds."""


class TimeMap:
    """The map of one file of `size` bytes: pieces in the order in which they lie, no two sharing a byte."""

    def __init__(self, size: int, pieces: Iterable[Piece]) -> None:
        """Refuses (BadInput) pieces that overlap, are empty, leave the file, or are more than a year or a million."""
        self.size = size
        self._starts, self._ends = array("q"), array("q")
        self._before = array("q", [0])
        for start, end, ms in pieces:
            if len(self._starts) >= MOST_PIECES or not (self._ends[-1] if self._ends else 0) <= start < end <= size < 1 << 62:
                raise BadInput(f"the map's pieces are out of order at byte {start}, leave the file, or are too many")
            if not 0 <= ms <= LONGEST_MS - self._before[-1]:
                raise BadInput(f"the map's piece at byte {start} is beyond all time")
            self._starts.append(start)
            self._ends.append(end)
            self._before.append(self._before[-1] + ms)

    def __len__(self) -> int:
        return len(self._starts)

    @property
    def duration_ms(self) -> int:
        """Milliseconds of all pieces."""
        return self._before[-1]

    def served_ms(self, spans: Sequence[tuple[int, int]]) -> int:
        """Milliseconds in those bytes (sorted spans that do not overlap); a piece of which a part is missing counts by its part."""
        return round(sum(self._within(start, end) for start, end in spans))

    def _within(self, start: int, end: int) -> float:
        """Milliseconds from byte `start` up to, without, `end`: whole pieces by their sum, the two at the edges by their part."""
        first, last = bisect_right(self._ends, start), bisect_left(self._starts, end)
        if first >= last:
            return 0.0
        whole = self._before[last] - self._before[first]
        before = max(0, start - self._starts[first]) * self._rate(first)
        behind = max(0, self._ends[last - 1] - end) * self._rate(last - 1)
        return whole - before - behind

    def _rate(self, piece: int) -> float:
        """Milliseconds a byte."""
        return (self._before[piece + 1] - self._before[piece]) / (self._ends[piece] - self._starts[piece])

    def to_bytes(self) -> bytes:
        """The map as it is kept: a magic line, the file's size, then of each piece its distance from the last, length, milliseconds."""
        out = bytearray(_MAGIC + _varint(self.size))
        behind = 0
        for number, (start, end) in enumerate(zip(self._starts, self._ends, strict=True)):
            for value in (start - behind, end - start, self._before[number + 1] - self._before[number]):
                out += _varint(value)
            behind = end
        return bytes(out)

    @classmethod
    def from_bytes(cls, data: bytes) -> "TimeMap":
        """The map that `to_bytes` wrote. Raises BadInput for anything else."""
        if not data.startswith(_MAGIC):
            raise BadInput("this is no map of bytes to seconds")
        numbers = _numbers(data, len(_MAGIC))
        return cls(next(numbers, 0), _pieces(numbers))


def _pieces(numbers: Iterator[int]) -> Iterator[Piece]:
    behind = 0
    for gap in numbers:
        length, ms = next(numbers, 0), next(numbers, -1)
        start, behind = behind + gap, behind + gap + length
        yield start, behind, ms


def _varint(value: int) -> bytes:
    """Seven bits a byte, the lowest first; the highest bit says that more follow."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _numbers(data: bytes, at: int) -> Iterator[int]:
    value = shift = 0
    for byte in data[at:]:
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            yield value
            value = shift = 0
        elif shift >= 7 * _MOST_VARINT:
            raise BadInput("the map holds a number that is too large")
    if shift:
        raise BadInput("the map is cut off")
