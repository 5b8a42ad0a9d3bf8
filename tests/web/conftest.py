"""A home with recordings, and a real server over it, once for all tests of the pages."""

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from tests.conftest import ROOT
from tests.web.world import PASSWORD

CHROMIUM = "/usr/bin/chromium"
OURS = {"X-Vestige": "1", "Sec-Fetch-Site": "same-origin"}


@dataclass(frozen=True)
class World:
    """The home and what lies in it: recordings and items by what they are, tokens of invitations by badge."""

    home: Path
    recordings: dict[str, str]
    tokens: dict[str, str]


@dataclass(frozen=True)
class Server:
    """A server that runs, and the world it shows."""

    url: str
    world: World
    closing: ExitStack

    def client(self) -> httpx.Client:
        """A browser without a session; closed when the test ends."""
        return self.closing.enter_context(httpx.Client(base_url=self.url, timeout=30))

    def signed_in(self, badge: str, password: str = PASSWORD) -> httpx.Client:
        """A browser with a session of that person."""
        client = self.client()
        answer = client.post("/sign-in", data={"badge": badge, "password": password, "csrfmiddlewaretoken": token(client, "/sign-in")})
        assert answer.status_code == 302, answer.text
        return client


def token(client: httpx.Client, path: str) -> str:
    """The token of a form on that page."""
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', client.get(path).text)
    assert found
    return found[1]


def make_world(folder: Path, *options: str) -> World:
    """Make a home in a process of its own, because Django is set up once a process."""
    command = [sys.executable, "-m", "tests.web.world", str(folder / "home"), str(folder / "card"), *options]
    done = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout.splitlines()[-1])
    return World(folder / "home", made.get("recordings", {}), made.get("tokens", {}))


def environment(**more: str) -> dict[str, str]:
    """This process's environment, with the tree importable and no home of somebody else."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("VESTIGE_", "DJANGO_", "DATABASE_"))}
    return {**clean, "PYTHONPATH": f"{ROOT}:{ROOT / 'src'}", **more}


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("pages"), "--console-acts")


@pytest.fixture
def server(running: str, world: World) -> Iterator[Server]:
    with ExitStack() as closing:
        yield Server(running, world, closing)


@pytest.fixture(scope="session")
def running(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(world.home, tmp_path_factory.mktemp("server") / "log.txt") as (url, _):
        yield url


@contextmanager
def serving(home: Path, log: Path, port: int = 0, **more: str) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A server process over a home (at a free port, or that one): its address, and the process itself, for whoever wants to kill it."""
    port = port or free_port()
    command = [sys.executable, "-m", "vestige.cli.main", "--home", str(home), "serve", "--port", str(port)]
    with log.open("w") as out:
        process = subprocess.Popen(command, cwd=ROOT, env=environment(**more), stdout=out, stderr=out)
        try:
            url = f"http://localhost:{port}"
            _wait(url, process, log)
            yield url, process
        finally:
            process.terminate()
            process.wait(20)
    assert "Traceback" not in log.read_text(), log.read_text()


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _wait(url: str, serving: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and serving.poll() is None:
        try:
            httpx.get(f"{url}/static/icon.svg")
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    pytest.fail(f"the server did not start: {log.read_text()}")


@pytest.fixture
def view(server: Server) -> Callable[[httpx.Client, str], tuple[str, str]]:
    """Begin a viewing: client and the name of an item -> its address for bytes and that for reports."""

    def begin(client: httpx.Client, name: str) -> tuple[str, str]:
        sent = {"item": server.world.recordings[f"{name}_item"], "reason": "A test", "case": "T-1"}
        answer = client.post("/bytes/viewings", json=sent, headers=OURS)
        assert answer.status_code == 201, answer.text
        return answer.json()["url"], answer.json()["played"]

    return begin
