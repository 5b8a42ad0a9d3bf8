"""A tiny film of two tracks, its media index, and two files made of it with their sample proofs: from the two format pages alone.

The original is never written: an index and proofs are all that a package shows of it.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import rfc8785
from verifier.tests.writer import Log, b64, key, leaf, root, sha

Json = Any
Bend = Callable[[str, bytes], bytes | None]  # path and payload of a box to its payload, or None to leave it out
SCALE, STEP = 1000, 100  # ticks a second, and of each sample
STBL = "moov/trak0/mdia/minf/stbl"  # the picture's tables
AVCC = bytes.fromhex("0142001fffe100066742001f80aa010004" + "6880cc01")
AVCC_MORE = bytes.fromhex("0142001fffe200066742001f80aa00066742001f40bb020004" + "6880cc01" + "0004" + "6840cc01")
ESDS = bytes.fromhex("00000000") + b"esds of nothing"


@dataclass(frozen=True)
class Sample:
    """Its units (one, of the whole, for sound), when it is decoded and shown, and whether decoding can begin with it."""

    units: tuple[bytes, ...]
    dts: int
    pts: int
    key: bool = True
    duration: int = STEP
    prefix: int = 4

    @property
    def data(self) -> bytes:
        return b"".join(len(unit).to_bytes(self.prefix, "big") + unit if self.prefix else unit for unit in self.units)


@dataclass(frozen=True)
class Track:
    """A track of a file; `configuration` is the payload of `avcC` or `esds`."""

    kind: str
    samples: tuple[Sample, ...]
    configuration: bytes
    width: int = 0
    height: int = 0
    edits: tuple[tuple[int, int, int], ...] = ()
    entry: str = ""  # the type of the sample entry, where it is none of the common ones
    matroska: tuple[str, bytes] | None = None  # CodecID and CodecPrivate of a Matroska original, whose times are nanoseconds

    @property
    def codec(self) -> str:
        return self.entry or ("avc1" if self.kind == "video" else "mp4a")


@dataclass(frozen=True)
class Made:
    """A released file with its sample proofs, and the root that the original was accessioned with (hex)."""

    footage: bytes
    document: bytes
    root: str


def _original() -> tuple[Track, Track]:
    numbers = random.Random("a tiny film")
    pictures = []
    for n in range(8):
        head = b"\x65" if n % 4 == 0 else b"\x41"
        units = (b"\x06" + numbers.randbytes(5), head + b"\x88" + numbers.randbytes(18), head + b"\x20" + numbers.randbytes(9))
        pictures.append(Sample(units, n * STEP, n * STEP + (STEP if n % 4 == 1 else 0), n % 4 == 0))
    pieces = tuple(Sample((numbers.randbytes(11 + n),), n * STEP, n * STEP, prefix=0) for n in range(8))
    return Track("video", tuple(pictures), AVCC, 64, 48), Track("audio", pieces, ESDS)


ORIGINAL = _original()


@cache
def item_of_original() -> str:
    """The uuid that the writer draws for a package's second trail."""
    log = Log(key(1), random.Random("log 1"))
    log.add("agency:founded", data={"set": []})
    log.uuid()
    return log.uuid()


def header(track: Track, stream: int) -> dict[str, Json]:
    return {
        "stream": stream,
        "kind": track.kind,
        "codec": track.matroska[0] if track.matroska else track.codec,
        "extradata": sha(track.matroska[1] if track.matroska else track.configuration).hex(),
        "width": track.width,
        "height": track.height,
        "aspect": [1, 1],
        "rotation": 0,
        "timescale": 10**9 if track.matroska else SCALE,
        "edits": [list(one) for one in track.edits],
    }


def leaves(track: Track, stream: int) -> list[bytes]:
    """The leaf hashes of a stream: its header's, then its samples'."""
    found = [leaf(rfc8785.dumps(header(track, stream)))]
    for n, one in enumerate(track.samples):
        told = {
            "stream": stream,
            "index": n,
            "pts": one.pts,
            "dts": one.dts,
            "duration": one.duration,
            "key": one.key,
            "size": len(one.data),
            "units": [sha(unit).hex() for unit in one.units],
        }
        found.append(leaf(rfc8785.dumps(told)))
    return found


def index(tracks: Sequence[Track] = ORIGINAL) -> dict[str, Json]:
    """The media index; a third stream of other data is told of by its root alone."""
    streams = [{"kind": one.kind, "leaves": len(one.samples) + 1, "root": root(leaves(one, n)).hex()} for n, one in enumerate(tracks)]
    streams.append({"kind": "other", "leaves": 3, "root": "0f" * 32})
    return {"v": 1, "root": sha(b"\x02" + rfc8785.dumps({"v": 1, "streams": streams})).hex(), "streams": streams}


@dataclass
class Told:
    """What is said of a released stream."""

    stream: int
    runs: list[list[int]]
    altered: list[list[int]] = field(default_factory=list)
    shift: int = 0
    durations: list[list[int]] = field(default_factory=list)
    dropped: list[Json] = field(default_factory=list)
    configuration: str | None = None
    delay: int | None = None  # of a Matroska original

    def to_json(self, tracks: Sequence[Track] = ORIGINAL) -> dict[str, Json]:
        mine = leaves(tracks[self.stream], self.stream)
        known = {0} | {first + 1 + n for first, count in self.runs for n in range(count)}
        own = sum(count for _, count in self.runs)
        return ({} if self.delay is None else {"delay": self.delay}) | {
            "header": header(tracks[self.stream], self.stream),
            "runs": self.runs,
            "altered": self.altered,
            "shift": self.shift,
            "durations": self.durations,
            "dropped": self.dropped,
            "configuration": self.configuration,
            "marks": b64(b"".join(mine[first + 1 + n][:2] for first, count in self.runs for n in range(count))),
            "proof": [b64(node) for node in cover(mine, known)],
            "counts": {"identical": own - len(self.dropped), "stripped": len(self.dropped), "altered": sum(row[2] for row in self.altered)},
        }


def cover(mine: list[bytes], known: set[int], start: int = 0) -> list[bytes]:
    """The cover of known leaves: the page's words, as a recursion."""
    inside = [n for n in range(start, start + len(mine)) if n in known]
    if not inside:
        return [root(mine)]
    if len(inside) == len(mine):
        return []
    middle = 1 << (len(mine) - 1).bit_length() - 1
    return [*cover(mine[:middle], known, start), *cover(mine[middle:], known, start + middle)]


def document(*told: Told, tracks: Sequence[Track] = ORIGINAL) -> dict[str, Json]:
    whole = index(tracks)
    version = 1 if all(one.delay is None for one in told) else 2
    return {
        "format": f"vestige-samples/{version}",
        "item": item_of_original(),
        "index": whole,
        "streams": [one.to_json(tracks) for one in told],
    }


# The released files.


def cut(track: Track, first: int, count: int) -> Track:
    """Samples of a track, counted from nought again."""
    part = track.samples[first : first + count]
    return replace(track, samples=tuple(replace(one, dts=one.dts - part[0].dts, pts=one.pts - part[0].dts) for one in part))


def clip_tracks() -> list[Track]:
    return [cut(ORIGINAL[0], 4, 3), cut(ORIGINAL[1], 4, 4)]


def clip_told() -> list[Told]:
    return [Told(0, [[4, 3]], shift=4 * STEP), Told(1, [[4, 4]], shift=4 * STEP)]


def clip() -> Made:
    """A clip: three pictures and four pieces of sound."""
    told = document(*clip_told())
    return Made(mp4(clip_tracks()), rfc8785.dumps(told), told["index"]["root"])


def copy_tracks() -> list[Track]:
    pictures = list(ORIGINAL[0].samples)
    for n in (2, 3):
        pictures[n] = replace(pictures[n], units=(b"\x41\x88 made anew %d" % n,))
    pictures[5] = replace(pictures[5], units=pictures[5].units[1:])
    return [replace(ORIGINAL[0], samples=tuple(pictures), configuration=AVCC_MORE), ORIGINAL[1]]


def copy_told() -> list[Told]:
    note = ORIGINAL[0].samples[5].units[0]
    dropped = [[5, [[0, len(note), sha(note).hex()]]]]
    return [Told(0, [[0, 2], [4, 4]], [[2, 2, 2]], dropped=dropped, configuration=AVCC.hex()), Told(1, [[0, 8]])]


def copy() -> Made:
    """A copy of which two pictures are made anew, and from one of which a note (SEI) is left out."""
    told = document(*copy_told())
    return Made(mp4(copy_tracks()), rfc8785.dumps(told), told["index"]["root"])


# The same film as a Matroska file: a block has one time, in nanoseconds, and mostly the track's duration.

LC = bytes.fromhex("1188")  # AudioSpecificConfig: AAC-LC, 48 kHz, mono
OPUS_HEAD = b"OpusHead\x01" + bytes.fromhex("01" + "3801" + "80bb0000" + "0000" + "00")
DOPS = bytes.fromhex("00" + "01" + "0138" + "0000bb80" + "0000" + "00")


def esds(config: bytes) -> bytes:
    """The `esds` around an AudioSpecificConfig that a clip of Matroska has."""
    decoder = bytes((0x40, 0x15)) + bytes(11) + bytes((5, len(config))) + config
    return bytes((0, 0, 0, 0, 3, len(decoder) + 8, 0, 0, 0, 4, len(decoder))) + decoder + bytes((6, 1, 2))


def blocks(track: Track, codec: str, private: bytes) -> Track:
    """The track as Matroska has it: sample 6 is shorter than the others."""
    samples = tuple(
        replace(one, dts=one.pts * 10**6, pts=one.pts * 10**6, duration=(90 if n == 6 else STEP) * 10**6)
        for n, one in enumerate(track.samples)
    )
    return replace(track, samples=samples, matroska=(codec, private))


MATROSKA = (blocks(ORIGINAL[0], "V_MPEG4/ISO/AVC", AVCC), blocks(ORIGINAL[1], "A_AAC", LC))


def matroska_tracks() -> list[Track]:
    picture, sound = clip_tracks()
    return [picture, replace(sound, configuration=esds(LC))]


def matroska_told(delay: int = 0) -> list[Told]:
    lasting = [[4, 100_000_000], [6, 90_000_000], [7, 100_000_000]]
    return [
        Told(0, [[4, 3]], shift=4 * STEP * 10**6, durations=lasting[:2], delay=0),
        Told(1, [[4, 4]], shift=4 * STEP * 10**6, durations=lasting, delay=delay),
    ]


def matroska() -> Made:
    """A clip of a Matroska original."""
    told = document(*matroska_told(), tracks=MATROSKA)
    return Made(mp4(matroska_tracks()), rfc8785.dumps(told), told["index"]["root"])


# MP4 (ISO/IEC 14496-12).


def box(kind: str, payload: bytes) -> bytes:
    return (8 + len(payload)).to_bytes(4, "big") + kind.encode("latin-1") + payload


def at(path: str, edit: Callable[[bytes], bytes | None]) -> Bend:
    """Bends one box."""
    return lambda where, data: edit(data) if where == path else data


def same(_path: str, payload: bytes) -> bytes | None:
    return payload


def mp4(tracks: Sequence[Track], bend: Bend = same) -> bytes:
    """A file: ftyp, mdat, moov. `bend` is asked about each box, those within first: its path such as `moov/trak0/mdia/mdhd`, and payload."""

    def made(path: str, payload: bytes) -> bytes:
        bent = bend(path, payload)
        return b"" if bent is None else box(path.rsplit("/", 1)[-1][:4], bent)

    head = made("ftyp", b"isom\0\0\0\0isom")
    data = b"".join(one.data for track in tracks for one in track.samples)
    starts, at = [], len(head) + 8
    for track in tracks:
        starts.append(at)
        at += sum(len(one.data) for one in track.samples)
    inside = [made("moov/mvhd", bytes(12) + u32(SCALE) + bytes(84))]
    inside += [_trak(made, f"moov/trak{n}", track, starts[n]) for n, track in enumerate(tracks)]
    return head + made("mdat", data) + made("moov", b"".join(inside))


def u32(*values: int) -> bytes:
    return b"".join((value % 2**32).to_bytes(4, "big") for value in values)


def _trak(made: Callable[[str, bytes], bytes], path: str, track: Track, start: int) -> bytes:
    matrix = u32(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
    elst = made(f"{path}/edts/elst", u32(0, len(track.edits)) + b"".join(u32(*row) for row in track.edits)) if track.edits else b""
    handler = {"video": b"vide", "audio": b"soun"}.get(track.kind, b"meta")
    media = [
        made(f"{path}/mdia/mdhd", bytes(12) + u32(SCALE, 0) + bytes(4)),
        made(f"{path}/mdia/hdlr", bytes(8) + handler + bytes(13)),
        made(f"{path}/mdia/minf", made(f"{path}/mdia/minf/stbl", _tables(made, f"{path}/mdia/minf/stbl", track, start))),
    ]
    parts = [
        made(f"{path}/tkhd", bytes(40) + matrix + bytes(8)),
        made(f"{path}/edts", elst) if elst else b"",
        made(f"{path}/mdia", b"".join(media)),
    ]
    return made(path, b"".join(parts))


def _tables(made: Callable[[str, bytes], bytes], path: str, track: Track, start: int) -> bytes:
    samples = track.samples
    if track.kind == "video":
        name = "hvcC" if track.entry in {"hvc1", "hev1"} else "avcC"
        entry = bytes(24) + track.width.to_bytes(2, "big") + track.height.to_bytes(2, "big") + bytes(50) + box(name, track.configuration)
    else:
        entry = bytes(28) + box("dOps" if track.entry == "Opus" else "esds", track.configuration)
    rows = {
        "stsd": u32(0, 1) + box(track.codec, entry),
        "stts": u32(0, len(samples)) + b"".join(u32(1, one.duration) for one in samples),
        "ctts": u32(0, len(samples)) + b"".join(u32(1, one.pts - one.dts) for one in samples),
        "stss": u32(0, sum(one.key for one in samples)) + b"".join(u32(n) for n, one in enumerate(samples, 1) if one.key),
        "stsz": u32(0, 0, len(samples)) + b"".join(u32(len(one.data)) for one in samples),
        "stsc": u32(0, 1, 1, len(samples), 1),
        "stco": u32(0, 1, start),
    }
    if all(one.key for one in samples):
        del rows["stss"]
    if all(one.pts == one.dts for one in samples):
        del rows["ctts"]
    return b"".join(made(f"{path}/{name}", payload) for name, payload in rows.items())
