"""The routes that dock systems call. They translate; what may be done, and what comes of it, is for the actions to say."""

import asyncio
import hashlib
import json
import re
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.utils import formatdate, parsedate_to_datetime
from functools import partial
from typing import Any, ParamSpec, Protocol, TypeVar
from urllib.parse import quote, unquote

from django.db import InterfaceError, OperationalError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from vestige.actions import docks
from vestige.actions.dock_intake import Sending, receive
from vestige.actions.dock_words import IMPLIED, LARGEST_BODY, Small, describe, describe_object, put_small
from vestige.actions.ports import Ports
from vestige.errors import BadInput, DiskFull, NotFound, Refused, Unavailable, VestigeError
from vestige.evidence.docks import ContainerName, Dock, Shown
from vestige.evidence.people import Actor, system
from vestige.ingest.axis.connection import shown_by
from vestige.ingest.axis.names import container_name, object_name, said
from vestige.ingest.axis.pipe import SILENCE_S, Pipe

P = ParamSpec("P")
R = TypeVar("R")

MOST_UPLOADS = 40
MOST_UPLOADS_OF_ONE = 24
_CAPABILITIES = {
    "Read": {"ReadCategories": True},
    "Store": {
        "StoreBookmarks": True,
        "StoreRejectedContent": True,
        "StoreUserIDKey": True,
        "StoreSignedVideo": True,
        "StoreGNSSTrackRecording": True,
    },
    "StoreAndRead": {"StoreReadSystemID": True},
}
_STATUS: tuple[tuple[type[Exception], int], ...] = (
    (BadInput, 400),
    (NotFound, 404),
    (Refused, 403),
    (DiskFull, 507),
    (Unavailable, 503),
    (OperationalError, 503),
    (InterfaceError, 503),
)
_MD5 = re.compile(r'"?([0-9a-fA-F]{32})"?')
_CONTAINER_META, _OBJECT_META = b"x-container-meta-", b"x-object-meta-"
_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class Run(Protocol):
    """Does blocking work in a thread of some pool, with the database's connection closed around it."""

    def __call__(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> Coroutine[Any, Any, R]:
        """What the work returns, or raises."""


@dataclass(frozen=True, slots=True)
class Server:
    """What the routes need of the server: the home's hands, two pools of threads, its names, and whom to tell.

    `failed` is told of a wrong credential (source, ms), `locked` says whether a source failed too often; `taken` that something came in.
    """

    ports: Callable[[], Ports]
    quick: Run
    long: Run
    hosts: Callable[[str], bool]
    allow_http: Callable[[], bool]
    failed: Callable[[str, int], None]
    locked: Callable[[str, int], bool]
    taken: Callable[[], None]


class _Strangers(Exception):
    """The request shows no token that is good."""


class Destination:
    """The content destination of one process."""

    def __init__(self, server: Server) -> None:
        """`server` is what the routes need of it."""
        self._server = server
        self._active: Counter[str] = Counter()

    def app(self) -> "AsSent":
        """The routes, which see paths as they were sent: still percent-encoded."""
        routes = [Route("/auth/v1.0", self._answering(self.sign_in), methods=["GET"])]
        for root in ("/v1", "/v1.0"):
            account = root + "/{account}"
            routes += [
                Route(account + "/System/{object:path}", self._answering(self.read), methods=["GET"]),
                Route(account + "/{container}", self._answering(self.put_container), methods=["PUT"]),
                Route(account + "/{container}", self._answering(self.post_container), methods=["POST"]),
                Route(account + "/{container}/{object:path}", self._answering(self.put_object), methods=["PUT"]),
                Route(account + "/{container}/{object:path}", self._answering(self.post_object), methods=["POST"]),
            ]
        handlers = {HTTPException: self._no_such_route}
        inner = Starlette(routes=routes, exception_handlers=handlers)  # type: ignore[arg-type]  # narrower than any exception
        inner.router.redirect_slashes = False
        return AsSent(inner)

    async def sign_in(self, request: Request) -> Response:
        """A credential for a token and the address to send to."""
        ports, now = self._server.ports(), self._server.ports().now()
        source = request.client.host if request.client else "unknown"
        account, secret = request.headers.get("x-auth-user", ""), request.headers.get("x-auth-key", "")
        locked = self._server.locked(source, now)
        pair = (account[:200], secret[:200], _shown(request))
        dock = None if locked else await self._server.quick(docks.authenticate, ports, *pair)
        if dock is None:
            self._server.failed(source, now)
            raise _Strangers
        token = await self._server.quick(partial(docks.sign_in, ports, system("dock"), dock, source, _dated(request)))
        url = f"{request.url.scheme}://{request.url.netloc}/v1.0/{dock.account}"
        told = {"X-Auth-Token": token, "X-Storage-Token": token, "X-Storage-Url": url, "X-Auth-Token-Expires": str(docks.TOKEN_S)}
        return Response(status_code=200, headers=_HEADERS | told)

    async def read(self, request: Request) -> Response:
        """An object of the System container."""
        dock = await self._dock(request)
        name = object_name(request.path_params["object"]).name
        body, words = await self._server.quick(self._read, dock.actor(_source(request)), name)
        told = {"ETag": hashlib.md5(body, usedforsecurity=False).hexdigest(), "Last-Modified": formatdate(usegmt=True)}
        meta = {f"X-Object-Meta-{quote(word, safe='')}": quote(value) for word, value in words.items()}
        return Response(body, 200, _HEADERS | told | meta, "application/json")

    async def put_container(self, request: Request) -> Response:
        """Make a container, or say more of one that is there."""
        made = await self._describe(request, make=True)
        return Response(status_code=201 if made else 202, headers=_HEADERS)

    async def post_container(self, request: Request) -> Response:
        """Say something of a container."""
        await self._describe(request, make=False)
        return Response(status_code=204, headers=_HEADERS)

    async def put_object(self, request: Request) -> Response:
        """Take an object in."""
        dock, named = await self._dock(request), self._container(request)
        actor, name = dock.actor(_source(request)), object_name(request.path_params["object"])
        words, told = said(request.scope["headers"], _OBJECT_META), _MD5.fullmatch(request.headers.get("etag", "").strip())
        expected = told[1].lower() if told else ""
        if named.shelf in IMPLIED:
            body = await _small(request)
            md5 = hashlib.md5(body, usedforsecurity=False).hexdigest()
            if expected not in {"", md5}:
                raise Unavailable("what arrived is not what was announced; send it again")
            await self._server.quick(partial(put_small, self._server.ports(), actor, named, Small(name, body, md5, words)))
            return _created(md5)
        stream = await _begun(request.stream())
        async with self._slot(dock):
            md5 = await self._receive(actor, stream, partial(Sending, named, name, words, md5=expected))
        self._server.taken()
        return _created(md5)

    async def post_object(self, request: Request) -> Response:
        """Say something else of an object."""
        dock, named = await self._dock(request), self._container(request)
        name, words = object_name(request.path_params["object"]), said(request.scope["headers"], _OBJECT_META)
        await self._server.quick(partial(describe_object, self._server.ports(), dock.actor(_source(request)), named, name, words))
        return Response(status_code=202, headers=_HEADERS)

    async def _describe(self, request: Request, *, make: bool) -> bool:
        dock, named = await self._dock(request), self._container(request)
        words = said(request.scope["headers"], _CONTAINER_META)
        act = partial(describe, self._server.ports(), dock.actor(_source(request)), named, words, make=make)
        return await self._server.quick(act)

    async def _receive(self, actor: Actor, stream: AsyncIterator[bytes], sending: Callable[[Pipe], Sending]) -> str:
        pipe = Pipe(asyncio.get_running_loop())
        feeding = asyncio.create_task(pipe.feed(stream))
        try:
            received = await self._server.long(receive, self._server.ports(), actor, sending(pipe))
        finally:
            pipe.close()
            await feeding
        return received.md5

    def _read(self, actor: Actor, name: str) -> tuple[bytes, Mapping[str, str]]:
        ports = self._server.ports()
        if name == "Capabilities.json":
            docks.read_capabilities(ports, actor)
            return json.dumps(_CAPABILITIES).encode(), {}
        if name == "Categories.json":
            categories = docks.read_categories(ports, actor)
            return json.dumps([{"Name": words, "Id": ref} for ref, words in categories.items()]).encode(), {}
        found = docks.read(ports, actor, name)
        return found.body, found.said

    async def _dock(self, request: Request) -> Dock:
        """Whose request it is. Raises for a token that is not good, and for the account of another."""
        dock = await self._of_token(request)
        if unquote(request.path_params["account"]) != dock.account:
            raise Refused("this is the account of another dock")
        return dock

    async def _of_token(self, request: Request) -> Dock:
        token = request.headers.get("x-auth-token", "")
        dock = await self._server.quick(docks.of_token, self._server.ports(), token, _shown(request))
        if dock is None:
            raise _Strangers
        return dock

    def _container(self, request: Request) -> ContainerName:
        return container_name(request.path_params["container"])

    @asynccontextmanager
    async def _slot(self, dock: Dock) -> AsyncIterator[None]:
        """Room to receive: for one dock, and for all. Raises Unavailable where there is none."""
        if self._active[dock.account] >= MOST_UPLOADS_OF_ONE or self._active.total() >= MOST_UPLOADS:
            raise Unavailable("as much comes in at this moment as can be taken; try again")
        self._active[dock.account] += 1
        try:
            yield
        finally:
            self._active[dock.account] -= 1

    def _answering(self, endpoint: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
        """The endpoint, behind what holds for all of them, with errors as the protocol has them."""

        async def answered(request: Request) -> Response:
            try:
                if request.url.scheme != "https" and not self._server.allow_http():
                    raise Refused("docks are answered by TLS only")
                if not self._server.hosts(request.url.hostname or ""):
                    raise Refused("this server has no such name")
                return await endpoint(request)
            except _Strangers:
                return _said(401, "Show a good token.")
            except docks.Unproven as error:
                self._server.failed(error.source, self._server.ports().now())
                return _said(401, str(error))
            except ClientDisconnect:
                return _said(503, "The connection broke off.")
            except (VestigeError, OperationalError, InterfaceError) as error:
                return _said(next((status for kind, status in _STATUS if isinstance(error, kind)), 500), str(error))

        return answered

    async def _no_such_route(self, request: Request, error: HTTPException) -> Response:
        """What is no call of the protocol. Who shows no token hears nothing else; who does may read nothing but System."""
        if request.url.path.startswith("/auth"):
            return _said(400, "A token is asked for with GET.")
        if error.status_code == 404 or request.method in {"GET", "HEAD"}:
            return await self._answering(self._nothing_there)(request)
        return _said(405, "There is no such call.")

    async def _nothing_there(self, request: Request) -> Response:
        await self._of_token(request)
        raise Refused("a dock reads nothing but the objects of its System container")


class AsSent:
    """Lets the routes see the path as it was sent, so that an escaped slash in a name is not one of the path's own."""

    def __init__(self, inner: Starlette) -> None:
        self._inner = inner
        self.routes = inner.routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        raw = scope.get("raw_path") or quote(scope["path"]).encode()
        await self._inner({**scope, "path": raw.partition(b"?")[0].decode("latin-1")}, receive, send)


def _source(request: Request) -> str | None:
    return request.client.host if request.client else None


def _shown(request: Request) -> Shown:
    return Shown(_source(request) or "unknown", shown_by(request.scope))


def _dated(request: Request) -> int | None:
    """What the sender's clock says (ms UTC), where the request bears a `Date`."""
    try:
        at = parsedate_to_datetime(request.headers.get("date", ""))
        return round(at.timestamp() * 1000) if at.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _said(status: int, words: str) -> Response:
    again = {"Retry-After": "30"} if status == 503 else {}
    return Response(words, status, _HEADERS | again, "text/plain")


def _created(md5: str) -> Response:
    return Response(status_code=201, headers=_HEADERS | {"ETag": md5, "Last-Modified": formatdate(usegmt=True)})


async def _small(request: Request) -> bytes:
    """A body of at most 64 KiB. Raises BadInput for a longer one."""
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > LARGEST_BODY:
            raise BadInput("this container holds no footage, and no object of more than 64 KiB")
    return bytes(data)


async def _begun(stream: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The same body, once its first bytes are here: who sends nothing yet takes nobody's room. Raises Unavailable after a minute."""
    first = b""
    try:
        async with asyncio.timeout(SILENCE_S):
            while not first and (chunk := await anext(stream, None)) is not None:
                first = chunk
    except TimeoutError:
        raise Unavailable("nothing came for a minute; nothing is kept, send it again") from None

    async def whole() -> AsyncIterator[bytes]:
        yield first
        async for chunk in stream:
            yield chunk

    return whole()
