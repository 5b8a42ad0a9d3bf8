"""A trail that a dock sent, on the recording's page in a real browser: drawn with nothing from elsewhere, by keys too, and in words."""

import json
import os
import time
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect, sync_playwright
from tests.docks.conftest import Dock, World, signed_in
from tests.web.conftest import CHROMIUM, serving
from tests.web.test_browser import AXE, SIZES
from tests.web.test_browser import _no_violation as no_violation
from tests.web.test_browser import _until as until

PLACES = [(40.7484 + n * 0.00021, -73.9857 + n * 0.0001 + (n % 3) * 0.00005) for n in range(150)]


def send(dock: Dock, clip: bytes) -> str:
    """A recording with a trail of 150 seconds; its number, once the map is ready."""
    client, name = dock.connection(), dock.record(at="20261101T183000Z")
    entries = [
        {"LocationWKT": f"POINT({east} {north})", "SecondsFromStart": n, "Timestamp": f"2026-11-01T18:{30 + n // 60}:{n % 60:02}Z"}
        for n, (north, east) in enumerate(PLACES)
    ]
    client.put_object(name, "20261101_183000_5F10.mp4", clip + b"mapped")
    client.put_object(name, "20261101_183000_5F10_B8A44F000001_gpstrail.json", json.dumps({"CoordinateEntries": entries}).encode())
    patience = time.monotonic() + 60
    while not dock.rows("SELECT 1 FROM catalog_trackpoint"):
        assert time.monotonic() < patience, "no track was made ready"
        time.sleep(0.2)
    return str(dock.rows("SELECT number FROM catalog_recording WHERE latitude_e7 IS NOT NULL")[0]["number"])


def test_the_map_of_a_recording(docks: World, tmp_path: Path, clips: list[bytes]) -> None:
    if not Path(CHROMIUM).exists():
        pytest.skip("no Chromium here")
    with serving(docks.home, tmp_path / "log.txt", VESTIGE_ALLOW_HTTP="1") as (url, _), httpx.Client(base_url=url, timeout=60) as client:
        number = send(docks.dock(url), clips[0])
        signed_in(client, docks)
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"] if os.geteuid() == 0 else [])
            for size in SIZES:
                context = chromium.new_context(viewport=SIZES[size], base_url=url)  # type: ignore[arg-type]  # a size
                context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"], "url": url}])
                page = context.new_page()
                asked: list[str] = []
                wrong: list[str] = []
                page.on("request", lambda request, asked=asked: asked.append(request.url))  # type: ignore[misc]
                page.on("console", lambda said, wrong=wrong: wrong.append(said.text) if said.type == "error" else None)  # type: ignore[misc]
                looked_at(page, number, size)
                assert all(one.startswith(url) for one in asked)
                assert wrong == []
                context.close()
            chromium.close()
        assert number in client.get("/recordings", params={"near": "40.7500,-73.9845,300"}).text
        assert "No recording fits" in client.get("/recordings", params={"near": "41.75,-73.98,300"}).text
        refused = client.get("/recordings", params={"near": "somewhere"})
        assert refused.status_code == 400
        assert "is no place" in refused.text


def looked_at(page: Page, number: str, size: str) -> None:
    page.goto(f"/recordings/{number}")
    sheet = page.get_by_role("group", name="Map.")
    track = page.locator(".map__track")
    expect(sheet).to_be_visible()
    words = page.locator(".house-map")
    expect(words).to_contain_text("Start40.74840, -73.98570, 1 Nov 2026, 13:30:00 EST")
    expect(words).to_contain_text(" km, 150 points")
    before = track.get_attribute("d")
    assert before
    assert before.count("L") == 149
    sheet.focus()
    page.keyboard.press("ArrowRight")
    until(page, f"document.querySelector('.map__track').getAttribute('d') !== {json.dumps(before)}")
    page.keyboard.press("-")
    page.get_by_role("button", name="Whole track").click()
    until(page, f"document.querySelector('.map__track').getAttribute('d') === {json.dumps(before)}")
    if size == "wide":
        page.get_by_label("Place in the recording").fill("1")
        expect(page.locator(".map__now")).to_have_count(1)
        expect(page.locator(".map__legend")).to_contain_text("13:30:01 EST")
    shot(page, f"map-{size}")
    page.get_by_role("button", name="World").click()
    until(page, "document.querySelector('.map__land').getAttribute('d').length > 50000")
    shot(page, f"map-{size}-world")
    page.get_by_text("as a table").click()
    expect(page.get_by_role("cell", name="40.74840, -73.98570")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    if AXE.exists():
        no_violation(page, f"the map, {size}")


def shot(page: Page, name: str) -> None:
    if os.environ.get("VESTIGE_SHOTS"):
        page.screenshot(path=f"{os.environ['VESTIGE_SHOTS']}/{name}.png", full_page=True)
