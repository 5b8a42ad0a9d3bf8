"""Reading a file in large runs, believing nothing of what it says about itself."""

import hashlib
from typing import Protocol

from vestige.media.containers.tables import NoSampleTable

LARGE = 4 << 20
SMALL = 64 << 10


class Source(Protocol):
    """A seekable binary file."""

    def read(self, size: int, /) -> bytes:
        """Up to that many bytes."""
        ...

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Go to a place."""
        ...


class Window:
    """The last two runs read of a source, and views into them. Reading forwards reads the source once."""

    def __init__(self, source: Source, size: int, run: int) -> None:
        """`size` of the source and `run`, what is read at once, in bytes."""
        self._source = source
        self.size = size
        self._run = run
        self._newer: tuple[int, int, memoryview] = (0, 0, memoryview(b""))
        self._older = self._newer

    def view(self, at: int, length: int) -> memoryview:
        """The bytes there. Raises NoSampleTable where the file ends before."""
        for start, end, data in (self._newer, self._older):
            if start <= at and at + length <= end:
                return data[at - start : at - start + length]
        return self._load(at, length)[:length]

    def bytes(self, at: int, length: int, what: str) -> bytes:
        """A copy of the bytes there, of which the error says `what` they are."""
        if at + length > self.size:
            raise NoSampleTable(f"the file ends at {self.size}, inside {what} at {at}")
        return bytes(self.view(at, length))

    def digest(self, at: int, length: int) -> str:
        """SHA-256 (hex) of bytes that are too many to hold."""
        state = hashlib.sha256()
        while length:
            piece = self.view(at, min(length, self._run))
            state.update(piece)
            at, length = at + len(piece), length - len(piece)
        return state.hexdigest()

    def _load(self, at: int, length: int) -> memoryview:
        # A jump back is a sample out of order, or one that began in the run before: what follows it has been read already, and is kept
        back = at < self._newer[0]
        wanted = min(length if back else max(length, self._run), self.size - at)
        self._source.seek(at)
        parts: list[bytes] = []
        got = 0
        while got < wanted and (part := self._source.read(wanted - got)):
            parts.append(part)
            got += len(part)
        if got < length or wanted < length:
            raise NoSampleTable(f"the file ends at {at + got}, inside what begins at {at}")
        data = memoryview(parts[0] if len(parts) == 1 else b"".join(parts))
        if not back:
            self._older, self._newer = self._newer, (at, at + got, data)
        return data
