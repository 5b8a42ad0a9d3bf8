"""The process beside the server: a checkpoint within a second of any event, with several of it at once; it comes back when it dies."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests import tlog_reader
from tests.agency import CONSOLE, Agency, make_agency

from vestige.catalog.models import Event
from vestige.custody.events import EventType
from vestige.errors import Unavailable
from vestige.evidence.changes import Statement
from vestige.jobs.duties import DUTIES, Duty
from vestige.jobs.supervisor import Supervisor
from vestige.jobs.worker import Worker


@pytest.fixture
def agency(tmp_path: Path) -> Agency:
    return make_agency(tmp_path)


def environment(home: Path) -> dict[str, str]:
    return {**os.environ, "VESTIGE_HOME": str(home), "PYTHONPATH": os.pathsep.join(sys.path)}


@contextmanager
def jobs(home: Path) -> Iterator["subprocess.Popen[bytes]"]:
    with subprocess.Popen([sys.executable, "-m", "vestige.jobs"], env=environment(home)) as process:
        try:
            yield process
        finally:
            process.terminate()
            assert process.wait(30) == 0


def until(holds: Callable[[], bool], most: float = 30) -> float:
    """Seconds until it holds."""
    start = time.monotonic()
    while not holds():
        if time.monotonic() - start > most:
            pytest.fail(f"not so after {most} seconds")
        time.sleep(0.02)
    return time.monotonic() - start


def published(home: Path) -> int:
    path = home / "log" / "checkpoint"
    return int(path.read_text().split("\n")[1]) if path.exists() else -1


def write(agency: Agency) -> None:
    with agency.ports.catalog.writing(CONSOLE) as transaction:
        transaction.record(Statement(EventType.PERSON_LISTED, data={"people": 1}))


def test_a_checkpoint_and_tiles_follow_an_event_within_a_second_and_record_nothing(agency: Agency, tmp_path: Path) -> None:
    home = tmp_path / "home"
    with jobs(home), jobs(home):
        until(lambda: published(home) == Event.objects.count())
        waits = []
        for _ in range(20):
            write(agency)
            count = Event.objects.count()
            waits.append(until(lambda count=count: published(home) == count))  # type: ignore[misc]
        assert sorted(waits)[10] < 1, waits
        events = Event.objects.count()
        time.sleep(1)
        assert Event.objects.count() == events
        assert tlog_reader.read(tlog_reader.from_folder(home / "log")).size == events
    assert list(agency.ports.catalog.faults()) == []


def test_the_supervisor_starts_it_again_when_it_dies_and_ends_it(agency: Agency, tmp_path: Path) -> None:
    home = tmp_path / "home"
    supervisor = Supervisor(environment(home))
    supervisor.start()
    try:
        until(lambda: published(home) == Event.objects.count())
        assert supervisor._process is not None
        first = supervisor._process.pid
        os.kill(first, signal.SIGKILL)
        write(agency)
        until(lambda: published(home) == Event.objects.count())
        assert supervisor._process.pid != first
        last = supervisor._process
    finally:
        supervisor.stop()
    assert last.poll() == 0


_PARENT = """
import os, sys, time
from vestige.jobs.supervisor import Supervisor
supervisor = Supervisor(os.environ)
supervisor.start()
while supervisor._process is None:
    time.sleep(0.05)
print(supervisor._process.pid, flush=True)
time.sleep(60)
"""


def test_it_ends_with_its_parent_however_that_ends(agency: Agency, tmp_path: Path) -> None:
    assert agency.ports.catalog.agency()
    with subprocess.Popen([sys.executable, "-c", _PARENT], env=environment(tmp_path / "home"), stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        until(lambda: published(tmp_path / "home") >= 0)
        parent.kill()
    until(lambda: not alive(child))


def alive(pid: int) -> bool:
    """Whether a process is there and is not only waiting to be buried."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


def test_a_duty_that_fails_is_tried_again_and_holds_up_no_other(agency: Agency) -> None:
    tried: list[str] = []

    def failing(_: object) -> None:
        tried.append("failing")
        raise Unavailable("not now")

    def broken(_: object) -> None:
        tried.append("broken")
        raise RuntimeError("a mistake of ours")

    def good(_: object) -> None:
        tried.append("good")

    duties = [Duty(name, 0.01, lambda _: True, run) for name, run in (("failing", failing), ("broken", broken), ("good", good))]
    worker = Worker(agency.ports, duties, lambda: None)
    worker.start()
    until(lambda: min(tried.count(name) for name in ("failing", "broken", "good")) >= 3)
    worker.stop(5)
    ended = len(tried)
    time.sleep(0.1)
    assert len(tried) == ended
    assert tried.count("good") > tried.count("failing")


def test_every_duty_has_a_name_of_its_own_and_looks_before_it_acts() -> None:
    assert len({duty.name for duty in DUTIES}) == len(DUTIES)
    assert all(duty.seconds > 0 for duty in DUTIES)
    assert DUTIES[0].name == "log files"
    assert DUTIES[0].seconds < 1
