"""Whether a video decodes: up to ten of its groups of pictures are decoded whole, the first, the last, and eight between.

A group decodes when each of its pictures gives a frame and none is damaged. What holds no picture (a signature at the end of signed video
is a sample of its own) is not counted; neither are pictures that the
container cuts off, or shows before the group's key frame, which lean on the group before.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from vestige.media.containers.tables import Track
from vestige.media.pictures import is_untimed

_SAMPLED = 10
_CUT_OFF = 2  # key frames that an edit list may hide from the index of a container
_MOST_FRAMES = 300  # of one group; the first ten seconds of an endless one
_PICTURE_UNITS = {"h264": (0x1F, 0, range(1, 6)), "hevc": (0x3F, 1, range(32))}  # mask after shift, shift, NAL unit types with slices


@dataclass(frozen=True, slots=True)
class Sampled:
    """How many groups were sampled, and how many of them decoded whole."""

    groups: int
    decoded: int


@dataclass(frozen=True, slots=True)
class _Groups:
    """When the groups of a stream begin, in its time base: in decoding time, or in showing time."""

    starts: list[int]
    shown: bool

    def time(self, packet: "av.Packet[VideoStream]") -> int:
        """A packet's time of that sort; the other where it has none."""
        first, second = (packet.pts, packet.dts) if self.shown else (packet.dts, packet.pts)
        return first if first is not None else second or 0


def sample(container: InputContainer, stream: VideoStream, track: Track | None) -> Sampled:
    """Decode up to ten groups. `track` is the stream's sample table, if it has one. A video without a key frame does not decode."""
    if is_untimed(container):
        return _from_start(container, stream)
    groups = _groups(container, stream, track)
    last = len(groups.starts) - 1
    chosen = sorted({round(last * number / (_SAMPLED - 1)) for number in range(_SAMPLED)}) if groups.starts else []
    found = [whole for at in chosen if (whole := _decodes(container, stream, groups, at)) is not None]
    return Sampled(max(1, len(found)), sum(found))


def _from_start(container: InputContainer, stream: VideoStream) -> Sampled:
    """Of a stream without times: its first frames, as one group."""
    try:
        packets = (packet for packet in container.demux(stream) if packet.size)
        wanted, got, damaged = _count(islice(packets, _MOST_FRAMES), stream)
    except (av.error.FFmpegError, ValueError, OSError):
        return Sampled(1, 0)
    return Sampled(1, int(0 < wanted <= got and not damaged))


def _groups(container: InputContainer, stream: VideoStream, track: Track | None) -> _Groups:
    """By the container's index, by its samples where that lists only some of them, or by reading the file."""
    listed = {entry.timestamp for entry in stream.index_entries if entry.is_keyframe and not entry.is_discard}
    if track is not None and track.samples.keys.sum() > len(listed) + _CUT_OFF:
        scale = (stream.time_base or Fraction(1, 1000)) * track.header.timescale
        return _Groups(sorted({int(pts / scale) for pts in track.samples.pts[track.samples.keys].tolist()}), shown=True)
    if not listed:
        container.seek(0)
        groups = _Groups([], shown=False)
        listed = {groups.time(packet) for packet in container.demux(stream) if packet.is_keyframe and packet.size}
    return _Groups(sorted(listed), shown=False)


def _decodes(container: InputContainer, stream: VideoStream, groups: _Groups, at: int) -> bool | None:
    """Whether a group decodes whole; None where it holds no picture."""
    coder = stream.codec_context
    try:
        container.seek(groups.starts[at], stream=stream, backward=True)
        coder.flush_buffers()
        wanted, got, damaged = _count(_packets(container, stream, groups, at), stream)
        coder.flush_buffers()
    except (av.error.FFmpegError, ValueError, OSError):
        return False
    return None if not wanted and not damaged else got >= wanted and not damaged


def _packets(container: InputContainer, stream: VideoStream, groups: _Groups, at: int) -> Iterator["av.Packet[VideoStream]"]:
    """The packets of a group. Key flags don't count here: damage may have taken them away."""
    start, end, taken = groups.starts[at], groups.starts[at + 1] if at + 1 < len(groups.starts) else None, 0
    for packet in container.demux(stream):
        time = groups.time(packet)
        if not packet.size or (not taken and time < start):
            continue
        if taken >= _MOST_FRAMES or (end is not None and time >= end):
            return
        taken += 1
        yield packet


def _count(packets: Iterator["av.Packet[VideoStream]"], stream: VideoStream) -> tuple[int, int, bool]:
    """Pictures that the packets hold, frames that they gave, and whether anything was damaged."""
    begin: int | None = None
    wanted, got, damaged = 0, 0, False
    for packet in packets:
        begin = packet.pts if begin is None else begin
        shown = not packet.is_discard and (begin is None or packet.pts is None or packet.pts >= begin)
        held = holds_picture(bytes(packet), stream)
        wanted += held and shown
        frames, refused = _frames(stream.codec_context, packet)
        damaged |= (refused or packet.is_corrupt) and held and shown
        got, damaged = _add(frames, begin, got, damaged=damaged)
    got, damaged = _add(_frames(stream.codec_context, None)[0], begin, got, damaged=damaged)
    return wanted, got, damaged


def _add(frames: list[av.VideoFrame], begin: int | None, got: int, *, damaged: bool) -> tuple[int, bool]:
    shown = [frame for frame in frames if begin is None or frame.pts is None or frame.pts >= begin]
    return got + len(shown), damaged or any(frame.is_corrupt for frame in shown)


def _frames(coder: av.VideoCodecContext, packet: "av.Packet[VideoStream] | None") -> tuple[list[av.VideoFrame], bool]:
    try:
        return list(coder.decode(packet)), False
    except av.error.InvalidDataError:
        return [], True


def holds_picture(data: bytes, stream: VideoStream) -> bool:
    """Whether a packet of H.264 or HEVC has a slice in it; True for other codecs, whose every packet is a picture."""
    known = _PICTURE_UNITS.get(stream.codec_context.name)
    if known is None or not data:
        return True
    mask, shift, slices = known
    return any(unit and unit[0] >> shift & mask in slices for unit in _units(data, stream))


def _units(data: bytes, stream: VideoStream) -> Iterator[bytes]:
    """The first bytes of each NAL unit: after lengths where the decoder's configuration says so, else after start codes."""
    extra = bytes(stream.codec_context.extradata or b"")
    if extra[:1] != b"\x01":
        yield from (part[:2] for part in data.split(b"\0\0\1")[1:])
        return
    at = 4 if stream.codec_context.name == "h264" else 21
    prefix = (extra[at] & 3) + 1 if len(extra) > at else 4
    place = 0
    while place + prefix < len(data):
        length = int.from_bytes(data[place : place + prefix], "big")
        yield data[place + prefix : place + prefix + 2]
        place += prefix + length
