"""Where a task writes: over the pipe, in order, with patches near the start (a muxer goes back to write a size)."""

import io
import time

from vestige.errors import MediaFailed
from vestige.media import frames

HEAD = (1 << 20) - 56  # plaintext bytes of a sealed object's first segment, which the parent holds back
_PIECE = 1 << 20
_TELL_EVERY = 0.2  # seconds


class PipeSink(io.RawIOBase):
    """A file for a muxer. Raises MediaFailed when it would change what lies beyond the head."""

    def __init__(self, descriptor: int) -> None:
        """`descriptor` leads to the parent."""
        super().__init__()
        self.descriptor = descriptor
        self._at = 0
        self._end = 0
        self._told = 0.0

    def report(self, part: float) -> None:
        """How far the task is, 0 to 1; told a few times a second."""
        now = time.monotonic()
        if now - self._told >= _TELL_EVERY:
            self._told = now
            frames.send(self.descriptor, frames.PROGRESS, int(min(max(part, 0.0), 1.0) * 1_000_000).to_bytes(4, "big"))

    def blob(self, data: bytes) -> None:
        """Send a small result of its own (a picture)."""
        frames.send(self.descriptor, frames.BLOB, data)

    def writable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes, within bounds."""
        return True

    def tell(self) -> int:
        """Where the next byte goes."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place up to the end."""
        place = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._end}[whence]
        if not 0 <= place <= self._end:
            raise MediaFailed("the output is not written in order")
        self._at = place
        return place

    def write(self, data: "bytes | bytearray | memoryview") -> int:  # type: ignore[override]  # any buffer
        """Append, or patch what lies in the head, or both."""
        view = memoryview(data).cast("B")
        behind = view[: self._end - self._at]
        if behind:
            if self._at + len(behind) > HEAD:
                raise MediaFailed("the output is not written in order")
            frames.send(self.descriptor, frames.PATCH, self._at.to_bytes(8, "big") + bytes(behind))
        ahead = view[len(behind) :]
        for start in range(0, len(ahead), _PIECE):
            frames.send(self.descriptor, frames.WRITE, ahead[start : start + _PIECE])
        self._at += len(view)
        self._end = max(self._end, self._at)
        return len(view)
