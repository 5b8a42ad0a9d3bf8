"""The container readers on damaged and hostile files: a clear refusal, soon, within bounds, and each file read about once."""

import hashlib
import io
import struct
import time
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.budget import examples
from tests.media.making import block, box, element, full, make, matroska, movie, picture_entry, table, track, trak, uint

from vestige.custody.media_index import SampleLeaf, StreamTree, index_of
from vestige.media.containers.index import LARGEST, index_file, open_layout, samples, tracks_of, walk
from vestige.media.containers.tables import NoSampleTable

KEY = bytes(range(32))
DATA = bytes(range(64))
CLUSTER, TIME, SIMPLE, GROUP, BLOCK = 0x1F43B675, 0xE7, 0xA3, 0xA0, 0xA1
PARTS = {
    "stts": table(b"stts", ">II", (3, 10)),
    "stsc": table(b"stsc", ">III", (1, 2, 1), (2, 1, 1)),
    "stco": table(b"stco", ">I", (24,), (40,)),
    "stsz": full(b"stsz", struct.pack(">II", 0, 3), struct.pack(">III", 3, 4, 5)),
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("made")
    how = {
        "plain.mp4": {"options": {"movflags": "faststart"}},
        "fragmented.mp4": {"options": {"movflags": "frag_keyframe+empty_moov"}},
        "pcm.mov": {"sound": "pcm_s16le", "frames": 12},
        "plain.mkv": {},
        "live.mkv": {"options": {"live": "1"}},
    }
    return {name: make(folder / name, **({"frames": 24} | options)).read_bytes() for name, options in how.items()}


def _index(data: bytes) -> str:
    return index_file(io.BytesIO(data), len(data), KEY).root.value


def _walk_missing(data: bytes) -> str:
    return walk(io.BytesIO(data), len(data)).missing


def _stbl(**changed: bytes) -> bytes:
    return b"".join((PARTS | changed).values())


NAMES = ["plain.mp4", "fragmented.mp4", "pcm.mov", "plain.mkv", "live.mkv"]


@settings(max_examples=examples(6000), deadline=None)
@given(
    st.sampled_from(NAMES),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=16),
    st.floats(0, 1),
    st.integers(0, 1),
)
def test_damaged_files_are_read_or_refused_by_a_check_and_soon(
    made: dict[str, bytes], name: str, changes: list[tuple[float, int]], cut: float, shorten: int
) -> None:
    whole = made[name]
    heads = [at for mark in (b"moov", b"moof", b"\x16\x54\xae\x6b", b"\x1f\x43\xb6\x75") for at in _all(whole, mark)]
    data = bytearray(whole)
    for place, value in changes:
        # Half of the damage is done to structure, near the head of an index, a fragment or a cluster
        at = heads[int(place * 997) % len(heads)] + int(place * 9_973) % 700 if value % 2 else int(place * (len(data) - 1))
        data[min(at, len(data) - 1)] = value
    damaged = bytes(data[: int(cut * len(data))] if shorten else data)
    began = time.process_time()
    for read in (_index, _walk_missing, lambda data: tracks_of(io.BytesIO(data), len(data))):
        try:
            read(damaged)
        except NoSampleTable as refusal:
            assert "contradict" not in str(refusal)  # noqa: PT017  # both ways are right; the last line of defence is not
    assert time.process_time() - began < 3


def _all(data: bytes, mark: bytes) -> list[int]:
    found, at = [], data.find(mark)
    while at >= 0:
        found.append(at)
        at = data.find(mark, at + 1)
    return found


@pytest.mark.parametrize("name", NAMES)
def test_every_truncation_of_the_structure_is_read_or_refused(made: dict[str, bytes], name: str) -> None:
    whole = made[name]
    original = _index(whole)
    lie = [samples(io.BytesIO(whole), len(whole), stream) for stream in range(2)]
    end = max(at + leaf.size for places in lie for leaf, at in places)
    for length in [*range(0, min(len(whole), 3000), 7), *range(3000, len(whole), 501), len(whole) - 1]:
        try:
            found = _index(whole[:length])
        except NoSampleTable as refusal:
            assert "contradict" not in str(refusal)  # noqa: PT017  # what is left may be a whole file of fewer fragments
        else:
            assert found != original or length >= end


@pytest.mark.parametrize(
    ("stbl", "why"),
    [
        (_stbl(stts=table(b"stts", ">II", (2, 10))), "stts of stream 0 tells of 2 of 3 samples"),
        (_stbl(ctts=table(b"ctts", ">II", (2, 10))), "ctts tells of 2 of 3"),
        (_stbl(stco=table(b"stco", ">I", (24,))), "the chunks hold 2 of 3 samples"),
        (_stbl(stsc=table(b"stsc", ">III", (2, 3, 1))), "does not say how many samples each chunk holds"),
        (_stbl(stsc=table(b"stsc", ">III", (1, 2, 1), (1, 1, 1))), "does not say how many samples each chunk holds"),
        (_stbl(stsz=full(b"stsz", struct.pack(">II", 0, 2**32 - 1))), "stts of stream 0 tells of 3 of 4294967295"),
        (
            _stbl(stsz=full(b"stsz", struct.pack(">II", 9, 2**32 - 1)), stts=table(b"stts", ">II", (2**32 - 1, 9))),
            "more than a file of this size",
        ),
        (
            _stbl(stsz=full(b"stsz", struct.pack(">II", 0, 4000)), stts=table(b"stts", ">II", (4000, 9))),
            "says 4000 numbers and has room for 0",
        ),
        (_stbl(stts=full(b"stts", struct.pack(">I", 2**32 - 1))), "says 8589934590 numbers and has room for 0"),
        (_stbl(stsz=b""), "no table of sample sizes"),
        (_stbl(stco=b""), "no table of chunks"),
        (_stbl(stts=b""), "has no stts"),
        (_stbl(stsz=b"", stz2=full(b"stz2", b"\0\0\0\5", struct.pack(">I", 3), bytes(9))), "sizes of 5 bits"),
        (_stbl(stco=table(b"stco", ">I", (24,), (4000,))), "1 of 3 samples of stream 0 lie outside the file"),
        (_stbl(stco=table(b"co64", ">Q", (24,), (2**64 - 9,))), "1 of 3 samples of stream 0 lie outside the file"),
    ],
)
def test_tables_that_are_wrong_are_refused_with_what_and_where(stbl: bytes, why: str) -> None:
    with pytest.raises(NoSampleTable, match=why):
        _index(movie(trak(stbl), data=DATA))


def test_tracks_that_are_wrong_are_refused() -> None:
    good = trak(_stbl())
    for data, why in (
        (movie(good, good, data=DATA), "two tracks have the id 1"),
        (movie(data=DATA), "has no track"),
        (box(b"ftyp", b"isom") + box(b"mdat", DATA), "has no index"),
        (movie(good.replace(b"stbl", b"free"), data=DATA), "has no stbl"),
        (movie(good.replace(b"mdhd", b"free"), data=DATA), "has no mdia/mdhd"),
        (movie(trak(_stbl(), entry=b"\0\0\0\x08avc1"), data=DATA), "does not say how it is coded"),
        (movie(good, data=DATA)[:-20], "inside its index"),
        (movie(good, after=box(b"moof", box(b"traf", full(b"tfhd", struct.pack(">I", 9)))), data=DATA), "belongs to no track"),
        (movie(good, after=box(b"moof", box(b"traf"), bytes(100))[:-50], data=DATA), "inside the fragment"),
        (movie(good, after=_endless_run(), data=DATA), "more than a file of this size"),
    ):
        with pytest.raises(NoSampleTable, match=why):
            _index(data)


def _endless_run() -> bytes:
    return box(b"moof", box(b"traf", full(b"tfhd", struct.pack(">I", 1)), full(b"trun", struct.pack(">I", 2**32 - 1))))


@pytest.mark.parametrize("flags", [0, 1])
def test_samples_in_another_file_are_refused(flags: int) -> None:
    dinf = box(b"dinf", full(b"dref", struct.pack(">I", 1), full(b"alis", flags=flags)))
    whole = trak(_stbl())
    at = whole.index(b"stbl") - 4
    stbl = whole[at:]
    outer = movie(_retyped(whole[:at] + dinf + stbl, len(dinf)), data=DATA)
    if flags:
        assert _walk_missing(outer) == ""
        return
    with pytest.raises(NoSampleTable, match="lie in another file"):
        _index(outer)


def _retyped(data: bytes, grown: int) -> bytes:
    """The track with the sizes of the boxes that hold `stbl` made larger."""
    for kind in (b"trak", b"mdia", b"minf"):
        at = data.index(kind) - 4
        data = data[:at] + struct.pack(">I", int.from_bytes(data[at : at + 4], "big") + grown) + data[at + 4 :]
    return data


def test_truncated_file_has_no_index_and_tells_how_much_is_missing(made: dict[str, bytes]) -> None:
    whole = made["plain.mp4"]
    cut = whole[: len(whole) - 2000]
    found = walk(io.BytesIO(cut), len(cut))
    assert [stream.samples for stream in found.streams] == [stream.samples for stream in walk(io.BytesIO(whole), len(whole)).streams]
    assert sum(stream.missing for stream in found.streams) > 1
    for read in (_index, lambda data: tracks_of(io.BytesIO(data), len(data))):
        with pytest.raises(NoSampleTable) as refusal:
            read(cut)
        assert str(refusal.value) == found.missing
    assert "samples of stream 0 lie outside the file" in found.missing


def test_truncated_matroska_tells_the_sample_that_is_missing(made: dict[str, bytes]) -> None:
    whole = made["plain.mkv"]
    cut = whole[: len(whole) // 2]
    found = walk(io.BytesIO(cut), len(cut))
    assert "the elements of the segment do not end where it does" in found.missing
    assert 0 < sum(stream.samples for stream in found.streams) < 70
    data = matroska(element(CLUSTER, uint(TIME, 0), element(SIMPLE, block(b"one")), element(SIMPLE, block(bytes(100)))))[:-50]
    assert walk(io.BytesIO(data), len(data)).streams[0].missing == 1
    with pytest.raises(NoSampleTable, match="1 of 2 samples of stream 0 lie outside the file"):
        _index(data)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (matroska(element(CLUSTER, element(SIMPLE, block(b"x", number=2)))), "belongs to no track"),
        (matroska(element(CLUSTER, element(SIMPLE, b"\x81"))), "too short for its head"),
        (matroska(element(SIMPLE, block(b"x"))), "lies in no cluster"),
        (matroska(element(CLUSTER, element(0xEC, b"", known=False))), "does not end within its cluster"),
        (matroska(element(CLUSTER, uint(TIME, 2**62), element(SIMPLE, block(b"x")))), "beyond all time"),
        (matroska(element(CLUSTER, element(GROUP, element(BLOCK, block(b"x")), uint(0x9B, 2**60)))), "beyond all time"),
        (matroska(element(CLUSTER, b"\x00\x00\x00")), "no element begins"),
        (matroska(tracks=element(0x1654AE6B, track(), track())), "two tracks have the number 1"),
        (matroska(tracks=element(0x1654AE6B)), "has no track"),
        (matroska(tracks=element(0x1654AE6B, track(element(0xE0, uint(0xB0, 2**60), uint(0xBA, 2))))), "a number beyond"),
        (matroska(tracks=element(0x1654AE6B, element(0xAE, element(0xD7, bytes(9))))), "too long for a number"),
        (element(0x1A45DFA3, element(0x4282, b"matroska")), "has no segment"),
        (matroska(element(CLUSTER, *(element(SIMPLE, block(b"\xff", flags=0x04)) for _ in range(99)))), "more than a file of this size"),
    ],
)
def test_elements_that_are_wrong_are_refused_with_what_and_where(data: bytes, why: str) -> None:
    with pytest.raises(NoSampleTable, match=why):
        _index(data)


@pytest.mark.parametrize("data", [b"", b"RIFF....WAVE", b"\xff\xd8\xff\xe0", b"\x1a\x45\xdf\xa3", b"\0\0\0\x08moov"])
def test_what_is_no_container_is_refused(data: bytes) -> None:
    with pytest.raises(NoSampleTable):
        _index(data)


@pytest.mark.parametrize(
    "name", ["corrupt_invalid_userdata.mp4", "corrupt_truncated_no_moov.mp4", "jfk.wav", "librispeech_116-288045-0000.flac"]
)
def test_real_files_without_a_whole_table_are_refused(footage: Path, name: str) -> None:
    with (footage / name).open("rb") as file, pytest.raises(NoSampleTable):
        index_file(file, (footage / name).stat().st_size, KEY)


def test_hostile_tables_take_little_memory_and_time() -> None:
    many = 2_000_000
    overlapping = _stbl(
        stts=table(b"stts", ">II", (many, 9)),
        stsc=table(b"stsc", ">III", (1, many, 1)),
        stco=table(b"stco", ">I", (24,)),
        stsz=full(b"stsz", struct.pack(">II", 60, many)),
    )
    boxes = box(b"free") * 20_000
    files = [
        movie(trak(overlapping), data=DATA, after=bytes(16_000_000)),
        movie(trak(_stbl()), boxes, data=DATA),
        box(b"ftyp", b"isom") + boxes,
        matroska(element(0xEC) * 20_000),
    ]
    for data in files:
        began = time.process_time()
        _walk_or_refuse(data)
        assert time.process_time() - began < 10
        tracemalloc.start()
        _walk_or_refuse(data)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 200_000_000  # the tables of two million samples, a few times over while they are made


def _walk_or_refuse(data: bytes) -> None:
    try:
        walk(io.BytesIO(data), len(data))
    except NoSampleTable as refusal:
        assert "contradict" not in str(refusal)  # noqa: PT017  # both ways are right


class _Counting(io.BytesIO):
    """Counts what is read; gives no more than `most` bytes at once."""

    def __init__(self, data: bytes, most: int = 1 << 30) -> None:
        super().__init__(data)
        self.count = 0
        self._most = most

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(self._most if size is None or size < 0 else min(size, self._most))
        self.count += len(data)
        return data


def _large_mp4() -> bytes:
    """Two tracks, the samples of both lying in turns; 16 MB."""
    size, count = 80_000, 100
    places = [(24 + n * 2 * size,) for n in range(count)]
    stbl = [
        table(b"stts", ">II", (count, 9)) + table(b"stsc", ">III", (1, 1, 1)) + full(b"stsz", struct.pack(">II", size, count))
        + table(b"stco", ">I", *((at + shift,) for (at,) in places))
        for shift in (0, size)
    ]  # fmt: skip
    second = trak(stbl[1]).replace(struct.pack(">II", 0, 1) + bytes(24), struct.pack(">II", 0, 2) + bytes(24), 1)
    return movie(trak(stbl[0]), second, data=bytes(size * 2 * count))


def _large_matroska() -> bytes:
    return matroska(*(element(CLUSTER, uint(TIME, n), *[element(SIMPLE, block(b"\xff" * 100_000))] * 30) for n in range(5)))


@pytest.mark.parametrize("make_file", [_large_mp4, _large_matroska])
def test_file_is_read_about_once_and_never_held(make_file: "object") -> None:
    data = make_file()  # type: ignore[operator]  # a function of this module
    source = _Counting(data)
    tracemalloc.start()
    found = index_file(source, len(data), KEY)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.samples in {200, 150}
    assert source.count < 1.15 * len(data) + 200_000
    assert peak < 14_000_000


def test_source_that_gives_little_at_once_gives_the_same_index(made: dict[str, bytes]) -> None:
    for data in made.values():
        assert index_file(_Counting(data, 1000), len(data), KEY) == index_file(io.BytesIO(data), len(data), KEY)


def test_progress_rises_to_the_end(made: dict[str, bytes]) -> None:
    data = made["fragmented.mp4"]
    told: list[float] = []
    index_file(io.BytesIO(data), len(data), KEY, told.append)
    assert told == sorted(told)
    assert 0.5 < told[-1] <= 1


def test_sample_larger_than_is_taken_apart_is_hashed_whole() -> None:
    size = LARGEST + 1
    stbl = (
        table(b"stts", ">II", (1, 9)) + table(b"stsc", ">III", (1, 1, 1)) + table(b"stco", ">I", (24,))
        + full(b"stsz", struct.pack(">II", size, 1))
    )  # fmt: skip
    content = struct.pack(">I", size - 4) + bytes(size - 4)
    data = movie(trak(stbl, entry=picture_entry(box(b"avcC", b"\1\0\0\0\xff"))), data=content)
    assert _index(data) == _expected(data, [[hashlib.sha256(content).hexdigest()]])


def test_samples_that_lie_out_of_order_are_indexed_in_decode_order() -> None:
    stbl = _stbl(stsc=table(b"stsc", ">III", (1, 1, 1)), stco=table(b"stco", ">I", (60,), (24,), (40,)))
    data = movie(trak(stbl), data=DATA)
    units = [[hashlib.sha256(data[at : at + size]).hexdigest()] for at, size in ((60, 3), (24, 4), (40, 5))]
    assert _index(data) == _expected(data, units)


def _expected(data: bytes, units: list[list[str]]) -> str:
    tree = StreamTree(open_layout(io.BytesIO(data), len(data)).streams[0].header, KEY)
    for (leaf, _), found in zip(samples(io.BytesIO(data), len(data), 0), units, strict=True):
        tree.add(SampleLeaf(*leaf[:-1], found))
    return index_of([tree.root()]).root.value
