"""Signs of life of servers over one home: each holds a file locked as long as its process lives, however that ends."""

import fcntl
import os
import re
from pathlib import Path
from uuid import uuid4

_MARK = re.compile(r"[0-9a-f]{32}")


class Life:
    """This server's sign of life, and the look at others'. `mark` names it in what it begins."""

    def __init__(self, folder: Path) -> None:
        """`folder` holds the signs. Those of the dead are removed."""
        folder.mkdir(mode=0o700, exist_ok=True)
        self._folder = folder
        for other in folder.glob("*.server"):
            if not self.lives(other.stem):
                other.unlink(missing_ok=True)
        self.mark = uuid4().hex
        unseen = folder / f"{self.mark}.new"  # no sign before it is locked: another server would take it for a dead one's
        self._held = os.open(unseen, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        fcntl.flock(self._held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        unseen.rename(self._sign(self.mark))

    def lives(self, mark: str) -> bool:
        """Whether the server of that mark runs; False for what is no mark."""
        if not _MARK.fullmatch(mark):
            return False
        try:
            descriptor = os.open(self._sign(mark), os.O_RDWR)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
        return False

    def _sign(self, mark: str) -> Path:
        return self._folder / f"{mark}.server"
