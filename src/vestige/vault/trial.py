"""Trying a backup out: restored by a process of its own into a scratch home beside nothing that is in use, checked there, and removed."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit
from uuid import uuid4

from vestige.errors import Fault, Unavailable

_LONGEST = 24 * 3600


def try_out(folder: Path, sample: int, keyring: Path, database_url: str) -> Mapping[str, object]:
    """What `vestige restore FOLDER --sample` answers in a scratch home. Raises Fault when the backup does not hold, Unavailable."""
    with TemporaryDirectory(prefix="vestige-trial-") as scratch, _database(database_url) as url:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("VESTIGE_") and name != "DATABASE_URL"}
        environment |= {"VESTIGE_KEYRING": f"{scratch}/keyring"} | ({"DATABASE_URL": url} if url else {})
        words = ("restore", str(folder), "--home", f"{scratch}/home", "--keyring", str(keyring), "--sample", str(sample), "--json")
        try:
            done = subprocess.run(  # noqa: S603  # our own command, with paths that are ours
                (sys.executable, "-m", "vestige.cli.main", *words), env=environment, capture_output=True, timeout=_LONGEST, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise Unavailable("the trial of the backup took longer than a day") from error
    answer = _answer(done.stdout)
    if done.returncode:
        said = answer.get("message") or answer.get("faults") or done.stderr.decode(errors="replace")[-500:]
        raise Fault(f"the backup in {folder} does not restore: {said}")
    return answer


def _answer(output: bytes) -> dict[str, object]:
    lines = output.decode(errors="replace").splitlines()
    try:
        found = json.loads(lines[-1]) if lines else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


@contextmanager
def _database(url: str) -> Iterator[str]:
    """A database of its own on the same PostgreSQL server; nothing for SQLite, whose database lies in the scratch home."""
    if not url:
        yield ""
        return
    import psycopg

    name = f"vestige_trial_{uuid4().hex}"
    try:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
    except psycopg.Error as error:
        raise Unavailable(f"a scratch database for the trial cannot be made: {error}") from error
    try:
        yield urlsplit(url)._replace(path=f"/{name}").geturl()
    finally:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
