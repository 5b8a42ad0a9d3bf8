"""A home with a million events: `vestige fsck` as a process of its own (seconds, processor seconds, memory), and the bytes of proofs."""

import base64
import os
import resource
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

from benchmarks.measure import ROOT, RUNS, at_most, folder, say

EVENTS = int(os.environ.get("VESTIGE_BENCH_EVENTS", "1000000"))
ITEMS = 200
GROUP = 1_000
LIMIT_S = 20.0
MOST_HASHES = (EVENTS - 1).bit_length()


@dataclass(frozen=True, slots=True)
class Taken:
    """What a process took: seconds on the wall and of all processors, and its peak memory in MB."""

    wall: float
    cpu: float
    memory: float


def run() -> None:
    """The home is made by the real writer in large groups: half of the events are about items, whose trails are so long."""
    with folder("fsck", 4_500 * EVENTS) as where:
        began = time.perf_counter()
        home = build(where, EVENTS)
        rate = EVENTS / (time.perf_counter() - began)
        say(f"writing and sequencing {EVENTS} events, {GROUP} a transaction", f"{rate:.0f}/s")
        _proofs(home)
        taken = [_checked(home) for _ in range(RUNS)]
        wall = median(one.wall for one in taken)
        cpu = median(one.cpu for one in taken)
        at_most(f"fsck of {EVENTS} events", wall, LIMIT_S, "s", f"{cpu:.1f} CPU s on {os.cpu_count()} cores")
        say("  its memory", f"{max(one.memory for one in taken):.0f} MB in the largest of its processes")


def _proofs(where: Path) -> None:
    """The longest proof of an item's trail, as an entry of a trail has it and as a file (C2SP tlog-proof)."""
    from vestige.assembly import open_home
    from vestige.custody.proofs import proof_file

    catalog = open_home(where).ports.catalog
    note = catalog.checkpoint()
    item = next(iter(catalog.digests()))
    size = int(note.splitlines()[1])
    entry = max(catalog.proofs(size).trail(item), key=lambda one: len(one.proof))
    listed = sum(len(base64.b64encode(one)) + 3 for one in entry.proof)  # in quotes, with a comma
    whole, bare = len(proof_file(entry, None, note)), len(proof_file(replace(entry, proof=()), None, note))
    at_most(f"proof of an entry of a trail among {size}", len(entry.proof), MOST_HASHES, "hashes", f"{listed} bytes in the trail")
    say("  as a file (C2SP tlog-proof)", f"{whole} bytes, {whole - bare} of them for the hashes")
    if len(entry.proof) > MOST_HASHES:
        raise RuntimeError("the proof is not logarithmic")


def build(where: Path, events: int) -> Path:
    """A home with that many events, and the items that half of them are about."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "vestige.settings"
    os.environ["VESTIGE_KEYRING"] = str(where / "keyring")
    from vestige.access.roles import Role
    from vestige.actions import intake, people
    from vestige.actions.agency import found
    from vestige.assembly import make_home
    from vestige.custody.events import EventType
    from vestige.evidence.changes import Statement
    from vestige.evidence.people import Actor

    console = Actor(kind="console", id="bench", name="console:bench", roles=frozenset({"console"}), via="console")
    home = make_home(where / "home", "us-federal")
    found(home.ports, console, "Bench", "UTC", console_acts=True, admin=None)
    person = people.add(home.ports, console, "C1", "Cee", [Role.EVIDENCE_CUSTODIAN])
    custodian = Actor("person", str(person.id), "Cee (C1)", person.roles, "console")
    items = []
    for number in range(ITEMS):
        path = where / f"{number}.bin"
        path.write_bytes(f"item {number}".encode() * 100)
        items.append(intake.receive(home.ports, custodian, intake.Sent(path), lambda _: None).item)
    home.ports.catalog.checkpoint()
    left = events - home.ports.holders.size()
    for start in range(0, left, GROUP):
        with home.ports.catalog.writing(custodian) as transaction:
            for number in range(start, min(start + GROUP, left)):
                if number % 2:
                    transaction.record(Statement(EventType.PERSON_LISTED, data={"people": number}))
                else:
                    transaction.record(Statement(EventType.FIXITY_CHECKED, item=items[number // 2 % ITEMS]))
    home.ports.catalog.checkpoint()
    return where / "home"


def _checked(home: Path) -> Taken:
    """One run; it must find nothing."""
    command = [sys.executable, "-m", "vestige.cli.main", "--home", str(home), "--json", "fsck"]
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=ROOT)
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Taken(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, after.ru_maxrss / 1024)
