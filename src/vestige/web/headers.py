"""The security headers of every answer: pages load from their own origin only; no inline script or style; nobody frames us."""

from collections.abc import Mapping
from types import MappingProxyType

from starlette.datastructures import MutableHeaders
from starlette.types import Message, Send

_PAGE_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self' blob:; frame-src 'none'; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)

COMMON: Mapping[str, str] = MappingProxyType(
    {
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    }
)

PAGE: Mapping[str, str] = MappingProxyType({**COMMON, "Content-Security-Policy": _PAGE_POLICY, "Cache-Control": "private, no-store"})


def keeping_to_tls(seconds: int) -> dict[str, str]:
    """What tells browsers to come by TLS only for so long (RFC 6797); nothing for 0. Over plain HTTP browsers ignore it."""
    return {"Strict-Transport-Security": f"max-age={seconds}"} if seconds else {}


_BYTES: Mapping[str, str] = MappingProxyType(
    {
        **COMMON,
        "Cache-Control": "private, no-store",
        "Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'self'",
        "X-Frame-Options": "SAMEORIGIN",
    }
)


def of_bytes() -> dict[str, str]:
    """The headers of evidence bytes: whatever they are, nothing in them runs."""
    return dict(_BYTES)


def added(send: Send, extra: Mapping[str, str]) -> Send:
    """The `send` of ASGI, with these headers on the answer unless it has its own of that name."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            known = MutableHeaders(raw=[(name.lower(), value) for name, value in message["headers"]])
            for name, value in extra.items():
                known.setdefault(name, value)
            message = {**message, "headers": known.raw}
        await send(message)

    return sending
