"""What the command line prints: one JSON object a line on stdout with `--json`; words and progress on stderr."""

import json as _json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from vestige.errors import BadInput, DiskFull, Fault, NotFound, Refused, RenderFailed, Unavailable, VestigeError

_EXITS: tuple[tuple[type[VestigeError], int], ...] = (
    (Refused, 3),
    (NotFound, 1),
    (BadInput, 2),
    (DiskFull, 4),
    (Unavailable, 4),
    (RenderFailed, 1),
    (Fault, 1),
    (VestigeError, 4),
)

_words = Console(stderr=True, highlight=False, soft_wrap=True)


def exit_code(error: VestigeError) -> int:
    """1 not so, 2 wrong use, 3 refused, 4 could not."""
    return next(code for kind, code in _EXITS if isinstance(error, kind))


def report_error(error: VestigeError, *, json: bool) -> int:
    """Say what went wrong; returns the exit code."""
    if json:
        emit({"error": error.code, "message": str(error)})
    _words.print(f"vestige: {error}", markup=False)
    return exit_code(error)


def emit(value: Mapping[str, object]) -> None:
    """One JSON object on a line of stdout."""
    sys.stdout.write(_json.dumps(value, ensure_ascii=False, default=str) + "\n")
    sys.stdout.flush()


def say(words: str) -> None:
    """Words for people, on stderr."""
    _words.print(words, markup=False)


def provider_line(report: Mapping[str, str | bool]) -> str:
    """Which library does the cryptography, where the keys lie, and whether any of it is validated."""
    validated = "FIPS-validated" if report["fips_validated"] is True else "not FIPS-validated"
    return f"cryptography: {report['library']} {report['version']} with {report['openssl']}, {validated}; keys {report['keys']}"


def answer(value: Mapping[str, object], words: str, *, json: bool) -> None:
    """The answer of a command: JSON or words on stdout."""
    if json:
        emit(value)
    else:
        sys.stdout.write(words + "\n")
        sys.stdout.flush()


@contextmanager
def bytes_progress(total: int, *, shown: bool) -> Iterator[Progress]:
    """A progress display in bytes with rate and time left, on stderr."""
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=_words, disable=not shown, transient=True) as progress:
        progress.add_task("all", total=total)
        yield progress


@contextmanager
def part_progress(what: str, *, shown: bool) -> Iterator[Progress]:
    """A progress display from 0 to 1 with the time left, on stderr."""
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"), TimeRemainingColumn())
    with Progress(*columns, console=_words, disable=not shown, transient=True) as progress:
        progress.add_task(what, total=1.0)
        yield progress
