"""Those beside the agency, for real: a witness in a process of its own, and a time authority of `openssl ts` behind a small HTTP server."""

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests import forking

_CONFIG = """
[ tsa ]
default_tsa = one
[ one ]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ess_cert_id_alg = sha256
"""  # no `certs`: openssl would write a set out of its order, which strict readers refuse


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in {"VESTIGE_HOME", "DATABASE_URL"}}
    return {**kept, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


@dataclass
class WitnessProcess:
    """`vestige witness serve` on a folder; started, stopped and started again."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[str] | None" = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def command(self, *words: str) -> dict[str, object]:
        done = forking.command("--json", "witness", *words, "--dir", str(self.folder), env=_environment())
        done.check_returncode()
        first: dict[str, object] = json.loads(done.stdout.splitlines()[0])
        return first

    def start(self) -> None:
        command = [sys.executable, "-m", "vestige.cli.main", "witness", "serve", "--dir", str(self.folder), "--port", str(self.port)]
        self.process = subprocess.Popen(command, env=_environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True)
        for _ in range(300):
            try:
                with urllib.request.urlopen(self.url, timeout=5):
                    return
            except OSError:
                assert self.process.poll() is None
                time.sleep(0.1)
        raise AssertionError("the witness does not answer")

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait(30)


class TimeAuthority:
    """A certificate authority, a time authority under it, and its HTTP address. `answers` off: it says 500."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.answers = folder, True
        folder.mkdir()
        self._openssl(
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Test root", "-days", "30"
        )
        self._openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "tsa.key", "-out", "tsa.csr", "-subj", "/CN=Test time")
        (folder / "usage").write_text(
            "extendedKeyUsage=critical,timeStamping\nbasicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature\n"
        )
        sign = ("x509", "-req", "-in", "tsa.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "30")
        self._openssl(*sign, "-extfile", "usage", "-out", "tsa.pem")
        (folder / "serial").write_text("01\n")
        (folder / "tsa.cnf").write_text(_CONFIG.format(folder=folder))
        self.ca = folder / "trusted.pem"
        self.ca.write_text((folder / "ca.pem").read_text() + (folder / "tsa.pem").read_text())
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/tsa"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def verify(self, token: bytes, message: bytes) -> None:
        """`openssl ts -verify`, which raises where it does not hold."""
        (self.folder / "check.tsr").write_bytes(token)
        (self.folder / "check.txt").write_bytes(message)
        self._openssl("ts", "-verify", "-in", "check.tsr", "-data", "check.txt", "-CAfile", "ca.pem", "-untrusted", "tsa.pem")

    def reply(self, query: bytes) -> bytes:
        (self.folder / "query.tsq").write_bytes(query)
        self._openssl("ts", "-reply", "-config", "tsa.cnf", "-queryfile", "query.tsq", "-out", "reply.tsr")
        return (self.folder / "reply.tsr").read_bytes()

    def _openssl(self, *words: str) -> None:
        subprocess.run([openssl(), *words], cwd=self.folder, capture_output=True, check=True, timeout=60)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        authority = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                query = self.rfile.read(int(self.headers["Content-Length"]))
                assert self.headers["Content-Type"] == "application/timestamp-query"
                body = authority.reply(query) if authority.answers else b"out of order"
                self.send_response(200 if authority.answers else 500)
                self.send_header("Content-Type", "application/timestamp-reply")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        return Handler


def openssl() -> str:
    found = shutil.which("openssl")
    if found is None:
        pytest.skip("no openssl on this machine: see tools/system-packages.sh")
    return found


def make_certificate(stem: Path, name: str) -> Path:
    """A certificate for that name that signs itself, STEM.pem, and its key, STEM.key."""
    paths = stem.with_suffix(".key"), stem.with_suffix(".pem")
    words = ("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}")
    subprocess.run([openssl(), *words, "-keyout", paths[0], "-out", paths[1]], capture_output=True, check=True, timeout=60)
    return paths[1]


def fill(folder: Path) -> Path:
    """Not a byte is left."""
    path = folder / "filling"
    with path.open("wb", buffering=0) as out:
        for size in (1 << 20, 4096, 512):
            try:
                while True:
                    out.write(bytes(size))
            except OSError:
                continue
    return path
