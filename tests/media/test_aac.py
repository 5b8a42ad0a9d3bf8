"""AAC is read to its last bit: every sample of real cameras and of an encoder at its worst, and nothing beside sound goes unseen."""

import io
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.budget import examples

from vestige.media import aac_books as books
from vestige.media.aac import EIGHT_SHORT, RATES, Coding, NotPlain, Piece, only_sound, piece, silence
from vestige.media.containers.index import tracks_of
from vestige.media.esds import coding_of, esds_of

PLAIN = Coding(48_000, 2)


def encoded(coding: Coding, seed: int, frames: int = 12) -> list[bytes]:
    """Noise, silence and clicks, in turn."""
    coder = av.CodecContext.create("aac", "w")
    assert isinstance(coder, av.AudioCodecContext)
    layout = "mono" if coding.channels == 1 else "stereo"
    coder.sample_rate, coder.layout, coder.format, coder.bit_rate = coding.rate, layout, "fltp", 40_000 * coding.channels
    coder.time_base = Fraction(1, coding.rate)
    random, found = np.random.default_rng(seed), []
    for number in range(frames):
        wave = random.normal(0, (0.4, 0.0, 0.02)[(number + seed) % 3], (coding.channels, 1024)).astype(np.float32)
        wave[:, random.integers(1024)] = 1
        frame = av.AudioFrame.from_ndarray(wave, "fltp", layout)
        frame.sample_rate, frame.pts, frame.time_base = coding.rate, number * 1024, Fraction(1, coding.rate)
        found += [bytes(packet) for packet in coder.encode(frame)]
    return found + [bytes(packet) for packet in coder.encode(None)]


@pytest.mark.parametrize("number", range(len(books.LENGTHS)))
def test_each_book_is_a_whole_prefix_code(number: int) -> None:
    lengths = [int(digit, 36) for digit in books.LENGTHS[number]]
    codes = [int(books.CODES[number][at : at + books.WIDTH], 16) for at in range(0, len(books.CODES[number]), books.WIDTH)]
    longest = max(lengths)
    spans = sorted((code << longest - length, code + 1 << longest - length) for code, length in zip(codes, lengths, strict=True))
    assert [0, *(end for _, end in spans)] == [*(start for start, _ in spans), 1 << longest]
    span = books.LARGEST[number] + 1 if number in books.UNSIGNED else 2 * books.LARGEST[number] + 1
    assert len(codes) == span ** books.DIMENSIONS[number]


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("channels", [1, 2])
def test_an_encoder_at_every_rate_is_read_whole(rate: int, channels: int) -> None:
    coding = Coding(rate, channels)
    found = [(data, piece(data, coding)) for data in encoded(coding, rate % 7)]
    assert {one.sequence for _, one in found} >= {EIGHT_SHORT}
    for data, one in found:
        assert piece(only_sound(data, one), coding).alone


@pytest.mark.parametrize(
    "name", ["gopro_karma.mp4", "gopro_max-heromode.mp4", "hamilton_short.mp4", "intel_car-detection.mp4", "nasa_13013.mp4"]
)
def test_every_sample_of_real_cameras_is_read_to_its_last_bit(footage: Path, name: str) -> None:
    data = (footage / name).read_bytes()
    sound = next(track for track in tracks_of(io.BytesIO(data), len(data)) if track.header.kind == "audio")
    coding = Coding(sound.header.timescale, 2)
    places = zip(sound.samples.offsets.tolist(), sound.samples.sizes.tolist(), strict=True)
    found = [piece(data[at : at + size], coding) for at, size in places]
    assert sum(not one.alone for one in found) <= 1  # FFmpeg's name, in its first


@given(
    seed=st.integers(0, 1000),
    at=st.integers(0, 11),
    extra=st.binary(min_size=1, max_size=40),
    kind=st.sampled_from(["data", "fill", "end"]),
)
@settings(max_examples=examples(60), deadline=None)
def test_what_lies_beside_the_sound_is_seen_and_left_out(seed: int, at: int, extra: bytes, kind: str) -> None:
    sound = encoded(PLAIN, seed)[at]
    bare = only_sound(sound, piece(sound, PLAIN))
    found = piece(bare, PLAIN)
    words = f"{int.from_bytes(bare, 'big'):0{8 * len(bare)}b}"[: found.element[1]]
    inside = "".join(f"{byte:08b}" for byte in extra)
    carried = {
        "data": words + "100" + "0000" + "0" + f"{len(extra):08b}" + inside + "111",
        "fill": words + "110" + "1111" + f"{len(extra) + 1:08b}" + "0010" + "1" * (8 * (len(extra) + 15) - 4) + "111",
        "end": words + "111" + "0" * (-(len(words) + 3) % 8) + inside,
    }[kind]
    carried += "0" * (-len(carried) % 8)
    data = int(carried, 2).to_bytes(len(carried) // 8, "big")
    one = piece(data, PLAIN)
    assert not one.alone
    assert only_sound(data, one) == bare


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("sequence", range(4))
def test_silence_is_sound_that_decodes_as_nothing(channels: int, sequence: int) -> None:
    coding = Coding(44_100, channels)
    data = silence(coding, sequence, 1)
    assert piece(data, coding) == Piece(sequence, 1, piece(data, coding).element, alone=True)
    coder = av.CodecContext.create("aac", "r")
    coder.extradata = bytes.fromhex("1208" if channels == 1 else "1210")
    heard = [frame for _ in range(4) for frame in coder.decode(av.Packet(data))]
    assert len(heard) >= 3
    assert not any(np.abs(frame.to_ndarray()).max() for frame in heard)


@given(st.binary(max_size=400))
@settings(max_examples=examples(300), deadline=None)
def test_noise_is_refused_or_read_and_never_more(data: bytes) -> None:
    try:
        one = piece(data, PLAIN)
    except NotPlain:
        return
    assert one.element[1] + 3 <= 8 * len(data)


def test_a_sample_cut_off_anywhere_is_refused() -> None:
    for data in encoded(PLAIN, 3)[:4]:
        bare = only_sound(data, piece(data, PLAIN))
        for length in range(0, len(bare), 7):
            with pytest.raises(NotPlain):
                piece(bare[:length], PLAIN)


@pytest.mark.parametrize(
    ("config", "coding"),
    [
        ("1190", PLAIN),
        ("119056e500", PLAIN),
        ("1190000000", PLAIN),
        ("1208", Coding(44_100, 1)),
        ("2b118800", None),  # SBR
        ("1191", None),  # an extension
        ("1194", None),  # frames of 960
        ("11a8", None),  # five channels
        ("0a10", None),  # Main
        ("119056e5a0", None),  # SBR, said behind
        ("11904c6561", None),  # words
    ],
)
def test_only_plain_aac_is_taken(config: str, coding: Coding | None) -> None:
    esds = esds_of(bytes.fromhex(config))
    if coding is not None:
        assert coding_of(esds) == coding
        for changed in (esds + b"\0", esds[:-1], esds[:8] + b"\x80" + esds[9:]):
            with pytest.raises(NotPlain):
                coding_of(changed)
        return
    with pytest.raises(NotPlain):
        coding_of(esds)
