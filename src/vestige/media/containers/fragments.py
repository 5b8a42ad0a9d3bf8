"""Fragments of MP4 (ISO/IEC 14496-12, section 8.8): `moof` boxes, each with runs of samples of its own."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from vestige.media.containers.boxes import Box, Boxes, Data
from vestige.media.containers.samples import signed
from vestige.media.containers.tables import SAFE, Allowance, Ints, NoSampleTable, Run, joined

_NON_SYNC = 0x0001_0000
_MOST_RUN = 64 << 20
_BASE, _DESCRIPTION, _DURATION, _SIZE, _FLAGS, _FROM_MOOF = 0x1, 0x2, 0x8, 0x10, 0x20, 0x20000
_OFFSET, _FIRST_FLAGS = 0x1, 0x4
_COLUMNS = (0x100, 0x200, 0x400, 0x800)  # duration, size, flags, composition offset


@dataclass(slots=True)
class Following:
    """A track in its fragments: the defaults of `trex` (duration, size, flags), and the decode time at which its next sample begins."""

    stream: int
    next_dts: int
    defaults: tuple[int, int, int] = (0, 0, 0)


@dataclass(slots=True)
class _Place:
    """Where data is counted from in one track fragment, and where its next run begins."""

    origin: int
    at: int
    runs: list[Run] = field(default_factory=list)


class Fragments:
    """Reads the fragments of one file, in their order. Raises NoSampleTable with what is missing or wrong."""

    def __init__(self, boxes: Boxes, tracks: dict[int, Following], allowance: Allowance) -> None:
        """`tracks` by track id; `allowance` is what the whole file may have."""
        self._boxes = boxes
        self._tracks = tracks
        self._allowance = allowance

    def defaults(self, moov: Box) -> None:
        """Take the defaults that `moov` gives each track."""
        for mvex in (box for box in self._boxes.children(moov) if box.type == b"mvex"):
            for trex in (box for box in self._boxes.children(mvex) if box.type == b"trex"):
                data = self._boxes.head(trex, 24)
                if data.uint(4) in self._tracks:
                    self._tracks[data.uint(4)].defaults = (data.uint(12), data.uint(16), data.uint(20))

    def runs(self, moof: Box) -> Sequence[Run]:
        """One run for each stream of a `moof`."""
        found: dict[int, list[Run]] = {}
        implicit = moof.at
        for traf in (box for box in self._boxes.children(moof) if box.type == b"traf"):
            head = self._boxes.payload(self._boxes.need(traf, b"tfhd"))
            track = self._tracks.get(head.uint(4))
            if track is None:
                raise NoSampleTable(f"the fragment at {moof.at} belongs to no track ({head.uint(4)})")
            origin, defaults = _head(head, track.defaults, moof.at, implicit)
            place = _Place(origin, origin)
            for box in self._boxes.children(traf):
                if box.type == b"tfdt":
                    data = self._boxes.payload(box)
                    track.next_dts = data.uint(4, 8 if data.version == 1 else 4)
                elif box.type == b"trun":
                    self._trun(self._boxes.payload(box, _MOST_RUN), track, place, defaults)
            implicit = place.at
            found.setdefault(track.stream, []).extend(place.runs)
        return [joined(runs, stream) for stream, runs in found.items()]

    def _trun(self, data: Data, track: Following, place: _Place, defaults: tuple[int, int, int]) -> None:
        flags, count, at = data.uint(1, 3), data.uint(4), 8
        self._allowance.samples(count)
        if flags & _OFFSET:
            place.at, at = place.origin + data.sint(at), at + 4
        first_flags = None
        if flags & _FIRST_FLAGS:
            first_flags, at = data.uint(at), at + 4
        durations, sizes, marks, shift = _columns(data, at, count, (flags, defaults))
        if first_flags is not None and count:
            marks[0] = first_flags
        if abs(track.next_dts) > SAFE or abs(place.at) > SAFE:
            raise NoSampleTable(f"{data.name} begins beyond all time or any file")
        dts = track.next_dts + np.cumsum(durations) - durations
        offsets = place.at + np.cumsum(sizes) - sizes
        place.runs.append(Run(track.stream, offsets, sizes, dts, dts + signed(shift), durations, (marks & _NON_SYNC) == 0))
        track.next_dts += int(durations.sum())
        place.at += int(sizes.sum())


def _columns(data: Data, at: int, count: int, told: tuple[int, tuple[int, int, int]]) -> list[Ints]:
    """Duration, size, flags and composition offset of each sample, out of the run or the defaults."""
    flags, defaults = told
    present = [bit for bit in _COLUMNS if flags & bit]
    rows = data.column(at, count * len(present), ">u4").reshape(count, len(present))
    return [
        rows[:, present.index(bit)].copy() if bit in present else np.full(count, default, np.int64)
        for bit, default in zip(_COLUMNS, (*defaults, 0), strict=True)
    ]


def _head(tfhd: Data, defaults: tuple[int, int, int], moof: int, implicit: int) -> tuple[int, tuple[int, int, int]]:
    """Where the fragment's data is counted from (by default where the track fragment before it ended, `implicit`), and its defaults."""
    flags, at = tfhd.uint(1, 3), 8
    origin = moof if flags & _FROM_MOOF else implicit
    if flags & _BASE:
        origin, at = tfhd.uint(at, 8), at + 8
    if flags & _DESCRIPTION:
        at += 4
    values = list(defaults)
    for place, bit in enumerate((_DURATION, _SIZE, _FLAGS)):
        if flags & bit:
            values[place], at = tfhd.uint(at), at + 4
    return origin, (values[0], values[1], values[2])
