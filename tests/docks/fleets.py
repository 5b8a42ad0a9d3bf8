"""A fleet that sends while a test takes the server, its disk or its database away."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.docks.conftest import World

from vestige.fleet.connection import Target
from vestige.fleet.footage import Footage
from vestige.fleet.ledger import Held, compare
from vestige.fleet.plan import Wishes, draw
from vestige.fleet.sending import Fleet, Manner, Tally

OFFICERS = ("B100", "B200")
ENDS = 1_795_000_000_000


@contextmanager
def sending(world: World, port: int, wishes: Wishes, manner: Manner, least: int = 0) -> Iterator[tuple[Tally, Callable[[], bool]]]:
    """A fleet at work in threads of its own: its tally so far, and whether it still sends. At the end it has sent everything."""
    file = world.files[0]
    target = Target(f"http://localhost:{port}", str(file["BlobAPIUserName"]), str(file["BlobAPIKey"]))
    fleet = Fleet(draw(wishes), Footage(wishes.ending, wishes.seed, least=least), [target], manner)
    failed: list[BaseException] = []

    def run() -> None:
        try:
            fleet.run()
        except BaseException as error:  # noqa: BLE001  # told to the test below
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield fleet.tally, thread.is_alive
    finally:
        thread.join(manner.gives_up_s + 60)
    assert not thread.is_alive()
    assert failed == []


def until(so: Callable[[], bool], seconds: float = 120) -> None:
    """Wait until it is so."""
    end = time.monotonic() + seconds
    while not so():
        assert time.monotonic() < end, "it never came to be"
        time.sleep(0.02)


def whole(world: World, tally: Tally, *, told: str = "") -> None:
    """Everything that was acknowledged is there, once and in one recording; nothing is half there; the log holds.

    `told` begins what fsck may say of an outage that the server, which looks every minute, has not yet called over.
    """
    assert tally.faults == [], tally.answers
    assert "500" not in tally.answers, tally.answers
    dock = world.dock("")
    rows = dock.rows("SELECT sha256, filename, recording_id, status FROM catalog_evidenceitem")
    assert compare(tally.entries, [Held(row["sha256"], row["filename"], row["recording_id"], row["status"]) for row in rows]) == []
    assert len(rows) == len(tally.entries)
    assert dock.rows("SELECT id FROM catalog_intake") == []
    assert dock.rows("SELECT id FROM catalog_dockcontainer WHERE serial != '' AND complete IS NULL") == []
    faults = [one for one in dock.faults() if not (told and str(one["what"]).startswith(told))]
    assert faults == [], faults
