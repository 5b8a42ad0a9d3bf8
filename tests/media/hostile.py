"""A task that misbehaves: it runs in the real child, as a decoder would that a hostile file has taken over."""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from vestige.errors import MediaFailed, RenderFailed
from vestige.media import frames
from vestige.media.sink import PipeSink


def warm() -> None:
    """Nothing to load: but a thread from before the locks, in which to try to escape."""
    _EARLY.start()


def run(request: dict[str, Any], source: BinaryIO, sink: PipeSink, model: bytes | None) -> dict[str, object]:
    """Do what `request["do"]` names."""
    return _DEEDS[request["do"]](request, source, sink, model)


def _attempt(deed: Callable[[], object]) -> str:
    try:
        deed()
    except OSError as error:
        return f"{type(error).__name__} {error.errno}"
    except RuntimeError as error:
        return f"RuntimeError: {error}"
    return "done"


def _call(*arguments: int) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    result = libc.syscall(*map(ctypes.c_long, arguments))
    return -ctypes.get_errno() if result < 0 else int(result)


def _raise_if_negative(result: int) -> None:
    if result < 0:
        raise OSError(-result, os.strerror(-result))


def _attempts() -> dict[str, Callable[[], object]]:
    calls = {
        "bpf": (321, 0, 0, 0),
        "io_uring_setup": (425, 8, 0),
        "keyctl": (250, 0, 0),
        "memfd_create": (319, 0, 0),
        "prlimit": (302, 0, 9, 0, 0),
        "process_vm_readv": (310, 1, 0, 0, 0, 0, 0),
        "ptrace": (101, 0, 0, 0, 0),
        "seccomp": (317, 1, 0, 0),
    }
    return {
        "socket": lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM),
        "unix socket": lambda: socket.socket(socket.AF_UNIX, socket.SOCK_STREAM),
        "read /etc/passwd": lambda: Path("/etc/passwd").read_text(),
        "read its own program": lambda: Path(sys.executable).read_bytes(),
        "read the parent's memory": lambda: Path("/proc/1/mem").open("rb"),
        "write a file": lambda: Path("/tmp/vestige-escape").write_text("x"),
        "list the root": lambda: list(Path("/").iterdir()),
        "remove a file": lambda: Path("/tmp/vestige-escape").unlink(),
        "make a folder": lambda: Path("/tmp/vestige-escape-d").mkdir(),
        "fork": os.fork,
        "run a program": lambda: subprocess.run(["/bin/true"], check=True),
        "become a program": lambda: os.execv("/bin/true", ["true"]),
        "kill its parent": lambda: os.kill(1, 0),
        **{name: (lambda numbers=numbers: _raise_if_negative(_call(*numbers))) for name, numbers in calls.items()},
    }


def _escape(*_: object) -> dict[str, object]:
    found = {name: _attempt(deed) for name, deed in _attempts().items()}
    descriptors = []
    for number in range(3, 64):
        with contextlib.suppress(OSError):
            os.fstat(number)
            descriptors.append(number)
    worked = threading.Thread(target=lambda: None)
    worked.start()
    worked.join()
    _GO.set()
    _EARLY.join()
    return {"found": found, "early": dict(_EARLY_FOUND), "environment": len(os.environ), "descriptors": len(descriptors)}


def _from_an_early_thread() -> None:
    _GO.wait()
    for name in ("socket", "read /etc/passwd", "fork", "run a program"):
        _EARLY_FOUND[name] = _attempt(_attempts()[name])


_GO = threading.Event()
_EARLY = threading.Thread(target=_from_an_early_thread, daemon=True)
_EARLY_FOUND: dict[str, str] = {}


def _spin(*_: object) -> dict[str, object]:
    while True:
        time.monotonic()


def _sleep(*_: object) -> dict[str, object]:
    time.sleep(3600)
    return {}


def _bomb(*_: object) -> dict[str, object]:
    hoard = []
    while True:
        hoard.append(np.ones(1 << 24, np.uint8))


def _crash(*_: object) -> dict[str, object]:
    signal.signal(signal.SIGSEGV, signal.SIG_DFL)
    ctypes.string_at(8)
    return {}


def _quit(*_: object) -> dict[str, object]:
    os._exit(3)


def _raise(request: dict[str, Any], *_: object) -> dict[str, object]:
    raise {"render": RenderFailed("a block is not constant"), "media": MediaFailed("no"), "other": KeyError("\x1b[31mred\n")}[
        request["what"]
    ]


def _say(request: dict[str, Any], _source: BinaryIO, sink: PipeSink, *_: object) -> dict[str, object]:
    """Say raw bytes to the parent, then go on or stop."""
    os.write(sink.descriptor, bytes.fromhex(request["bytes"]))
    if request.get("then") == "stay":
        time.sleep(3600)
    os._exit(0)


def _answer(request: dict[str, Any], *_: object) -> dict[str, object]:
    answer: dict[str, object] = request["answer"]
    return answer


def _flood(request: dict[str, Any], _source: BinaryIO, sink: PipeSink, *_: object) -> dict[str, object]:
    while True:
        frames.send(sink.descriptor, request["kind"].encode(), bytes(1 << 20))


def _copy(request: dict[str, Any], source: BinaryIO, sink: PipeSink, model: bytes | None) -> dict[str, object]:
    """Copy the source, then patch what the request says."""
    while part := source.read(300_000):
        sink.write(part)
        sink.report(0.5)
    for offset, data in request.get("patches", []):
        sink.seek(offset)
        sink.write(bytes.fromhex(data))
    return {"size": request["size"], "model": len(model or b"")}


_DEEDS: dict[str, Callable[..., dict[str, object]]] = {
    "answer": _answer,
    "bomb": _bomb,
    "copy": _copy,
    "crash": _crash,
    "escape": _escape,
    "flood": _flood,
    "quit": _quit,
    "raise": _raise,
    "say": _say,
    "sleep": _sleep,
    "spin": _spin,
}
