"""`pip install .` from a clean clone brings complete pages: style, script, fonts and icons come out of the wheel, with their licences."""

import importlib.util
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import httpx
import pytest
from tests.budget import budget
from tests.conftest import ROOT
from tests.web.conftest import environment, make_world

HOOK = ROOT / "hatch_build.py"
slow = pytest.mark.skipif(0 < budget() < 10, reason="builds the front end: a minute or more; VESTIGE_TEST_BUDGET is small")


@pytest.fixture(scope="module")
def hook() -> ModuleType:
    pytest.importorskip("hatchling", reason="the build's own tool is not installed here")
    spec = importlib.util.spec_from_file_location("hatch_build", HOOK)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("version", "enough"),
    [
        ("v18.20.0", False),
        ("v20.18.9", False),
        ("v20.19.0", True),
        ("v21.7.0", False),
        ("v22.11.0", False),
        ("v22.12.0", True),
        ("v24.0.0\n", True),
    ],
)
def test_an_old_node_is_not_used(hook: ModuleType, version: str, *, enough: bool) -> None:
    assert hook._is_new_enough(version) is enough


def test_a_front_end_older_than_its_sources_is_built_again(hook: ModuleType, tmp_path: Path) -> None:
    sources = [tmp_path / "ui" / "src" / "base.ts", tmp_path / hook._SENTENCES]
    built = [tmp_path / name for name in hook._BUILT]
    for file in [*sources, *built]:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("")
    assert hook._is_fresh(tmp_path)
    for file in built:
        file.unlink()
        assert not hook._is_fresh(tmp_path), file
        file.write_text("")
    for source in sources:
        later = max(file.stat().st_mtime for file in built) + 10
        os.utime(source, (later, later))
        assert not hook._is_fresh(tmp_path), source
        os.utime(source, (later - 100, later - 100))
    assert hook._is_fresh(tmp_path)


def test_no_host_stands_in_the_lock_file() -> None:
    lock = json.loads((ROOT / "ui" / "package-lock.json").read_text())
    assert [name for name, package in lock["packages"].items() if "resolved" in package] == []
    assert all("integrity" in package for name, package in lock["packages"].items() if name)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment into which a clean clone was installed; the dependencies are this environment's own."""
    folder = tmp_path_factory.mktemp("wheel")
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("no git, or not a clone")
    _run(git, "clone", "--quiet", str(ROOT), str(folder / "clone"))
    _run(sys.executable, "-m", "venv", str(folder / "venv"))
    python = folder / "venv" / "bin" / "python"
    site = Path(_run(str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip())
    _run(str(python), "-m", "pip", "install", "--quiet", "--no-deps", str(folder / "clone"))
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    return python


@slow
def test_the_installed_wheel_serves_complete_pages(installed: Path, tmp_path: Path) -> None:
    world = make_world(tmp_path)
    (page,) = installed.parents[1].glob("lib/python*/site-packages/vestige/vault/dist/verify.html")
    assert "default-src 'none'" in page.read_text("utf-8")
    for url in _serving(installed, world.home):
        page = httpx.get(f"{url}/sign-in")
        assert page.status_code == 200
        named = re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text)
        assert {Path(name).suffix for name in named} == {".css", ".js", ".svg"}
        style = httpx.get(url + next(name for name in named if name.endswith(".css"))).text
        parts = {part.partition("#")[0] for part in re.findall(r"url\(['\"]?(/static/[^)'\"]+)", style)}
        manifest = httpx.get(f"{url}/static/dist/manifest.json").json()
        built = {f"/static/dist/{entry['file']}" for entry in manifest.values()}
        licences = {f"/static/dist/licences/{name}.md" for name in ("uswds", "svelte", "tus-js-client")}
        assert len(parts) > 5
        for path in sorted({*named, *parts, *built, *licences}):
            assert httpx.get(url + path).status_code == 200, path


def _serving(python: Path, home: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    env = {name: value for name, value in environment(VESTIGE_HOME=str(home)).items() if name != "PYTHONPATH"}
    where = _run(str(python), "-c", "import vestige; print(vestige.__file__)", env=env)
    assert str(python.parents[1]) in where, "the wheel, not the tree"
    command = [str(python), "-m", "uvicorn", "vestige.web.asgi:application", "--port", str(port), "--log-level", "warning"]
    with subprocess.Popen(command, cwd=home, env=env) as server:
        url, until = f"http://localhost:{port}", time.monotonic() + 60
        try:
            while True:
                try:
                    httpx.get(f"{url}/static/icon.svg")
                    break
                except httpx.TransportError:
                    assert server.poll() is None
                    assert time.monotonic() < until
                    time.sleep(0.2)
            yield url
        finally:
            server.terminate()


def _run(*command: str, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT.parent, env=env or environment())
    assert done.returncode == 0, done.stderr
    return done.stdout
