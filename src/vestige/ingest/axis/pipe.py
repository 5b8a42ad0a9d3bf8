"""From the event loop into a thread: chunks of a body, a few megabytes of them at most, never a file."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from threading import Condition
from time import monotonic

from vestige.errors import Unavailable

MOST = 4 << 20
SILENCE_S = 60.0
_SLOWEST = 1_024
_GRACE_S = 120.0


class TooSlow(Unavailable):
    """Nothing came for a minute, or less than 1 KiB a second for two."""


class Pipe:
    """One body: `feed` in the event loop, `readinto` in one thread. The sender is held back while the thread is behind."""

    def __init__(self, loop: asyncio.AbstractEventLoop, then: str = "nothing of it is kept, send it again") -> None:
        """`loop` is where `feed` runs; `then` is what is said of a body that broke off."""
        self._loop = loop
        self._then = then
        self.begun = asyncio.Event()
        self._chunks: deque[memoryview] = deque()
        self._held = 0
        self._ended = self._gone = False
        self._broken = ""
        self._changed = Condition()
        self._room = asyncio.Event()

    async def feed(self, body: AsyncIterator[bytes]) -> None:
        """Pass the body on to its end. Where it breaks off, whoever reads hears of it; this raises nothing."""
        started, total = monotonic(), 0
        try:
            while True:
                async with asyncio.timeout(SILENCE_S):
                    chunk = await anext(body, None)
                if chunk is None:
                    break
                total += len(chunk)
                if monotonic() - started > _GRACE_S and total < _SLOWEST * (monotonic() - started):
                    raise TimeoutError
                if not await self._pass(chunk):
                    return
        except TimeoutError:
            self._end(f"the sender went silent, or sends next to nothing; {self._then}")
        except Exception as error:  # noqa: BLE001  # whatever ends a body early is told to whoever reads it
            self._end(f"the connection broke off ({type(error).__name__}); {self._then}")
        except asyncio.CancelledError:
            self._end(f"the server stops; {self._then}")
            raise
        else:
            self._end("")

    def readinto(self, buffer: memoryview, /) -> int:
        """Wait for bytes, and fill what there is. 0 at the end. Raises Unavailable where the body broke off, behind all that came."""
        with self._changed:
            self._changed.wait_for(lambda: self._chunks or self._ended)
            if not self._chunks:
                if self._broken:
                    raise Unavailable(self._broken)
                return 0
            chunk = self._chunks.popleft()
            taken = min(len(chunk), len(buffer))
            buffer[:taken] = chunk[:taken]
            if taken < len(chunk):
                self._chunks.appendleft(chunk[taken:])
            self._held -= taken
            if self._held <= MOST // 2:
                self._loop.call_soon_threadsafe(self._room.set)
            return taken

    def close(self) -> None:
        """Nobody reads any more: whoever feeds may stop."""
        with self._changed:
            self._gone = True
            self._chunks.clear()
            self._loop.call_soon_threadsafe(self._room.set)

    def cut(self, words: str) -> None:
        """End it here, in the event loop: who reads gets what came, then those words."""
        self._end(words)

    async def _pass(self, chunk: bytes) -> bool:
        """False when nobody reads any more."""
        with self._changed:
            if self._gone or self._ended:
                return False
            if chunk:
                self.begun.set()
                self._chunks.append(memoryview(chunk))
                self._held += len(chunk)
                self._changed.notify()
            full = self._held >= MOST
            if full:
                self._room.clear()
        if full:
            await self._room.wait()
        return not self._gone

    def _end(self, broken: str) -> None:
        with self._changed:
            if not self._ended:
                self._ended, self._broken = True, broken
            self._changed.notify()
        self.begun.set()
        self._room.set()
