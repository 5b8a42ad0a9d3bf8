"""What docks feel: one large upload, twenty at once, the time until a clip can be played, and the pages meanwhile."""

import os
import socket
import sqlite3
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from benchmarks.intake import GIB, make
from benchmarks.measure import ROOT, RUNS, at_least, at_most, folder, home_in, median, timed, vestige
from benchmarks.seeking import OURS, answer, make_clip, serving, sign_in

DOCKS = 20
CAMERA = "BENCH1"
LIMIT_MB, LIMIT_PAGE_MS, LIMIT_PLAY_S = 500, 150.0, 2.0
# A loop that does what cannot be left out: receive, SHA-256, write, fsync. It answers the same client.
_BARE = """
import hashlib, os, socket, sys
with socket.create_server(("127.0.0.1", 0)) as server:
    print(server.getsockname()[1], flush=True)
    while True:
        connection, _ = server.accept()
        with connection, open(sys.argv[1], "wb", buffering=0) as out:
            head = b""
            while b"\\r\\n\\r\\n" not in head:
                head += connection.recv(1)
            left = int(head.lower().split(b"content-length: ")[1].split(b"\\r\\n")[0])
            digest, buffer = hashlib.sha256(), memoryview(bytearray(1 << 20))
            while left:
                got = connection.recv_into(buffer)
                digest.update(buffer[:got])
                out.write(buffer[:got])
                left -= got
            os.fsync(out.fileno())
            connection.sendall(b"HTTP/1.1 201 Created\\r\\nContent-Length: 0\\r\\n\\r\\n")
"""


class Dock:
    """A dock system with a token, and a container to send into."""

    def __init__(self, url: str, file: dict[str, Any], number: int) -> None:
        self._at, account, secret = urlsplit(url), file["BlobAPIUserName"], file["BlobAPIKey"]
        signed = httpx.get(f"{url}/auth/v1.0", headers={"X-Auth-User": account, "X-Auth-Key": secret}, timeout=60)
        self._token = signed.raise_for_status().headers["x-auth-token"]
        self.path = f"/v1.0/{account}/_{CAMERA}_20261124T10{number:02d}00Z"
        httpx.put(f"{url}{self.path}", headers={"X-Auth-Token": self._token}, timeout=60).raise_for_status()

    def send(self, source: Path, name: str) -> float:
        """Seconds from the last byte to the answer."""
        return put((self._at.hostname or "", self._at.port or 0), f"{self.path}/{name}", self._token, source)


def put(server: tuple[str, int], path: str, token: str, source: Path) -> float:
    """Send a file as fast as the system can; seconds from its last byte to the answer."""
    head = f"PUT {path} HTTP/1.1\r\nHost: localhost\r\nX-Auth-Token: {token}\r\nContent-Length: {source.stat().st_size}\r\n\r\n"
    return send_file(server, head, source, b"HTTP/1.1 201")


def send_file(server: tuple[str, int], head: str, source: Path, expected: bytes) -> float:
    """Send a request with a file as its body, as fast as the system can; seconds from its last byte to the answer that is expected."""
    with socket.create_connection(server, timeout=600) as connection, source.open("rb") as file:
        connection.sendall(head.encode())
        connection.sendfile(file)
        sent = time.perf_counter()
        said = connection.recv(65_536)
        if not said.startswith(expected):
            raise RuntimeError(f"the server answered {said[:200]!r}")
        return time.perf_counter() - sent


def run() -> None:
    """All over one home and one server."""
    os.environ["VESTIGE_ALLOW_HTTP"] = "1"
    with folder("docks", (2 * RUNS + 1) * GIB * (1 << 30)) as where:
        home = home_in(where)
        vestige(home, "people", "add", "A1", "Ann", "--role", "administrator")
        vestige(home, "devices", "add", CAMERA, "--as", "C1")
        invitation = str(answer(home, "people", "add", "C2", "Dee", "--role", "evidence custodian", "--invite")["invitation"])
        files = [answer(home, "dock", "connect", f"Dock {n}", "--url", "http://localhost", "--as", "A1") for n in range(DOCKS)]
        print(f"  load of the machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", flush=True)
        with serving(home) as (url, pid), httpx.Client(base_url=url, timeout=60) as client:
            sign_in(client, invitation)
            docks = [Dock(url, file, number) for number, file in enumerate(files)]
            _one(docks[0], where)
            _playable(docks[0], client, home, where)
            _twenty(docks, client, where)
            at_most(f"memory of the server with {DOCKS} docks at once", _peak(pid), LIMIT_MB, "MB")


def _one(dock: Dock, where: Path) -> None:
    """Other bytes each time: what is stored already would only be compared."""
    ratios = []
    for number in range(RUNS):
        source = where / "large.bin"
        make(source, int(GIB * (1 << 30)))
        with _bare(where / "bare") as port:
            bare = timed(lambda port=port, source=source: put(("127.0.0.1", port), "/", "", source))
        (where / "bare").unlink()
        ours = timed(lambda number=number, source=source: dock.send(source, f"20261124_1000{number:02d}_1.bin"))
        source.unlink()
        ratios.append(bare / ours)
        print(f"  receive + SHA-256 + write + fsync {bare:.1f} s, upload {ours:.1f} s", flush=True)
    at_least(f"upload of {GIB:g} GiB against a bare receiving loop", median(ratios), 0.8, "of its speed")


def _playable(dock: Dock, client: httpx.Client, home: Path, where: Path) -> None:
    """From the last byte to the first byte of a range that a player asks for; H.264, ten seconds of 1280 by 720."""
    took = []
    for number in range(RUNS):
        source, name = where / "clip.mp4", f"20261124_1010{number:02d}_1.mp4"
        make_clip(source, width=1280, height=720, frames=250, shade=number)
        begun = time.perf_counter() - dock.send(source, name)
        with closing(sqlite3.connect(home / "catalog.sqlite3")) as database:
            [found] = database.execute("SELECT id FROM catalog_evidenceitem WHERE filename = ?", (name,)).fetchone()
        viewing = client.post("/bytes/viewings", json={"item": str(found), "reason": "A benchmark"}, headers=OURS).raise_for_status()
        played = client.get(str(viewing.json()["url"]), headers={"Range": "bytes=0-99999"})
        if played.status_code != httpx.codes.PARTIAL_CONTENT:
            raise RuntimeError(f"the clip does not play: {played.status_code}")
        took.append(time.perf_counter() - begun)
    at_most("from the last byte of a clip (H.264) to its first second", median(took), LIMIT_PLAY_S, "s")


def _twenty(docks: list[Dock], client: httpx.Client, where: Path) -> None:
    """Twenty uploads that begin together, each a twentieth of the large one; a person looks at pages meanwhile."""
    spreads, pages = [], []
    for number in range(RUNS):
        sources = [where / f"{at}.bin" for at in range(len(docks))]
        for source in sources:
            make(source, int(GIB * (1 << 30)) // DOCKS)
        took: dict[int, float] = {}
        senders = [
            threading.Thread(target=_timed_into, args=(took, at, docks[at], sources[at], f"20261124_1020{number:02d}_1.bin"))
            for at in range(len(docks))
        ]
        for sender in senders:
            sender.start()
        looks = []
        while any(sender.is_alive() for sender in senders):
            looks.append(1000 * timed(lambda: client.get("/recordings").raise_for_status()))
        for sender in senders:
            sender.join()
        if len(took) != len(docks):
            raise RuntimeError(f"{len(docks) - len(took)} of {len(docks)} docks failed")
        spreads.append(max(took.values()) / min(took.values()))
        pages.append(statistics.quantiles(looks, n=20)[-1] if len(looks) > 1 else looks[0])
        print(f"  docks took {min(took.values()):.1f} to {max(took.values()):.1f} s; {len(looks)} pages", flush=True)
    at_most(f"{DOCKS} docks at once, none fails: slowest against fastest", median(spreads), 2, "times")
    at_most(f"a page while {DOCKS} docks send, p95", median(pages), LIMIT_PAGE_MS, "ms")


def _timed_into(took: dict[int, float], at: int, dock: Dock, source: Path, name: str) -> None:
    took[at] = timed(lambda: dock.send(source, name))


def _peak(pid: int) -> float:
    """The largest memory of the process so far, in MB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith("VmHWM:"))


@contextmanager
def _bare(target: Path) -> Iterator[int]:
    """The bare loop in a process of its own; its port."""
    process = subprocess.Popen([sys.executable, "-c", _BARE, str(target)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        yield int(process.stdout.readline() if process.stdout else 0)
    finally:
        process.kill()
        process.communicate()
