"""A simulated agency: a real home in a temporary folder, a clock that the test moves, people with every role."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

import psycopg

from vestige.access.roles import Role
from vestige.actions import people
from vestige.actions.agency import found
from vestige.actions.ports import Ports
from vestige.assembly import Home, make_home, make_tables
from vestige.evidence.people import Actor

CONSOLE = Actor(kind="console", id="tester", name="console:tester", roles=frozenset({"console"}), via="console")
START = 1_790_000_000_000


@dataclass
class Clock:
    """Milliseconds UTC; every look moves it on by one."""

    at: int = START

    def __call__(self) -> int:
        self.at += 1
        return self.at


@dataclass
class Agency:
    """The agency: its home, its clock, and an actor for each role by its word."""

    home: Home
    clock: Clock
    actors: dict[str, Actor] = field(default_factory=dict)

    @property
    def ports(self) -> Ports:
        return self.home.ports

    def object_of(self, item: UUID) -> UUID:
        """The sealed object that an item opens."""
        found = self.ports.catalog.item(str(item))
        assert found is not None
        return found.sealed

    def sealed(self, item: UUID) -> Path:
        """The file that holds an item's sealed bytes."""
        sealed = str(self.object_of(item))
        return self.home.config.home / "vault" / "objects" / sealed[-2:] / sealed

    def key_file(self, item: UUID) -> Path:
        """An item's key file."""
        return self.home.config.home / "keys" / str(item)[-2:] / f"{item}.key"

    def actor(self, role: str) -> Actor:
        """Somebody with exactly that role."""
        if role not in self.actors:
            badge = role.replace(" ", "-").upper()
            person = people.add(self.ports, CONSOLE, badge, f"Pat {role.title()}", [Role(role)])
            self.actors[role] = Actor("person", str(person.id), f"{person.name} ({badge})", person.roles, "console")
        return self.actors[role]


def make_agency(folder: Path) -> Agency:
    """Found an agency in a home below `folder`."""
    clock = Clock()
    home = make_home(folder / "home", "us-federal", now=clock, tables=tables)
    found(home.ports, CONSOLE, "Test agency", "UTC", console_acts=True, admin="ADMIN")
    return Agency(home, clock)


def tables() -> None:
    """The tables of an empty database. The migrations run once a process; a copy of what they made is every later home's."""
    from django.db import connections

    database = connections.settings["default"]
    connections["default"].close()
    copied = _copied_file if database["ENGINE"] == "django.db.backends.sqlite3" else _copied_database
    copied(database["NAME"])
    connections["default"].close()


def _copied_file(name: str) -> None:
    if "sqlite" not in _MIGRATED:
        _migrated()
        _MIGRATED["sqlite"] = Path(name).read_bytes()
    else:
        Path(name).write_bytes(_MIGRATED["sqlite"])


def _copied_database(name: str) -> None:
    """PostgreSQL makes a database from another that nobody is connected to."""
    server = urlsplit(os.environ["DATABASE_URL"])._replace(path="/postgres").geturl()
    with psycopg.connect(server, autocommit=True) as connection:
        made = connection.execute("SELECT 1 FROM pg_database WHERE datname = 'migrated'").fetchone()
        if not made:
            _migrated()
        else:
            connection.execute(f'DROP DATABASE "{name}"')
        pair = (name, "migrated") if made else ("migrated", name)
        connection.execute('CREATE DATABASE "{}" TEMPLATE "{}"'.format(*pair))


def _migrated() -> None:
    from django.db import connections

    make_tables()
    connections["default"].close()


_MIGRATED: dict[str, bytes] = {}
