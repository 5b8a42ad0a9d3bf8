"""What stands in a released MP4 for a stream of a Matroska original (package format, "Of a Matroska original")."""

import struct
from typing import Final

from vestige_verify.errors import VerificationError
from vestige_verify.media_file import Stream

NANOSECONDS: Final = 1_000_000_000
_CODECS: Final = {
    "avc1": "V_MPEG4/ISO/AVC",
    "avc3": "V_MPEG4/ISO/AVC",
    "hvc1": "V_MPEGH/ISO/HEVC",
    "hev1": "V_MPEGH/ISO/HEVC",
    "mp4a": "A_AAC",
    "Opus": "A_OPUS",
}
_LONGEST_CONFIG: Final = 64
_ESDS: Final = slice(26, -3)  # where the AudioSpecificConfig stands in an `esds`
_DOPS: Final = 11


def codec(stream: Stream) -> str:
    """The CodecID of which the sample entry holds the samples; the entry's own type where it is of none."""
    return _CODECS.get(stream.codec, stream.codec)


def private(stream: Stream) -> bytes:
    """The CodecPrivate that the decoder configuration stands for. Refuses (VerificationError) one that says more, or less."""
    if stream.codec == "mp4a":
        return _specific(stream.configuration)
    if stream.codec == "Opus":
        return _opus_head(stream.configuration)
    return stream.configuration


def tick(stream: Stream) -> int:
    """Nanoseconds of one unit of the stream's time scale: a whole number."""
    if NANOSECONDS % stream.timescale:
        raise VerificationError(f"the {stream.kind} of the footage counts time in parts that are no whole nanoseconds")
    return NANOSECONDS // stream.timescale


def _specific(esds: bytes) -> bytes:
    """The AudioSpecificConfig in an `esds`, around which there is nothing that a file must not say."""
    config = esds[_ESDS]
    size = len(config)
    head = bytes((0, 0, 0, 0, 3, size + 23, 0, 0, 0, 4, size + 15, 0x40, 0x15)) + bytes(11) if size <= _LONGEST_CONFIG else b""
    if esds != head + bytes((5, size % 256)) + config + b"\x06\x01\x02":
        raise VerificationError("the sound of the footage is described in another way than a clip of Matroska describes it")
    return config


def _opus_head(dops: bytes) -> bytes:
    if len(dops) < _DOPS or dops[0]:
        raise VerificationError("the sound of the footage is described in another way than a clip of Matroska describes it")
    channels, skip, rate, gain, family = struct.unpack(">BHIHB", dops[1:_DOPS])
    return b"OpusHead\x01" + struct.pack("<BHIHB", channels, skip, rate, gain, family) + dops[_DOPS:]
