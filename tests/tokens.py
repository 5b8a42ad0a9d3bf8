"""A real SoftHSM2 with tokens of the tests' own, in a folder of their own."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

PIN = "624931"
_MODULES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so")


@dataclass(frozen=True, slots=True)
class SoftHsm:
    """A folder of tokens and the module that reaches them. The module reads `SOFTHSM2_CONF` once a process."""

    folder: Path
    module: Path

    @property
    def tokens(self) -> Path:
        """Where the tokens lie."""
        return self.folder / "tokens"

    def token(self, label: str) -> str:
        """Make an empty token; its part of VESTIGE_KEYRING, to which `file=` is added."""
        words = ("softhsm2-util", "--init-token", "--free", "--label", label, "--pin", PIN, "--so-pin", "0000")
        subprocess.run(words, env=os.environ | self.environment(), check=True, capture_output=True)
        return f"pkcs11:token={label}?module-path={self.module}&"

    def environment(self) -> dict[str, str]:
        """What a process needs to find the tokens."""
        return {"SOFTHSM2_CONF": str(self.folder / "softhsm2.conf")}


def soft_hsm(folder: Path) -> SoftHsm:
    """An empty SoftHSM2; the test is skipped where it is not installed."""
    module = next((Path(path) for path in _MODULES if Path(path).exists()), None)
    if module is None or not shutil.which("softhsm2-util"):
        pytest.skip("no SoftHSM2 here (Debian: softhsm2)")
    made = SoftHsm(folder, module)
    made.tokens.mkdir(parents=True)
    (folder / "softhsm2.conf").write_text(f"directories.tokendir = {made.tokens}\nobjectstore.backend = file\nlog.level = ERROR\n")
    return made
