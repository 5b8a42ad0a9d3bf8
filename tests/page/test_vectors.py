"""The vectors of `verifier/vectors` in the page's own logic: one page, and the worker that it makes of its script, say what each case says."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page
from tests.conftest import ROOT

from vestige.disclosure.sentences import SENTENCES

VECTORS = ROOT / "verifier" / "vectors"
PACKAGES = sorted(path.name for path in (VECTORS / "packages").glob("*.json") if path.name != "bases.json")
FORMATS = (
    *("canonical.json", "checkpoints.json", "commitments.json", "consistency.json", "entries.json"),
    *("inclusion.json", "keys.json", "parameters.json", "samples.json"),
)
CANNOT = {"quorum", "time", "media"}  # what the page leaves out, and says so
DRIVER = (Path(__file__).parent / "vectors.js").read_text("utf-8")


def expected(case: dict[str, Any]) -> dict[str, Any]:
    """What a program that does the core of the check says of a case."""
    if case["verdict"] == "verified" or case.get("needs") in CANNOT:
        return {"verdict": "verified", "step": None, "file": None}
    return {name: case[name] for name in ("verdict", "step", "file")}


def different(case: dict[str, Any], said: dict[str, Any]) -> str | None:
    """How an answer differs from what the case says; None if it does not."""
    wanted = expected(case)
    if case.get("needs") == "folders" and (said["file"] or "").startswith(f"{wanted['file']}/"):
        said["file"] = wanted["file"]  # a browser tells of files, not of folders
    same = {key: said[key] for key in wanted} == wanted
    return None if same else f"{case['name']}: wanted {wanted}, got {said}"


def test_the_page_says_of_every_package_what_the_vectors_say(reader: Callable[..., Page]) -> None:
    bases = json.loads((VECTORS / "packages" / "bases.json").read_text("utf-8"))
    page, count = reader(), 0
    page.evaluate(DRIVER)
    for name in PACKAGES:
        area = json.loads((VECTORS / "packages" / name).read_text("utf-8"))
        cases = [case for case in area["cases"] if case.get("needs") != "links"]  # a browser follows links without saying so
        told = page.evaluate("([bases, cases]) => judged(bases, cases)", [bases, cases])
        wrong = [how for case, said in zip(cases, told, strict=True) if (how := different(case, said))]
        assert wrong == [], f"{name}\n" + "\n".join(wrong)
        count += len(cases)
    assert count > 450


def test_the_pages_modules_say_of_each_format_what_the_vectors_say() -> None:
    node = shutil.which("node")
    if node is None or not (ROOT / "ui" / "node_modules" / "rolldown").exists():
        pytest.skip("no Node here, or no packages for it: npm ci in ui/")
    areas = {name: json.loads((VECTORS / name).read_text("utf-8")) for name in FORMATS}
    given = json.dumps({"types": sorted(SENTENCES), "areas": areas})
    done = subprocess.run([node, Path(__file__).parent / "core.mjs"], input=given, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    wrong = [
        f"{name}: {case['name']}: wanted {case['verdict']}, got {said}"
        for name, area in areas.items()
        for case, said in zip(area["cases"], told[name], strict=True)
        if said["verdict"] != case["verdict"]
    ]
    assert wrong == [], "\n" + "\n".join(wrong)
