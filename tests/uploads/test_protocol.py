"""tus 1.0.0, call by call."""

import base64
import hashlib
import json
import os
import socket
import time
from datetime import UTC, datetime

import pytest
from tests.docks.conftest import World
from tests.docks.world import CAMERA
from tests.uploads.conftest import CHUNK, TUS, Sender, authorization, metadata, sending

from vestige.evidence.values import to_ms

MB = 1 << 20


def test_what_is_spoken_is_told_to_anybody(sender: Sender) -> None:
    for path in ("/uploads", "/uploads/x"):
        answer = sender.client.options(path, headers={"Authorization": ""})
        assert answer.status_code == 204
        assert answer.headers["Tus-Version"] == "1.0.0"
        assert answer.headers["Tus-Extension"] == "creation,creation-with-upload,expiration,termination,checksum"
        assert answer.headers["Tus-Checksum-Algorithm"] == "sha1,sha256"
        assert "Tus-Max-Size" not in answer.headers


def test_a_file_in_three_parts_becomes_an_item_once_with_all_that_was_said(sender: Sender) -> None:
    body = os.urandom(5 * MB + 77)
    begun = sender.begin(len(body), filename="Câmera 7/clip №1.mp4", officer="B200", device=CAMERA, recorded_at="2026-11-20T10:00:00Z")
    assert begun.status_code == 201
    assert "Upload-Expires" in begun.headers
    where = begun.headers["Location"]
    at = 0
    for end in (1, 3 * MB + 5, len(body)):
        assert sender.offset(where) == at
        answer = sender.patch(where, at, body[at:end])
        assert (answer.status_code, answer.headers["Upload-Offset"]) == (204, str(end))
        at = end
    outcome = json.loads(answer.headers["Vestige-Outcome"])
    row = sender.item(body)
    assert (outcome["item"].replace("-", ""), outcome["status"]) == (row["item"], "quarantined")
    assert (row["filename"], row["officer"]) == ("clip №1.mp4", "B200")
    [recorded] = sender.dock.rows("SELECT recorded_at FROM catalog_recording WHERE id = ?", row["recording"])
    assert recorded["recorded_at"] == to_ms(datetime(2026, 11, 20, 10, tzinfo=UTC))
    head = sender.head(where)
    assert (head.headers["Upload-Offset"], head.headers["Upload-Length"]) == (str(len(body)), str(len(body)))
    assert json.loads(head.headers["Vestige-Outcome"]) == outcome
    assert sender.patch(where, len(body), b"").status_code == 204
    assert sender.dock.rows("SELECT id FROM catalog_intake") == []


def test_creation_brings_the_whole_file_or_its_beginning(sender: Sender) -> None:
    body = os.urandom(70_000)
    whole = sender.begin(len(body), body, filename="whole.bin")
    assert (whole.status_code, whole.headers["Upload-Offset"]) == (201, "70000")
    sender.item(body)
    other = os.urandom(70_000)
    part = sender.begin(len(other), other[:1000], filename="part.bin")
    assert part.headers["Upload-Offset"] == "1000"
    assert sender.patch(part.headers["Location"], 1000, other[1000:]).status_code == 204
    sender.item(other)


def test_an_empty_file_is_kept_too(sender: Sender) -> None:
    begun = sender.begin(0, filename="empty.txt")
    assert (begun.status_code, begun.headers["Upload-Offset"]) == (201, "0")
    assert sender.item(b"")["filename"] == "empty.txt"


def test_the_same_file_again_is_a_duplicate(sender: Sender) -> None:
    body = os.urandom(2 * MB)
    first = json.loads(sender.begin(len(body), body, filename="a.bin").headers["Vestige-Outcome"])
    again = json.loads(sender.begin(len(body), body, filename="b.bin").headers["Vestige-Outcome"])
    assert (again["status"], again["item"]) == ("duplicate", first["item"])
    sender.item(body)


def test_a_dock_does_not_hear_of_what_another_sent(sender: Sender, world: World, served: str) -> None:
    body = os.urandom(5000)
    first = json.loads(sender.begin(len(body), body, filename="a.bin").headers["Vestige-Outcome"])
    with sending(world.dock(served, 1)) as other:
        second = json.loads(other.begin(len(body), body, filename="a.bin").headers["Vestige-Outcome"])
        again = json.loads(other.begin(len(body), body, filename="a.bin").headers["Vestige-Outcome"])
    assert (second["status"], again["status"]) == ("quarantined", "duplicate")
    assert first["item"] != second["item"] == again["item"]
    rows = sender.dock.rows("SELECT DISTINCT sealed FROM catalog_evidenceitem WHERE sha256 = ?", first["sha256"])
    assert len(rows) == 1, "the stored bytes are shared"


@pytest.mark.parametrize(("algorithm", "summed"), [("sha1", hashlib.sha1), ("sha256", hashlib.sha256)])
def test_a_wrong_checksum_is_460_and_nothing_of_the_chunk_is_kept(sender: Sender, algorithm: str, summed: object) -> None:
    assert callable(summed)
    body = os.urandom(3 * MB)
    where = sender.begin(len(body), filename="summed.bin").headers["Location"]
    first = base64.b64encode(summed(body[:MB]).digest()).decode()
    assert sender.patch(where, 0, body[:MB], **{"Upload-Checksum": f"{algorithm} {first}"}).status_code == 204
    rest = base64.b64encode(summed(body[MB:]).digest()).decode()
    assert sender.patch(where, MB, os.urandom(2 * MB), **{"Upload-Checksum": f"{algorithm} {rest}"}).status_code == 460
    assert sender.offset(where) == MB
    assert sender.patch(where, MB, body[MB:], **{"Upload-Checksum": f"{algorithm} {rest}"}).status_code == 204
    sender.item(body)


def test_an_unfinished_upload_ends_with_its_sender_and_a_finished_one_does_not(sender: Sender, world: World) -> None:
    body = os.urandom(MB + 10)
    where = sender.begin(len(body), body[:MB], filename="given up.bin").headers["Location"]
    assert sender.delete(where).status_code == 204
    assert sender.head(where).status_code == 404
    assert sender.delete(where).status_code == 404
    assert list((world.home / "vault" / "tmp").iterdir()) == []
    kept = sender.begin(len(body), body, filename="kept.bin").headers["Location"]
    answer = sender.delete(kept)
    assert answer.status_code == 403
    assert "evidence is not deleted" in answer.text
    sender.item(body)
    kinds = [row["type"] for row in sender.dock.rows("SELECT type FROM catalog_event ORDER BY seq DESC LIMIT 8")]
    assert {"upload:terminated", "upload:started", "access:refused", "item:received"} <= set(kinds)


def test_uploads_of_others_are_nobodys(sender: Sender, world: World, served: str) -> None:
    where = sender.begin(10, filename="mine.bin").headers["Location"]
    with sending(world.dock(served, 1)) as other:
        assert other.head(where).status_code == 404
        assert other.patch(where, 0, b"1234567890").status_code == 404
        assert other.delete(where).status_code == 404
    assert sender.head("/uploads/not-an-id").status_code == 404
    assert sender.head("/uploads/00000000-0000-7000-8000-000000000000").status_code == 404
    assert sender.offset(where) == 0


def test_who_shows_nothing_good_is_a_stranger(sender: Sender) -> None:
    for authorization_ in ("", "Basic !!!", "Basic " + base64.b64encode(b"dock_x:y").decode(), "Bearer x"):
        answer = sender.client.post("/uploads", headers={**TUS, "Upload-Length": "1", "Authorization": authorization_})
        assert answer.status_code == 401, authorization_
    assert sender.client.post("/uploads", headers={**TUS, "Upload-Length": "1", "Host": "evil.example"}).status_code == 403


def test_what_is_wrong_is_told(sender: Sender) -> None:
    where = sender.begin(10, filename="x").headers["Location"]
    begin = sender.client.post
    assert begin("/uploads", headers={"Upload-Length": "1"}).status_code == 412
    assert begin("/uploads", headers={"Upload-Length": "1", "Tus-Resumable": "0.2.2"}).headers["Tus-Version"] == "1.0.0"
    for length in (None, "-1", "1e3", "x", "9" * 30):
        assert begin("/uploads", headers={**TUS, **({"Upload-Length": length} if length else {})}).status_code == 400
    assert sender.begin(10, officer="Z999").status_code == 400
    assert sender.begin(10, category="no such").status_code == 400
    assert sender.begin(10, recorded_at="yesterday").status_code == 400
    assert begin("/uploads", headers={**TUS, "Upload-Length": "1", "Upload-Metadata": "filename %%%"}).status_code == 400
    assert sender.begin(1 << 50, filename="more than any disk").status_code == 507
    conflict = sender.patch(where, 3, b"x")
    assert (conflict.status_code, conflict.headers["Upload-Offset"]) == (409, "0")
    assert sender.client.patch(where, content=b"x", headers={**TUS, "Upload-Offset": "0", "Content-Type": "text/plain"}).status_code == 415
    assert sender.patch(where, 0, b"x", **{"Upload-Checksum": "md5 AAAA"}).status_code == 400
    assert sender.patch(where, 0, b"more than ten bytes").status_code == 400
    assert sender.offset(where) == 0
    assert sender.patch(where, 0, b"0123456789").status_code == 204


def test_the_method_may_stand_in_a_header(sender: Sender) -> None:
    where = sender.begin(3, filename="overridden.txt").headers["Location"]
    told = {**TUS, "Content-Type": CHUNK, "Upload-Offset": "0", "X-HTTP-Method-Override": "PATCH"}
    assert sender.client.post(where, content=b"abc", headers=told).status_code == 204
    sender.item(b"abc")


def test_the_newest_request_takes_the_turn_from_a_dead_one(sender: Sender, served: str) -> None:
    body = os.urandom(3 * MB)
    where = sender.begin(len(body), filename="cut.bin").headers["Location"]
    head = [
        f"PATCH {where} HTTP/1.1",
        "Host: localhost",
        f"Authorization: {authorization(sender.dock)}",
        "Tus-Resumable: 1.0.0",
        f"Content-Type: {CHUNK}",
        "Upload-Offset: 0",
        f"Content-Length: {len(body)}",
    ]
    with socket.create_connection(("127.0.0.1", int(served.rpartition(":")[2]))) as silent:
        silent.sendall("\r\n".join([*head, "", ""]).encode() + body[: 2 * MB + 5])
        time.sleep(0.5)
        begun = time.monotonic()
        assert sender.offset(where) == 2 * MB + 5
        assert time.monotonic() - begun < 5
        assert sender.patch(where, 2 * MB + 5, body[2 * MB + 5 :]).status_code == 204
    sender.item(body)


NAMES = {
    "../../etc/passwd": "passwd",
    "C:\\card\\clip.mp4": "clip.mp4",
    "a\x00b\nc\u202egpj.exe": "a%00b%0Ac%E2%80%AEgpj.exe",
    "..": "unnamed",
    "": "unnamed",
    "日本語 — ümlaut 100%.mov": "日本語 — ümlaut 100%.mov",
    "x" * 3000: "x" * 959 + "~" + hashlib.sha256(b"x" * 3000).hexdigest(),
}


@pytest.mark.parametrize("name", NAMES)
def test_any_name_is_kept_as_it_came_and_shown_harmlessly(sender: Sender, name: str) -> None:
    body = f"a file of that name: {name}".encode()
    begun = sender.begin(len(body), body, filename=name)
    assert begun.status_code == 201, begun.text
    row = sender.item(body)
    assert row["filename"] == NAMES[name]
    [event] = sender.dock.rows(
        "SELECT o.fields FROM catalog_event e JOIN catalog_openings o ON o.event_id = e.seq "
        "WHERE e.type = 'item:received' ORDER BY e.seq DESC LIMIT 1"
    )
    assert json.loads(event["fields"])["data"]["value"]["said"]["filename"] == name


def test_metadata_is_as_the_protocol_has_it(sender: Sender) -> None:
    told = metadata(filename="m.txt") + ",flag"
    answer = sender.client.post(
        "/uploads", headers={**TUS, "Upload-Length": "5", "Upload-Metadata": told, "Content-Type": CHUNK}, content=b"metad"
    )
    assert answer.status_code == 201
    assert sender.item(b"metad")["filename"] == "m.txt"
    assert sender.head(answer.headers["Location"]).headers["Upload-Metadata"] == told


def test_everything_holds_at_the_end(sender: Sender) -> None:
    body = os.urandom(2 * MB)
    where = sender.begin(len(body), body[: MB + 5], filename="goes on.bin").headers["Location"]
    assert sender.dock.faults() == []
    assert sender.patch(where, MB + 5, body[MB + 5 :]).status_code == 204
    assert sender.dock.faults() == []
