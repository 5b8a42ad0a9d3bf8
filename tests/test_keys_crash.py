"""A rotation killed at any moment loses no key: everything opens, the kit opens what is there, and the next rotation ends it."""

import os
import shutil
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.budget import how_far
from tests.test_home import vestige
from tests.tracing import Call, Command, calls, killed_somewhere, strace

pytestmark = pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed")
KILLED_AT = ("write", "pwrite64", "fsync", "fdatasync", "rename", "unlink")
ITEMS = 4


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a home of four items, its keyring and its kit."""
    folder = tmp_path_factory.mktemp("keys")
    assert vestige(folder / "home", "init", "--console-acts")[0] == 0
    assert vestige(folder / "home", "people", "add", "C1", "Cee", "--role", "evidence custodian")[0] == 0
    (folder / "card").mkdir()
    for number in range(ITEMS):
        (folder / "card" / f"{number}.bin").write_bytes(os.urandom(1000))
    assert vestige(folder / "home", "ingest", str(folder / "card"), "--as", "C1")[0] == 0
    return folder


def rotate(folder: Path) -> tuple[list[str], dict[str, str]]:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONDONTWRITEBYTECODE": "1"}
    return [sys.executable, "-m", "vestige.cli.main", "--home", str(folder / "home"), "--json", "keys", "rotate"], environment


@pytest.fixture(scope="module")
def traced(template: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Call]]:
    folder = shutil.copytree(template, tmp_path_factory.mktemp("traced") / "t", copy_function=shutil.copy2)
    command, environment = rotate(folder)
    assert strace(folder / "trace", command, environment) == 0
    return folder, list(calls(folder / "trace"))


def test_the_copy_is_durable_before_the_keyring_and_that_before_any_key_file(traced: tuple[Path, list[Call]]) -> None:
    folder, trace = traced

    def last(name: str, path: Path) -> int:
        return max(n for n, call in enumerate(trace) if call.name == name and path.as_posix() in {call.path, call.other})

    copy, keyring = folder / "home" / "recovery" / "keyring.sealed", folder / "home.keyring"
    files = [n for n, call in enumerate(trace) if call.name == "rename" and call.other.endswith(".key")]
    assert len(files) == ITEMS
    order = [
        last("fsync", copy.with_name("keyring.sealed.tmp")),
        last("rename", copy),
        last("fsync", copy.parent),
        last("fsync", keyring.with_name("home.keyring.tmp")),
        last("rename", keyring),
        last("fsync", folder),
        files[0],
    ]
    assert order == sorted(order)
    for at in files:
        assert any(call.name == "fsync" and call.path == trace[at].path for call in trace[:at])
        assert any(call.name == "fsync" and call.path == str(Path(trace[at].other).parent) for call in trace[at:])


def whole(folder: Path) -> None:
    """Everything opens now, with the keyring and with what the kit gives back; a further rotation ends the one that was killed."""
    home, back = folder / "home", folder / "back.keyring"
    shares = [word for n in (1, 2) for word in ("--share", str(folder / "home.recovery-kit" / f"share-{n}-of-3.txt"))]
    assert vestige(home, "fsck")[:2] == (0, [])
    recovered = ("keys", "recover", *shares, "--sealed", str(home / "recovery" / "keyring.sealed"), "--to", str(back))
    assert vestige(home, *recovered)[0] == 0
    os.environ["VESTIGE_KEYRING"] = str(back)
    try:
        assert [fault for fault in vestige(home, "fsck")[1] if "sealed copy" not in str(fault["what"])] == []
    finally:
        del os.environ["VESTIGE_KEYRING"]
    code, [done], _ = vestige(home, "keys", "rotate")
    assert (code, done["left"]) == (0, 0)
    assert vestige(home, "keys", "rotate", "--retire")[0] == 0
    assert vestige(home, "fsck")[:2] == (0, [])
    assert list((home / "keys").glob("*/*.tmp")) == []


def test_killed_at_any_write_fsync_rename_or_commit_no_key_is_lost(template: Path, traced: tuple[Path, list[Call]], tmp_path: Path) -> None:
    counts = Counter(call.name for call in traced[1] if call.name in KILLED_AT)

    def rotated(folder: Path) -> Command:
        return rotate(shutil.copytree(template, folder, copy_function=shutil.copy2))

    how_far(f"rotation {killed_somewhere(rotated, counts, tmp_path, whole, 0.02)}")
