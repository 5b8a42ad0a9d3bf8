"""The page that uploads, in a real browser: chosen, dropped, paused, gone on with after a reload; and axe has nothing to object to."""

import base64
import hashlib
import json
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect
from tests.budget import budget
from tests.uploads.conftest import CHUNK, TUS, metadata
from tests.web.conftest import Server, World, make_world, serving
from tests.web.test_browser import SIZES, Sit, _no_violation, _shot, browser, sit  # noqa: F401  # fixtures too
from tests.web.world import clip

MB = 1 << 20
SIZE = (2_048 if budget() <= 0 else 96) * MB + 5


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, World]]:
    """A home of this file's own: what is uploaded would be found in the lists that other tests read."""
    folder = tmp_path_factory.mktemp("uploading")
    world = make_world(folder, "--console-acts")
    with serving(world.home, folder / "log.txt") as (url, _):
        yield url, world


@pytest.fixture
def server(own: tuple[str, World]) -> Iterator[Server]:
    with ExitStack() as closing:
        yield Server(*own, closing)


def _rows(server: Server, query: str, *values: object) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(server.world.home / "catalog.sqlite3")) as database:
        database.row_factory = sqlite3.Row
        return [dict(row) for row in database.execute(query, values)]


def _choose(page: Page, *paths: Path) -> None:
    page.locator("input[type=file][multiple]").set_input_files(list(paths))


def _large(path: Path, length: int) -> str:
    """A file of that length, no two parts alike; its SHA-256."""
    sha, piece = hashlib.sha256(), os.urandom(MB)
    with path.open("wb") as file:
        for at in range(0, length, MB):
            block = (at.to_bytes(8, "big") + piece[8:])[: length - at]
            sha.update(block)
            file.write(block)
    return sha.hexdigest()


def test_an_upload_goes_on_after_the_page_was_loaded_anew(sit: Sit, server: Server, tmp_path: Path) -> None:  # noqa: F811  # the fixture
    page, path = sit("C200"), tmp_path / "export of camera 4.bin"
    digest = _large(path, SIZE)
    page.on("dialog", lambda dialog: dialog.accept())
    network = page.context.new_cdp_session(page)
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": SIZE // 6}
    network.send("Network.enable")
    network.send("Network.emulateNetworkConditions", slow)
    page.goto("/upload")
    _choose(page, path)
    expect(page.get_by_text("Will be sent; will be kept as evidence")).to_be_visible()
    page.get_by_role("button", name="Start").click()
    _until_sent(page, 0.1)
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("Paused; will be kept as evidence")).to_be_visible()
    page.get_by_role("button", name="Go on").click()
    _until_sent(page, 0.3)
    page.reload()
    [row] = _rows(server, "SELECT received FROM catalog_upload WHERE length = ?", SIZE)
    assert row["received"] < SIZE
    network.send("Network.emulateNetworkConditions", {**slow, "uploadThroughput": -1})
    page.reload()
    expect(page.get_by_role("rowheader", name=path.name)).to_be_visible()  # among those that were begun
    _choose(page, path)
    expect(page.get_by_text("Goes on where it stopped; will be kept as evidence")).to_be_visible()
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("link", name="Kept, set apart as")).to_be_visible(timeout=900_000 if budget() <= 0 else 60_000)
    [item] = _rows(server, "SELECT size, sha256 FROM catalog_evidenceitem WHERE filename = ?", path.name)
    assert item == {"size": SIZE, "sha256": digest}
    assert len(_rows(server, "SELECT id FROM catalog_upload WHERE length = ?", SIZE)) == 1
    print(f"{SIZE >> 20} MiB, {row['received'] >> 20} MiB of it before the reload")


def _until_sent(page: Page, part: float) -> None:
    until = time.monotonic() + 120
    while page.locator("progress").last.evaluate("bar => bar.value / bar.max") < part and time.monotonic() < until:
        page.wait_for_timeout(100)


def test_a_folder_that_is_dropped_is_read_to_its_last_file(sit: Sit, server: Server, tmp_path: Path) -> None:  # noqa: F811  # the fixture
    (tmp_path / "card" / "below").mkdir(parents=True)
    body = os.urandom(300)
    (tmp_path / "card" / "below" / "dropped.txt").write_bytes(body)
    page = sit("C200")
    page.goto("/upload")
    box = page.get_by_role("group", name="Choose files").bounding_box()
    assert box
    hands = page.context.new_cdp_session(page)
    for kind in ("dragEnter", "dragOver", "drop"):
        told = {"items": [], "files": [str(tmp_path / "card")], "dragOperationsMask": 1}
        hands.send("Input.dispatchDragEvent", {"type": kind, "x": box["x"] + 20, "y": box["y"] + 20, "data": told})
    expect(page.get_by_role("rowheader", name="card/below/dropped.txt")).to_be_visible()
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("link", name="Kept, set apart as")).to_be_visible(timeout=30_000)
    assert len(_rows(server, "SELECT id FROM catalog_evidenceitem WHERE sha256 = ?", hashlib.sha256(body).hexdigest())) == 1


def test_files_of_a_folder_are_sent_with_what_was_said_and_paused_and_left_out(
    sit: Sit,  # noqa: F811  # the fixture
    server: Server,
    tmp_path: Path,
) -> None:
    folder, page = tmp_path / "card", sit("C200")
    (folder / "DCIM").mkdir(parents=True)
    bodies = {"DCIM/a 1.txt": os.urandom(1000), "DCIM/a 2.txt": os.urandom(2000), "b.pdf": os.urandom(10 * MB)}
    for name, body in bodies.items():
        (folder / name).write_bytes(body)
    (folder / ".hidden").write_bytes(b"no")
    page.goto("/upload")
    page.get_by_label("Badge of the officer").fill("B200")
    page.get_by_label("Serial number").fill("CARD-1")
    page.locator("input[type=file][webkitdirectory]").set_input_files(folder)
    plan = page.get_by_role("region", name="What will be done")
    expect(plan).to_contain_text("3 files, 10 MB, will be kept as evidence, unaltered and sealed, sent by Sam Whitfield (C200)")
    expect(plan).to_contain_text("the officer with badge B200")
    expect(plan).to_contain_text("You cannot delete or change them afterwards")
    expect(plan).to_contain_text("1 hidden file is left out")
    page.get_by_role("button", name="Leave out card/b.pdf").click()
    expect(plan).to_contain_text("2 files")
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("link", name="Kept, set apart as")).to_have_count(2, timeout=30_000)
    found = _rows(
        server,
        "SELECT e.sha256, p.badge, d.serial FROM catalog_evidenceitem e JOIN catalog_recording r ON r.id = e.recording_id "
        "JOIN accounts_person p ON p.id = r.officer_id JOIN catalog_device d ON d.id = r.device_id WHERE e.filename LIKE 'a _.txt'",
    )
    assert {row["sha256"] for row in found} == {hashlib.sha256(bodies[name]).hexdigest() for name in ("DCIM/a 1.txt", "DCIM/a 2.txt")}
    assert {(row["badge"], row["serial"]) for row in found} == {("B200", "CARD-1")}
    page.get_by_role("link", name="Kept, set apart as").first.click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_an_officer_uploads_as_their_own_and_what_is_wrong_is_told_in_words(sit: Sit, tmp_path: Path) -> None:  # noqa: F811  # the fixture
    (tmp_path / "mine.txt").write_bytes(os.urandom(100))
    page = sit("B100")
    page.goto("/upload")
    expect(page.get_by_label("Badge of the officer")).to_have_value("Dana Ortiz (B100)")
    _choose(page, tmp_path / "mine.txt")
    expect(page.get_by_role("region", name="What will be done")).to_contain_text("Recorded by you")
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("link", name="Kept, set apart as")).to_be_visible(timeout=30_000)
    other = sit("C200")
    other.goto("/upload")
    other.get_by_label("Badge of the officer").fill("Z999")
    _choose(other, tmp_path / "mine.txt")
    other.get_by_role("button", name="Start").click()
    expect(other.get_by_role("cell", name="There is nobody with badge Z999")).to_be_visible()


@pytest.mark.parametrize("size", SIZES)
def test_the_page_holds_empty_and_full_wide_and_narrow(sit: Sit, size: str, tmp_path: Path) -> None:  # noqa: F811  # the fixture
    page = sit("B200", size)
    page.goto("/upload")
    _no_violation(page, "/upload, empty")
    _shot(page, f"upload-{size}-empty")
    for number in range(6):
        (tmp_path / f"clip of the north entrance with a long name, part {number}.mp4").write_bytes(os.urandom(50_000 * (1 + number)))
    _choose(page, *tmp_path.iterdir())
    expect(page.get_by_role("button", name="Start")).to_be_enabled()
    _no_violation(page, "/upload, chosen")
    _shot(page, f"upload-{size}-chosen")
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("link", name="Kept, set apart as")).to_have_count(6, timeout=60_000)
    expect(page.get_by_role("region", name="Done")).to_contain_text("All 6 files are kept.")
    _no_violation(page, "/upload, done")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    _shot(page, f"upload-{size}-done")


def test_uploads_of_a_session_come_from_our_own_pages_only(server: Server) -> None:
    client = server.signed_in("B200")
    told = {**TUS, "Upload-Length": "3", "Upload-Metadata": metadata(filename="x.txt"), "Content-Type": CHUNK}
    for more in ({}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"}):
        assert client.post("/uploads", headers=told | more, content=b"abc").status_code == 403, more
    without = {name: value for name, value in told.items() if name != "Tus-Resumable"} | {"Sec-Fetch-Site": "same-origin"}
    assert client.post("/uploads", headers=without, content=b"abc").status_code == 412
    answer = client.post("/uploads", headers=told | {"Sec-Fetch-Site": "same-origin"}, content=b"abc")
    assert answer.status_code == 201
    assert json.loads(answer.headers["Vestige-Outcome"])["sha256"] == hashlib.sha256(b"abc").hexdigest()
    where = answer.headers["Location"]
    assert client.head(where, headers=TUS).status_code == 200, "a browser names no origin in a HEAD of our own pages over plain HTTP"
    for more in ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "none"}, {"Origin": "https://evil.example"}):
        assert client.head(where, headers=TUS | more).status_code == 403, more
    auditor = server.signed_in("D400")
    assert auditor.post("/uploads", headers=told | {"Sec-Fetch-Site": "same-origin"}, content=b"abc").status_code == 403
    assert auditor.get("/upload").status_code == 403
    assert 'href="/upload"' not in auditor.get("/recordings").text
    assert 'href="/upload"' in client.get("/recordings").text
    _not_in_clear(server)


def _not_in_clear(server: Server) -> None:
    """This server has no leave for plain HTTP, so a secret is not even looked at."""
    pair = base64.b64encode(b"dock_x:y").decode()
    answer = httpx.post(server.url + "/uploads", headers={**TUS, "Upload-Length": "1", "Authorization": f"Basic {pair}"})
    assert answer.status_code == 403
    assert "TLS only" in answer.text


def test_what_a_camera_wrote_beside_its_footage_is_told_and_kept_beside_it(sit: Sit, server: Server, tmp_path: Path) -> None:  # noqa: F811  # the fixture
    folder, page = tmp_path / "100GOPRO", sit("C200")
    folder.mkdir()
    for number in (1, 2):
        clip(folder / f"GX0{number}0777.MP4", seconds=1, started=f"2026-11-20T18:30:0{number - 1}Z", offset=60 + number)
    clip(tmp_path / "small.mp4", seconds=1, offset=63)
    (tmp_path / "small.mp4").rename(folder / "GL010777.LRV")
    page.goto("/upload")
    _choose(page, *sorted(folder.iterdir()))
    expect(page.get_by_text("will be kept beside GX010777.MP4, as its small copy")).to_be_visible()
    expect(page.get_by_text("in one recording with GX010777.MP4 if it goes on where that ends")).to_be_visible()
    assert [row.inner_text() for row in page.get_by_role("rowheader").all()] == ["GX010777.MP4", "GL010777.LRV", "GX020777.MP4"]
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("link", name="beside GX010777.MP4")).to_be_visible(timeout=60_000)
    expect(page.get_by_role("link", name="Kept as")).to_have_count(3, timeout=60_000)
    expect(page.get_by_role("link", name=", in one recording with GX010777.MP4")).to_be_visible()
    expect(page.get_by_role("cell", name="Small copy", exact=True)).to_be_visible()
    _shot(page, "upload-beside")
    rows = _rows(server, "SELECT filename, recording_id FROM catalog_evidenceitem WHERE filename LIKE 'G%0777%'")
    assert len(rows) == 3
    assert len({row["recording_id"] for row in rows}) == 1
