"""Data keys sealed by a key service (docs/custody-format.md, section 8), each sealed a second time for the recovery kit.

What a service has sealed opens nowhere else, and an account can be closed or lost. So beside it lies the same data key, sealed to a
key pair whose private half opens with the shares of the kit and is kept nowhere in the clear.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from vestige.errors import Tampered, Unavailable
from vestige.vault import provider

_LENGTH_BYTES = 2
SECOND = "second"


class KeyService(Protocol):
    """A service that seals and opens under keys of its own, each with a name there."""

    def encrypt(self, key: str, plain: bytes, context: Mapping[str, str]) -> bytes:
        """The service's own form. Raises Unavailable."""
        ...

    def decrypt(self, key: str, sealed: bytes, context: Mapping[str, str]) -> bytes:
        """What was sealed in that context. Raises Tampered where it was not, Unavailable."""
        ...

    def report(self, key: str) -> str:
        """Which service and key, in words, and whether it answers. Raises nothing."""
        ...


@dataclass(frozen=True, slots=True)
class ServiceKek:
    """A key of a service. The item and the object travel as the context, which the service binds and may log."""

    _service: KeyService = field(repr=False)
    key: str
    _second: bytes

    def seal(self, data_key: bytes, bound_to: bytes) -> tuple[bytes, bytes]:
        """No nonce; the service's form after its length, then the second sealing. Raises Unavailable."""
        sealed = self._service.encrypt(self.key, data_key, _context(bound_to))
        return b"", len(sealed).to_bytes(_LENGTH_BYTES) + sealed + provider.seal_to(self._second, data_key, bound_to)

    def open(self, nonce: bytes, sealed: bytes, bound_to: bytes) -> bytes:
        """The data key, by the service. Raises provider.WrongTag, Unavailable."""
        service, _ = _parts(nonce, sealed)
        try:
            return self._service.decrypt(self.key, service, _context(bound_to))
        except Tampered as error:
            raise provider.WrongTag(str(error)) from error


@dataclass(frozen=True, slots=True)
class SecondKek:
    """The private half of the second sealing, as a recovery kit gave it back. It opens what a service had sealed, and seals nothing."""

    _secret: bytes = field(repr=False)

    def seal(self, data_key: bytes, bound_to: bytes) -> tuple[bytes, bytes]:  # noqa: ARG002  # nothing can be sealed with it
        """Raises Unavailable."""
        raise Unavailable("a key that came back from a recovery kit opens what a key service had sealed, and seals nothing more")

    def open(self, nonce: bytes, sealed: bytes, bound_to: bytes) -> bytes:
        """The data key, without the service. Raises provider.WrongTag."""
        return provider.open_sealed_to(self._secret, _parts(nonce, sealed)[1], bound_to)


def _parts(nonce: bytes, sealed: bytes) -> tuple[bytes, bytes]:
    end = _LENGTH_BYTES + int.from_bytes(sealed[:_LENGTH_BYTES])
    if nonce or end >= len(sealed):
        raise provider.WrongTag("not the form of a key service")
    return sealed[_LENGTH_BYTES:end], sealed[end:]


def _context(bound_to: bytes) -> dict[str, str]:
    item, _, sealed = bound_to.decode().partition("/")
    return {"item": item, "object": sealed}
