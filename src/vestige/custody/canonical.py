"""Canonical JSON: RFC 8785, restricted to what the custody format allows (no floats, safe integers, no lone surrogates)."""

import json
from collections.abc import Mapping, Sequence

_NO_PLACE = "canonical JSON has no place for"
_SAFE = 2**53 - 1

Json = None | bool | int | str | Sequence["Json"] | Mapping[str, "Json"]


def canonical(value: Json) -> bytes:
    """The canonical bytes of a JSON value. Refuses (ValueError) floats, integers beyond 2^53-1, lone surrogates and other types."""
    ordered = _ordered(value)
    try:
        return json.dumps(ordered, ensure_ascii=False, separators=(",", ":"), allow_nan=False, check_circular=False).encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"{_NO_PLACE} a lone surrogate") from error


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


def _ordered(value: Json) -> Json:
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, int):
        if -_SAFE <= value <= _SAFE:
            return value
        raise ValueError(f"{_NO_PLACE} an integer beyond 2^53-1: {value}")
    if isinstance(value, Mapping):
        return {key: _ordered(value[key]) for key in sorted(value, key=_utf16)}
    if isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray)):
        return [_ordered(entry) for entry in value]
    raise ValueError(f"{_NO_PLACE} {type(value).__name__}")


def _utf16(key: str) -> bytes:
    if not isinstance(key, str):
        raise ValueError(f"{_NO_PLACE} a key that is no string: {key!r}")
    try:
        return key.encode("utf-16-be")
    except UnicodeEncodeError as error:
        raise ValueError(f"{_NO_PLACE} a lone surrogate") from error
