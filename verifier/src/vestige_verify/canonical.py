"""Canonical JSON: RFC 8785 without floating point numbers, read strictly.

There is one spelling of every value, so a reader needs no writer of its own rules: it checks the order of keys while it parses, writes the
value again in the order that it read, and compares the bytes.
"""

import json
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
        value = _DECODER.decode(text)
        again = encode(value)
    except VerificationError:
        raise
    except RecursionError:
        raise VerificationError("the JSON is nested too deeply") from None
    except UnicodeError:
        raise VerificationError("the JSON is not Unicode text in UTF-8") from None
    except ValueError as problem:
        raise VerificationError(f"this is no JSON: {problem}") from None
    if again != data:
        raise VerificationError("the JSON is not in its one canonical form")
    return value


def encode(value: Any) -> bytes:  # noqa: ANN401 - JSON is any value
    """The canonical bytes of a value that `decode` gave (its keys are in order already), or of a part of one."""
    return _ENCODER.encode(value).encode("utf-8")


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
    # RFC 8785 orders keys by UTF-16 code units, which for ASCII is the order of Python's own strings.
    order = sorted(keys) if all(map(str.isascii, keys)) else sorted(keys, key=_utf16)
    result = dict(pairs)
    if len(result) != len(keys):
        raise VerificationError("the JSON holds an object with the same key twice")
    if keys != order:
        raise VerificationError("the JSON is not in its one canonical form: keys out of order")
    return result


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_float=_no_number, parse_int=_integer, parse_constant=_no_number, strict=True)
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, check_circular=False, separators=(",", ":"))
