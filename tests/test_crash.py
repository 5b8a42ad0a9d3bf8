"""Nothing is acknowledged before it is durable; a power cut or a kill at any moment loses nothing and leaves nothing half."""

import hashlib
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from pathlib import Path
from uuid import UUID

import pytest

from tests.budget import how_far, seconds
from tests.test_home import vestige
from tests.tracing import Call, Disk, calls, strace

pytestmark = pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed")


@pytest.fixture(scope="module", params=["sealed", "shared"])
def template(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a home, its keyring and a card of two files; "shared": the same files are there already, from another camera."""
    folder = tmp_path_factory.mktemp("crash")
    assert vestige(folder / "home", "init", "--console-acts")[0] == 0
    assert vestige(folder / "home", "people", "add", "C1", "Cee", "--role", "evidence custodian")[0] == 0
    (folder / "card").mkdir()
    (folder / "card" / "a.bin").write_bytes(b"first file" * 1000)
    (folder / "card" / "b.bin").write_bytes(os.urandom(1_500_000))
    if request.param == "shared":
        assert vestige(folder / "home", "ingest", str(folder / "card"), "--as", "C1", "--device", "CAM1")[0] == 0
        (folder / "shared").touch()
    return folder


def copy_of(template: Path, where: Path) -> Path:
    shutil.copytree(template, where, copy_function=shutil.copy2)
    return where


def ingest(folder: Path) -> tuple[list[str], dict[str, str]]:
    home = ["--home", str(folder / "home"), "--json", "ingest", str(folder / "card"), "--as", "C1", "--device", "CAM2"]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONDONTWRITEBYTECODE": "1"}
    return [sys.executable, "-m", "vestige.cli.main", *home], environment


def whole(folder: Path) -> None:
    """Take the card in again: each file is there once of each camera, its bytes once, and nothing else; the home is clean."""
    code, outcomes, words = vestige(folder / "home", "ingest", str(folder / "card"), "--as", "C1", "--device", "CAM2")
    assert code == 0, words
    wanted = Counter(hashlib.sha256(path.read_bytes()).hexdigest() for path in (folder / "card").iterdir())
    assert {str(outcome["sha256"]) for outcome in outcomes} == set(wanted)
    items = vestige(folder / "home", "items")[1]
    cameras = 2 if (folder / "shared").exists() else 1
    assert Counter(str(item["sha256"]) for item in items) == Counter(dict.fromkeys(wanted, cameras))
    assert len(set(objects(folder).values())) == len(wanted)
    code, faults, _ = vestige(folder / "home", "fsck")
    assert (code, faults) == (0, [])


def objects(folder: Path) -> dict[str, str]:
    """The object of each item, as the catalog names it."""
    with closing(sqlite3.connect(folder / "home" / "catalog.sqlite3")) as database:
        return {str(UUID(i)): str(UUID(o)) for i, o in database.execute("SELECT id, sealed FROM catalog_evidenceitem")}


@pytest.fixture(scope="module")
def traced(template: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Call]]:
    folder = copy_of(template, tmp_path_factory.mktemp("traced") / "t")
    command, environment = ingest(folder)
    assert strace(folder / "trace", command, environment) == 0
    return folder, list(calls(folder / "trace"))


def acknowledgements(folder: Path, trace: list[Call]) -> list[tuple[int, str]]:
    """Where the trace tells the sender of an item, and which."""
    found = []
    for at, call in enumerate(trace):
        if call.name == "write" and not call.path.startswith(str(folder)) and b'"sha256"' in call.data and b'"status"' in call.data:
            found += [(at, json.loads(line)["item"]) for line in call.data.splitlines() if line.startswith(b'{"path"')]
    return found


def test_a_trace_holds_the_calls_of_threads_that_interrupt_each_other(tmp_path: Path) -> None:
    program = """
import os, sys, threading
def keep(name):
    for n in range(100):
        file = os.open(f"{sys.argv[1]}/{name}-{n}", os.O_CREAT | os.O_WRONLY)
        os.write(file, b"x" * 4000), os.fsync(file), os.close(file)
threads = [threading.Thread(target=keep, args=(n,)) for n in range(4)]
[thread.start() for thread in threads], [thread.join() for thread in threads]
"""
    (tmp_path / "kept").mkdir()
    assert strace(tmp_path / "trace", [sys.executable, "-c", program, str(tmp_path / "kept")], dict(os.environ)) == 0
    counts = Counter(call.name for call in calls(tmp_path / "trace") if call.path.startswith(str(tmp_path / "kept")))
    assert "unfinished" in (tmp_path / "trace").read_text()
    assert counts == {"openat": 400, "write": 400, "fsync": 400}


def test_each_acknowledged_object_was_made_durable_in_the_one_right_order(traced: tuple[Path, list[Call]]) -> None:
    folder, trace = traced
    told, shared = acknowledgements(folder, trace), (folder / "shared").exists()
    assert len(told) == 2
    for acknowledged, item in told:
        sealed = objects(folder)[item]

        def at(name: str, ending: str, after: int = -1, *, other: bool = False) -> int:
            return next(
                n
                for n, call in enumerate(trace)
                if n > after and call.name == name and (call.other if other else call.path).endswith(ending)
            )

        key_renamed = at("rename", f"{item}.key", other=True)
        key_synced = next(n for n, c in enumerate(trace) if c.name == "fsync" and c.path == trace[key_renamed].path)
        keys_synced = at("fsync", f"keys/{item[-2:]}", key_renamed)
        order = [key_synced, key_renamed, keys_synced]
        if shared:
            changed = [c for c in trace if sealed in c.path + c.other and (c.name != "openat" or "O_RDONLY" not in c.flags)]
            assert changed == []
        else:
            object_renamed = at("rename", f"objects/{sealed[-2:]}/{sealed}", other=True)
            objects_synced = at("fsync", f"objects/{sealed[-2:]}", object_renamed)
            order = [at("fsync", f"vault/tmp/{sealed}"), *order, object_renamed, objects_synced]
        committed = at("fdatasync", "catalog.sqlite3-wal", order[-1])
        order += [committed, acknowledged]
        assert order == sorted(order)


def test_after_a_power_cut_at_each_acknowledgement_the_home_is_clean_and_holds_the_item(
    template: Path, traced: tuple[Path, list[Call]], tmp_path: Path
) -> None:
    folder, trace = traced
    for number, (acknowledged, item) in enumerate(acknowledgements(folder, trace)):
        left = power_cut(template, traced, acknowledged + 1, tmp_path / str(number))
        code, faults, _ = vestige(left / "home", "fsck")
        assert (code, faults) == (0, [])
        assert item in {row["item"] for row in vestige(left / "home", "items")[1]}


def power_cut(template: Path, traced: tuple[Path, list[Call]], after: int, where: Path) -> Path:
    folder, trace = traced
    disk = Disk(folder / "home", template / "home")
    for call in trace[:after]:
        disk.apply(call)
    where.mkdir(parents=True)
    disk.after_power_cut(where / "home")
    shutil.copytree(template / "card", where / "card", copy_function=shutil.copy2)
    shutil.copy2(template / "home.keyring", where / "home.keyring")
    if (template / "shared").exists():
        (where / "shared").touch()
    return where


def test_after_a_power_cut_at_any_moment_the_card_comes_in_whole(template: Path, traced: tuple[Path, list[Call]], tmp_path: Path) -> None:
    draw, tried, end = random.Random(os.urandom(8)), 0, time.monotonic() + seconds(0.012, 300)
    while time.monotonic() < end or tried < 3:
        after = draw.randrange(len(traced[1]))
        left = power_cut(template, traced, after, tmp_path / str(tried))
        whole(left)
        shutil.rmtree(left)
        tried += 1
    how_far(f"power cut at {tried} moments of {len(traced[1])}")


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk takes root")
def test_a_full_disk_is_told_and_nothing_is_half_kept(template: Path, tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(small)], check=True)
    try:
        shutil.copytree(template / "home", small / "home")
        shutil.copy2(template / "home.keyring", small / "home.keyring")
        large = tmp_path / "large.bin"
        large.write_bytes(os.urandom(12 << 20))
        code, _, words = vestige(small / "home", "ingest", str(large), "--as", "C1")
        assert code == 4
        assert "space" in words or "full" in words
        assert vestige(small / "home", "fsck")[:2] == (0, [])
        assert [item["item"] for item in vestige(small / "home", "items")[1]] == sorted(objects(template))
    finally:
        subprocess.run(["umount", "-l", str(small)], check=True)
