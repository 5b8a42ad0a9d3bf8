"""Hostile names and headers, wrong checksums, lying lengths, cut connections, slow senders: a clear answer, nothing lost, nothing half-kept."""

import contextlib
import hashlib
import http.client
import socket
import time
from collections.abc import Callable, Iterator
from urllib.parse import quote, urlsplit

import pytest
import swiftclient
from tests.docks.conftest import Dock, status_of

from vestige.ingest.axis.app import MOST_UPLOADS_OF_ONE

NAMES = (
    "../../../../etc/passwd",
    "..",
    "a/b/c.mp4",
    "%2e%2e%2f%2e%2e%2f",
    "nul\0byte",
    "line\r\nX-Injected: yes",
    "\x1b[31mred",
    "\u202egnp.exe",
    "x" * 5_000,
    "é" * 900,
    "space and ; semicolon",
)


@pytest.fixture
def wire(dock: Dock) -> Iterator[socket.socket]:
    parts = urlsplit(dock.url)
    with socket.create_connection((str(parts.hostname), int(parts.port or 0)), timeout=30) as connected:
        yield connected


def test_whatever_an_object_is_called_it_is_kept_and_nothing_outside_the_vault_is_touched(dock: Dock) -> None:
    name, token = dock.record(at="20261101T100000Z"), dock.token()
    connection = http.client.HTTPConnection(urlsplit(dock.url).netloc, timeout=60)  # other clients tidy paths up before they send them

    def call(method: str, path: str, body: bytes = b"", **meta: str) -> tuple[int, str | None]:
        connection.request(method, f"/v1/{dock.account()}/{path}", body, {"X-Auth-Token": token, **meta})
        answer = connection.getresponse()
        answer.read()
        return answer.status, answer.headers["etag"]

    for number, hostile in enumerate(NAMES):
        body, safe = f"bookmark {number}".encode(), "/." if number % 2 else ""
        path = f"{name}/bookmark_{quote(hostile, safe=safe)}_{number}"
        assert call("PUT", path, body) == (201, hashlib.md5(body).hexdigest())
        assert call("POST", path, **{"X-Object-Meta-Tags": "a" * 2_000})[0] == 202
        container = quote(f"{hostile}{number}", safe="")
        assert call("PUT", container)[0] == 201
        assert call("POST", container, **{"X-Container-Meta-Note": "%00%0d%0a%ff\u00e9"})[0] == 204
    assert call("PUT", "%00%ff")[0] == 201
    connection.close()
    came = dock.rows("SELECT filename FROM catalog_evidenceitem WHERE filename LIKE 'bookmark%'")
    assert len(came) == len(NAMES)
    assert all(row["filename"].isprintable() and len(row["filename"]) <= 1024 for row in came)
    assert {path.name for path in dock.home.parent.iterdir()} == {"home", "home.keyring"}


def test_a_head_without_end_is_answered_and_cut_off(dock: Dock, wire: socket.socket) -> None:
    token = dock.token()
    start = f"PUT /v1/{dock.account()}/c HTTP/1.1\r\nHost: localhost\r\nX-Auth-Token: {token}\r\n".encode()
    wire.sendall(start + b"X-Container-Meta-Bomb: ")
    sent = 0
    with contextlib.suppress(ConnectionError):
        while sent < 64 << 20:
            sent += wire.send(b"b" * 65_536)
    assert sent < 16 << 20
    connection = http.client.HTTPConnection(urlsplit(dock.url).netloc, timeout=30)
    connection.putrequest("PUT", f"/v1/{dock.account()}/c")
    for number in range(2_000):
        connection.putheader(f"X-Container-Meta-{number}", "v" * 60)
    with contextlib.suppress(ConnectionError):
        connection.endheaders()
    assert connection.getresponse().status == 400
    connection.close()
    assert status_of(lambda: dock.connection().put_container("still there")) == 0


def test_what_is_not_what_was_announced_is_refused_and_nothing_of_it_is_kept(dock: Dock) -> None:
    client, name = dock.connection(), dock.record(at="20261102T100000Z")
    before = len(dock.items())
    wrong = hashlib.md5(b"something else").hexdigest()
    assert status_of(lambda: client.put_object(name, "20261102_100000_1.mp4", b"bytes", headers={"ETag": wrong})) == 503
    assert status_of(lambda: client.put_object("System", "id", b"bytes", headers={"ETag": wrong})) == 503
    assert status_of(lambda: client.put_object("Users", "big", b"x" * 70_000)) == 400
    assert len(dock.items()) == before
    right = hashlib.md5(b"bytes").hexdigest()
    assert client.put_object(name, "20261102_100000_1.mp4", b"bytes", headers={"ETag": right}) == right
    assert len(dock.items()) == before + 1


def test_a_connection_that_is_cut_keeps_nothing_and_the_retry_is_whole(dock: Dock, clips: list[bytes]) -> None:
    name, token = dock.record(at="20261103T100000Z"), dock.token()
    before, path = len(dock.items()), f"/v1.0/{dock.account()}/{name}/20261103_100000_1.mp4"
    body = clips[0] * 40  # larger than what is held back in memory
    for cut in (0, 1, 70_000, len(body) // 2, len(body) - 1):
        for chunked in (False, True):
            _half(dock, path, token, body, cut, chunked=chunked)
    assert dock.connection().put_object(name, "20261103_100000_1.mp4", body) == hashlib.md5(body).hexdigest()
    assert len(dock.items()) == before + 1
    _until_no_intake(dock)
    assert dock.faults() == []


def test_half_uploads_that_go_silent_harm_nobody_else(dock: Dock, clips: list[bytes]) -> None:
    name, token = dock.record(at="20261104T100000Z"), dock.token()
    parts = urlsplit(dock.url)
    with contextlib.ExitStack() as open_:
        for number in range(600):
            one = open_.enter_context(socket.create_connection((str(parts.hostname), int(parts.port or 0)), timeout=30))
            head = f"PUT /v1/{dock.account()}/{name}/half{number} HTTP/1.1\r\nHost: localhost\r\nX-Auth-Token: {token}\r\n"
            one.sendall(head.encode() + (b"Content-Length: 1000000\r\n\r\n" if number % 2 else b""))
        begun = time.monotonic()
        etag = dock.connection().put_object(name, "20261104_100000_1.mp4", clips[0] + b"beside the silent")
        assert etag == hashlib.md5(clips[0] + b"beside the silent").hexdigest()
        assert time.monotonic() - begun < 30


def test_a_dock_that_sends_too_much_at_once_is_asked_to_wait_and_another_is_not(dock: Dock, other: Dock) -> None:
    name, token, theirs = dock.record(at="20261105T100000Z"), dock.token(), other.record(at="20261105T110000Z")
    parts, before = urlsplit(dock.url), len(dock.items())
    with contextlib.ExitStack() as open_:
        for number in range(MOST_UPLOADS_OF_ONE):
            one = open_.enter_context(socket.create_connection((str(parts.hostname), int(parts.port or 0)), timeout=30))
            head = f"PUT /v1/{dock.account()}/{name}/part{number} HTTP/1.1\r\nHost: localhost\r\nX-Auth-Token: {token}\r\n"
            one.sendall(head.encode() + b"Content-Length: 1000000\r\n\r\n" + b"x" * 100_000)
        _until(lambda: len(dock.rows("SELECT id FROM catalog_intake")) == MOST_UPLOADS_OF_ONE)
        assert status_of(lambda: dock.connection().put_object(name, "bookmark_1_1", b"one too many")) == 503
        assert other.connection().put_object(theirs, "bookmark_1_1", b"beside") == hashlib.md5(b"beside").hexdigest()
    _until_no_intake(dock)
    assert dock.connection().put_object(name, "bookmark_1_1", b"now") == hashlib.md5(b"now").hexdigest()
    assert len(dock.items()) == before + 2


def test_a_wrong_token_is_answered_before_the_body_was_sent(dock: Dock) -> None:
    url = f"{dock.url}/v1/{dock.account()}"
    assert status_of(lambda: swiftclient.put_object(url, "wrong", "c", "o", b"x" * 3_000_000)) == 401


def _half(dock: Dock, path: str, token: str, body: bytes, cut: int, *, chunked: bool) -> None:
    connection = http.client.HTTPConnection(urlsplit(dock.url).netloc, timeout=30)
    connection.putrequest("PUT", path)
    connection.putheader("X-Auth-Token", token)
    connection.putheader(*(("Transfer-Encoding", "chunked") if chunked else ("Content-Length", str(len(body)))))
    connection.endheaders()
    if chunked and cut:
        connection.send(b"%x\r\n" % len(body))
    connection.send(body[:cut])
    time.sleep(0.05)
    connection.close()


def _until_no_intake(dock: Dock) -> None:
    _until(lambda: not dock.rows("SELECT id FROM catalog_intake"))


def _until(so: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not so() and time.monotonic() < until:
        time.sleep(0.1)
    assert so()
