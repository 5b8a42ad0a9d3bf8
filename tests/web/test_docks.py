"""The page of the dock systems: a connection file is made once and works, a revoked one does not; and axe has nothing to object to."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import swiftclient
from swiftclient.exceptions import ClientException
from tests.web.conftest import Server, World, make_world, serving, token
from tests.web.test_browser import SIZES, Sit, _no_violation, _shot, browser, sit  # noqa: F401  # fixtures too


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, World]]:
    """A server that answers docks over plain HTTP."""
    folder = tmp_path_factory.mktemp("docks-page")
    world = make_world(folder, "--console-acts")
    with serving(world.home, folder / "log.txt", VESTIGE_ALLOW_HTTP="1") as (url, _):
        yield url, world


@pytest.fixture
def server(own: tuple[str, World]) -> Iterator[Server]:
    with ExitStack() as closing:
        yield Server(*own, closing)


@pytest.fixture
def without_tls(running: str, world: World) -> Iterator[Server]:
    """A server that answers no plain HTTP, and has no certificate."""
    with ExitStack() as closing:
        yield Server(running, world, closing)


def _signs_in(file: dict[str, str]) -> bool:
    [address] = file["AuthenticationTokenURI"]
    try:
        swiftclient.Connection(authurl=address, user=file["BlobAPIUserName"], key=file["BlobAPIKey"], retries=0).get_auth()
    except ClientException as error:
        if error.http_status != 401:
            raise
        return False
    return True


def test_a_connection_file_is_downloaded_once_works_and_ends(server: Server) -> None:
    client = server.signed_in("A100")
    given = {"csrfmiddlewaretoken": token(client, "/docks"), "name": "Third Precinct", "container": "mkv", "encryption": "agency"}
    answer = client.post("/docks/connect", data=given)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    file = json.loads(answer.text)
    assert answer.headers["content-disposition"] == f'attachment; filename="{file["BlobAPIUserName"]}.json"'
    assert (file["ContainerType"], file["WantEncryption"]) == ("mkv", True)
    assert _signs_in(file)
    page = client.get("/docks").text
    assert "Third Precinct" in page
    assert file["BlobAPIKey"] not in page
    again = client.post("/docks/connect", data=given)
    assert again.status_code == 400
    assert "is connected already" in again.text
    client.post("/docks/revoke", data={"csrfmiddlewaretoken": token(client, "/docks"), "account": file["BlobAPIUserName"]})
    assert not _signs_in(file)
    assert "Revoked (1)" in client.get("/docks").text


def test_without_tls_no_secret_is_made(without_tls: Server) -> None:
    client = without_tls.signed_in("A100")
    given = {"csrfmiddlewaretoken": token(client, "/docks"), "name": "Harbor", "container": "mp4", "encryption": "none"}
    answer = client.post("/docks/connect", data=given)
    assert answer.status_code == 400
    assert "No connection file was made" in answer.text
    assert "BlobAPIKey" not in answer.text
    assert "No dock system may send" in client.get("/docks").text


def test_a_custodian_reads_the_list_and_can_connect_nothing(without_tls: Server) -> None:
    client = without_tls.signed_in("C200")
    page = client.get("/docks").text
    assert "No dock system may send" in page
    assert "/docks/connect" not in page
    given = {"csrfmiddlewaretoken": client.cookies["csrftoken"], "name": "x", "container": "mp4"}
    assert client.post("/docks/connect", data=given).status_code in {400, 403}
    assert without_tls.signed_in("B100").get("/docks").status_code == 403


@pytest.mark.parametrize("size", SIZES)
def test_the_page_is_used_with_the_keyboard_and_axe_finds_nothing(sit: Sit, tmp_path: Path, size: str) -> None:  # noqa: F811  # the fixture
    page = sit("A100", size)
    page.goto("/docks")
    page.get_by_label("What people call it").fill(f"Harbor {size}")
    with page.expect_download() as coming:
        page.get_by_role("button", name="Make the connection file").press("Enter")
    coming.value.save_as(tmp_path / "file.json")
    assert _signs_in(json.loads((tmp_path / "file.json").read_text()))
    page.reload()
    _no_violation(page, "one dock")
    _shot(page, f"docks-{size}")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.get_by_text("Revoke", exact=True).last.click()
    page.get_by_role("button", name=f"Revoke Harbor {size}").click()
    page.get_by_text("may send no more").wait_for()
    _no_violation(page, "a dock revoked")
