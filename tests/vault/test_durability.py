"""Durable step by step, and what a dead writer or a full disk leaves behind is found and removed."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from uuid import UUID

import pytest
from tests.vault.sealing import files, noise, share, sweep, take_in

from vestige.errors import DiskFull, Unavailable
from vestige.evidence.values import uuid7
from vestige.vault.intake import Intake
from vestige.vault.keyring import Keyring
from vestige.vault.local import LocalVault
from vestige.vault.sealed import PLAIN_FIRST, SEGMENT

ROOT = Path(__file__).parents[2]
Steps = list[tuple[str, str]]


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch, home: Path) -> Steps:
    """Each fsync, rename and unlink in the home, in order: what was done and to which path, relative to the home."""
    seen: Steps = []
    fsync, rename, unlink = os.fsync, os.rename, os.unlink

    def note(act: str, path: object) -> None:
        seen.append((act, str(Path(str(path)).relative_to(home))))

    def fsync_noted(descriptor: int) -> None:
        fsync(descriptor)
        note("fsync", Path(f"/proc/self/fd/{descriptor}").readlink())

    def rename_noted(source: Path, target: Path) -> None:
        rename(source, target)
        note("rename to", target)

    def unlink_noted(path: Path) -> None:
        unlink(path)
        note("unlink", path)

    monkeypatch.setattr(os, "fsync", fsync_noted)
    monkeypatch.setattr(os, "rename", rename_noted)
    monkeypatch.setattr(os, "unlink", unlink_noted)
    return seen


def test_an_object_is_durable_step_by_step_each_once(vault: LocalVault, steps: Steps, item: UUID, sealed_id: UUID) -> None:
    take_in(vault, item, sealed_id, noise(2 * SEGMENT))
    keys, objects = f"keys/{str(item)[-2:]}", f"vault/objects/{str(sealed_id)[-2:]}"
    assert steps == [
        ("fsync", f"vault/tmp/{sealed_id}"),
        ("fsync", f"{keys}/{item}.key.tmp"),
        ("rename to", f"{keys}/{item}.key"),
        ("fsync", keys),
        ("rename to", f"{objects}/{sealed_id}"),
        ("fsync", objects),
    ]


def test_a_shared_key_is_durable_before_what_was_sealed_goes(vault: LocalVault, steps: Steps, item: UUID, sealed_id: UUID) -> None:
    take_in(vault, item, sealed_id, b"x")
    steps.clear()
    other, own = uuid7(), uuid7()
    with vault.begin(other, own) as intake:
        intake.share(item, sealed_id)
        intake.done()
    keys = f"keys/{str(other)[-2:]}"
    assert steps == [
        ("fsync", f"{keys}/{other}.key.tmp"),
        ("rename to", f"{keys}/{other}.key"),
        ("fsync", keys),
        ("unlink", f"vault/tmp/{own}"),
        ("fsync", "vault/tmp"),
    ]


def test_a_working_copy_is_durable_too(vault: LocalVault, steps: Steps, item: UUID, sealed_id: UUID) -> None:
    take_in(vault, item, sealed_id, b"x")
    steps.clear()
    with vault.working_writer(item, sealed_id, "poster") as writer:
        writer.write(b"y")
    folder = f"vault/working/{str(item)[-2:]}"
    assert steps == [("fsync", str(Path("vault/tmp", writer.path.name))), ("rename to", f"{folder}/{item}.poster"), ("fsync", folder)]
    steps.clear()
    vault.drop_working(item, "poster")
    assert steps == [("unlink", f"{folder}/{item}.poster"), ("fsync", folder)]


def test_removals_are_durable(vault: LocalVault, steps: Steps, item: UUID, sealed_id: UUID) -> None:
    intake = vault.begin(item, sealed_id)
    intake.finish()
    steps.clear()
    intake.abandon()
    assert [act for act, _ in steps] == ["unlink", "fsync", "unlink", "fsync"]


@pytest.mark.parametrize(("broken", "at"), [*(("fsync", at) for at in range(4)), ("rename", 0), ("rename", 1)])
def test_where_any_step_fails_nothing_is_left(
    vault: LocalVault, home: Path, monkeypatch: pytest.MonkeyPatch, item: UUID, broken: str, at: int
) -> None:
    real: Callable[..., None] = getattr(os, broken)
    calls = iter(range(99))

    def failing(*args: object) -> None:
        if next(calls) == at:
            raise OSError(5, "Input/output error")
        real(*args)

    intake = vault.begin(item, uuid7())
    intake.write(noise(1000))
    monkeypatch.setattr(os, broken, failing)
    with pytest.raises(Unavailable, match="Input/output error"):
        intake.finish()
    monkeypatch.undo()
    assert files(home) == []


@pytest.mark.parametrize("step", [("fsync", 0), ("fsync", 1), ("fsync", 2), ("rename", 0), ("unlink", 0)])
def test_where_any_step_of_sharing_fails_only_what_was_there_is_left(
    vault: LocalVault, home: Path, monkeypatch: pytest.MonkeyPatch, item: UUID, step: tuple[str, int]
) -> None:
    take_in(vault, item, sealed_id := uuid7(), b"kept")
    before, (broken, at) = files(home), step
    real: Callable[..., None] = getattr(os, broken)
    calls = iter(range(99))

    def failing(*args: object) -> None:
        if next(calls) == at:
            raise OSError(5, "Input/output error")
        real(*args)

    intake = vault.begin(uuid7(), uuid7())
    monkeypatch.setattr(os, broken, failing)
    with pytest.raises(Unavailable, match="Input/output error"):
        intake.share(item, sealed_id)
    monkeypatch.undo()
    assert files(home) == before


@pytest.mark.parametrize("end", ["finish", "share"])
def test_a_sweeper_that_comes_at_any_step_takes_no_living_intake_for_dead(
    vault: LocalVault, monkeypatch: pytest.MonkeyPatch, item: UUID, sealed_id: UUID, end: str
) -> None:
    take_in(vault, item, sealed_id, b"kept")
    other, own = uuid7(), uuid7()
    intake, came = vault.begin(other, own), 0

    def sweeping(real: Callable[..., object], *args: object, **more: object) -> object:
        nonlocal came
        for moment in (lambda: None, lambda: real(*args, **more)):
            done = moment()
            monkeypatch.undo()
            assert not vault.sweep(other, own, lambda: pytest.fail("the living was taken for dead"))
            came += 1
            watch()
        return done

    def watch() -> None:
        for name in ("fsync", "rename", "unlink", "close"):
            monkeypatch.setattr(os, name, partial(sweeping, getattr(os, name)))

    watch()
    intake.share(item, sealed_id) if end == "share" else intake.finish()
    monkeypatch.undo()
    intake.done()
    assert came > 8
    with vault.open(other, sealed_id if end == "share" else own) as reader:
        assert reader.read_at(0, 99) == (b"kept" if end == "share" else b"")


_WRITER = """
import sys, time
from contextlib import suppress
from pathlib import Path
from uuid import UUID
from vestige.vault.intake import Intake
from vestige.vault.keyring import Keyring
from vestige.vault.local import LocalVault

home, keyring, home_id, item, sealed, stage, first, shared = sys.argv[1:]
vault = LocalVault(Path(home), Keyring.open(Path(keyring), UUID(home_id)))
if stage == "working":
    writer = vault.working_writer(UUID(item), UUID(sealed), "proxy")
else:
    writer = vault.begin(UUID(item), UUID(sealed))
writer.write(bytes(3 << 20))
if stage == "finished":
    writer.finish()
if stage == "shared":
    writer.share(UUID(first), UUID(shared))
print("ready", flush=True)
time.sleep(600)
"""


class _Child:
    """A writer in a process of its own, stopped at a stage; it dies by SIGKILL."""

    def __init__(self, home: Path, keyring: Keyring, item: UUID, sealed_id: UUID) -> None:
        self._argv = [sys.executable, "-c", _WRITER, str(home), str(keyring.path), str(keyring.home), str(item), str(sealed_id)]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, stage: str, first: UUID | None = None, shared: UUID | None = None) -> None:
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
        self._process = subprocess.Popen([*self._argv, stage, str(first), str(shared)], stdout=subprocess.PIPE, env=environment)
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == b"ready\n"

    def kill(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.communicate()
            self._process = None


@pytest.fixture
def child(vault: LocalVault, home: Path, keyring: Keyring, item: UUID, sealed_id: UUID) -> Iterator[_Child]:
    assert vault
    child = _Child(home, keyring, item, sealed_id)
    yield child
    child.kill()


@pytest.mark.parametrize("stage", ["writing", "finished"])
def test_a_living_writer_is_left_alone_and_a_killed_one_swept(
    vault: LocalVault, home: Path, child: _Child, item: UUID, sealed_id: UUID, stage: str
) -> None:
    child.start(stage)
    before = files(home)
    assert len(before) == (1 if stage == "writing" else 2)
    assert not sweep(vault, item, sealed_id)
    assert files(home) == before
    child.kill()
    assert files(home) == before
    assert sweep(vault, item, sealed_id)
    assert files(home) == []
    take_in(vault, item, sealed_id, b"again")


def test_a_living_sharer_is_left_alone_and_of_a_killed_one_only_its_own_key_is_swept(
    vault: LocalVault, home: Path, child: _Child, item: UUID, sealed_id: UUID
) -> None:
    first, shared = uuid7(), uuid7()
    take_in(vault, first, shared, b"kept")
    before = files(home)
    child.start("shared", first, shared)
    assert sorted(files(home)) == sorted([*before, Path("keys", str(item)[-2:], f"{item}.key")])
    assert not sweep(vault, item, sealed_id)
    child.kill()
    assert sweep(vault, item, sealed_id)
    assert files(home) == before
    with vault.open(first, shared) as reader:
        assert reader.read_at(0, 99) == b"kept"


def test_a_killed_writer_of_a_working_copy_is_swept_a_living_one_left_alone(
    vault: LocalVault, child: _Child, item: UUID, sealed_id: UUID
) -> None:
    take_in(vault, item, sealed_id, b"original")
    child.start("working")
    assert vault.sweep_working() == 0
    assert len(list(vault.leftovers())) == 1
    child.kill()
    assert vault.sweep_working() == 1
    assert list(vault.leftovers()) == []
    with vault.open(item, sealed_id) as reader:
        assert reader.read_at(0, 99) == b"original"


def test_a_half_written_key_file_is_a_leftover_and_swept(vault: LocalVault, home: Path, item: UUID, sealed_id: UUID) -> None:
    half = home / "keys" / str(item)[-2:] / f"{item}.key.tmp"
    half.write_bytes(b"{")
    assert list(vault.leftovers()) == [half]
    assert sweep(vault, item, sealed_id)
    assert files(home) == []


def test_a_key_file_that_cannot_be_read_does_not_stop_the_sweep(vault: LocalVault, home: Path, item: UUID, sealed_id: UUID) -> None:
    with suppress(RuntimeError), vault.begin(item, sealed_id) as intake:
        intake.finish()
        raise RuntimeError
    (home / "keys" / str(item)[-2:] / f"{item}.key").write_bytes(b"{")
    assert sweep(vault, item, sealed_id)
    assert files(home) == []


def test_what_is_evidence_is_not_swept_whatever_the_note_says(vault: LocalVault, home: Path, item: UUID, sealed_id: UUID) -> None:
    take_in(vault, item, sealed_id, b"kept")
    share(vault, item, sealed_id, other := uuid7())
    before = files(home)
    for whose, named in ((item, sealed_id), (other, sealed_id), (other, uuid7())):
        assert not vault.sweep(whose, named, lambda: False)
    assert files(home) == before


def test_a_sweeper_that_found_nothing_touches_nothing_that_is_made_meanwhile(vault: LocalVault, item: UUID, sealed_id: UUID) -> None:
    def made_meanwhile() -> bool:
        take_in(vault, item, sealed_id, b"kept")
        return True

    assert vault.sweep(item, sealed_id, made_meanwhile)
    with vault.open(item, sealed_id) as reader:
        assert reader.read_at(0, 99) == b"kept"


def test_a_sweep_of_nothing_is_done(vault: LocalVault) -> None:
    assert sweep(vault, uuid7(), uuid7())


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A file system of 12 MiB."""
    folder = tmp_path / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=12m,nr_inodes=2000", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, check=False, capture_output=True).returncode != 0:
        pytest.skip("only root may mount a small file system")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_is_a_clear_error_and_leaves_nothing_of_an_intake(small: Path, keyring: Keyring, item: UUID) -> None:
    vault = LocalVault(small / "home", keyring)
    vault.create()
    sealed_id = uuid7()
    with pytest.raises(DiskFull, match=rf"no space is left.*{sealed_id}.*nothing of it was kept"):
        _pour_in(vault.begin(item, sealed_id))
    assert files(small / "home") == []
    take_in(vault, item, sealed_id, noise(5 * SEGMENT))


@pytest.mark.parametrize("hold_first", [False, True])
def test_a_disk_that_is_full_at_the_very_end_leaves_nothing(small: Path, keyring: Keyring, item: UUID, *, hold_first: bool) -> None:
    vault = LocalVault(small / "home", keyring)
    vault.create()
    intake = vault.begin(item, uuid7(), hold_first=hold_first)
    intake.write(noise(PLAIN_FIRST + 5000))
    _fill_up(small)
    with pytest.raises(DiskFull, match="nothing of it was kept"):
        intake.finish()
    assert files(small / "home") == []


def test_a_full_disk_keeps_the_older_working_copy(small: Path, keyring: Keyring, item: UUID, sealed_id: UUID) -> None:
    vault = LocalVault(small / "home", keyring)
    vault.create()
    take_in(vault, item, sealed_id, b"original")
    with vault.working_writer(item, sealed_id, "proxy") as writer:
        writer.write(b"older")
    before = files(small / "home")
    writer = vault.working_writer(item, sealed_id, "proxy")
    _fill_up(small)
    with pytest.raises(DiskFull):
        writer.write(noise(3 * SEGMENT))
    assert files(small / "home") == before
    with vault.open_working(item, sealed_id, "proxy") as reader:
        assert reader.read_at(0, 99) == b"older"


def test_no_room_for_a_key_file_or_a_folder_is_a_full_disk(small: Path, keyring: Keyring, item: UUID) -> None:
    vault = LocalVault(small / "home", keyring)
    vault.create()
    intake = vault.begin(item, uuid7())
    intake.write(b"x")
    _use_up_inodes(small)
    with pytest.raises(DiskFull, match=r"\.key"):
        intake.finish()
    assert files(small / "home") == []
    with pytest.raises(DiskFull, match="another"):
        LocalVault(small / "another", keyring).create()


def test_no_room_for_a_keyring_leaves_the_older_one(small: Path, keyring: Keyring) -> None:
    path = small / "keyring"
    first = Keyring.create(path, uuid7())
    before = path.read_bytes()
    _fill_up(small)
    with pytest.raises(DiskFull, match="keyring"):
        Keyring.create(path, keyring.home)
    assert path.read_bytes() == before
    assert Keyring.open(path, first.home).public_key() == first.public_key()


def _pour_in(intake: Intake) -> None:
    with intake:
        for _ in range(20):
            intake.write(noise(SEGMENT))


def _fill_up(folder: Path) -> None:
    with suppress(OSError), (folder / "filler").open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))


def _use_up_inodes(folder: Path) -> None:
    (folder / "many").mkdir()
    with suppress(OSError):
        for number in range(5000):
            (folder / "many" / str(number)).touch()
    assert len(list((folder / "many").iterdir())) < 5000
