"""The rooms import what the architecture lets them, and nothing else."""

import ast
from pathlib import Path

from tests.contracts.layers import EXCEPTIONS, HANDS, JUDGES, ROOMS, SOURCE, room_of, sources


def _imports(file: Path) -> set[str]:
    """The rooms that a file imports, wherever in it the import stands."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module == "vestige":
            names = [f"vestige.{alias.name}" for alias in node.names if not alias.name.startswith("_")]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names = [node.module or ""]
        found |= {name.split(".")[1] for name in names if name.startswith("vestige.")}
    return found


def _edges() -> list[tuple[Path, str, str]]:
    return [(file, room_of(file), target) for file in sources() for target in _imports(file) if target != room_of(file)]


def test_every_room_stands_in_the_table() -> None:
    assert {room_of(file) for file in sources()} - {"__init__"} <= set(ROOMS)


def test_no_file_imports_relatively() -> None:
    relative = [
        str(file.relative_to(SOURCE))
        for file in sources()
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert relative == []


def test_rooms_import_only_what_the_table_lets_them() -> None:
    wrong = [
        f"{name} imports {target}"
        for file, room, target in _edges()
        if room != "__init__"
        and target != "errors"
        and target not in ROOMS[room]
        and ((name := str(file.relative_to(SOURCE))), target) not in EXCEPTIONS
    ]
    assert wrong == []


def test_every_exception_is_still_needed() -> None:
    used = {(str(file.relative_to(SOURCE)), target) for file, _, target in _edges()}
    gone = sorted(key for key in EXCEPTIONS if key not in used or key[1] in ROOMS[room_of(SOURCE / key[0])])
    assert gone == []


def test_the_table_itself_has_no_cycle_between_rooms() -> None:
    done: set[str] = set()

    def visit(room: str, above: tuple[str, ...]) -> None:
        assert room not in above, f"cycle: {' -> '.join((*above, room))}"
        if room in done:
            return
        for target in sorted(ROOMS[room]):
            visit(target, (*above, room))
        done.add(room)

    for room in sorted(ROOMS):
        visit(room, ())
    assert done == set(ROOMS)


def test_judges_and_actions_never_import_hands() -> None:
    assert [f"{room} may import {target}" for room in (*JUDGES, "actions", "evidence") for target in HANDS if target in ROOMS[room]] == []


def test_only_entries_import_the_assembly() -> None:
    importers = {str(file.relative_to(SOURCE)) for file, _, target in _edges() if target == "assembly"}
    assert {
        name for name in importers if not name.startswith(("cli/", "jobs/")) and name not in {"web/hands.py", "restoration.py"}
    } == set()


def test_the_verifier_imports_nothing_of_the_writer() -> None:
    files = sorted((SOURCE.parents[1] / "verifier" / "src").rglob("*.py"))
    assert [str(file) for file in files if _imports(file)] == []
