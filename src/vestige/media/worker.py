"""Starting the media child, and believing nothing that it says.

A task runs in a fresh interpreter with an empty environment, one descriptor of one object and its data key (over a pipe, never in
arguments), and limits on memory, time and descriptors; `sandbox.py` says what else it is denied. What it writes comes back over a pipe and
is sealed by the caller: no plaintext touches the disk. Answers are checked against the task's form; anything else is MediaFailed.
How to add a task stands in `tasks/__init__.py`.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Timer
from typing import Protocol

import vestige
from vestige.errors import MediaFailed, RenderFailed, Tampered, VestigeError
from vestige.media import frames
from vestige.media.answers import check_answer
from vestige.media.limits import Limits
from vestige.media.sandbox import LOCKS
from vestige.media.shapes import clean
from vestige.media.tasks import TASKS, Task

# The child runs this very package, wherever it lies, and not another of its name that its interpreter might find first.
_BEGIN = """
import sys
from importlib.util import module_from_spec, spec_from_file_location
spec = spec_from_file_location("vestige", sys.argv[4])
sys.modules["vestige"] = module_from_spec(spec)
spec.loader.exec_module(sys.modules["vestige"])
sys.path += sys.argv[5:]
from vestige.media.child import main
main(*map(int, sys.argv[1:4]))
"""
_ERRORS: Mapping[str, type[VestigeError]] = {"render_failed": RenderFailed, "tampered": Tampered}
_MOST_BLOBS = 64
_PATIENCE = 5  # of 0 to 19
_WIND_DOWN = 5.0  # seconds between a child's last word and its end


class Sink(Protocol):
    """Takes what the child writes: in order, but for patches near the start."""

    def write(self, data: bytes, /) -> int:
        """Append."""

    def patch(self, offset: int, data: bytes, /) -> None:
        """Change what was written. Raises ValueError where it cannot be changed any more."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A descriptor that the child may read; sealed with this key and associated data, or plain (no key)."""

    descriptor: int
    key: bytes | None = field(default=None, repr=False)
    associated_data: bytes = b""


@dataclass(slots=True)
class Answer:
    """What a task answered: its JSON, the blobs that it named, and which of `sandbox.LOCKS` were in force."""

    value: dict[str, object]
    blobs: list[bytes]
    locks: tuple[str, ...] = ()


@dataclass(slots=True)
class _Child:
    """A running child; `late` once its time was up."""

    process: "subprocess.Popen[bytes]"
    limits: Limits
    late: bool = False

    def end(self) -> None:
        """Its time is up."""
        self.late = True
        self.kill()

    def kill(self) -> None:
        """Kill its whole process group, if it still lives."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)

    def ending(self) -> str:
        """Why it ended, in words."""
        try:
            code = self.process.wait(_WIND_DOWN)
        except subprocess.TimeoutExpired:
            return "it fell silent"
        if self.late:
            return f"it did not finish within {self.limits.wall_seconds:g} seconds"
        if code == -signal.SIGXCPU:
            return f"it used up its {self.limits.cpu_seconds} seconds of processor time"
        if code == -signal.SIGKILL:
            return "it was killed: out of memory, or out of time"
        return f"it crashed: {signal.Signals(-code).name}" if code < 0 else f"it ended with exit code {code}"


class MediaWorker:
    """Runs tasks, one child each. Safe in many threads."""

    def __init__(self, limits: Limits | None = None, *, tasks: Mapping[str, Task] = TASKS, folders: Sequence[Path] = ()) -> None:
        """`limits` bound every task instead of the task's own; `folders` hold the modules of tasks that are not ours."""
        self._limits = limits
        self._tasks = tasks
        self._folders = [str(folder) for folder in folders]

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
        wanted = self._tasks[task]
        with self._started(source.descriptor, self._limits or wanted.limits) as (child, to_child, from_child):
            try:
                _ask(to_child, wanted.module, child.limits, request, source, model)
            except BrokenPipeError as error:
                raise MediaFailed(f"the media child did not hear what to do: {child.ending()}") from error
            return _Ear(task, wanted, child, sink, progress).listen(from_child)

    @contextmanager
    def _started(self, source: int, limits: Limits) -> Iterator[tuple[_Child, int, int]]:
        """A child and the two ends of its pipes; it is gone when this is left."""
        child_in, to_child = os.pipe()
        from_child, child_out = os.pipe()
        try:
            child = _Child(self._start(child_in, child_out, source), limits)
        except OSError as error:
            os.close(to_child)
            os.close(from_child)
            raise MediaFailed(f"the media child could not be started: {error}") from error
        finally:
            os.close(child_in)
            os.close(child_out)
        clock = Timer(limits.wall_seconds, child.end)
        clock.daemon = True
        clock.start()
        try:
            yield child, to_child, from_child
        finally:
            clock.cancel()
            clock.join()
            os.close(to_child)
            os.close(from_child)
            child.kill()
            child.process.wait()

    def _start(self, child_in: int, child_out: int, source: int) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-I", "-B", "-c", _BEGIN, str(child_in), str(child_out), str(source), vestige.__file__, *self._folders]
        process = subprocess.Popen(  # noqa: S603  # our own interpreter and module
            command,
            env={"OPENBLAS_NUM_THREADS": "1"},
            pass_fds=(child_in, child_out, source),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        with suppress(OSError):  # behind whoever looks at a page; one that has ended already needs no place
            os.setpriority(os.PRIO_PROCESS, process.pid, _PATIENCE)
        return process


def _ask(to_child: int, module: str, limits: Limits, request: dict[str, object], source: SourceFile, model: bytes | None) -> None:
    head = {
        "module": module,
        "request": request,
        "key": source.key.hex() if source.key is not None else None,
        "associated_data": source.associated_data.hex(),
        "model": model is not None,
        "memory": limits.memory,
        "cpu_seconds": limits.cpu_seconds,
    }
    frames.send_json(to_child, head)
    if model is not None:
        frames.send(to_child, frames.BLOB, model)


@dataclass(slots=True)
class _Ear:
    """Listens to one child until it answers."""

    name: str
    task: Task
    child: _Child
    sink: Sink | None
    progress: Callable[[float], None]
    blobs: list[bytes] = field(default_factory=list)
    written: int = 0
    sent: int = 0

    def listen(self, from_child: int) -> Answer:
        """Take frames until the answer. Raises MediaFailed for anything that was not asked for."""
        while (frame := frames.receive(from_child)) is not None:
            kind, payload = frame
            if kind == frames.JSON:
                return self._answer(payload)
            if kind == frames.PROGRESS:
                self.progress(min(1.0, int.from_bytes(payload, "big") / 1_000_000))
            elif kind == frames.BLOB:
                self._blob(payload)
            else:
                self._write(kind, payload)
        raise MediaFailed(f"the media child ended without an answer to {self.name}: {self.child.ending()}")

    def _blob(self, payload: bytes) -> None:
        self.sent += len(payload)
        self.blobs.append(payload)
        if len(self.blobs) > _MOST_BLOBS or self.sent > self.child.limits.blobs:
            raise MediaFailed("the media child sent more pictures than a task may")

    def _write(self, kind: bytes, payload: bytes) -> None:
        if self.sink is None:
            raise MediaFailed("the media child wrote something that was not asked for")
        self.written += len(payload)
        if self.written > self.child.limits.output:
            raise MediaFailed(f"the media child wrote more than {self.child.limits.output} bytes")
        if kind == frames.WRITE:
            self.sink.write(payload)
            return
        try:
            self.sink.patch(int.from_bytes(payload[:8], "big"), payload[8:])
        except ValueError as error:
            raise MediaFailed(f"the media child changed what is sealed already: {error}") from error

    def _answer(self, payload: bytes) -> Answer:
        try:
            value = json.loads(payload)
        except (ValueError, RecursionError) as error:
            raise MediaFailed("the media child's answer is no JSON") from error
        locks = value.get("locks") if isinstance(value, dict) else None
        if not isinstance(locks, list) or any(lock not in LOCKS for lock in locks):
            raise MediaFailed("the media child's answer does not say how it was locked in")
        if value.keys() == {"locks", "error", "code"}:
            raise _ERRORS.get(str(value["code"]), MediaFailed)(clean(str(value["error"])))
        if value.keys() != {"locks", "answer"}:
            raise MediaFailed("the media child's answer is none")
        return Answer(check_answer(self.name, self.task.answer, value["answer"], len(self.blobs)), self.blobs, tuple(locks))
