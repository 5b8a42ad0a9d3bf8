"""Narrowing JSON values to what a format says; everything else is refused with the name of the value."""

import re
from typing import Any

from vestige_verify.errors import VerificationError

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_HEX32 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_HEX16 = re.compile(r"[0-9a-f]{32}", re.ASCII)


def record(value: object, *keys: str) -> dict[str, Any]:
    """An object with exactly these keys."""
    if not isinstance(value, dict):
        raise VerificationError(f"an object with the keys {', '.join(keys)} is missing")
    if value.keys() != set(keys):
        wrong = min(value.keys() ^ set(keys))[:40]
        raise VerificationError(f"an object must have exactly the keys {', '.join(keys)}; wrong: {wrong!r}")
    return value


def array(value: object, name: str) -> list[Any]:
    """A list."""
    if not isinstance(value, list):
        raise VerificationError(f"`{name}` is no list")
    return value


def text(value: object, name: str) -> str:
    """A string."""
    if not isinstance(value, str):
        raise VerificationError(f"`{name}` is no text")
    return value


def natural(value: object, name: str) -> int:
    """An integer from 0."""
    if type(value) is not int or value < 0:
        raise VerificationError(f"`{name}` is no whole number from 0")
    return value


def boolean(value: object, name: str) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise VerificationError(f"`{name}` is neither true nor false")
    return value


def uuid(value: object, name: str) -> str:
    """A uuid, lower case with hyphens."""
    if not isinstance(value, str) or not _UUID.fullmatch(value):
        raise VerificationError(f"`{name}` is no uuid")
    return value


def digest(value: object, name: str) -> str:
    """32 bytes in lower-case hex."""
    if not isinstance(value, str) or not _HEX32.fullmatch(value):
        raise VerificationError(f"`{name}` is no SHA-256 in hex")
    return value


def salt(value: object) -> bytes:
    """16 bytes from lower-case hex."""
    if not isinstance(value, str) or not _HEX16.fullmatch(value):
        raise VerificationError("a salt is not 16 bytes in hex")
    return bytes.fromhex(value)


def one_of(value: object, name: str, *allowed: str) -> str:
    """One of these words."""
    if not isinstance(value, str) or value not in allowed:
        raise VerificationError(f"`{name}` is none of: {', '.join(allowed)}")
    return value
