"""Clips of Matroska originals: an MP4 of the very same samples, which proves itself against the Matroska file's media index."""

import io
import json
from collections.abc import Iterator
from fractions import Fraction
from hashlib import sha256
from itertools import islice
from pathlib import Path

import av
import pytest
from av.container import InputContainer
from tests.media.making import block, element, matroska, track, uint
from tests.media.test_samples import Pair, clipped, proven, refused, told
from tests.media.worlds import Clip

from vestige.custody.media_index import SampleLeaf
from vestige.errors import MediaFailed
from vestige.media.containers.index import samples as samples_of
from vestige_verify import samples

MADE = [
    Clip(container="matroska"),
    Clip(container="matroska", options={"bf": "3"}),
    Clip(container="matroska", codec="libx265", options={"x265-params": "log-level=none:keyint=12:open-gop=0"}),
    Clip(container="matroska", sound="libopus"),
    Clip(container="matroska", sound=None),
]
CAMERAS = ["gopro_karma.mp4", "hamilton_short.mp4", "nasa_13013.mp4", "egoblur_gen2_lp.mp4", "axis_signed_h264.mp4"]


def remuxed(data: bytes) -> bytes:
    """A camera's MP4 as a Matroska file: the same pictures and sound."""
    out = io.BytesIO()
    with av.open(io.BytesIO(data)) as source, av.open(out, "w", format="matroska") as made:
        streams = {one.index: made.add_stream_from_template(one) for one in (*source.streams.video, *source.streams.audio)}
        for packet in source.demux([one for one in source.streams if one.index in streams]):
            if packet.dts is not None:
                packet.stream = streams[packet.stream.index]
                made.mux(packet)
    return out.getvalue()


@pytest.fixture(scope="module")
def whole() -> Pair:
    return clipped(Clip(frames=96, container="matroska", options={"bf": "2"}).data(), 900, 1500)[0]


@pytest.mark.parametrize("clip", MADE)
@pytest.mark.parametrize("span", [(0, 100), (500, 900), (1900, 5000)])
def test_a_clip_has_what_was_asked_and_proves_every_sample(clip: Clip, span: tuple[int, int]) -> None:
    pair, facts = clipped(clip.data(), *span)
    assert int(str(facts["from_ms"])) <= span[0]
    assert int(str(facts["to_ms"])) >= min(span[1], 1960)
    found = proven(pair)
    samples.require_clip(found)
    assert json.loads(pair[1])["format"] == "vestige-samples/2"
    assert found.streams[0].identical == facts["frames"]
    assert len(found.streams) == 1 + (clip.sound is not None)


@pytest.mark.parametrize("name", CAMERAS)
def test_clips_of_real_cameras_footage_are_shown_and_heard_when_the_original_was(footage: Path, name: str) -> None:
    data = remuxed((footage / name).read_bytes())
    pair, facts = clipped(data, 1000, 3000)
    found = proven(pair)
    samples.require_clip(found)
    assert found.in_step is (None if len(found.streams) > 1 else True)
    begins = Fraction(int(str(facts["from_ms"])), 1000)
    with av.open(io.BytesIO(data)) as original, av.open(io.BytesIO(pair[0])) as clip:
        shown = list(pictures(original, Fraction(0)))
        cut = list(pictures(clip, begins))
        start = next(number for number, (at, _) in enumerate(shown) if at == begins)
        assert len(cut) == facts["frames"]
        assert cut == shown[start : start + len(cut)]


def pictures(file: InputContainer, later: Fraction) -> Iterator[tuple[Fraction, bytes]]:
    """When each picture is shown, and its luma; the footage of one camera ends with what no decoder takes."""
    for frame in islice(file.decode(video=0), 250):
        yield Fraction(frame.pts or 0) * Fraction(frame.time_base) + later, sha256(bytes(frame.planes[0])).digest()


def test_the_samples_are_the_blocks_bytes(whole: Pair) -> None:
    data = Clip(frames=96, container="matroska", options={"bf": "2"}).data()
    media = samples.read(io.BytesIO(whole[0]), len(whole[0]))
    for number, stream in enumerate(media.streams):
        blocks: list[tuple[SampleLeaf, int]] = list(samples_of(io.BytesIO(data), len(data), number))
        first = json.loads(whole[1])["streams"][number]["runs"][0][0]
        for at, (offset, size) in enumerate(zip(stream.offsets, stream.sizes, strict=True)):
            leaf, place = blocks[first + at]
            assert whole[0][offset : offset + size] == data[place : place + leaf.size]


def test_a_changed_sample_one_left_out_and_another_duration_are_refused(whole: Pair) -> None:
    media = samples.read(io.BytesIO(whole[0]), len(whole[0]))
    for stream in media.streams:
        spoilt = bytearray(whole[0])
        spoilt[stream.offsets[3] + stream.sizes[3] - 1] ^= 1
        refused((bytes(spoilt), whole[1]), f"sample 3 of the {stream.kind}")
    refused(told(whole, lambda value: value["streams"][0]["runs"][0].__setitem__(1, 4)), "are told of")
    refused(told(whole, lambda value: value["streams"][0].update(durations=[[0, 1]])), "it is not told how long|was changed")
    refused(told(whole, lambda value: value.update(format="vestige-samples/1")), "exactly the keys")
    refused(told(whole, lambda value: value["streams"][1].update(delay=0)), "do not lie against each other")


def test_what_an_mp4_cannot_carry_is_said() -> None:
    with pytest.raises(MediaFailed, match="AAC or Opus; this sound is 'A_PCM/INT/LIT'"):
        clipped(Clip(container="matroska", sound="pcm_s16le").data(), 500, 900)
    with pytest.raises(MediaFailed, match=r"H\.264 and HEVC; this picture is 'V_VP9'"):
        clipped(Clip(container="matroska", codec="libvpx-vp9", sound=None, frames=20).data(), 0, 300)
    encoding = element(0x6D80, element(0x6240, element(0x5034, uint(0x4254, 3), element(0x4255, b"\0\0"))))
    blocks = element(0x1F43B675, uint(0xE7, 0), element(0xA3, block(b"\0\0\2\x65\x88")))
    stripped = matroska(blocks, tracks=element(0x1654AE6B, track(encoding)))
    with pytest.raises(MediaFailed, match="this picture is 'V_MPEG4/ISO/AVC'"):
        clipped(stripped, 0, 300)


def test_sound_whose_blocks_hold_several_pieces_is_not_cut() -> None:
    heard = track(element(0xE1, uint(0x9F, 1)), number=2, kind=2, codec=b"A_AAC", private=bytes.fromhex("1188"))
    laced = element(0xA3, block(bytes.fromhex("01" + "aabb"), number=2, flags=0x84))
    shown = element(0xA3, block(b"\0\0\0\2\x65\x88"))
    data = matroska(element(0x1F43B675, uint(0xE7, 0), shown, laced), tracks=element(0x1654AE6B, track(), heard))
    with pytest.raises(MediaFailed, match="several pieces each"):
        clipped(data, 0, 300)
