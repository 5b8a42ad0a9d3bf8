"""The decoder configuration of H.264 (`avcC`, ISO/IEC 14496-15): that a released one only adds to the original's."""

from dataclasses import dataclass

from vestige_verify.errors import VerificationError

_HEAD = 5  # version, profile, compatibility, level, length size


@dataclass(frozen=True, slots=True)
class _Sets:
    head: bytes
    sequence: list[bytes]
    picture: list[bytes]
    tail: bytes


def require_added_only(original: bytes, released: bytes) -> None:
    """Returns if every parameter set of the original is there unchanged, and every other has an id of its own.

    So a sample of the original is decoded by the original's own sets. Refuses (VerificationError) anything else.
    """
    old, new = _parse(original), _parse(released)
    if old.head != new.head or old.tail != new.tail:
        raise VerificationError("the picture is decoded in another way than the original's")
    for before, after, number in ((old.sequence, new.sequence, _sequence_id), (old.picture, new.picture, _picture_id)):
        if after[: len(before)] != before:
            raise VerificationError("the picture lacks a parameter set of the original, or has another in its place")
        ids = [number(one) for one in after]
        if len(set(ids)) != len(ids):
            raise VerificationError("a parameter set that was added to the picture takes the place of one of the original's")


def _parse(data: bytes) -> _Sets:
    at, groups = _HEAD, []
    for mask in (0x1F, 0xFF):
        found = []
        for _ in range(_byte(data, at) & mask):
            length = int.from_bytes(data[at + 1 : at + 3], "big")
            unit = data[at + 3 : at + 3 + length]
            if len(unit) != length or length < 2:
                raise VerificationError("a decoder configuration is cut off")
            found.append(unit)
            at += 2 + length
        at += 1
        groups.append(found)
    return _Sets(data[:_HEAD], groups[0], groups[1], data[at:])


def _byte(data: bytes, at: int) -> int:
    if at >= len(data):
        raise VerificationError("a decoder configuration is cut off")
    return data[at]


def _sequence_id(unit: bytes) -> int:
    return _golomb(unit, 4)  # after the unit's head, profile, constraints and level


def _picture_id(unit: bytes) -> int:
    return _golomb(unit, 1)


def _golomb(unit: bytes, start: int) -> int:
    """The unsigned Exp-Golomb number at a byte (ITU-T H.264, 9.1); ids are small, so no escape byte can stand before it ends."""
    bits = int.from_bytes(unit[start : start + 4].ljust(4, b"\0"), "big")
    zeros = 32 - bits.bit_length()
    if zeros > 8:
        raise VerificationError("a parameter set has no id")
    return (bits >> 31 - 2 * zeros) - 1
