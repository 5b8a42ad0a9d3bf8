"""Key-encryption keys: where each lies (in the keyring file, in a token, in a key service) and how it seals a data key."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from vestige.errors import Unavailable
from vestige.vault import provider
from vestige.vault.service_store import SECOND, SecondKek

_HEX32 = re.compile(r"[0-9a-f]{64}")


class Kek(Protocol):
    """One key-encryption key."""

    def seal(self, data_key: bytes, bound_to: bytes) -> tuple[bytes, bytes]:
        """Nonce (empty where the holder keeps its own) and sealed data key. Raises Unavailable."""
        ...

    def open(self, nonce: bytes, sealed: bytes, bound_to: bytes) -> bytes:
        """The data key. Raises provider.WrongTag, Unavailable."""
        ...


@dataclass(frozen=True, slots=True)
class Drawn:
    """A key that was just made: what the keyring file holds of it, and what it holds instead where a recovery kit gave the key back.

    `instead` is None where the file holds the key itself.
    """

    held: object = field(repr=False)
    instead: object = field(default=None, repr=False)


class KekStore(Protocol):
    """Where new key-encryption keys are made, and those that lie there are used."""

    kind: str

    def draw(self, name: str) -> Drawn:
        """Make a key of that name. Raises Unavailable."""
        ...

    def kek(self, held: object) -> Kek:
        """The key of which the keyring file holds that. Raises ValueError for what is nothing of this store's."""
        ...

    def report(self) -> Mapping[str, str | bool]:
        """Which library and device this is, and that no page calls validated what is not."""
        ...


@dataclass(frozen=True, slots=True)
class FileKek:
    """A key of 32 bytes that lies in the keyring file. Its nonces are random: safe for 2^32 data keys."""

    _key: bytes = field(repr=False)

    def seal(self, data_key: bytes, bound_to: bytes) -> tuple[bytes, bytes]:
        """AES-256-GCM under a random nonce."""
        nonce = provider.random_bytes(provider.NONCE_BYTES)
        return nonce, provider.Gcm(self._key).seal(nonce, data_key, bound_to)

    def open(self, nonce: bytes, sealed: bytes, bound_to: bytes) -> bytes:
        """The data key. Raises provider.WrongTag."""
        return provider.Gcm(self._key).open(nonce, sealed, bound_to)


class FileStore:
    """The keyring file itself."""

    kind = "file"

    def draw(self, name: str) -> Drawn:  # noqa: ARG002  # a file needs no name for a key
        """32 random bytes in hex."""
        return Drawn(provider.random_bytes(provider.KEY_BYTES).hex())

    def kek(self, held: object) -> Kek:
        """The key of those 32 bytes in hex. Raises ValueError for anything else."""
        return FileKek(key_bytes(held))

    def report(self) -> Mapping[str, str | bool]:
        """The library, and that the keys lie in the file."""
        return {**provider.report(), "keys": "in the keyring file"}


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A key of a store that this process was not told of."""

    kind: str

    def seal(self, data_key: bytes, bound_to: bytes) -> tuple[bytes, bytes]:  # noqa: ARG002  # nothing can be done with it here
        """Raises Unavailable."""
        raise self._missing()

    def open(self, nonce: bytes, sealed: bytes, bound_to: bytes) -> bytes:  # noqa: ARG002  # the same
        """Raises Unavailable."""
        raise self._missing()

    def _missing(self) -> Unavailable:
        return Unavailable(f"the key lies in {self.kind}, which VESTIGE_KEYRING does not name; nothing was done")


def kek_of(held: object, store: KekStore) -> Kek:
    """The key of which the keyring file holds that. Raises ValueError for what no store has written."""
    if isinstance(held, str):
        return FileKek(key_bytes(held))
    if not isinstance(held, dict) or len(held) != 1:
        raise ValueError("neither 32 bytes in hex nor where the key lies")
    ((kind, value),) = held.items()
    if kind == SECOND:
        return SecondKek(key_bytes(value))
    return store.kek(value) if kind == store.kind else Elsewhere(str(kind))


def key_bytes(value: object) -> bytes:
    """32 bytes from hex. Raises ValueError."""
    if not isinstance(value, str) or not _HEX32.fullmatch(value):
        raise ValueError("not 32 bytes in hex")
    return bytes.fromhex(value)
