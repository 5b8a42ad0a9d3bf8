"""House numbers and words: how long a function may be, what may not be depended on, what may not be called."""

import ast
import re
import tomllib
from pathlib import Path

from tests.contracts.layers import ROOT, sources

_FUNCTION, _MODULE = 80, 500
_FACE_RECOGNITION = ("face-recognition", "face_recognition", "deepface", "insightface", "facenet", "arcface", "dlib")
_TELEMETRY = (
    "sentry",
    "segment.io",
    "google-analytics",
    "googletagmanager",
    "mixpanel",
    "amplitude",
    "posthog",
    "datadog",
    "newrelic",
    "bugsnag",
)
_ADDRESS = re.compile(r"https?://([A-Za-z0-9.-]+)")
# Names inside formats and documents (namespaces, citations); nothing calls them.
_NAMED_ONLY = {"localhost", "127.0.0.1", "www.w3.org", "json-schema.org", "example.org", "example.com", "example.net"}


def _python() -> list[Path]:
    roots = [ROOT / name for name in ("demo", "benchmarks", "verifier/src")]
    return [*sources(), *(file for root in roots for file in sorted(root.rglob("*.py"))), ROOT / "hatch_build.py"]


def test_no_function_is_longer_than_eighty_lines() -> None:
    long = [
        f"{file.relative_to(ROOT)}:{node.lineno} {node.name}"
        for file in _python()
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (node.end_lineno or 0) - node.lineno + 1 > _FUNCTION
    ]
    assert long == []


def test_no_module_is_longer_than_five_hundred_lines() -> None:
    assert [str(file.relative_to(ROOT)) for file in _python() if file.read_text().count("\n") > _MODULE] == []


def test_no_dependency_recognises_faces() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    named = [
        *project["project"]["dependencies"],
        *(one for extra in project["project"]["optional-dependencies"].values() for one in extra),
        *(one for group in project["dependency-groups"].values() for one in group),
    ]
    assert [one for one in named for word in _FACE_RECOGNITION if word in one.lower()] == []
    imported = [
        str(file.relative_to(ROOT))
        for file in _python()
        if re.search(r"^\s*(import|from) (deepface|insightface|face_recognition|dlib)", file.read_text(), re.MULTILINE)
    ]
    assert imported == []


def test_no_source_names_a_telemetry_service() -> None:
    assert [f"{file.relative_to(ROOT)}: {word}" for file in _python() for word in _TELEMETRY if word in file.read_text().lower()] == []


def test_no_source_names_an_outside_host() -> None:
    """Nothing calls anywhere that the agency did not configure: no address of a host stands in the code."""
    found = [
        f"{file.relative_to(ROOT)}: {host}" for file in _python() for host in _ADDRESS.findall(file.read_text()) if host not in _NAMED_ONLY
    ]
    assert found == []


def test_every_switched_off_rule_has_its_reason_beside_it() -> None:
    bare = [
        f"{file.relative_to(ROOT)}:{number}"
        for file in _python()
        for number, line in enumerate(file.read_text().splitlines(), 1)
        if "# noqa" in line and not re.search(r"# noqa: [A-Z0-9, ]+\S*\s+\S", line)
    ]
    assert bare == []
