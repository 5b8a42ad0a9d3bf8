"""Triggers that keep the log append-only, a device in one hand and a person in one unit: re-made after every migration, listed at start and by fsck.

A superuser or the owner of the file can drop them: they stop mistakes; the hash chain is the evidence.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import DataError, IntegrityError, transaction
from django.db import connection as _default
from django.db.backends.base.base import BaseDatabaseWrapper

_APPEND_ONLY = (
    *("catalog_event", "catalog_openings", "catalog_sequenced", "catalog_checkpoint", "catalog_fulltile"),
    *("catalog_cosignature", "catalog_stamp", "catalog_paststamp"),
)


@dataclass(frozen=True, slots=True)
class _Apart:
    """Rows of a table that have no time in common: those that agree in `same`, of those for which `where` holds (of `{row}`)."""

    name: str
    table: str
    same: str
    where: str
    words: str


_APART = (
    _Apart("assignment_overlap", "catalog_assignment", "device_id", "", "the device is in another hand in that time"),
    _Apart(
        "posting_overlap", "catalog_posting", "person_id", "{row}part = 'member'", "the person is a member of another unit in that time"
    ),
)
_BODY = " BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; END "
_REFUSING = (  # of PostgreSQL: those that are on, without a condition, and whose function is ours to the letter
    "SELECT t.tgname FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid "
    "WHERE NOT t.tgisinternal AND t.tgenabled IN ('O', 'A') AND t.tgqual IS NULL AND p.prosrc = %s"
)


def expected(vendor: str) -> frozenset[str]:
    """The names of the triggers (and, on PostgreSQL, the exclusion constraint) that must be there."""
    refusing = {f"{table}_{act}" for table in _APPEND_ONLY for act in ("update", "delete")}
    if vendor == "postgresql":
        return frozenset(refusing | {f"{table}_truncate" for table in _APPEND_ONLY} | {one.name for one in _APART})
    return frozenset(refusing | {f"{one.name}_{act}" for one in _APART for act in ("insert", "update")})


def missing(connection: BaseDatabaseWrapper = _default) -> list[str]:
    """The names of those that are not there, sorted."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_REFUSING, (_BODY,))
            there = {row[0] for row in cursor.fetchall()}
            cursor.execute("SELECT conname FROM pg_constraint WHERE contype = 'x'")
            there |= {row[0] for row in cursor.fetchall()}
        else:
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            written = {_name(statement): statement for statement in _sqlite()}
            there = {name for name, sql in cursor.fetchall() if written.get(name) == sql}
    return sorted(expected(connection.vendor) - there)


def install(connection: BaseDatabaseWrapper = _default) -> None:
    """Make them anew."""
    statements = _postgresql() if connection.vendor == "postgresql" else _sqlite()
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            for statement in statements:
                cursor.execute(f"DROP TRIGGER IF EXISTS {_name(statement)}")
        for statement in statements:
            cursor.execute(statement, None)


def remake() -> list[str]:
    """Make those anew that are missing or changed, inside the caller's transaction; returns the names of what could not be.

    Those are rules of one hand a device or one unit a person, on PostgreSQL, where rows already break them: then they are left as they are.
    """
    gone = missing()
    statements = _sqlite() if _default.vendor == "sqlite" else _refusing()
    with _default.cursor() as cursor:
        for statement in statements:
            if _default.vendor == "sqlite":
                cursor.execute(f"DROP TRIGGER IF EXISTS {_name(statement)}")
            cursor.execute(statement, None)
    if _default.vendor == "postgresql":
        for one in _APART:
            if one.name in gone:
                _hold_apart(one)
    return missing()


def _hold_apart(one: _Apart) -> None:
    try:
        with transaction.atomic(), _default.cursor() as cursor:
            for statement in _excluding(one):
                cursor.execute(statement, None)
    except (IntegrityError, DataError):  # a row that overlaps, or one that ends before it begins
        return


@contextmanager
def lifted(tables: Sequence[str], connection: BaseDatabaseWrapper = _default) -> Iterator[None]:
    """Let rows of these append-only tables be replaced while the block runs: for a restore, inside its transaction, and for nothing else."""
    statements = _postgresql() if connection.vendor == "postgresql" else _sqlite()
    mine = [s for s in statements if any(f"TRIGGER {table}_" in s for table in tables)]
    with connection.cursor() as cursor:
        for statement in mine:
            name = statement.partition("TRIGGER ")[2].split()[0]
            table = next(table for table in tables if name.startswith(f"{table}_"))
            cursor.execute(f"DROP TRIGGER {name} ON {table}" if connection.vendor == "postgresql" else f"DROP TRIGGER {name}")
        yield
        for statement in mine:
            cursor.execute(statement, None)


def install_after_migrate(**_: object) -> None:
    """The receiver of `post_migrate`."""
    if {*(one.table for one in _APART), *_APPEND_ONLY} <= set(_default.introspection.table_names()):
        install(_default)


def _name(statement: str) -> str:
    return statement.split()[2]


def _sqlite() -> list[str]:
    refusing = [
        f"CREATE TRIGGER {table}_{act.lower()} BEFORE {act} ON {table} BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        for table in _APPEND_ONLY
        for act in ("UPDATE", "DELETE")
    ]
    return refusing + [statement for one in _APART for statement in _clashing(one)]


def _clashing(one: _Apart) -> list[str]:
    where = [one.where.format(row=row) for row in ("NEW.", "a.") if one.where]
    meets = " AND ".join(
        [
            f"a.{one.same} = NEW.{one.same} AND a.id <> NEW.id AND a.starts < COALESCE(NEW.ends, 9223372036854775807)",
            "NEW.starts < COALESCE(a.ends, 9223372036854775807)",
            *where,
        ]
    )
    clash = f"SELECT RAISE(ABORT, '{one.words}') WHERE EXISTS (SELECT 1 FROM {one.table} a WHERE {meets})"  # noqa: S608  # names of our own tables
    return [f"CREATE TRIGGER {one.name}_{act.lower()} BEFORE {act} ON {one.table} BEGIN {clash}; END" for act in ("INSERT", "UPDATE")]


def _postgresql() -> list[str]:
    return ["CREATE EXTENSION IF NOT EXISTS btree_gist", *_refusing(), *(statement for one in _APART for statement in _excluding(one))]


def _refusing() -> list[str]:
    refuse = f"CREATE OR REPLACE FUNCTION vestige_append_only() RETURNS trigger LANGUAGE plpgsql AS $${_BODY}$$"
    return [
        refuse,
        *(
            f"CREATE OR REPLACE TRIGGER {table}_{act.lower()} BEFORE {act} ON {table} FOR EACH {each} EXECUTE FUNCTION vestige_append_only()"
            for table in _APPEND_ONLY
            for act, each in (("UPDATE", "ROW"), ("DELETE", "ROW"), ("TRUNCATE", "STATEMENT"))
        ),
    ]


def _excluding(one: _Apart) -> list[str]:
    where = f" WHERE ({one.where.format(row='')})" if one.where else ""
    return [
        f"ALTER TABLE {one.table} DROP CONSTRAINT IF EXISTS {one.name}",
        f"ALTER TABLE {one.table} ADD CONSTRAINT {one.name} EXCLUDE USING gist ({one.same} WITH =, int8range(starts, ends) WITH &&){where}",
    ]
