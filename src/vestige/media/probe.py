"""What a file is: by its content, never by its name. Facts only; what follows from them is judged elsewhere."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any, BinaryIO

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from vestige.media import gpmf
from vestige.media.containers.tables import Track

Facts = dict[str, Any]
_MAGIC = ((b"\xff\xd8\xff", "image", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image", "image/png"), (b"%PDF-", "document", "application/pdf"))
_AUDIO_MIME = {"wav": "audio/wav", "flac": "audio/flac", "mp3": "audio/mpeg", "aac": "audio/aac", "ogg": "audio/ogg"}
_BROWSER_PIXELS = frozenset({"yuv420p", "yuvj420p"})
_BROWSER_SOUND = frozenset({"aac", "mp3", "flac", "opus"})
_SAMPLED = 10
_MOST_FRAMES = 600
_SPARED = 2  # samples of a group that may hold no picture: signed video ends with a signature of its own
_ISO6709 = re.compile(r"^([+-]\d+(?:\.\d+)?)([+-]\d+(?:\.\d+)?)")
_DEVICE_TAGS = {
    "com.apple.quicktime.make": "make",
    "com.apple.quicktime.model": "model",
    "make": "make",
    "model": "model",
    "firmware": "firmware",
}


def empty(kind: str = "unknown", error: str = "") -> Facts:
    """The facts of a file of which nothing could be read."""
    return {
        "kind": kind, "opens": False, "error": error[:500], "container": "", "mime": "application/octet-stream", "playable": False,
        "duration_ms": 0, "streams": [], "groups_sampled": 0, "groups_decoded": 0, "container_time": None, "telemetry_time": None,
        "device": {}, "place": None, "declared_frames": 0,
    }  # fmt: skip


def probe(source: BinaryIO, tracks: list[Track] | None) -> Facts:
    """The facts of a file. `tracks` are its sample tables, None where it has none."""
    source.seek(0)
    head = source.read(16)
    for magic, kind, mime in _MAGIC:
        if head.startswith(magic):
            return _still(source, kind, mime)
    source.seek(0)
    try:
        with av.open(source, "r", metadata_errors="replace") as container:
            return _recording(container, tracks)
    except (av.error.FFmpegError, ValueError, OSError) as error:
        return empty(error=f"no decoder opens it: {error}")


def _still(source: BinaryIO, kind: str, mime: str) -> Facts:
    facts = empty(kind) | {"mime": mime, "container": mime.partition("/")[2], "playable": True}
    if kind == "document":
        return facts | {"opens": True}
    source.seek(0)
    try:
        with av.open(source, "r") as container:
            frame = next(container.decode(video=0))
    except (av.error.FFmpegError, ValueError, OSError, StopIteration) as error:
        return facts | {"error": f"the picture does not decode: {error}"[:500]}
    stream = {"kind": "video", "codec": mime.partition("/")[2], "width": frame.width, "height": frame.height}
    return facts | {"opens": True, "streams": [stream]}


def _recording(container: InputContainer, tracks: list[Track] | None) -> Facts:
    pictures = [s for s in container.streams.video if not _attached(s)]
    kind = "video" if pictures else "audio" if container.streams.audio else "unknown"
    name = container.format.name.partition(",")[0]
    facts = empty(kind, "" if kind != "unknown" else "it has neither picture nor sound") | {
        "opens": kind != "unknown",
        "container": name,
        "mime": "video/mp4" if name in {"mov", "mp4"} and kind == "video" else _AUDIO_MIME.get(name, f"{kind}/{name}"),
        "duration_ms": max(0, round((container.duration or 0) / 1000)),
        "streams": [_stream(s) for s in container.streams][:64],
        "container_time": _when(container.metadata.get("creation_time")),
        "device": {to: v[:500] for tag, v in container.metadata.items() if (to := _DEVICE_TAGS.get(tag.lower()))},
        "declared_frames": max((s.frames for s in pictures), default=0),
    }
    for stream, track in zip(facts["streams"], tracks or (), strict=False):
        if stream["kind"] == "video":
            stream["rotation"] = track.header.rotation
    facts["playable"] = _playable(facts, container)
    facts |= _telemetry(container)
    if kind == "video":
        facts |= _sample(container, pictures[0], tracks)
    elif kind == "audio":
        facts |= _listen(container)
    return facts


def _attached(stream: VideoStream) -> bool:
    return bool(stream.disposition & av.stream.Disposition.attached_pic)


def _stream(stream: Any) -> Facts:  # noqa: ANN401  # any kind of PyAV stream
    coder: Any = getattr(stream, "codec_context", None)
    kind = stream.type if stream.type in {"audio", "video"} else "other"
    facts: Facts = {"kind": kind, "codec": (coder.name if coder else None) or stream.type, "frames": max(0, stream.frames)}
    if kind == "video":
        rate = stream.average_rate or Fraction(0)
        facts |= {
            "width": coder.width,
            "height": coder.height,
            "rotation": 0,
            "fps_milli": min(10_000_000, round(rate * 1000)),
            "pixel_format": coder.pix_fmt or "",
        }
    elif kind == "audio":
        facts |= {"rate": coder.sample_rate or 0, "channels": coder.layout.nb_channels if coder.layout else 0}
    return facts


def _playable(facts: Facts, container: InputContainer) -> bool:
    """Whether a browser plays it as it is: H.264, 8 bits, 4:2:0, with AAC or none in MP4; or common sound."""
    sound = all(s.codec_context.name in _BROWSER_SOUND or s.codec_context.name.startswith("pcm_s16") for s in container.streams.audio)
    if facts["kind"] == "audio":
        return sound and facts["mime"] in _AUDIO_MIME.values()
    coders = [s.codec_context for s in container.streams.video if not _attached(s)]
    if facts["mime"] != "video/mp4" or not coders:
        return False
    return (
        coders[0].name == "h264"
        and coders[0].pix_fmt in _BROWSER_PIXELS
        and all(s.codec_context.name == "aac" for s in container.streams.audio)
    )


def _when(text: str | None) -> int | None:
    try:
        at = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    if at is None or at.year < 1990:
        return None
    return round((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000)


def _telemetry(container: InputContainer) -> Facts:
    """Place and time as satellites tell them, from the first payloads of a GoPro track; else the container's own place."""
    facts: Facts = {}
    found = _ISO6709.match(container.metadata.get("location", ""))
    if found:
        facts["place"] = [round(float(part) * 10_000_000) for part in found.groups()]
    met = [s for s in container.streams.data if s.metadata.get("handler_name", "").strip().endswith("GoPro MET")]
    if not met:
        return facts
    for count, packet in enumerate(container.demux(met[0])):
        data = bytes(packet)
        name = gpmf.device_name(data)
        if name and "device" not in facts:
            facts["device"] = {"model": name, "firmware": container.metadata.get("firmware", "")[:100]}
        fix = gpmf.first_fix(data)
        if fix:
            return facts | {"place": [fix.latitude_e7, fix.longitude_e7], "telemetry_time": fix.time_ms}
        if count > 120:
            break
    return facts


def _sample(container: InputContainer, stream: VideoStream, tracks: list[Track] | None) -> Facts:
    """Decode up to ten groups of pictures: the first, the last, and eight between."""
    starts = _key_times(container, stream, tracks)
    if not starts:
        return {"groups_sampled": 1, "groups_decoded": 0}
    spread = len(starts) - 1
    chosen = sorted({round(spread * i / (_SAMPLED - 1)) for i in range(_SAMPLED)})
    found = [whole for at in chosen if (whole := _group_decodes(container, stream, starts, at)) is not None]
    return {"groups_sampled": max(1, len(found)), "groups_decoded": sum(found)}


def _key_times(container: InputContainer, stream: VideoStream, tracks: list[Track] | None) -> list[int]:
    """When the groups of pictures begin, in the stream's time base, as the demuxer counts."""
    if tracks:
        entries = stream.index_entries
        listed = [entry.timestamp for entry in entries if entry.is_keyframe and not entry.is_discard]
        if listed:
            return sorted(set(listed))
    container.seek(0)
    return sorted({p.dts for p in container.demux(stream) if p.is_keyframe and p.dts is not None})


def _group_decodes(container: InputContainer, stream: VideoStream, starts: list[int], at: int) -> bool | None:
    """Whether a group decodes whole; None for a lone sample without a picture (signed video ends with one)."""
    end = starts[at + 1] if at + 1 < len(starts) else None
    try:
        container.seek(starts[at], stream=stream, backward=True)
        return _frames_are_whole(_packets(container, stream, starts[at], end), stream)
    except (av.error.FFmpegError, ValueError, OSError):
        return False


def _packets(container: InputContainer, stream: VideoStream, start: int, end: int | None) -> Iterator["av.Packet[VideoStream]"]:
    taken = 0
    for packet in container.demux(stream):
        if packet.dts is None or packet.dts < start:
            continue
        if (end is not None and packet.dts >= end) or taken >= _MOST_FRAMES:
            return
        taken += 1
        yield packet


def _frames_are_whole(packets: Iterator["av.Packet[VideoStream]"], stream: VideoStream) -> bool | None:
    """Whether every packet of the group gives a frame without damage; None where one packet without error gives none."""
    coder = stream.codec_context
    coder.flush_buffers()
    taken, frames = 0, 0
    for packet in packets:
        taken += 1
        frames += _whole(coder, packet)
    frames += _whole(coder, None)
    coder.flush_buffers()
    if (taken, frames) == (1, 0):
        return None
    few = taken - frames <= _SPARED and frames * 2 >= taken
    return taken > 0 and (frames >= taken * 0.9 or few)


def _whole(coder: "av.VideoCodecContext", packet: "av.Packet[VideoStream] | None") -> int:
    """How many undamaged frames a packet gives. What a decoder refuses gives none."""
    try:
        return sum(not frame.is_corrupt for frame in coder.decode(packet))
    except av.error.InvalidDataError:
        return 0


def _listen(container: InputContainer) -> Facts:
    """Decode the first seconds of sound."""
    try:
        frames = sum(1 for _, _ in zip(range(50), container.decode(audio=0), strict=False))
    except (av.error.FFmpegError, ValueError, OSError) as error:
        return {"opens": False, "error": f"the sound does not decode: {error}"[:500]}
    return {} if frames else {"opens": False, "error": "no sound of it decodes"}
