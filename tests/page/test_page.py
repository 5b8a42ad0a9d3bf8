"""`verify.html` from the disk: good packages pass, every damage is refused and named, and the page says what it must."""

import base64
import hashlib
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.conftest import ROOT
from tests.page.conftest import PROFILES, Real, answer, checked
from tests.test_verifier import rehash
from verifier.tests.writer import Plan, key, make

from vestige.disclosure.sentences import SENTENCES
from vestige.vault.bag import BUILT_PAGE
from vestige_verify import words

AXE = ROOT / "ui" / "node_modules" / "axe-core" / "axe.min.js"
Reader = Callable[..., Page]
Copy = Callable[[Path], Path]


@pytest.mark.parametrize("profile", PROFILES)
def test_a_real_package_passes_by_its_own_page_unpinned_then_pinned(reader: Reader, real: Real, profile: str) -> None:
    folder = getattr(real, profile)
    page = reader(folder / "verify.html")
    assert checked(page, folder)["signer"] == "unpinned"
    expect(page.locator("#verdict")).to_have_text(
        "Consistent, but its signer is known only from this package; compare the fingerprint with one that you got elsewhere."
    )
    expect(page.locator("#verdict")).to_be_focused()
    expect(page.get_by_text(re.compile("CAUTION"))).to_be_visible()
    expect(page.locator("#not-checked")).to_contain_text("Who signed is known only from this package")
    assert checked(page, folder, key=real.key)["signer"] == "pinned"
    assert page.title().startswith("Verified")
    assert "known only from" not in page.locator("#answer").inner_text()


def test_the_words_about_the_signer_are_those_of_the_program(reader: Reader, real: Real, program: Callable[..., Any]) -> None:
    page = reader()
    checked(page, real.court)
    source = Path(words.__file__).read_text("utf-8")
    for shown in (page.locator("#verdict").inner_text(), page.locator(".caution").inner_text()):
        assert shown in source
    assert page.locator("#fingerprint").inner_text() == program(real.court)["fingerprint"]
    checked(page, real.court, key=real.key)
    assert page.locator("#verdict").inner_text() in source


def test_a_key_or_a_fingerprint_may_be_compared_late_in_any_grouping(reader: Reader, real: Real) -> None:
    page = reader()
    checked(page, real.court)
    print_ = page.locator("#fingerprint").inner_text()
    for typed, said in (
        ("12ab", "no whole fingerprint"),
        ("vestige.log/x+00000000+AAAA", "no whole fingerprint"),
        ("", "Enter a fingerprint"),
    ):
        page.locator("#late-anchor").fill(typed)
        page.get_by_role("button", name="Compare").click()
        expect(page.locator("#late-said")).to_contain_text(said)
    for typed in (print_.upper().replace(" ", ":"), print_.replace(" ", ""), real.key, f"  {real.key}\n"):
        checked(page, real.court)
        page.locator("#late-anchor").fill(typed)
        page.get_by_role("button", name="Compare").click()
        assert answer(page)["signer"] == "pinned"
        assert checked(page, real.court, key=typed)["signer"] == "pinned"


def test_another_key_is_refused_before_and_after(reader: Reader, real: Real) -> None:
    page = reader()
    for other in (key(7).vkey, key(7).fingerprint):
        told = checked(page, real.court, key=other)
        assert (told["verdict"], told["step"], told["file"]) == ("refused", 1, "package.tlog-proof")
        checked(page, real.court)
        page.locator("#late-anchor").fill(other)
        page.get_by_role("button", name="Compare").click()
        assert answer(page) == told
        assert page.locator("video").count() == 0


def test_what_is_no_key_is_told_and_nothing_is_checked(reader: Reader, real: Real) -> None:
    page = reader()
    page.locator("#anchor").fill("not a key")
    page.locator("#folder").set_input_files(real.court)
    expect(page.locator("#anchor-said")).to_contain_text("no whole fingerprint")
    expect(page.locator("#anchor")).to_be_focused()
    assert page.locator("#answer").inner_text() == ""


@pytest.mark.parametrize("profile", PROFILES)
def test_the_footage_plays_and_the_trail_is_told_in_plain_words(reader: Reader, real: Real, profile: str) -> None:
    page = reader(timezone_id="America/Chicago", locale="en-US")
    checked(page, getattr(real, profile))
    expect(page.locator("video")).to_have_js_property("readyState", 4)
    page.evaluate("document.querySelector('video').muted = true; document.querySelector('video').play()")
    expect(page.locator("video")).to_have_js_property("videoWidth", page.evaluate("document.querySelector('video').videoWidth"))
    page.wait_for_timeout(500)
    assert page.evaluate("document.querySelector('video').currentTime") > 0.1
    trail = page.locator("#answer").inner_text()
    assert SENTENCES["item:received"] in trail
    assert "Sep 21, 2026" in trail
    assert "on your clock Sep 21, 2026" in trail
    if profile == "court":
        assert "By Pat Evidence Custodian" in trail
    else:
        assert SENTENCES["redaction:approved"] in trail
        assert "By somebody whose name is withheld, as redactor" in trail
        assert "Pat " not in trail


def test_every_event_type_has_its_sentence_in_the_page() -> None:
    built = BUILT_PAGE.read_text("utf-8")
    assert [kind for kind, said in SENTENCES.items() if f"`{said}`" not in built and f'"{said}"' not in built] == []


def test_the_page_is_one_file_that_lets_nothing_in_or_out() -> None:
    text = BUILT_PAGE.read_text("utf-8")
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', text)
    assert policy
    assert policy[1].startswith("default-src 'none'; ")
    assert "connect-src 'none'" in policy[1]
    assert "unsafe-inline" not in policy[1]
    for tag in ("script", "style"):
        (inside,) = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        assert f"'sha256-{base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()}'" in policy[1]
    assert not re.search(r"<(?:link|img|iframe|object|embed)\b|\bsrc=\"http|\bhref=", text)
    assert "in the same folder as the recording" in text
    assert "MIT" in text.partition("</html>")[2]


def test_the_policy_stops_what_a_hostile_package_would_need(reader: Reader, tmp_path: Path) -> None:
    package = make(tmp_path / "p", Plan(agency="<img src=x onerror=document.title='owned'>\u202egnp"))
    page = reader()
    checked(page, package.folder)
    assert page.locator("#answer img").count() == 0
    assert "owned" not in page.title()
    expect(page.locator("#answer")).to_contain_text("<img src=x onerror=document.title='owned'>\\u202egnp (so the package says)")


def flip(path: Path, bit: int = 0) -> None:
    whole = bytearray(path.read_bytes())
    whole[len(whole) // 2] ^= 1 << bit
    path.write_bytes(whole)


def footage_of(folder: Path) -> Path:
    return next((folder / "data" / "footage").iterdir())


DAMAGE: dict[str, Callable[[Path], str]] = {}


def damage(spoil: Callable[[Path], str]) -> Callable[[Path], str]:
    DAMAGE[spoil.__name__] = spoil
    return spoil


@damage
def a_bit_of_the_footage(folder: Path) -> str:
    flip(footage_of(folder))
    return footage_of(folder).relative_to(folder).as_posix()


@damage
def a_bit_of_the_manifest(folder: Path) -> str:
    flip(folder / "manifest-sha256.txt")
    return "manifest-sha256.txt"


@damage
def a_bit_of_the_trail(folder: Path) -> str:
    flip(folder / "data" / "trail.json")
    return "data/trail.json"


@damage
def a_bit_of_the_page_itself(folder: Path) -> str:
    flip(folder / "verify.html")
    return "verify.html"


@damage
def a_file_added(folder: Path) -> str:
    (folder / "data" / ".DS_Store").write_bytes(b"x")
    return "data/.DS_Store"


@damage
def a_file_added_outside(folder: Path) -> str:
    (folder / "notes.txt").write_bytes(b"x")
    return "notes.txt"


@damage
def a_file_removed(folder: Path) -> str:
    (folder / "data" / "trail.csv").unlink()
    return "data/trail.csv"


@damage
def the_page_removed(folder: Path) -> str:
    (folder / "verify.html").unlink()
    return "verify.html"


@damage
def the_proof_removed(folder: Path) -> str:
    (folder / "package.tlog-proof").unlink()
    return "package.tlog-proof"


@damage
def all_manifests_recomputed(folder: Path) -> str:
    flip(footage_of(folder))
    rehash(folder)
    return "tagmanifest-sha256.txt"


@pytest.mark.parametrize("name", DAMAGE)
def test_each_kind_of_damage_is_refused_and_the_file_is_named_as_the_program_names_it(
    reader: Reader, real: Real, copy: Copy, program: Callable[..., Any], name: str
) -> None:
    page = reader()
    for package in (real.court, real.public):
        folder = copy(package)
        file = DAMAGE[name](folder)
        told, said = checked(page, folder), program(folder)
        assert (told["verdict"], told["file"]) == ("refused", file)
        assert (said["verdict"], said["file"], said["step"]) == ("refused", file, told["step"])
        assert page.locator("#verdict").inner_text() == "REFUSED: this package must not be relied on."
        assert page.locator("video").count() == 0
        assert page.get_by_text("delete it, and check again").count() == (1 if file.endswith(".DS_Store") else 0)


def test_the_proof_of_another_package_is_refused(reader: Reader, real: Real, copy: Copy, program: Callable[..., Any]) -> None:
    folder = copy(real.court)
    shutil.copy(real.public / "package.tlog-proof", folder / "package.tlog-proof")
    told = checked(reader(), folder)
    assert (told["verdict"], told["step"], told["file"]) == ("refused", 3, "tagmanifest-sha256.txt")
    assert program(folder)["step"] == 3


def test_a_wrong_folder_is_told_in_words(reader: Reader, real: Real, tmp_path: Path) -> None:
    page = reader()
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.jpg").write_bytes(b"cat")
    page.locator("#folder").set_input_files(tmp_path / "photos")
    expect(page.locator("#said")).to_contain_text("This folder is no package")
    shutil.copytree(real.court, tmp_path / "outer" / "inner")
    page.locator("#folder").set_input_files(tmp_path / "outer")
    expect(page.locator("#said")).to_contain_text("choose the folder “inner”")


def test_a_folder_that_is_dropped_is_checked_and_an_empty_folder_in_it_is_seen(reader: Reader, real: Real, copy: Copy) -> None:
    page = reader()
    _drop(page, real.court)
    page.locator("#answer[data-verdict]").wait_for()
    assert answer(page)["signer"] == "unpinned"
    folder = copy(real.court)
    (folder / "data" / "empty").mkdir()
    _drop(page, folder)
    page.locator("#answer[data-verdict=refused]").wait_for()
    assert answer(page)["file"] == "data/empty"


def _drop(page: Page, folder: Path) -> None:
    box = page.locator("#drop").bounding_box()
    assert box
    session = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(folder)], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        session.send("Input.dispatchDragEvent", {"type": kind, "x": box["x"] + 20, "y": box["y"] + 20, "data": data})


@pytest.mark.parametrize("size", [{"width": 1100, "height": 900}, {"width": 360, "height": 740}], ids=["wide", "narrow"])
def test_axe_finds_no_violation_and_the_page_is_never_wider_than_the_window(reader: Reader, real: Real, copy: Copy, size: Any) -> None:
    if not AXE.exists():
        pytest.skip("axe-core is not installed: npm ci in ui/")
    page = reader(viewport=size)
    _no_violation(page, "before")
    broken = copy(real.court)
    a_bit_of_the_trail(broken)
    for folder, pin in ((real.court, ""), (real.public, real.key), (broken, "")):
        checked(page, folder, key=pin)
        page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
        _no_violation(page, f"{folder.name} {pin}")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def _no_violation(page: Page, where: str) -> None:
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations'], preload: false})")["violations"]
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == [], where


def test_what_is_folded_away_is_printed(reader: Reader, real: Real) -> None:
    page = reader()
    checked(page, real.court, key=real.key)
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details:not([open])").count() == 0
    page.emulate_media(media="print")
    expect(page.locator("#choose")).to_be_hidden()
    expect(page.get_by_text("For your records")).to_be_visible()
    assert len(page.pdf()) > 10_000
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("details[open]").count() == 0
