"""Sample proofs of redacted copies: what was copied is the original's to the bit, what must not be heard is in no copied sample, and lies are
refused and named."""

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from tests.media.redact_worlds import Clip, make, mask, plan_for, silent
from tests.media.redact_worlds import samples as heard_of

from vestige.custody.canonical import canonical
from vestige.errors import RenderFailed
from vestige.media.check import check
from vestige.media.containers.index import index_file, tracks_of
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
    track = tracks_of(io.BytesIO(whole.original), len(whole.original))[1]
    runs = json.loads(whole.proofs)["streams"][1]["runs"]
    delay = -1024  # of the edit list, in ticks
    touched = [number for first, count in runs for number in range(first, first + count)]
    for number in touched:
        begins, ends = int(track.samples.pts[number]) + delay, int(track.samples.pts[number]) + 2048 + delay
        assert ends <= 0.9 * 44100 or begins >= 1.1 * 44100
    muted = set(range(len(track))) - set(touched)
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


@pytest.mark.parametrize("name", ["hamilton_short.mp4", "gopro_karma.mp4", "nasa_13013.mp4"])
def test_copies_of_real_recordings_prove_their_sound(footage: Path, name: str) -> None:
    found = redacted((footage / name).read_bytes(), (0, 900), mutes=((1000, 1500),)).proven()
    picture, sound = found.streams
    assert (picture.kind, picture.altered) == ("video", picture.original)
    assert sound.identical > 0.9 * sound.original
    assert any(span.begins <= 1 and span.ends >= 1.5 for span in sound.spans)


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


def test_no_proofs_are_made_of_another_original() -> None:
    other = make(Clip(frames=20)).getvalue()
    made = render(io.BytesIO(other), io.BytesIO(), plan_for(io.BytesIO(other), mask(1, (0, 100), BOX)), silent)
    with pytest.raises(RenderFailed, match="not those that were accessioned"):
        proofs(io.BytesIO(other), Original(ITEM, "00" * 32, KEY), made.streams, silent)
