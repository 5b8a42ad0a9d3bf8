"""The whole server as one ASGI application: Django's pages, the byte routes, the built style and script.

Django starts one thread for each request in flight, so a gate holds them to 24; its handler spools whole bodies, so none that is long or
of unknown length gets there, and none takes a place of the 24 before it is here whole.
"""

import asyncio
import os
from contextlib import suppress
from pathlib import Path
from typing import cast

from django.conf import settings
from django.core.asgi import get_asgi_application
from django.http.request import validate_host
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import PlainTextResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vestige.settings")
_django = cast("ASGIApp", get_asgi_application())  # sets Django up: what follows imports models

from vestige.actions import docks  # noqa: E402  # after Django's set-up
from vestige.actions.intake import sweep_left  # noqa: E402  # after Django's set-up
from vestige.evidence.people import system  # noqa: E402  # after Django's set-up
from vestige.ingest.axis.app import AsSent, Destination, Server  # noqa: E402  # after Django's set-up
from vestige.ingest.tus.app import Overriding, Uploads  # noqa: E402  # after Django's set-up
from vestige.ingest.tus.app import Server as UploadServer  # noqa: E402  # after Django's set-up
from vestige.web import hands, headers  # noqa: E402  # after Django's set-up
from vestige.web.bytes.app import bytes_app  # noqa: E402  # after Django's set-up
from vestige.web.bytes.guard import in_long_thread, in_thread  # noqa: E402  # after Django's set-up
from vestige.web.bytes.ledger import FLUSH_S, ledger  # noqa: E402  # after Django's set-up
from vestige.web.doorway import EVERY_S, doorway  # noqa: E402  # after Django's set-up
from vestige.web.failures import failures  # noqa: E402  # after Django's set-up
from vestige.web.log_files import LogFiles  # noqa: E402  # after Django's set-up
from vestige.web.preparing import preparing  # noqa: E402  # after Django's set-up
from vestige.web.uploaders import uploader  # noqa: E402  # after Django's set-up

_DOCKS = ("/auth/", "/v1/", "/v1.0/")
_MOST_PAGES = 24
_LARGEST_FORM = 65_536
_PATIENCE_S = 30


class _Static(StaticFiles):
    """The built files: their names carry their digest, so browsers may keep them."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, or not found."""
        try:
            answer = await super().get_response(path, scope)
        except HTTPException as error:
            return PlainTextResponse(error.detail, error.status_code, headers=dict(headers.COMMON))
        kept = "public, max-age=31536000, immutable" if path.startswith("dist/assets/") else "no-cache"
        answer.headers.update({**headers.COMMON, "Cache-Control": kept})
        return answer


class Application:
    """Sends each request to its part."""

    def __init__(
        self, pages: ASGIApp, parts: ASGIApp, static: ASGIApp, log: ASGIApp, docks: ASGIApp, uploads: ASGIApp
    ) -> None:  # one for each part of the site
        self._pages = pages
        self._bytes = parts
        self._static = static
        self._log = log
        self._docks = docks
        self._uploads = uploads
        self._page_headers = {**headers.PAGE, **headers.keeping_to_tls(settings.SECURE_HSTS_SECONDS)}
        self._gate = asyncio.Semaphore(_MOST_PAGES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] != "http":
            await send({"type": "websocket.close", "code": 4404})
        elif scope["path"].startswith("/bytes/"):
            await self._bytes(scope, receive, send)
        elif scope["path"].startswith(_DOCKS):
            await self._docks(scope, receive, send)
        elif scope["path"] == "/uploads" or scope["path"].startswith("/uploads/"):
            await self._uploads(scope, receive, send)
        elif scope["path"].startswith("/static/"):
            await self._static({**scope, "root_path": scope.get("root_path", "") + "/static"}, receive, send)
        elif scope["path"].startswith("/log/"):
            await self._log(scope, receive, send)
        elif (refusal := _too_long(scope)) is not None:
            await refusal(scope, receive, send)
        else:
            await self._page(scope, receive, send)

    async def _page(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One of Django's pages, once its form is here."""
        try:
            async with asyncio.timeout(_PATIENCE_S):
                form = await _form(receive)
        except TimeoutError:
            await PlainTextResponse("The body did not come in time.", 408, headers={"Connection": "close"})(scope, receive, send)
            return
        if form is not None:
            async with self._gate:
                await self._pages(scope, _given(form, receive), headers.added(send, self._page_headers))

    async def _live(self, receive: Receive, send: Send) -> None:
        """Open the home at the start; keep counts in the log while it runs and at the end. Working copies that lack are made beside it."""
        await receive()
        await in_thread(hands.ports)
        await in_thread(_sweep)
        preparing().start()
        if doorway().speaks_tls:
            doorway().ask_for(await in_thread(docks.bound, hands.ports()))
        keeping = asyncio.gather(_keep(), _ask())
        await send({"type": "lifespan.startup.complete"})
        await receive()
        preparing().stop()
        keeping.cancel()
        with suppress(asyncio.CancelledError):
            await keeping
        await in_thread(ledger().flush)
        await in_thread(failures().record, hands.ports(), everything=True)
        await send({"type": "lifespan.shutdown.complete"})


def _sweep() -> None:
    """What a server that was killed left of what was coming in: it was never acknowledged, and its sender sends it again."""
    left = hands.ports().catalog.intakes()
    if left:
        sweep_left(hands.ports(), system("intake"), left)


def docks_app() -> AsSent:
    """What answers dock systems."""
    server = Server(
        ports=hands.ports,
        quick=in_thread,
        long=in_long_thread,
        hosts=lambda name: validate_host(name, settings.ALLOWED_HOSTS),
        allow_http=hands.allow_http,
        failed=failures().add,
        locked=failures().too_many,
        taken=preparing().more,
    )
    return Destination(server).app()


def uploads_app() -> Overriding:
    """What takes resumable uploads."""
    server = UploadServer(
        ports=hands.ports,
        quick=in_thread,
        long=in_long_thread,
        hosts=lambda name: validate_host(name, settings.ALLOWED_HOSTS),
        who=uploader,
        taken=preparing().more,
    )
    return Uploads(server).app()


async def _keep() -> None:
    """At the start and every 10 seconds: what was served and played, viewings left open, the failed sign-ins of minutes that are over."""
    while True:
        with suppress(Exception):  # one failed write (a full disk) must not end the keeping; the counts stay until the next
            await in_thread(ledger().flush)
            await in_thread(ledger().sweep)
            await in_thread(failures().record, hands.ports())
        await asyncio.sleep(FLUSH_S)


async def _ask() -> None:
    """Docks are bound to certificates, and these replaced, by other processes: what connections are asked for follows within two seconds."""
    while doorway().speaks_tls:
        await asyncio.sleep(EVERY_S)
        with suppress(Exception):  # a database that does not answer now is asked again
            doorway().ask_for(await in_thread(docks.bound, hands.ports()))


def _too_long(scope: Scope) -> Response | None:
    """The refusal of a body that is longer than any form of ours, or does not say how long it is."""
    given = dict(scope["headers"])
    if b"transfer-encoding" in given:
        return PlainTextResponse("Say how long the body is.", 411)
    length = given.get(b"content-length", b"0")
    if not length.isdigit() or int(length) > _LARGEST_FORM:
        return PlainTextResponse("The body is too long.", 413)
    return None


async def _form(receive: Receive) -> bytes | None:
    """The whole body, of 64 KiB at most; None where the sender is gone."""
    parts, more = [], True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            return None
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(parts)


def _given(form: bytes, receive: Receive) -> Receive:
    """Gives a body that was read before, then whatever comes."""
    first: list[Message] = [{"type": "http.request", "body": form, "more_body": False}]

    async def given() -> Message:
        return first.pop() if first else await receive()

    return given


application = Application(
    _django,
    bytes_app(),
    GZipMiddleware(_Static(directory=Path(__file__).parent / "static", check_dir=False), minimum_size=1_000),
    GZipMiddleware(LogFiles(), minimum_size=1_000),
    docks_app(),
    uploads_app(),
)
