"""A backup of sealed objects against copying the same files with `cp` and making them durable."""

import os
import shutil
import subprocess
from pathlib import Path

from benchmarks.intake import GIB
from benchmarks.measure import RUNS, folder, home_in, median, say, timed, vestige

FILES = 8
SIZE = int(min(GIB, 2) * (1 << 30)) // FILES


def run() -> None:
    """At most 2 GiB in eight objects; each backup goes into an empty folder. The memory of earlier copies is dropped by the size, not by us."""
    with folder("backup", 3 * FILES * SIZE) as where:
        os.environ["VESTIGE_KEYRING"] = str(where / "keyring")
        home, card = home_in(where), where / "card"
        card.mkdir()
        for n in range(FILES):
            _random(card / f"{n}.bin")
        vestige(home, "ingest", str(card), "--as", "C1")
        shutil.rmtree(card)
        ours, theirs = [], []
        for _ in range(RUNS):
            theirs.append(timed(lambda: _copied(home / "vault" / "objects", where / "copy")))
            ours.append(timed(lambda: vestige(home, "backup", str(where / "backup"))))
            shutil.rmtree(where / "copy")
            shutil.rmtree(where / "backup")
        rate = FILES * SIZE / median(ours) / 1e6
        say("backup, read back and compared, against cp + sync", f"{median(theirs) / median(ours):.2f} ({rate:.0f} MB/s)", "no goal named")


def _random(path: Path) -> None:
    with path.open("wb") as file:
        for _ in range(SIZE >> 20):
            file.write(os.urandom(1 << 20))


def _copied(source: Path, target: Path) -> None:
    subprocess.run(["cp", "-r", source, target], check=True)
    subprocess.run(["sync", "-f", target], check=True)
