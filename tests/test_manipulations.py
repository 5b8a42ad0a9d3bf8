"""Random manipulations of everything that is kept, as somebody makes them who has the disk and the database: each is detected and named.

One rich home is made once. A manipulation of the database is made inside a transaction that is rolled back (every few of them really, on the
file, through the whole of `fsck`); one of a file is made on the file, which is put back. Whoever manipulates takes the triggers away first and
makes them anew afterwards. Detected is what `fsck` (of a package: `vestige-verify`) names a fault of, and named is what the fault names.
"""

import os
import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from uuid import UUID

import pytest
from django.db import connection, connections, transaction

from tests.agency import CONSOLE
from tests.budget import examples, how_far
from tests.manipulating import Back, Done, Draw, World, database, footage_or_none, log_files, packages, really, rich, run, vault_files
from vestige.actions.checking import check
from vestige.evidence.home import Fault

FULL = 1_000


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The rich home on SQLite."""
    yield rich(tmp_path_factory.mktemp("manipulated"), footage_or_none())
    connections.close_all()


Way = Callable[[World, Draw], tuple[Done, list[Fault]] | None]


def manipulated(world: World, ways: list[tuple[int, str, Way]], count: int) -> None:
    """Do `count` of them; each must be found and named. A seed is drawn anew and printed, so that what escapes can be done again."""
    seed = int(os.environ.get("VESTIGE_SEED", "0")) or random.SystemRandom().getrandbits(48)
    draw, done, tries, escaped = random.Random(seed), Counter[str](), 0, []
    while sum(done.values()) < count:
        tries += 1
        assert tries < 20 * count + 200
        _, name, way = draw.choices(ways, [weight for weight, _, _ in ways])[0]
        outcome = way(world, draw)
        if outcome is None:
            continue
        done[name] += 1
        act, found = outcome
        told = [f"{fault.object}: {fault.what}" for fault in found]
        if not any(word in line for line in told for word in act.names):
            escaped.append(f"{name}: {act.words}; named: {told[:4]} ({len(told)}); wanted one of {act.names}")
    how_far(f"seed {seed}: {sum(done.values())} manipulations of {FULL} ({dict(done)}), {len(escaped)} not named")
    assert escaped == []


def test_random_manipulations_are_all_detected_and_each_is_named(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    ways: list[tuple[int, str, Way]] = [
        (10, "database", database),
        (1, "database file, whole fsck", really),
        (3, "log files", log_files),
        (4, "vault", vault_files),
        (3, "packages", lambda world, draw: packages(world, draw, capsys)),
    ]
    manipulated(world, ways, examples(FULL) // 2 if examples(FULL) < FULL else FULL)
    assert [f"{one.object}: {one.what}" for one in check(world.agency.ports, CONSOLE)] == []


def test_what_django_reads_as_equal_is_not_equal(world: World) -> None:
    """A uuid in capitals or with a blank, a truth value of two, text that is no UTF-8: found by no query, and named."""
    [(item,)] = run("SELECT id FROM catalog_evidenceitem ORDER BY id LIMIT 1")
    changes = (
        f"UPDATE catalog_evidenceitem SET id = upper(id) WHERE id = '{item}'",
        f"UPDATE catalog_evidenceitem SET recording_id = upper(recording_id) WHERE id = '{item}'",
        f"UPDATE catalog_evidenceitem SET id = ' ' || substr(id, 2) WHERE id = '{item}'",
        f"UPDATE catalog_evidenceitem SET filename = CAST(x'66ff' AS TEXT) WHERE id = '{item}'",
        f"UPDATE catalog_evidenceitem SET sha256 = 'no digest' WHERE id = '{item}'",
        f"UPDATE catalog_evidenceitem SET sealed = 'no uuid' WHERE id = '{item}'",
        f"UPDATE catalog_evidenceitem SET probe = '[1.5]' WHERE id = '{item}'",
    )
    for change in changes:
        with suppress(Back), transaction.atomic():
            run(change)
            named_by = [f"{fault.object}: {fault.what}" for fault in world.agency.ports.catalog.faults()]
            assert any(f"item {UUID(item)}" in one for one in named_by), (change, named_by)
            raise Back
    with suppress(Back), transaction.atomic():
        run("UPDATE accounts_person SET active = 3 WHERE badge = 'O1'")
        assert any("the column active" in fault.what for fault in world.agency.ports.catalog.faults())
        raise Back


def test_an_event_that_waits_for_a_place_and_has_one_is_named_and_holds_nothing_up(world: World) -> None:
    [(seq, key)] = run("SELECT seq, id FROM catalog_event ORDER BY seq LIMIT 1")
    run("INSERT INTO catalog_waiting (event_id) VALUES (%s)", seq)
    try:
        assert any(f"event {UUID(key)} stands in its way" in fault.what for fault in check(world.agency.ports, CONSOLE))
    finally:
        run("DELETE FROM catalog_waiting WHERE event_id = %s", seq)
    assert check(world.agency.ports, CONSOLE) == []


def test_random_manipulations_on_postgresql_are_too(fresh_postgresql: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Last in this module: the process turns to another home."""
    monkeypatch.setenv("DATABASE_URL", fresh_postgresql)
    try:
        small = rich(tmp_path, None)
        assert connection.vendor == "postgresql"
        with suppress(Back), transaction.atomic():
            run("CREATE OR REPLACE FUNCTION vestige_append_only() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'")
            assert "catalog_event_update" in {fault.object for fault in small.agency.ports.catalog.faults()}
            raise Back
        manipulated(small, [(1, "database", database)], examples(FULL // 4) // 2 if examples(FULL) < FULL else FULL // 4)
        assert [f"{one.object}: {one.what}" for one in check(small.agency.ports, CONSOLE)] == []
    finally:
        connections.close_all()
