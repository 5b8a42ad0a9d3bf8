"""A home made by the real command line, for the contracts that need one."""

import json
import subprocess
import sys
from collections.abc import Callable

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def in_home(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Runs Python with arguments in a process of its own that has a fresh home as VESTIGE_HOME."""
    home = tmp_path_factory.mktemp("contract") / "home"
    environment = {"PATH": "/usr/bin:/bin", "VESTIGE_HOME": str(home), "PYTHONPATH": ":".join(path for path in sys.path if path)}

    def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run([sys.executable, *arguments], env=environment, capture_output=True, text=True, check=False, timeout=120)

    made = run("-m", "vestige.cli.main", "init", "--agency", "Contract")
    assert made.returncode == 0, made.stderr
    return run


@pytest.fixture(scope="session")
def routes(in_home: Run) -> list[dict[str, object]]:
    """What `vestige routes --json` lists."""
    answered = in_home("-m", "vestige.cli.main", "--json", "routes")
    assert answered.returncode == 0, answered.stderr
    return [json.loads(line) for line in answered.stdout.splitlines()]
