"""Client certificates: asked for while some dock is bound to one, and needed of nobody for the connection itself.

A certificate that a connection shows must be one of those (or the connection is not made); whose it is, and whether that is enough, is
looked at with each request. One that was replaced stays one that a connection can be made with until the server ends: with each request it
is worth nothing.
"""

import ssl
from collections.abc import Collection
from functools import cache

EVERY_S = 2.0


class Doorway:
    """How this process makes connections, where it speaks TLS itself."""

    def __init__(self) -> None:
        self._context: ssl.SSLContext | None = None
        self._trusted: set[str] = set()

    @property
    def speaks_tls(self) -> bool:
        """Whether it does."""
        return self._context is not None

    def use(self, context: ssl.SSLContext) -> None:
        """Connections are made with this from now on. A dock's certificate is trusted by itself, whoever issued it."""
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        self._context, self._trusted = context, set()

    def ask_for(self, certificates: Collection[str]) -> None:
        """New connections are asked for one of these (PEM), and need not show it; with none nobody is asked."""
        context = self._context
        if context is None:
            return
        for certificate in set(certificates) - self._trusted:
            context.load_verify_locations(cadata=certificate)
            self._trusted.add(certificate)
        context.verify_mode = ssl.CERT_OPTIONAL if certificates else ssl.CERT_NONE


@cache
def doorway() -> Doorway:
    """That of this process."""
    return Doorway()
