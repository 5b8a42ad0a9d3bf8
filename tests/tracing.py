"""What a process did to files, by strace, and what a power cut would have left of it."""

import os
import random
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.budget import budget, seconds

Command = tuple[list[str], dict[str, str]]
"""What is run, and its environment."""
_LEAST = 3
CALLS = "openat,write,pwrite64,fsync,fdatasync,rename,unlink,ftruncate"
_LINE = re.compile(r"^(\d+) +(\w+)\((.*)\) += (-?\d+)")
_BEGUN = re.compile(r"^(\d+) +(\w+\(.*) <unfinished \.\.\.>$")
_ENDED = re.compile(r"^(\d+) +<\.\.\. \w+ resumed>(.*)$")
_TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
_PATH = re.compile(r"^(\d+)<((?:\\x[0-9a-f]{2})*)>")


@dataclass(frozen=True)
class Call:
    """One system call that succeeded: on a path (or a descriptor's), with the strings and the numbers that it was given."""

    name: str
    path: str
    other: str = ""
    data: bytes = b""
    numbers: tuple[int, ...] = ()
    flags: str = ""


def strace(log: Path, command: list[str], env: dict[str, str], *options: str) -> int:
    """Run a command under strace; its exit status (negative: the signal that ended it)."""
    traced = ["strace", "-f", "-y", "-xx", "-s", "4000000", "-o", str(log), "-e", f"trace={CALLS}", *options, *command]
    return subprocess.run(traced, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode


def calls(log: Path) -> Iterator[Call]:
    """The calls of the trace in the order in which they ended, those of the first process and its threads that touched files, or wrote."""
    for line in _whole(log.read_text(errors="replace").splitlines()):
        found = _LINE.match(line)
        if found and not found[4].startswith("-"):
            yield _call(found[2], found[3])


def _whole(lines: Iterable[str]) -> Iterator[str]:
    """The lines; a call that another thread's interrupted, written in two halves, stands where it ended."""
    begun: dict[str, str] = {}
    for line in lines:
        if first := _BEGUN.match(line):
            begun[first[1]] = first[2]
        elif second := _ENDED.match(line):
            yield f"{second[1]} {begun.pop(second[1], '')}{second[2]}"
        else:
            yield line


def _call(name: str, arguments: str) -> Call:
    strings = [_bytes(text) for text in _TEXT.findall(arguments)]
    if name == "openat":
        return Call(
            name, strings[0].decode(errors="replace"), flags=arguments.rpartition(", O_")[2] if "O_" not in arguments else arguments
        )
    if name in {"rename", "unlink"}:
        return Call(name, strings[0].decode(), strings[1].decode() if name == "rename" else "")
    described = _PATH.match(arguments)
    path = _bytes(described[2]).decode(errors="replace") if described else ""
    rest = arguments.rpartition('"')[2] if strings else arguments.rpartition(">")[2]
    return Call(name, path, data=strings[-1] if strings else b"", numbers=tuple(int(n) for n in re.findall(r"\d+", rest)))


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", ""))


@dataclass
class _File:
    content: bytearray = field(default_factory=bytearray)
    durable: bytes = b""
    at: int = 0


class Disk:
    """A disk that forgets what no fsync followed: contents until their file is synced, names until their folder is."""

    def __init__(self, root: Path, image: Path) -> None:
        """`root` is the folder as the process knew it, `image` a copy of it from before the process ran: all of that is durable."""
        self._root, self._image = str(root), image
        self._names: dict[str, _File] = {}
        for path in image.rglob("*"):
            if path.is_file():
                data = path.read_bytes()
                self._names[f"{root}/{path.relative_to(image).as_posix()}"] = _File(bytearray(data), data)
        self._kept = dict(self._names)

    def apply(self, call: Call) -> None:
        """What the call does."""
        if not call.path.startswith(self._root):
            return
        if call.name == "openat":
            self._open(call)
        elif call.name == "rename":
            self._names[call.other] = self._names.pop(call.path)
        elif call.name == "unlink":
            self._names.pop(call.path, None)
        elif call.name in {"fsync", "fdatasync"}:
            self._sync(call.path)
        elif call.path in self._names:
            self._change(self._names[call.path], call)

    def _open(self, call: Call) -> None:
        if "O_CREAT" in call.flags and call.path not in self._names:
            self._names[call.path] = _File()
        if call.path in self._names:
            self._names[call.path].at = 0

    def _change(self, file: _File, call: Call) -> None:
        if call.name == "ftruncate":
            del file.content[call.numbers[-1] :]
            file.content.extend(bytes(call.numbers[-1] - len(file.content)))
            return
        at = call.numbers[-1] if call.name == "pwrite64" else file.at
        if len(file.content) < at:
            file.content.extend(bytes(at - len(file.content)))
        file.content[at : at + len(call.data)] = call.data
        file.at = at + len(call.data)

    def _sync(self, path: str) -> None:
        if path in self._names:
            self._names[path].durable = bytes(self._names[path].content)
            return
        for name in {*self._names, *self._kept}:
            if os.path.dirname(name) == path:  # noqa: PTH120  # paths of the trace are text
                if name in self._names:
                    self._kept[name] = self._names[name]
                else:
                    self._kept.pop(name, None)

    def after_power_cut(self, where: Path) -> None:
        """Write what is left into a folder."""
        shutil.copytree(self._image, where, ignore=lambda folder, names: [n for n in names if Path(folder, n).is_file()])
        for name, file in self._kept.items():
            (where / Path(name).relative_to(self._root)).write_bytes(file.durable)
        for settings in ("settings.toml",):
            (where / settings).chmod(0o600)


def killed_somewhere(
    made: Callable[[Path], Command], counts: Mapping[str, int], where: Path, whole: Callable[[Path], None], share: float
) -> str:
    """A command, killed at moments drawn of all those calls, `counts` of each, each time in a folder of its own that must be `whole` again.

    `made` fills the folder and says the command; `share` is of the budget for tests, and without a budget each moment is tried. Returns how
    far it came, in words.
    """
    points = [(name, n) for name, count in counts.items() for n in range(1, count + 1)]
    random.Random(os.urandom(8)).shuffle(points)
    tried, killed, end = 0, 0, time.monotonic() + seconds(share, 1e9)
    for name, when in points:
        if tried >= _LEAST and time.monotonic() > end:
            break
        folder = where / str(tried)
        command, environment = made(folder)
        killed += strace(folder / "trace", command, environment, "-e", f"inject={name}:signal=SIGKILL:when={when}") != 0
        whole(folder)
        shutil.rmtree(folder)
        tried += 1
    assert killed
    return f"killed at {killed} of {tried} tried moments, of {len(points)} (budget {budget():g} minutes)"
