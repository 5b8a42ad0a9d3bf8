"""A program of ours that answers the network, until it is stopped."""

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from vestige.errors import BadInput


@dataclass(frozen=True, slots=True)
class Tls:
    """A certificate with its chain, and its key: PEM files. `made` is told the context with which connections are made."""

    certificate: Path
    key: Path
    made: Callable[[ssl.SSLContext], None]


def _load(tls: Tls) -> None:
    """Raises BadInput where the server could not speak TLS with these files."""
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(tls.certificate, tls.key, password="")
    except (OSError, ssl.SSLError) as error:
        raise BadInput(f"the certificate {tls.certificate} and the key {tls.key} cannot be used together: {error}") from error


def _context(
    made: Callable[[ssl.SSLContext], None],
    _config: object,
    default: Callable[[], ssl.SSLContext],
) -> ssl.SSLContext:
    context = default()
    made(context)
    return context


def listen(application: Any, host: str, port: int, tls: Tls | None = None) -> None:  # noqa: ANN401  # an ASGI application, or where to import it from
    """Answer at that address and port: no more than three seconds for whoever is still being answered at the end."""
    import uvicorn

    from vestige.cli.connections import Connection, many

    if tls:
        _load(tls)

    many()
    uvicorn.run(
        application,
        host=host,
        port=port,
        loop="uvloop",
        http=Connection,
        ws="none",
        log_level="warning",
        timeout_graceful_shutdown=3,
        server_header=False,
        ssl_certfile=str(tls.certificate) if tls else None,
        ssl_keyfile=str(tls.key) if tls else None,
        ssl_context_factory=partial(_context, tls.made) if tls else None,
    )
