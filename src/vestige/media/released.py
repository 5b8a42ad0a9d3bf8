"""What a redacted copy has of its original, told by the original's media index: `data/samples.json` of the package.

A copy is made from the first picture and the first sound that a decoder finds: by their places in the file they are looked up in its tables.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO
from uuid import UUID

from vestige.custody.samples import Altered, ReleasedStream, samples_json
from vestige.errors import RenderFailed
from vestige.media.containers.index import leaves_of, tracks_of
from vestige.media.containers.tables import NoSampleTable, Track


@dataclass(frozen=True, slots=True)
class Original:
    """The item that a copy is made from: its id, and the root (hex) and key of its media index."""

    item: UUID
    root: str
    index_key: bytes


def proofs(source: BinaryIO, of: Original, streams: Sequence[ReleasedStream], report: Callable[[float], None]) -> bytes:
    """The sample proofs of a copy whose tracks are `streams` (without leaves), in their order.

    Reads the original once. Raises RenderFailed where its samples are not those that were accessioned.
    """
    index, leaves = leaves_of(source, source.seek(0, 2), of.index_key, report)
    if index.root.value != of.root:
        raise RenderFailed("the samples of the original are not those that were accessioned: its media index is another")
    return samples_json(of.item, index, [replace(stream, leaves=leaves[stream.header.stream]) for stream in streams])


def made_anew(track: Track, released: int) -> ReleasedStream:
    """A track of which nothing was copied: `released` samples stand for all of the original's."""
    return ReleasedStream(track.header, (), altered=(Altered(0, len(track), released),))


def tracks_taken(source: BinaryIO, picture: int, sound: int | None) -> tuple[Track, Track | None]:
    """The picture and the sound that a decoder numbers so, as the original's own tables have them.

    Raises NoSampleTable for a file without tables, and where a decoder and the tables do not mean the same by these numbers.
    """
    tracks = tracks_of(source, source.seek(0, 2))
    found = [_track(tracks, number, kind) for number, kind in ((picture, "video"), (sound, "audio")) if number is not None]
    return found[0], (found[1] if sound is not None else None)


def _track(tracks: Sequence[Track], number: int, kind: str) -> Track:
    if number >= len(tracks) or tracks[number].header.kind != kind or not len(tracks[number]):
        raise NoSampleTable(f"the tables have no {kind} in the place where a decoder finds one")
    return tracks[number]
