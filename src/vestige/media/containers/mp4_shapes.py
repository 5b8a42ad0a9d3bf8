"""What a copy of an MP4's samples must take over beside them: sample entries, matrices, sizes, the movie's time scale."""

import struct
from dataclasses import dataclass

from vestige.media.containers.boxes import Box, Boxes
from vestige.media.containers.mp4 import KINDS_OF_BOX
from vestige.media.containers.reading import SMALL, Source, Window
from vestige.media.containers.tables import MOST_HEAD, NoSampleTable


@dataclass(frozen=True, slots=True)
class TrackShape:
    """A track as it is coded and shown: its sample entries (whole boxes), matrix and size (16.16)."""

    entries: tuple[bytes, ...]
    matrix: tuple[int, ...]
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class MovieShape:
    """The movie's time scale, and its tracks in their order."""

    timescale: int
    tracks: tuple[TrackShape, ...]


def shape_of(source: Source, size: int) -> MovieShape:
    """The shape of an MP4 or QuickTime file of `size` bytes. Raises NoSampleTable for anything else, and where a part is missing."""
    source.seek(0)
    if source.read(8)[4:8] not in KINDS_OF_BOX:
        raise NoSampleTable("the file is no MP4")
    boxes = Boxes(Window(source, size, SMALL))
    moov = boxes.need(boxes.file, b"moov")
    mvhd = boxes.payload(boxes.need(moov, b"mvhd"))
    tracks = tuple(_track(boxes, trak) for trak in boxes.children(moov) if trak.type == b"trak")
    return MovieShape(mvhd.uint(20 if mvhd.version == 1 else 12), tracks)


def _track(boxes: Boxes, trak: Box) -> TrackShape:
    tkhd = boxes.payload(boxes.need(trak, b"tkhd"))
    at = 52 if tkhd.version == 1 else 40
    stsd = boxes.need(trak, b"mdia", b"minf", b"stbl", b"stsd")
    whole = boxes.payload(stsd, MOST_HEAD).raw
    entries = tuple(whole[box.at - stsd.start : box.end - stsd.start] for box in boxes.children(stsd, skip=8))
    return TrackShape(entries, struct.unpack(">9I", tkhd.part(at, 36)), tkhd.uint(at + 36), tkhd.uint(at + 40))
