"""The database's own online copy, and back: SQLite by its backup interface, PostgreSQL by COPY in one snapshot. Sessions are never copied."""

import json
import os
import sqlite3
from pathlib import Path
from uuid import UUID

from django.apps import apps
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import connection, transaction
from django.db.models import Model

from vestige.catalog import schema
from vestige.errors import BadInput, Fault
from vestige.evidence.backups import CatalogCopy

SQLITE, POSTGRESQL = "sqlite", "postgresql"
_FILE = "catalog.sqlite3"
_TABLES = "tables.json"
_LOG = "SELECT origin, size FROM catalog_logstate"
_NOTE = "SELECT note FROM catalog_checkpoint ORDER BY size DESC LIMIT 1"
_EVENTS = "SELECT count(*) FROM catalog_event"
_OBJECTS = "SELECT id, sealed FROM catalog_evidenceitem"


def copy(folder: Path) -> CatalogCopy:
    """Copy the database into `folder`, as it is at one moment, while others go on writing. Raises OSError, database errors."""
    return _copy_postgresql(folder) if connection.vendor == POSTGRESQL else _copy_sqlite(folder / _FILE)


def place(folder: Path, home: Path) -> None:
    """Put SQLite's copy at the home's place, before the database is opened. Raises BadInput for a copy of PostgreSQL."""
    if not (folder / _FILE).is_file():
        raise BadInput("this backup is of a home on PostgreSQL; set DATABASE_URL to an empty database to restore it")
    with sqlite3.connect(folder / _FILE) as source, sqlite3.connect(home / "catalog.sqlite3") as target:
        source.backup(target)
    target.close()
    source.close()
    (home / "catalog.sqlite3").chmod(0o600)


def load(folder: Path, migrations: tuple[str, ...]) -> None:
    """Fill the empty PostgreSQL database from a copy: the schema that the copy had, its rows, and then forward to this version's.

    Raises BadInput for a database that is not empty and for a copy of SQLite.
    """
    if not (folder / _TABLES).is_file():
        raise BadInput("this backup is of a home on SQLite; unset DATABASE_URL to restore it")
    if connection.introspection.table_names():
        raise BadInput("the database that DATABASE_URL names is not empty")
    for app, last in schema.ends(migrations):
        call_command("migrate", app, last, verbosity=0, interactive=False, skip_checks=True)
    with transaction.atomic(), connection.cursor() as cursor:
        for table, columns in json.loads((folder / _TABLES).read_text()).items():
            with (folder / f"{table}.copy").open("rb") as file, cursor.copy(f"COPY {table} ({_listed(columns)}) FROM STDIN") as into:
                while block := file.read(1 << 20):
                    into.write(block)
    schema.migrate()
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), _models()):
            cursor.execute(statement)


def _copy_sqlite(path: Path) -> CatalogCopy:
    connection.ensure_connection()
    target = sqlite3.connect(path)
    try:
        path.chmod(0o600)
        connection.connection.backup(target)
        target.executescript("PRAGMA journal_mode=DELETE; PRAGMA secure_delete=ON; DELETE FROM django_session;")
        target.commit()
        if (word := target.execute("PRAGMA quick_check").fetchone()[0]) != "ok":
            raise Fault(f"the copy of the database is damaged: {word}")
        origin, size = target.execute(_LOG).fetchone()
        note = target.execute(_NOTE).fetchone()
        objects = {UUID(item): UUID(sealed) for item, sealed in target.execute(_OBJECTS)}
        events = target.execute(_EVENTS).fetchone()[0]
    finally:
        target.close()
    with path.open("rb") as file:
        os.fsync(file.fileno())
    return CatalogCopy(SQLITE, origin, size, events, note[0] if note else "", schema.applied(), objects)


def _copy_postgresql(folder: Path) -> CatalogCopy:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        tables = _tables()
        for table, columns in tables.items():
            with (folder / f"{table}.copy").open("wb") as file, cursor.copy(f"COPY {table} ({_listed(columns)}) TO STDOUT") as rows:
                for block in rows:
                    file.write(block)
                file.flush()
                os.fsync(file.fileno())
        cursor.execute(_LOG)
        origin, size = cursor.fetchone()
        cursor.execute(_NOTE)
        note = cursor.fetchone()
        cursor.execute(_EVENTS)
        events = cursor.fetchone()[0]
        cursor.execute(_OBJECTS)
        objects = dict(cursor.fetchall())
        (folder / _TABLES).write_text(json.dumps(tables))
        return CatalogCopy(POSTGRESQL, origin, size, events, note[0] if note else "", schema.applied(), objects)


def _tables() -> dict[str, list[str]]:
    """Our tables with their columns as they are in the database, which may be those of an earlier version."""
    with connection.cursor() as cursor:
        ours = [name for name in connection.introspection.table_names(cursor) if name.startswith(tuple(f"{app}_" for app in schema.APPS))]
        return {name: [column.name for column in connection.introspection.get_table_description(cursor, name)] for name in sorted(ours)}


def _models() -> "list[type[Model]]":
    return [model for app in schema.APPS for model in apps.get_app_config(app).get_models(include_auto_created=True)]


def _listed(columns: list[str]) -> str:
    return ", ".join(connection.ops.quote_name(column) for column in columns)
