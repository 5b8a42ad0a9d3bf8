"""A copy that every browser plays: H.264 and AAC in MP4, or AAC alone for sound.

It keeps the times of the original and drops what it does not need: every stream but the first picture and the first sound, metadata,
chapters. What does not decode is left out: the copy is for watching, the original is the evidence.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, BinaryIO

import av
from av.audio.frame import AudioFrame
from av.container import InputContainer, OutputContainer
from av.video.frame import VideoFrame

from vestige.errors import MediaFailed
from vestige.media.copying import PictureCopy, SoundCopy
from vestige.media.pictures import main_picture, open_media
from vestige.media.sink import PipeSink

_THREADS = 4


def run(_request: dict[str, Any], source: BinaryIO, sink: PipeSink, _model: bytes | None) -> dict[str, object]:
    """Writes the copy into the sink; answers its size (0 by 0 for sound), duration in ms and number of frames. Raises MediaFailed."""
    try:
        first = _first_frame(source)
        with open_media(source) as original, av.open(sink, "w", format="mp4") as out:
            picture, sound = _copies(original, out, first)
            _copy(original, out, (picture, sound), sink)
    except av.error.FFmpegError as error:
        raise MediaFailed(f"no copy could be made: {error}") from error
    ends = max(copy.ends for copy in (picture, sound) if copy is not None)
    if ends <= 0:
        raise MediaFailed("nothing of it decodes")
    return {
        "width": picture.stream.width if picture else 0,
        "height": picture.stream.height if picture else 0,
        "duration_ms": round(ends * 1000),
        "frames": picture.frames if picture else 0,
    }


def _first_frame(source: BinaryIO) -> VideoFrame | None:
    with open_media(source) as original:
        stream = main_picture(original)
        if stream is None:
            return None
        return next((frame for packet in original.demux(stream) for frame in _decoded(packet) if isinstance(frame, VideoFrame)), None)


def _copies(original: InputContainer, out: OutputContainer, first: VideoFrame | None) -> tuple[PictureCopy | None, SoundCopy | None]:
    start = Fraction(original.start_time or 0, 1_000_000)
    stream = main_picture(original)
    picture = PictureCopy.of(out, stream, first, start) if stream is not None and first is not None else None
    sound = SoundCopy.of(out, original.streams.audio[0], start) if original.streams.audio else None
    if picture is None and sound is None:
        raise MediaFailed("it has neither picture nor sound that decodes")
    return picture, sound


def _copy(original: InputContainer, out: OutputContainer, copies: tuple[PictureCopy | None, SoundCopy | None], sink: PipeSink) -> None:
    picture, sound = copies
    wanted: list[Any] = [main_picture(original)] if picture else []
    if picture:
        wanted[0].codec_context.thread_count, wanted[0].codec_context.thread_type = _THREADS, "AUTO"
    wanted += [original.streams.audio[0]] if sound else []
    duration = (original.duration or 0) / 1_000_000
    for packet in original.demux(wanted):
        for frame in _decoded(packet):
            if isinstance(frame, VideoFrame) and picture:
                out.mux(list(picture.add(frame)))
                sink.report(float(picture.ends) / duration if duration else 0.0)
            elif isinstance(frame, AudioFrame) and sound:
                out.mux(list(sound.add(frame)))
    for copy in (picture, sound):
        if copy is not None:
            out.mux(list(copy.end()))


def _decoded(packet: "av.Packet[Any]") -> Iterator[Any]:
    """The frames of a packet; none of one that is damaged."""
    try:
        yield from packet.decode()
    except av.error.InvalidDataError:
        return
