"""The locks of the media child, tried for real: in the child, by code that wants out."""

import platform
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from tests.media.worlds import hostile, plain

from vestige.errors import MediaFailed
from vestige.media.limits import Limits

LOCKED = platform.machine() in {"x86_64", "aarch64"}


@pytest.fixture(scope="module")
def escape() -> dict[str, object]:
    with plain(b"footage") as source:
        answer = hostile().run("hostile", {"do": "escape"}, source)
    return {**answer.value, "locks": answer.locks}


@pytest.mark.skipif(not LOCKED, reason="the filter of system calls knows this machine's numbers not")
class TestEscape:
    def test_all_locks_are_in_force_here(self, escape: dict[str, object]) -> None:
        assert "limits" in escape["locks"]  # type: ignore[operator]
        assert "seccomp" in escape["locks"]  # type: ignore[operator]

    def test_nothing_gets_out(self, escape: dict[str, object]) -> None:
        found = escape["found"]
        assert isinstance(found, dict)
        assert len(found) > 15
        assert {name: result for name, result in found.items() if result == "done"} == {}

    @pytest.mark.parametrize(
        "attempt", ["socket", "unix socket", "read /etc/passwd", "write a file", "fork", "run a program", "become a program"]
    )
    def test_is_refused_as_not_permitted(self, escape: dict[str, object], attempt: str) -> None:
        assert escape["found"][attempt].startswith("PermissionError")  # type: ignore[index]

    def test_threads_from_before_the_locks_are_locked_too(self, escape: dict[str, object]) -> None:
        early = escape["early"]
        assert isinstance(early, dict)
        assert set(early) == {"socket", "read /etc/passwd", "fork", "run a program"}
        assert all(result.startswith("PermissionError") for result in early.values())

    def test_knows_no_environment(self, escape: dict[str, object]) -> None:
        assert escape["environment"] == 0

    def test_has_the_object_and_the_way_back_open_and_nothing_else(self, escape: dict[str, object]) -> None:
        assert escape["descriptors"] == 2


class TestLimits:
    def test_a_memory_bomb_ends_in_words(self) -> None:
        with plain(b"x") as source, pytest.raises(MediaFailed, match="memory"):
            hostile(Limits(memory=1 << 30)).run("hostile", {"do": "bomb"}, source)

    def test_an_endless_loop_ends_by_processor_time(self) -> None:
        with plain(b"x") as source, pytest.raises(MediaFailed, match="2 seconds of processor time"):
            hostile(Limits(cpu_seconds=2)).run("hostile", {"do": "spin"}, source)

    def test_a_sleeper_ends_by_the_clock(self) -> None:
        started = time.monotonic()
        with plain(b"x") as source, pytest.raises(MediaFailed, match=r"within 1\.5 seconds"):
            hostile(Limits(wall_seconds=1.5)).run("hostile", {"do": "sleep"}, source)
        assert time.monotonic() - started < 10

    def test_a_crash_is_named(self) -> None:
        with plain(b"x") as source, pytest.raises(MediaFailed, match="SIGSEGV"):
            hostile().run("hostile", {"do": "crash"}, source)

    def test_an_exit_without_an_answer_is_named(self) -> None:
        with plain(b"x") as source, pytest.raises(MediaFailed, match="exit code 3"):
            hostile().run("hostile", {"do": "quit"}, source)

    def test_no_process_and_no_descriptor_stays_behind(self) -> None:
        before = _descriptors(), _children()
        for do in ("crash", "quit"):
            with plain(b"x") as source, pytest.raises(MediaFailed):
                hostile().run("hostile", {"do": do}, source)
        assert (_descriptors(), _children()) == before


class TestMissingLocks:
    """A system without the locks is told of, not papered over."""

    def test_says_which_locks_hold(self) -> None:
        program = (
            "import json, os; from vestige.media import sandbox; sandbox._landlock = lambda libc: False; sandbox.machine = lambda: None;"
            "print(json.dumps(sandbox.lock(memory=1 << 32, cpu_seconds=9, keep=(1,))))"
        )
        ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env={"PYTHONPATH": str(_SOURCE)})
        assert ran.stdout.strip() == '["limits"]'

    def test_a_foreign_architecture_is_killed(self) -> None:
        program = (
            "import dataclasses, os; from vestige.media import sandbox;"
            "here = sandbox.machine(); sandbox.machine = lambda: dataclasses.replace(here, architecture=here.architecture ^ 1);"
            "sandbox.lock(memory=1 << 32, cpu_seconds=9, keep=(1,)); os.getpid()"
        )
        ran = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False, env={"PYTHONPATH": str(_SOURCE)})
        assert ran.returncode == -signal.SIGSYS


_SOURCE = Path(__file__).parents[2] / "src"


def _children() -> set[str]:
    """The processes that this one has started and that are still there, dead ones too."""
    found: set[str] = set()
    for task in Path("/proc/self/task").iterdir():
        with suppress(FileNotFoundError):  # a thread that has ended meanwhile
            found.update((task / "children").read_text().split())
    return found


def _descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))
