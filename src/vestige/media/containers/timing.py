"""The map of bytes to seconds, out of a file's own tables."""

from collections.abc import Iterator, Sequence

import numpy as np

from vestige.evidence.timemap import LONGEST_MS, Piece, TimeMap
from vestige.media.containers.tables import Ints, NoSampleTable, Run, Track

PIECE_MS = 250
_MOST_OF_A_FILE = 500_000  # pieces: beyond a day and a half they grow longer
_FAR = 64 << 10  # bytes between two samples that no piece spans


def time_map(tracks: Sequence[Track], size: int) -> TimeMap:
    """The map of a file of `size` bytes. Raises NoSampleTable where it has neither picture nor sound, or its times make no sense."""
    track = _followed(tracks)
    run, scale = track.samples, track.header.timescale
    weights = _weights(run)
    if scale <= 0 or int(weights.astype(np.float64).sum()) * 1000 > LONGEST_MS * scale:
        raise NoSampleTable(f"the times of stream {track.header.stream} are beyond all time")
    whole_ms = int(weights.sum()) * 1000 // scale
    order = np.argsort(run.offsets, kind="stable")
    return TimeMap(size, _pieces(run, order, weights, (scale, max(PIECE_MS, whole_ms // _MOST_OF_A_FILE))))


def _followed(tracks: Sequence[Track]) -> Track:
    """The picture with the most samples, else such a sound."""
    for kind in ("video", "audio"):
        found = [track for track in tracks if track.header.kind == kind and len(track)]
        if found:
            return max(found, key=len)
    raise NoSampleTable("the file has neither picture nor sound")


def _weights(run: Run) -> Ints:
    """How long each sample is presented, in the stream's timescale: until the next one; the last as long as it says, or as the one before."""
    order = np.argsort(run.pts, kind="stable")
    steps = np.diff(run.pts[order])
    last = int(run.durations[order[-1]]) or (int(steps[-1]) if len(steps) else 0)
    weights = np.zeros(len(run), np.int64)
    weights[order] = np.append(steps, max(0, last))
    return weights


def _pieces(run: Run, order: Ints, weights: Ints, steps: tuple[int, int]) -> Iterator[Piece]:
    """Samples that follow one another in the file, until they last long enough; those that share bytes stay together."""
    scale, longest = steps
    start = end = since = until = 0
    for offset, length, weight in zip(*(column[order].tolist() for column in (run.offsets, run.sizes, weights)), strict=True):
        if not length:
            until += weight
            continue
        apart = offset >= end and (offset - end > _FAR or (until - since) * 1000 >= longest * scale)
        if end > start and apart:
            yield start, end, until * 1000 // scale - since * 1000 // scale
            since, start = until, offset
        elif end == start:
            start = offset
        end, until = max(end, offset + length), until + weight
    if end > start:
        yield start, end, until * 1000 // scale - since * 1000 // scale
