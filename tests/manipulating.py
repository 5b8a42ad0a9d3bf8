"""A rich home, and what somebody does to it who has the disk and the database: one manipulation at a time, and put back."""

import json
import os
import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import DatabaseError, connection, transaction

from tests.agency import CONSOLE, Agency, make_agency
from tests.custody.signing import signer
from tests.media.worlds import Clip
from tests.test_home import note, take
from tests.test_release import BOX, drawn, rendered
from vestige.access.roles import Role
from vestige.actions import clip, devices, people, release, witnesses
from vestige.actions.checking import check
from vestige.actions.clip import Cut
from vestige.actions.prepare import prepare
from vestige.catalog import models, raw, triggers
from vestige.catalog.nouns import NOUNS
from vestige.custody.events import EventType
from vestige.custody.signed_notes import COSIGNATURE
from vestige.errors import VestigeError
from vestige.evidence.changes import Statement
from vestige.evidence.home import Fault
from vestige.evidence.people import system
from vestige_verify.cli import main as verify

_FIXED = {
    "catalog_event": ("id", "type", "time", "entry", "leaf", "item", "object_kind", "object_id", "actor"),
    "catalog_openings": ("fields",),
    "catalog_sequenced": ("index", "event_id", "leaf"),
    "catalog_fulltile": ("level", "index", "root"),
    "catalog_logstate": ("origin", "size", "root", "frontier"),
    "catalog_checkpoint": ("size", "note"),
}
_KEYS = {"catalog_event": "seq", "catalog_openings": "event_id", "catalog_sequenced": "index", "catalog_checkpoint": "size"}
_TABLES = {noun.model._meta.db_table: name for name, noun in NOUNS.items()}


@dataclass
class World:
    """The home, and the packages that left it."""

    agency: Agency
    packages: list[Path]

    @property
    def home(self) -> Path:
        return self.agency.home.config.home


@dataclass(frozen=True)
class Done:
    """A manipulation: what was done, and words of which each fault that names it has one."""

    words: str
    names: tuple[str, ...]


Draw = random.Random


def nothing(_: float) -> None:
    """Progress that nobody looks at."""


def rich(folder: Path, footage: Path | None) -> World:
    """Several items, a quarantined one, findings, assignments, a redaction that was released, a clip, packages, a log of two tiles."""
    agency = make_agency(folder)
    custodian = agency.actor("evidence custodian")
    officer = people.add(agency.ports, CONSOLE, "O1", "Omar Officer", [Role.OFFICER])
    devices.register(agency.ports, agency.actor("administrator"), "CAM1", "Model", "vest")
    devices.assign(agency.ports, agency.actor("administrator"), "CAM1", officer.badge, 0)
    key = signer("clerk.example/w", COSIGNATURE).key
    witnesses.add(agency.ports, agency.actor("administrator"), str(key), "https://clerk.example")
    made = folder / "made.mp4"
    made.write_bytes(Clip(frames=90).data())
    video = take(agency, made, device="CAM1")
    prepare(agency.ports, system("prepare"), video.item)
    for n in range(3):
        take(agency, note(folder, f"{n}.bin", bytes([n]) * (1000 + n)))
    take(agency, note(folder, "0.bin", b"\0" * 1000), device="CAM2")
    out = [folder / "court", folder / "clip"]
    release.export(agency.ports, custodian, str(video.item), out[0])
    part = clip.clip(agency.ports, custodian, str(video.item), Cut(0, 1000, "asked for"), nothing)
    release.export(agency.ports, custodian, part.number, out[1])
    if footage:
        plan = drawn(agency, take(agency, footage / "hamilton_short.mp4").item, BOX)
        rendered(agency, plan)
        out.append(folder / "public")
        release.release(agency.ports, agency.actor("release approver"), plan, out[-1], watched=True)
    with agency.ports.catalog.writing(CONSOLE) as pen:
        for _ in range(600):
            pen.record(Statement(EventType.PERSON_LISTED, data={"people": 1}))
    agency.ports.catalog.write_log()
    assert [f"{one.object}: {one.what}" for one in check(agency.ports, CONSOLE)] == []
    agency.ports.catalog.write_log()
    return World(agency, out)


# --- the database


def flipped(value: Any, draw: Draw, *, boolean: bool) -> Any:  # whatever a column holds
    """The value with one bit changed."""
    if boolean:
        return int(value) ^ 1 << draw.randrange(3)
    if isinstance(value, int):
        return value ^ 1 << draw.randrange(40)
    data = bytearray(value.encode() if isinstance(value, str) else bytes(value))
    at = draw.randrange(len(data))
    data[at] ^= 1 << draw.randrange(8)
    return bytes(data)


def columns() -> list[tuple[str, str, str]]:
    """Every listed column: table, key column, column."""
    found = [(table, _KEYS.get(table, "id"), column) for table, names in _FIXED.items() for column in names]
    for noun in NOUNS.values():
        table = noun.model._meta.db_table
        found += [(table, "id", raw.field(noun.model, attribute).column) for attribute in ("id", *noun.columns.values())]
    return found


def run(statement: str, *values: object) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else []


def keys(table: str, key: str) -> list[Any]:
    return [row[0] for row in run(f'SELECT "{key}" FROM "{table}" ORDER BY "{key}"')]


def flip(draw: Draw) -> Done | None:
    """One bit of one column of one row; None where the database itself does not take it, or there is nothing in it."""
    table, key, column = draw.choice(columns())
    present = keys(table, key)
    if not present:
        return None
    row = draw.choice(present)
    plus = "+" if connection.vendor == "sqlite" else ""
    [(value,)] = run(f'SELECT {plus}"{column}" FROM "{table}" WHERE "{key}" = %s', row)
    names = named(table, row)
    if value is None or (not isinstance(value, (bool, int)) and not len(str(value) if isinstance(value, UUID) else value)):
        other = _other(table, column)
        run(f'UPDATE "{table}" SET "{column}" = %s WHERE "{key}" = %s', other, row)
        return Done(f"{table}.{column} of {row!r}: nothing became {other!r}", names)
    if connection.vendor == "sqlite":
        return _flip_sqlite(draw, (table, key, column), row, value, names)
    return _flip_postgresql(draw, (table, key, column), row, value, names)


def _flip_sqlite(draw: Draw, where: tuple[str, str, str], row: object, value: Any, names: tuple[str, ...]) -> Done:
    table, key, column = where
    boolean = column in {"active", "console_acts"}
    new = flipped(value, draw, boolean=boolean)
    how = "CAST(%s AS TEXT)" if isinstance(value, str) else "%s"
    run(f'UPDATE "{table}" SET "{column}" = {how} WHERE "{key}" = %s', new, row)
    return Done(f"{table}.{column} of {row!r}: {value!r:.60} became {new!r:.60}", (*names, *moved(table, column, new)))


def _flip_postgresql(draw: Draw, where: tuple[str, str, str], row: object, value: Any, names: tuple[str, ...]) -> Done:
    table, key, column = where
    if isinstance(value, bool):
        new: Any = not value
    elif isinstance(value, UUID):
        new = UUID(int=value.int ^ 1 << draw.randrange(128))
    elif isinstance(value, str):
        at = draw.randrange(len(value))
        new = value[:at] + chr(ord(value[at]) ^ 1 << draw.randrange(3)) + value[at + 1 :]
    else:
        new = flipped(value, draw, boolean=False)
    run(f'UPDATE "{table}" SET "{column}" = %s WHERE "{key}" = %s', new, row)
    return Done(f"{table}.{column} of {row!r}: {value!r:.60} became {new!r:.60}", (*names, *moved(table, column, new)))


def _other(table: str, column: str) -> object:
    """Something that a column without a value could hold."""
    kind = {
        one.column: one
        for model in (*(noun.model for noun in NOUNS.values()), models.Event, models.Checkpoint)
        if model._meta.db_table == table
        for one in model._meta.concrete_fields
    }[column]
    while kind.remote_field:
        kind = kind.target_field  # type: ignore[attr-defined]
    if kind.get_internal_type() == "UUIDField":
        return UUID(int=7) if connection.vendor == "postgresql" else UUID(int=7).hex
    return "x" if kind.get_internal_type() in {"CharField", "TextField"} else 7


def moved(table: str, column: str, new: object) -> tuple[str, ...]:
    """What names a row whose place itself was changed."""
    if (table, column) == ("catalog_sequenced", "index"):
        return (f"index {new}:",)
    return (f"checkpoint {new}:",) if (table, column) == ("catalog_checkpoint", "size") else ()


def named(table: str, row: object) -> tuple[str, ...]:
    """Words of which a fault that names this row has one."""
    if table in _TABLES:
        key = str(row) if isinstance(row, UUID) else str(UUID(str(row)))
        return (f"{_TABLES[table]} {key}", *(("the row of the agency",) if table == "catalog_agency" else ()))
    if table in {"catalog_event", "catalog_openings"}:
        [(seq, key)] = run("SELECT seq, id FROM catalog_event WHERE seq = %s", row)
        place = run('SELECT "index" FROM catalog_sequenced WHERE event_id = %s', seq)
        return (f"event {key if isinstance(key, UUID) else UUID(key)}", *(f"index {one} " for (one,) in place), f"event {seq}")
    if table == "catalog_sequenced":
        return (f"index {row} ", f"index {row}:")
    if table == "catalog_fulltile":
        [(level, number)] = run('SELECT level, "index" FROM catalog_fulltile WHERE id = %s', row)
        return (f"tile {level}/{number}",)
    if table == "catalog_checkpoint":
        return (f"checkpoint {row}:",)
    return ("log: ", "the checkpoint is of another log")


def remove(draw: Draw) -> Done | None:
    """A row goes."""
    table, key = draw.choice(
        [*((one, "id") for one in _TABLES), *((one, _KEYS.get(one, "id")) for one in _FIXED if one != "catalog_checkpoint")]
    )
    present = keys(table, key)
    if not present:
        return None
    row = draw.choice(present)
    names = named(table, row)
    run(f'DELETE FROM "{table}" WHERE "{key}" = %s', row)
    return Done(f"{table} {row!r} removed", names)


def double(draw: Draw) -> Done | None:
    """A row comes a second time, under another id."""
    table = draw.choice([*_TABLES, "catalog_event"])
    key = _KEYS.get(table, "id")
    present = keys(table, key)
    if not present:
        return None
    row, fresh = draw.choice(present), UUID(int=draw.getrandbits(128))
    given: dict[str, object] = {"id": fresh if connection.vendor == "postgresql" else fresh.hex}
    if table == "catalog_event":
        given["seq"] = 10_000_000
    listed = [one[0] for one in _columns_of(table)]
    unique = {"number", "serial", "badge"} & set(listed)
    given |= {name: f"X{draw.getrandbits(30)}" for name in unique}
    if table == "catalog_assignment":
        given |= {"starts": 1, "ends": 2}
    taken = ", ".join("%s" if name in given else f'"{name}"' for name in listed)
    into = ", ".join(f'"{name}"' for name in listed)
    run(f'INSERT INTO "{table}" ({into}) SELECT {taken} FROM "{table}" WHERE "{key}" = %s', *(given[n] for n in listed if n in given), row)
    return Done(f"{table} {row!r} doubled as {fresh}", (str(fresh),))


def _columns_of(table: str) -> list[tuple[str]]:
    with connection.cursor() as cursor:
        return [(one.name,) for one in connection.introspection.get_table_description(cursor, table)]


def swap(draw: Draw) -> Done | None:
    """Two rows change the places of a value."""
    table, key, column = draw.choice([one for one in columns() if one[1] != one[2]])
    present = keys(table, key)
    if len(present) < 2:
        return None
    one, two = draw.sample(present, 2)
    [(first,)], [(second,)] = (run(f'SELECT "{column}" FROM "{table}" WHERE "{key}" = %s', row) for row in (one, two))
    if first == second or column in {"id", "index", "event_id", "number", "serial", "badge", "size", "level"}:
        return None
    names = (*named(table, one), *named(table, two), *moved(table, column, None))
    for row, value in ((one, second), (two, first)):
        run(f'UPDATE "{table}" SET "{column}" = %s WHERE "{key}" = %s', value, row)
    return Done(f"{table}.{column} of {one!r} and {two!r} swapped", names)


_ACTS: tuple[tuple[int, Callable[[Draw], Done | None]], ...] = ((7, flip), (1, remove), (1, double), (1, swap))


@contextmanager
def lifted() -> Iterator[None]:
    """Without the triggers; afterwards they are as before."""
    if connection.vendor == "postgresql":  # as the owner of the server may: the checks of foreign keys rest too
        run("SET LOCAL session_replication_role = replica")
        yield
        run("SET LOCAL session_replication_role = origin")
    else:
        with triggers.lifted(sorted(_FIXED.keys() - {"catalog_logstate"})):
            yield


def database(world: World, draw: Draw) -> tuple[Done, list[Fault]] | None:
    """One manipulation of the database, inside a transaction that is rolled back, and the faults that the check of it names."""
    act = draw.choices([act for _, act in _ACTS], [weight for weight, _ in _ACTS])[0]
    done: Done | None = None
    found: list[Fault] = []
    with suppress(Back), transaction.atomic():
        try:
            with lifted():
                done = act(draw)
        except DatabaseError:
            raise Back from None  # the database itself refused it
        if done is not None:
            found = list(world.agency.ports.catalog.faults())
        raise Back
    return (done, found) if done else None


class Back(Exception):
    """Rolls a transaction back."""


def really(world: World, draw: Draw) -> tuple[Done, list[Fault]] | None:
    """The same on the file itself, and through the whole of `fsck`; then the file is put back."""
    file = world.home / "catalog.sqlite3"
    kept = world.home.parent / "kept.sqlite3"
    connection.close()
    with closing(sqlite3.connect(file)) as opened:
        opened.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copy(file, kept)
    act = draw.choices([act for _, act in _ACTS], [weight for weight, _ in _ACTS])[0]
    try:
        with connection.constraint_checks_disabled():
            try:
                with lifted():
                    done = act(draw)
            except DatabaseError:
                return None
        if done is None:
            return None
        try:
            return done, check(world.agency.ports, CONSOLE)
        except VestigeError as error:  # the command says it and ends with 1
            return done, [Fault(str(error), "fsck")]
    finally:
        connection.close()
        for end in ("", "-wal", "-shm"):
            file.with_name(file.name + end).unlink(missing_ok=True)
        shutil.copy(kept, file)


# --- files


def spoil(path: Path, others: list[Path], draw: Draw) -> tuple[str, list[Path]]:
    """Something is done to a file; what, and which files it was done to."""
    data = path.read_bytes()
    how = draw.choice(("flip", "flip", "flip", "cut", "grow", "gone", "swap"))
    if how == "swap" and (other := draw.choice(others)) != path and other.read_bytes() != data:
        path.write_bytes(other.read_bytes())
        other.write_bytes(data)
        return f"swapped with {other.name}", [path, other]
    if how == "gone":
        path.unlink()
        return "removed", [path]
    if how == "cut" and data:
        path.write_bytes(data[: draw.randrange(len(data))])
        return "cut short", [path]
    if how == "grow" or not data:
        path.write_bytes(data + b"\0")
        return "a byte longer", [path]
    at, bit = draw.randrange(len(data)), 1 << draw.randrange(8)
    path.write_bytes(data[:at] + bytes([data[at] ^ bit]) + data[at + 1 :])
    return f"bit {bit} of byte {at} flipped", [path]


def files(root: Path) -> list[Path]:
    return sorted(path for path in root.rglob("*") if path.is_file())


@contextmanager
def put_back(paths: list[Path]) -> Iterator[None]:
    """These files are as before when the block ends."""
    kept = {path: path.read_bytes() for path in paths}
    try:
        yield
    finally:
        for path, data in kept.items():
            path.write_bytes(data)


def log_files(world: World, draw: Draw) -> tuple[Done, list[Fault]]:
    """The published log; now and then its checkpoint becomes one that was signed earlier."""
    present = files(world.home / "log")
    path = draw.choice(present)
    names: tuple[str, ...]
    with put_back(present):
        if draw.randrange(8) == 0:
            path = world.home / "log" / "checkpoint"
            newest = int(path.read_text().split("\n")[1])
            signed = models.Checkpoint.objects.filter(size__gt=0, size__lt=newest).order_by("size")
            size, older = draw.choice(list(signed.values_list("size", "note")))
            path.write_text(older)
            what, names = f"set back to {size} entries", ("the file is ahead of the checkpoint", "the file is missing")
        else:
            what, touched = spoil(path, present, draw)
            names = tuple(str(one) for one in touched)
            names += ("files of the log without a checkpoint",) if path.name == "checkpoint" else ()
        found = list(world.agency.ports.catalog.log_faults())
    return Done(f"{path.relative_to(world.home)} {what}", names), found


def vault_files(world: World, draw: Draw) -> tuple[Done, list[Fault]]:
    """Sealed objects, working copies, key files; each kind as often as the others, and swapped only with its own."""
    kind = draw.choice(("vault/objects", "vault/working", "keys"))
    present = files(world.home / kind)
    path = draw.choice(present)
    with put_back(present):
        what, touched = spoil(path, present, draw)
        found = list(world.agency.ports.vault.faults(world.agency.ports.catalog.contents()))
    return Done(f"{kind}/{path.name} {what}", tuple(one.name.partition(".")[0] for one in touched)), found


def packages(world: World, draw: Draw, capsys: pytest.CaptureFixture[str]) -> tuple[Done, list[Fault]]:
    """A file of a package that left; the verifier names the file or the step that fails by it."""
    package = draw.choice(world.packages)
    present = files(package)
    path = draw.choice(present)
    with put_back(present):
        what, touched = spoil(path, present, draw)
        capsys.readouterr()
        code = verify([str(package), "--json"])
        answer = json.loads(capsys.readouterr().out)
    found = [Fault(f"{answer.get('step')}: {answer.get('message') or answer.get('reason')}", str(answer.get("file")))] if code == 1 else []
    named_by = tuple(one.name for one in touched)
    if what == "removed" and not any(one.parent == path.parent for one in present if one != path):
        named_by = (*named_by, f"{path.parent.relative_to(package)}:")  # nothing is left in the folder, and that is what is said
    return Done(
        f"{package.name}/{path.relative_to(package)} {what}", (*named_by, *(() if answer.get("file") else ("proof", "manifest")))
    ), found


def footage_or_none() -> Path | None:
    place = Path(os.environ.get("VESTIGE_FOOTAGE", Path(__file__).parents[2] / "shared" / "footage"))
    return place if place.is_dir() else None
