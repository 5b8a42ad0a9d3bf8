"""Key files: the sealed data key of one item, apart from the database (docs/custody-format.md, section 8)."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from vestige.errors import Fault
from vestige.vault import disk, provider
from vestige.vault.keyring import KEK_NAME, WrappedKey

_FIELDS = ("item", "kek", "nonce", "object", "v", "wrapped")
_LARGEST = 4096
_FROM_SERVICE = range(32, 1025)
"""Bytes of a data key that a key service sealed in a form of its own: such a key file has no nonce."""


@dataclass(frozen=True, slots=True)
class KeyFile:
    """What a key file says: the item, the object whose bytes it opens, and the sealed data key."""

    item: UUID
    object_id: UUID
    key: WrappedKey


def encode(entry: KeyFile) -> bytes:
    """The canonical JSON of a key file. Every value is a plain ASCII word or number, so sorted keys without spaces are canonical."""
    key = entry.key
    if not KEK_NAME.fullmatch(key.kek):
        raise ValueError(f"no name of a key-encryption key: {key.kek!r}")
    value = {
        "v": 1,
        "item": str(entry.item),
        "object": str(entry.object_id),
        "kek": key.kek,
        "nonce": key.nonce.hex(),
        "wrapped": key.wrapped.hex(),
    }
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def decode(data: bytes, name: str) -> KeyFile:
    """The key file of those bytes. Raises Fault, naming `name`, for anything but the canonical bytes of a key file."""
    try:
        return _decoded(data)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Fault(f"{name} is no key file: {error}") from error


def write(path: Path, entry: KeyFile) -> None:
    """Write a key file durably. Refuses (Fault) to write over another: no key is replaced by accident. Raises DiskFull, Unavailable."""
    with disk.telling(path):
        if path.exists():
            raise Fault(f"{path} is there already: a key file is never written over")
        try:
            disk.write_durably(path, encode(entry))
        except OSError:
            path.unlink(missing_ok=True)
            raise


def replace(path: Path, entry: KeyFile) -> None:
    """Put a key file in place of the one that is there, durably: the same data key, sealed anew. Raises DiskFull, Unavailable.

    The caller holds the lock of all key files alone and has read the one that is there: what was removed is never brought back.
    """
    with disk.telling(path):
        disk.write_durably(path, encode(entry))


def read(path: Path, item: UUID) -> KeyFile:
    """The key file of `item`. Raises Fault naming the file when it is missing, not whole or another item's; Unavailable."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
        with os.fdopen(descriptor, "rb") as file:
            data = file.read(_LARGEST)
    except FileNotFoundError as error:
        raise Fault(f"{path} is missing: item {item} cannot be opened") from error
    except OSError as error:
        raise disk.said(error, path) from error
    entry = decode(data, str(path))
    if entry.item != item:
        raise Fault(f"{path} is the key file of another item, {entry.item}")
    return entry


def _decoded(data: bytes) -> KeyFile:
    value: Any = json.loads(data)
    if value["v"] != 1 or tuple(sorted(value)) != _FIELDS:
        raise ValueError("not the fields of version 1")
    nonce, wrapped = bytes.fromhex(value["nonce"]), bytes.fromhex(value["wrapped"])
    ours = len(nonce) == provider.NONCE_BYTES and len(wrapped) == provider.KEY_BYTES + provider.TAG_BYTES
    if not ours and (nonce or len(wrapped) not in _FROM_SERVICE):
        raise ValueError("nonce or sealed key of a wrong length")
    entry = KeyFile(UUID(value["item"]), UUID(value["object"]), WrappedKey(value["kek"], nonce, wrapped))
    if encode(entry) != data:
        raise ValueError("not canonical")
    return entry
