"""The first byte after a seek in a sealed file of 2 GB, through the real server, as a browser's player asks for it."""

import json
import os
import random
import re
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from urllib.parse import urlsplit

import av
import httpx
import numpy as np

from benchmarks.measure import ROOT, RUNS, at_most, folder, home_in, median, vestige

SIZE = 2_000_000_000
SEEKS = 200
LIMIT_MS = 20.0
PART = 100_000
PASSWORD = "a long walk at dusk"  # of a home that goes away
OURS = {"X-Vestige": "1", "Sec-Fetch-Site": "same-origin"}


def run() -> None:
    """Seeks at random places, each over a connection of its own (as after a browser's abort), the system's memory of the file let go."""
    with folder("seeking", 2 * SIZE) as where:
        home = home_in(where)
        _make(where / "long.mp4")
        vestige(home, "ingest", str(where / "long.mp4"), "--as", "C1")
        (where / "long.mp4").unlink()
        sealed = max((path for path in (home / "vault").rglob("*") if path.is_file()), key=lambda path: path.stat().st_size)
        item = str(answer(home, "items")["item"])
        invitation = str(answer(home, "people", "add", "C2", "Dee", "--role", "evidence custodian", "--invite")["invitation"])
        with serving(home) as (url, _), httpx.Client(base_url=url, timeout=30) as client:
            sign_in(client, invitation)
            begun = client.post("/bytes/viewings", json={"item": item, "reason": "A benchmark"}, headers=OURS)
            path = str(begun.raise_for_status().json()["url"])
            cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
            for what, length in (("of 100 kB", PART), ("to the end", None)):
                slow = [_run(sealed, url, path, cookie, length) for _ in range(RUNS)]
                at_most(f"first byte after a seek in 2 GB, range {what}, p95", median(slow), LIMIT_MS, "ms")


def _run(sealed: Path, url: str, path: str, cookie: str, length: int | None) -> float:
    """The 95th percentile (ms) of one run."""
    with sealed.open("rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    places = random.Random(length).sample(range(SIZE - PART), SEEKS)  # places, not secrets
    took = [_seek(url, path, cookie, (at, f"{at + length - 1}" if length else "")) for at in places]
    return statistics.quantiles(took, n=20)[-1]


def _seek(url: str, path: str, cookie: str, span: tuple[int, str]) -> float:
    """Milliseconds from connecting to the first byte of the body; then the connection is dropped."""
    host, port = urlsplit(url).hostname or "localhost", urlsplit(url).port or 0
    asked = f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nCookie: {cookie}\r\nRange: bytes={span[0]}-{span[1]}\r\n\r\n".encode()
    begun = time.perf_counter()
    with socket.create_connection((host, port), timeout=30) as connection:
        connection.sendall(asked)
        got = b""
        while b"\r\n\r\n" not in got or got.endswith(b"\r\n\r\n"):
            part = connection.recv(65_536)
            if not part:
                raise RuntimeError("the server closed before the first byte")
            got += part
        took = (time.perf_counter() - begun) * 1000
    if not got.startswith(b"HTTP/1.1 206"):
        raise RuntimeError(f"the server answered {got[:40]!r}")
    return took


def make_clip(path: Path, width: int = 320, height: int = 180, frames: int = 100, shade: int = 0) -> None:
    """A clip that browsers play: H.264, each picture of one shade."""
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as out:
        picture = out.add_stream("libx264", rate=25)
        picture.width, picture.height, picture.pix_fmt = width, height, "yuv420p"
        for number in range(frames):
            frame = av.VideoFrame.from_ndarray(np.full((height, width, 3), (number + shade) % 256, np.uint8), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            out.mux(picture.encode(frame))
        out.mux(picture.encode())


def _make(path: Path) -> None:
    """A clip made long by a box of free space behind it."""
    make_clip(path)
    length, block = SIZE - path.stat().st_size, os.urandom(16 << 20)
    with path.open("ab") as file:
        file.write(length.to_bytes(4, "big") + b"free")
        left = length - 8
        while left:
            left -= file.write(block[: min(len(block), left)])


def sign_in(client: httpx.Client, invitation: str) -> None:
    """A session of whom the invitation is for, badge C2."""
    for path, more in ((invitation, {"again": PASSWORD}), ("/sign-in", {"badge": "C2"})):
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', client.get(path).text)
        if found is None:
            raise RuntimeError(f"there is no form on {path}")
        answer = client.post(path, data={"password": PASSWORD, "csrfmiddlewaretoken": found[1], **more})
        if answer.status_code != httpx.codes.FOUND:
            raise RuntimeError(f"{path} answered {answer.status_code}")


def answer(home: Path, *words: str) -> dict[str, object]:
    """What a command of the home answers."""
    command = [sys.executable, "-m", "vestige.cli.main", "--home", str(home), "--json", *words]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    return dict(json.loads(done.stdout.splitlines()[0]))


@contextmanager
def serving(home: Path) -> Iterator[tuple[str, int]]:
    """A server over the home: its address, and its process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "vestige.cli.main", "--home", str(home), "serve", "--port", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        until = time.monotonic() + 60
        while True:
            try:
                httpx.get(f"{url}/static/icon.svg")
                break
            except httpx.TransportError:
                if time.monotonic() > until or process.poll() is not None:
                    raise
                time.sleep(0.1)
        yield url, process.pid
    finally:
        process.terminate()
        process.wait(20)
