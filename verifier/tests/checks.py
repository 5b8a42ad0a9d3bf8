"""What the tests of this folder share: names of types, and how a refusal must look."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from vestige_verify.package import Findings

Json = Any  # a value of JSON, to be bent
Copy = Callable[[str], Path]
Make = Callable[..., Findings]
PROFILES = ("court", "public")
FOOTAGE = "data/footage/AX 0001 é.mp4"


def refused(findings: Findings, *, step: int | None = None, file: str | None = None, reason: str = "") -> None:
    fault = findings.fault
    assert fault is not None, "was verified"
    assert fault.step is not None
    assert fault.file is not None
    assert step is None or fault.step == step, fault.__dict__
    assert file is None or fault.file == file, fault.__dict__
    assert reason in fault.reason
