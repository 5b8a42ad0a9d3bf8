"""Whatever a person, a dock or the clock may do goes through one declared action, with its permission and its events."""

import ast
import importlib
import pkgutil
import re

from tests.contracts.foreign_routes import FOREIGN
from tests.contracts.layers import ROOT, SOURCE

import vestige.actions
from vestige.access.permissions import Permission
from vestige.actions.door import Action
from vestige.custody.events import EventType

_NAME = re.compile(r"[a-z_]+\.[a-z_]+")


def _actions() -> dict[str, list[Action[..., object]]]:
    """Every declared action, by its name, wherever in `actions/` it stands."""
    found: dict[str, list[Action[..., object]]] = {}
    for info in pkgutil.iter_modules(vestige.actions.__path__, "vestige.actions."):
        for value in vars(importlib.import_module(info.name)).values():
            if isinstance(value, Action) and value not in found.setdefault(value.name, []):
                found[value.name].append(value)
    return found


ACTIONS = _actions()


def test_there_are_actions_and_each_has_a_name_of_its_own() -> None:
    assert len(ACTIONS) > 15
    assert [name for name, found in ACTIONS.items() if len(found) != 1 or not _NAME.fullmatch(name)] == []


def test_every_action_names_a_permission_its_events_and_what_it_does() -> None:
    for name, (action,) in ACTIONS.items():
        assert action.permission in set(Permission), name
        assert action.events, name
        assert set(action.events) <= set(EventType), name
        assert action.summary.strip(), name


LATER: frozenset[EventType] = frozenset()
"""Words of the closed list whose actions are not there yet: this list only ever shrinks."""


def test_every_event_type_is_recorded_by_an_action_or_by_the_door_itself() -> None:
    """What no action declares yet is a word that nothing says."""
    declared = {event for (action,) in ACTIONS.values() for event in action.events} | {EventType.ACCESS_REFUSED}
    assert set(EventType) - declared == LATER


def test_every_route_names_an_action_or_is_listed_as_foreign(routes: list[dict[str, object]]) -> None:
    assert routes
    stray = [route["path"] for route in routes if route.get("action") not in ACTIONS and route["path"] not in FOREIGN]
    assert stray == []
    assert {str(route["path"]) for route in routes if "foreign" in route} == set(FOREIGN)


def test_every_command_runs_actions() -> None:
    """Each command's module imports from the door, and none goes past it to a hand. (`serve` starts the pages; a witness has no home.)"""
    modules = [path for path in sorted((SOURCE / "cli").glob("*.py")) if "def register(" in path.read_text()]
    assert len(modules) > 5
    for path in modules:
        text = path.read_text()
        imported = {node.module for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ImportFrom) and node.module}
        assert path.stem in {"serve", "witness"} or any(name.startswith(("vestige.actions", "vestige.ingest")) for name in imported), (
            path.name
        )
        assert not any(name.startswith(("vestige.catalog", "vestige.vault", "vestige.media")) for name in imported), path.name


def test_every_permission_is_asked_for_somewhere() -> None:
    text = "".join(path.read_text() for folder in ("actions", "access") for path in (ROOT / "src" / "vestige" / folder).glob("*.py"))
    assert [name for name in Permission.__members__ if f"Permission.{name}" not in text] == []
