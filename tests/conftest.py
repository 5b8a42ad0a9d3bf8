"""Fixtures for every test: Django without a home (each test opens its own), and real footage where it lies beside the checkout."""

import os
from pathlib import Path

import django
import pytest

os.environ.pop("VESTIGE_HOME", None)
os.environ["DJANGO_SETTINGS_MODULE"] = "vestige.settings"
django.setup()

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def footage() -> Path:
    """The folder of real footage; the test is skipped where there is none."""
    folder = Path(os.environ.get("VESTIGE_FOOTAGE", ROOT.parent / "shared" / "footage"))
    if not folder.is_dir():
        pytest.skip("no real footage beside this checkout")
    return folder
