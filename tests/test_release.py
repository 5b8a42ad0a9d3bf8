"""The main job, second half: a plan is drawn, checked, approved by another, rendered, checked on the copy, and released by another."""

import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import cast
from uuid import UUID

import pytest

from tests.agency import Agency, make_agency
from vestige.actions import intake, models, redaction, release
from vestige.actions.checking import check
from vestige.actions.intake import Sent
from vestige.actions.prepare import prepare
from vestige.actions.redaction_plan import _THRESHOLD, Wanted, draw
from vestige.assembly import log_key
from vestige.errors import BadInput, NotInstalled, Refused, Tampered
from vestige.evidence.people import system
from vestige.media import detect
from vestige.redaction.geometry import Box, Span
from vestige.redaction.plan import Quality
from vestige.vault.bag import BUILT_PAGE, BagPacker
from vestige_verify.cli import main

BOX = Wanted("b6", faces=False, boxes=((Box(100, 80, 64, 48), Span(1000, 3000)),), mutes=(Span(500, 1500),), quality=Quality.STANDARD)


@pytest.fixture
def agency(tmp_path: Path) -> Agency:
    return make_agency(tmp_path)


def taken(agency: Agency, path: Path) -> UUID:
    return intake.receive(agency.ports, agency.actor("evidence custodian"), Sent(path), lambda _: None).item


def nothing(_: float) -> None:
    """Progress that nobody looks at."""


def drawn(agency: Agency, item: UUID, wanted: Wanted = BOX) -> str:
    return str(draw(agency.ports, agency.actor("redactor"), str(item), wanted, nothing)[0].id)


def rendered(agency: Agency, plan: str) -> None:
    redaction.review(agency.ports, agency.actor("records analyst"), plan, None)
    redaction.approve(agency.ports, agency.actor("release approver"), plan)
    redaction.render(agency.ports, agency.actor("redactor"), plan, nothing)


def test_a_redacted_copy_leaves_with_its_log_and_trails_and_a_stranger_verifies_it(
    agency: Agency, footage: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = drawn(agency, taken(agency, footage / "hamilton_short.mp4"))
    rendered(agency, plan)
    out = tmp_path / "out"
    release.release(agency.ports, agency.actor("release approver"), plan, out, watched=True)
    assert main([str(out), "--json", "--key", log_key(agency.home)]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["verdict"], answer["signer"], answer["profile"]) == ("verified", "pinned", "public")
    assert "redaction" in answer["checked"]
    media = answer["media"]
    assert (media["frames"], media["frames_hidden"], media["muted_ms"], media["sound"]) == (275, 61, 1000, True)
    assert agency.actor("redactor").name.encode() not in (out / "data" / "hidden.json").read_bytes()
    assert (out / "verify.html").read_bytes() == BUILT_PAGE.read_bytes()
    rows = list(csv.reader(io.StringIO((out / "data" / "redaction-log.csv").read_text("utf-8-sig"))))
    assert any("(b)(6)" in cell for row in rows for cell in row)
    trail = json.loads((out / "data" / "trail.json").read_bytes())
    assert [len(one["entries"]) for one in trail["trails"]] == [2, 5]
    picture, sound = answer["samples"]["streams"]
    assert (picture["kind"], picture["identical"] + picture["altered"], picture["original"]) == ("video", 275, 275)
    assert picture["identical"] > 100
    assert any(start <= 1000 and end >= 3000 for start, end in picture["altered_ms"])
    assert (sound["kind"], sound["original"], sound["first"], sound["count"]) == ("audio", 431, 0, 431)
    assert sound["identical"] > 350
    assert any(start <= 500 and end >= 1500 for start, end in sound["altered_ms"])
    assert all(set(entry["openings"]) == {"item", "previous", "role", "digests"} for one in trail["trails"] for entry in one["entries"])
    assert check(agency.ports, agency.actor("auditor")) == []


def test_each_beat_refuses_who_and_what_it_must(agency: Agency, footage: Path, tmp_path: Path) -> None:
    ports, redactor, approver = agency.ports, agency.actor("redactor"), agency.actor("release approver")
    plan = drawn(agency, taken(agency, footage / "hamilton_short.mp4"))
    with pytest.raises(Refused, match="unchecked"):
        redaction.approve(ports, approver, plan)
    left = redaction.review(ports, redactor, plan, [Span(0, 2000)])
    assert [span.from_ms for span in left] == [2000]
    with pytest.raises(Refused, match="unchecked"):
        redaction.approve(ports, approver, plan)
    redaction.review(ports, redactor, plan, None)
    with pytest.raises(Refused):
        redaction.approve(ports, redactor, plan)
    with pytest.raises(Refused, match="not approved"):
        redaction.render(ports, redactor, plan, nothing)
    with pytest.raises(BadInput, match="not rendered"):
        release.release(ports, approver, plan, tmp_path / "out", watched=True)
    redaction.approve(ports, approver, plan)
    redaction.render(ports, redactor, plan, nothing)
    with pytest.raises(BadInput, match="rendered already"):
        redaction.render(ports, redactor, plan, nothing)
    with pytest.raises(Refused, match="watched"):
        release.release(ports, approver, plan, tmp_path / "out", watched=False)
    with pytest.raises(Refused):
        release.release(ports, redactor, plan, tmp_path / "out", watched=True)
    assert not list(tmp_path.glob("out*"))
    assert check(ports, agency.actor("auditor")) == []


def test_nothing_is_made_of_a_stored_plan_that_is_not_the_one_in_the_log(agency: Agency, footage: Path, tmp_path: Path) -> None:
    from vestige.catalog.models import Redaction

    plan = drawn(agency, taken(agency, footage / "hamilton_short.mp4"))
    rendered(agency, plan)
    stored = Redaction.objects.get()
    Redaction.objects.update(plan=stored.plan.replace('"from_ms":1000', '"from_ms":1001').replace("[[1000,", "[[1001,"))
    with pytest.raises(Tampered, match="not the one whose digest"):
        release.release(agency.ports, agency.actor("release approver"), plan, tmp_path / "out", watched=True)
    assert not list(tmp_path.glob("out*"))


def test_a_redaction_from_before_plans_were_salted_leaves_and_nothing_is_measured(
    agency: Agency, footage: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("vestige.actions.redaction_plan.secrets.token_hex", lambda _count: "")
    plan = drawn(agency, taken(agency, footage / "hamilton_short.mp4"))
    rendered(agency, plan)
    release.release(agency.ports, agency.actor("release approver"), plan, tmp_path / "out", watched=True)
    assert main([str(tmp_path / "out"), "--json", "--key", log_key(agency.home)]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["media"] is None
    assert "redaction" in answer["not_checked"]
    assert not (tmp_path / "out" / "data" / "hidden.json").exists()


def test_no_package_leaves_without_its_page_where_the_pages_were_not_built(agency: Agency, footage: Path, tmp_path: Path) -> None:
    item = taken(agency, footage / "jfk.wav")
    packer = cast("BagPacker", agency.ports.packer)
    ports = replace(agency.ports, packer=BagPacker(packer._vault, tmp_path / "not built"))
    with pytest.raises(NotInstalled, match="the pages were not built"):
        release.export(ports, agency.actor("evidence custodian"), str(item), tmp_path / "out")
    assert not list(tmp_path.glob("out*"))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"exemption": "b99"}, "knows no exemption"),
        ({"boxes": (), "mutes": ()}, "say what to hide"),
        ({"boxes": ((Box(600, 300, 100, 100), Span(0, 1000)),)}, "does not lie in"),
        ({"mutes": (Span(0, 99_000),)}, "after the recording's end"),
    ],
)
def test_a_plan_that_cannot_be_is_refused_and_leaves_nothing(agency: Agency, footage: Path, change: dict[str, object], words: str) -> None:
    item = taken(agency, footage / "hamilton_short.mp4")
    with pytest.raises(BadInput, match=words):
        drawn(agency, item, replace(BOX, **change))  # type: ignore[arg-type]
    assert agency.ports.catalog.redactions_of(item) == []


def test_what_is_quarantined_is_not_redacted(agency: Agency, footage: Path) -> None:
    with pytest.raises(Refused, match="quarantined"):
        drawn(agency, taken(agency, footage / "corrupt_invalid_userdata.mp4"))


def test_faces_are_not_looked_for_without_the_model_and_the_answer_says_how_to_install_it(agency: Agency, footage: Path) -> None:
    item = taken(agency, footage / "hamilton_short.mp4")
    assert [model.installed for model in models.list_models(agency.ports, agency.actor("administrator"))] == [False]
    with pytest.raises(NotInstalled, match="models install"):
        drawn(agency, item, Wanted("b6", faces=True, boxes=(), mutes=(), quality=Quality.STANDARD))


def test_the_plan_says_the_threshold_that_the_detector_uses() -> None:
    assert _THRESHOLD == detect.THRESHOLD


def test_working_copies_are_made_and_sealed_and_a_file_that_browsers_cannot_play_gets_a_proxy(agency: Agency, footage: Path) -> None:
    film, sound = taken(agency, footage / "hamilton_short.mp4"), taken(agency, footage / "jfk.wav")
    made = prepare(agency.ports, system("prepare"), film)
    assert made[0] == "poster"
    assert "proxy" not in made
    assert prepare(agency.ports, system("prepare"), sound) == []
    poster = agency.ports.vault.open_working(film, agency.object_of(film), "poster")
    assert poster.read_at(0, 3) == b"\xff\xd8\xff"
    poster.close()
    assert check(agency.ports, agency.actor("auditor")) == []
