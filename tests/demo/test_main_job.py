"""`make demo SERVE=0` does the main job: a card goes in, a package that a stranger can check comes out."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.timeout(900)
def test_the_demonstration_runs_from_the_card_to_a_verified_package(tmp_path: Path) -> None:
    environment = {**os.environ, "VESTIGE_DEMO": str(tmp_path / "demo"), "SERVE": "0", "CARD": "", "NO_COLOR": "1", "COLUMNS": "200"}
    environment.pop("VESTIGE_HOME", None)
    done = subprocess.run([sys.executable, "-m", "demo.run"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if "could not be had" in done.stdout + done.stderr:
        pytest.skip("the wheel with the demonstration's pictures could not be had here")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
    assert "quarantined" in done.stdout
    assert "signer: pinned" in done.stdout
    assert "measured: " in done.stdout
    package = tmp_path / "demo" / "release"
    assert list(package.rglob("package.tlog-proof"))
    assert list(package.rglob("*.mp4"))
