"""Poster and thumbnails of a video or a picture, as JPEG. Sound and documents have none."""

from typing import Any, BinaryIO

import av

from vestige.errors import MediaFailed
from vestige.media.pictures import Picture, is_untimed, jpeg, key_frames, main_picture, open_media
from vestige.media.sink import PipeSink

_POSTER_WIDTH = 960
_THUMBNAIL_WIDTH = 320
_THUMBNAILS = 10
_POSTER_AT = 0.1  # of the duration: a camera's first picture often shows a hand


def run(_request: dict[str, Any], source: BinaryIO, sink: PipeSink, _model: bytes | None) -> dict[str, object]:
    """Sends each picture as a blob, and says of each its kind (`poster`, `thumbnail-1` ...), size, and time in ms. Raises MediaFailed."""
    source.seek(0)
    if source.read(5) == b"%PDF-":
        return {"blobs": []}
    try:
        with open_media(source) as container:
            found = list(_pictures(container, sink)) if container.streams.video else []
            if not found and main_picture(container) is not None:
                raise MediaFailed("no picture of it decodes")
    except av.error.FFmpegError as error:
        raise MediaFailed(f"no decoder opens it: {error}") from error
    for _, picture in found:
        sink.blob(picture.data)
    return {"blobs": [{"kind": kind, "width": one.width, "height": one.height, "at_ms": one.at_ms} for kind, one in found]}


def _pictures(container: av.container.InputContainer, sink: PipeSink) -> "list[tuple[str, Picture]]":
    stream = main_picture(container)
    if stream is None:
        return []
    aspect = stream.sample_aspect_ratio
    duration = max(0, round((container.duration or 0) / 1000))
    found: list[tuple[str, Picture]] = []
    first = list(key_frames(container, stream, [round(duration * _POSTER_AT)]))
    found += [("poster", Picture(*jpeg(frame, aspect, _POSTER_WIDTH), at)) for at, frame in first]
    if is_untimed(container):
        found += [("thumbnail-1", Picture(*jpeg(frame, aspect, _THUMBNAIL_WIDTH), at)) for at, frame in first]
        return found
    wanted = [round(duration * number / _THUMBNAILS) for number in range(_THUMBNAILS)]
    for number, (at, frame) in enumerate(key_frames(container, stream, wanted), start=1):
        found.append((f"thumbnail-{number}", Picture(*jpeg(frame, aspect, _THUMBNAIL_WIDTH), at)))
        sink.report(number / _THUMBNAILS)
    return found
