"""Whose turn it is: one request at a time works on an upload, and the newest takes the turn from one that may be dead."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from vestige.errors import Underway
from vestige.ingest.axis.pipe import Pipe

_PATIENCE_S = 60.0
_TAKEN = "another request went on with this upload; what came before is kept"


class Turn:
    """One request's turn."""

    def __init__(self) -> None:
        self.over = asyncio.Event()
        self.stopped = False
        self._pipe: Pipe | None = None

    def receives(self, pipe: Pipe) -> None:
        """The body that it receives."""
        self._pipe = pipe
        if self.stopped:
            pipe.cut(_TAKEN)

    def stop(self) -> None:
        """A newer request is there: what came is kept, more is not waited for."""
        self.stopped = True
        if self._pipe:
            self._pipe.cut(_TAKEN)


class Turns:
    """The turns of one process. Between processes the lock in the vault decides, and there the older one keeps it."""

    def __init__(self) -> None:
        self._newest: dict[UUID, Turn] = {}

    @asynccontextmanager
    async def turn(self, upload: UUID) -> AsyncIterator[Turn]:
        """Wait for the one before to end, which it is asked to. Raises Underway where a newer request came meanwhile, or it does not end."""
        mine, before = Turn(), self._newest.get(upload)
        self._newest[upload] = mine
        try:
            if before:
                before.stop()
                try:
                    await asyncio.wait_for(before.over.wait(), _PATIENCE_S)
                except TimeoutError:
                    raise Underway("another request works on this upload at this moment") from None
            if mine.stopped:
                raise Underway("a newer request goes on with this upload")
            yield mine
        finally:
            mine.over.set()
            if self._newest.get(upload) is mine:
                del self._newest[upload]
