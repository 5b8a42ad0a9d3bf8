"""What the pages show, and to whom."""

import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from time import sleep
from urllib.parse import urlsplit

import pytest
from tests.conftest import ROOT
from tests.web.conftest import Server, environment, make_world, token


def test_the_list_shows_an_officer_their_own_recordings_and_no_other(server: Server) -> None:
    mine, theirs = server.signed_in("B100").get("/recordings").text, server.signed_in("B200").get("/recordings").text
    assert mine.count("<tr>") - 1 == 7
    assert theirs.count("<tr>") - 1 == 1
    assert "Lee Marsh (B200)" not in mine


def test_an_administrator_is_told_that_nothing_is_backed_up_and_an_officer_is_not(server: Server) -> None:
    words = "This home has no backup: if its disk fails, everything is lost"
    told = server.signed_in("A100").get("/recordings").text
    assert words in told
    assert 'aria-label="About the backups"' in told
    assert words in server.signed_in("A100").get("/findings").text
    assert words not in server.signed_in("B100").get("/recordings").text


def test_what_an_officer_may_not_see_is_not_found(server: Server) -> None:
    client, recordings = server.signed_in("B200"), server.world.recordings
    for path in (f"/recordings/{recordings['lone']}", f"/items/{recordings['lone_item']}", f"/items/{recordings['lone_item']}/trail"):
        hidden, missing = client.get(path), client.get("/recordings/R-1999-000001")
        assert (hidden.status_code, missing.status_code) == (404, 404)
        assert "Dana Ortiz" not in hidden.text


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("officer=b200", 1),
        ("device=X81-0001", 7),
        ("category=use+of+force", 1),
        ("status=quarantined", 1),
        ("since=2026-11-21T06:59&until=2026-11-22T06:59", 1),
        ("since=2026-11-22&until=2026-11-22", 1),
        ("officer=nobody", 0),
        ("before=00000000-0000-7000-8000-000000000000", 0),
    ],
)
def test_filters_narrow_the_list(server: Server, query: str, count: int) -> None:
    text = server.signed_in("C200").get(f"/recordings?{query}").text
    assert max(text.count("<tr>") - 1, 0) == count
    assert (count == 0) == ("house-empty" in text)


@pytest.mark.parametrize("query", ["status=lost", "since=yesterday", "until=2026-13-01", "before=7", "status=%00"])
def test_a_filter_that_makes_no_sense_is_named(server: Server, query: str) -> None:
    answer = server.signed_in("C200").get(f"/recordings?{query}")
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text


def test_a_restricted_recording_has_no_picture_in_the_list(server: Server) -> None:
    text = server.signed_in("C200").get("/recordings").text
    assert f"/bytes/posters/{server.world.recordings['lone_item']}" in text
    assert f"/bytes/posters/{server.world.recordings['restricted_item']}" not in text


def test_a_recording_says_its_facts_and_its_trail(server: Server) -> None:
    text = server.signed_in("C200").get(f"/recordings/{server.world.recordings['segments']}").text
    for part in (
        "23 Nov 2026, 13:30:00 EST",
        "by the camera&#x27;s clock",
        "X81-0001",
        "Dana Ortiz (B100)",
        "h264, 320 by 180",
        "GX030042.MP4",
    ):
        assert part in text, part
    assert "The file was received, sealed and stored" in text
    assert text.count('/trail"') == 3


def test_an_auditor_reads_facts_and_trail_but_gets_no_player(server: Server) -> None:
    client = server.signed_in("D400")
    text = client.get(f"/recordings/{server.world.recordings['lone']}").text
    assert "not view it" in text
    assert "data-island" not in text
    assert "/bytes/posters/" not in client.get("/recordings").text
    assert client.get(f"/items/{server.world.recordings['lone_item']}/trail").status_code == 200


def test_findings_are_listed_and_closed_with_a_reason(server: Server) -> None:
    client = server.signed_in("C200")
    page = client.get("/findings").text
    assert "In quarantine" in page
    action = page.split('action="/findings/')[1].split('"')[0]
    sent = {"csrfmiddlewaretoken": token(client, "/findings")}
    assert "takes a reason" in client.post(f"/findings/{action}", data=sent, follow_redirects=True).text
    assert "is closed" in client.post(f"/findings/{action}", data={**sent, "reason": "Looked at"}, follow_redirects=True).text
    assert "Looked at" in client.get("/findings?show=all").text
    assert client.post(f"/findings/{action}", data={**sent, "reason": "Again"}, follow_redirects=True).text.count("closed already") == 1


def test_a_wrong_time_is_corrected_on_the_page_and_both_times_stand_there(server: Server) -> None:
    client, where = server.signed_in("C200"), f"/recordings/{server.world.recordings['sound']}"
    sent = {"csrfmiddlewaretoken": token(client, where), "recorded_at": "2026-11-19T08:30:05"}
    assert "takes a reason" in client.post(f"{where}/correct", data=sent, follow_redirects=True).text
    assert "is not a date" in client.post(f"{where}/correct", data={**sent, "recorded_at": "noon"}, follow_redirects=True).text
    text = client.post(f"{where}/correct", data={**sent, "reason": "The recorder was an hour slow"}, follow_redirects=True).text
    for part in (
        "It is corrected",
        "19 Nov 2026, 08:30:05 EST",
        "before that <time",
        "by the date of the file on the card",
        "The recorder was an hour slow",
    ):
        assert part in text, part
    assert "corrected: " in client.get("/recordings").text
    assert server.signed_in("D400").post(f"{where}/correct", data=sent).status_code == 403


def test_a_page_beyond_ones_role_is_refused_in_the_house_style(server: Server) -> None:
    for path in ("/people", "/findings"):
        answer = server.signed_in("B100").get(path)
        assert answer.status_code == 403
        assert "You may not do this" in answer.text
    assert "Sam Whitfield" in server.signed_in("A100").get("/people").text


@pytest.mark.parametrize("path", ["/nothing", "/recordings/../../etc/passwd", "/static/nothing.js", "/bytes/nothing", "/admin/"])
def test_what_is_not_there_is_not_found(server: Server, path: str) -> None:
    assert server.signed_in("C200").get(path).status_code == 404


def test_a_wrong_method_is_refused(server: Server) -> None:
    client = server.signed_in("C200")
    assert client.get("/sign-out").status_code == 405
    assert client.get("/bytes/viewings").status_code == 405
    assert client.put("/recordings", headers={"X-CSRFToken": client.cookies["csrftoken"]}).status_code == 405


def test_every_page_carries_the_headers_and_no_inline_script_or_style(server: Server) -> None:
    client = server.signed_in("C200")
    for path in ("/recordings", f"/recordings/{server.world.recordings['lone']}", "/findings", "/nothing", "/sign-in"):
        answer = client.get(path)
        policy = answer.headers["content-security-policy"]
        assert "script-src 'self';" in policy
        assert "unsafe" not in policy
        assert answer.headers["cache-control"] == "private, no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        for forbidden in ("<style", " style=", "onclick=", "javascript:"):
            assert forbidden not in answer.text
        assert answer.text.count("<script") == answer.text.count('<script type="module" src="/static/') + answer.text.count(
            'type="application/json"'
        )


def test_a_body_that_is_too_long_or_of_unknown_length_never_reaches_the_pages(server: Server) -> None:
    client = server.client()
    assert client.post("/sign-in", content=b"x" * 70_000).status_code == 413
    assert client.post("/sign-in", content=iter([b"x"] * 3)).status_code == 411


def test_strangers_whose_bodies_never_come_stop_nobody(server: Server) -> None:
    address = urlsplit(server.url)
    head = b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60000\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\nbadge="
    with ExitStack() as open_ones:
        for _ in range(40):
            stranger = open_ones.enter_context(socket.create_connection((address.hostname or "", address.port or 0), timeout=30))
            stranger.sendall(head)
        sleep(0.5)
        assert server.client().get("/sign-in", timeout=10).status_code == 200
        assert server.signed_in("B100").get("/recordings", timeout=10).status_code == 200


def test_every_page_of_a_demonstration_says_so(server: Server) -> None:
    words = "In this home the console may act for people: for demonstrations and tests only"
    client = server.signed_in("C200")
    assert all(words in client.get(path).text for path in ("/recordings", "/findings", "/nothing"))
    assert words in server.client().get("/sign-in").text


def test_no_page_of_another_home_says_it(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    look = (
        "import django; django.setup()\nfrom django.test import Client\n"
        "answer = Client().get('/sign-in', headers={'host': 'localhost'})\nprint(answer.status_code, 'may act for people' in answer.text)"
    )
    command = [sys.executable, "-c", look]
    env = environment(VESTIGE_HOME=str(world.home), DJANGO_SETTINGS_MODULE="vestige.settings")
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "200 False", done.stderr


def test_a_trail_can_be_kept_as_a_report(server: Server) -> None:
    client, item = server.signed_in("C200"), server.world.recordings["lone_item"]
    assert "/trail/html" in client.get(f"/items/{item}/trail").text
    for form, kind in (("html", "text/html"), ("csv", "text/csv"), ("json", "application/json")):
        answer = client.get(f"/items/{item}/trail/{form}")
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith(kind)
        assert answer.headers["content-disposition"].startswith("attachment; filename=")
        assert "item:accessioned" in answer.text
    assert client.get(f"/items/{item}/trail/pdf").status_code == 404
    assert server.signed_in("B200").get(f"/items/{item}/trail/html").status_code == 404
