"""Who asks for bytes. Starlette routes pass by Django's middleware, so what that would check is checked here."""

from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import ParamSpec, TypeVar

import anyio
from django.conf import settings
from django.contrib.auth import get_user
from django.db import close_old_connections
from django.http import HttpRequest
from starlette.requests import Request

from vestige.catalog.accounts.models import Person
from vestige.errors import BadInput, NotFound, Refused
from vestige.evidence.people import Actor
from vestige.web import hands

P = ParamSpec("P")
R = TypeVar("R")

LARGEST_BODY = 16_384
MOST_LONG = 64


@cache
def _limiter() -> anyio.CapacityLimiter:
    """How many threads work on bytes at once."""
    return anyio.CapacityLimiter(8)


@cache
def _long_limiter() -> anyio.CapacityLimiter:
    """How many threads receive at once; who asks for one sees to it that there is one."""
    return anyio.CapacityLimiter(MOST_LONG)


async def in_thread(work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Do blocking work in a thread, with Django's connection closed around it."""
    return await _in_pool(_limiter(), work, *args, **kwargs)


async def in_long_thread(work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """The same for work that lasts as long as somebody sends: it takes no thread from others."""
    return await _in_pool(_long_limiter(), work, *args, **kwargs)


async def _in_pool(limiter: anyio.CapacityLimiter, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    def call() -> R:
        close_old_connections()
        try:
            return work(*args, **kwargs)
        finally:
            close_old_connections()

    return await anyio.to_thread.run_sync(call, limiter=limiter)


def session_key(request: Request) -> str:
    """The key of the session that the cookie names. Raises NotFound for none: a stranger learns nothing."""
    key = request.cookies.get(settings.SESSION_COOKIE_NAME)
    if not key:
        raise NotFound("there is nothing here")
    return key


def actor(key: str, address: str) -> Actor:
    """The person of that session, as they are now. Raises NotFound: a changed password, an ended session, an inactive person."""
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(key)
    user = get_user(request)
    if not isinstance(user, Person) or not user.is_active:
        raise NotFound("there is nothing here")
    return hands.actor_of(user, key, address)


def address_of(request: Request) -> str:
    """The network address that the request came from."""
    return request.client.host if request.client else "unknown"


def refuse_foreign(request: Request, header: str = "x-vestige", value: str = "1", *, bare_head: bool = False) -> None:
    """Refuse a request that another site could have made: its origin must be ours, and it carries a header that no form or link can set.

    `bare_head`: a HEAD may name no origin at all, as browsers send it over plain HTTP from our own pages; another site's names its own.
    """
    site = request.headers.get("sec-fetch-site")
    origins = {f"{request.url.scheme}://{request.url.netloc}", *settings.CSRF_TRUSTED_ORIGINS}
    origin = request.headers.get("origin")
    bare = bare_head and request.method == "HEAD" and origin is None
    ours = site == "same-origin" if site else bare or origin in origins
    if not ours or request.headers.get(header) != value:
        raise Refused("this request did not come from one of these pages")


async def body(request: Request) -> dict[str, object]:
    """The JSON object that was sent. Raises BadInput for anything else, and for more than 16 KiB."""
    data = bytearray()
    async for part in request.stream():
        data += part
        if len(data) > LARGEST_BODY:
            raise BadInput("this is too long")
    return _object(bytes(data))


def _object(data: bytes) -> dict[str, object]:
    import json

    try:
        value = json.loads(data)
    except ValueError as error:
        raise BadInput("the body is not JSON") from error
    if not isinstance(value, dict):
        raise BadInput("the body is not a JSON object")
    return value
