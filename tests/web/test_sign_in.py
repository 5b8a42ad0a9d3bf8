"""Signing in and out, and invitations."""

import pytest
from tests.web.conftest import Server, token
from tests.web.world import PASSWORD


def test_a_badge_in_any_case_and_the_password_begin_a_session(server: Server) -> None:
    client = server.signed_in("b100")
    assert client.get("/recordings").status_code == 200
    assert "Dana Ortiz (B100)" in client.get("/recordings").text


@pytest.mark.parametrize(("badge", "password"), [("B100", "wrong"), ("B999", PASSWORD), ("", ""), ("E500", "")])
def test_a_wrong_badge_or_password_says_not_which(server: Server, badge: str, password: str) -> None:
    client = server.client()
    answer = client.post("/sign-in", data={"badge": badge, "password": password, "csrfmiddlewaretoken": token(client, "/sign-in")})
    assert answer.status_code == 400
    assert "sessionid" not in client.cookies
    if badge and password:
        assert "do not fit together" in answer.text


@pytest.mark.parametrize("path", ["/", "/recordings", "/recordings/R-2026-000001", "/items/nothing", "/findings", "/people"])
def test_a_stranger_is_asked_to_sign_in_whether_or_not_the_thing_exists(server: Server, path: str) -> None:
    answer = server.client().get(path)
    assert answer.status_code == 302
    assert answer.headers["location"] == f"/sign-in?next={path}"


@pytest.mark.parametrize("goal", ["https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)"])
def test_signing_in_never_leads_elsewhere(server: Server, goal: str) -> None:
    client = server.client()
    sent = {"badge": "B100", "password": PASSWORD, "next": goal, "csrfmiddlewaretoken": token(client, "/sign-in")}
    assert client.post("/sign-in", data=sent).headers["location"] == "/"


def test_a_form_without_its_token_is_refused(server: Server) -> None:
    assert server.client().post("/sign-in", data={"badge": "B100", "password": PASSWORD}).status_code == 403


def test_signing_out_ends_the_session_for_pages_and_bytes(server: Server) -> None:
    client = server.signed_in("B100")
    item = server.world.recordings["lone_item"]
    assert client.get(f"/bytes/posters/{item}").status_code == 200
    session = client.cookies["sessionid"]
    answer = client.post("/sign-out", data={"csrfmiddlewaretoken": token(client, "/recordings")})
    assert answer.headers["location"] == "/sign-in"
    again = server.client()
    again.cookies.set("sessionid", session)
    assert again.get("/recordings").status_code == 302
    assert again.get(f"/bytes/posters/{item}").status_code == 404


def test_an_invitation_is_good_once_and_weak_passwords_are_refused(server: Server) -> None:
    client, path = server.client(), f"/join/{server.world.tokens['E500']}"
    assert "New Comer" in client.get(path).text
    for weak in ("short", "password123", "New Comer"):
        sent = {"password": weak, "again": weak, "csrfmiddlewaretoken": token(client, path)}
        assert client.post(path, data=sent).status_code == 400, weak
    sent = {"password": PASSWORD, "again": PASSWORD + "!", "csrfmiddlewaretoken": token(client, path)}
    assert "not the same" in client.post(path, data=sent).text
    sent["again"] = PASSWORD
    assert client.post(path, data=sent).headers["location"] == "/sign-in?joined=1"
    assert client.get(path).status_code == 404
    assert server.signed_in("E500").get("/recordings").status_code == 200


def test_an_unknown_invitation_is_not_found(server: Server) -> None:
    assert server.client().get("/join/nothing").status_code == 404
