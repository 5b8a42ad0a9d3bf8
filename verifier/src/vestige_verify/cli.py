"""The command: `vestige-verify PACKAGE [--key VKEY | --trust FILE]`, or `--log FOLDER`. Exit 0 verified, 1 refused, 2 wrong use."""

import argparse
import io
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from vestige_verify import __version__, log_words, words
from vestige_verify.errors import VerificationError
from vestige_verify.log import LogFindings, verify_log
from vestige_verify.notes import parse_key
from vestige_verify.package import Findings, verify
from vestige_verify.stamps import parse_authorities
from vestige_verify.trust import Trust, parse_trust

_VERIFIED, _REFUSED, _WRONG_USE, _STOPPED = 0, 1, 2, 130
_EVERY = 1 << 30  # bytes between two lines of progress


class _WrongUseError(Exception):
    """The command was called with something that is no key, no file or no folder."""


def main(arguments: list[str] | None = None) -> int:
    """Runs the command and gives its exit status; raises SystemExit for `--help`, `--version` and unknown options."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a name in a package must not break the answer
    options = _parser().parse_args(arguments)
    try:
        answer, verified = _log(options) if options.log is not None else _package(options)
    except (_WrongUseError, OSError, ValueError) as problem:
        sys.stderr.write(f"vestige-verify: {words.plain(str(problem))}\n")
        return _WRONG_USE
    except KeyboardInterrupt:
        sys.stderr.write("vestige-verify: stopped before the check was finished\n")
        return _STOPPED
    _say(answer)
    return _VERIFIED if verified else _REFUSED


def _package(options: argparse.Namespace) -> tuple[str, bool]:
    if options.package is None or options.since is not None:
        raise _WrongUseError("name a package, or a published log with --log; --since goes with --log")
    pinned = bool(options.key or options.trust)
    findings = _checked(_folder(options.package), _trusted(options.key, options.trust, options.tsa), _progress(quiet=options.json))
    if options.json:
        return json.dumps(words.as_json(findings, pinned=pinned), indent=2), findings.verified
    return words.as_text(findings, pinned=pinned), findings.verified


def _log(options: argparse.Namespace) -> tuple[str, bool]:
    if options.package is not None or options.tsa is not None or not (options.key or options.trust):
        raise _WrongUseError("a log is checked against a key that you have from elsewhere (--key or --trust), without a package or --tsa")
    since = Path(options.since).read_bytes() if options.since is not None else None
    folder, trust = _folder(options.log), _trusted(options.key, options.trust, None)
    try:
        findings = verify_log(folder, trust, since)
    except Exception as problem:  # noqa: BLE001 - process edge, as in `_checked`
        findings = LogFindings(fault=VerificationError(f"the check itself could not be finished ({type(problem).__name__})"))
    if options.json:
        return json.dumps(log_words.as_json(findings), indent=2), findings.verified
    return log_words.as_text(findings), findings.verified


def _say(answer: str) -> None:
    try:
        sys.stdout.write(f"{answer}\n")
        sys.stdout.flush()
    except OSError:  # nobody listens any more (a closed pipe); the exit status still tells
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="vestige-verify",
        description="Checks a Vestige package offline. Exit status: 0 verified, 1 refused, 2 wrong use.",
        epilog="Without --key or --trust the signer is known only from the package itself: compare fingerprints.",
    )
    parser.add_argument("package", metavar="PACKAGE", nargs="?", help="the package's folder")
    parser.add_argument("--log", metavar="FOLDER", help="instead of a package: a published log (checkpoint and tile/), checked whole")
    parser.add_argument("--since", metavar="FILE", help="with --log: an older checkpoint that the log must continue")
    anchor = parser.add_mutually_exclusive_group()
    anchor.add_argument("--key", metavar="VKEY", help="the agency's verifier key (name+id+key), got from elsewhere than the package")
    anchor.add_argument(
        "--trust",
        metavar="FILE",
        help="a file of such keys, of witnesses (`witness NAME VKEY`) and of how many must have cosigned (`quorum N`)",
    )
    parser.add_argument("--tsa", metavar="FILE", help="certificates (PEM) of time-stamping authorities, each with its chain to the root")
    parser.add_argument("--json", action="store_true", help="answer with one JSON object")
    parser.add_argument("--version", action="version", version=f"vestige-verify {__version__}")
    return parser


def _folder(name: str) -> Path:
    folder = Path(name)
    if not folder.is_dir():
        raise _WrongUseError(f"{name!r} is no folder; unpack the package first")
    return folder


def _checked(folder: Path, trust: Trust, tick: Callable[[int], None]) -> Findings:
    try:
        return verify(folder, trust, tick)
    except Exception as problem:  # noqa: BLE001 - process edge: whatever a hostile package provokes is a refusal, never a traceback
        return Findings(fault=VerificationError(f"the check itself could not be finished ({type(problem).__name__})"))


def _trusted(key: str | None, file: str | None, tsa: str | None) -> Trust:
    trust = Trust()
    with _blaming("--key"):
        trust = Trust(logs=(parse_key(key),)) if key is not None else trust
    with _blaming(file):
        trust = parse_trust(Path(file).read_text("utf-8")) if file is not None else trust
    with _blaming(tsa):
        more = parse_authorities(Path(tsa).read_bytes()) if tsa is not None else ()
    return replace(trust, authorities=(*trust.authorities, *more))


@contextmanager
def _blaming(what: str | None) -> Iterator[None]:
    try:
        yield
    except VerificationError as fault:
        raise _WrongUseError(f"{what}: {fault.reason}") from None


def _progress(*, quiet: bool) -> Callable[[int], None]:
    """Tells a person at a terminal how far the hashing of large files has come."""
    if quiet or not sys.stderr.isatty():
        return lambda _count: None
    started, done = time.monotonic(), 0

    def tick(count: int) -> None:
        nonlocal done
        before, done = done, done + count
        if before // _EVERY != done // _EVERY:
            rate = done / max(time.monotonic() - started, 0.001) / 1e6
            sys.stderr.write(f"  {done / 1e9:.1f} GB read, {rate:.0f} MB/s\n")

    return tick
