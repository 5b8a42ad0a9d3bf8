"""The file that says that events cannot be written: `outage.json` in the home. Its room is taken while there is some, for a full disk."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path

from vestige.evidence.outages import Outage

_ROOM = 4096
_LONGEST = 1_000


class OutageFile:
    """Read and written by every process of the home. Nothing here raises: whoever tells of a fault must not meet another."""

    def __init__(self, home: Path) -> None:
        """`home` is the home's folder."""
        self._path = home / "outage.json"
        self._lock = home / "outage.lock"
        self._seen: tuple[int, Outage | None] = (0, None)

    def reserve(self) -> None:
        """Take the room that the file will need, and that of the lock."""
        if not self._path.exists():
            self.write(None)
        with suppress(OSError):
            self._lock.touch(mode=0o600)

    def read(self) -> Outage | None:
        """The outage that goes on; a file that cannot be read as one is taken for one."""
        try:
            changed = self._path.stat().st_mtime_ns
            if self._seen[0] != changed:
                self._seen = (changed, _parsed(self._path.read_bytes(), changed))
        except FileNotFoundError:
            return None
        except OSError as error:
            return Outage(0, f"{self._path} cannot be read: {error.strerror}")
        return self._seen[1]

    def write(self, outage: Outage | None) -> bool:
        """Put it into the room that was taken; false where that is not possible."""
        told = {} if outage is None else asdict(outage) | {"words": outage.words[:_LONGEST]}
        data = json.dumps(told).encode().ljust(_ROOM)[:_ROOM]
        try:
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT, 0o600)
            try:
                done = os.pwrite(descriptor, data, 0) == len(data)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except OSError:
            return False
        self._seen = (0, None)
        return done

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """Whether no other process is ending the outage; none does while the block runs. Without a lock file nobody is kept out."""
        try:
            descriptor = os.open(self._lock, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError:
            yield True
            return
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
        finally:
            os.close(descriptor)


def _parsed(data: bytes, changed: int) -> Outage | None:
    try:
        told = json.loads(data)
        return Outage(int(told["since"]), str(told["words"]), int(told["alerted"]), bool(told["guards"])) if told else None
    except (ValueError, KeyError, TypeError):
        return Outage(changed // 1_000_000, "the file that tells of an outage is not readable")
