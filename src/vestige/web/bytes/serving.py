"""Sending a part of a sealed object: decrypted in threads, a quarter of a MiB at a time, and not a byte more once the browser is gone."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from vestige.errors import NotFound, VestigeError
from vestige.web.bytes.guard import in_thread
from vestige.web.bytes.ranges import NotSatisfiable, Span, wanted

CHUNK = 1 << 18


class Source(Protocol):
    """A sealed object, open for random access; closed when it was sent."""

    @property
    def size(self) -> int:
        """Bytes in all."""

    def read_at(self, offset: int, length: int) -> bytes:
        """Bytes from there, as many as there are. Raises Tampered."""

    def close(self) -> None:
        """Let go of the file."""


class Part:
    """A stretch of a sealed object, as if it were one. Refuses (NotFound) a stretch that the object does not hold."""

    def __init__(self, source: Source, start: int, length: int) -> None:
        if not 0 < length <= source.size - start:
            source.close()
            raise NotFound("there is no such part")
        self._source = source
        self._start = start
        self.size = length

    def read_at(self, offset: int, length: int) -> bytes:
        """Bytes from there, never beyond the stretch. Raises Tampered."""
        return self._source.read_at(self._start + offset, min(length, self.size - offset))

    def close(self) -> None:
        """Let go of the file."""
        self._source.close()


@dataclass(frozen=True, slots=True)
class Watch:
    """What is done beside sending: `check` may raise to stop it, `count` is told of each span that left."""

    check: Callable[[], Awaitable[object]]
    count: Callable[[int, int], None]


class SealedResponse(Response):
    """An answer of 200, 206 or 416 for what a Range header asks of a source."""

    def __init__(self, source: Source, asked: str | None, headers: Mapping[str, str], watch: Watch) -> None:
        self._source = source
        self._watch = watch
        size = source.size
        try:
            span = wanted(asked, size)
        except NotSatisfiable:
            super().__init__(status_code=416, headers={**headers, "Accept-Ranges": "bytes", "Content-Range": f"bytes */{size}"})
            self._span = Span(0, 0)
            return
        self._span = span or Span(0, size)
        parts = {"Content-Range": f"bytes {span.start}-{span.end - 1}/{size}"} if span else {}
        length = {"Content-Length": str(self._span.end - self._span.start), "Accept-Ranges": "bytes"}
        super().__init__(status_code=206 if span else 200, headers={**headers, **length, **parts})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send. A browser that seeks goes away in the middle: ASGI's `send` does not say so, so its `receive` is watched."""
        gone = asyncio.Event()
        watching = asyncio.create_task(_watch(receive, gone))
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            if scope["method"] != "HEAD" and not await self._send(send, gone):
                return
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            watching.cancel()
            await in_thread(self._source.close)

    async def _send(self, send: Send, gone: asyncio.Event) -> bool:
        """Whether all of the span left; false when the browser went, the viewing may not go on or the bytes are not what was sealed."""
        at = self._span.start
        while at < self._span.end:
            try:
                await self._watch.check()
                data = await in_thread(self._source.read_at, at, min(CHUNK, self._span.end - at))
            except VestigeError:
                return False
            if gone.is_set():
                return False
            await send({"type": "http.response.body", "body": data, "more_body": True})
            self._watch.count(at, at + len(data))
            at += len(data)
        return True


async def _watch(receive: Receive, gone: asyncio.Event) -> None:
    while (await receive())["type"] != "http.disconnect":
        continue
    gone.set()
