"""The one way out: all at once, within a time limit, nowhere but to the address given."""

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from vestige.evidence.holders import Asked
from vestige.outside.client import MOST_BYTES, OutsideClient


class _Handler(BaseHTTPRequestHandler):
    seen: list[str] = []  # noqa: RUF012  # one server a test

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.seen.append(self.path)
        if self.path == "/slow":
            time.sleep(3)
        if self.path == "/moved":
            self.send_response(307)
            self.send_header("Location", "/echo")
            self.end_headers()
            return
        data = bytes(MOST_BYTES + 1) if self.path == "/long" else body
        self.send_response(200)
        self.send_header("Content-Type", self.headers["Content-Type"])
        self.end_headers()
        self.wfile.write(data[:10] if self.path == "/drip" else data)
        if self.path == "/drip":
            self.wfile.flush()
            time.sleep(3)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def address() -> Iterator[str]:
    _Handler.seen.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def asked(url: str) -> Asked:
    return Asked(url, "text/plain", b"hello, witness")


def test_each_gets_its_answer_in_its_place_and_the_slow_hold_nobody_up(address: str) -> None:
    started = time.monotonic()
    slow, echo, drip, gone = OutsideClient().ask(
        [asked(f"{address}/slow"), asked(f"{address}/echo"), asked(f"{address}/drip"), asked("http://127.0.0.1:1/x")], 1.0
    )
    assert time.monotonic() - started < 2.5
    assert (echo.status, echo.kind, echo.body) == (200, "text/plain", b"hello, witness")
    assert (slow.status, drip.status, gone.status) == (0, 0, 0)
    assert "within 1 seconds" in slow.fault or "imed out" in slow.fault
    assert "refused" in gone.fault


def test_redirects_are_not_followed_and_long_answers_not_taken(address: str) -> None:
    moved, long = OutsideClient().ask([asked(f"{address}/moved"), asked(f"{address}/long")], 5.0)
    assert (moved.status, long.status) == (307, 0)
    assert "more than" in long.fault
    assert "/echo" not in _Handler.seen


def test_what_is_no_address_is_a_fault_and_no_traceback() -> None:
    [answer] = OutsideClient().ask([asked("http://[broken")], 1.0)
    assert answer.status == 0
    assert OutsideClient().ask([], 1.0) == []
