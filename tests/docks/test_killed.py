"""The server is killed while docks send, again and again: what was acknowledged is there, once; what was not comes in by the retry."""

import hashlib
import signal
import threading
import time
from pathlib import Path

import swiftclient
from tests.budget import budget, how_far
from tests.docks.conftest import Dock, World, make_world
from tests.test_home import vestige
from tests.web.conftest import serving


def test_nothing_acknowledged_is_lost_and_nothing_is_there_twice(tmp_path: Path, clips: list[bytes]) -> None:
    world, kills = make_world(tmp_path), 20 if budget() <= 0 else 2
    bodies = {f"20261201_1000{number:02d}_{number}.mp4": clips[number % 3] + bytes([number]) * 300_000 for number in range(4 * kills)}
    waiting, acknowledged = dict(bodies), dict[str, str]()
    for turn in range(kills):
        with serving(world.home, tmp_path / f"log{turn}.txt", VESTIGE_ALLOW_HTTP="1") as (url, process):
            dock = world.dock(url)
            name = dock.record(at="20261201T100000Z")
            sender = threading.Thread(target=_send, args=(dock, name, waiting, acknowledged))
            sender.start()
            time.sleep(0.3 + 0.7 * turn)  # somewhere in it
            process.send_signal(signal.SIGKILL)
            process.wait(20)
            sender.join(120)
    _finish(world, tmp_path, waiting, acknowledged)
    assert acknowledged == {name: hashlib.md5(body).hexdigest() for name, body in bodies.items()}
    rows = world.dock("").rows("SELECT filename, sha256 FROM catalog_evidenceitem ORDER BY filename")
    assert [(row["filename"], row["sha256"]) for row in rows] == [(name, hashlib.sha256(body).hexdigest()) for name, body in bodies.items()]
    assert len(world.dock("").rows("SELECT id FROM catalog_recording")) == 1
    assert vestige(world.home, "fsck")[:2] == (0, [])
    how_far(f"{kills} kills, {len(bodies)} clips")


def _send(dock: Dock, container: str, waiting: dict[str, bytes], acknowledged: dict[str, str]) -> None:
    """As a dock does: what was acknowledged is forgotten, the rest is sent again later."""
    try:
        client = dock.connection()
        for name, body in list(waiting.items()):
            acknowledged[name] = client.put_object(container, name, body)
            del waiting[name]
    except (OSError, swiftclient.ClientException):
        return


def _finish(world: World, folder: Path, waiting: dict[str, bytes], acknowledged: dict[str, str]) -> None:
    with serving(world.home, folder / "last.txt", VESTIGE_ALLOW_HTTP="1") as (url, _):
        dock = world.dock(url)
        _send(dock, dock.record(at="20261201T100000Z"), waiting, acknowledged)
        assert waiting == {}
        assert dock.rows("SELECT id FROM catalog_intake") == []
