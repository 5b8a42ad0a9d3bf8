"""Reading a file that another reader goes through at the same time."""

import io
from typing import BinaryIO


class Beside:
    """A source that another reader goes through at the same time: it is left where it was."""

    def __init__(self, source: BinaryIO) -> None:
        """`source` is the other's."""
        self._source = source
        self._at = 0

    def read(self, size: int, /) -> bytes:
        """Up to that many bytes."""
        back = self._source.tell()
        try:
            self._source.seek(self._at)
            data = self._source.read(size)
        finally:
            self._source.seek(back)
        self._at += len(data)
        return data

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go to a place, counted from the start."""
        if whence != io.SEEK_SET:
            raise ValueError("places are counted from the start")
        self._at = offset
        return offset
