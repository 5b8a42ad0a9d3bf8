"""Timing, medians, and a home to work in."""

import os
import resource
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]
WORK = Path(os.environ.get("VESTIGE_BENCH") or ROOT / ".bench").absolute()
RUNS = 3


def timed(act: Callable[[], object]) -> float:
    """Wall seconds."""
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def median(values: list[float]) -> float:
    """The middle one."""
    return statistics.median(values)


@contextmanager
def folder(name: str) -> Iterator[Path]:
    """An empty folder that goes away."""
    path = WORK / name
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def vestige(home: Path, *words: str) -> float:
    """Run a command of the home; its peak memory in MB (the largest of it and its children)."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    subprocess.run(
        [sys.executable, "-m", "vestige.cli.main", "--home", str(home), "--json", *words], check=True, stdout=subprocess.DEVNULL, cwd=ROOT
    )
    return max(before, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) / 1024


def home_in(where: Path) -> Path:
    """A home with a custodian (badge C1)."""
    vestige(where / "home", "init", "--console-acts")
    vestige(where / "home", "people", "add", "C1", "Cee", "--role", "evidence custodian")
    return where / "home"


def say(what: str, figure: str, goal: str) -> None:
    """One line of the report."""
    print(f"{what:<58} {figure:<40} {goal}", flush=True)
