"""The keyring: the file outside the home that holds the key-encryption keys and the log's signing key of one home or several."""

import json
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, Self
from uuid import UUID

from vestige.errors import BadInput, Fault, NotFound, Tampered
from vestige.vault import disk, provider

KEK_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_HEX32 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A data key sealed under the key-encryption key of that name."""

    kek: str
    nonce: bytes
    wrapped: bytes


class KeyProvider(Protocol):
    """Who holds the keys of a home: a keyring file here; a token or a key service later."""

    def wrap(self, item: UUID, object_id: UUID, data_key: bytes) -> WrappedKey:
        """Seal a data key for one item and one object."""
        ...

    def unwrap(self, item: UUID, object_id: UUID, key: WrappedKey) -> bytes:
        """The data key. Raises Tampered where it was not sealed for that item and object, Fault without its key-encryption key."""
        ...

    def sign(self, message: bytes) -> bytes:
        """The log key's Ed25519 signature, 64 bytes."""
        ...

    def public_key(self) -> bytes:
        """The log key's public half, 32 bytes."""
        ...


@dataclass(frozen=True, slots=True)
class Keyring:
    """The keys of one home, read from a keyring file. Nothing secret shows in its repr."""

    path: Path
    home: UUID
    current: str
    _keks: Mapping[str, bytes] = field(repr=False)
    _log_seed: bytes = field(repr=False)

    @classmethod
    def open(cls, path: Path, home: UUID) -> Self:
        """The keys of `home`. Raises NotFound (no file, no such home), BadInput (others may read it), Fault (no keyring), Unavailable."""
        entry = _read(path)["homes"].get(str(home))
        if entry is None:
            raise NotFound(f"the keyring {path} has no keys of home {home}")
        try:
            keks = {name: _key(value) for name, value in entry["keks"].items() if KEK_NAME.fullmatch(name)}
            current, seed = str(entry["current"]), _key(entry["log_key"])
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise _no_keyring(path, f"the keys of home {home} are not whole") from error
        if current not in keks or len(keks) != len(entry["keks"]):
            raise _no_keyring(path, f"the keys of home {home} have a wrong name")
        return cls(path=path, home=home, current=current, _keks=keks, _log_seed=seed)

    @classmethod
    def create(cls, path: Path, home: UUID) -> Self:
        """Draw keys for `home` and add them to the file, made if it is not there. Refuses (BadInput) a home that it holds already."""
        with disk.telling(path):
            path = path.resolve()  # a link to a keyring stays a link
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with disk.folder_locked(path.parent):
                document = _read(path) if path.exists() else _empty()
                if str(home) in document["homes"]:
                    raise BadInput(f"the keyring {path} holds keys of home {home} already: they are never overwritten")
                name = "kek-" + provider.random_bytes(8).hex()
                keys = {"keks": {name: _draw()}, "current": name, "log_key": _draw()}
                document["homes"][str(home)] = keys
                disk.write_durably(path, json.dumps(document, indent=1).encode() + b"\n")
        return cls.open(path, home)

    @classmethod
    def adopt(cls, source: Path, old: UUID, path: Path, home: UUID) -> Self:
        """The keyring of a home that was restored: the key-encryption keys of `old`, read from `source`, and a new log key, as `home` in `path`.

        Raises NotFound when `source` has no keys of `old`, BadInput where `path` holds keys of `home` already.
        """
        entry = _read(source)["homes"].get(str(old))
        if entry is None:
            raise NotFound(f"the keyring {source} has no keys of home {old}")
        with disk.telling(path):
            path = path.resolve()
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with disk.folder_locked(path.parent):
                document = _read(path) if path.exists() else _empty()
                if str(home) in document["homes"]:
                    raise BadInput(f"the keyring {path} holds keys of home {home} already: they are never overwritten")
                document["homes"][str(home)] = {"keks": entry["keks"], "current": entry["current"], "log_key": _draw()}
                disk.write_durably(path, json.dumps(document, indent=1).encode() + b"\n")
        return cls.open(path, home)

    def wrap(self, item: UUID, object_id: UUID, data_key: bytes) -> WrappedKey:
        """Seal a data key under the current key-encryption key, with a random nonce: safe for 2^32 keys under one key-encryption key."""
        nonce = provider.random_bytes(provider.NONCE_BYTES)
        sealed = provider.Gcm(self._keks[self.current]).seal(nonce, data_key, _bound_to(item, object_id))
        return WrappedKey(self.current, nonce, sealed)

    def unwrap(self, item: UUID, object_id: UUID, key: WrappedKey) -> bytes:
        """The data key. Raises Fault when its key-encryption key is not in this keyring, Tampered when it is not what was sealed."""
        kek = self._keks.get(key.kek)
        if kek is None:
            raise Fault(f"the keyring {self.path} has no key {key.kek!r}, which item {item} needs")
        try:
            return provider.Gcm(kek).open(key.nonce, key.wrapped, _bound_to(item, object_id))
        except provider.WrongTag as error:
            raise Tampered(f"the data key of item {item} is not what was sealed for it and object {object_id}") from error

    def sign(self, message: bytes) -> bytes:
        """The log key's Ed25519 signature, 64 bytes."""
        return provider.sign_ed25519(self._log_seed, message)

    def public_key(self) -> bytes:
        """The log key's public half, 32 bytes."""
        return provider.public_ed25519(self._log_seed)


def _bound_to(item: UUID, object_id: UUID) -> bytes:
    return f"{item}/{object_id}".encode()


def _empty() -> dict[str, Any]:
    return {"v": 1, "homes": {}}


def _draw() -> str:
    return provider.random_bytes(provider.KEY_BYTES).hex()


def _key(value: str) -> bytes:
    if not _HEX32.fullmatch(value):
        raise ValueError("not 32 bytes in hex")
    return bytes.fromhex(value)


def _no_keyring(path: Path, why: str) -> Fault:
    return Fault(f"{path} is no keyring: {why}")


def _read(path: Path) -> dict[str, Any]:
    """The document of a keyring file, checked down to its homes. The open file is checked, so no other can take its place in between."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
        with os.fdopen(descriptor, "rb") as file:
            facts = os.fstat(file.fileno())
            data = file.read()
    except FileNotFoundError as error:
        raise NotFound(f"there is no keyring at {path}") from error
    except OSError as error:
        raise disk.said(error, path) from error
    mode = stat.S_IMODE(facts.st_mode)
    if mode & 0o077:
        raise BadInput(f"the keyring {path} may be read by others (mode {mode:04o}); make it 0600 first: chmod 600 {path}")
    try:
        document = json.loads(data)
    except ValueError as error:
        raise _no_keyring(path, "not JSON") from error
    if not isinstance(document, dict) or document.get("v") != 1 or not isinstance(document.get("homes"), dict):
        raise _no_keyring(path, "not version 1")
    return document
