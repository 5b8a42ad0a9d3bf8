"""What a file is: by its content, never by its name. Facts only; what follows from them is judged elsewhere."""

from fractions import Fraction
from typing import Any, BinaryIO

import av
from av.container import InputContainer

from vestige.media.containers.tables import Track
from vestige.media.pictures import main_picture, open_media
from vestige.media.sampling import sample
from vestige.media.shapes import clean
from vestige.media.telemetry import time_in, told_by

Facts = dict[str, Any]
_STILLS = ((b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png"))
_PDF, _PDF_WITHIN = b"%PDF-", 1024  # readers accept a header that begins within the first kilobyte
_SOUND = {
    "aac": "audio/aac",
    "flac": "audio/flac",
    "matroska": "audio/x-matroska",
    "mov": "audio/mp4",
    "mp3": "audio/mpeg",
    "ogg": "audio/ogg",
    "wav": "audio/wav",
}
_BROWSER_PIXELS = frozenset({"yuv420p", "yuvj420p"})
_BROWSER_SOUND = frozenset({"aac", "flac", "mp3", "mp3float", "opus", "pcm_f32le", "pcm_s16le", "pcm_s24le", "pcm_u8", "vorbis"})
_BROWSER_SOUND_FILES = frozenset({"audio/aac", "audio/flac", "audio/mp4", "audio/mpeg", "audio/ogg", "audio/wav"})
_MOST_STREAMS = 64
_LARGEST_STILL = 512 << 20  # bytes of a picture that are searched for its end
_HEARD = 50  # frames of sound that are decoded
_UNREADABLE = (av.error.FFmpegError, ValueError, OSError)


def empty(kind: str = "unknown", error: str = "") -> Facts:
    """The facts of a file of which nothing could be read."""
    return {
        "kind": kind,
        "opens": False,
        "error": clean(error),
        "container": "",
        "mime": "application/octet-stream",
        "playable": False,
        "duration_ms": 0,
        "streams": [],
        "groups_sampled": 0,
        "groups_decoded": 0,
        "container_time": None,
        "telemetry_time": None,
        "device": {},
        "place": None,
        "declared_frames": 0,
    }


def probe(source: BinaryIO, size: int, tracks: list[Track] | None) -> Facts:
    """The facts of a file of `size` bytes. `tracks` are its sample tables, None where it has none."""
    source.seek(0)
    head = source.read(_PDF_WITHIN)
    for magic, mime in _STILLS:
        if head.startswith(magic):
            return _still(source, mime)
    if _PDF in head:
        return empty("document") | {"opens": True, "mime": "application/pdf", "container": "pdf", "playable": True}
    try:
        with open_media(source) as container:
            facts, words = _recording(container, tracks), dict(container.metadata)
    except _UNREADABLE as error:
        return empty(error=f"no decoder opens it: {_words(error)}")
    # Only now: the container reads on from where it left the source.
    told = told_by(source, size, tracks, words)
    times = {"container_time": _plausible(time_in(words)), "telemetry_time": _plausible(told.time_ms)}
    if times["telemetry_time"] is not None:
        times["telemetry_after_ms"] = told.after_ms
    return facts | times | {"place": told.place, "device": told.device}


def _still(source: BinaryIO, mime: str) -> Facts:
    facts = empty("image") | {"mime": mime, "container": mime.partition("/")[2]}
    try:
        with open_media(source) as container:
            frame = next(container.decode(video=0))
    except (*_UNREADABLE, StopIteration) as error:
        return facts | {"error": clean(f"the picture does not decode: {_words(error)}")}
    stream = {"kind": "video", "codec": facts["container"], "width": frame.width, "height": frame.height}
    damage = "a part of the picture is damaged" if frame.is_corrupt else "" if _ends(source, mime) else "the picture is cut off"
    return facts | {"opens": True, "playable": True, "streams": [stream], "error": damage}


def _ends(source: BinaryIO, mime: str) -> bool:
    """Whether a picture's end stands in its file: decoders paint what is missing grey and say nothing."""
    source.seek(0)
    data = source.read(_LARGEST_STILL)
    if len(data) == _LARGEST_STILL:
        return True
    return data.rfind(b"IEND") > 0 if mime == "image/png" else data.rfind(b"\xff\xd9") > data.rfind(b"\xff\xda")


def _recording(container: InputContainer, tracks: list[Track] | None) -> Facts:
    picture = main_picture(container)
    kind = "video" if picture else "audio" if container.streams.audio else "unknown"
    name = container.format.name.partition(",")[0]
    mimes = {"video": "video/mp4" if name == "mov" else f"video/{name}", "audio": _SOUND.get(name, f"audio/{name}")}
    facts = empty(kind, "" if kind != "unknown" else "it has neither picture nor sound") | {
        "opens": kind != "unknown",
        "container": clean(name, 60),
        "mime": clean(mimes.get(kind, "application/octet-stream"), 60),
        "duration_ms": min(max(0, round((container.duration or 0) / 1000)), 31_622_400_000),
        "streams": [_stream(stream) for stream in list(container.streams)[:_MOST_STREAMS]],
        "declared_frames": min(max(0, picture.frames), 100_000_000) if picture else 0,
    }
    for stream, track in zip(facts["streams"], tracks or (), strict=False):
        if stream["kind"] == "video":
            stream["rotation"] = track.header.rotation
    facts["playable"] = _playable(facts, container)
    if picture is not None:
        sampled = sample(container, picture, tracks[picture.index] if tracks and picture.index < len(tracks) else None)
        facts |= {"groups_sampled": sampled.groups, "groups_decoded": sampled.decoded}
    elif kind == "audio":
        facts |= _listen(container)
    return facts


def _plausible(at: int | None) -> int | None:
    return at if at is not None and 0 <= at <= 4_102_444_800_000 else None


def _stream(stream: Any) -> Facts:  # noqa: ANN401  # any kind of PyAV stream
    coder: Any = getattr(stream, "codec_context", None)
    kind = stream.type if stream.type in {"audio", "video"} else "other"
    facts: Facts = {"kind": kind, "codec": clean((coder.name if coder else None) or stream.type, 60), "frames": _count(stream.frames)}
    if kind == "video":
        rate = stream.average_rate or Fraction(0)
        facts |= {
            "width": _count(coder.width, 32_768),
            "height": _count(coder.height, 32_768),
            "rotation": 0,
            "fps_milli": _count(round(rate * 1000), 10_000_000),
            "pixel_format": clean(coder.pix_fmt or "", 60),
        }
    elif kind == "audio":
        facts |= {"rate": _count(coder.sample_rate or 0), "channels": _count(coder.layout.nb_channels if coder.layout else 0, 1024)}
    return facts


def _count(number: int, most: int = 100_000_000) -> int:
    return min(max(0, number), most)


def _playable(facts: Facts, container: InputContainer) -> bool:
    """Whether a browser plays it as it is: H.264, 8 bits, 4:2:0, with AAC or no sound, in MP4; or common sound."""
    heard = [stream.codec_context.name for stream in container.streams.audio]
    if facts["kind"] == "audio":
        return facts["mime"] in _BROWSER_SOUND_FILES and set(heard) <= _BROWSER_SOUND
    picture = main_picture(container)
    if picture is None or facts["mime"] != "video/mp4":
        return False
    coder = picture.codec_context
    return coder.name == "h264" and coder.pix_fmt in _BROWSER_PIXELS and set(heard[:1]) <= {"aac"}


def _listen(container: InputContainer) -> Facts:
    """Decode the first seconds of sound."""
    try:
        frames = sum(not frame.is_corrupt for _, frame in zip(range(_HEARD), container.decode(audio=0), strict=False))
    except _UNREADABLE as error:
        return {"opens": False, "playable": False, "error": clean(f"the sound does not decode: {_words(error)}")}
    return {} if frames else {"opens": False, "playable": False, "error": "no sound of it decodes"}


def _words(error: BaseException) -> str:
    return str(getattr(error, "strerror", None) or error or type(error).__name__)
