"""A home with docks, a server over it, and ways to send to it: plain requests, tuspy, and a line between that is cut."""

import base64
import hashlib
import random
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from tests.docks.conftest import Dock, World, make_world
from tests.web.conftest import serving

CHUNK = "application/offset+octet-stream"
TUS = {"Tus-Resumable": "1.0.0"}


def metadata(**words: str) -> str:
    """`Upload-Metadata` of those words."""
    return ",".join(f"{name} {base64.b64encode(value.encode()).decode()}".strip() for name, value in words.items())


@dataclass
class Sender:
    """Who sends by plain requests."""

    dock: Dock
    client: httpx.Client

    def begin(self, length: int, body: bytes | None = None, headers: dict[str, str] | None = None, **words: str) -> httpx.Response:
        told = {
            **TUS,
            "Upload-Length": str(length),
            "Upload-Metadata": metadata(**words),
            **({"Content-Type": CHUNK} if body is not None else {}),
        }
        return self.client.post("/uploads", headers=told | (headers or {}), content=body)

    def patch(self, where: str, offset: int, body: Any, **headers: str) -> httpx.Response:
        return self.client.patch(where, content=body, headers={**TUS, "Content-Type": CHUNK, "Upload-Offset": str(offset), **headers})

    def head(self, where: str) -> httpx.Response:
        return self.client.head(where, headers=TUS)

    def offset(self, where: str) -> int:
        return int(self.head(where).headers["Upload-Offset"])

    def delete(self, where: str) -> httpx.Response:
        return self.client.delete(where, headers=TUS)

    def item(self, body: bytes) -> dict[str, Any]:
        """The one item with these bytes."""
        [row] = [one for one in self.dock.items() if one["sha256"] == hashlib.sha256(body).hexdigest()]
        return row


def authorization(dock: Dock) -> str:
    pair = f"{dock.file['BlobAPIUserName']}:{dock.file['BlobAPIKey']}"
    return "Basic " + base64.b64encode(pair.encode()).decode()


@contextmanager
def sending(dock: Dock) -> Iterator[Sender]:
    with httpx.Client(base_url=dock.url, timeout=60, headers={"Authorization": authorization(dock)}) as client:
        yield Sender(dock, client)


@dataclass
class Line:
    """A line to a server that is cut after so many bytes of what is sent, as `lengths` say; None lets all through."""

    target: tuple[str, int]
    lengths: Iterator[int | None]
    cuts: int = 0
    _server: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))

    @property
    def port(self) -> int:
        return int(self._server.getsockname()[1])

    def run(self) -> None:
        with suppress(OSError):
            while True:
                ours, _ = self._server.accept()
                threading.Thread(target=self._carry, args=(ours, next(self.lengths)), daemon=True).start()

    def close(self) -> None:
        self._server.close()

    def _carry(self, ours: socket.socket, most: int | None) -> None:
        theirs = socket.create_connection(self.target)
        back = threading.Thread(target=self._back, args=(theirs, ours), daemon=True)
        back.start()
        sent = 0
        with suppress(OSError):
            while data := ours.recv(65_536):
                if most is not None and sent + len(data) >= most:
                    theirs.sendall(data[: most - sent])
                    self.cuts += 1
                    break
                theirs.sendall(data)
                sent += len(data)
        for one in (ours, theirs):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _back(self, theirs: socket.socket, ours: socket.socket) -> None:
        with suppress(OSError):
            while data := theirs.recv(65_536):
                ours.sendall(data)
        for one in (ours, theirs):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


def at_random(seed: int, cuts: int, least: int, most: int) -> Iterator[int | None]:
    """Lengths after which a line is cut, so many times; then it holds."""
    chance = random.Random(seed)
    for _ in range(cuts):
        yield chance.randint(least, most)
    while True:
        yield None


@contextmanager
def line_to(url: str, lengths: Iterator[int | None]) -> Iterator[tuple[str, Line]]:
    """The address of a line to a server."""
    line = Line(("127.0.0.1", int(url.rpartition(":")[2])), lengths)
    threading.Thread(target=line.run, daemon=True).start()
    try:
        yield f"http://localhost:{line.port}", line
    finally:
        line.close()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("uploads"))


@pytest.fixture(scope="module")
def served(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(world.home, tmp_path_factory.mktemp("server") / "log.txt", VESTIGE_ALLOW_HTTP="1") as (url, _):
        yield url


@pytest.fixture
def sender(world: World, served: str) -> Iterator[Sender]:
    with sending(world.dock(served)) as found:
        yield found
