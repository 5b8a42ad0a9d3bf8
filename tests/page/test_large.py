"""A package of 3 GB, checked from the disk in a browser: in bounded memory, and in the time that hashing takes."""

import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page
from tests.budget import budget, how_far
from tests.page.conftest import checked
from verifier.tests.writer import Plan, make

SIZE = 3 << 30
ROOM = 8 << 30  # bytes of disk that the test wants free
MOST_MEMORY = 1 << 30  # bytes that the page's process may have used at its peak


@pytest.mark.skipif(budget() != 0, reason="3 GB: only with the full numbers (VESTIGE_TEST_BUDGET=0)")
def test_three_gigabytes_are_checked_in_little_memory(reader: Callable[..., Page], tmp_path: Path) -> None:
    if shutil.disk_usage(tmp_path).free < ROOM:
        pytest.skip("no room for 3 GB on this disk")
    package = make(tmp_path / "package", Plan(footage=bytes(SIZE)))
    page = reader()
    started = time.monotonic()
    assert checked(page, package.folder, key=package.vkey, seconds=400)["signer"] == "pinned"
    seconds, peak = time.monotonic() - started, max(_peaks())
    shutil.rmtree(package.folder)
    how_far(f"3 GiB in {seconds:.0f} s, {SIZE / seconds / 1e6:.0f} MB/s, peak memory of the page's process {peak / 1e6:.0f} MB")
    assert peak < MOST_MEMORY


def _peaks() -> list[int]:
    """The most memory (bytes) that each process that shows pages has used (Linux)."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if b"--type=renderer" in (process / "cmdline").read_bytes():
                line = next(line for line in (process / "status").read_text().splitlines() if line.startswith("VmHWM"))
                found.append(int(line.split()[1]) * 1024)
        except (OSError, StopIteration):
            continue  # it ended meanwhile
    return found
