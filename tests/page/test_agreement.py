"""The page and the program were written apart from the same two format pages: over damaged packages they say the same."""

import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page
from tests.budget import examples
from tests.page.conftest import PROFILES, checked
from verifier.tests.copies import film, plan
from verifier.tests.test_hidden import FORMS
from verifier.tests.test_hidden import LIES as UNBOUND
from verifier.tests.test_lies import MANIFEST_EDITS
from verifier.tests.writer import Json, Made, Plan, digest, key, make, sha

from vestige.disclosure._paper import visible

Reader = Callable[..., Page]
Program = Callable[..., dict[str, Any]]


def agree(page: Page, program: Program, folder: Path, *, key: str = "") -> dict[str, Any]:
    """What both say: the same verdict, and of a refusal the same step and file."""
    told, said = checked(page, folder, key=key), program(folder, key=key)
    assert told["verdict"] == said["verdict"], (told, said)
    assert (told["step"], told["file"]) == (said.get("step"), visible(said["file"]) if said.get("file") else None), (told, said)
    return told


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("profile", PROFILES)
def test_valid_packages_of_both_versions(reader: Reader, program: Program, tmp_path: Path, profile: str, version: int) -> None:
    for others in (0, 3, 40):
        package = make(tmp_path / str(others), Plan(profile=profile, format=version, others=others))
        assert agree(reader(), program, package.folder, key=package.vkey)["verdict"] == "verified"


@pytest.mark.parametrize("profile", PROFILES)
def test_bits_flipped_anywhere(reader: Reader, program: Program, made: dict[str, Made], copy: Callable[[Path], Path], profile: str) -> None:
    draw, page = random.Random(os.urandom(8)), reader()
    folder = copy(made[profile].folder)
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        whole = path.read_bytes()
        for _ in range(examples(40) // 10):
            at, bit = draw.randrange(len(whole)), 1 << draw.randrange(8)
            path.write_bytes(whole[:at] + bytes([whole[at] ^ bit]) + whole[at + 1 :])
            told, said = checked(page, folder), program(folder)
            assert (told["verdict"], said["verdict"]) == ("refused", "refused"), f"byte {at} of {path.name}, bit {bit}"
            assert told["file"] == said["file"], f"byte {at} of {path.name}, bit {bit}"
        path.write_bytes(whole)
    assert checked(page, folder)["verdict"] == "verified"


@pytest.mark.parametrize("number", range(len(MANIFEST_EDITS)))
def test_manifests_that_lie_though_the_log_vouches_for_them(reader: Reader, program: Program, tmp_path: Path, number: int) -> None:
    package = make(tmp_path / "package", Plan(edit_manifest=MANIFEST_EDITS[number]))
    assert agree(reader(), program, package.folder, key=package.vkey)["verdict"] == "refused"


def event(kind: str, **values: Json) -> Callable[[Json], Json]:
    return lambda events: [*events, (kind, values)]


LIES: dict[str, dict[str, Any]] = {
    "an unknown type": {"edit_events": event("item:vanished")},
    "a field of another shape": {"edit_events": event("item:shown", role=["b", "a"])},
    "an unaccessioned item": {"edit_events": lambda events: events[:1]},
    "another original": {"edit_events": lambda events: [events[0], ("item:accessioned", {"digests": [digest("original", sha(b"x"))]})]},
    "a trail out of order": {"edit_trail": lambda t: t | {"trails": [t["trails"][0] | {"entries": t["trails"][0]["entries"][::-1]}]}},
    "a trail with a gap": {
        "edit_trail": lambda t: (
            t | {"trails": [t["trails"][0] | {"entries": [*t["trails"][0]["entries"][:1], *t["trails"][0]["entries"][2:]]}]}
        )
    },
    "a trail cut off": {"edit_trail": lambda t: t | {"trails": [t["trails"][0] | {"entries": t["trails"][0]["entries"][:-1]}]}},
    "JSON with a space": {"edit_trail_bytes": lambda data: data.replace(b":", b": ", 1)},
    "JSON with a number that is none": {"edit_trail_bytes": lambda data: data.replace(b'"index":1', b'"index":1.0', 1)},
    "an integer too large": {"edit_manifest_bytes": lambda data: data.replace(b'"created":1', b'"created":99999991', 1)},
    "a trail of another signer": {"signer": key(5)},
    "another event than the package's": {"edit_package_type": lambda _kind: "item:shown"},
    "a failed package event": {"edit_package": lambda values: values | {"outcome": {"failed": "disk full"}}},
    "a proof with a needless zero": {"edit_proof": lambda text: text.replace("index ", "index 0")},
    "a copy of an unapproved plan": {"profile": "public", "edit_parent": lambda events: events[:4]},
    "a copy without its original": {"profile": "public", "edit_trail": lambda t: t | {"trails": t["trails"][:1]}},
}


@pytest.mark.parametrize("name", LIES)
def test_lies_that_are_signed_and_bagged_correctly(reader: Reader, program: Program, tmp_path: Path, name: str) -> None:
    package = make(tmp_path / "package", Plan(**LIES[name]))
    assert agree(reader(), program, package.folder, key=package.vkey)["verdict"] == "refused"


@pytest.mark.parametrize("name", FORMS)
def test_forms_of_what_must_be_hidden(reader: Reader, program: Program, tmp_path: Path, name: str) -> None:
    package = make(tmp_path / "package", Plan(**plan(b"no film", FORMS[name])))
    assert agree(reader(), program, package.folder, key=package.vkey)["step"] == 12


@pytest.mark.parametrize("name", UNBOUND)
def test_what_must_be_hidden_is_bound_to_the_log(reader: Reader, program: Program, tmp_path: Path, name: str) -> None:
    package = make(tmp_path / "package", Plan(**plan(b"no film", **UNBOUND[name][0])))
    assert agree(reader(), program, package.folder, key=package.vkey)["step"] == 12


def test_a_copy_that_hides_what_it_must(reader: Reader, program: Program, tmp_path: Path) -> None:
    page, package = reader(), make(tmp_path / "package", Plan(**plan(film())))
    assert agree(page, program, package.folder, key=package.vkey)["verdict"] == "verified"
    assert "This page does not measure the recording" in (page.locator("#not-checked").text_content() or "")
