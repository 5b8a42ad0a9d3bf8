"""On whose behalf an upload comes: a person's session, from these pages only, or the credential of a dock system."""

import base64
import binascii

from starlette.requests import Request

from vestige.actions import docks
from vestige.errors import NotFound, Refused, Unavailable
from vestige.evidence.docks import Shown
from vestige.evidence.people import Actor
from vestige.ingest.axis.connection import shown_by
from vestige.web import hands
from vestige.web.bytes import guard
from vestige.web.bytes.guard import in_thread
from vestige.web.failures import failures


async def uploader(request: Request) -> Actor | None:
    """Who asks; None for a stranger. Raises Refused for what another site could have made, and for a secret sent in clear; Unavailable (locked)."""
    address = guard.address_of(request)
    if "authorization" in request.headers:
        return await _dock(request, address)
    try:
        key = guard.session_key(request)
        guard.refuse_foreign(request, "tus-resumable", "1.0.0", bare_head=True)
        return await in_thread(guard.actor, key, address)
    except NotFound:
        return None


async def _dock(request: Request, address: str) -> Actor | None:
    if request.url.scheme != "https" and not hands.allow_http():
        raise Refused("docks are answered by TLS only")
    ports, now = hands.ports(), hands.ports().now()
    account, secret = _basic(request.headers["authorization"])
    if failures().too_many(address, now):
        raise Unavailable("too many failed sign-ins from this address; try again in a minute")
    try:
        dock = await in_thread(docks.authenticate, ports, account[:200], secret[:200], Shown(address, shown_by(request.scope)))
    except docks.Unproven as error:
        failures().add(error.source, now)
        return None
    if dock is None:
        failures().add(address, now)
        return None
    return dock.actor(address)


def _basic(header: str) -> tuple[str, str]:
    """Account and secret of HTTP Basic; empty where there are none."""
    kind, _, value = header.partition(" ")
    try:
        text = base64.b64decode(value.strip(), validate=True).decode() if kind.lower() == "basic" else ""
    except (binascii.Error, ValueError):
        text = ""
    account, _, secret = text.partition(":")
    return account, secret
