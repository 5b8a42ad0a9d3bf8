"""Step 12: what a copy must hide is what was approved, and has one form."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from verifier.tests.checks import Make, refused
from verifier.tests.copies import must, plan
from verifier.tests.writer import Plan, digest, make, sha

from vestige_verify import measuring
from vestige_verify.hidden import PATH
from vestige_verify.notes import parse_key
from vestige_verify.package import verify
from vestige_verify.words import as_json

FOOTAGE = b"no film at all"


@pytest.fixture(autouse=True)
def _without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring, "installed", lambda: False)


def test_without_the_extra_the_binding_is_checked_and_the_rest_is_said_aloud(made: Make) -> None:
    findings = made(**plan(FOOTAGE))
    assert findings.verified, findings.fault
    answer = as_json(findings, pinned=True)
    assert answer["media"] is None
    assert "redaction" in answer["not_checked"]
    assert "redaction" not in answer["checked"]
    assert "vestige-verify[media]" in findings.unchecked["redaction"]


def test_a_package_that_does_not_say_what_must_be_hidden_is_valid_and_that_is_said(made: Make) -> None:
    findings = made(profile="public")
    assert findings.verified
    assert "data/hidden.json" in findings.unchecked["redaction"]


OTHER = [digest("hidden", sha(b"another"))]
LIES: dict[str, tuple[dict[str, Any], str]] = {
    "another document than the copy's": ({"named": OTHER}, "not what the copy was rendered from"),
    "named twice": ({"named": OTHER * 2}, "not what the copy was rendered from"),
    "not approved": ({"approved": []}, "not approved together"),
    "another approved": ({"approved": OTHER}, "not approved together"),
    "missing": ({"missing": True}, "the file is missing"),
    "not named": ({"named": []}, "not what the copy was rendered from"),
}


@pytest.mark.parametrize("name", LIES)
def test_a_document_that_is_not_bound_to_the_log_is_refused(made: Make, name: str) -> None:
    lies, reason = LIES[name]
    refused(made(**plan(FOOTAGE, **lies)), step=12, file=PATH, reason=reason)


def masks(*track: list[int], **values: int) -> dict[str, Any]:
    return must(masks=[{"from_ms": 200, "to_ms": 400, "track": list(track)} | values])


BOX = [16, 16, 32, 32]
FORMS: dict[str, Any] = {
    "a space": b' {"a":1}',
    "no object": [],
    "a key too many": must(names=["Dupont"]),
    "another format": must(format="vestige-hidden/2"),
    "nothing hidden": must(masks=[], mutes=[]),
    "no frames": must(frames=0),
    "no time": must(duration_ms=0),
    "a picture of no size": must(picture={"height": 0, "rotation": 0, "width": 160}),
    "a picture too large": must(picture={"height": 96, "rotation": 0, "width": 16385}),
    "a picture turned by 45 degrees": must(picture={"height": 96, "rotation": 45, "width": 160}),
    "a rotation that is true": must(picture={"height": 96, "rotation": False, "width": 160}),
    "a mask with a name": must(masks=[{"from_ms": 0, "id": "b1", "to_ms": 1, "track": [[0, *BOX]]}]),
    "a mask without a box": masks(),
    "a mask that ends before it begins": masks([200, *BOX], to_ms=200),
    "a mask after the end": masks([200, *BOX], to_ms=1001),
    "a box before its mask": masks([199, *BOX]),
    "a box after its mask": masks([400, *BOX]),
    "times that fall": masks([300, *BOX], [300, *BOX]),
    "a box of four numbers": masks([200, 16, 16, 32]),
    "a box of true": masks([200, True, 16, 32, 32]),
    "a box off the grid": masks([200, 17, 16, 15, 32]),
    "a box that ends off the grid": masks([200, 16, 16, 31, 32]),
    "a box left of the picture": masks([200, -16, 16, 32, 32]),
    "a box that leaves the picture": masks([200, 144, 16, 32, 32]),
    "an empty box": masks([200, 16, 16, 0, 32]),
    "a mute backwards": must(mutes=[[3, 2]]),
    "a mute after the end": must(mutes=[[3, 1001]]),
    "a mute of three numbers": must(mutes=[[3, 4, 5]]),
}


@pytest.mark.parametrize("name", FORMS)
def test_a_document_of_another_form_is_refused_though_the_log_vouches_for_it(made: Make, name: str) -> None:
    refused(made(**plan(FOOTAGE, FORMS[name])), step=12, file=PATH)


@pytest.mark.parametrize("change", [{"profile": "court"}, {"format": 1}])
def test_only_a_public_package_of_version_2_holds_the_document(tmp_path: Path, change: dict[str, Any]) -> None:
    edit: Callable[[Any], Any] = lambda files: files | {PATH: b"{}"}  # noqa: E731 - a field of the plan
    package = make(tmp_path / "package", Plan(**({"profile": "public"} | change), edit_files=edit))
    refused(verify(package.folder, (parse_key(package.vkey),)), file=PATH)
