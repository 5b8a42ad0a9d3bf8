"""The house keeps its own rules: who may import whom, judges that touch nothing, one door, pages that say what is so."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from vestige.actions.door import Action
from vestige.custody.events import EventType

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "vestige"
JUDGES = {"access", "custody", "disclosure", "policy", "redaction"}
MAY_IMPORT = {
    "evidence": set(),
    "policy": {"evidence"},
    "custody": {"evidence"},
    "access": {"evidence", "policy"},
    "redaction": {"evidence", "policy"},
    "disclosure": {"evidence", "policy", "redaction"},
    "actions": {"evidence", "policy", "custody", "access", "redaction", "disclosure"},
    "catalog": {"evidence", "custody", "access", "settings"},
    "vault": {"evidence"},
    "media": {"evidence", "redaction", "custody"},
    "ingest": {"actions", "evidence"},
    "web": {"actions", "evidence", "access", "catalog", "custody", "assembly", "settings"},
    "cli": {"actions", "evidence", "assembly", "ingest", "access", "redaction"},
}
EVERYBODY = {"errors", "config", "__version__"}
HANDS_OF_A_JUDGE = {
    "datetime",
    "open",
    "os",
    "pathlib",
    "random",
    "secrets",
    "shutil",
    "socket",
    "subprocess",
    "tempfile",
    "time",
    "uuid4",
}


def modules(room: str) -> list[Path]:
    return sorted(path for path in (SOURCE / room).rglob("*.py") if "migrations" not in path.parts)


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def rooms_of(path: Path) -> set[str]:
    return {name.split(".")[1] for name in imported(path) if name.startswith("vestige.")}


def test_every_room_stands_in_the_table() -> None:
    assert {path.name for path in SOURCE.iterdir() if path.is_dir() and path.name != "__pycache__"} == set(MAY_IMPORT)


@pytest.mark.parametrize("room", sorted(MAY_IMPORT))
def test_a_room_imports_only_what_it_may(room: str) -> None:
    for path in modules(room):
        beyond = rooms_of(path) - MAY_IMPORT[room] - EVERYBODY - {room}
        assert not beyond, f"{path.relative_to(SOURCE)} imports {sorted(beyond)}"


def test_pages_reach_the_catalog_for_accounts_only() -> None:
    for path in modules("web"):
        reached = {name for name in imported(path) if name.startswith("vestige.catalog")}
        assert all(name.startswith("vestige.catalog.accounts") for name in reached), path


@pytest.mark.parametrize("room", sorted(JUDGES))
def test_a_judge_touches_nothing(room: str) -> None:
    for path in modules(room):
        names = {node.id for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Name)}
        tops = {name.split(".")[0] for name in imported(path)}
        clock = {name for name in ("now", "today", "utcnow") if re.search(rf"\.{name}\(", path.read_text())}
        touched = (tops & (HANDS_OF_A_JUDGE - {"datetime"})) | (names & {"open", "print", "input"}) | clock
        assert not touched, f"{path.relative_to(SOURCE)} touches {sorted(touched)}"


def actions() -> Iterator[Action[..., object]]:
    from importlib import import_module

    for path in modules("actions"):
        module = import_module(f"vestige.actions.{path.stem}") if path.stem != "__init__" else None
        yield from (value for value in vars(module).values() if isinstance(value, Action)) if module else ()


def test_every_action_names_its_permission_and_its_events_and_says_what_it_does() -> None:
    found = {action.name: action for action in actions()}
    assert len(found) >= 15
    for action in found.values():
        assert action.permission
        assert action.events
        assert action.summary


def test_the_events_of_the_page_are_those_of_the_code() -> None:
    page = (ROOT / "docs" / "custody-format.md").read_text()
    listed = re.findall(r"^\| `(\w+:\w+)` \|", page, re.MULTILINE)
    assert listed == sorted(listed)
    assert set(listed) == set(EventType)


def test_the_columns_of_the_page_are_those_that_fsck_replays() -> None:
    from vestige.catalog.nouns import NOUNS

    page = (ROOT / "docs" / "custody-format.md").read_text().partition("## 7. Replay")[2].partition("## 8.")[0]
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", page, re.MULTILINE))
    assert {noun: set(re.findall(r"`(\w+)`", columns)) for noun, columns in rows.items()} == {
        name: set(noun.columns) for name, noun in NOUNS.items()
    }


def test_the_command_line_starts_without_what_decodes() -> None:
    code = "import sys, vestige.cli.main; print([m for m in ('av', 'onnxruntime', 'django', 'numpy') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONPATH": str(ROOT / "src")})
    assert done.stdout.strip() == "[]"


def test_functions_and_modules_stay_small() -> None:
    for path in SOURCE.rglob("*.py"):
        text = path.read_text()
        assert text.count("\n") <= 500, path
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert (node.end_lineno or 0) - node.lineno < 80, f"{path}: {node.name}"


def test_no_dependency_recognises_faces_or_phones_home() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    assert not re.search(r"face.?recognition|insightface|dlib|deepface|sentry|telemetry|posthog", text)
