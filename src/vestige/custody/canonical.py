"""Canonical JSON: RFC 8785, restricted to what the custody format allows (no floats, safe integers, no lone surrogates)."""

import json
from collections.abc import Iterable, Mapping, Sequence
from json.encoder import encode_basestring as _string

_NO_PLACE = "canonical JSON has no place for"
_SAFE = 2**53 - 1

Json = None | bool | int | str | Sequence["Json"] | Mapping[str, "Json"]


def canonical(value: Json) -> bytes:
    """The canonical bytes of a JSON value. Refuses (ValueError) floats, integers beyond 2^53-1, lone surrogates and other types."""
    try:
        return _written(value).encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"{_NO_PLACE} a lone surrogate") from error
    except RecursionError as error:
        raise ValueError(f"{_NO_PLACE} so many values within each other") from error


def parse(data: bytes | str) -> Json:
    """The value of canonical bytes. Refuses (ValueError) bytes that are not the canonical form of what they say."""
    try:
        text = data.decode() if isinstance(data, bytes) else data
        value: Json = json.loads(text)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise ValueError("not JSON") from error
    if canonical(value) != text.encode():
        raise ValueError("not canonical JSON")
    return value


def _written(value: Json) -> str:
    if value is None:
        return "null"
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        if -_SAFE <= value <= _SAFE:
            return int.__repr__(value)
        raise ValueError(f"{_NO_PLACE} an integer beyond 2^53-1: {value}")
    if isinstance(value, Mapping):
        return "{" + ",".join([f"{_string(key)}:{_written(value[key])}" for key in _ordered(value)]) + "}"
    if isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray)):
        return "[" + ",".join([_written(entry) for entry in value]) + "]"
    raise ValueError(f"{_NO_PLACE} {type(value).__name__}")


def _ordered(keys: Iterable[str]) -> list[str]:
    """By UTF-16 code units, as RFC 8785 wants; for ASCII that is the order of the characters."""
    try:
        return sorted(keys) if "".join(keys).isascii() else sorted(keys, key=_utf16)
    except TypeError as error:
        raise ValueError(f"{_NO_PLACE} a key that is no string") from error


def _utf16(key: str) -> bytes:
    try:
        return key.encode("utf-16-be")
    except UnicodeEncodeError as error:
        raise ValueError(f"{_NO_PLACE} a lone surrogate") from error
