"""The page `verify.html` of a package, opened from the disk in Chromium, as a reader would open it."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from tests.conftest import ROOT
from tests.web.conftest import CHROMIUM, environment
from verifier.tests.writer import Made, Plan, make

from vestige.vault.bag import BUILT_PAGE
from vestige_verify.cli import main

PROFILES = ("court", "public")


@dataclass(frozen=True)
class Real:
    """Packages that a real agency made of real footage, by profile, and its verifier key."""

    court: Path
    public: Path
    key: str


@pytest.fixture(scope="session")
def real(tmp_path_factory: pytest.TempPathFactory, footage: Path) -> Real:
    """Made in a process of its own: Django does not work beside a browser that is driven from the same thread."""
    folder = tmp_path_factory.mktemp("page")
    command = [sys.executable, "-m", "tests.page.world", str(folder), str(footage / "hamilton_short.mp4")]
    done = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return Real(folder / "court", folder / "public", done.stdout.splitlines()[-1])


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Made]:
    """A package of each profile by the verifier's own little writer; its page is the real one. Not to be written to."""
    return {profile: make(tmp_path_factory.mktemp(profile) / "package", Plan(profile=profile)) for profile in PROFILES}


@pytest.fixture
def copy(tmp_path: Path) -> Callable[[Path], Path]:
    """Gives a copy of a package to spoil, in the same place each time."""

    def copied(package: Path) -> Path:
        shutil.rmtree(tmp_path / "copy", ignore_errors=True)
        return shutil.copytree(package, tmp_path / "copy")

    return copied


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    if not Path(CHROMIUM).exists():
        pytest.skip("no Chromium here")
    with sync_playwright() as playwright:
        options = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*options, "--autoplay-policy=no-user-gesture-required"])
        yield browser
        browser.close()


@pytest.fixture
def reader(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Opens the page from the disk; at the end it has asked for nothing from outside, broken no policy and thrown nothing."""
    contexts, wrong, asked = [], [], []

    def opened(file: Path = BUILT_PAGE, **options: Any) -> Page:
        context = chromium.new_context(**({"viewport": {"width": 1100, "height": 900}} | options))
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda message: wrong.append(message.text) if message.type in {"error", "warning"} else None)
        page.on("request", lambda request: asked.append(request.url))
        page.goto(file.as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()
    assert wrong == []
    assert [url for url in asked if not url.startswith(("file:", "blob:"))] == []
    assert sum(url.startswith("file:") for url in asked) == len(contexts)


def checked(page: Page, folder: Path, *, key: str = "", seconds: float = 60) -> dict[str, Any]:
    """What the page says of a folder, with what the reader has from elsewhere typed in: verdict, and of a refusal file, step and reason."""
    page.locator("#anchor").fill(key)
    page.evaluate("document.getElementById('answer').removeAttribute('data-verdict')")
    page.locator("#folder").set_input_files(folder)
    page.locator("#answer[data-verdict]").wait_for(timeout=seconds * 1000)
    return answer(page)


def answer(page: Page) -> dict[str, Any]:
    """The answer that the page shows now."""
    word = page.locator("#answer").get_attribute("data-verdict")
    refused = word == "refused"

    def text(name: str) -> str | None:
        found = page.locator(name)
        return found.text_content() if refused and found.count() else None

    step = text("#fault-step")
    return {
        "verdict": "refused" if refused else "verified",
        "signer": word,
        "file": text("#fault-file"),
        "step": int(step) if step else None,
        "reason": text("#fault-reason"),
    }


@pytest.fixture
def program(capsys: pytest.CaptureFixture[str]) -> Callable[..., dict[str, Any]]:
    """What `vestige-verify` says of a folder."""

    def said(folder: Path, *, key: str = "") -> dict[str, Any]:
        main([str(folder), "--json", *(["--key", key] if key else [])])
        return json.loads(capsys.readouterr().out)

    return said
