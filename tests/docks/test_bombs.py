"""Bytes made to hurt: lying lengths, containers that promise the world, thousands of half uploads, thousands of tiny clips."""

import contextlib
import hashlib
import json
import resource
import socket
import struct
import threading
import time
import zlib
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.budget import budget
from tests.docks.conftest import Dock

from vestige.ingest.axis.app import MOST_UPLOADS_OF_ONE

FULL = budget() <= 0
MB = 1 << 20


def wire(dock: Dock) -> socket.socket:
    parts = urlsplit(dock.url)
    return socket.create_connection((str(parts.hostname), int(parts.port or 0)), timeout=60)


def head(dock: Dock, token: str, path: str, *more: str) -> bytes:
    lines = (f"PUT /v1/{dock.account()}/{path} HTTP/1.1", "Host: localhost", f"X-Auth-Token: {token}", *more)
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def answers(connected: socket.socket) -> list[int]:
    """The statuses that came until the server closed."""
    data = b""
    with contextlib.suppress(OSError):
        while part := connected.recv(65_536):
            data += part
    return [int(line.split()[1]) for line in data.split(b"\r\n") if line.startswith(b"HTTP/1.1 ")]


@pytest.mark.parametrize(
    ("told", "body"),
    [
        (["Content-Length: -5"], b"12345"),
        (["Content-Length: five"], b"12345"),
        (["Content-Length: 5", "Content-Length: 6"], b"123456"),
        (["Content-Length: 99999999999999999999999999"], b"12345"),
        (["Content-Length: 9223372036854775807"], b"12345"),
        (["Content-Length: 5", "Transfer-Encoding: chunked"], b"12345"),
        (["Transfer-Encoding: chunked"], b"ZZ\r\nnot hex"),
        (["Transfer-Encoding: chunked"], b"ffffffffffffffffff\r\n12345"),
        (["Transfer-Encoding: chunked"], b"5\r\n1234567890\r\n0\r\n\r\n"),
        (["Transfer-Encoding: chunked"], b"5\r\n12345\r\n"),
        (["Content-Length: 10"], b"12345"),
    ],
    ids=str,
)
def test_a_length_that_lies_is_refused_and_nothing_of_it_is_kept(dock: Dock, told: list[str], body: bytes) -> None:
    before, token = len(dock.items()), dock.token()
    name = dock.record(at="20261201T100000Z")
    with wire(dock) as connected:
        connected.sendall(head(dock, token, f"{name}/lying.mp4", *told) + body)
        connected.shutdown(socket.SHUT_WR)
        assert set(answers(connected)) <= {400, 413, 501, 503}
    until = time.monotonic() + 30
    while dock.rows("SELECT id FROM catalog_intake") and time.monotonic() < until:
        time.sleep(0.05)
    assert dock.rows("SELECT id FROM catalog_intake") == []
    assert len(dock.items()) == before


def test_bytes_beyond_the_length_are_no_part_of_the_object_and_no_request(dock: Dock) -> None:
    """At once, the whole is refused or the object is what its length says; afterwards, it is the object and then a refusal."""
    name, token = dock.record(at="20261201T110000Z"), dock.token()
    with wire(dock) as connected:
        connected.sendall(head(dock, token, f"{name}/bookmark_1_1", "Content-Length: 5") + b"12345678 and more\r\n\r\n")
        assert answers(connected) in ([400], [201, 400])
    with wire(dock) as connected:
        connected.sendall(head(dock, token, f"{name}/bookmark_1_2", "Content-Length: 5") + b"12345")
        assert connected.recv(12) == b"HTTP/1.1 201"
        connected.sendall(b"678 and more\r\n\r\n")
        assert answers(connected) == [400]
    rows = dock.rows("SELECT filename, sha256 FROM catalog_evidenceitem WHERE filename LIKE 'bookmark_1__'")
    assert "bookmark_1_2" in {row["filename"] for row in rows}
    assert {row["sha256"] for row in rows} == {hashlib.sha256(b"12345").hexdigest()}


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(body), kind) + body


def bombs(clip: bytes) -> dict[str, bytes]:
    """Files that are small and promise much."""
    deep = b""
    for _ in range(20_000):
        deep = struct.pack(">I4s", 8 + len(deep), b"moov") + deep if len(deep) < 150_000 else deep
    at = clip.index(b"stsz")
    many = clip[: at + 12] + b"\xff\xff\xff\xff" + clip[at + 16 :]
    wide = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    png = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in ((b"IHDR", wide), (b"IDAT", zlib.compress(bytes(20 * MB), 9)), (b"IEND", b""))
    )
    ebml = b"\x1a\x45\xdf\xa3\x84\x42\x82\x81m" + b"\x18\x53\x80\x67\x01\xff\xff\xff\xff\xff\xff\xfe" + b"\x1f\x43\xb6\x75\xff" * 50_000
    return {
        "deep.mp4": box(b"ftyp", b"isom\0\0\0\0isom") + deep,
        "many.mp4": many,
        "endless.mp4": box(b"ftyp", b"isom\0\0\0\0isom") + struct.pack(">I4sQ", 1, b"moov", (1 << 63) - 1) + b"x" * 100,
        "wide.png": png,
        "endless.mkv": ebml,
        "nested.pdf": b"%PDF-1.7\n1 0 obj\n" + b"<<" * 200_000,
        "20261202_100000_1_gpstrail.json": b"[" * 900_000,
        "20261202_100000_1.key": b'{"a":' * 100_000,
        "bookmark_1_9": b"\xff" * 900_000,
    }


def memory(pid: int) -> int:
    """Bytes that the process holds now."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith("VmRSS:"))


def test_what_promises_the_world_is_kept_apart_and_costs_little(dock: Dock, running: tuple[str, int], clips: list[bytes]) -> None:
    name, client = dock.record(at="20261202T100000Z"), dock.connection()
    before, begun = memory(running[1]), time.monotonic()
    sent = bombs(clips[0])
    for path, body in sent.items():
        assert client.put_object(name, path, body) == hashlib.md5(body).hexdigest()
    rows = dock.rows("SELECT filename, sha256, status FROM catalog_evidenceitem")
    kept = {row["filename"]: row for row in rows if row["filename"] in sent}
    assert {path: row["sha256"] for path, row in kept.items()} == {path: hashlib.sha256(body).hexdigest() for path, body in sent.items()}
    assert {path for path, row in kept.items() if row["status"] == "accessioned"} <= {"wide.png", "nested.pdf"}
    assert time.monotonic() - begun < 120
    assert memory(running[1]) - before < 100 * MB
    assert client.put_object(name, "20261202_100100_1.mp4", clips[1] + b"still there")


def test_thousands_of_half_uploads_cost_little_and_harm_no_other_dock(
    dock: Dock, other: Dock, running: tuple[str, int], clips: list[bytes]
) -> None:
    """Most are silent after their head; some have begun to send, and drip: those take all the room that one dock has, and no more."""
    count = 5_000 if FULL else 500
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, count + 1_000)), hard))
    name, token, before = dock.record(at="20261203T100000Z"), dock.token(), memory(running[1])
    theirs, client = other.record(at="20261203T110000Z"), other.connection()
    with contextlib.ExitStack() as open_:
        slow = []
        for number in range(count):
            one = open_.enter_context(wire(dock))
            one.sendall(head(dock, token, f"{name}/half{number}", "Content-Length: 1000000"))
            if number % 50 == 0:
                one.sendall(b"x" * 1_000)
                slow.append(one)
        took = []
        for number in range(5):
            for one in slow:
                with contextlib.suppress(OSError):  # more than there is room for: answered, and closed
                    one.sendall(b"y")
            start, body = time.monotonic(), clips[number % 3] + b"beside thousands" + bytes([number])
            assert client.put_object(theirs, f"20261203_11000{number}_1.mp4", body) == hashlib.md5(body).hexdigest()
            took.append(time.monotonic() - start)
        grown = memory(running[1]) - before
    assert grown < MOST_UPLOADS_OF_ONE * 12 * MB + count * 20_000  # those that send have room for a few pieces each, the others none
    assert max(took) < 30
    print(f"{count} half uploads: memory grew by {grown / MB:.0f} MiB, clips beside them {min(took):.1f} to {max(took):.1f} s")


@pytest.mark.timeout(0 if FULL else 600)  # a child looks at each of them: ten thousand take an hour
def test_thousands_of_tiny_clips_are_all_there(dock: Dock, running: tuple[str, int]) -> None:
    count, name = 10_000 if FULL else 40, dock.record(at="20261204T100000Z")
    numbers, before, begun = iter(range(count)), memory(running[1]), time.monotonic()
    failed: list[object] = []
    lock = threading.Lock()

    def send() -> None:
        client = dock.connection()
        while True:
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            try:
                client.put_object(name, f"tiny{number}.mp4", f"tiny {number}".encode())
            except Exception as error:  # noqa: BLE001  # told to the test below
                failed.append(error)

    senders = [threading.Thread(target=send) for _ in range(8)]
    for one in senders:
        one.start()
    for one in senders:
        one.join()
    assert failed == []
    rows = dock.rows("SELECT sha256 FROM catalog_evidenceitem WHERE filename LIKE 'tiny%'")
    assert sorted(row["sha256"] for row in rows) == sorted(hashlib.sha256(f"tiny {number}".encode()).hexdigest() for number in range(count))
    took = time.monotonic() - begun
    assert memory(running[1]) - before < 150 * MB
    print(f"{count} tiny clips in {took:.0f} s, {count / took:.1f} a second")
    assert json.dumps(dock.faults()) == "[]"
