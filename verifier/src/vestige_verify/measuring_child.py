"""The process in which a copy is decoded: `python -m vestige_verify.measuring_child FILE SECONDS`, and on its input what `measuring.asked` makes.

It loads what it needs, opens the file, locks itself in, and only then reads a byte of it. It answers with one JSON object.
"""

import json
import os
import sys
from pathlib import Path

from vestige_verify import locks, redaction_log
from vestige_verify.errors import VerificationError, at
from vestige_verify.hidden import parse

_MEMORY = 6 << 30  # bytes of address space: above what pictures of 8192 x 8192 take


def main() -> None:
    """Measure, answer, end."""
    path, seconds = Path(sys.argv[1]), int(sys.argv[2])
    request = sys.stdin.buffer.read()
    split = 8 + int.from_bytes(request[:8], "big")
    must = parse(request[8:split])
    held = locks.leave_network()  # before any library starts a thread
    from vestige_verify import pixels

    pixels.warm()
    file = os.fdopen(os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)), "rb")
    size = file.seek(0, os.SEEK_END)
    held += locks.lock(memory=_MEMORY, seconds=seconds)
    try:
        with at(13, redaction_log.PATH):
            redaction_log.require_same(request[split:], must)
        answer = pixels.measure(file, size, must) | {"locks": held}
    except VerificationError as fault:
        answer = {"refused": fault.reason, "file": fault.file}
    except MemoryError:
        answer = {"refused": "measuring it needs more memory than it may have"}
    except Exception as problem:  # noqa: BLE001 - the edge of the process: hostile files make libraries raise anything
        answer = {"refused": f"it could not be measured ({type(problem).__name__})"}
    sys.stdout.write(json.dumps(answer))
    sys.stdout.flush()
    os._exit(0)  # a decoder need not wind down


if __name__ == "__main__":
    main()
