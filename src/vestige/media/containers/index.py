"""The media index of a file: its samples read once, in the order in which they lie, hashed into one tree a stream."""

import hashlib
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from vestige.custody.media_index import Sample, StreamRoot, StreamTree, index_root
from vestige.evidence.values import Digest
from vestige.media.containers.matroska import MAGIC, Matroska
from vestige.media.containers.mp4 import Mp4
from vestige.media.containers.tables import NoSampleTable, Source, Track, check_inside

_READ = 4 << 20
_HOSTILE = (struct.error, ValueError, OverflowError, IndexError, MemoryError)
_MP4 = frozenset({b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot", b"styp"})


@dataclass(frozen=True, slots=True)
class MediaIndex:
    """The index of one file."""

    root: Digest
    streams: tuple[StreamRoot, ...]


def tracks_of(source: Source, size: int) -> list[Track]:
    """The tracks of a file, each sample within it. Raises NoSampleTable with the reason."""
    source.seek(0)
    head = source.read(8)
    try:
        if head[4:8] in _MP4:
            tracks = Mp4(source, size).tracks()
        elif head[:4] == MAGIC:
            tracks = Matroska(source, size).tracks()
        else:
            raise NoSampleTable("the file is neither MP4 nor Matroska")
    except _HOSTILE as error:
        raise NoSampleTable(f"the sample table is damaged ({type(error).__name__})") from error
    for track in tracks:
        check_inside(track, size)
    return tracks


def index_file(source: Source, size: int, index_key: bytes, report: Callable[[float], None] = lambda _: None) -> MediaIndex:
    """The media index of a file. `index_key` is 32 random bytes. Raises NoSampleTable when there can be none."""
    tracks = tracks_of(source, size)
    trees = [StreamTree(track.header, index_key) for track in tracks]
    pending: list[dict[int, list[str]]] = [{} for _ in tracks]
    following = [0] * len(tracks)
    total = max(1, sum(len(track) for track in tracks))
    for done, (number, sample, data) in enumerate(_in_file_order(source, tracks)):
        pending[number][sample] = units(data, tracks[number].prefix)
        while following[number] in pending[number]:
            at = following[number]
            trees[number].add(_sample(tracks[number], at), pending[number].pop(at))
            following[number] = at + 1
        if done % 4096 == 0:
            report(done / total)
    roots = tuple(tree.root() for tree in trees)
    return MediaIndex(index_root(roots), roots)


def units(data: memoryview, prefix: int) -> list[str]:
    """SHA-256 (hex) of each NAL unit of a sample with length prefixes of that many bytes; of the whole sample where they do not fill it."""
    if prefix:
        found, at, end = [], 0, len(data)
        while at + prefix <= end:
            length = int.from_bytes(data[at : at + prefix], "big")
            at += prefix
            if at + length > end:
                break
            found.append(hashlib.sha256(data[at : at + length]).hexdigest())
            at += length
        if at == end and found:
            return found
    return [hashlib.sha256(data).hexdigest()]


def _sample(track: Track, at: int) -> Sample:
    return Sample(int(track.pts[at]), int(track.dts[at]), int(track.durations[at]), bool(track.keys[at]), int(track.sizes[at]))


def _in_file_order(source: Source, tracks: list[Track]) -> Iterator[tuple[int, int, memoryview]]:
    """Track, sample number and bytes, by place in the file, read in large runs."""
    offsets = np.concatenate([track.offsets for track in tracks])
    sizes = np.concatenate([track.sizes for track in tracks])
    owner = np.concatenate([np.full(len(track), n, np.int64) for n, track in enumerate(tracks)])
    sample = np.concatenate([np.arange(len(track)) for track in tracks])
    order = np.argsort(offsets, kind="stable")
    start, block = 0, memoryview(b"")
    for i in order.tolist():
        offset, size = int(offsets[i]), int(sizes[i])
        if offset < start or offset + size > start + len(block):
            start, block = offset, _run(source, offset, max(size, _READ), size)
        yield int(owner[i]), int(sample[i]), block[offset - start : offset - start + size]


def _run(source: Source, offset: int, length: int, least: int) -> memoryview:
    source.seek(offset)
    parts, got = [], 0
    while got < length:
        part = source.read(length - got)
        if not part:
            break
        parts.append(part)
        got += len(part)
    if got < least:
        raise NoSampleTable("the file ends inside a sample")
    return memoryview(parts[0] if len(parts) == 1 else b"".join(parts))
