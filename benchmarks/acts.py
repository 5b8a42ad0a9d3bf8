"""Actions with a durable event each, and checking a long trail offline."""

import contextlib
import io
import os
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.measure import RUNS, at_least, folder, median, say, timed

if TYPE_CHECKING:
    from vestige.assembly import Home
    from vestige.evidence.people import Actor

ACTS = 2_000
GROUPS = 500
GROUP = 10
EVENTS = 100_000
BATCH = 1_000


def run() -> None:
    """A listing is an action of four beats with one event; then a package with a trail of 100,000 events is checked."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "vestige.settings"
    from vestige.actions.agency import found
    from vestige.assembly import make_home
    from vestige.evidence.people import Actor

    with folder("acts", 2e9) as where:
        os.environ["VESTIGE_KEYRING"] = str(where / "keyring")
        console = Actor(kind="console", id="bench", name="console:bench", roles=frozenset({"console"}), via="console")
        home = make_home(where / "home", "us-federal")
        found(home.ports, console, "Bench", "UTC", console_acts=True, admin=None)
        _acts(home, console)
        _groups(home, console)
        _verify(home, console, where)


def _acts(home: "Home", console: "Actor") -> None:
    from vestige.actions.people import list_people

    rates = [ACTS / timed(lambda: [list_people(home.ports, console) for _ in range(ACTS)]) for _ in range(RUNS)]
    at_least("actions, each with a durable event", median(rates), 800, "a second")


def _groups(home: "Home", console: "Actor") -> None:
    """Ten events in a transaction that is durable when it ends."""
    from vestige.custody.events import EventType
    from vestige.evidence.changes import Statement

    def write() -> None:
        for _ in range(GROUPS):
            with home.ports.catalog.writing(console) as transaction:
                for _ in range(GROUP):
                    transaction.record(Statement(EventType.PERSON_LISTED, data={"people": 1}))

    rates = [GROUPS * GROUP / timed(write) for _ in range(RUNS)]
    at_least("events, committed in groups of ten", median(rates), 3000, "a second")


def _verify(home: "Home", console: "Actor", where: Path) -> None:
    """A real item with a trail that long, exported for court."""
    from vestige.access.roles import Role
    from vestige.actions import intake, people, release
    from vestige.custody.events import EventType
    from vestige.evidence.changes import Statement
    from vestige.evidence.people import Actor
    from vestige_verify.cli import main

    person = people.add(home.ports, console, "C1", "Cee", [Role.EVIDENCE_CUSTODIAN])
    custodian = Actor("person", str(person.id), "Cee (C1)", person.roles, "console")
    path = where / "note.bin"
    path.write_bytes(b"a file with a long trail")
    item = intake.receive(home.ports, custodian, intake.Sent(path), lambda _: None).item
    for _ in range(EVENTS // BATCH):
        with home.ports.catalog.writing(custodian) as transaction:
            for _ in range(BATCH):
                transaction.record(Statement(EventType.FIXITY_CHECKED, item=item))
    release.export(home.ports, custodian, str(item), where / "package")

    def verify() -> None:
        with contextlib.redirect_stdout(io.StringIO()):
            if main([str(where / "package")]):
                raise RuntimeError("the package does not verify")

    times = [timed(verify) for _ in range(RUNS)]
    say(f"verifying a package with a trail of {EVENTS} events", f"{median(times):.1f} s", "no goal named")
