"""A server that is killed leaves nothing open for ever: the next one ends its viewings, and only its."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from tests.web.conftest import OURS, Server, World, serving

from vestige.web.life import Life

_WITHIN = 30.0


def test_the_next_server_ends_what_a_killed_one_left(world: World, tmp_path: Path) -> None:
    copy = _copied(world, tmp_path)
    with ExitStack() as closing:
        living = Server(closing.enter_context(serving(copy.home, tmp_path / "living.txt"))[0], copy, closing)
        kept = _viewed(living)
        with serving(copy.home, tmp_path / "killed.txt") as (url, process):
            left = _viewed(Server(url, copy, closing))
            flushed = _until(lambda: _row(copy, left), "served_bytes")
            process.send_signal(signal.SIGKILL)
            process.wait(20)
        closing.enter_context(serving(copy.home, tmp_path / "next.txt"))
        ended = _until(lambda: _row(copy, left), "ended_at")
        assert (ended["served_bytes"], ended["served_ms"]) == (flushed["served_bytes"], flushed["served_ms"])
        assert _row(copy, kept)["ended_at"] is None
        text = living.signed_in("C200").get(f"/items/{copy.recordings['lone_item']}/trail").text
    assert text.count("the server that served it had ended") == 1
    assert "system:viewing" in text


def test_a_sign_of_life_ends_with_its_process_however_that_ends(tmp_path: Path) -> None:
    ours = Life(tmp_path / "servers")
    code = "import sys, time; from pathlib import Path; from vestige.web.life import Life\n"
    code += "print(Life(Path(sys.argv[1])).mark, flush=True); time.sleep(60)"
    other = subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "servers")], stdout=subprocess.PIPE, text=True)
    assert other.stdout is not None
    mark = other.stdout.readline().strip()
    assert ours.lives(mark)
    assert ours.lives(ours.mark)
    other.kill()
    other.wait()
    other.stdout.close()
    assert not ours.lives(mark)
    assert not any(ours.lives(word) for word in ("", "../../etc/passwd", "0" * 32))
    assert {path.stem for path in (tmp_path / "servers").iterdir()} == {ours.mark, mark}
    third = Life(tmp_path / "servers")
    assert {path.stem for path in (tmp_path / "servers").iterdir()} == {ours.mark, third.mark}


def _copied(world: World, folder: Path) -> World:
    """The home with its keyring, for servers that are killed."""
    shutil.copytree(world.home, folder / "home", ignore=shutil.ignore_patterns("catalog.sqlite3*", "servers"))
    shutil.copy(world.home.with_name("home.keyring"), folder / "home.keyring")
    os.chmod(folder / "home.keyring", 0o600)  # noqa: PTH101  # as it was
    with sqlite3.connect(world.home / "catalog.sqlite3") as there, sqlite3.connect(folder / "home" / "catalog.sqlite3") as here:
        there.backup(here)
        here.execute("UPDATE catalog_viewing SET ended_at = started_at WHERE ended_at IS NULL")  # what other tests left open is not ours
        here.commit()
    there.close()
    here.close()
    return World(folder / "home", world.recordings, world.tokens)


def _viewed(server: Server) -> str:
    """Begin a viewing and read half of it; its id."""
    client = server.signed_in("C200")
    answer = client.post("/bytes/viewings", json={"item": server.world.recordings["lone_item"], "reason": "A test"}, headers=OURS)
    url = answer.json()["url"]
    size = int(client.head(url).headers["content-length"])
    assert client.get(url, headers={"Range": f"bytes=0-{size // 2}"}).status_code == 206
    return str(answer.json()["viewing"])


def _row(world: World, viewing: str) -> dict[str, int]:
    with sqlite3.connect(world.home / "catalog.sqlite3") as database:
        database.row_factory = sqlite3.Row
        row = database.execute("SELECT * FROM catalog_viewing WHERE id = ?", (viewing.replace("-", ""),)).fetchone()
    database.close()
    return dict(row)


def _until(look: Callable[[], dict[str, int]], name: str) -> dict[str, int]:
    """The row once it has something there."""
    until = time.monotonic() + _WITHIN
    while not (row := look())[name] and time.monotonic() < until:
        time.sleep(0.2)
    assert row[name], f"{name} is still nothing after {_WITHIN} seconds"
    return row
