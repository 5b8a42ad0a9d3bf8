"""The sealed stream: what goes in comes out, at any place, and nothing else does."""

import io
import os
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.budget import examples
from tests.vault.sealing import AAD, KEY, noise, reader, seal, unseal

from vestige.errors import Tampered
from vestige.vault.sealed import HEADER, PLAIN, PLAIN_FIRST, SEGMENT, SealReader, SealWriter

BORDERS = [0, 1, PLAIN_FIRST, PLAIN_FIRST + PLAIN, PLAIN_FIRST + 2 * PLAIN]
near_a_border = st.builds(lambda border, off: max(0, border + off), st.sampled_from(BORDERS), st.integers(-3, 3))


@given(size=near_a_border, cuts=st.lists(st.integers(0, PLAIN_FIRST + 2 * PLAIN), max_size=6), hold=st.booleans())
@settings(max_examples=examples(300), deadline=None)
def test_what_was_written_in_any_pieces_is_read_back_around_every_segment_border(size: int, cuts: list[int], *, hold: bool) -> None:
    data = noise(size)
    edges = [0, *sorted(min(cut, size) for cut in cuts), size]
    sealed = seal([data[a:b] for a, b in pairwise(edges)], hold_first=hold)
    with reader(sealed) as opened:
        assert opened.size == size
        assert opened.read_at(0, size + 5) == data
        opened.verify()


@given(places=st.lists(st.tuples(st.integers(0, 3 * PLAIN), st.integers(0, 2 * PLAIN)), min_size=1, max_size=12))
@settings(max_examples=examples(200), deadline=None)
def test_any_place_of_any_length_reads_as_the_plaintext_does(places: list[tuple[int, int]]) -> None:
    data = noise(PLAIN_FIRST + PLAIN + 777)
    with reader(_SEALED) as opened:
        for offset, length in places:
            assert opened.read_at(offset, length) == data[offset : offset + length]
            out = bytearray(length)
            done = opened.read_into(offset, out)
            assert out[:done] == data[offset : offset + length]


_SEALED = seal([noise(PLAIN_FIRST + PLAIN + 777)])


def test_spans_tile_the_plaintext() -> None:
    with reader(_SEALED) as opened:
        spans = list(opened.spans())
    assert spans == [(0, PLAIN_FIRST), (PLAIN_FIRST, PLAIN), (PLAIN_FIRST + PLAIN, 777)]


def test_only_the_segments_asked_for_are_read() -> None:
    broken = bytearray(_SEALED)
    broken[SEGMENT + 100] ^= 1  # the middle one
    with reader(bytes(broken)) as opened:
        assert opened.read_at(PLAIN_FIRST - 10, 10) == noise(PLAIN_FIRST)[-10:]
        with pytest.raises(Tampered, match="segment 2 of 3"):
            opened.read_at(PLAIN_FIRST - 10, 11)
        with pytest.raises(Tampered, match="segment 2 of 3"):
            opened.verify()


@pytest.mark.parametrize("size", [0, 1, 1000])
def test_every_flipped_byte_of_a_small_file_is_tampered(size: int) -> None:
    sealed = seal([noise(size)])
    for place in range(len(sealed)):
        broken = bytearray(sealed)
        broken[place] ^= 1 << place % 8
        with pytest.raises(Tampered):
            unseal(bytes(broken))


@given(place=st.integers(0, len(_SEALED) - 1), bit=st.integers(0, 7))
@settings(max_examples=examples(200), deadline=None)
def test_any_flipped_bit_of_a_file_of_three_segments_is_tampered(place: int, bit: int) -> None:
    broken = bytearray(_SEALED)
    broken[place] ^= 1 << bit
    with pytest.raises(Tampered):
        unseal(bytes(broken))


@given(
    length=st.one_of(
        st.integers(0, len(_SEALED) - 1), st.sampled_from([0, 39, 40, 55, 56, SEGMENT, SEGMENT + 15, SEGMENT + 16, 2 * SEGMENT])
    )
)
@settings(max_examples=examples(200), deadline=None)
def test_any_truncation_is_found_when_the_file_is_opened(length: int) -> None:
    with pytest.raises(Tampered):
        reader(_SEALED[:length])


@given(extra=st.one_of(st.binary(min_size=1, max_size=64), st.just(bytes(SEGMENT)), st.just(_SEALED[SEGMENT : 2 * SEGMENT])))
@settings(max_examples=examples(100), deadline=None)
def test_any_extension_is_found_when_the_file_is_opened(extra: bytes) -> None:
    with pytest.raises(Tampered):
        reader(_SEALED + extra)


def test_swapped_and_repeated_segments_are_tampered() -> None:
    sealed = seal([noise(PLAIN_FIRST + 3 * PLAIN)])
    a, b, c, d = (sealed[n * SEGMENT : (n + 1) * SEGMENT] for n in range(4))
    for order in (a + c + b + d, a + b + b + d, a + b + d + c, a + b + c):
        with pytest.raises(Tampered):
            unseal(order)


def test_a_segment_of_another_file_under_the_same_key_is_tampered() -> None:
    other = seal([noise(PLAIN_FIRST + PLAIN + 777)])
    with pytest.raises(Tampered, match="segment 2 of 3"):
        unseal(_SEALED[:SEGMENT] + other[SEGMENT : 2 * SEGMENT] + _SEALED[2 * SEGMENT :])


def test_another_key_or_another_object_does_not_open_it() -> None:
    with pytest.raises(Tampered):
        reader(_SEALED, key=bytes(32))
    with pytest.raises(Tampered):
        reader(_SEALED, aad=AAD[:-1] + b"2")


def test_a_file_cut_while_it_is_open_is_tampered() -> None:
    descriptor = os.memfd_create("sealed")
    os.pwrite(descriptor, _SEALED, 0)
    with SealReader(descriptor, KEY, AAD) as opened:
        os.ftruncate(descriptor, SEGMENT + 500)
        with pytest.raises(Tampered, match="segment 2"):
            opened.read_at(PLAIN_FIRST, 10)


@given(
    size=st.one_of(near_a_border, st.integers(60, 2000)),
    patches=st.lists(st.tuples(st.integers(0, PLAIN_FIRST), st.binary(min_size=1, max_size=40)), max_size=8),
)
@settings(max_examples=examples(200), deadline=None)
def test_a_first_segment_that_is_held_back_takes_patches_until_it_is_closed(size: int, patches: list[tuple[int, bytes]]) -> None:
    data = bytearray(noise(size))
    descriptor = os.memfd_create("sealed")
    writer = SealWriter(descriptor, KEY, AAD, hold_first=True)
    writer.write(data)
    for offset, piece in patches:
        if offset + len(piece) <= min(size, PLAIN_FIRST):
            writer.patch(offset, piece)
            data[offset : offset + len(piece)] = piece
        else:
            with pytest.raises(ValueError, match="held back"):
                writer.patch(offset, piece)
    writer.close()
    with SealReader(descriptor, KEY, AAD) as opened:
        assert opened.read_at(0, size) == data


def test_what_is_sealed_takes_no_patch() -> None:
    descriptor = os.memfd_create("sealed")
    writer = SealWriter(descriptor, KEY, AAD)
    writer.write(b"abc")
    with pytest.raises(ValueError, match="held back"):
        writer.patch(0, b"x")
    writer.close()
    with pytest.raises(ValueError, match="closed"):
        writer.write(b"more")
    writer.close()
    os.close(descriptor)


def test_after_a_failed_write_nothing_is_ever_sealed_again() -> None:
    descriptor = os.open("/dev/full", os.O_WRONLY)
    writer = SealWriter(descriptor, KEY, AAD)
    with pytest.raises(OSError, match="No space"):
        writer.write(bytes(2 * SEGMENT))
    for act in (lambda: writer.write(b"x"), writer.close):
        with pytest.raises(ValueError, match="never again"):
            act()
    os.close(descriptor)


def test_many_threads_read_at_once() -> None:
    data = noise(PLAIN_FIRST + PLAIN + 777)
    with reader(_SEALED) as opened, ThreadPoolExecutor(8) as pool:
        places = [(step * 7_919_333 % len(data), 300 + step) for step in range(400)]
        for (offset, length), got in zip(places, pool.map(lambda place: opened.read_at(*place), places), strict=True):
            assert got == data[offset : offset + length]


def test_negative_places_are_refused() -> None:
    with reader(_SEALED) as opened:
        for offset, length in ((-1, 1), (0, -1)):
            with pytest.raises(ValueError, match="no such place"):
                opened.read_at(offset, length)
        with pytest.raises(ValueError, match="no such place"):
            opened.as_file().seek(-1)


def test_it_is_a_file_to_others() -> None:
    data = noise(PLAIN_FIRST + PLAIN + 777)
    with reader(_SEALED) as opened, opened.as_file() as file:
        assert file.seek(-777, io.SEEK_END) == len(data) - 777
        assert file.read() == data[-777:]
        assert file.seek(PLAIN_FIRST - 5) == PLAIN_FIRST - 5
        assert io.BufferedReader(file, 1000).read(10) == data[PLAIN_FIRST - 5 : PLAIN_FIRST + 5]


class _Muxed(io.RawIOBase):
    """A writer as a muxer wants it: it goes back to its start to say how long the file became."""

    def __init__(self, writer: SealWriter) -> None:
        super().__init__()
        self.writer = writer
        self.at = 0
        self.patched = 0

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        length = memoryview(data).nbytes
        if self.at < self.writer.size:
            self.writer.patch(self.at, data)
            self.patched += 1
        else:
            self.writer.write(data)
        self.at += length
        return length

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self.at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self.at, io.SEEK_END: self.writer.size}[whence]
        return self.at

    def tell(self) -> int:
        return self.at


def test_a_media_library_writes_through_the_held_segment_and_reads_through_the_file() -> None:
    descriptor = os.memfd_create("sealed")
    writer = SealWriter(descriptor, KEY, AAD, hold_first=True)
    muxed = _Muxed(writer)
    with av.open(muxed, "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = 640, 480, "yuv420p", 20_000_000
        for seed in range(20):
            noisy = np.frombuffer(noise(640 * 480 * 3, seed), np.uint8).reshape(480, 640, 3)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(noisy, format="rgb24")))
        container.mux(stream.encode(None))
    writer.close()
    assert writer.size > PLAIN_FIRST
    assert muxed.patched
    with SealReader(descriptor, KEY, AAD) as opened, av.open(opened.as_file()) as container:
        assert sum(1 for _ in container.decode(video=0)) == 20


def test_a_seek_in_a_file_of_64_mib_opens_one_or_two_segments_only(monkeypatch: pytest.MonkeyPatch) -> None:
    piece = noise(SEGMENT)
    with reader(seal(piece for _ in range(64))) as opened:
        reads: list[int] = []
        pread = os.pread

        def counted(descriptor: int, length: int, offset: int) -> bytes:
            reads.append(length)
            return pread(descriptor, length, offset)

        monkeypatch.setattr(os, "pread", counted)
        for step in range(50):
            offset = step * 1_345_678 % (64 * SEGMENT - 100_000)
            reads.clear()
            got = opened.read_at(offset, 65_536)
            start = offset % SEGMENT
            assert got == (piece + piece)[start : start + 65_536]
            assert len(reads) <= 2
            assert sum(reads) <= 2 * SEGMENT


def test_the_header_is_that_of_the_format() -> None:
    assert (HEADER, PLAIN_FIRST, PLAIN) == (40, 1_048_520, 1_048_560)
    assert seal([b""])[0] == 0x28
    assert len(seal([b""])) == 56
