"""`vestige upload` and `vestige watch`, as processes of their own."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import ROOT
from tests.docks.conftest import World
from tests.test_home import vestige
from tests.uploads.conftest import Sender, at_random, line_to
from tests.web.conftest import environment
from tests.web.world import clip

from vestige.cli.sent import Sent
from vestige.cli.watch import Watch, _look_again
from vestige.errors import BadInput

MB = 1 << 20


@pytest.fixture
def credential(world: World, tmp_path: Path) -> Path:
    path = tmp_path / "dock.json"
    path.write_text(json.dumps(world.files[0]))
    return path


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "vestige.cli.main", "--json", *words]


def run(*words: str, wanted: int = 0) -> tuple[list[dict[str, Any]], str]:
    done = subprocess.run(command(*words), cwd=ROOT, env=environment(), capture_output=True, text=True, check=False, timeout=180)
    assert done.returncode == wanted, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def test_files_and_folders_go_over_a_cut_line_and_clips_of_one_camera_are_joined(
    sender: Sender, served: str, credential: Path, tmp_path: Path
) -> None:
    card = tmp_path / "card"
    card.mkdir()
    large = os.urandom(6 * MB)
    (tmp_path / "zoo 画像.bin").write_bytes(large)
    for number in (1, 2):
        clip(card / f"GX{number:02d}0001.MP4", started=f"2026-11-23T18:30:{(number - 1) * 6:02d}Z", offset=40 + number)
    clip(tmp_path / "small.mp4", seconds=1, offset=43)
    (tmp_path / "small.mp4").rename(card / "GL010001.LRV")
    with line_to(served, at_random(3, 24, 1, 2 * MB)) as (url, line):
        memory = str(tmp_path / "memory.sqlite3")
        words = ("upload", url, str(card), str(tmp_path / "zoo 画像.bin"), "--credential", str(credential), "--memory", memory)
        found, _ = run(*words, "--officer", "B200")
        assert line.cuts > 2
        again, _ = run(*words, "--officer", "B200")
    found.sort(key=lambda one: str(one["path"]).rpartition("/")[2])
    again.sort(key=lambda one: str(one["path"]).rpartition("/")[2])
    assert [one["status"] for one in found] == ["accessioned", "accessioned", "accessioned", "quarantined"]
    assert [one["item"] for one in again] == [one["item"] for one in found]
    assert sender.item(large)["officer"] == "B200"
    assert sender.item(large)["filename"] == "zoo 画像.bin"
    assert {one["recording"] for one in found[:3]} == {found[0]["recording"]} != {found[3]["recording"]}


def test_an_uploader_that_is_killed_goes_on_where_it_was(sender: Sender, served: str, credential: Path, tmp_path: Path) -> None:
    body, path, memory = os.urandom(40 * MB), tmp_path / "long.bin", str(tmp_path / "memory.sqlite3")
    path.write_bytes(body)

    def slowly() -> Iterator[int | None]:
        yield None
        yield None
        while True:
            yield 8 * MB

    words = ("upload", "URL", str(path), "--credential", str(credential), "--memory", memory)
    with line_to(served, slowly()) as (url, _):
        first = subprocess.Popen(
            command(*(url if one == "URL" else one for one in words)), cwd=ROOT, env=environment(), stdout=subprocess.DEVNULL
        )
        until = time.monotonic() + 60
        while time.monotonic() < until and not sender.dock.rows(
            "SELECT id FROM catalog_upload WHERE received > 1000000 AND length = ?", len(body)
        ):
            time.sleep(0.05)
        first.send_signal(signal.SIGKILL)
        first.wait(20)
        [row] = sender.dock.rows("SELECT received FROM catalog_upload WHERE length = ?", len(body))
        assert 0 < row["received"] <= len(body)
        [outcome], _ = run(*(url if one == "URL" else one for one in words))
    assert outcome["sha256"] == hashlib.sha256(body).hexdigest()
    assert len(sender.dock.rows("SELECT id FROM catalog_upload WHERE length = ?", len(body))) == 1


def test_what_is_wrong_is_told_with_the_exit_code_for_it(served: str, credential: Path, tmp_path: Path) -> None:
    path, memory = tmp_path / "x.bin", str(tmp_path / "memory.sqlite3")
    path.write_bytes(os.urandom(10))
    common = ("--memory", memory, "--patience", "0.5")
    good = ("--credential", str(credential))
    assert "nobody with badge" in run("upload", served, str(path), *common, *good, "--officer", "Z999", wanted=2)[1]
    assert "no file or folder" in run("upload", served, str(tmp_path / "none"), *common, *good, wanted=2)[1]
    assert "in clear" in run("upload", "http://example.org", str(path), *common, *good, wanted=2)[1]
    assert "--credential" in run("upload", served, str(path), *common, wanted=2)[1]
    assert "no progress" in run("upload", "http://localhost:9", str(path), *common, *good, wanted=4)[1]
    wrong = tmp_path / "wrong.json"
    wrong.write_text(json.dumps({"BlobAPIUserName": "dock_x", "BlobAPIKey": "y"}))
    assert "sign in" in run("upload", served, str(path), *common, "--credential", str(wrong), wanted=3)[1]


def test_a_watched_folder_is_sent_once_complete_and_left_as_it_is(sender: Sender, served: str, credential: Path, tmp_path: Path) -> None:
    folder, memory = tmp_path / "outbox", str(tmp_path / "memory.sqlite3")
    folder.mkdir()
    (folder / "ready.bin").write_bytes(os.urandom(1000))
    (folder / "copying.bin").write_bytes(b"the first half, ")
    (folder / "later.part").write_bytes(b"no")
    (folder / ".hidden").write_bytes(b"no")
    words = ("watch", str(folder), "--to", served, "--credential", str(credential), "--memory", memory, "--settle", "1", "--every", "0.2")
    with subprocess.Popen(command(*words), cwd=ROOT, env=environment(), stdout=subprocess.PIPE, text=True) as watching:
        assert watching.stdout
        begun = time.monotonic()
        while time.monotonic() - begun < 4:
            with (folder / "copying.bin").open("ab") as file:
                file.write(os.urandom(5))
            time.sleep(0.1)
        whole = (folder / "copying.bin").read_bytes()
        told = [json.loads(watching.stdout.readline()) for _ in range(2)]
        watching.terminate()  # as a service is stopped
        assert watching.wait(30) == -signal.SIGTERM
    assert {Path(one["path"]).name for one in told} == {"ready.bin", "copying.bin"}
    sender.item(whole)
    before = len(sender.dock.items())
    assert run(*words, "--once")[0] == []
    assert len(sender.dock.items()) == before
    assert sorted(path.name for path in folder.iterdir()) == [".hidden", "copying.bin", "later.part", "ready.bin"]


def test_a_watched_folder_goes_into_the_home_on_this_machine(sender: Sender, world: World, tmp_path: Path) -> None:
    folder = tmp_path / "card"
    folder.mkdir()
    body = os.urandom(500)
    (folder / "here.bin").write_bytes(body)
    words = (
        "--home",
        str(world.home),
        "--as",
        "C200",
        "watch",
        str(folder),
        "--memory",
        str(tmp_path / "m"),
        "--settle",
        "0",
        "--every",
        "0.1",
    )
    [outcome], _ = run(*words, "--once")
    assert (outcome["status"], outcome["sha256"]) == ("quarantined", hashlib.sha256(body).hexdigest())
    assert run(*words, "--once")[0] == []
    assert (folder / "here.bin").read_bytes() == body
    sender.item(body)
    assert vestige(world.home, "fsck")[1] == []


def test_a_folder_that_is_away_for_a_while_does_not_end_the_looking(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    work = Watch(tmp_path / "away", lambda _: {}, Sent(tmp_path / "memory.sqlite3"), "here", 0.0, lambda _: None)
    with pytest.raises(BadInput):
        work.look()
    _look_again(work)
    assert "away" in capsys.readouterr().err
