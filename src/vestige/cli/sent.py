"""What was sent from this machine: so that an upload goes on after a restart, and nothing that is done is done again."""

import json
import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from vestige.errors import BadInput, Unavailable

_TABLE = (
    "CREATE TABLE IF NOT EXISTS sent (target TEXT, path TEXT, size INTEGER, modified INTEGER, url TEXT NOT NULL, outcome TEXT, "
    "PRIMARY KEY (target, path, size, modified))"
)


@dataclass(frozen=True, slots=True)
class Mark:
    """By what a file is known again: where it goes, its path, its size, when it was changed (ns)."""

    target: str
    path: str
    size: int
    modified: int

    @classmethod
    def of(cls, target: str, path: Path) -> "Mark":
        """Raises BadInput for a file that is gone."""
        try:
            found = path.stat()
        except OSError as error:
            raise BadInput(f"{path} cannot be read: {error.strerror}") from error
        return cls(target, os.fsencode(path.absolute()).decode("utf-8", "backslashreplace"), found.st_size, found.st_mtime_ns)

    @property
    def key(self) -> str:
        """By what its upload is named to a server, which is told no path of this machine."""
        return sha256("|".join(map(str, (self.path, self.size, self.modified))).encode()).hexdigest()[:32]

    def values(self) -> tuple[str, str, int, int]:
        """As they stand in the table."""
        return self.target, self.path, self.size, self.modified


class Sent:
    """The memory, a small database of its own."""

    def __init__(self, path: Path) -> None:
        """`path` is made if it is not there. Raises Unavailable."""
        self._path = path
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with self._open() as database:
                database.execute(_TABLE)
        except (OSError, sqlite3.Error) as error:
            raise Unavailable(f"{path} cannot remember what was sent: {error}") from error

    def url(self, mark: Mark) -> str:
        """The address of the upload that was begun for it, empty for none."""
        row = self._row(mark)
        return str(row[0]) if row else ""

    def outcome(self, mark: Mark) -> Mapping[str, object] | None:
        """What became of it, where it is done."""
        row = self._row(mark)
        return dict(json.loads(row[1])) if row and row[1] else None

    def note(self, mark: Mark, url: str, outcome: Mapping[str, object] | None = None) -> None:
        """It was begun; with an outcome it is done. Durable when this returns. Raises Unavailable."""
        values = (*mark.values(), url, json.dumps(outcome) if outcome else None)
        try:
            with self._open() as database:
                database.execute("INSERT OR REPLACE INTO sent VALUES (?, ?, ?, ?, ?, ?)", values)
        except sqlite3.Error as error:
            raise Unavailable(f"{self._path} cannot remember what was sent: {error}") from error

    def _row(self, mark: Mark) -> tuple[str, str | None] | None:
        wanted = "SELECT url, outcome FROM sent WHERE target = ? AND path = ? AND size = ? AND modified = ?"
        with self._open() as database:
            found: tuple[str, str | None] | None = database.execute(wanted, mark.values()).fetchone()
        return found

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._path, timeout=20)) as database, database:
            yield database


def default_memory() -> Path:
    """`sent.sqlite3` among this user's own state."""
    state = os.environ.get("XDG_STATE_HOME")
    return (Path(state) if state else Path.home() / ".local" / "state") / "vestige" / "sent.sqlite3"
