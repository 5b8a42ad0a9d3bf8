"""The server is killed while bytes come in: what was acknowledged is there, what comes after is taken, and it is kept once."""

import hashlib
import os
import random
import signal
import threading
import time
from contextlib import suppress
from pathlib import Path

import httpx
from tests.budget import budget
from tests.docks.conftest import make_world
from tests.test_home import vestige
from tests.uploads.conftest import Sender, sending
from tests.web.conftest import serving

MB = 1 << 20
KILLS = 20 if budget() <= 0 else 2
SIZE = (100 if budget() <= 0 else 24) * MB + 99


def test_nothing_acknowledged_is_lost_and_nothing_is_kept_twice(tmp_path: Path) -> None:
    world, body, chance = make_world(tmp_path), os.urandom(SIZE), random.Random(7)
    where, acknowledged = "", 0
    for turn in range(KILLS):
        with serving(world.home, tmp_path / f"log{turn}.txt", VESTIGE_ALLOW_HTTP="1") as (url, process), sending(world.dock(url)) as sender:
            if not where:
                where = sender.begin(len(body), filename="killed.bin").headers["Location"]
            offset = sender.offset(where)
            assert offset >= acknowledged, "what was acknowledged is gone"
            told = [offset]
            thread = threading.Thread(target=_send, args=(sender, where, body, told, chance.randint(MB // 2, 5 * MB)))
            thread.start()
            time.sleep(chance.uniform(0.05, 0.4))
            process.send_signal(signal.SIGKILL)
            process.wait(20)
            thread.join(60)
            acknowledged = told[-1]
    with serving(world.home, tmp_path / "last.txt", VESTIGE_ALLOW_HTTP="1") as (url, _), sending(world.dock(url)) as sender:
        offset = sender.offset(where)
        assert acknowledged <= offset <= len(body)
        while offset < len(body):
            offset = int(sender.patch(where, offset, body[offset : offset + 20 * MB]).headers["Upload-Offset"])
        assert sender.head(where).headers["Upload-Offset"] == str(len(body))
        rows = sender.dock.rows("SELECT sha256 FROM catalog_evidenceitem")
        assert rows == [{"sha256": hashlib.sha256(body).hexdigest()}]
        assert sender.dock.rows("SELECT id FROM catalog_intake") == []
    assert vestige(world.home, "fsck")[:2] == (0, [])
    assert list((world.home / "vault" / "tmp").iterdir()) == []
    print(f"{KILLS} kills")


def test_small_files_are_there_once_wherever_the_server_is_killed(tmp_path: Path) -> None:
    """Each of them comes whole in one request, so that kills meet the steps from the last byte to the commit."""
    world, chance = make_world(tmp_path), random.Random(8)
    waiting = {f"{number}.bin": os.urandom(20_000 + number) for number in range(8 * KILLS)}
    bodies, begun = dict(waiting), dict[str, str]()
    for turn in range(KILLS):
        with serving(world.home, tmp_path / f"log{turn}.txt", VESTIGE_ALLOW_HTTP="1") as (url, process), sending(world.dock(url)) as sender:
            thread = threading.Thread(target=_send_all, args=(sender, waiting, begun))
            thread.start()
            time.sleep(chance.uniform(0.3, 1.5))
            process.send_signal(signal.SIGKILL)
            process.wait(20)
            thread.join(60)
    with serving(world.home, tmp_path / "last.txt", VESTIGE_ALLOW_HTTP="1") as (url, _), sending(world.dock(url)) as sender:
        _send_all(sender, waiting, begun)
        assert waiting == {}
        rows = sender.dock.rows("SELECT sha256 FROM catalog_evidenceitem")
        assert sorted(row["sha256"] for row in rows) == sorted(hashlib.sha256(body).hexdigest() for body in bodies.values())
        assert sender.dock.rows("SELECT id FROM catalog_intake") == []
    assert vestige(world.home, "fsck")[:2] == (0, [])


def _send_all(sender: Sender, waiting: dict[str, bytes], begun: dict[str, str]) -> None:
    """As a client does: an upload that was begun is gone on with, what was acknowledged whole is forgotten."""
    with suppress(httpx.HTTPError, KeyError):
        for name, body in list(waiting.items()):
            if name not in begun:
                begun[name] = sender.begin(len(body), filename=name).headers["Location"]
            offset = sender.offset(begun[name])
            if offset < len(body):
                offset = int(sender.patch(begun[name], offset, body[offset:]).headers["Upload-Offset"])
            if offset == len(body):
                del waiting[name]


def _send(sender: Sender, where: str, body: bytes, told: list[int], piece: int) -> None:
    with suppress(httpx.HTTPError, KeyError):
        while told[-1] < len(body) - 6 * MB:  # never to its end: every kill meets an upload that goes on
            answer = sender.patch(where, told[-1], body[told[-1] : told[-1] + piece])
            told.append(int(answer.headers["Upload-Offset"]))
