"""Timing, medians, and a home to work in."""

import os
import resource
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).parents[1]
WORK = Path(os.environ.get("VESTIGE_BENCH") or ROOT / ".bench").absolute()
RUNS = 3
NOT_REACHED = "NOT reached"
"""How the line of a goal ends that was missed."""

_SPARE = 1e9  # what a disk must have left besides
_WHOLE = 100  # from here on a figure has no digits behind the point


class TooSmall(Exception):
    """The disk has not the room that a benchmark needs."""


def timed(act: Callable[[], object]) -> float:
    """Wall seconds."""
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def median(values: list[float]) -> float:
    """The middle one."""
    return statistics.median(values)


@contextmanager
def folder(name: str, needs: float) -> Iterator[Path]:
    """An empty folder that goes away. Raises TooSmall where the disk has not that many bytes free, so that nothing is begun that must fail."""
    path = WORK / name
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    try:
        free = shutil.disk_usage(path).free
        if free < needs + _SPARE:
            raise TooSmall(
                f"{name} needs {(needs + _SPARE) / 1e9:.0f} GB, and {free / 1e9:.0f} GB are free in {WORK} (VESTIGE_BENCH names another folder)"
            )
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
        with suppress(OSError):  # not empty: another benchmark works beside this one
            WORK.rmdir()


def vestige(home: Path, *words: str) -> float:
    """Run a command of the home; its peak memory in MB (the largest of it and its children). Raises RuntimeError with what it said."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    command = [sys.executable, "-m", "vestige.cli.main", "--home", str(home), "--json", *words]
    done = subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, cwd=ROOT)
    if done.returncode:
        raise RuntimeError(f"vestige {words[0]} ended with {done.returncode}: {done.stderr.strip()[-1000:]}")
    return max(before, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) / 1024


def home_in(where: Path) -> Path:
    """A home with a custodian (badge C1)."""
    vestige(where / "home", "init", "--console-acts")
    vestige(where / "home", "people", "add", "C1", "Cee", "--role", "evidence custodian")
    return where / "home"


def say(what: str, figure: str, beside: str = "") -> None:
    """One line of the report, about which nothing was wished."""
    print(f"{what:<58} {figure:<44} {beside}".rstrip(), flush=True)


def at_least(what: str, value: float, goal: float, unit: str, beside: str = "") -> None:
    """One line: what was reached of a goal that is better passed. `unit` follows the figure; `beside` what else belongs to it."""
    _wished(what, value, unit, beside, f"{value / goal:.2f} of the goal {goal:g}", reached=value >= goal)


def at_most(what: str, value: float, limit: float, unit: str, beside: str = "") -> None:
    """One line: what was used of a limit."""
    _wished(what, value, unit, beside, f"{value / limit:.2f} of the limit {limit:g}", reached=value <= limit)


def _wished(what: str, value: float, unit: str, beside: str, ratio: str, *, reached: bool) -> None:
    figure = f"{value:.0f}" if value >= _WHOLE else f"{value:.2f}"
    say(what, f"{figure} {unit}{', ' if beside else ''}{beside}", f"{ratio}: {'reached' if reached else NOT_REACHED}")
