"""The container readers: against FFmpeg's demuxer on real and made files, and case by case on files written by hand."""

import hashlib
import io
import json
import struct
from pathlib import Path
from typing import Any

import av
import pytest
from tests.media.making import block, box, element, full, make, matroska, movie, picture_entry, table, track, trak, uint

from vestige.custody.media_index import SampleLeaf, StreamTree, index_of
from vestige.media.containers.index import MOST_UNITS, index_file, open_layout, samples, tracks_of, units, walk
from vestige.media.containers.tables import NoSampleTable

KEY = bytes(range(32))
MADE = {
    "plain.mp4": {},
    "moov_first.mp4": {"options": {"movflags": "faststart"}},
    "default_base.mp4": {"options": {"movflags": "frag_keyframe+empty_moov+default_base_moof"}},
    "base_offset.mp4": {"options": {"movflags": "frag_keyframe+empty_moov"}},
    "no_offset.mp4": {"options": {"movflags": "frag_keyframe+empty_moov+omit_tfhd_offset"}},
    "every_frame.mp4": {"options": {"movflags": "frag_every_frame+empty_moov+default_base_moof"}},
    "half_fragmented.mp4": {"options": {"movflags": "frag_keyframe"}},
    "negative.mp4": {"options": {"movflags": "frag_keyframe+empty_moov+negative_cts_offsets+default_base_moof"}},
    "signed.mp4": {"options": {"movflags": "negative_cts_offsets"}},
    "hevc.mp4": {"codec": "libx265"},
    "quicktime.mov": {},
    "plain.mkv": {},
    "live.mkv": {"options": {"live": "1"}},
    "hevc.mkv": {"codec": "libx265"},
    "vp9.webm": {"codec": "libvpx-vp9", "sound": "libopus"},
}
FOOTAGE = [
    "axis_signed_h264.mp4",
    "egoblur_gen2_face.mp4",
    "egoblur_gen2_lp.mp4",
    "gopro_karma.mp4",
    "gopro_max-heromode.mp4",
    "hamilton_short.mp4",
    "intel_car-detection.mp4",
    "intel_one-by-one-person.mp4",
    "mapillary_sample-5s.mp4",
    "nasa_13013.mp4",
    "onvif_signed_h264.mp4",
]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("made")
    return {name: make(folder / name, **how) for name, how in MADE.items()}


def _ours(path: Path, stream: int) -> list[tuple[SampleLeaf, bytes]]:
    with path.open("rb") as file:
        data = file.read()
        return [(leaf, data[at : at + leaf.size]) for leaf, at in samples(file, len(data), stream)]


def _key(packet: Any) -> bool | None:
    """None for the last sample of a signed file: the container lists it as key, FFmpeg drops the flag since it is one SEI unit."""
    only_sei = packet.size > 4 and packet.size == 4 + int.from_bytes(bytes(packet)[:4], "big") and bytes(packet)[4] & 31 == 6
    return None if only_sei else packet.is_keyframe


def _agrees_with_ffmpeg(path: Path) -> int:
    """Compare each stream's samples with FFmpeg's packets; how many there were. Without edit lists; a constant shift is FFmpeg's own."""
    compared = 0
    with av.open(str(path), options={"ignore_editlist": "1"}) as container:
        packets: dict[int, list[Any]] = {stream.index: [] for stream in container.streams}
        for packet in container.demux():
            if packet.size:
                packets[packet.stream.index].append((packet.pts, packet.dts, _key(packet), bytes(packet), packet.time_base))
    with path.open("rb") as file:
        streams = walk(file, path.stat().st_size).streams
    assert len(streams) == len(packets)
    for number, theirs in packets.items():
        ours = _ours(path, number)
        if streams[number].codec == "fdsc":  # FFmpeg counts GoPro's firmware notes and does not give them
            assert not theirs
            continue
        scale = streams[number].timescale
        assert [data for _, data in ours] == [data for *_, data, _ in theirs]
        assert all(key in {None, leaf.key} for (leaf, _), (_, _, key, _, _) in zip(ours, theirs, strict=True))
        assert len({leaf.pts - pts * base * scale for (leaf, _), (pts, *_, base) in zip(ours, theirs, strict=True)}) <= 1
        if scale != 1_000_000_000:
            assert len({leaf.dts - dts * base * scale for (leaf, _), (_, dts, _, _, base) in zip(ours, theirs, strict=True)}) <= 1
        assert [leaf.number for leaf, _ in ours] == list(range(len(ours)))
        compared += len(ours)
    return compared


@pytest.mark.parametrize("name", FOOTAGE)
def test_real_footage_reads_as_ffmpeg_demuxes_it(footage: Path, name: str) -> None:
    assert _agrees_with_ffmpeg(footage / name) > 10


@pytest.mark.parametrize("name", MADE)
def test_made_files_read_as_ffmpeg_demuxes_them(made: dict[str, Path], name: str) -> None:
    assert _agrees_with_ffmpeg(made[name]) > 90


def _reference_units(sample: bytes, prefix: int) -> list[str]:
    found, rest = [], sample
    while rest:
        length = int.from_bytes(rest[:prefix], "big")
        found.append(hashlib.sha256(rest[prefix : prefix + length]).hexdigest())
        rest = rest[prefix + length :]
    return found


def _naive_index(path: Path) -> str:
    """The root by plain recursion over json.dumps, from the readers' headers and the bytes of the file."""

    def root(leaves: list[bytes]) -> bytes:
        if len(leaves) == 1:
            return leaves[0]
        split = 1
        while split * 2 < len(leaves):
            split *= 2
        return hashlib.sha256(b"\1" + root(leaves[:split]) + root(leaves[split:])).digest()

    listed = []
    with path.open("rb") as file:
        layout = open_layout(file, path.stat().st_size)
    for number, stream in enumerate(layout.streams):
        leaves = [stream.header.data()]
        for leaf, data in _ours(path, number):
            found = _reference_units(data, stream.prefix) if stream.prefix else [hashlib.sha256(data).hexdigest()]
            value = {
                "stream": number, "index": leaf.number, "pts": leaf.pts, "dts": leaf.dts, "duration": leaf.duration,
                "key": leaf.key, "size": len(data), "units": found,
            }  # fmt: skip
            leaves.append(json.dumps(value, sort_keys=True, separators=(",", ":")).encode())
        whole = root([hashlib.sha256(b"\0" + leaf).digest() for leaf in leaves])
        listed.append({"kind": stream.header.kind, "leaves": len(leaves), "root": whole.hex()})
    return hashlib.sha256(b"\2" + json.dumps({"v": 1, "streams": listed}, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


@pytest.mark.parametrize("name", MADE)
def test_index_equals_that_of_a_naive_implementation(made: dict[str, Path], name: str) -> None:
    path = made[name]
    with path.open("rb") as file:
        assert index_file(file, path.stat().st_size, KEY).root.value == _naive_index(path)


@pytest.mark.parametrize("name", ["axis_signed_h264.mp4", "hamilton_short.mp4", "mapillary_sample-5s.mp4"])
def test_index_of_real_footage_equals_that_of_a_naive_implementation(footage: Path, name: str) -> None:
    path = footage / name
    with path.open("rb") as file:
        assert index_file(file, path.stat().st_size, KEY).root.value == _naive_index(path)


def _root(data: bytes) -> str:
    return index_file(io.BytesIO(data), len(data), KEY).root.value


@pytest.mark.parametrize("name", ["plain.mp4", "default_base.mp4", "plain.mkv"])
def test_any_changed_byte_of_any_sample_changes_the_root(made: dict[str, Path], name: str) -> None:
    data = bytearray(made[name].read_bytes())
    before = _root(bytes(data))
    streams = walk(io.BytesIO(data), len(data)).streams
    places = [(at, leaf.size) for n in range(len(streams)) for leaf, at in samples(io.BytesIO(data), len(data), n)]
    for at, size in places:
        for place in {at, at + size // 2, at + size - 1}:
            data[place] ^= 0x40
            assert _root(bytes(data)) != before
            data[place] ^= 0x40
    assert _root(bytes(data)) == before


def test_sample_without_its_sei_lacks_exactly_one_unit(made: dict[str, Path]) -> None:
    _, sample = _ours(made["plain.mp4"], 0)[0]
    cut, at = [], 0
    while at < len(sample):
        length = int.from_bytes(sample[at : at + 4], "big")
        cut.append(sample[at : at + 4 + length])
        at += 4 + length
    sei = [unit for unit in cut if unit[4] & 31 == 6]
    assert len(sei) == 1
    whole = units(memoryview(sample), 4)
    without = units(memoryview(b"".join(unit for unit in cut if unit is not sei[0])), 4)
    whole.remove(hashlib.sha256(sei[0][4:]).hexdigest())
    assert without == whole


@pytest.mark.parametrize("prefix", [1, 2, 3, 4])
def test_units_are_hashed_without_their_lengths(prefix: int) -> None:
    parts = [b"first", b"", b"x" * 200]
    data = b"".join(len(part).to_bytes(prefix, "big") + part for part in parts)
    assert units(memoryview(data), prefix) == [hashlib.sha256(part).hexdigest() for part in parts]


@pytest.mark.parametrize(
    "data",
    [b"", b"\0\0\0", b"\0\0\0\5abc", b"\0\0\0\1ab", bytes(4 * (MOST_UNITS + 1)), b"\xff\xff\xff\xff"],
    ids=lambda data: str(len(data)),
)
def test_sample_that_its_units_do_not_fill_is_hashed_whole(data: bytes) -> None:
    assert units(memoryview(data), 4) == [hashlib.sha256(data).hexdigest()]


def test_most_units_are_still_told_apart() -> None:
    assert len(units(memoryview(bytes(4 * MOST_UNITS)), 4)) == MOST_UNITS


# MP4, box by box

STBL = (
    table(b"stts", ">II", (3, 10)) + table(b"stsc", ">III", (1, 2, 1), (2, 1, 1)) + table(b"stco", ">I", (24,), (40,))
    + full(b"stsz", struct.pack(">II", 0, 3), struct.pack(">III", 3, 4, 5))
)  # fmt: skip
DATA = bytes(range(64))


def _told(data: bytes, stream: int = 0) -> list[tuple[int, ...]]:
    """Offset, size, dts, pts, duration, key of each sample."""
    return [(at, s.size, s.dts, s.pts, s.duration, int(s.key)) for s, at in samples(io.BytesIO(data), len(data), stream)]


def test_samples_follow_one_another_in_their_chunks() -> None:
    assert _told(movie(trak(STBL), data=DATA)) == [(24, 3, 0, 0, 10, 1), (27, 4, 10, 10, 10, 1), (40, 5, 20, 20, 10, 1)]


@pytest.mark.parametrize("version", [0, 1])
def test_composition_offsets_are_signed_in_both_versions(version: int) -> None:
    stbl = STBL + table(b"ctts", ">Ii", (2, 7), (1, -20), version=version) + table(b"stss", ">I", (1,))
    assert [row[3:] for row in _told(movie(trak(stbl), data=DATA))] == [(7, 10, 1), (17, 10, 0), (0, 10, 0)]


def test_empty_table_of_key_samples_means_none_is() -> None:
    assert [row[5] for row in _told(movie(trak(STBL + table(b"stss", ">I")), data=DATA))] == [0, 0, 0]


@pytest.mark.parametrize(("bits", "packed"), [(4, bytes([0x34, 0x50])), (8, bytes([3, 4, 5])), (16, bytes([0, 3, 0, 4, 0, 5]))])
def test_compact_sizes_read_as_plain_ones(bits: int, packed: bytes) -> None:
    compact = full(b"stz2", bytes(3), bytes([bits]), struct.pack(">I", 3), packed)
    assert _told(movie(trak(STBL[: STBL.index(b"stsz") - 4] + compact), data=DATA)) == _told(movie(trak(STBL), data=DATA))


def test_wide_offsets_and_wide_boxes_read_as_narrow_ones() -> None:
    wide = STBL.replace(table(b"stco", ">I", (24,), (40,)), table(b"co64", ">Q", (32,), (48,)))
    data = box(b"ftyp", b"isom", bytes(4)) + box(b"mdat", DATA, long=True) + box(b"moov", trak(wide), long=True)
    assert [row[0] for row in _told(data)] == [32, 35, 48]


def test_box_of_size_zero_reaches_to_the_end_of_the_file() -> None:
    data = box(b"ftyp", b"isom", bytes(4)) + box(b"moov", trak(STBL)) + bytes(4) + b"mdat" + DATA
    whole = walk(io.BytesIO(data), len(data))
    assert whole.streams[0].samples == 3
    moov_last = box(b"ftyp", b"isom", bytes(4)) + box(b"mdat", DATA) + bytes(4) + b"moov" + trak(STBL)
    assert walk(io.BytesIO(moov_last), len(moov_last)).missing == ""


@pytest.mark.parametrize(
    ("matrix", "rotation"), [((1, 0, 0, 1), 0), ((0, 1, -1, 0), 90), ((-1, 0, 0, -1), 180), ((0, -1, 1, 0), 270), ((1, 1, 1, 1), 0)]
)
def test_rotation_is_clockwise_from_the_track_matrix(matrix: tuple[int, int, int, int], rotation: int) -> None:
    data = movie(trak(STBL, matrix=matrix), data=DATA)
    assert tracks_of(io.BytesIO(data), len(data))[0].header.rotation == rotation


def test_header_tells_size_aspect_configuration_and_edits() -> None:
    config = b"\1\2\3\4\xfdrest"
    entry = picture_entry(box(b"colr", b"nclx"), box(b"avcC", config), box(b"pasp", struct.pack(">II", 4, 3)))
    edits = box(b"edts", table(b"elst", ">IiI", (500, -1, 65536), (1000, 20, 65536)))
    data = movie(trak(STBL, entry=entry, extra=edits), data=DATA)
    found = tracks_of(io.BytesIO(data), len(data))[0]
    header = found.header
    assert (header.kind, header.codec, header.width, header.height, header.aspect) == ("video", "avc1", 640, 480, (4, 3))
    assert (header.extradata, found.prefix) == (hashlib.sha256(config).hexdigest(), 2)
    assert (header.timescale, header.edits) == (1000, ((500, -1, 65536), (1000, 20, 65536)))


def test_wide_edits_read_as_narrow_ones() -> None:
    edits = box(b"edts", table(b"elst", ">QqI", (2**40, -1, 65536), version=1))
    data = movie(trak(STBL, extra=edits), data=DATA)
    assert tracks_of(io.BytesIO(data), len(data))[0].header.edits == ((2**40, -1, 65536),)


def _sound_entry(kind: bytes, version: int, tail: bytes, channels: int = 2, bits: int = 16) -> bytes:
    return box(kind, bytes(6), b"\0\1", struct.pack(">H", version), bytes(6), struct.pack(">HH", channels, bits), bytes(8), tail)


def _sound(entry: bytes, size: int) -> bytes:
    stbl = (
        table(b"stts", ">II", (12, 1)) + table(b"stsc", ">III", (1, 8, 1), (2, 4, 1)) + table(b"stco", ">I", (24,), (60,))
        + full(b"stsz", struct.pack(">II", size, 12))
    )  # fmt: skip
    return movie(trak(stbl, handler=b"soun", entry=entry), data=DATA)


@pytest.mark.parametrize(
    ("entry", "size", "sizes"),
    [
        (_sound_entry(b"sowt", 0, b""), 4, [32, 16]),
        (_sound_entry(b"twos", 0, b""), 1, [32, 16]),
        (_sound_entry(b"ulaw", 0, b"", channels=1), 1, [8, 4]),
        (_sound_entry(b"ima4", 1, struct.pack(">IIII", 4, 3, 6, 2)), 1, [12, 6]),
        (_sound_entry(b"lpcm", 2, bytes(28) + struct.pack(">II", 3, 1)), 1, [24, 12]),
        (_sound_entry(b"ipcm", 0, b""), 2, [16, 8]),
    ],
    ids=["sowt", "twos of old", "ulaw", "packets of version 1", "version 2", "ipcm"],
)
def test_uncompressed_sound_is_read_by_chunks(entry: bytes, size: int, sizes: list[int]) -> None:
    assert _told(_sound(entry, size)) == [(24, sizes[0], 0, 0, 8, 1), (60, sizes[1], 8, 8, 4, 1)]


def test_uncompressed_sound_has_the_bytes_that_ffmpeg_demuxes(tmp_path: Path) -> None:
    path = make(tmp_path / "pcm.mov", sound="pcm_s16le")
    with av.open(str(path)) as container:
        theirs = b"".join(bytes(packet) for packet in container.demux(audio=0))
    assert b"".join(data for _, data in _ours(path, 1)) == theirs
    assert len(theirs) == 48 * 2000 * 4


@pytest.mark.parametrize("name", ["quicktime.mov", "plain.mp4"])
def test_configuration_of_sound_is_found_in_mp4_and_quicktime(made: dict[str, Path], name: str) -> None:
    with made[name].open("rb") as file:
        header = tracks_of(file, made[name].stat().st_size)[1].header
    assert header.codec == "mp4a"
    assert header.extradata != hashlib.sha256(b"").hexdigest()


def _fragment(origin: bytes = b"", flags: int = 0x20000, runs: tuple[bytes, ...] = (), tfdt: bytes = b"") -> bytes:
    return box(b"traf", full(b"tfhd", struct.pack(">I", 1), origin, flags=flags), tfdt, *runs)


def test_fragments_fall_back_from_run_to_fragment_to_track_defaults() -> None:
    mvex = box(b"mvex", full(b"trex", struct.pack(">5I", 1, 1, 10, 2, 0x10000)))
    empty = trak(table(b"stts", ">II") + table(b"stsc", ">III") + table(b"stco", ">I") + full(b"stsz", bytes(8)))
    bare = full(b"trun", struct.pack(">Ii", 2, 0), flags=0x1)
    first = full(b"trun", struct.pack(">IiI", 2, 100, 0), flags=0x5)
    told = full(b"trun", struct.pack(">IIIIi", 1, 7, 9, 0, -3), flags=0xF00)
    clock = full(b"tfdt", struct.pack(">Q", 5000), version=1)
    moof = box(b"moof", _fragment(runs=(bare,)), _fragment(struct.pack(">I", 4), 0x20010, runs=(first, told), tfdt=clock))
    data = movie(empty, mvex=mvex, after=moof + bytes(200))
    at = data.index(b"moof") - 4
    assert _told(data) == [
        (at, 2, 0, 0, 10, 0), (at + 2, 2, 10, 10, 10, 0),
        (at + 100, 4, 5000, 5000, 10, 1), (at + 104, 4, 5010, 5010, 10, 0), (at + 108, 9, 5020, 5017, 7, 1),
    ]  # fmt: skip


def test_track_fragment_without_a_base_begins_where_the_one_before_it_ended() -> None:
    mvex = box(b"mvex", full(b"trex", struct.pack(">5I", 1, 1, 10, 2, 0)))
    empty = trak(table(b"stts", ">II") + table(b"stsc", ">III") + table(b"stco", ">I") + full(b"stsz", bytes(8)))
    run = full(b"trun", struct.pack(">Ii", 2, 300), flags=0x1)
    bare = full(b"trun", struct.pack(">I", 1))
    data = movie(empty, mvex=mvex, after=box(b"moof", _fragment(flags=0, runs=(run,)), _fragment(flags=0, runs=(bare,))) + bytes(300))
    at = data.index(b"moof") - 4
    assert [row[0] - at for row in _told(data)] == [300, 302, 304]


# Matroska, element by element

CLUSTER, TIME, SIMPLE, GROUP, BLOCK = 0x1F43B675, 0xE7, 0xA3, 0xA0, 0xA1


def _contents(data: bytes, stream: int = 0) -> list[bytes]:
    return [data[at : at + leaf.size] for leaf, at in samples(io.BytesIO(data), len(data), stream)]


@pytest.mark.parametrize(
    ("flags", "head"),
    [(0x02, bytes([2, 255, 0, 3])), (0x06, bytes([2, 0x41, 0x00 - 1 & 0xFF, 0x5F - 0, 0x03])), (0x04, None)],
    ids=["Xiph", "EBML", "fixed"],
)
def test_laces_are_told_apart(flags: int, head: bytes | None) -> None:
    if flags == 0x06:  # 255 in two bytes (0x40FF), then 3 - 255 = -252 as a signed number of two bytes
        head = bytes([2]) + (0x4000 | 255).to_bytes(2, "big") + (0x4000 | (-252 + 0x1FFF)).to_bytes(2, "big")
    parts = [b"a" * 255, b"bbb", b"cc"] if head else [b"aa", b"bb", b"cc"]
    content = (head or bytes([2])) + b"".join(parts)
    data = matroska(element(CLUSTER, uint(TIME, 5), element(SIMPLE, block(content, time=2, flags=0x80 | flags))))
    assert _contents(data) == parts
    assert [row[2:] for row in _told(data)] == [(7_000_000, 7_000_000, 0, 1)] * 3


@pytest.mark.parametrize("content", [bytes([2, 255, 0]), bytes([255]), bytes([1, 9, 1, 2]), b""])
def test_laces_that_do_not_fill_their_block_are_refused(content: bytes) -> None:
    data = matroska(element(CLUSTER, uint(TIME, 0), element(SIMPLE, block(content, flags=0x02))))
    with pytest.raises(NoSampleTable, match="lace"):
        _told(data)


def test_groups_tell_duration_and_reference() -> None:
    groups = [
        element(GROUP, element(BLOCK, block(b"one", flags=0)), uint(0x9B, 30)),
        element(GROUP, element(BLOCK, block(b"two", time=40, flags=0)), element(0xFB, b"\xd8"), uint(0x9B, 0)),
        element(GROUP, element(BLOCK, block(b"three", time=-10, flags=0))),
    ]
    tracks = element(0x1654AE6B, track(uint(0x23E383, 40_000_000)))
    data = matroska(element(CLUSTER, uint(TIME, 100), *groups), tracks=tracks)
    assert [row[2:] for row in _told(data)] == [
        (100_000_000, 100_000_000, 30_000_000, 1), (140_000_000, 140_000_000, 0, 0), (90_000_000, 90_000_000, 40_000_000, 1),
    ]  # fmt: skip


def test_clusters_and_segment_of_unknown_size_read_as_known_ones() -> None:
    inner = [(uint(TIME, n * 100), element(SIMPLE, block(b"sample %d" % n)), element(0xEC, bytes(3))) for n in range(3)]
    known = matroska(*(element(CLUSTER, *parts) for parts in inner))
    unknown = matroska(*(element(CLUSTER, *parts, known=False) for parts in inner), element(0x1C53BB6B, bytes(4)), known=False)
    assert _contents(unknown) == _contents(known) == [b"sample 0", b"sample 1", b"sample 2"]
    assert _root(unknown) == _root(known)


def test_stripped_samples_are_hashed_as_stored() -> None:
    encoding = element(0x6D80, element(0x6240, element(0x5034, uint(0x4254, 3), element(0x4255, b"\0\0"))))
    cluster = element(CLUSTER, uint(TIME, 0), element(SIMPLE, block(b"\0\0\0\1x")))
    stripped = matroska(cluster, tracks=element(0x1654AE6B, track(encoding)))
    layout = open_layout(io.BytesIO(stripped), len(stripped))
    assert layout.streams[0].prefix == 0
    tree = StreamTree(layout.streams[0].header, KEY)
    tree.add(SampleLeaf(0, 0, 0, 0, 0, key=True, size=5, units=[hashlib.sha256(b"\0\0\0\1x").hexdigest()]))
    assert _root(stripped) == index_of([tree.root()]).root.value
    plain = matroska(cluster)
    assert open_layout(io.BytesIO(plain), len(plain)).streams[0].prefix == 4


def test_tracks_may_follow_the_clusters() -> None:
    cluster = element(CLUSTER, uint(TIME, 0), element(SIMPLE, block(b"sample")))
    data = matroska(cluster, element(0x1654AE6B, track()), tracks=element(0x1549A966, uint(0x2AD7B1, 500_000)))
    assert _contents(data) == [b"sample"]


def test_picture_of_matroska_tells_its_aspect() -> None:
    video = element(0xE0, uint(0xB0, 720), uint(0xBA, 576), uint(0x54B0, 1024), uint(0x54BA, 576))
    data = matroska(tracks=element(0x1654AE6B, track(video)))
    header = open_layout(io.BytesIO(data), len(data)).streams[0].header
    assert (header.width, header.height, header.aspect, header.timescale) == (720, 576, (64, 45), 1_000_000_000)
