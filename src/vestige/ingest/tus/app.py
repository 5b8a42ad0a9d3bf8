"""The routes of tus 1.0.0: core, creation, creation-with-upload, expiration, termination, checksum. They translate; actions decide."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from email.utils import formatdate
from functools import partial
from urllib.parse import quote
from uuid import UUID

from django.db import InterfaceError, OperationalError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from vestige.actions.ports import Ports
from vestige.actions.ports_uploads import Sum
from vestige.actions.uploads import Chunk, Conflict, find, grow, measure, plan, start, terminate
from vestige.errors import BadInput, DiskFull, NotFound, Refused, Unavailable, Underway, VestigeError, WrongChecksum
from vestige.evidence.cards import CardFile
from vestige.evidence.people import Actor
from vestige.evidence.uploads import Upload
from vestige.ingest.axis.app import Run
from vestige.ingest.axis.pipe import Pipe
from vestige.ingest.tus.turns import Turn, Turns
from vestige.ingest.tus.words import ALGORITHMS, as_metadata, checksum, count, file_words, metadata, paths_of

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,expiration,termination,checksum"
CHUNK_TYPE = "application/offset+octet-stream"
LONGEST_PLAN = 8 << 20
MOST = 20
MOST_OF_ONE = 8
_STATUS: tuple[tuple[type[Exception], int], ...] = (
    (WrongChecksum, 460),
    (BadInput, 400),
    (NotFound, 404),
    (Conflict, 409),
    (Refused, 403),
    (Underway, 423),
    (DiskFull, 507),
    (Unavailable, 503),
    (OperationalError, 503),
    (InterfaceError, 503),
)
_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Tus-Resumable": VERSION}
_THEN = "what came is kept as far as it was acknowledged; ask for the offset and go on"
_DRAINED = 1 << 20


@dataclass(frozen=True, slots=True)
class Server:
    """What the routes need of the server: the home's hands, two pools of threads, its names, who asks, and whom to tell of what came in.

    `who` says on whose behalf a request comes; None for a stranger; raises Refused for one that another site could have made.
    """

    ports: Callable[[], Ports]
    quick: Run
    long: Run
    hosts: Callable[[str], bool]
    who: Callable[[Request], Awaitable[Actor | None]]
    taken: Callable[[], None]


class _Answer(Exception):
    """The protocol itself answers: no version that is spoken here, no type of body, nobody who is known."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


class _Body:
    """A body of which what came is good, however it ended; `broken` says how, where it did before its end."""

    def __init__(self, pipe: Pipe) -> None:
        self._pipe = pipe
        self.broken = ""

    def readinto(self, buffer: memoryview, /) -> int:
        """Fill what there is; 0 at the end."""
        try:
            return self._pipe.readinto(buffer)
        except Unavailable as error:
            self.broken = str(error)
            return 0


class Uploads:
    """The uploads that one process takes."""

    def __init__(self, server: Server) -> None:
        """`server` is what the routes need of it."""
        self._server = server
        self._active: Counter[str] = Counter()
        self._turns = Turns()

    def app(self) -> "Overriding":
        """The routes."""
        one = "/uploads/{upload}"
        routes = [
            Route("/uploads", self._answering(self.create), methods=["OPTIONS", "POST"]),
            Route("/uploads/plan", self._answering(self.plan), methods=["POST"]),
            Route(one, self._answering(self.delete), methods=["DELETE"]),
            Route(one, self._answering(self.head), methods=["HEAD", "OPTIONS"]),
            Route(one, self._answering(self.patch), methods=["PATCH"]),
        ]
        inner = Starlette(routes=routes)
        inner.router.redirect_slashes = False
        return Overriding(inner)

    async def create(self, request: Request) -> Response:
        """Begin an upload; take its first bytes where the request brings some.

        Where those cannot be taken now the upload is there all the same: the answer says where, and how many bytes of it are durable.
        """
        actor = await self._asking(request)
        length = count("Upload-Length", request.headers.get("upload-length"))
        words = file_words(metadata(request.headers.get("upload-metadata", "")))
        brings = request.headers.get("content-type", "") == CHUNK_TYPE
        summed = checksum(request.headers.get("upload-checksum", "")) if brings else None
        upload = await self._server.quick(partial(start, self._server.ports(), actor, length, words))
        told = request.state.begun = {"Location": f"/uploads/{upload.id}"}
        if brings or not length:
            size, upload = await self._first(request, actor, upload.id, summed)
            told = told | {"Upload-Offset": str(size)}
        return Response(status_code=201, headers=_HEADERS | told | self._ends(upload))

    async def plan(self, request: Request) -> Response:
        """What will be done with files of these paths: JSON in, JSON out."""
        actor = await self._asking(request)
        paths = paths_of(await _short_body(request))
        files = await self._server.quick(partial(plan, self._server.ports(), actor, paths))
        return JSONResponse({"files": [_planned(file) for file in files]}, headers=_HEADERS)

    async def patch(self, request: Request) -> Response:
        """Take more bytes of an upload."""
        actor, ref = await self._asking(request), _id(request)
        if request.headers.get("content-type", "") != CHUNK_TYPE:
            raise _Answer(415, f"the body of a PATCH is {CHUNK_TYPE}")
        offset = count("Upload-Offset", request.headers.get("upload-offset"))
        summed = checksum(request.headers.get("upload-checksum", ""))
        async with self._turns.turn(ref) as turn:
            size, upload = await self._take(request, actor, ref, (offset, summed), turn)
        return Response(status_code=204, headers=_HEADERS | {"Upload-Offset": str(size)} | self._ends(upload))

    async def head(self, request: Request) -> Response:
        """How far an upload has come. Whoever sends bytes for it at this moment is asked to end: the answer is what holds."""
        actor, ref = await self._asking(request), _id(request)
        async with self._turns.turn(ref), self._slot(actor):
            size, upload = await self._server.long(measure, self._server.ports(), actor, ref)
        if upload.outcome:
            self._server.taken()
        told = {"Upload-Offset": str(size), "Upload-Length": str(upload.length)}
        if upload.words.raw:
            told["Upload-Metadata"] = as_metadata(upload.words.raw)
        return Response(status_code=200, headers=_HEADERS | told | self._ends(upload))

    async def delete(self, request: Request) -> Response:
        """End an upload that is not complete."""
        actor, ref = await self._asking(request), _id(request)
        async with self._turns.turn(ref), self._slot(actor):  # it may have to be read again, to know how far it is
            await self._server.long(partial(terminate, self._server.ports(), actor, ref))
        return Response(status_code=204, headers=_HEADERS)

    async def _first(self, request: Request, actor: Actor, ref: UUID, summed: tuple[Sum, bytes] | None) -> tuple[int, Upload]:
        """Take what comes with the creation. What can be sent again later is no failure of the creation."""
        try:
            async with self._turns.turn(ref) as turn:
                return await self._take(request, actor, ref, (0, summed), turn)
        except Unavailable:
            upload = await self._server.quick(find, self._server.ports(), actor, ref)
            return upload.received, upload

    async def _take(
        self, request: Request, actor: Actor, ref: UUID, chunk: tuple[int, tuple[Sum, bytes] | None], turn: Turn
    ) -> tuple[int, Upload]:  # a chunk and where it goes
        pipe = Pipe(asyncio.get_running_loop(), _THEN)
        turn.receives(pipe)
        body, feeding = _Body(pipe), asyncio.create_task(pipe.feed(request.stream()))
        offset, summed = chunk
        try:
            await pipe.begun.wait()  # who sends nothing yet takes nobody's room
            async with self._slot(actor):
                taken = await self._server.long(grow, self._server.ports(), actor, ref, Chunk(offset, body, summed))
        except WrongChecksum:
            if body.broken:
                raise Unavailable(body.broken) from None
            raise
        finally:
            pipe.close()
            feeding.cancel()
            with suppress(asyncio.CancelledError):
                await feeding
        if taken[1].outcome:
            self._server.taken()
        elif body.broken:
            raise Underway(body.broken) if turn.stopped else Unavailable(body.broken)
        return taken

    async def _asking(self, request: Request) -> Actor:
        if request.headers.get("tus-resumable") != VERSION:
            raise _Answer(412, f"this server speaks tus {VERSION}")
        actor = await self._server.who(request)
        if actor is None:
            raise _Answer(401, "sign in, or show the credential of a dock")
        return actor

    @asynccontextmanager
    async def _slot(self, actor: Actor) -> AsyncIterator[None]:
        """Room to receive: for one sender, and for all. Raises Unavailable where there is none."""
        if self._active[actor.id] >= MOST_OF_ONE or self._active.total() >= MOST:
            raise Unavailable("as much comes in at this moment as can be taken; try again")
        self._active[actor.id] += 1
        try:
            yield
        finally:
            self._active[actor.id] -= 1
            self._active += Counter()  # those at nothing go

    def _ends(self, upload: Upload) -> dict[str, str]:
        """What became of it, as ASCII JSON; or when it runs out."""
        if upload.outcome:
            return {"Vestige-Outcome": json.dumps(upload.outcome)}
        if upload.whole and upload.length:
            return {"Vestige-Waits": quote(upload.words.of or upload.words.follows, safe=" /.|_-")}
        until = (upload.heard + self._server.ports().uploads.lasting_ms) / 1000
        return {"Upload-Expires": formatdate(until, usegmt=True)}

    def _answering(self, endpoint: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
        """The endpoint, with errors as the protocol has them."""

        async def answered(request: Request) -> Response:
            try:
                if not self._server.hosts(request.url.hostname or ""):
                    raise Refused("this server has no such name")
                if request.method == "OPTIONS":
                    told = {"Tus-Version": VERSION, "Tus-Extension": EXTENSIONS, "Tus-Checksum-Algorithm": ALGORITHMS}
                    return Response(status_code=204, headers=_HEADERS | told)
                return await endpoint(request)
            except _Answer as answer:
                return _said(request, answer.status, str(answer), {"Tus-Version": VERSION})
            except Conflict as error:
                return _said(request, 409, str(error), {"Upload-Offset": str(error.size)})
            except (VestigeError, OperationalError, InterfaceError) as error:
                return _said(request, _status(request, error), str(error))

        return answered


class Overriding:
    """Lets `X-HTTP-Method-Override` of a POST say what it is, as the protocol has it."""

    def __init__(self, inner: Starlette) -> None:
        self._inner = inner
        self.routes = inner.routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        said = dict(scope["headers"]).get(b"x-http-method-override", b"").decode("latin-1").upper()
        if scope["method"] == "POST" and said in {"DELETE", "HEAD", "PATCH"}:
            scope = {**scope, "method": said}
        await self._inner(scope, receive, send)


def _planned(file: CardFile) -> dict[str, str]:
    told = {"path": file.path, "beside": file.beside and file.beside.value, "of": file.of, "follows": file.follows}
    return {name: str(value) for name, value in told.items() if value}


async def _short_body(request: Request) -> bytes:
    """A body of `LONGEST_PLAN` bytes at most. Raises BadInput for a longer one."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > LONGEST_PLAN:
            raise BadInput("this list of files is too long")
    return bytes(body)


def _id(request: Request) -> UUID:
    try:
        return UUID(request.path_params["upload"])
    except ValueError as error:
        raise NotFound("there is no such upload of yours") from error


def _status(request: Request, error: Exception) -> int:
    """The status of an error. A HEAD that may be answered later says 423: after any other, clients begin anew."""
    status = next((status for kind, status in _STATUS if isinstance(error, kind)), 500)
    return 423 if request.method == "HEAD" and status in {503, 507} else status


def _said(request: Request, status: int, words: str, more: dict[str, str] | None = None) -> Response:
    """An error, in words. Where much of a body may not have been read, the connection ends with it."""
    length = request.headers.get("content-length", "")
    unread = request.method in {"PATCH", "POST"} and (not length.isdigit() or int(length) > _DRAINED)
    told = {"Connection": "close"} if unread else {}
    again = {"Retry-After": "5"} if status in {423, 503} else {}
    return Response(words + "\n", status, _HEADERS | told | again | getattr(request.state, "begun", {}) | (more or {}), "text/plain")
