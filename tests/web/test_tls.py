"""Behind a TLS proxy cookies and browsers are held to TLS; on plain localhost nothing of that stands in the way."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from tests.conftest import ROOT
from tests.test_home import vestige
from tests.web.conftest import Server, World, environment, serving, token
from tests.web.world import PASSWORD

from vestige.config import load
from vestige.errors import BadInput

PUBLIC = "https://evidence.example.gov"
PROXIED = {"Host": "evidence.example.gov", "X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.7"}


@pytest.fixture(scope="module")
def proxied(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    log = tmp_path_factory.mktemp("tls") / "log.txt"
    with serving(world.home, log, VESTIGE_PUBLIC_URL=PUBLIC) as (url, _), ExitStack() as closing:
        yield Server(url, world, closing)


def cookies(answer: httpx.Response) -> dict[str, str]:
    """What was set, by name, with its attributes."""
    return {line.partition("=")[0]: line for line in answer.headers.get_list("set-cookie")}


def entered(client: httpx.Client, origin: str) -> httpx.Response:
    """Sign in as a browser behind the proxy does: it sends `Secure` cookies since to it all is TLS."""
    form = client.get("/sign-in", headers=PROXIED)
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form.text)
    assert found
    given = cookies(form)["csrftoken"]
    assert "; Secure" in given
    client.cookies.clear()
    return client.post(
        "/sign-in",
        data={"badge": "C200", "password": PASSWORD, "csrfmiddlewaretoken": found[1]},
        headers={**PROXIED, "Origin": origin, "Referer": f"{origin}/sign-in", "Cookie": given.partition(";")[0]},
    )


def test_behind_tls_cookies_are_secure_and_browsers_are_told_to_keep_to_it(proxied: Server) -> None:
    answer = entered(proxied.client(), PUBLIC)
    assert answer.status_code == 302
    session = cookies(answer)["sessionid"]
    assert "; Secure" in session
    assert "; HttpOnly" in session
    assert answer.headers["strict-transport-security"] == "max-age=31536000"
    sent = {"item": proxied.world.recordings["lone_item"], "reason": "A test"}
    ours = {**PROXIED, "Cookie": session.partition(";")[0], "X-Vestige": "1", "Origin": PUBLIC}
    assert proxied.client().post("/bytes/viewings", json=sent, headers=ours).status_code == 201
    foreign = {**ours, "Origin": "https://elsewhere.example"}
    assert proxied.client().post("/bytes/viewings", json=sent, headers=foreign).status_code == 403


def test_behind_tls_a_form_of_another_site_is_refused(proxied: Server) -> None:
    assert entered(proxied.client(), "https://elsewhere.example").status_code == 403


def test_plain_localhost_works_as_before(server: Server) -> None:
    client = server.client()
    form = client.get("/sign-in")
    assert "strict-transport-security" not in form.headers
    assert "Secure" not in cookies(form)["csrftoken"]
    sent = {"badge": "C200", "password": PASSWORD, "csrfmiddlewaretoken": token(client, "/sign-in")}
    answer = client.post("/sign-in", data=sent)
    assert answer.status_code == 302
    assert "Secure" not in cookies(answer)["sessionid"]
    assert client.get("/recordings").status_code == 200


@pytest.mark.parametrize(
    "text",
    ["evidence.example.gov", "ftp://example.gov", "https://", "https://example.gov/pages", "https://me@example.gov", "http://example.gov"],
)
def test_a_public_address_that_is_none_or_in_clear_is_refused(world: World, text: str) -> None:
    with pytest.raises(BadInput, match="public_url"):
        load(world.home, {"VESTIGE_PUBLIC_URL": text})


def test_an_invitation_names_the_public_address(tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert vestige(home, "init", "--console-acts")[0] == 0
    with (home / "settings.toml").open("a") as settings:
        settings.write(f'public_url = "{PUBLIC}/"\n')
    assert load(home, {}).public_url == PUBLIC
    command = [sys.executable, "-m", "vestige.cli.main", "--home", str(home), "people", "add", "C1", "Cee", "--invite"]
    said = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=True).stdout
    assert f"invitation: {PUBLIC}/join/" in said
