"""Which version of the tables a home has, and bringing it forward."""

from collections.abc import Iterable
from importlib.resources import files

from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

APPS = ("accounts", "catalog")
_PACKAGES = ("vestige.catalog.accounts", "vestige.catalog")


def applied() -> tuple[str, ...]:
    """The migrations that the database has, `app.name`, sorted."""
    return tuple(sorted(f"{app}.{name}" for app, name in MigrationRecorder(connection).applied_migrations()))


def pending() -> tuple[str, ...]:
    """The migrations of ours that it lacks, sorted."""
    return tuple(sorted(_known() - set(applied())))


def unknown(migrations: Iterable[str]) -> tuple[str, ...]:
    """Those of ours among these migrations that this version does not know, sorted."""
    return tuple(sorted({name for name in migrations if name.startswith(tuple(f"{app}." for app in APPS))} - _known()))


def ends(migrations: Iterable[str]) -> list[tuple[str, str]]:
    """Those of ours among these migrations that no other of them builds on, as (app, name), sorted: whoever applies them applies all."""
    nodes = MigrationLoader(connection).graph.node_map
    mine = {(app, name) for app, _, name in (one.partition(".") for one in migrations) if app in APPS}
    return sorted(one for one in mine if not any(child.key in mine and child.key[0] == one[0] for child in nodes[one].children))


def migrate() -> None:
    """Bring the database forward to this version; the triggers are made anew after it."""
    call_command("migrate", verbosity=0, interactive=False, skip_checks=True)


def _known() -> set[str]:
    return {f"{package.rpartition('.')[2]}.{name}" for package in _PACKAGES for name in _names(package)}


def _names(package: str) -> list[str]:
    found = (entry.name for entry in files(f"{package}.migrations").iterdir())
    return [name.removesuffix(".py") for name in found if name[:4].isdigit() and name.endswith(".py")]
