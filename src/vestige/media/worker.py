"""Starting the media child, and believing nothing that it says.

A task runs in a fresh interpreter with an empty environment, one descriptor of one sealed object and its data key (over a pipe, never in
arguments), and limits on memory, time and descriptors. What it writes comes back over a pipe and is sealed by the caller: no plaintext
touches the disk. Answers are checked against the task's schema; anything else is MediaFailed.
"""

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from vestige.errors import MediaFailed, RenderFailed, Tampered, VestigeError
from vestige.media import frames
from vestige.media.answers import check_answer


class Sink(Protocol):
    """Takes what the child writes: in order, but for patches near the start."""

    def write(self, data: bytes, /) -> int: ...
    def patch(self, offset: int, data: bytes, /) -> None: ...


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A descriptor that the child may read; sealed with this key and associated data, or plain (no key)."""

    descriptor: int
    key: bytes | None = field(default=None, repr=False)
    associated_data: bytes = b""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one task: address space (bytes), processor seconds, wall seconds."""

    memory: int = 6 << 30
    cpu_seconds: int = 4 * 3600
    wall_seconds: int = 6 * 3600


@dataclass(slots=True)
class Answer:
    """What a task answered: its JSON, and the blobs that it named."""

    value: dict[str, object]
    blobs: list[bytes]


_ERRORS: dict[str, type[VestigeError]] = {"render_failed": RenderFailed, "tampered": Tampered}
_MOST_BLOBS = 64


class MediaWorker:
    """Runs tasks, one child each."""

    def __init__(self, limits: Limits | None = None) -> None:
        """`limits` bound every task."""
        self._limits = limits or Limits()

    def run(
        self,
        task: str,
        request: dict[str, object],
        source: SourceFile,
        *,
        sink: Sink | None = None,
        model: bytes | None = None,
        progress: Callable[[float], None] = lambda _: None,
    ) -> Answer:
        """Run a task. Raises MediaFailed (or what the task raises: RenderFailed, Tampered) with the reason in words."""
        child, to_child, from_child = self._start(source.descriptor)
        try:
            self._ask(to_child, task, request, source, model)
            return self._listen(from_child, task, sink, progress)
        except BrokenPipeError as error:
            raise MediaFailed(f"the media child ended before it heard what to do ({_ending(child.wait())})") from error
        finally:
            for descriptor in (to_child, from_child):
                os.close(descriptor)
            _end(child)

    def _start(self, source: int) -> tuple["subprocess.Popen[bytes]", int, int]:
        child_in, to_child = os.pipe()
        from_child, child_out = os.pipe()
        limits = f"{self._limits.memory},{self._limits.cpu_seconds}"
        command = [sys.executable, "-I", "-m", "vestige.media.child", str(child_in), str(child_out), str(source), limits]
        child = subprocess.Popen(  # noqa: S603  # our own interpreter and module
            command,
            env={"PYTHONDONTWRITEBYTECODE": "1"},
            pass_fds=(child_in, child_out, source),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        os.close(child_in)
        os.close(child_out)
        return child, to_child, from_child

    def _ask(self, to_child: int, task: str, request: dict[str, object], source: SourceFile, model: bytes | None) -> None:
        key = source.key.hex() if source.key is not None else None
        head = {"task": task, "request": request, "key": key, "aad": source.associated_data.hex(), "model": model is not None}
        frames.send_json(to_child, head)
        if model is not None:
            frames.send(to_child, frames.BLOB, model)

    def _listen(self, from_child: int, task: str, sink: Sink | None, progress: Callable[[float], None]) -> Answer:
        deadline = time.monotonic() + self._limits.wall_seconds
        blobs: list[bytes] = []
        while True:
            if not select.select([from_child], [], [], max(0.0, deadline - time.monotonic()))[0]:
                raise MediaFailed(f"the media child did not finish {task} within {self._limits.wall_seconds} seconds")
            frame = frames.receive(from_child)
            if frame is None:
                raise MediaFailed(f"the media child ended without an answer to {task}: out of memory or time, or a fault of a decoder")
            kind, payload = frame
            if kind == frames.JSON:
                return Answer(_answer(task, payload, len(blobs)), blobs)
            if kind == frames.PROGRESS:
                progress(min(1.0, int.from_bytes(payload[:4], "big") / 1_000_000))
            elif kind == frames.BLOB and len(blobs) < _MOST_BLOBS:
                blobs.append(payload)
            elif kind == frames.WRITE and sink:
                sink.write(payload)
            elif kind == frames.PATCH and sink and len(payload) >= 8:
                sink.patch(int.from_bytes(payload[:8], "big"), payload[8:])
            else:
                raise MediaFailed("the media child said something that was not asked for")


def _answer(task: str, payload: bytes, blobs: int) -> dict[str, object]:
    try:
        value = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise MediaFailed("the media child's answer is no JSON") from error
    if isinstance(value, dict) and set(value) == {"error", "code"}:
        words = str(value["error"])[:500]
        raise _ERRORS.get(str(value["code"]), MediaFailed)(words)
    return check_answer(task, value, blobs)


def _end(child: "subprocess.Popen[bytes]") -> None:
    try:
        child.wait(timeout=2)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def _ending(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit {code}"
