"""Runs the real commands, shows what was asked and how long it took, and stops at the first that fails."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from rich.console import Console
from rich.table import Table

_out = Console(highlight=False, soft_wrap=True)


class Shell:
    """The command line of one home."""

    def __init__(self, home: Path) -> None:
        """`home` is the agency's folder; it need not exist yet."""
        self.home = home

    def program(self, name: str) -> Path:
        """The installed program beside this Python."""
        return Path(sys.executable).parent / name

    def ask(self, *arguments: str) -> list[dict[str, object]]:
        """What `vestige ... --json` answers, a value a line. Raises SystemExit with what it said when it fails."""
        return self._run(str(self.program("vestige")), "--home", str(self.home), "--json", *arguments)

    def one(self, what: str, *arguments: str) -> dict[str, object]:
        """A step with one answer, shown with its time."""
        answers = self.many(what, *arguments)
        return answers[0] if answers else {}

    def many(self, what: str, *arguments: str) -> list[dict[str, object]]:
        """A step with any number of answers, shown with its time."""
        with timed(what):
            answers = self.ask(*arguments)
        _out.print(f"     $ vestige {' '.join(_quoted(word) for word in arguments)}", style="dim", markup=False)
        return answers

    def verify(self, what: str, *arguments: str) -> dict[str, object]:
        """The same with `vestige-verify`."""
        with timed(what):
            told = json.loads(self._output(str(self.program("vestige-verify")), *arguments, "--json"))
        _out.print(f"     $ vestige-verify {' '.join(_quoted(word) for word in arguments)}", style="dim", markup=False)
        return dict(told)

    def _run(self, *command: str) -> list[dict[str, object]]:
        return [json.loads(line) for line in self._output(*command).splitlines() if line.startswith("{")]

    def _output(self, *command: str) -> str:
        done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            said = done.stderr.strip() or done.stdout.strip()
            fail(f"{Path(command[0]).name} {' '.join(command[1:])}\nended with {done.returncode}:\n{said}")
        return done.stdout


def heading(words: str) -> None:
    """A line that stands out."""
    _out.print()
    _out.rule(words, align="left")


def note(words: str) -> None:
    """A line below a step."""
    _out.print(f"     {words}", markup=False)


def show(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table."""
    table = Table(*head, box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for row in rows:
        table.add_row(*row)
    _out.print(table)


def fail(words: str) -> NoReturn:
    """Say what went wrong and end."""
    _out.print(f"\n  ✗  {words}", style="bold red", markup=False)
    raise SystemExit(1)


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Shows a step when it is done, with its seconds."""
    started = time.monotonic()
    yield
    _out.print(f"  ✓  {what}  [dim]{time.monotonic() - started:.1f} s[/dim]")


def _quoted(word: str) -> str:
    return f"'{word}'" if " " in word else word
