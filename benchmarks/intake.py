"""Ingest against a plain copy with fsync of the same file; memory whatever the file's size."""

import os
import shutil
from pathlib import Path

from benchmarks.measure import RUNS, at_least, at_most, folder, home_in, median, timed, vestige

GIB = float(os.environ.get("VESTIGE_BENCH_GIB", "8"))


def run() -> None:
    """One file that is no footage (only read, hashed, sealed, written): the ratio of the copy's time to ours."""
    with folder("intake", 2 * GIB * (1 << 30)) as where:
        source = where / "large.bin"
        make(source, int(GIB * (1 << 30)))
        ratios, memory = [], 0.0
        for number in range(RUNS):
            copying = timed(lambda: _copy(source, where / "copy"))
            (where / "copy").unlink()
            base = where / str(number)
            base.mkdir()
            home = home_in(base)
            peak: list[float] = []
            ours = timed(lambda home=home, peak=peak: peak.append(vestige(home, "ingest", str(source), "--as", "C1")))
            memory = max(memory, *peak)
            shutil.rmtree(base)
            ratios.append(copying / ours)
            print(f"  copy + fsync {copying:.1f} s, ingest {ours:.1f} s", flush=True)
        at_least(f"ingest of {GIB:g} GiB against cp + fsync", median(ratios), 0.6, "of its speed", "0.85 is wished later")
        at_most("memory of ingest", memory, 300, "MB")


def make(path: Path, size: int) -> None:
    """A durable file of that many bytes, no two alike."""
    block = os.urandom(16 << 20)
    with path.open("wb") as out:
        for at in range(0, size, len(block)):
            out.write(block[: min(len(block), size - at)])
        os.fsync(out.fileno())


def _copy(source: Path, target: Path) -> None:
    shutil.copyfile(source, target)
    with target.open("rb") as copied:
        os.fsync(copied.fileno())
