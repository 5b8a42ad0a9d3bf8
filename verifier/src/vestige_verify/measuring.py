"""Step 13: the footage of a redacted copy, decoded and measured in a process of its own, for a decoder is no place to trust a stranger's file.

The process may use memory and processor time up to a limit, write nothing, and, as far as the kernel lets it, open no file and reach no network.
What it may still do, should a file take its decoder over, is to give a wrong answer: then the answer about pixels is worth nothing, and
everything else that was checked still holds.
"""

import importlib.util
import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

from vestige_verify import bag, redaction_log, shapes
from vestige_verify.errors import VerificationError, at
from vestige_verify.hidden import LARGEST, PATH, Hidden
from vestige_verify.manifest import File

_STEP: Final = 13
_SECONDS, _SECONDS_A_FRAME, _LONGEST = 600, 2, 14 * 86_400
_LEAST_WAIT: Final = 60
_LONGEST_ANSWER: Final = 1 << 16
_NUMBERS: Final = ("frames", "frames_hidden", "share", "duration_ms", "muted_ms", "worst_luma", "worst_chroma", "loudest_muted")


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured of a copy that hides all that it must.

    `share` is the part of the picture hidden on average, in hundredths of a percent; levels are of 256 from black; `loudest_muted` is in
    millionths of full scale; `locks` names what the measuring process was kept from.
    """

    frames: int
    frames_hidden: int
    share: int
    duration_ms: int
    muted_ms: int
    worst_luma: int
    worst_chroma: int
    loudest_muted: int
    sound: bool
    locks: tuple[str, ...]


def installed() -> bool:
    """True where the extra `media` is there."""
    return all(importlib.util.find_spec(name) is not None for name in ("av", "numpy"))


def why_not(must: Hidden | None) -> str:
    """Why a copy can't be measured, empty if it can."""
    if must is None:
        return "the package does not say in numbers where and when that is (data/hidden.json)"
    return "" if installed() else "what would measure it is not installed (pip install 'vestige-verify[media]')"


def of_package(folder: Path, file: File, must: Hidden) -> Measured:
    """The measures of a file of the package that hides all that `must` says. Raises VerificationError for one that does not."""
    with at(_STEP, redaction_log.PATH):
        redaction_log.require_same(bag.read(folder, redaction_log.PATH, redaction_log.LARGEST), must)
    with at(_STEP, file.path):
        answer = _ask(folder / file.path, bag.read(folder, PATH, LARGEST), min(_LONGEST, _SECONDS + _SECONDS_A_FRAME * must.frames))
        if "refused" in answer:
            raise VerificationError(shapes.text(answer["refused"], "refused"))
        return _measured(answer)


def _ask(footage: Path, document: bytes, seconds: int) -> dict[str, Any]:
    """What the process says, which gets so many seconds. Raises VerificationError where it says nothing that can be read."""
    patience = max(_LEAST_WAIT, 4 * seconds)
    environment = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "LANG") if name in os.environ}
    environment |= {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-P", "-B", "-m", "vestige_verify.measuring_child", str(footage.absolute()), str(seconds)]
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter and our own module
            command, input=document, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment, timeout=patience, check=False
        )
    except subprocess.TimeoutExpired:
        raise VerificationError(f"measuring it takes longer than {patience} s") from None
    if done.returncode:
        raise VerificationError(f"its decoder came to an end of its own while measuring it ({_end(done.returncode)})")
    try:
        answer = json.loads(done.stdout[:_LONGEST_ANSWER])
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise VerificationError("what measured it gave no answer that can be read")
    return answer


def _end(code: int) -> str:
    if code >= 0:
        return f"exit status {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"


def _measured(answer: dict[str, Any]) -> Measured:
    record = shapes.record(answer, *(field.name for field in fields(Measured)))
    return Measured(
        **{name: shapes.natural(record[name], name) for name in _NUMBERS},
        sound=shapes.boolean(record["sound"], "sound"),
        locks=tuple(shapes.text(lock, "locks") for lock in shapes.array(record["locks"], "locks")),
    )
