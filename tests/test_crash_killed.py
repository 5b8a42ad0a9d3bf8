"""Killed at any moment of taking a card in, then run again: nothing is lost, nothing is there twice, nothing is half."""

import os
import random
import shutil
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.budget import budget, how_far, seconds
from tests.test_crash import copy_of, ingest, template, traced, whole
from tests.tracing import Call, strace

pytestmark = pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed")
KILLED_AT = ("write", "pwrite64", "fsync", "fdatasync", "rename", "unlink")
__all__ = ["template", "traced"]


def test_killed_at_any_write_fsync_rename_unlink_or_commit_nothing_is_lost_or_twice(
    template: Path, traced: tuple[Path, list[Call]], tmp_path: Path
) -> None:
    counts = Counter(call.name for call in traced[1])
    points = [(name, n) for name in KILLED_AT for n in range(1, counts[name] + 1)]
    random.Random(os.urandom(8)).shuffle(points)
    tried, killed, end = 0, 0, time.monotonic() + seconds(0.02, 1e9)
    for name, when in points:
        if tried >= 3 and time.monotonic() > end:
            break
        folder = copy_of(template, tmp_path / str(tried))
        command, environment = ingest(folder)
        killed += strace(folder / "trace", command, environment, "-e", f"inject={name}:signal=SIGKILL:when={when}") != 0
        whole(folder)
        shutil.rmtree(folder)
        tried += 1
    how_far(f"killed at {killed} of {tried} tried moments, of {len(points)} (budget {budget():g} minutes)")
    assert killed
