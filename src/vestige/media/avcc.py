"""The decoder configuration of H.264 in an MP4 (`avcC`, ISO/IEC 14496-15): read strictly, and put together of two."""

from dataclasses import dataclass, replace

from vestige.errors import MediaFailed

PROFILES = {66: "baseline", 77: "main", 100: "high"}
_SEQUENCE, _PICTURE = 7, 8
_LARGEST_SET = 256  # bytes; real ones have dozens
_TAILS = (b"", bytes.fromhex("fdf8f800"))  # nothing, or 4:2:0 in 8 bits without further sets
_IDS = range(1, 32)  # of sequences; a picture's set may have larger ones


class NotCopyable(MediaFailed):
    """A picture whose samples cannot be copied beside others; the message says why."""


@dataclass(frozen=True, slots=True)
class Sets:
    """The parts of an `avcC`: its first five bytes, the parameter sets of sequences and of pictures, and what comes behind them."""

    head: bytes
    sequences: tuple[bytes, ...]
    pictures: tuple[bytes, ...]
    tail: bytes

    @property
    def profile(self) -> str | None:
        """The encoder's word for the profile; None for one of other than 8 bits, 4:2:0, frame by frame."""
        return PROFILES.get(self.head[1])

    def has(self, unit: bytes) -> bool:
        """Whether a unit is one of the sets."""
        return unit in self.sequences or unit in self.pictures

    def free_id(self) -> int:
        """An id that no set has. Raises NotCopyable where all are taken."""
        taken = {_number(one, 4) for one in self.sequences} | {_number(one, 1) for one in self.pictures}
        free = next((number for number in _IDS if number not in taken), None)
        if free is None:
            raise NotCopyable("the picture's parameter sets leave no id free")
        return free

    def with_added(self, others: "Sets") -> "Sets":
        """These sets, and then those of another."""
        return replace(self, sequences=self.sequences + others.sequences, pictures=self.pictures + others.pictures)

    def to_bytes(self) -> bytes:
        """The payload of the box."""
        groups = ((0xE0, self.sequences), (0, self.pictures))
        listed = [bytes((mark | len(units),)) + b"".join(len(unit).to_bytes(2, "big") + unit for unit in units) for mark, units in groups]
        return self.head + b"".join(listed) + self.tail


def sets_of(data: bytes) -> Sets:
    """The parts of an `avcC`. Raises NotCopyable where it is cut off, has other lengths than four bytes, or holds what is no parameter set."""
    found = encoded_sets(data)
    if found.tail not in _TAILS or found.to_bytes() != data:
        raise NotCopyable("the picture's description holds more than its parameter sets")
    return found


def encoded_sets(data: bytes) -> Sets:
    """As `sets_of`, for an encoder's own, whatever stands behind its sets: FFmpeg writes bits there that only some profiles have."""
    groups, at = [], 5
    if len(data) < 7 or data[0] != 1 or data[4] != 0xFF:
        raise NotCopyable("the picture's description is not as ISO files have it")
    for mask, kind in ((0x1F, _SEQUENCE), (0xFF, _PICTURE)):
        units, count = [], data[at] & mask if at < len(data) else 0
        at += 1
        for _ in range(count):
            length = int.from_bytes(data[at : at + 2], "big")
            unit = data[at + 2 : at + 2 + length]
            at += 2 + length
            if not 4 <= length <= _LARGEST_SET or len(unit) != length or unit[0] & 0x1F != kind:
                raise NotCopyable("the picture's description holds what is no parameter set")
            units.append(unit)
        groups.append(tuple(units))
    if not groups[0] or not groups[1]:
        raise NotCopyable("the picture's description lacks parameter sets")
    return Sets(data[:5], groups[0], groups[1], data[at:])


def _number(unit: bytes, start: int) -> int:
    """The unsigned Exp-Golomb number at a byte (ITU-T H.264, 9.1)."""
    bits = int.from_bytes(unit[start : start + 4].ljust(4, b"\0"), "big")
    zeros = 32 - bits.bit_length()
    if zeros > 8:
        raise NotCopyable("a parameter set has no id")
    return (bits >> 31 - 2 * zeros) - 1
