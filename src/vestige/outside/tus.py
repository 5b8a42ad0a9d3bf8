"""Sends files to a Vestige server by tus 1.0.0: cut lines and restarted servers are waited for, what is there already is not sent again."""

import base64
import hashlib
import http.client
import json
import os
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from vestige.errors import BadInput, DiskFull, Fault, NotFound, Refused, Unavailable, VestigeError
from vestige.evidence.values import from_ms

_BLOCK = 1 << 20
_CHUNK = "application/offset+octet-stream"
_PAUSES = (0.2, 1, 2, 5, 10, 30)
_TIMEOUT_S = 120.0
_AGAIN = frozenset({409, 423, 460, 500, 502, 503, 504})
_SAID: Mapping[int, type[VestigeError]] = {400: BadInput, 401: Refused, 403: Refused, 404: NotFound, 410: NotFound, 507: DiskFull}


@dataclass(frozen=True, slots=True)
class Place:
    """A server, what is shown to it (account and secret), and the certificates that are trusted (PEM; empty: those of the system).

    `proof` is a PEM file with the client certificate that is shown too, and its key.
    """

    url: str
    account: str = field(repr=False)
    secret: str = field(repr=False)
    certificates: str = ""
    proof: Path | None = None

    def connection(self) -> http.client.HTTPConnection:
        """A new one."""
        parts = urlsplit(self.url)
        host = parts.hostname or ""
        if parts.scheme != "https":
            return http.client.HTTPConnection(host, parts.port, timeout=_TIMEOUT_S)
        context = ssl.create_default_context(cadata=self.certificates or None)
        if self.proof:
            _load(context, self.proof)
        return http.client.HTTPSConnection(host, parts.port, timeout=_TIMEOUT_S, context=context)

    def headers(self) -> dict[str, str]:
        """What every request shows."""
        pair = base64.b64encode(f"{self.account}:{self.secret}".encode()).decode()
        return {"Authorization": f"Basic {pair}", "Tus-Resumable": "1.0.0", "User-Agent": "Vestige"}


def _load(context: ssl.SSLContext, proof: Path) -> None:
    """Raises BadInput for a file that TLS cannot use."""
    try:
        context.load_cert_chain(proof, password="")
    except (OSError, ssl.SSLError) as error:
        raise BadInput(f"{proof} cannot be used as a client certificate with its key, in PEM: {error}") from error


@dataclass(frozen=True, slots=True)
class Told:
    """What the server said: status, headers by lower-case name, its words."""

    status: int
    headers: Mapping[str, str]
    words: str

    @property
    def outcome(self) -> dict[str, object] | None:
        """What became of the upload, once it is kept."""
        said = self.headers.get("vestige-outcome")
        return dict(json.loads(said)) if said else None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file to send: what is said of it, the address of its upload if it was begun before, and how long to wait without any progress.

    `begun` is told the address of a new upload, `progress` how many bytes are sent.
    """

    path: Path
    said: Mapping[str, str]
    begun: Callable[[str], None]
    progress: Callable[[int], None]
    url: str = ""
    patience_s: float = 600.0


class Sending:
    """One file on its way."""

    def __init__(self, place: Place, wanted: Wanted) -> None:
        """Raises BadInput for a file that cannot be read."""
        self._place, self._wanted, self._url = place, wanted, wanted.url
        self._stat = _stat(wanted.path)

    def send(self) -> tuple[str, dict[str, object]]:
        """Send it to its end; the upload's address, and what became of it.

        Raises BadInput (also: changed meanwhile), Refused, DiskFull, Unavailable (no progress for too long: begin again later), Fault (what
        the server keeps is not what was read).
        """
        tries, furthest, until = 0, -1, time.monotonic() + self._wanted.patience_s
        while True:
            try:
                outcome, size = self._once()
            except (OSError, http.client.HTTPException, _Again) as error:
                size, outcome, why = self._offset_or(furthest), None, str(error)
            else:
                why = "the upload did not end"
            if outcome is not None:
                self._compare(outcome)
                return self._url, outcome
            if size > furthest:
                tries, furthest, until = 0, size, time.monotonic() + self._wanted.patience_s
            if time.monotonic() > until:
                raise Unavailable(f"{self._wanted.path}: no progress ({why}); start it again to go on")
            time.sleep(_PAUSES[min(tries, len(_PAUSES) - 1)])
            tries += 1

    def _once(self) -> tuple[dict[str, object] | None, int]:
        if not self._url:
            self._begin()
        told = self._ask("HEAD", self._url)
        if told.status in {404, 410}:  # it ran out: from the start
            self._begin()
            told = self._ask("HEAD", self._url)
        self._good(told)
        if told.outcome:
            return told.outcome, self._stat[0]
        offset = int(told.headers["upload-offset"])
        told = self._ask("PATCH", self._url, {"Content-Type": _CHUNK, "Upload-Offset": str(offset)}, offset)
        self._good(told)
        return told.outcome, int(told.headers.get("upload-offset", offset))

    def _begin(self) -> None:
        pairs = [f"{name} {base64.b64encode(value.encode('utf-8', 'backslashreplace')).decode()}" for name, value in self._said().items()]
        told = self._ask("POST", "/uploads", {"Upload-Length": str(self._stat[0]), "Upload-Metadata": ",".join(pairs)})
        self._good(told)
        self._url = told.headers["location"]
        self._wanted.begun(self._url)

    def _said(self) -> dict[str, str]:
        modified = from_ms(self._stat[1] // 1_000_000).isoformat(timespec="milliseconds")
        return {"filename": self._wanted.path.name, "modified_at": modified, **self._wanted.said}

    def _ask(self, method: str, url: str, headers: Mapping[str, str] | None = None, offset: int | None = None) -> Told:
        connection = self._place.connection()
        length = 0 if offset is None else self._stat[0] - offset
        sent = self._place.headers() | dict(headers or {}) | ({"Content-Length": str(length)} if method in {"POST", "PATCH"} else {})
        try:
            path = urlsplit(urljoin(self._place.url, url)).path
            with suppress(BrokenPipeError, ConnectionResetError):  # the server may say why before all is sent
                connection.request(method, path, self._blocks(offset) if offset is not None else None, sent)
            response = connection.getresponse()
            words = response.read(_BLOCK).decode("utf-8", "replace").strip()
            return Told(response.status, {name.lower(): value for name, value in response.getheaders()}, words)
        finally:
            connection.close()

    def _blocks(self, offset: int) -> Iterator[bytes]:
        with self._wanted.path.open("rb", buffering=0) as file:
            file.seek(offset)
            left = self._stat[0] - offset
            while left:
                block = file.read(min(_BLOCK, left))
                if not block or _stat(self._wanted.path) != self._stat:
                    self._give_up()
                    raise BadInput(f"{self._wanted.path} was changed while it was sent; nothing of it is kept, send it again")
                left -= len(block)
                yield block
                self._wanted.progress(self._stat[0] - left)

    def _give_up(self) -> None:
        with suppress(OSError, http.client.HTTPException):
            self._ask("DELETE", self._url)

    def _good(self, told: Told) -> None:
        if told.status in _AGAIN:
            raise _Again(f"{told.status} {told.words}")
        if told.status >= 300:
            raise _SAID.get(told.status, Unavailable)(f"{self._wanted.path}: the server says {told.status}: {told.words[:500]}")

    def _offset_or(self, known: int) -> int:
        """How far the server has come; `known` while it does not answer."""
        with suppress(OSError, http.client.HTTPException, ValueError, KeyError):
            return int(self._ask("HEAD", self._url).headers["upload-offset"]) if self._url else known
        return known

    def _compare(self, outcome: Mapping[str, object]) -> None:
        """What the server keeps is what lies here: read and hashed once more."""
        sha = hashlib.sha256()
        with self._wanted.path.open("rb", buffering=0) as file:
            while block := file.read(_BLOCK):
                sha.update(block)
        if _stat(self._wanted.path) != self._stat or sha.hexdigest() != outcome.get("sha256"):
            raise Fault(f"{self._wanted.path} is not what is kept as {outcome.get('number')}; it was changed, or damaged on the way")


class _Again(Exception):
    """The server asks for another try."""


def _stat(path: Path) -> tuple[int, int]:
    try:
        found = os.stat(path)  # noqa: PTH116  # two figures of one call
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}") from error
    return found.st_size, found.st_mtime_ns
