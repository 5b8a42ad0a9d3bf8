"""Senders that lie, stall, or begin thousands of uploads: a clear answer each, bounded memory, and others are not kept from sending."""

import os
import resource
import socket
import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path

import httpx
import pytest
from tests.budget import budget
from tests.docks.conftest import World, make_world
from tests.uploads.conftest import CHUNK, TUS, Sender, authorization, sending
from tests.web.conftest import serving

MB = 1 << 20


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, str, int]]:
    """A world of its own, its server, and the server's process."""
    world = make_world(tmp_path_factory.mktemp("hostile"))
    with serving(world.home, tmp_path_factory.mktemp("server") / "log.txt", VESTIGE_ALLOW_HTTP="1") as (url, process):
        yield world, url, process.pid


@pytest.fixture
def dock(hostile: tuple[World, str, int]) -> Iterator[Sender]:
    with sending(hostile[0].dock(hostile[1])) as found:
        yield found


@pytest.fixture
def other(hostile: tuple[World, str, int]) -> Iterator[Sender]:
    with sending(hostile[0].dock(hostile[1], 1)) as found:
        yield found


def test_uploads_that_are_begun_and_never_sent_cost_a_row_each_and_end_at_a_number(
    dock: Sender, other: Sender, hostile: tuple[World, str, int]
) -> None:
    world, _, pid = hostile
    many = 2_000 if budget() <= 0 else 150
    assert dock.begin(10, filename="warm").status_code == 201
    before = _resident(pid)
    for number in range(many - 1):
        assert dock.begin(1 << 30, filename=f"{number}.bin", more="x" * 500).status_code == 201
    assert _resident(pid) - before < 24 * MB
    assert list((world.home / "vault" / "tmp").iterdir()) == []
    _pad(world, 2_000 - many)
    refused = dock.begin(10, filename="one more")
    assert refused.status_code == 503
    assert "2000 uploads of yours" in refused.text
    body = os.urandom(1000)
    assert other.begin(len(body), body, filename="another's").status_code == 201
    other.item(body)
    print(f"{many} begun, memory grew by {(_resident(pid) - before) >> 20} MiB")
    with closing(sqlite3.connect(world.home / "catalog.sqlite3", timeout=20)) as database, database:
        database.execute("DELETE FROM catalog_upload")


def _pad(world: World, more: int) -> None:
    """As many further rows of the same sender, without the hours of sending."""
    with closing(sqlite3.connect(world.home / "catalog.sqlite3", timeout=20)) as database, database:
        for number in range(more):
            database.execute(
                "INSERT INTO catalog_upload (id, sealed, owner, length, words, officer, started, heard, received, outcome) "
                "SELECT ?, sealed, owner, length, words, officer, started, heard, received, outcome FROM catalog_upload ORDER BY id LIMIT 1",
                (f"{number:032x}",),
            )


def test_senders_that_stall_keep_nobody_else_from_sending(dock: Sender, other: Sender, hostile: tuple[World, str, int]) -> None:
    _, url, pid = hostile
    many = 1_000 if budget() <= 0 else 100
    where = [dock.begin(MB, filename=f"{number}.bin").headers["Location"] for number in range(many)]
    before = _resident(pid)
    with ExitStack() as held:
        for number, one in enumerate(where):
            line = held.enter_context(socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))))
            head = f"PATCH {one} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {authorization(dock.dock)}\r\nTus-Resumable: 1.0.0\r\n"
            head += f"Content-Type: {CHUNK}\r\nUpload-Offset: 0\r\nContent-Length: {MB}\r\n\r\n"
            line.sendall(head.encode() + (b"x" * 1000 if number % 2 else b""))  # the others don't even begin
        time.sleep(1)
        body, begun = os.urandom(2 * MB), time.monotonic()
        assert other.begin(len(body), body, filename="meanwhile.bin").status_code == 201
        assert time.monotonic() - begun < 15
        other.item(body)
        assert _resident(pid) - before < 160 * MB  # 8 MiB for each that is let in, however many wait
        assert httpx.get(url + "/sign-in", timeout=15).status_code == 200
        busy = dock.patch(where[0], 0, b"y" * MB)
        assert (busy.status_code, busy.headers.get("Retry-After")) in {(503, "5"), (204, None)}
    until = time.monotonic() + 30
    while (answer := dock.patch(where[2], 0, b"z" * MB)).status_code != 204 and time.monotonic() < until:
        time.sleep(0.5)
    assert answer.status_code == 204
    print(f"{many} half-uploads, memory grew by {(_resident(pid) - before) >> 20} MiB")


def test_a_body_that_is_longer_than_announced_adds_nothing_beyond(dock: Sender) -> None:
    body = os.urandom(3 * MB)
    where = dock.begin(len(body), filename="lies.bin").headers["Location"]

    def chunks() -> Iterator[bytes]:
        yield body
        yield b"and more than was announced"

    answer = dock.patch(where, 0, chunks())
    assert answer.status_code == 400
    assert "and more come" in answer.text
    offset = dock.offset(where)
    assert 0 <= offset < len(body)
    assert dock.patch(where, offset, body[offset:]).status_code == 204
    dock.item(body)


def test_a_body_that_says_it_is_longer_than_the_rest_is_refused_before_it_is_read(dock: Sender) -> None:
    where = dock.begin(MB, filename="lies.bin").headers["Location"]
    answer = dock.patch(where, 0, os.urandom(2 * MB))
    assert answer.status_code == 400
    assert dock.offset(where) < MB


def test_a_head_that_bombs_is_cut_off(dock: Sender) -> None:
    told = {**TUS, "Upload-Length": "1", "Upload-Metadata": "filename " + "A" * 17_000}
    assert dock.client.post("/uploads", headers=told).status_code == 400
    told["Upload-Metadata"] = "filename " + "A" * 70_000
    with suppress(httpx.TransportError):  # the connection may end before its answer is read
        assert dock.client.post("/uploads", headers=told).status_code == 400
    assert dock.begin(10, filename="after that").status_code == 201


def test_a_full_disk_is_507_and_the_upload_goes_on_when_there_is_room(dock: Sender, hostile: tuple[World, str, int]) -> None:
    pid, body = hostile[2], os.urandom(12 * MB)
    where = dock.begin(len(body), filename="full.bin").headers["Location"]
    assert dock.patch(where, 0, body[:MB]).status_code == 204
    limits = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (8 * MB, limits[1]))  # no file grows beyond that: EFBIG
    answer = dock.patch(where, MB, body[MB:])
    resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)
    assert answer.status_code == 507
    assert "go on with this upload when there is room" in answer.text
    offset = dock.offset(where)
    assert MB <= offset < len(body)
    assert dock.patch(where, offset, body[offset:]).status_code == 204
    dock.item(body)


def test_a_creation_whose_first_bytes_cannot_be_taken_says_where_the_upload_is(dock: Sender, hostile: tuple[World, str, int]) -> None:
    _, _, pid = hostile
    body = os.urandom(12 * MB)
    limits = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (8 * MB, limits[1]))
    created = dock.begin(len(body), body, filename="begun.bin")
    resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)
    assert created.status_code == 201
    where, sent = created.headers["Location"], int(created.headers["Upload-Offset"])
    assert sent <= 8 * MB
    sent = dock.offset(where)
    assert dock.patch(where, sent, body[sent:]).status_code == 204
    dock.item(body)
    wrong = dock.begin(10, b"0123456789", headers={"Upload-Checksum": "sha1 " + "A" * 27 + "="}, filename="wrong.bin")
    assert (wrong.status_code, dock.offset(wrong.headers["Location"])) == (460, 0)


def test_too_many_failed_sign_ins_are_told_as_a_while_and_not_as_for_good(dock: Sender) -> None:
    wrong = {**TUS, "Authorization": "Basic ZG9ja194Onk="}
    found = [dock.client.post("/uploads", headers={**wrong, "Upload-Length": "1"}).status_code for _ in range(25)]
    assert set(found) == {401, 503}
    locked = dock.client.head("/uploads/00000000-0000-7000-8000-000000000000", headers=wrong)
    assert (locked.status_code, locked.headers["Retry-After"]) == (423, "5"), "another answer has clients begin anew"


def test_all_holds_after_that(dock: Sender) -> None:
    assert dock.dock.faults() == []


def _resident(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
