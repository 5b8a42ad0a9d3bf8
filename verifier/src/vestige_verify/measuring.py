"""Step 13: the footage of a redacted copy, decoded and measured in a process of its own, for a decoder is no place to trust a stranger's file.

The process may use memory and processor time up to a limit, write nothing, and, as far as the kernel lets it, open no file and reach no network.
What it may still do, should a file take its decoder over, is to give a wrong answer: then the answer about pixels is worth nothing, and
everything else that was checked still holds.
"""

import contextlib
import importlib.util
import json
import os
import signal
import subprocess
import sys
import threading
import time
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
_LEAST_BYTES: Final = 8  # of a frame
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
    request = asked(bag.read(folder, PATH, LARGEST), bag.read(folder, redaction_log.PATH, redaction_log.LARGEST))
    frames = min(must.frames, file.size // _LEAST_BYTES)  # a small file that tells of many frames gets no days
    with at(_STEP, file.path):
        answer = _ask(folder / file.path, request, min(_LONGEST, _SECONDS + _SECONDS_A_FRAME * frames))
        if "refused" in answer:
            where = redaction_log.PATH if answer.get("file") == redaction_log.PATH else None
            raise VerificationError(shapes.text(answer["refused"], "refused"), file=where)
        return _measured(answer)


def asked(document: bytes, log: bytes) -> bytes:
    """What the process hears: the length of `data/hidden.json`, that, and the redaction log."""
    return len(document).to_bytes(8, "big") + document + log


def _ask(footage: Path, request: bytes, seconds: int) -> dict[str, Any]:
    """What the process says, which gets so many seconds. Raises VerificationError where it says nothing that can be read."""
    patience = max(_LEAST_WAIT, 4 * seconds)
    environment = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "LANG") if name in os.environ}
    ours = (place for place in sys.path if place and Path(place).absolute() != Path.cwd())  # nothing is loaded from where the reader stands
    environment |= {"PYTHONPATH": os.pathsep.join(ours), "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-P", "-B", "-m", "vestige_verify.measuring_child", str(footage.absolute()), str(seconds)]
    started = time.monotonic()
    with subprocess.Popen(  # noqa: S603 - our own interpreter and our own module
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
    ) as child:
        told = _heard(child, request, patience)
    if time.monotonic() - started >= patience:
        raise VerificationError(f"measuring it takes longer than {patience} s")
    if child.returncode:
        raise VerificationError(f"its decoder came to an end of its own while measuring it ({_end(child.returncode)})")
    try:
        answer = json.loads(told)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise VerificationError("what measured it gave no answer that can be read")
    return answer


def _heard(child: "subprocess.Popen[bytes]", request: bytes, patience: int) -> bytes:
    """What the process says, no more than an answer is long; it is ended when it takes too long, or when the reader stops the check."""
    late = threading.Timer(patience, child.kill)
    late.start()
    try:
        with contextlib.suppress(BrokenPipeError):
            child.stdin.write(request)  # type: ignore[union-attr]  # both are pipes
            child.stdin.close()  # type: ignore[union-attr]
        told = child.stdout.read(_LONGEST_ANSWER)  # type: ignore[union-attr]
        child.stdout.close()  # type: ignore[union-attr]
        child.wait()
    except BaseException:
        child.kill()
        raise
    finally:
        late.cancel()
    return told


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
