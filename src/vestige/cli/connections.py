"""Connections: those that ask for more than a request needs are ended, and what they show of a client certificate goes with each request."""

import asyncio
import resource
import ssl

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LONGEST_HEAD = 65_536
"""Bytes of a request's line and headers together; of trailers and chunk heads between two pieces of a body too."""
HEAD_S = 30.0


class Connection(HttpToolsProtocol):
    """uvicorn's connection, which by itself takes headers without end and waits for ever for the rest of one."""

    _moved = False
    _surplus = 0
    _head = 0
    _timer: asyncio.TimerHandle | None = None
    _tls: dict[object, object] | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in the class above
        """A head is due."""
        super().connection_made(transport)
        self._tls = _shown(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is due any more."""
        self._forget()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Bytes that bring neither a head nor a piece of a body further may only be so many."""
        self._moved = False
        super().data_received(data)
        self._surplus = 0 if self._moved else self._surplus + len(data)
        if self._surplus > LONGEST_HEAD and not self.transport.is_closing():
            self.send_400_response("The head of this request is too long.")

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self.scope["extensions"] = {"tls": self._tls} if self._tls else {}
        self._head = 0
        self._await_head()

    def on_url(self, url: bytes) -> None:
        """A part of the request's line."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header, or a trailer."""
        self._count(len(name) + len(value))
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head is there."""
        self._forget()
        self._moved = True
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A piece of the body. Where nothing waits to be fetched it is passed on as it is, not copied twice."""
        self._moved = True
        if not self.cycle.body and not self.cycle.response_complete:
            self.cycle.body = body  # type: ignore[assignment]  # who fetches it makes bytes of it, and these are; adding nothing keeps them
            body = b""
        super().on_body(body)

    def _count(self, length: int) -> None:
        self._head += length
        if self._head > LONGEST_HEAD:
            raise ValueError("the head of this request is too long")  # the parser makes a 400 of it

    def _await_head(self) -> None:
        if self._timer is None:
            self._timer = self.loop.call_later(HEAD_S, self._late)

    def _late(self) -> None:
        self._timer = None
        self.transport.close()

    def _forget(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None


def _shown(transport: asyncio.BaseTransport) -> dict[object, object] | None:
    """ASGI's TLS extension, as far as it is told here; None without TLS."""
    connection = transport.get_extra_info("ssl_object")
    if connection is None:
        return None
    shown = connection.getpeercert(binary_form=True)
    chain = [ssl.DER_cert_to_PEM_cert(shown)] if shown else []
    unknown: dict[object, object] = dict.fromkeys(("server_cert", "client_cert_name", "client_cert_error", "tls_version", "cipher_suite"))
    return {**unknown, "client_cert_chain": chain}


def many() -> tuple[int, int]:
    """Let this process have as many connections open as the system allows it; returns the limits that hold then."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return resource.getrlimit(resource.RLIMIT_NOFILE)
