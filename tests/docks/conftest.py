"""A home with people and a camera, a real server over it, and python-swiftclient as the dock."""

import json
import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import swiftclient
from swiftclient.exceptions import ClientException
from tests.conftest import ROOT
from tests.docks.world import CAMERA
from tests.test_home import vestige
from tests.web.conftest import environment, serving, token
from tests.web.world import PASSWORD, clip

UNKNOWN_CAMERA = "B8A44F0000FF"
AT = "20261123T183000Z"


@dataclass
class Dock:
    """A dock system with its credential, and the server that it sends to."""

    home: Path
    url: str
    file: dict[str, Any]

    def connection(self) -> swiftclient.Connection:
        """A client as a controller is one: it signs in by itself, and again where it must."""
        return swiftclient.Connection(
            authurl=self.url + "/auth/v1.0", user=self.file["BlobAPIUserName"], key=self.file["BlobAPIKey"], retries=0, timeout=60
        )

    def account(self) -> str:
        return str(self.file["BlobAPIUserName"])

    def token(self) -> str:
        return str(self.connection().get_auth()[1])

    def record(self, user: str = "B100", serial: str = CAMERA, at: str = AT, **said: str) -> str:
        """Announce a recording, as a controller does; returns its container."""
        name = f"{user}_{serial}_{at}"
        self.connection().put_container(name)
        told = {"ContainerName": name, "BWCSerialNumber": serial, "UserID": user, "Status": "Transferring", **said}
        self.connection().post_container(name, {f"X-Container-Meta-{word}": value for word, value in told.items()})
        return name

    def rows(self, query: str, *values: object) -> list[dict[str, Any]]:
        """What the database holds, read past the program: a command takes a second to start."""
        with closing(sqlite3.connect(self.home / "catalog.sqlite3")) as database:
            database.row_factory = sqlite3.Row
            return [dict(row) for row in database.execute(query, values)]

    def items(self) -> list[dict[str, Any]]:
        """Items, oldest first, with officer and completeness of their recordings."""
        return self.rows(
            "SELECT e.id AS item, e.recording_id AS recording, e.sha256, e.status, e.kind, e.filename, p.badge AS officer, "
            "EXISTS (SELECT 1 FROM catalog_dockcontainer c WHERE c.recording_id = r.id AND c.complete IS NULL) AS incomplete "
            "FROM catalog_evidenceitem e JOIN catalog_recording r ON r.id = e.recording_id "
            "LEFT JOIN accounts_person p ON p.id = r.officer_id ORDER BY e.id"
        )

    def findings(self) -> list[dict[str, Any]]:
        return self.rows("SELECT kind, detail, object_id FROM catalog_finding ORDER BY id")

    def faults(self) -> list[dict[str, Any]]:
        """What does not hold. A check beside a living server may meet a tile that is just being written: so once more, a moment later."""
        for _ in range(4):
            found = vestige(self.home, "fsck")[1]
            if not found:
                break
            time.sleep(1)
        return found


@dataclass(frozen=True)
class World:
    """A home, and the connection files of its docks."""

    home: Path
    files: list[dict[str, Any]]

    def dock(self, url: str, number: int = 0) -> Dock:
        return Dock(self.home, url, self.files[number])


def make_world(folder: Path, **more: str) -> World:
    """In a process of its own, because Django is set up once a process."""
    command = [sys.executable, "-m", "tests.docks.world", str(folder / "home")]
    done = subprocess.run(command, cwd=ROOT, env=environment(**more), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return World(folder / "home", json.loads(done.stdout))


@pytest.fixture(scope="module")
def docks(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("docks"))


@pytest.fixture(scope="module")
def running(docks: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    """The server's address and its process."""
    with serving(docks.home, tmp_path_factory.mktemp("server") / "log.txt", VESTIGE_ALLOW_HTTP="1") as (url, process):
        yield url, process.pid


@pytest.fixture(scope="module")
def served(running: tuple[str, int]) -> str:
    return running[0]


@pytest.fixture(scope="module")
def dock(docks: World, served: str) -> Dock:
    return docks.dock(served)


@pytest.fixture(scope="module")
def other(docks: World, served: str) -> Dock:
    return docks.dock(served, 1)


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """Three clips of two seconds, no two alike."""
    folder = tmp_path_factory.mktemp("clips")
    for number in range(3):
        clip(folder / f"{number}.mp4", seconds=2, started=f"2026-11-23T18:30:0{2 * number}Z", offset=number)
    return [(folder / f"{number}.mp4").read_bytes() for number in range(3)]


def status_of(call: Callable[[], object]) -> int:
    """The status with which a call of the client ends; 0 where it is content."""
    try:
        call()
    except ClientException as error:
        return int(error.http_status)
    return 0


def signed_in(browser: httpx.Client, world: World, badge: str = "V900", role: str = "evidence custodian") -> None:
    """Give this browser the session of a new person, who comes in by an invitation."""
    words = ["people", "add", badge, "Vee", "--role", role, "--invite"]
    command = [sys.executable, "-m", "vestige.cli.main", "--home", str(world.home), *words]
    said = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=True).stdout
    path = re.search(r"/join/\S+", said)
    assert path
    for where, sent in ((path[0], {"password": PASSWORD, "again": PASSWORD}), ("/sign-in", {"badge": badge, "password": PASSWORD})):
        answer = browser.post(where, data={**sent, "csrfmiddlewaretoken": token(browser, where)})
        if answer.status_code == 302 and "sessionid" in browser.cookies:
            return
    assert "sessionid" in browser.cookies
