"""MP4 and QuickTime files (ISO/IEC 14496-12): tracks, their headers, and all their samples."""

import hashlib
from collections.abc import Iterator, Sequence

from vestige.custody.media_index import StreamHeader
from vestige.media.containers.boxes import Box, Boxes, Data
from vestige.media.containers.fragments import Following, Fragments
from vestige.media.containers.reading import LARGE, SMALL, Source, Window
from vestige.media.containers.samples import SampleTable, Sound
from vestige.media.containers.tables import Allowance, NoSampleTable, Run, Stream

KINDS_OF_BOX = frozenset({b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot", b"styp", b"uuid", b"moof", b"sidx"})
_CONFIGURATIONS = frozenset({b"avcC", b"hvcC", b"esds", b"dOps", b"av1C", b"vpcC"})
_PREFIX_AT = {b"avcC": 4, b"hvcC": 21}  # the byte whose last two bits are the prefix length less one
_KINDS = {b"vide": "video", b"soun": "audio"}
_PICTURE_HEAD, _SOUND_HEAD = 78, 28
_RAW = frozenset({"NONE", "raw ", "sowt", "twos"})


class Mp4:
    """The layout of one file. Raises NoSampleTable with what is missing or wrong."""

    def __init__(self, source: Source, size: int) -> None:
        """`size` is the file's, in bytes. Reads the headers and tables, not yet the fragments."""
        self.window = Window(source, size, LARGE)
        self.short = ""
        self._boxes = Boxes(Window(source, size, SMALL))
        self._allowance = Allowance(size)
        moov = self._boxes.find(self._boxes.file, b"moov")
        if moov is None:
            raise NoSampleTable("the file has no index (moov): the recording may have been cut off")
        if not moov.whole:
            raise NoSampleTable(f"the file ends at {size}, inside its index (moov at {moov.at})")
        streams: list[Stream] = []
        self._tables: list[Run] = []
        self._tracks: dict[int, Following] = {}
        for number, trak in enumerate(box for box in self._boxes.children(moov) if box.type == b"trak"):
            streams.append(self._trak(trak, number))
        if not streams:
            raise NoSampleTable("the index (moov) has no track")
        self.streams: Sequence[Stream] = streams
        self._fragments = Fragments(self._boxes, self._tracks, self._allowance)
        self._fragments.defaults(moov)

    def runs(self) -> Iterator[Sequence[Run]]:
        """The samples of the tables, then those of each fragment."""
        for run in self._tables:
            self._allowance.run(run)
        yield self._tables
        for box in self._boxes.children(self._boxes.file):
            if box.type != b"moof":
                continue
            if not box.whole:
                self.short = f"the file ends inside the fragment at {box.at}"
                return
            runs = self._fragments.runs(box)
            for run in runs:
                self._allowance.run(run)
            yield runs

    def _trak(self, trak: Box, number: int) -> Stream:
        boxes = self._boxes
        tkhd, mdhd = boxes.payload(boxes.need(trak, b"tkhd")), boxes.payload(boxes.need(trak, b"mdia", b"mdhd"))
        kind = _KINDS.get(boxes.head(boxes.need(trak, b"mdia", b"hdlr"), 12).part(8, 4), "other")
        track_id = tkhd.uint(20 if tkhd.version == 1 else 12)
        if track_id in self._tracks:
            raise NoSampleTable(f"two tracks have the id {track_id}")
        minf = boxes.need(trak, b"mdia", b"minf")
        stbl = boxes.need(minf, b"stbl")
        entry, codec, skip = self._entry(stbl, kind)
        self._own_file(minf, entry)
        config, data = self._config(entry, skip) if skip else (b"", b"")
        picture = boxes.head(entry, 28) if kind == "video" else None
        header = StreamHeader(
            stream=number,
            kind=kind,
            codec=codec,
            extradata=hashlib.sha256(data).hexdigest(),
            width=picture.uint(24, 2) if picture else 0,
            height=picture.uint(26, 2) if picture else 0,
            aspect=self._aspect(entry) if picture else (1, 1),
            rotation=_rotation(tkhd) if picture else 0,
            timescale=mdhd.uint(20 if mdhd.version == 1 else 12),
            edits=self._edits(trak),
        )
        sound = self._sound(entry, codec, skip) if kind == "audio" else None
        run, end = SampleTable(boxes, stbl, self._allowance).run(number, sound)
        self._tables.append(run)
        self._tracks[track_id] = Following(number, end)
        at = _PREFIX_AT.get(config)
        return Stream(header, (data[at] & 3) + 1 if at is not None and len(data) > at else 0)

    def _entry(self, stbl: Box, kind: str) -> tuple[Box, str, int]:
        """The first sample entry, its type, and how many bytes it has before its boxes (0: none are looked for)."""
        stsd = self._boxes.need(stbl, b"stsd")
        entry = next(self._boxes.children(stsd, skip=8), None)
        if entry is None or entry.end - entry.start < 8:
            raise NoSampleTable(f"the track does not say how it is coded (stsd at {stsd.at})")
        if kind == "video":
            return entry, entry.name, _PICTURE_HEAD
        if kind == "other":
            return entry, entry.name, 0
        # ISO's own version 1 entry stands in a version 1 table and is no longer; QuickTime's are
        quicktime = self._boxes.head(stsd, 1).version == 0
        version = self._boxes.head(entry, 10).uint(8, 2)
        return entry, entry.name, _SOUND_HEAD + ({1: 16, 2: 36}.get(version, 0) if quicktime else 0)

    def _own_file(self, minf: Box, entry: Box) -> None:
        """QuickTime may keep a track's samples in another file, which is not here to be indexed."""
        dref = self._boxes.find(minf, b"dinf", b"dref")
        number = self._boxes.head(entry, 8).uint(6, 2)
        references = list(self._boxes.children(dref, skip=8)) if dref else []
        if 1 <= number <= len(references) and not self._boxes.head(references[number - 1], 4).uint(1, 3) & 1:
            raise NoSampleTable(f"the samples of the track lie in another file (dref at {references[number - 1].at})")

    def _config(self, entry: Box, skip: int) -> tuple[bytes, bytes]:
        """Type and payload of the decoder configuration; empty when there is none."""
        for box in self._boxes.children(entry, skip):
            inner = box
            if box.type == b"wave":  # QuickTime keeps the sound's configuration one level deeper
                inner = next((b for b in self._boxes.children(box) if b.type in _CONFIGURATIONS), box)
            if inner.type in _CONFIGURATIONS:
                return inner.type, self._boxes.payload(inner).raw
        return b"", b""

    def _aspect(self, entry: Box) -> tuple[int, int]:
        pasp = next((b for b in self._boxes.children(entry, _PICTURE_HEAD) if b.type == b"pasp"), None)
        if pasp is None:
            return (1, 1)
        data = self._boxes.head(pasp, 8)
        return data.uint(0), data.uint(4)

    def _edits(self, trak: Box) -> tuple[tuple[int, int, int], ...]:
        elst = self._boxes.find(trak, b"edts", b"elst")
        if elst is None:
            return ()
        data = self._boxes.payload(elst)
        wide = 8 if data.version == 1 else 4
        starts = range(8, 8 + data.uint(4) * (2 * wide + 4), 2 * wide + 4)
        return tuple((data.uint(at, wide), data.sint(at + wide, wide), data.sint(at + 2 * wide)) for at in starts)

    def _sound(self, entry: Box, codec: str, skip: int) -> Sound:
        """What one instant of uncompressed sound takes where the table of sizes says one byte, as old QuickTime writers do."""
        head = self._boxes.head(entry, skip)
        if skip == _SOUND_HEAD + 16:
            instants, length = head.uint(28), head.uint(36)
        elif skip == _SOUND_HEAD + 36:
            instants, length = head.uint(60), head.uint(56)
        else:
            instants, length = 1, head.uint(16, 2) * head.uint(18, 2) // 8 if codec in _RAW else 1
        return Sound(length, instants) if length and instants else Sound()


def _rotation(tkhd: Data) -> int:
    """Which quarter turn the first row (a, b) of a track's matrix is, clockwise; 0 for anything else."""
    at = 52 if tkhd.version == 1 else 40
    a, b = tkhd.sint(at), tkhd.sint(at + 4)
    if a and b:
        return 0
    return (90 if b > 0 else 270) if b else (180 if a < 0 else 0)
