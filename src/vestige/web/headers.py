"""The security headers of every answer: pages load from their own origin only; no inline script or style; nobody frames us."""

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, HttpResponseBase

_PAGE_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self' blob:; frame-src 'self'; "
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

_BYTES: Mapping[str, str] = MappingProxyType(
    {
        **COMMON,
        "Cache-Control": "private, no-store",
        "Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'self'",
        "X-Frame-Options": "SAMEORIGIN",
    }
)
_NO_SANDBOX = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; frame-ancestors 'self'"}


def of_bytes(content_type: str) -> dict[str, str]:
    """The headers of evidence bytes. A PDF goes without `sandbox`: browsers refuse to open their own PDF reader in a sandbox."""
    return {**_BYTES, **(_NO_SANDBOX if content_type == "application/pdf" else {})}


class SecurityHeaders:
    """Django middleware: the headers of pages, unless a view set its own."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]) -> None:
        self._get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        """Answer with the headers added."""
        answer = self._get_response(request)
        return _with_headers(answer) if isinstance(answer, HttpResponseBase) else self._later(answer)

    @staticmethod
    async def _later(answer: Awaitable[HttpResponseBase]) -> HttpResponseBase:
        return _with_headers(await answer)


def _with_headers(answer: HttpResponseBase) -> HttpResponseBase:
    for name, value in PAGE.items():
        answer.headers.setdefault(name, value)
    return answer
