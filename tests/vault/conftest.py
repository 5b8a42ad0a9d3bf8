"""A home with a vault, and sealed files in memory."""

from pathlib import Path
from uuid import UUID

import pytest

from vestige.evidence.values import uuid7
from vestige.vault.keyring import Keyring
from vestige.vault.local import LocalVault


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    return Keyring.create(tmp_path / "home.keyring", uuid7())


@pytest.fixture
def vault(home: Path, keyring: Keyring) -> LocalVault:
    vault = LocalVault(home, keyring)
    vault.create()
    return vault


@pytest.fixture
def item() -> UUID:
    return uuid7()


@pytest.fixture
def sealed_id() -> UUID:
    return uuid7()
