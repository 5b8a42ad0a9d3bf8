"""The description of a sound in an MP4 (`esds`, ISO/IEC 14496-1 and -3): only one that says nothing but plain AAC-LC is taken."""

from vestige.media.aac import RATES, Coding, NotPlain

_AAC, _AUDIO = 0x40, frozenset({0x14, 0x15})
_LOW_COMPLEXITY, _FRAME_OF_1024 = 2, 0
_NO_REPLICATION = bytes.fromhex("56e500")
_HEAD = 13  # of the decoder's description: object type, stream type, buffer and two bit rates


def coding_of(esds: bytes) -> Coding:
    """The coding that an `esds` (the box's payload) describes. Raises NotPlain where it describes another, or holds anything else."""
    _require(esds[:4] == bytes(4))
    stream, rest = _descriptor(esds[4:], 3)
    _require(not rest and len(stream) > 3 and stream[2] & 0xE0 == 0)
    decoder, behind = _descriptor(stream[3:], 4)
    transport, rest = _descriptor(behind, 6)
    _require(transport == b"\x02" and not rest)
    _require(len(decoder) > _HEAD and decoder[0] == _AAC and decoder[1] in _AUDIO)
    config, rest = _descriptor(decoder[_HEAD:], 5)
    _require(not rest)
    return _coding(config)


def esds_of(config: bytes) -> bytes:
    """An `esds` around an AudioSpecificConfig."""
    decoder = bytes((_AAC, 0x15)) + bytes(11) + _described(5, config)
    return bytes(4) + _described(3, bytes(3) + _described(4, decoder) + _described(6, b"\x02"))


def _coding(config: bytes) -> Coding:
    _require(len(config) >= 2)
    head, rest = int.from_bytes(config[:2], "big"), config[2:]
    kind, rate, channels, flags = head >> 11, head >> 7 & 15, head >> 3 & 15, head & 7
    _require(kind == _LOW_COMPLEXITY and rate < len(RATES) and channels in {1, 2} and flags == _FRAME_OF_1024)
    _require(not any(rest) or (rest[:3] == _NO_REPLICATION and not any(rest[3:])))
    return Coding(RATES[rate], channels)


def _descriptor(data: bytes, tag: int) -> tuple[bytes, bytes]:
    """What a descriptor of that tag holds, and what comes after it."""
    _require(len(data) > 1 and data[0] == tag)
    length, at = 0, 1
    for at in range(1, min(5, len(data))):
        length = length << 7 | data[at] & 0x7F
        if data[at] < 0x80:
            break
    _require(at + 1 + length <= len(data))
    return data[at + 1 : at + 1 + length], data[at + 1 + length :]


def _described(tag: int, data: bytes) -> bytes:
    return bytes((tag, len(data))) + data


def _require(holds: bool) -> None:  # noqa: FBT001  # reads as a sentence
    if not holds:
        raise NotPlain("the sound is described as something else than plain AAC-LC in one channel or two")
