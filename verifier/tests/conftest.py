"""Packages of both profiles, made once, and copies of them to spoil."""

import itertools
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from verifier.tests.writer import Made, Plan, make

from vestige_verify.notes import parse_key
from vestige_verify.package import Findings, verify


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Made]:
    """A valid package of each profile; not to be written to."""
    return {profile: make(tmp_path_factory.mktemp(profile), Plan(profile=profile)) for profile in ("court", "public")}


@pytest.fixture
def copy(packages: dict[str, Made], tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Gives a fresh copy of a package to spoil."""
    base, numbers = tmp_path_factory.mktemp("copy"), itertools.count()

    def copied(profile: str) -> Path:
        return shutil.copytree(packages[profile].folder, base / str(next(numbers)))

    return copied


@pytest.fixture
def made(tmp_path: Path) -> Callable[..., Findings]:
    """Makes a package by plan and gives the findings about it, with its own key pinned."""

    numbers = itertools.count()

    def made_and_checked(**plan: object) -> Findings:
        package = make(tmp_path / f"package {next(numbers)}", Plan(**plan))  # type: ignore[arg-type]
        return verify(package.folder, (parse_key(package.vkey),))

    return made_and_checked
