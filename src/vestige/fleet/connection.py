"""What a dock system needs to know of where it sends: the connection file of the protocol, and a client of its calls."""

import base64
import hashlib
import http.client
import json
import ssl
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from vestige.errors import BadInput, Fault

_LARGEST_FILE = 65_536
_PATIENCE_S = 120.0


@dataclass(frozen=True, slots=True)
class Target:
    """Where to sign in, as whom, whom to trust (PEM; empty: whom the system trusts), and the key to encrypt under (PEM, id) if any."""

    url: str
    account: str
    secret: str
    trusted: str = ""
    public_key: str = ""
    key_id: str = ""
    ending: str = "mp4"

    def at(self, url: str) -> "Target":
        """The same at another address. Raises BadInput for one that is none."""
        return replace(self, url=_address(url))


def read_connection(path: Path) -> Target:
    """What a connection file says. Raises BadInput for a file that is none."""
    try:
        data = path.read_bytes()
        if len(data) > _LARGEST_FILE:
            raise ValueError("it is longer than 64 kB")
        fields: dict[str, Any] = json.loads(data)
        signs_in = str(fields["AuthenticationTokenURI"][0])
        encrypts = bool(fields.get("WantEncryption"))
        return Target(
            url=_address(signs_in.removesuffix("/auth/v1.0")),
            account=str(fields["BlobAPIUserName"]),
            secret=str(fields["BlobAPIKey"]),
            trusted="\n".join(base64.b64decode(one).decode() for one in fields.get("HTTPSCertificate", [])),
            public_key=base64.b64decode(fields["PublicKey"]).decode() if encrypts else "",
            key_id=str(fields["PublicKeyId"]) if encrypts else "",
            ending=str(fields.get("ContainerType", "mp4")),
        )
    except (OSError, ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        raise BadInput(f"{path} cannot be read as a connection file: {type(error).__name__} {error}") from error


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, the headers (names in lower case) and the first 64 KiB of the body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class CutOffError(ConnectionError):
    """The fleet itself ended the connection, as planned."""


class Client:
    """One connection of a dock to its server, opened when needed. Raises OSError and HTTPException as http.client does."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._token = self._path = ""
        self._line: http.client.HTTPConnection | None = None

    def sign_in(self) -> Answer:
        """Ask for a token and the address to send to."""
        answer = self._call("GET", "/auth/v1.0", {"X-Auth-User": self._target.account, "X-Auth-Key": self._target.secret})
        self._token, self._path = answer.headers.get("x-auth-token", ""), urlsplit(answer.headers.get("x-storage-url", "")).path
        return answer

    def call(
        self, method: str, path: str, said: Mapping[str, str] | None = None, prefix: str = "X-Container-Meta-", body: bytes = b""
    ) -> Answer:
        """A call below the account, with metadata; signs in first where it has not."""
        told = {prefix + name: quote(value) for name, value in (said or {}).items()}
        return self._signed(method, path, told, body)

    def put(self, path: str, said: Mapping[str, str], sent: "Sent") -> Answer:
        """Store an object. Raises CutOffError where the plan has it cut off, or its answer lost."""
        told = {"X-Object-Meta-" + name: quote(value) for name, value in said.items()}
        return self._signed(
            "PUT", path, {**told, "Content-Length": str(sent.size), "ETag": sent.md5}, sent.until_cut(), lost=sent.answer_lost
        )

    def close(self) -> None:
        """End the connection."""
        if self._line:
            self._line.close()
        self._line = None

    def _signed(self, method: str, path: str, headers: Mapping[str, str], body: bytes | Iterable[bytes], *, lost: bool = False) -> Answer:
        if not self._token:
            answer = self.sign_in()
            if answer.status != http.client.OK:
                return answer
        answer = self._call(method, f"{self._path}/{path}", {"X-Auth-Token": self._token, **headers}, body, lost=lost)
        if answer.status == http.client.UNAUTHORIZED:
            self._token = ""
        return answer

    def _call(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | Iterable[bytes] = b"", *, lost: bool = False
    ) -> Answer:
        line = self._line = self._line or self._opened()
        try:
            line.request(method, path, body, dict(headers))
            if lost:
                raise CutOffError("the answer is lost")
            response = line.getresponse()
            answer = Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read(_LARGEST_FILE))
            if response.will_close or not response.isclosed():
                self.close()
        except BaseException:
            self.close()
            raise
        return answer

    def _opened(self) -> http.client.HTTPConnection:
        parts = urlsplit(self._target.url)
        if parts.scheme != "https":
            return http.client.HTTPConnection(parts.netloc, timeout=_PATIENCE_S)
        trust = ssl.create_default_context(cadata=self._target.trusted or None)
        return http.client.HTTPSConnection(parts.netloc, timeout=_PATIENCE_S, context=trust)


class Sent:
    """An object's bytes with their digests, found out before it is sent; `cut` bytes of it are sent, then the line is cut."""

    def __init__(self, pieces: Callable[[], Iterator[bytes]], cut: float | None = None, *, answer_lost: bool = False) -> None:
        """`pieces` gives the same bytes as often as asked; `cut` is a share of them, 0 to 1."""
        self._pieces = pieces
        sha256, md5, self.size = hashlib.sha256(), hashlib.md5(usedforsecurity=False), 0
        for piece in pieces():
            sha256.update(piece)
            md5.update(piece)
            self.size += len(piece)
        self.sha256, self.md5 = sha256.hexdigest(), md5.hexdigest()
        self.answer_lost = answer_lost
        self._until = None if cut is None else int(self.size * cut)

    def until_cut(self) -> Iterator[bytes]:
        """The bytes. Raises CutOffError where they are to be cut."""
        at = 0
        for piece in self._pieces():
            if self._until is not None and at + len(piece) > self._until:
                if self._until > at:
                    yield piece[: self._until - at]
                raise CutOffError("cut as planned")
            yield piece
            at += len(piece)

    def whole(self) -> "Sent":
        """The same, sent to its end: the retry."""
        self._until, self.answer_lost = None, False
        return self

    def confirm(self, answer: Answer) -> None:
        """Raises Fault where the server says that it holds other bytes."""
        etag = answer.headers.get("etag", "").strip('"')
        if etag != self.md5:
            raise Fault(f"the server says that it keeps bytes with the MD5 {etag}; sent were those with {self.md5}")


def _address(url: str) -> str:
    parts = urlsplit(url.strip().rstrip("/"))
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path or parts.query:
        raise BadInput(f"{url[:200]!r} is no address of a server; write it like https://example.org")
    return f"{parts.scheme}://{parts.netloc}"
