"""Trying a backup out: restored by a process of its own into a scratch home beside nothing that is in use, checked there, and removed.

A scratch home holds keys. So its process dies with ours, and what a trial that was killed left is removed by the next one.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import gettempdir, mkdtemp
from urllib.parse import urlsplit

from vestige.errors import Fault, Unavailable
from vestige.evidence.key_place import KeyPlace
from vestige.vault import disk
from vestige.vault.pkcs11_store import PIN

PREFIX = "vestige-trial-"
_LONGEST = 24 * 3600
_YOUNG = 60
_DIE_WITH_PARENT = "import ctypes; ctypes.CDLL(None).prctl(1, 9); from vestige.cli.main import main; main()"


def try_out(folder: Path, sample: int, place: KeyPlace, database_url: str) -> Mapping[str, object]:
    """What `vestige restore FOLDER --sample` answers in a scratch home. Raises Fault when the backup does not hold, Unavailable."""
    with _scratch(database_url) as (scratch, held), _database(database_url, scratch.name) as url:
        environment = {
            name: value for name, value in os.environ.items() if name == PIN or not name.startswith(("VESTIGE_", "DATABASE_URL"))
        }
        made = scratch / "made"  # a level lower: who writes a keyring locks its folder
        environment |= {"VESTIGE_KEYRING": place.with_file(made / "keyring").text()} | ({"DATABASE_URL": url} if url else {})
        words = ("restore", str(folder), "--home", f"{made}/home", "--keyring", str(place.file), "--sample", str(sample), "--json")
        done = _run(words, environment, held)
    answer = _answer(done.stdout)
    if done.returncode:
        said = answer.get("message") or answer.get("faults") or done.stderr.decode(errors="replace")[-500:]
        raise Fault(f"the backup in {folder} does not restore: {said}")
    return answer


def _run(words: Sequence[str], environment: Mapping[str, str], held: int) -> "subprocess.CompletedProcess[bytes]":
    """Run a command of ours; it keeps `held` open, so its lock as long as it lives."""
    command = (sys.executable, "-c", _DIE_WITH_PARENT, *words)
    try:
        return subprocess.run(  # noqa: S603  # our own command, with paths that are ours
            command, env=environment, capture_output=True, timeout=_LONGEST, check=False, pass_fds=(held,)
        )
    except subprocess.TimeoutExpired as error:
        raise Unavailable("the trial of the backup took longer than a day") from error


def _answer(output: bytes) -> dict[str, object]:
    lines = output.decode(errors="replace").splitlines()
    try:
        found = json.loads(lines[-1]) if lines else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


@contextmanager
def _scratch(url: str) -> Iterator[tuple[Path, int]]:
    """A folder that goes away, and the descriptor that holds its lock; first goes what dead trials left."""
    with disk.telling(Path(gettempdir())):
        for left in Path(gettempdir()).glob(PREFIX + "*"):
            _sweep(left, url)
        scratch = Path(mkdtemp(prefix=PREFIX))
        held = os.open(scratch, os.O_RDONLY | os.O_DIRECTORY)
        disk.lock(held)
        (scratch / "made").mkdir(mode=0o700)
    try:
        yield scratch, held
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
        os.close(held)


def _sweep(left: Path, url: str) -> None:
    """Remove a scratch home of ours, and its database, if no process holds it any more."""
    try:
        facts = left.lstat()
        if facts.st_uid != os.geteuid() or time.time() - facts.st_mtime < _YOUNG:
            return
        held = os.open(left, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return
    try:
        if disk.lock(held):
            _drop(url, left.name)
            shutil.rmtree(left)
    finally:
        os.close(held)


@contextmanager
def _database(url: str, name: str) -> Iterator[str]:
    """A database of its own on the same PostgreSQL server; nothing for SQLite, whose database lies in the scratch home."""
    if not url:
        yield ""
        return
    _execute(url, "CREATE DATABASE {}", name)
    try:
        yield urlsplit(url)._replace(path=f"/{name}").geturl()
    finally:
        _drop(url, name)


def _drop(url: str, name: str) -> None:
    if url:
        _execute(url, "DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


def _execute(url: str, statement: str, name: str) -> None:
    import psycopg
    from psycopg.sql import SQL, Identifier

    try:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(SQL(statement).format(Identifier(name)))
    except psycopg.Error as error:
        raise Unavailable(f"a scratch database for the trial cannot be made or removed: {error}") from error
