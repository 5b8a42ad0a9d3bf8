"""What the documents claim is so: settings, event types, commands, dependencies, licences, links."""

import dataclasses
import importlib.metadata
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import typer.main
from tests.contracts.layers import ROOT

from vestige import config
from vestige.cli.main import command_line, main
from vestige.custody.events import EventType

_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


def _documents() -> list[Path]:
    return [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


def _commands(command: Any, words: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """The words of every command that does something."""
    if not hasattr(command, "commands"):
        return [words]
    return [found for name, below in sorted(command.commands.items()) for found in _commands(below, (*words, name))]


_COMMANDS = _commands(typer.main.get_command(command_line()))


def test_every_field_of_the_configuration_stands_in_the_settings_page() -> None:
    page = (ROOT / "docs" / "settings.md").read_text()
    listed = set(re.findall(r"^\| `([a-z_]+)` \|", page, re.MULTILINE))
    assert listed == {field.name for field in dataclasses.fields(config.Config)}


def test_every_environment_variable_that_the_code_reads_stands_in_the_settings_page() -> None:
    page = (ROOT / "docs" / "settings.md").read_text()
    code = "".join(file.read_text() for file in [*(ROOT / "src").rglob("*.py"), ROOT / "tests" / "budget.py", ROOT / "hatch_build.py"])
    read = set(re.findall(r"\"(VESTIGE_[A-Z_]+|DATABASE_URL)\"", code))
    assert {name for name in read if name not in page} == set()


def test_the_event_types_of_the_format_page_are_those_of_the_code() -> None:
    page = (ROOT / "docs" / "custody-format.md").read_text()
    section = page.partition("## 5. Event types")[2].partition("\n## 6.")[0]
    listed = re.findall(r"^\| `([a-z_]+:[a-z_]+)` \|", section, re.MULTILINE)
    assert sorted(listed) == sorted(EventType)
    assert listed == sorted(listed)


def test_every_command_stands_in_the_commands_page_and_no_other() -> None:
    page = (ROOT / "docs" / "commands.md").read_text()
    listed = set(re.findall(r"^\| `vestige ([a-z ]+)` \|", page, re.MULTILINE))
    assert listed == {" ".join(words) for words in _COMMANDS}


@pytest.mark.parametrize("words", _COMMANDS, ids=" ".join)
def test_every_command_answers_help(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*words, "--help"])
    assert ended.value.code == 0
    assert words[-1] in capsys.readouterr().out


def test_every_dependency_has_its_reason_and_its_licence() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = [one for name, extra in project["optional-dependencies"].items() if name != "all" for one in extra]
    names = {re.split(r"[\[<>=!~;]", one)[0].strip() for one in [*project["dependencies"], *extras]}
    reasons = (ROOT / "docs" / "decisions" / "0001-dependencies.md").read_text()
    licences = (ROOT / "THIRD-PARTY.md").read_text()
    assert {name for name in names if f"`{name}`" not in reasons} == set()
    assert {name for name in names if name not in licences} == set()


def test_the_licences_are_those_that_the_installed_packages_state() -> None:
    rows = re.findall(r"^\| ([a-z0-9-]+) \| ([^|]+?) \|$", (ROOT / "THIRD-PARTY.md").read_text(), re.MULTILINE)
    rows = [row for row in rows if row != ("package", "licence")]
    assert len(rows) > 10
    wrong = [f"{name}: {said} is not {stated}" for name, said in rows if not _agrees(said, stated := _stated(name))]
    assert wrong == []


def _stated(name: str) -> str:
    data = importlib.metadata.metadata(name)
    classifiers = " ".join(one for one in data.get_all("Classifier") or [] if one.startswith("License"))
    return " ".join(str(one) for one in (data.get("License-Expression"), data.get("License"), classifiers) if one)


def _agrees(said: str, stated: str) -> bool:
    words = [word for word in re.split(r"[^A-Za-z0-9.]+", said.partition("(")[0].lower()) if word not in {"or", "and", "clause", ""}]
    plain = stated.lower().replace("apache software license", "apache 2.0")
    return all(word in plain for word in words)


def test_the_readme_leads_with_the_two_commands() -> None:
    readme = (ROOT / "README.md").read_text()
    assert readme.index("make demo") < readme.index("make test") < readme.index("## ")


def test_every_target_of_the_makefile_that_the_documents_name_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert {"demo", "test", "test-long", "lint", "types", "bench", "docs"} <= targets
    named = {name for page in _documents() for name in re.findall(r"`make ([a-z-]+)", page.read_text())}
    assert named <= targets


def test_every_link_to_a_file_finds_it() -> None:
    dead = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in _documents()
        for target in _LINK.findall(page.read_text())
        if not target.startswith(("http", "#", "mailto:")) and not (page.parent / target.partition("#")[0]).exists()
    ]
    assert dead == []


def test_a_home_in_which_the_console_acts_is_named_where_it_is_allowed() -> None:
    for name in ("README.md", "SECURITY.md", "docs/commands.md"):
        assert "--console-acts" in (ROOT / name).read_text()
