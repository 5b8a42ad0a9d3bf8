"""Evidence bytes: ranges, purposes, who may, and what is counted."""

import hashlib
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import av
import httpx
import pytest
from tests.web.conftest import OURS, Server, token

Begin = Callable[[httpx.Client, str], tuple[str, str]]
_FRESH_S = 2.0


def test_the_whole_file_is_the_one_on_the_card(server: Server, view: Begin) -> None:
    client = server.signed_in("C200")
    url, _ = view(client, "lone")
    answer = client.get(url)
    original = (server.world.home.parent / "card" / "lone.mp4").read_bytes()
    assert answer.status_code == 200
    assert hashlib.sha256(answer.content).digest() == hashlib.sha256(original).digest()
    assert answer.headers["content-type"] == "video/mp4"
    assert answer.headers["accept-ranges"] == "bytes"


def test_ranges_are_exact(server: Server, view: Begin) -> None:
    client = server.signed_in("C200")
    url, _ = view(client, "lone")
    original = (server.world.home.parent / "card" / "lone.mp4").read_bytes()
    size = len(original)
    for header, start, end in (
        ("bytes=0-0", 0, 1),
        ("bytes=100-299", 100, 300),
        (f"bytes={size - 7}-", size - 7, size),
        ("bytes=-9", size - 9, size),
    ):
        answer = client.get(url, headers={"Range": header})
        assert answer.status_code == 206
        assert answer.content == original[start:end]
        assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/{size}"
        assert int(answer.headers["content-length"]) == end - start
    outside = client.get(url, headers={"Range": f"bytes={size}-"})
    assert (outside.status_code, outside.headers["content-range"], outside.content) == (416, f"bytes */{size}", b"")
    assert client.get(url, headers={"Range": "bytes=0-1,5-6"}).content == original
    assert client.get(url, headers={"Range": "bytes=0-1", "If-Range": '"old"'}).content == original
    head = client.head(url, headers={"Range": "bytes=0-9"})
    assert (head.status_code, head.headers["content-length"], head.content) == (206, "10", b"")


def test_bytes_are_private_and_can_run_nothing(server: Server, view: Begin) -> None:
    client = server.signed_in("C200")
    for name, kind in (("lone", "video/mp4"), ("sound", "audio/wav"), ("picture", "image/png")):
        headers = client.head(view(client, name)[0]).headers
        assert headers["content-type"] == kind
        assert headers["cache-control"] == "private, no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in headers["content-security-policy"]
        assert "content-disposition" not in headers


def test_a_file_that_no_browser_opens_is_not_served(server: Server, view: Begin) -> None:
    client = server.signed_in("C200")
    assert client.get(view(client, "broken")[0]).status_code == 404


@pytest.mark.parametrize(
    "sent",
    [{}, {"reason": "x"}, {"item": "x", "reason": " "}, {"item": 5, "reason": "x"}, {"item": "x", "reason": "x", "case": 5}, [], "x"],
)
def test_without_a_purpose_and_an_item_nothing_begins(server: Server, sent: object) -> None:
    client = server.signed_in("C200")
    if isinstance(sent, dict) and sent.get("item") == "x" and sent["reason"] == " ":
        sent = {**sent, "item": server.world.recordings["lone_item"]}
    answer = client.post("/bytes/viewings", json=sent, headers=OURS)
    assert answer.status_code == 400
    assert answer.json()["words"]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "same-origin"},
        {"X-Vestige": "1"},
        {"X-Vestige": "1", "Sec-Fetch-Site": "cross-site"},
        {"X-Vestige": "1", "Sec-Fetch-Site": "none"},
        {"X-Vestige": "1", "Origin": "https://elsewhere.example"},
    ],
)
def test_another_site_can_begin_nothing(server: Server, headers: dict[str, str]) -> None:
    client = server.signed_in("C200")
    sent = {"item": server.world.recordings["lone_item"], "reason": "A test"}
    assert client.post("/bytes/viewings", json=sent, headers=headers).status_code == 403


def test_an_origin_of_ours_will_do_where_the_browser_sends_no_more(server: Server) -> None:
    client = server.signed_in("C200")
    sent = {"item": server.world.recordings["lone_item"], "reason": "A test"}
    assert client.post("/bytes/viewings", json=sent, headers={"X-Vestige": "1", "Origin": server.url}).status_code == 201


def test_a_long_body_is_refused(server: Server) -> None:
    answer = server.signed_in("C200").post("/bytes/viewings", content=b" " * 20_000, headers=OURS)
    assert answer.status_code == 400


def test_a_stranger_finds_nothing(server: Server, view: Begin) -> None:
    url, played = view(server.signed_in("C200"), "lone")
    stranger = server.client()
    assert stranger.get(url).status_code == 404
    assert stranger.post(played, json={"playedMs": 1}, headers=OURS).status_code == 404
    assert stranger.get(f"/bytes/posters/{server.world.recordings['lone_item']}").status_code == 404
    assert stranger.post("/bytes/viewings", json={"item": "x", "reason": "x"}, headers=OURS).status_code == 404


def test_an_officer_cannot_view_what_is_anothers(server: Server) -> None:
    client = server.signed_in("B200")
    sent = {"item": server.world.recordings["lone_item"], "reason": "Curious"}
    assert client.post("/bytes/viewings", json=sent, headers=OURS).status_code == 404


def test_a_viewing_serves_its_own_person_session_and_item_only(server: Server, view: Begin) -> None:
    client = server.signed_in("C200")
    url, played = view(client, "lone")
    assert client.head(url).status_code == 200
    assert server.signed_in("B100").get(url).status_code == 404
    assert server.signed_in("C200").get(url).status_code == 403
    assert server.signed_in("C200").post(played, json={"playedMs": 9, "ended": True}, headers=OURS).status_code == 403
    other = url.rpartition("/")[0] + "/" + server.world.recordings["picture_item"]
    assert client.get(other).status_code == 403
    assert client.get("/bytes/viewings/nothing/items/nothing").status_code == 404


def test_pictures_of_lists_need_the_right_to_view_and_are_none_for_the_restricted(server: Server) -> None:
    lone, restricted = (f"/bytes/posters/{server.world.recordings[name + '_item']}" for name in ("lone", "restricted"))
    assert server.signed_in("C200").get(lone).headers["content-type"] == "image/jpeg"
    assert server.signed_in("C200").get(restricted).status_code == 404
    assert server.signed_in("B200").get(lone).status_code == 404
    assert server.signed_in("D400").get(lone).status_code == 403


def test_served_and_played_are_kept_apart_and_end_in_the_trail(server: Server, view: Begin) -> None:
    client = server.signed_in("C200")
    url, played = view(client, "lone")
    size = int(client.head(url).headers["content-length"])
    for _ in range(2):
        client.get(url, headers={"Range": f"bytes=0-{size // 2 - 1}"})
    assert client.post(played, json={"playedMs": 700}, headers=OURS).status_code == 204
    assert client.post(played, json={"playedMs": 900, "ended": True}, headers=OURS).status_code == 204
    assert client.post(played, json={"playedMs": 999, "ended": True}, headers=OURS).status_code in {400, 403}
    assert client.get(url).status_code == 403
    row = _viewing(server, url)
    assert row["played_ms"] == 900
    assert row["served_bytes"] == size // 2 * 2
    assert abs(row["served_ms"] - _seconds_in_first(server.world.home.parent / "card" / "lone.mp4", size // 2) * 1000) <= 260
    assert row["served_exact"]
    text = client.get(f"/items/{server.world.recordings['lone_item']}/trail").text
    assert "Seconds played, as the player says" in text
    assert "“A test”, case T-1" in text


def test_bytes_that_hold_no_picture_are_no_seconds(server: Server, view: Begin) -> None:
    """The clip's tables stand before its picture: a player that reads only them has seen nothing."""
    client = server.signed_in("C200")
    url, _ = view(client, "lone")
    data = (server.world.home.parent / "card" / "lone.mp4").read_bytes()
    client.get(url, headers={"Range": f"bytes=0-{data.index(b'mdat') - 1}"})
    _end(client, url)
    assert _viewing(server, url)["served_bytes"] > 1_000
    assert (_viewing(server, url)["served_ms"], _viewing(server, url)["served_exact"]) == (0, 1)


def test_seconds_of_a_file_without_tables_are_told_as_estimated(server: Server, view: Begin) -> None:
    client = server.signed_in("C200")
    url, _ = view(client, "sound")
    size = len(client.get(url, headers={"Range": "bytes=0-"}).content)
    _end(client, url)
    row = _viewing(server, url)
    assert (row["served_bytes"], row["served_exact"]) == (size, 0)
    assert abs(row["served_ms"] - 2_000) <= 1
    text = client.get(f"/items/{server.world.recordings['sound_item']}/trail").text
    assert "Seconds served, estimated by the share of bytes" in text
    assert "estimated" not in client.get(f"/items/{server.world.recordings['lone_item']}/trail").text


@pytest.mark.parametrize("sent", [{}, {"playedMs": -1}, {"playedMs": "7"}, {"playedMs": True}, {"playedMs": 1, "ended": "yes"}])
def test_a_report_that_makes_no_sense_is_refused(server: Server, view: Begin, sent: dict[str, object]) -> None:
    client = server.signed_in("C200")
    assert client.post(view(client, "lone")[1], json=sent, headers=OURS).status_code == 400


def test_whoever_is_no_longer_active_gets_no_byte_more_within_two_seconds(server: Server, view: Begin) -> None:
    client = server.signed_in("B200")
    url, _ = view(client, "others")
    assert client.head(url).status_code == 200
    _execute(server, "UPDATE accounts_person SET active = 0 WHERE badge = 'B200'")
    try:
        time.sleep(_FRESH_S + 0.1)
        assert client.head(url).status_code == 404
    finally:
        _execute(server, "UPDATE accounts_person SET active = 1 WHERE badge = 'B200'")


def test_signing_out_ends_the_viewings_of_the_session(server: Server, view: Begin) -> None:
    client = server.signed_in("C200")
    url, _ = view(client, "lone")
    client.get(url)
    client.post("/sign-out", data={"csrfmiddlewaretoken": token(client, "/recordings")})
    assert _viewing(server, url)["ended_at"]


def test_a_browser_that_goes_away_is_served_no_further(server: Server, view: Begin) -> None:
    """The player seeks and aborts all the time; what was not sent is not counted."""
    client = server.signed_in("C200")
    url, played = view(client, "segments")
    with client.stream("GET", url) as answer:
        next(answer.iter_raw(1_000))
    assert client.post(played, json={"playedMs": 0, "ended": True}, headers=OURS).status_code == 204
    assert _viewing(server, url)["served_bytes"] <= int(answer.headers["content-length"])


def test_a_document_leaves_as_pictures_of_its_pages_only(server: Server, view: Begin) -> None:
    client = server.signed_in("C200")
    url, _ = view(client, "document")
    assert client.get(url).status_code == 404
    first, second = client.get(f"{url}/pages/1"), client.get(f"{url}/pages/2")
    for answer in (first, second):
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
        assert "sandbox" in answer.headers["content-security-policy"]
        assert answer.content.startswith(b"\xff\xd8\xff")
        assert answer.content.endswith(b"\xff\xd9")
    assert first.content != second.content
    assert client.get(f"{url}/pages/2", headers={"Range": "bytes=5-9"}).content == second.content[5:10]
    for wrong in ("0", "3", "-1", "x", "²", "9" * 40):
        assert client.get(f"{url}/pages/{wrong}").status_code == 404
    assert server.signed_in("B200").get(f"{url}/pages/1").status_code == 404
    _end(client, url)
    assert _viewing(server, url)["served_bytes"] == len(first.content) + len(second.content) + 5
    assert client.get(f"{url}/pages/1").status_code == 403


def _end(client: httpx.Client, url: str) -> None:
    """Say that the player is through."""
    assert client.post(f"{url.partition('/items/')[0]}/played", json={"playedMs": 0, "ended": True}, headers=OURS).status_code == 204


def _seconds_in_first(path: Path, count: int) -> float:
    """What FFmpeg demuxes of the picture that lies in the first so many bytes."""
    with av.open(str(path)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size and packet.pos is not None]
        return float(sum(packet.duration * packet.time_base for packet in packets if packet.pos + packet.size <= count))


def _viewing(server: Server, url: str) -> dict[str, int]:
    with sqlite3.connect(server.world.home / "catalog.sqlite3") as database:
        database.row_factory = sqlite3.Row
        row = database.execute("SELECT * FROM catalog_viewing WHERE id = ?", (url.split("/")[3].replace("-", ""),)).fetchone()
    database.close()
    return dict(row)


def _execute(server: Server, statement: str) -> None:
    with sqlite3.connect(server.world.home / "catalog.sqlite3") as database:
        database.execute(statement)
    database.close()
