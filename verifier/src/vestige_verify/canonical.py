"""Canonical JSON: RFC 8785 without floating point numbers, read strictly.

There is one spelling of every value: what was read is written again and compared.
"""

import json
import re
from typing import Any

from vestige_verify.errors import VerificationError

_LARGEST = 2**53 - 1
_LONGEST_INTEGER = 17  # a sign and sixteen digits: longer ones are refused before they are computed


def decode(data: bytes) -> Any:  # noqa: ANN401 - JSON is any value; `shapes` narrows it
    """The value of canonical JSON bytes.

    Refuses everything that is not the one canonical spelling: other encodings, spaces, keys in another order or twice, floating point
    numbers, integers beyond 2^53-1, lone surrogates, needless escapes, bytes after the end, nesting too deep to read.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeError:
        raise VerificationError("the JSON is not Unicode text in UTF-8") from None
    try:
        value, end = decode_at(text, 0)
    except ValueError as problem:
        raise VerificationError(f"this is no JSON: {problem}") from None
    if end != len(text):
        raise VerificationError("there is more after the end of the JSON")
    return value


def decode_at(text: str, start: int) -> tuple[Any, int]:
    """The value whose canonical spelling begins at `start`, and where it ends; refuses what `decode` refuses.

    Raises ValueError where this is no JSON, or not yet: the text may end within the value.
    """
    try:
        value, end = _QUICK.raw_decode(text, start)
        piece = text[start:end]
        if not piece.isascii() and _HIGH.search(piece):
            value, _ = _CAREFUL.raw_decode(piece)
            same = _AS_READ.encode(value) == piece
        else:
            same = _SORTED.encode(value) == piece
    except RecursionError:
        raise VerificationError("the JSON is nested too deeply") from None
    if not same:
        raise VerificationError("the JSON is not in its one canonical form")
    return value, end


def encode(value: Any) -> bytes:  # noqa: ANN401 - JSON is any value
    """The canonical bytes of a value that `decode` gave (its keys are in order already), or of a part of one."""
    return b"null" if value is None else _AS_READ.encode(value).encode("utf-8")


def _integer(digits: str) -> int:
    if len(digits) > _LONGEST_INTEGER or abs(int(digits)) > _LARGEST:
        raise VerificationError("the JSON holds an integer beyond 2^53-1")
    return int(digits)


def _no_number(text: str) -> Any:  # noqa: ANN401 - the parser's hook asks for any value; this one never returns
    raise VerificationError(f"the JSON holds a number that is no integer: {text[:20]}")


def _utf16(key: str) -> bytes:
    return key.encode("utf-16-be", "surrogatepass")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = [key for key, _ in pairs]
    if len(set(keys)) != len(keys) or keys != sorted(keys, key=_utf16):
        raise VerificationError("the JSON is not in its one canonical form: keys out of order, or one twice")
    return dict(pairs)


# RFC 8785 orders keys by UTF-16 code units. Below the surrogates that is the order of Python's strings, so writing the value with sorted
# keys and comparing tells everything, also of keys that come twice. With signs above, the order is checked while the value is read.
_HIGH = re.compile("[\ud800-\U0010ffff]")
_QUICK = json.JSONDecoder(parse_float=_no_number, parse_int=_integer, parse_constant=_no_number)
_CAREFUL = json.JSONDecoder(object_pairs_hook=_object, parse_float=_no_number, parse_int=_integer, parse_constant=_no_number)
_AS_READ = json.JSONEncoder(ensure_ascii=False, allow_nan=False, check_circular=False, separators=(",", ":"))
_SORTED = json.JSONEncoder(ensure_ascii=False, allow_nan=False, check_circular=False, separators=(",", ":"), sort_keys=True)
