"""The pages in a real browser: sign in, play, seek, read the trail; and axe finds nothing to object to, wide and narrow."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from tests.conftest import ROOT
from tests.web.conftest import CHROMIUM, Server
from tests.web.world import PASSWORD

AXE = ROOT / "ui" / "node_modules" / "axe-core" / "axe.min.js"
SIZES = {"wide": {"width": 1280, "height": 900}, "narrow": {"width": 390, "height": 844}}
_VIDEO = "(v => v && {at: v.currentTime, width: v.videoWidth, paused: v.paused})(document.querySelector('video:not([hidden])'))"

Sit = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not Path(CHROMIUM).exists():
        pytest.skip("no Chromium here")
    with sync_playwright() as playwright:
        options = ["--no-sandbox"] if os.geteuid() == 0 else []
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=[*options, "--autoplay-policy=no-user-gesture-required"])
        yield chromium
        chromium.close()


@pytest.fixture
def sit(browser: Browser, server: Server) -> Iterator[Sit]:
    """Sit down at a browser of a size, signed in or not; nothing may be wrong in its console at the end."""
    contexts: list[BrowserContext] = []
    wrong: list[str] = []

    def down(badge: str | None = None, size: str = "wide") -> Page:
        context = browser.new_context(viewport=SIZES[size], base_url=server.url)  # type: ignore[arg-type]  # a size
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda message: wrong.append(message.text) if "Content Security Policy" in message.text else None)
        if badge:
            page.goto("/sign-in")
            page.get_by_label("Badge").fill(badge)
            page.get_by_label("Password").fill(PASSWORD)
            page.get_by_role("button", name="Sign in").click()
            page.wait_for_url("**/recordings")
        return page

    yield down
    for context in contexts:
        context.close()
    assert wrong == []


def _until(page: Page, true: str) -> None:
    """Wait for something to be true in the page. (Playwright's own wait needs `eval`, which the page's policy refuses.)"""
    until = time.monotonic() + 15
    while not page.evaluate(true):
        assert time.monotonic() < until, true
        page.wait_for_timeout(50)


def _begin(page: Page, reason: str) -> None:
    page.get_by_label("Reason").fill(reason)
    page.get_by_label("Case number").fill("2026-118")
    page.get_by_role("button", name="Begin viewing").click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()


def _seek(page: Page, seconds: float) -> None:
    page.get_by_label("Place in the recording").evaluate(
        "(line, at) => { line.value = at; line.dispatchEvent(new Event('input', {bubbles: true})); }", seconds
    )


def test_sign_in_play_seek_and_read_the_trail(sit: Sit, server: Server) -> None:
    page = sit("B100")
    row = page.get_by_role("row").filter(has_text="3 segments")
    row.get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Recording R-")
    expect(page.get_by_text("Why do you look at this?")).to_be_visible()
    _begin(page, "Writing the report")
    _until(page, f"{_VIDEO}.at > 0.4")
    assert page.evaluate(_VIDEO)["width"] == 320
    _seek(page, 9.5)  # the third segment, of 4 seconds each
    expect(page.locator(".player__times")).to_contain_text("Segment 3 of 3")
    expect(page.locator(".player__times")).to_contain_text("23 Nov 2026, 13:30:")
    _until(page, f"{_VIDEO}.at > 1.6 && {_VIDEO}.width == 320")
    page.goto(f"/items/{server.world.recordings['segments_item']}/trail")
    expect(page.get_by_text("A person began to view it").first).to_be_visible()
    expect(page.get_by_text("“Writing the report”, case 2026-118").first).to_be_visible()
    # The last report leaves with the page before, beside this one's own request.
    _until(page, "fetch(location.href).then(answer => answer.text()).then(text => text.includes('A viewing ended'))")


def test_segments_play_on_into_each_other(sit: Sit, server: Server) -> None:
    page = sit("C200")
    page.goto(f"/recordings/{server.world.recordings['segments']}")
    _begin(page, "A test of the join")
    _seek(page, 3.2)
    expect(page.locator(".player__times")).to_contain_text("Segment 2 of 3", timeout=10_000)
    _until(page, f"{_VIDEO}.at > 0.5 && !{_VIDEO}.paused")
    _seek(page, 11.0)
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible(timeout=10_000)  # it stops at the end
    expect(page.locator(".player__times")).to_contain_text("0:12.0 of 0:12.0")


def test_the_keyboard_drives_the_player_while_the_focus_is_in_it(sit: Sit, server: Server) -> None:
    page = sit("C200")
    page.goto(f"/recordings/{server.world.recordings['segments']}")
    _begin(page, "A test of the keys")
    expect(page.get_by_role("button", name="Pause", exact=True)).to_be_visible()
    _until(page, f"{_VIDEO}.at > 0.2")
    page.keyboard.press("k")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    _seek(page, 2)
    page.keyboard.press(".")
    _until(page, f"Math.abs({_VIDEO}.at - 2.04) < 0.01")  # 25 frames a second
    page.keyboard.press(",")
    _until(page, f"Math.abs({_VIDEO}.at - 2.0) < 0.01")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".player__times")).to_contain_text("0:07.0")
    page.keyboard.press("+")
    expect(page.get_by_label("Speed")).to_have_value("1.5")
    page.keyboard.press("m")
    expect(page.get_by_role("button", name="Sound on")).to_be_visible()
    page.keyboard.press("r")
    assert "rotate(90deg)" in (page.locator("video:not([hidden])").get_attribute("style") or "")
    page.get_by_role("link", name="Recordings").first.focus()
    page.keyboard.press("m")
    expect(page.get_by_role("button", name="Sound on")).to_be_visible()


def test_a_viewing_that_was_ended_asks_for_the_purpose_again(sit: Sit, server: Server) -> None:
    page = sit("C200")
    with page.expect_response("**/bytes/viewings") as started:
        page.goto(f"/recordings/{server.world.recordings['segments']}")
        _begin(page, "A test of the end")
    page.keyboard.press("k")
    played = started.value.json()["played"]
    page.evaluate(
        "url => fetch(url, {method: 'POST', headers: {'X-Vestige': '1', 'Content-Type': 'application/json'},"
        " body: JSON.stringify({playedMs: 1, ended: true})})",
        played,
    )
    page.evaluate("document.querySelector('video:not([hidden])').src += '?not-kept'")  # what the browser keeps would play on
    expect(page.get_by_text("This viewing has ended. Say once more why you look.")).to_be_visible()


@pytest.mark.parametrize("name", ["sound", "picture"])
def test_sound_and_pictures_are_shown_after_the_purpose(sit: Sit, server: Server, name: str) -> None:
    page = sit("C200")
    page.goto(f"/recordings/{server.world.recordings[name]}")
    page.get_by_label("Reason").fill("A test")
    page.get_by_role("button", name="Begin viewing").click()
    if name == "picture":
        _until(page, "document.querySelector('.player img')?.naturalWidth === 64")
    else:
        _until(page, f"{_VIDEO}?.at > 0.3")


def test_a_document_is_shown_page_by_page_as_pictures(sit: Sit, server: Server) -> None:
    page = sit("C200")
    page.goto(f"/recordings/{server.world.recordings['document']}")
    page.get_by_label("Reason").fill("A test")
    page.get_by_role("button", name="Begin viewing").click()
    expect(page.get_by_text("2 pages, shown as pictures of the document.")).to_be_visible()
    _until(page, "document.querySelector('.player__pages img')?.naturalWidth > 400")
    assert page.locator(".player__pages img").count() == 2
    assert page.locator("iframe").count() == 0
    _no_violation(page, "a document")
    if os.environ.get("VESTIGE_SHOTS"):
        page.screenshot(path=f"{os.environ['VESTIGE_SHOTS']}/document.png", full_page=True)


def test_what_no_browser_opens_says_so(sit: Sit, server: Server) -> None:
    page = sit("C200")
    page.goto(f"/recordings/{server.world.recordings['broken']}")
    expect(page.get_by_text("This cannot be shown in a browser")).to_be_visible()


@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_no_violation(sit: Sit, server: Server, size: str) -> None:
    if not AXE.exists():
        pytest.skip("axe-core is not installed: npm ci in ui/")
    recordings = server.world.recordings
    page = sit("C200", size)
    paths = ["/recordings", "/recordings?officer=nobody", "/findings?show=all", "/nothing", f"/items/{recordings['lone_item']}"]
    paths += [f"/items/{recordings['lone_item']}/trail", f"/recordings/{recordings['broken']}", f"/recordings/{recordings['picture']}"]
    for path in paths:
        page.goto(path)
        _no_violation(page, path)
    page.goto(f"/recordings/{recordings['segments']}")
    _no_violation(page, "the player before a purpose")
    _begin(page, "A test for everybody")
    page.locator(".player__keys summary").click()
    for details in page.locator(".house-trail details summary").all():
        details.click()
    _no_violation(page, "the player, playing")
    stranger = sit(size=size)
    stranger.goto("/sign-in")
    _no_violation(stranger, "/sign-in")


@pytest.mark.parametrize("size", SIZES)
def test_a_camera_is_entered_given_out_found_faulty_and_taken_back(sit: Sit, size: str) -> None:
    page, serial = sit("C200", size), f"CAM-{size}"
    page.goto("/devices?q=no such camera")
    expect(page.get_by_role("heading", name="No camera fits")).to_be_visible()
    _no_violation(page, "no cameras")
    page.goto("/devices")
    page.get_by_text("Enter a camera").click()
    page.get_by_label("Serial number", exact=True).fill(serial)
    page.get_by_label("Make and model").fill("Axis W102")
    page.get_by_label("Where it is worn or stands").select_option("Vest")
    _no_violation(page, "entering a camera")
    page.get_by_role("button", name="Enter the camera").click()
    page.get_by_role("link", name=serial).click()
    _no_violation(page, "a new camera")
    _shot(page, f"camera-{size}-empty")
    page.get_by_text("Give it to a person").click()
    page.get_by_label("Badge").fill("B200")
    page.get_by_role("button", name="Give it").click()
    expect(page.get_by_text("The camera is with B200.")).to_be_visible()
    page.get_by_text("Report a fault").click()
    page.get_by_label("What is wrong").select_option("Battery")
    page.get_by_label("In words").fill("Empty after an hour")
    page.get_by_role("button", name="Report it").click()
    page.get_by_role("button", name="It came back from Lee Marsh").click()
    expect(page.get_by_text("The camera is back.")).to_be_visible()
    for details in page.locator("details.house-act summary").all():
        details.click()
    _no_violation(page, "a camera")
    page.get_by_label("How it ended").select_option("Replaced")
    page.get_by_label("serial number of the other camera").fill("nothing")
    page.get_by_role("button", name="End the fault").click()
    expect(page.get_by_text("There is no camera nothing.")).to_be_visible()
    for path in ("/devices", "/devices/faults"):
        page.goto(path)
        _no_violation(page, path)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        _shot(page, f"cameras-{size}-{path.count('/')}")
    page.goto("/devices")
    page.get_by_role("link", name="X81-0001").click()
    expect(page.get_by_text("Dana Ortiz (B100)").first).to_be_visible()
    _shot(page, f"camera-{size}-full")


@pytest.mark.parametrize("size", SIZES)
def test_a_kiosk_gives_a_camera_out_by_badge_and_takes_it_back(sit: Sit, size: str) -> None:
    page, serial = sit("C200", size), f"POOL-{size}"
    page.goto("/devices")
    page.get_by_text("Enter a camera").click()
    page.get_by_label("Serial number", exact=True).fill(serial)
    page.get_by_role("button", name="Enter the camera").click()
    page.get_by_role("link", name=serial).wait_for()
    page.context.clear_cookies()
    page.goto("/sign-in")
    page.get_by_label("Badge").fill("K100")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/kiosk")
    assert page.locator(f"#free option[value='{serial}']").count() == 1
    _no_violation(page, "the kiosk")
    page.keyboard.type("B999")  # the field for the badge waits, as a scanner needs it
    page.keyboard.press("Enter")
    page.keyboard.type(serial)
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Nobody has the badge B999")
    _no_violation(page, "a wrong badge")
    _shot(page, f"kiosk-{size}-wrong")
    page.get_by_label("Your badge").fill("b200")
    page.get_by_role("button", name="Take this camera").click()
    expect(page.get_by_role("status")).to_contain_text(f"Lee Marsh, the camera {serial} is yours")
    assert page.locator(f"#free option[value='{serial}']").count() == 0
    page.get_by_label("Your badge").fill("B100")
    page.get_by_label("The camera: scan it").fill(serial)
    page.get_by_role("button", name="Take this camera").click()
    expect(page.get_by_role("alert")).to_contain_text("is with somebody")
    assert "Lee Marsh" not in page.content()
    page.get_by_label("The camera: scan or type it").fill(serial)
    page.get_by_role("button", name="Return this camera").click()
    expect(page.get_by_role("status")).to_contain_text("is back")
    _no_violation(page, "a camera returned")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    _shot(page, f"kiosk-{size}")


@pytest.mark.parametrize("size", SIZES)
def test_a_week_is_reviewed_and_signed(sit: Sit, size: str) -> None:
    page = sit("D400", size)
    page.goto("/reviews")
    _no_violation(page, "/reviews")
    weeks = page.get_by_role("rowheader").get_by_role("link")
    full, empty = weeks.all()[-1].inner_text(), weeks.all()[-2].inner_text()
    page.goto(f"/reviews/{full}")
    for words in ("Failed sign-ins from 192.0.2.7", "Asked for review.list and was refused"):
        expect(page.get_by_text(words)).to_be_visible()
    page.get_by_text("How this list is made").click()
    _no_violation(page, "a week")
    _shot(page, f"review-{size}-open")
    for week in (full, empty):
        page.goto(f"/reviews/{week}")
        if size == "wide":
            page.get_by_label("What you found").fill("Looked into it; nothing follows.")
            page.get_by_role("button", name="Sign the review").click()
            expect(page.get_by_text("Your signature is in the log.")).to_be_visible()
        expect(page.get_by_text("Signed by Rae Holm (D400)")).to_be_visible()
        _no_violation(page, "a signed week")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        _shot(page, f"review-{size}-{week}")


def _shot(page: Page, name: str) -> None:
    if os.environ.get("VESTIGE_SHOTS"):
        page.screenshot(path=f"{os.environ['VESTIGE_SHOTS']}/{name}.png", full_page=True)


def test_the_menu_opens_on_a_narrow_page(sit: Sit) -> None:
    page = sit("C200", "narrow")
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("link", name="Findings").click()
    page.wait_for_url("**/findings")


@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_no_violation_where_people_and_units_are_kept(sit: Sit, size: str) -> None:
    if not AXE.exists():
        pytest.skip("axe-core is not installed: npm ci in ui/")
    page = sit("A100", size)
    for path in ("/people", "/agency"):
        page.goto(path)
        _no_violation(page, path)
    page.get_by_label("The file").set_input_files({"name": "a.csv", "mimeType": "text/csv", "buffer": b"kind,code,name\nteam,T1,First\n"})
    page.get_by_role("button", name="Show what would change").click()
    expect(page.get_by_text("team T1 (First) is new")).to_be_visible()
    _no_violation(page, "what would change")


@pytest.mark.parametrize("size", SIZES)
def test_no_page_is_wider_than_the_window(sit: Sit, server: Server, size: str) -> None:
    page = sit("C200", size)
    for path in ("/recordings", "/findings", f"/recordings/{server.world.recordings['segments']}", "/docks", "/devices", "/nothing"):
        page.goto(path)
        page.evaluate("document.querySelectorAll('main details').forEach(one => { one.open = true; })")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path


def _no_violation(page: Page, where: str) -> None:
    # Through the debugging protocol: the page's own policy lets no script in from outside.
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == [], where
