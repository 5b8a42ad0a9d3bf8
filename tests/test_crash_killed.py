"""Killed at any moment of taking a card in, then run again: nothing is lost, nothing is there twice, nothing is half."""

import shutil
from collections import Counter
from pathlib import Path

import pytest

from tests.budget import how_far
from tests.test_crash import copy_of, ingest, template, traced, whole
from tests.tracing import Call, killed_somewhere

pytestmark = pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed")
KILLED_AT = ("write", "pwrite64", "fsync", "fdatasync", "rename", "unlink")
__all__ = ["template", "traced"]


def test_killed_at_any_write_fsync_rename_unlink_or_commit_nothing_is_lost_or_twice(
    template: Path, traced: tuple[Path, list[Call]], tmp_path: Path
) -> None:
    counts = Counter(call.name for call in traced[1] if call.name in KILLED_AT)
    how_far(killed_somewhere(lambda folder: ingest(copy_of(template, folder)), counts, tmp_path, whole, 0.02))
