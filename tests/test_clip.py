"""A clip from end to end: cut, kept, exported, verified by a stranger; and what is refused."""

import json
from pathlib import Path

import pytest

from tests.agency import Agency, make_agency
from tests.media.test_clip_matroska import remuxed
from tests.test_release import drawn, nothing, rendered, taken
from vestige.actions import clip, release
from vestige.actions.checking import check
from vestige.actions.clip import Cut
from vestige.assembly import log_key
from vestige.errors import BadInput, MediaFailed, NotFound, Refused
from vestige_verify.cli import main


@pytest.fixture
def agency(tmp_path: Path) -> Agency:
    return make_agency(tmp_path)


def test_a_clip_leaves_with_proofs_that_it_is_the_originals_and_a_stranger_verifies_them(
    agency: Agency, footage: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    custodian = agency.actor("evidence custodian")
    original = taken(agency, footage / "gopro_karma.mp4")
    made = clip.clip(agency.ports, custodian, str(original), Cut(3000, 5000, "asked for by the court"), nothing)
    assert (made.parent, made.filename) == (original, "gopro_karma-clip.mp4")
    assert (made.facts["from_ms"], made.facts["to_ms"]) == (2936, 5072)
    release.export(agency.ports, custodian, made.number, tmp_path / "out")
    assert main([str(tmp_path / "out"), "--json", "--key", log_key(agency.home)]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["verdict"], answer["profile"], answer["files"][0]["of"]) == ("verified", "court", "clipped")
    assert "samples" in answer["checked"]
    picture, sound = answer["samples"]["streams"]
    assert (picture["kind"], picture["identical"], picture["stripped"], picture["altered"]) == ("video", 64, 0, 0)
    assert (sound["kind"], sound["altered"], answer["samples"]["in_step"]) == ("audio", 0, True)
    assert answer["samples"]["original"] == str(original)
    assert main([str(tmp_path / "out")]) == 0
    text = capsys.readouterr().out
    assert "64 of 64 pictures are the original's own, unchanged" in text
    assert "a part of the recording" in (tmp_path / "out" / "README.txt").read_text()
    assert check(agency.ports, agency.actor("auditor")) == []


def test_a_clip_of_a_matroska_original_leaves_as_an_mp4_with_proofs(
    agency: Agency, footage: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    custodian = agency.actor("evidence custodian")
    recording = tmp_path / "gopro_karma.mkv"
    recording.write_bytes(remuxed((footage / "gopro_karma.mp4").read_bytes()))
    made = clip.clip(agency.ports, custodian, str(taken(agency, recording)), Cut(1000, 3000), nothing)
    assert made.filename == "gopro_karma-clip.mp4"
    release.export(agency.ports, custodian, made.number, tmp_path / "out")
    assert main([str(tmp_path / "out"), "--json", "--key", log_key(agency.home)]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert "samples" in answer["checked"]
    picture, sound = answer["samples"]["streams"]
    assert (picture["identical"], picture["altered"], sound["altered"], answer["samples"]["in_step"]) == (72, 0, 0, None)
    film = next((tmp_path / "out" / "data" / "footage").iterdir())
    assert film.read_bytes()[4:8] == b"ftyp"
    assert check(agency.ports, agency.actor("auditor")) == []


def test_who_may_not_and_what_cannot_be_cut_is_refused_and_leaves_nothing(agency: Agency, footage: Path) -> None:
    custodian = agency.actor("evidence custodian")
    original = str(taken(agency, footage / "hamilton_short.mp4"))
    doubtful = str(taken(agency, footage / "corrupt_invalid_userdata.mp4"))
    sound = str(taken(agency, footage / "jfk.wav"))
    with pytest.raises(Refused):
        clip.clip(agency.ports, agency.actor("redactor"), original, Cut(0, 1000), nothing)
    with pytest.raises(Refused, match="quarantined"):
        clip.clip(agency.ports, custodian, doubtful, Cut(0, 1000), nothing)
    with pytest.raises(BadInput, match="not an original video"):
        clip.clip(agency.ports, custodian, sound, Cut(0, 1000), nothing)
    with pytest.raises(NotFound):
        clip.clip(agency.ports, custodian, "E-1999-000001", Cut(0, 1000), nothing)
    with pytest.raises(MediaFailed, match="before the clip would begin"):
        clip.clip(agency.ports, custodian, original, Cut(90_000, 91_000), nothing)
    with pytest.raises(BadInput, match="ends after it begins"):
        Cut(2000, 2000)
    made = clip.clip(agency.ports, custodian, original, Cut(0, 1000), nothing)
    with pytest.raises(BadInput, match="not an original video"):
        clip.clip(agency.ports, custodian, made.number, Cut(0, 500), nothing)
    assert agency.ports.catalog.intakes() == []
    assert check(agency.ports, agency.actor("auditor")) == []


def test_a_redacted_copy_is_not_exported_as_a_clip(agency: Agency, footage: Path, tmp_path: Path) -> None:
    plan = drawn(agency, taken(agency, footage / "hamilton_short.mp4"))
    rendered(agency, plan)
    copy = agency.ports.catalog.redaction(plan)
    assert copy is not None
    with pytest.raises(BadInput, match="redacted copy"):
        release.export(agency.ports, agency.actor("evidence custodian"), str(copy.rendered), tmp_path / "out")
