"""Sample proofs of redacted copies: what was copied is the original's to the bit, what must not be heard is in no copied sample, and lies are
refused and named."""

import hashlib
import io
import json
import struct
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any
from uuid import UUID

import av
import numpy as np
import pytest
from av.bitstream import BitStreamFilterContext
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.budget import examples
from tests.media.redact_worlds import Clip, make, mask, pictures, plan_for, silent
from tests.media.redact_worlds import samples as heard_of

from vestige.custody.canonical import canonical
from vestige.errors import RenderFailed
from vestige.media import redact_picture_copy
from vestige.media.aac import NotPlain
from vestige.media.avcc import NotCopyable, Sets, sets_of
from vestige.media.check import check
from vestige.media.containers.index import index_file, tracks_of
from vestige.media.containers.mp4_shapes import shape_of
from vestige.media.containers.mp4_writer import Edit, Mp4Writer, Shape
from vestige.media.redact_picture_copy import CopiedPicture
from vestige.media.redact_sound_copy import CopiedSound
from vestige.media.released import Original, proofs
from vestige.media.render import render
from vestige.redaction.geometry import Box
from vestige.redaction.plan import Plan
from vestige_verify import VerificationError, samples

KEY, ITEM = bytes(32), UUID(int=7)
BOX = Box(64, 48, 96, 64)


@dataclass(frozen=True)
class Made:
    """An original, the redacted copy that was checked, and its proofs."""

    original: bytes
    plan: Plan
    copy: bytes
    proofs: bytes
    anew: dict[str, str]

    def proven(self) -> samples.Proven:
        found = samples.check(self.proofs, io.BytesIO(self.copy), len(self.copy))
        samples.require_whole(found)
        return found

    def told(self, change: Callable[[dict[str, Any]], object]) -> "Made":
        """The same file with another account of it."""
        value = json.loads(self.proofs)
        change(value)
        return Made(self.original, self.plan, self.copy, canonical(value), self.anew)

    def refused(self, why: str) -> None:
        with pytest.raises(VerificationError, match=why):
            self.proven()


def redacted(original: bytes, *masks: tuple[int, int], mutes: tuple[tuple[int, int], ...] = ()) -> Made:
    drawn = [mask(number, span, BOX) for number, span in enumerate(masks, 1)]
    plan = plan_for(io.BytesIO(original), *drawn, mutes=mutes)
    out = io.BytesIO()
    made = render(io.BytesIO(original), out, plan, silent)
    check(io.BytesIO(out.getvalue()), plan, made.facts, silent)
    root = index_file(io.BytesIO(original), len(original), KEY).root.value
    document = proofs(io.BytesIO(original), Original(ITEM, root, KEY), made.streams, silent)
    anew = made.facts["anew"]
    assert isinstance(anew, dict)
    return Made(original, plan, out.getvalue(), document, anew)


@pytest.fixture(scope="module")
def whole() -> Made:
    """Two seconds with a silence in the middle of its sound."""
    return redacted(make(Clip(frames=60)).getvalue(), (0, 400), mutes=((900, 1100),))


def test_sound_that_is_not_muted_is_copied_and_decodes_as_in_the_original(whole: Made) -> None:
    sound = whole.proven().streams[1]
    assert (sound.kind, sound.stripped, sound.identical + sound.altered) == ("audio", 0, sound.original)
    assert sound.identical > sound.original - 22
    before, began = heard_of(io.BytesIO(whole.original))
    after, begins = heard_of(io.BytesIO(whole.copy))
    assert (began, before.shape) == (begins, after.shape)
    rate, margin = 44100, 4 * 1024
    for start, end in ((margin, int(0.9 * rate) - margin), (int(1.1 * rate) + margin, before.shape[1] - margin)):
        assert np.abs(before[:, start:end] - after[:, start:end]).max() < 1e-4  # a decoder's own noise goes on from frame to frame
        assert np.abs(after[:, start:end]).max() > 0.3


def test_no_copied_sample_holds_anything_of_a_muted_span(whole: Made) -> None:
    """Heard by itself between silences, each copied sample sounds in its two turns only; none of them meets the asked span."""
    require_nothing_asked_is_copied(whole)
    track = tracks_of(io.BytesIO(whole.original), len(whole.original))[1]
    runs = json.loads(whole.proofs)["streams"][1]["runs"]
    muted = set(range(len(track))) - {number for first, count in runs for number in range(first, first + count)}
    place, size = track.samples.offsets, track.samples.sizes
    for number in muted:
        assert whole.original[int(place[number]) : int(place[number] + size[number])] not in whole.copy


@pytest.mark.parametrize(
    ("clip", "why"),
    [
        (Clip(container="matroska", sound="aac"), "no MP4"),
        (Clip(sound="flac", layout="mono"), "not AAC"),
        (Clip(sound="ac3"), "not AAC"),
        (Clip(layout="5.1"), "something else than plain AAC-LC"),
    ],
)
def test_sound_that_cannot_be_copied_is_made_anew_and_the_reason_kept(clip: Clip, why: str) -> None:
    made = redacted(make(clip).getvalue(), (0, 400), mutes=((300, 500),))
    assert why in made.anew["sound"]
    assert [stream.identical for stream in made.proven().streams] == [0, 0]


@pytest.mark.parametrize("mutes", [(), ((0, 2000),), ((0, 1),), ((1, 60), (70, 80), (1990, 2000))])
def test_any_silence_proves_itself(mutes: tuple[tuple[int, int], ...]) -> None:
    made = redacted(make(Clip(frames=60)).getvalue(), (0, 400), mutes=mutes)
    sound = made.proven().streams[1]
    assert sound.identical == (0 if mutes == ((0, 2000),) else sound.identical)
    assert sound.identical > 80 if not mutes else sound.altered > 2


def test_sound_that_the_edit_list_hides_is_not_released() -> None:
    """Who watched the recording heard from 0.1 s of the track to 1.1 s of it; nothing that sounds before or after may be in the copy."""
    original = plain(GROUPS)
    at = original.rindex(b"elst") + 12  # length in the movie's time scale, start in the track's own
    original = original[:at] + struct.pack(">Qq", 90_000, 4410) + original[at + 16 :]
    made = redacted(original, (500, 700))
    track = tracks_of(io.BytesIO(original), len(original))[1].samples
    heard = [number for number in range(len(track)) if number * 1024 < 48_510 and (number + 1) * 1024 > 4410]
    copied = {n for first, count in json.loads(made.proofs)["streams"][1]["runs"] for n in range(first, first + count)}
    assert copied == set(heard[:-1])
    for number in set(range(len(track))) - copied:
        place, size = int(track.offsets[number]), int(track.sizes[number])
        assert original[place : place + size] not in made.copy
    assert made.proven().streams[1].identical == len(copied)


@pytest.mark.parametrize(
    ("name", "identical", "stripped"),
    [("hamilton_short.mp4", 155, 0), ("gopro_karma.mp4", 0, 330), ("gopro_max-heromode.mp4", 285, 0), ("nasa_13013.mp4", 0, 0)],
)
def test_copies_of_real_recordings_prove_themselves(footage: Path, name: str, identical: int, stripped: int) -> None:
    """Four seconds of hamilton lie in groups that are hidden for one; GoPro's carry notes in every sample; nasa's have B pictures."""
    made = redacted((footage / name).read_bytes(), (2500, 3300), mutes=((1000, 1500),))
    picture, sound = made.proven().streams
    assert (picture.kind, picture.identical, picture.stripped) == ("video", identical, stripped)
    assert sound.identical > 0.9 * sound.original
    assert any(span.begins <= 1 and span.ends >= 1.5 for span in sound.spans)
    assert any(span.begins <= 2.5 and span.ends >= 3.3 for span in picture.spans)
    require_copied_frames_alike(made)


def test_a_changed_bit_of_a_copied_sample_is_refused_and_the_sample_named(whole: Made) -> None:
    stream = samples.read(io.BytesIO(whole.copy), len(whole.copy)).streams[1]
    changed = bytearray(whole.copy)
    changed[stream.offsets[20] + stream.sizes[20] // 2] ^= 4
    Made(whole.original, whole.plan, bytes(changed), whole.proofs, {}).refused("sample 20 of the audio .* is not the original's sample 20")


def test_a_sample_of_the_original_slipped_into_an_altered_span_is_no_proof_of_it(whole: Made) -> None:
    """What an altered span holds is not proven; said to be the original's, it must be where it was there."""

    def longer(value: dict[str, Any]) -> None:
        stream = value["streams"][1]
        stream["runs"][0][1] += 1
        first, count, released = stream["altered"][1]
        stream["altered"][1] = [first + 1, count - 1, released - 1]
        stream["counts"]["identical"] += 1
        stream["counts"]["altered"] -= 1

    whole.told(longer).refused("is not the original's|another root")


def _altered(value: dict[str, Any], change: Callable[[list[int]], list[int]]) -> None:
    value["streams"][1]["altered"][1] = change(value["streams"][1]["altered"][1])


LIES: list[tuple[Callable[[dict[str, Any]], object], str]] = [
    (lambda value: _altered(value, lambda span: [span[0], span[1] + 1, span[2]]), "something lies"),
    (lambda value: _altered(value, lambda span: [span[0], span[1], span[2] + 1]), "are told of|not the original's"),
    (lambda value: _altered(value, lambda span: [span[0], span[1] - 1, span[2]]), "something lies"),
    (lambda value: value["streams"][1]["altered"].pop(1), "something lies"),
    (lambda value: value["streams"][1]["counts"].update(identical=500), "is not so"),
    (lambda value: value["streams"][0]["counts"].update(altered=59), "is not so"),
    (lambda value: value["streams"][0]["altered"][0].__setitem__(1, 59), "leaves out samples"),
    (lambda value: value["streams"][0]["altered"][0].__setitem__(1, 61), "has 60 samples"),
    (lambda value: value["streams"].pop(), "streams, and 1 are told of"),
]


@pytest.mark.parametrize(("lie", "why"), LIES)
def test_a_lie_about_a_redacted_copy_is_refused(whole: Made, lie: Callable[[dict[str, Any]], object], why: str) -> None:
    whole.told(lie).refused(why)


def require_copied_frames_alike(made: Made) -> None:
    """Every copied picture decodes to the same pixels at the same time as in the original, and every other is there, too."""
    runs = json.loads(made.proofs)["streams"][0]["runs"]
    copied = {number for first, count in runs for number in range(first, first + count)}
    for number, (before, after) in enumerate(zip(pictures(io.BytesIO(made.original)), pictures(io.BytesIO(made.copy)), strict=True)):
        assert before.time == after.time
        assert number not in copied or np.array_equal(before.to_ndarray(), after.to_ndarray())


def units(*found: bytes) -> bytes:
    return b"".join(len(unit).to_bytes(4, "big") + unit for unit in found)


def rewritten(original: bytes, change: Callable[[int, bytes, Sets], bytes]) -> bytes:
    """A recording in a new file, each sample of its picture changed by `change(number, sample, parameter sets)`."""
    tracks, shapes = tracks_of(io.BytesIO(original), len(original)), shape_of(io.BytesIO(original), len(original)).tracks
    at = shapes[0].entries[0].index(b"avcC")
    sets = sets_of(shapes[0].entries[0][at + 4 : at - 4 + int.from_bytes(shapes[0].entries[0][at - 4 : at], "big")])
    out, edits = io.BytesIO(), []
    described = zip(tracks, shapes, strict=True)
    writer = Mp4Writer(out, [Shape(t.header.kind, t.header.timescale, s.entries[0], s.matrix, s.width, s.height) for t, s in described])
    for number, track in enumerate(tracks):
        rows, skipped = track.samples, track.header.edits[-1][1]
        for sample in range(len(track)):
            place, size = int(rows.offsets[sample]), int(rows.sizes[sample])
            data = original[place : place + size]
            data = data if number else change(sample, data, sets)
            writer.add(number, data, (int(rows.durations[sample]), 0), key=bool(rows.keys[sample]))
        edits.append(Edit(0, (int(rows.durations.sum()) - skipped) * 90_000 // track.header.timescale, skipped))
    writer.finish(90_000, edits)
    return out.getvalue()


def plain(clip: Clip) -> bytes:
    """A recording without the words that an encoder writes before its first picture."""

    def bare(_: int, sample: bytes, __: Sets) -> bytes:
        return sample[4 + int.from_bytes(sample[:4], "big") :] if sample[4] == 6 else sample

    return rewritten(make(clip).getvalue(), bare)


GROUPS = Clip(frames=60, options=(("bf", "0"), ("g", "10"), ("sc_threshold", "0")))


@pytest.fixture(scope="module")
def groups() -> Made:
    """Six groups of ten pictures; something is hidden in the second and the third."""
    return redacted(plain(GROUPS), (500, 700), mutes=((900, 1100),))


def test_groups_in_which_nothing_is_hidden_are_copied(groups: Made) -> None:
    picture = groups.proven().streams[0]
    assert (picture.identical, picture.stripped, picture.altered) == (40, 0, 20)
    assert [(round(float(span.begins), 2), round(float(span.ends), 2)) for span in picture.spans] == [(0.33, 1.0)]
    assert groups.anew == {}
    require_copied_frames_alike(groups)


def test_a_picture_that_holds_more_than_it_shows_is_made_anew() -> None:
    """What is cropped away nobody reviewed, and copied slices would hold it."""
    source, cropped = io.BytesIO(plain(GROUPS)), io.BytesIO()
    with av.open(source) as container, av.open(cropped, "w", format="mp4") as out:
        [picture] = container.streams.video
        stream = out.add_stream_from_template(picture)
        smaller = BitStreamFilterContext("h264_metadata=crop_bottom=32", picture, stream)
        for packet in container.demux(picture):
            for ready in smaller.filter(packet if packet.dts is not None else None):
                ready.stream = stream
                out.mux(ready)
    made = redacted(cropped.getvalue(), (500, 700))
    assert made.anew["picture"] == "the picture holds more than it shows"
    assert made.proven().streams[0].altered == 60


def test_an_edit_list_that_ends_inside_the_last_picture_does_not_spoil_the_proofs() -> None:
    original = bytearray(plain(GROUPS))
    at = original.index(b"elst") + 4
    ends = slice(at + 8, at + 8 + (8 if original[at] else 4))
    shorter = int.from_bytes(original[ends], "big") - 1500  # of 90,000 a second; a picture takes 3,000
    original[ends] = shorter.to_bytes(ends.stop - ends.start, "big")
    made = redacted(bytes(original), (500, 700))
    assert made.proven().streams[0].identical == 40


def test_no_sample_of_a_painted_group_is_in_the_copy(groups: Made) -> None:
    samples_of = tracks_of(io.BytesIO(groups.original), len(groups.original))[0].samples
    for number in range(10, 30):
        at, size = int(samples_of.offsets[number]), int(samples_of.sizes[number])
        assert groups.original[at + 5 : at + size] not in groups.copy


@pytest.mark.parametrize("pixels", ["yuv420p", "yuvj420p"])
@pytest.mark.parametrize("profile", ["baseline", "main", "high"])
def test_every_profile_and_rotation_is_copied(profile: str, pixels: str) -> None:
    options = (*GROUPS.options, ("profile", profile), ("slices", "3"))
    made = redacted(plain(Clip(frames=30, pixels=pixels, rotation=90, options=options)), (0, 100))
    picture = made.proven().streams[0]
    assert (picture.identical, picture.altered) == (20, 10)
    require_copied_frames_alike(made)


@pytest.mark.parametrize(
    ("clip", "why"),
    [
        (Clip(options=(("bf", "2"),)), "another order"),
        (Clip(codec="libx265", options=(("x265-params", "log-level=none:bframes=0"),)), "not H.264"),
        (Clip(pixels="yuv422p", options=GROUPS.options), "4:2:0"),
        (Clip(pixels="yuv444p", width=321, height=181, options=GROUPS.options), "4:2:0"),
        (Clip(container="matroska", options=GROUPS.options), "no MP4"),
        (Clip(options=(("bf", "0"), ("g", "100"))), "in every group"),
    ],
)
def test_a_picture_that_cannot_be_copied_is_made_anew_and_the_reason_kept(clip: Clip, why: str) -> None:
    made = redacted(make(clip).getvalue(), (500, 700))
    assert why in made.anew["picture"]
    assert made.proven().streams[0].altered == 30


def test_a_decoders_clock_and_repeated_sets_are_dropped_and_told() -> None:
    """Timing, filler and the description's own sets before a picture go; the delimiter stays."""
    before = units(b"\x09\xf0", b"\x06\x01\x03\x00\x00\x03\x02\x06\x01\x05\x80", b"\x0c\xff\xff\x80")

    def noted(number: int, sample: bytes, sets: Sets) -> bytes:
        return before + (units(*sets.sequences, *sets.pictures) if number % 10 == 0 else b"") + sample

    made = redacted(rewritten(plain(GROUPS), noted), (500, 700))
    picture = made.proven().streams[0]
    assert (picture.identical, picture.stripped, picture.altered) == (0, 40, 20)
    assert before[10:] not in made.copy
    require_copied_frames_alike(made)


WORDS = b"48.8566N 2.3522E "


@pytest.mark.parametrize(
    "note",
    [
        b"\x06\x05" + bytes((len(WORDS),)) + WORDS + b"\x80",
        b"\x06\x04" + bytes((len(WORDS),)) + WORDS + b"\x80",
        b"\x06\x01\x01\x00\x05" + bytes((len(WORDS),)) + WORDS + b"\x80",
        b"\x06\x01\x01\x00" + WORDS,
        b"\x09\xf0" + WORDS,
        b"\x0c\xff" + WORDS + b"\x80",
        b"\x18" + WORDS,
    ],
)
def test_a_group_with_notes_that_may_hold_words_is_not_copied_and_their_hash_not_told(note: bytes) -> None:
    """From a hash what says little can be guessed: a place, a time, a name."""
    made = redacted(rewritten(plain(GROUPS), lambda number, sample, _: units(note) + sample if number in {4, 5} else sample), (500, 700))
    picture = made.proven().streams[0]
    assert (picture.identical, picture.stripped, picture.altered) == (30, 0, 30)
    assert WORDS in made.original
    assert WORDS not in made.copy
    assert hashlib.sha256(note).hexdigest() not in made.proofs.decode()
    require_copied_frames_alike(made)


def test_a_picture_with_more_notes_than_can_be_told_of_is_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redact_picture_copy, "_MOST_DROPPED", 39)
    note = units(b"\x06\x01\x01\x00\x80")
    made = redacted(rewritten(plain(GROUPS), lambda _, sample, __: note + sample), (500, 700))
    assert made.anew["picture"] == "more than 39 notes would have to be told of"
    assert made.proven().streams[0].altered == 60


def test_a_description_that_is_not_the_one_of_the_index_is_not_copied() -> None:
    """A file may describe a track twice; a copy by the other description could not prove itself."""
    source = io.BytesIO(plain(GROUPS))
    tracks, movie = tracks_of(source, len(source.getvalue())), shape_of(source, len(source.getvalue()))
    picture, sound = (replace(track, header=replace(track.header, extradata="00" * 32)) for track in tracks)
    of = plan_for(source, mask(1, (500, 700), BOX)), pictures(source)[0]
    with pytest.raises(NotCopyable, match="described twice"):
        CopiedPicture(source, picture, movie, of)
    with pytest.raises(NotPlain, match="described twice"):
        CopiedSound(source, sound, movie, ())
    assert CopiedPicture(source, tracks[0], movie, of).choose(Fraction(0))
    assert CopiedSound(source, tracks[1], movie, ()).released().runs


def test_parameter_sets_that_change_on_the_way_are_not_copied() -> None:
    def other(number: int, sample: bytes, sets: Sets) -> bytes:
        return units(sets.sequences[0], sets.pictures[0][:-1] + b"\x80") + sample if number == 30 else sample

    made = redacted(rewritten(plain(GROUPS), other), (500, 700))
    assert "change on the way" in made.anew["picture"]
    assert made.proven().streams[0].altered == 60


def test_what_stands_behind_a_slice_is_not_copied() -> None:
    made = redacted(rewritten(plain(GROUPS), lambda n, s, _: s + units(b"\x0c\xffleak\x80") if n == 44 else s), (500, 700))
    picture = made.proven().streams[0]
    assert (picture.identical, picture.altered) == (30, 30)
    assert b"leak" not in made.copy


def _set(value: dict[str, Any], **changed: object) -> None:
    value["streams"][0].update(changed)


PICTURE_LIES: list[tuple[Callable[[dict[str, Any]], object], str]] = [
    (lambda value: _set(value, runs=[[0, 11], [30, 30]], altered=[[11, 19, 19]]), "is not the original's|another root"),
    (lambda value: _set(value, runs=[[0, 9], [30, 30]], altered=[[9, 21, 21]]), "more is told|another root|is not the original's"),
    (lambda value: _set(value, altered=[[10, 20, 19]]), "is not the original's|are told of"),
    (lambda value: _set(value, altered=[[10, 21, 20]]), "something lies"),
    (lambda value: _set(value, configuration=None), "decoded in another way"),
    (lambda value: _set(value, configuration="00" + value["streams"][0]["configuration"][2:]), "not that of the original's"),
    (lambda value: _set(value, dropped=[[0, [[0, 9, "00" * 32]]]]), "is not the original's sample 0"),
    (lambda value: _set(value, dropped=[[0, [[1, 9, "00" * 32]]]]), "could have been a part of the picture"),
    (lambda value: _set(value, counts={"identical": 39, "stripped": 1, "altered": 20}), "is not so"),
    (lambda value: _set(value, shift=512), "is not the original's sample 0"),
]


@pytest.mark.parametrize(("lie", "why"), PICTURE_LIES)
def test_a_lie_about_copied_pictures_is_refused(groups: Made, lie: Callable[[dict[str, Any]], object], why: str) -> None:
    groups.told(lie).refused(why)


@pytest.mark.parametrize("sample", [0, 9, 30, 59])
def test_a_changed_bit_of_a_copied_picture_is_refused_and_the_picture_named(groups: Made, sample: int) -> None:
    stream = samples.read(io.BytesIO(groups.copy), len(groups.copy)).streams[0]
    changed = bytearray(groups.copy)
    changed[stream.offsets[sample] + stream.sizes[sample] - 3] ^= 1
    lie = Made(groups.original, groups.plan, bytes(changed), groups.proofs, {})
    lie.refused(f"sample {sample} of the video .* is not the original's sample {sample}")


def test_no_proofs_are_made_of_another_original() -> None:
    other = make(Clip(frames=20)).getvalue()
    made = render(io.BytesIO(other), io.BytesIO(), plan_for(io.BytesIO(other), mask(1, (0, 100), BOX)), silent)
    with pytest.raises(RenderFailed, match="not those that were accessioned"):
        proofs(io.BytesIO(other), Original(ITEM, "00" * 32, KEY), made.streams, silent)


@settings(max_examples=examples(80), deadline=None)
@given(
    group=st.integers(1, 25),
    spans=st.lists(st.tuples(st.integers(0, 980), st.integers(1, 300)), min_size=1, max_size=3),
    silences=st.lists(st.tuples(st.integers(0, 980), st.integers(1, 200)), max_size=3),
    late=st.integers(0, 3),
)
def test_any_plan_proves_itself_and_copies_only_what_it_may(
    group: int, spans: list[tuple[int, int]], silences: list[tuple[int, int]], late: int
) -> None:
    """Whatever is hidden: the check passes, the verifier agrees, nothing that was asked is copied, and every copied picture decodes alike."""
    clip = Clip(frames=30, rhythm=lambda number: number + 8 * late, options=(("bf", "0"), ("g", str(group)), ("sc_threshold", "0")))
    masks, mutes = ([(since, min(since + length, 1000)) for since, length in those] for those in (spans, silences))
    made = redacted(plain(clip), *masks, mutes=tuple(mutes))
    made.proven()
    require_nothing_asked_is_copied(made)
    require_copied_frames_alike(made)


def require_nothing_asked_is_copied(made: Made) -> None:
    """No copied picture is on screen while something is hidden, no copied piece of sound is heard in a silence, in its turn or the next."""
    picture, sound = json.loads(made.proofs)["streams"]
    times = [float(frame.time or 0) * 1000 for frame in pictures(io.BytesIO(made.original))] + [made.plan.duration_ms]
    shown = [(int(times[number]), int(times[number + 1])) for first, count in picture["runs"] for number in range(first, first + count)]
    assert not any(mask.span.meets(since, until) for since, until in shown for mask in made.plan.masks)
    turns = [number - 1 for first, count in sound["runs"] for number in range(first, first + count)]  # one is skipped by the edit list
    heard = [(turn * 1024_000 / 44100, (turn + 2) * 1024_000 / 44100) for turn in turns]
    assert not any(since < mute.span.to_ms and until > mute.span.from_ms for since, until in heard for mute in made.plan.mutes)
