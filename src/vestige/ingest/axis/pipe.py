"""From the event loop into a thread: chunks of a body, a few megabytes of them at most, never a file."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from threading import Condition
from time import monotonic

from vestige.errors import Unavailable

MOST = 4 << 20
SILENCE_S = 60.0
_LOOKS_S = 1.0
_SLOWEST = 1_024
_GRACE_S = 120.0


class TooSlow(Unavailable):
    """Nothing came for about a minute, or less than 1 KiB a second for two."""


class Pipe:
    """One body: `feed` in the event loop, `readinto` in one thread. The sender is held back while the thread is behind."""

    def __init__(self, loop: asyncio.AbstractEventLoop, then: str = "nothing of it is kept, send it again") -> None:
        """`loop` is where `feed` runs; `then` is what is said of a body that broke off."""
        self._loop = loop
        self._then = then
        self.begun = asyncio.Event()
        self._chunks: deque[memoryview] = deque()
        self._held = 0
        self._wanted = 0
        self._ended = self._gone = self._full = False
        self._broken = ""
        self._changed = Condition()
        self._room = asyncio.Event()

    async def feed(self, body: AsyncIterator[bytes]) -> None:
        """Pass the body on to its end. Where it breaks off, whoever reads hears of it; this raises nothing."""
        try:
            async with asyncio.timeout(SILENCE_S) as within:
                await self._feed(body, within)
        except TimeoutError:
            self._end(f"the sender went silent, or sends next to nothing; {self._then}")
        except Exception as error:  # noqa: BLE001  # whatever ends a body early is told to whoever reads it
            self._end(f"the connection broke off ({type(error).__name__}); {self._then}")
        except asyncio.CancelledError:
            self._end(f"the server stops; {self._then}")
            raise
        else:
            self._end("")

    async def _feed(self, body: AsyncIterator[bytes], within: asyncio.Timeout) -> None:
        """Piece by piece. `within` ends it where nothing comes for a minute; while the reader is behind nothing is to come."""
        started, total = monotonic(), 0
        heard = started
        async for chunk in body:
            total, now = total + len(chunk), monotonic()
            if now - started > _GRACE_S and total < _SLOWEST * (now - started):
                raise TimeoutError
            if now - heard > _LOOKS_S:  # a timer for each piece would cost more than the piece
                heard = now
                within.reschedule(self._loop.time() + SILENCE_S)
            if not self._pass(chunk):
                return
            if self._full:
                within.reschedule(None)
                await self._room.wait()
                if self._gone:
                    return
                heard = monotonic()
                within.reschedule(self._loop.time() + SILENCE_S)

    def readinto(self, buffer: memoryview, /) -> int:
        """Wait until there is enough to fill it (or half of what is held at most), or the end. 0 at the end.

        Raises Unavailable where the body broke off, behind all that came.
        """
        with self._changed:
            self._wanted = min(len(buffer), MOST // 2)
            self._changed.wait_for(lambda: self._held >= self._wanted or self._ended)
            if not self._chunks:
                if self._broken:
                    raise Unavailable(self._broken)
                return 0
            filled = 0
            while self._chunks and filled < len(buffer):
                chunk = self._chunks.popleft()
                taken = min(len(chunk), len(buffer) - filled)
                buffer[filled : filled + taken] = chunk[:taken]
                filled += taken
                if taken < len(chunk):
                    self._chunks.appendleft(chunk[taken:])
            self._held -= filled
            if self._full and self._held <= MOST // 2:
                self._full = False
                self._loop.call_soon_threadsafe(self._room.set)
            return filled

    def close(self) -> None:
        """Nobody reads any more: whoever feeds may stop."""
        with self._changed:
            self._gone, self._full = True, False
            self._chunks.clear()
            self._loop.call_soon_threadsafe(self._room.set)

    def cut(self, words: str) -> None:
        """End it here, in the event loop: who reads gets what came, then those words."""
        self._end(words)

    def _pass(self, chunk: bytes) -> bool:
        """False when nobody reads any more."""
        with self._changed:
            if self._gone or self._ended:
                return False
            if chunk:
                self.begun.set()
                self._chunks.append(memoryview(chunk))
                self._held += len(chunk)
                if self._held >= self._wanted:
                    self._changed.notify()
            if self._held >= MOST:
                self._full = True
                self._room.clear()
        return True

    def _end(self, broken: str) -> None:
        with self._changed:
            if not self._ended:
                self._ended, self._broken = True, broken
            self._changed.notify()
        self.begun.set()
        self._room.set()
