"""Every look through the pages is an event, with address, session, outcome and, where bytes are served, how many (R69, R70)."""

import json
import sqlite3
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from tests.web.conftest import OURS, Server, token

from vestige.custody.events import EventType

# Each route that is read from: where it is asked, the event that it leaves, and whether that says how many bytes went out.
LOOKS: dict[str, tuple[str, EventType, bool]] = {
    "/agency": ("/agency", EventType.AGENCY_SHOWN, False),
    "/devices": ("/devices", EventType.DEVICE_LISTED, False),
    "/devices/<uuid:ref>": ("/devices/{camera}", EventType.DEVICE_SHOWN, False),
    "/docks": ("/docks", EventType.DOCK_LISTED, False),
    "/devices/faults": ("/devices/faults", EventType.DEVICE_LISTED, False),
    "/findings": ("/findings", EventType.FINDING_LISTED, False),
    "/items/<str:ref>": ("/items/{item}", EventType.ITEM_SHOWN, False),
    "/items/<str:ref>/trail": ("/items/{item}/trail", EventType.TRAIL_READ, False),
    "/items/<str:ref>/trail/<str:form>": ("/items/{item}/trail/csv", EventType.TRAIL_READ, True),
    "/kiosk": ("/kiosk", EventType.DEVICE_LISTED, False),
    "/people": ("/people", EventType.PERSON_LISTED, False),
    "/recordings": ("/recordings", EventType.ITEM_LISTED, False),
    "/recordings/<str:ref>": ("/recordings/{recording}", EventType.ITEM_SHOWN, False),
    "/reviews": ("/reviews", EventType.REVIEW_READ, False),
    "/reviews/<str:week>": ("/reviews/{week}", EventType.REVIEW_READ, False),
    "/upload": ("/upload", EventType.POLICY_READ, False),
    "/bytes/posters/{item}": ("/bytes/posters/{item}", EventType.ITEM_SHOWN, True),
}
VIEWED = {"/bytes/viewings/{viewing}/items/{item}", "/bytes/viewings/{viewing}/items/{item}/pages/{page}"}
"""Their event is that of the viewing that they name: written before the first byte, with the bytes at its end."""
NO_EVENT = {
    "/": "only leads on to the first page",
    "/join/<str:token>": "a form; choosing a password is the event, an unknown invitation is counted as a failed sign-in",
    "/log/{path}": "public: the log's files name nobody, and are the same for everybody",
    "/sign-in": "a form; signing in is the event, and failing to",
    "/static/{path}": "public: style and script",
}
DOCKS = {"/auth/v1.0", "/v1/{account}/System/{object:path}", "/v1.0/{account}/System/{object:path}"}
"""Asked by dock systems, which are no persons: signing in and reading their System objects are events, looked at in `tests/docks`."""
BADGES = {"/kiosk": "K100", "/people": "A100", "/reviews": "D400", "/reviews/{week}": "D400"}


def events(server: Server, after: int = 0) -> list[tuple[int, str, dict[str, Any]]]:
    """Place, type and opened fields of the entries behind that place."""
    database = sqlite3.connect(server.world.home / "catalog.sqlite3")
    wanted = (
        "SELECT e.seq, e.type, o.fields FROM catalog_event e JOIN catalog_openings o ON o.event_id = e.seq WHERE e.seq > ? ORDER BY e.seq"
    )
    rows = database.execute(wanted, (after,)).fetchall()
    database.close()
    return [(seq, kind, {name: one["value"] for name, one in json.loads(fields).items()}) for seq, kind, fields in rows]


def test_every_route_that_is_read_from_is_looked_at_here() -> None:
    from vestige.web.routes import listed

    read = {str(route["path"]) for route in listed() if "GET" in route["methods"]}  # type: ignore[operator]  # a list
    assert read == set(LOOKS) | VIEWED | set(NO_EVENT) | DOCKS


@pytest.mark.parametrize("path", LOOKS)
def test_a_look_leaves_an_event_with_all_that_it_must_tell(server: Server, path: str) -> None:
    where, kind, tells_bytes = LOOKS[path]
    client = server.signed_in(BADGES.get(where, "C200"))
    week = client.get("/reviews").text.partition('href="/reviews/')[2].partition('"')[0]
    lone = server.world.recordings
    before = events(server)[-1][0]
    answer = client.get(where.format(item=lone["lone_item"], recording=lone["lone"], week=week, camera=lone["camera"]))
    assert answer.status_code == 200
    [found] = [fields for _, one, fields in events(server, before) if one == kind and fields["actor"]["kind"] == "person"]
    assert found["address"] in {"127.0.0.1", "::1"}
    assert len(found["session"]) == 16
    assert found["outcome"] == "success"
    assert found["role"]
    if tells_bytes:
        assert found["data"]["bytes"] == len(answer.content)


@pytest.mark.parametrize("path", [path for path in LOOKS if path not in {"/recordings", "/upload"}])
def test_a_refused_look_is_an_event_too(server: Server, path: str) -> None:
    """An officer, at what is another's or beyond their role."""
    client = server.signed_in("B200")
    lone = server.world.recordings
    before = events(server)[-1][0]
    where = LOOKS[path][0].format(item=lone["lone_item"], recording=lone["lone"], week="2026-W47", camera=lone["camera"])
    assert client.get(where).status_code in {403, 404}
    [found] = [fields for _, one, fields in events(server, before) if one == EventType.ACCESS_REFUSED]
    assert "refused" in found["outcome"]
    assert found["data"]["act"]
    assert found["address"] in {"127.0.0.1", "::1"}
    assert len(found["session"]) == 16


def test_a_viewing_tells_purpose_and_bytes_and_a_refused_range_is_an_event(
    server: Server, view: Callable[[httpx.Client, str], tuple[str, str]]
) -> None:
    client = server.signed_in("C200")
    before = events(server)[-1][0]
    url, played = view(client, "lone")
    served = len(client.get(url, headers={"Range": "bytes=0-999"}).content)
    assert server.signed_in("C200").get(url).status_code == 403  # another session of the same person
    client.post(played, json={"playedMs": 10, "ended": True}, headers=OURS)
    found = {one: fields for _, one, fields in events(server, before)}
    assert found[EventType.VIEWING_STARTED]["purpose"] == {"reason": "A test", "case": "T-1"}
    assert found[EventType.VIEWING_ENDED]["data"]["served_bytes"] == served == 1000
    assert found[EventType.VIEWING_ENDED]["session"] == found[EventType.VIEWING_STARTED]["session"]
    assert found[EventType.ACCESS_REFUSED]["outcome"] == {"refused": "this viewing belongs to another session"}


def test_pictures_of_a_list_are_named_by_its_event_and_by_their_own_elsewhere(server: Server) -> None:
    client = server.signed_in("C200")
    before = events(server)[-1][0]
    page = client.get("/recordings").text
    item = server.world.recordings["lone_item"]
    address = f"/bytes/posters/{item}?listed=" + page.partition(f"/bytes/posters/{item}?listed=")[2].partition('"')[0]
    assert client.get(address).status_code == 200
    told = [(one, fields) for _, one, fields in events(server, before) if fields["actor"]["kind"] == "person"]
    [(kind, fields)] = told
    assert kind == EventType.ITEM_LISTED
    assert len(fields["data"]["posters"]) == page.count("/bytes/posters/")
    for other in (address.partition("?")[0], address[:-3] + "abc"):
        before = events(server)[-1][0]
        assert client.get(other).status_code == 200
        assert EventType.ITEM_SHOWN in [one for _, one, _ in events(server, before)]
    elsewhere = server.signed_in("C200")
    before = events(server)[-1][0]
    assert elsewhere.get(address).status_code == 200
    assert EventType.ITEM_SHOWN in [one for _, one, _ in events(server, before)], "a pass is good in its own session only"


def test_signing_in_and_out_and_failing_leave_their_address(server: Server) -> None:
    before = events(server)[-1][0]
    client = server.signed_in("C200")
    client.post("/sign-out", data={"csrfmiddlewaretoken": token(client, "/recordings")})
    found = {one: fields for _, one, fields in events(server, before)}
    for kind in (EventType.PERSON_SIGNED_IN, EventType.PERSON_SIGNED_OUT):
        assert found[kind]["address"] in {"127.0.0.1", "::1"}
        assert len(found[kind]["session"]) == 16
