"""Anchor files: the home's own copies, and the copies that people take away."""

import os
from pathlib import Path

from vestige.errors import BadInput
from vestige.vault import disk

_MOST_BYTES = 1 << 20


class AnchorShelf:
    """The folder `anchors` of a home. It helps against mistakes; the copy that counts lies elsewhere."""

    def __init__(self, home: Path) -> None:
        """`home` is the home's folder; `anchors` in it is made when the first one is kept."""
        self._folder = home / "anchors"

    def keep(self, name: str, text: str) -> Path:
        """Keep an anchor durably under that name."""
        path = self._folder / name
        with disk.telling(path):
            if not self._folder.exists():
                self._folder.mkdir(mode=0o700)
                disk.fsync_folder(self._folder.parent)
            disk.write_durably(path, text.encode())
        return path

    def put(self, path: Path, text: str) -> None:
        """Write a copy for somebody, readable by all. Raises BadInput when the place is taken."""
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        except FileExistsError as error:
            raise BadInput(f"{path} is there already; an anchor is never written over") from error
        except OSError as error:
            raise disk.said(error, path) from error
        with disk.telling(path), os.fdopen(descriptor, "wb") as out:
            out.write(text.encode())
            out.flush()
            os.fsync(descriptor)

    def kept(self) -> list[tuple[str, str]]:
        """The home's own anchors, oldest first by name: path and text. What cannot be text is given as an empty one."""
        with disk.telling(self._folder):
            paths = sorted(self._folder.glob("anchor-*.txt")) if self._folder.exists() else []
            return [(str(path), _text(path)) for path in paths]


def _text(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(_MOST_BYTES).decode("utf-8", "replace")
