"""Reading a long list out of a JSON object, element by element."""

import json
import re
from collections.abc import Generator, Iterator

_BLANK = re.compile(r"[ \t\n\r]*")


def elements(text: str, name: str) -> Iterator[object]:
    """The elements of the list `name` of a JSON object. Raises ValueError for what is no such object, behind the elements before the fault."""
    decoder, found = json.JSONDecoder(), False
    at = _after(text, 0, "{")
    while text[at : at + 1] != "}":
        key, at = decoder.raw_decode(text, at)
        at = _after(text, at, ":")
        if key == name and text[at : at + 1] == "[":
            found = True
            at = yield from _list(decoder, text, at + 1)
        else:
            _, at = decoder.raw_decode(text, at)
        at = _next(text, at, "}")
    if not found or _BLANK.fullmatch(text, at + 1) is None:
        raise ValueError(f"there is no list of {name}" if not found else "something stands behind its end")


def _list(decoder: json.JSONDecoder, text: str, at: int) -> Generator[object, None, int]:
    """The elements from behind the bracket on; returns where the list ends."""
    at = _skip(text, at)
    while text[at : at + 1] != "]":
        element, at = decoder.raw_decode(text, at)
        yield element
        at = _next(text, at, "]")
    return at + 1


def _next(text: str, at: int, closing: str) -> int:
    """Where the next member begins, or the closing bracket stands."""
    at = _skip(text, at)
    if text[at : at + 1] == closing:
        return at
    at = _after(text, at, ",")
    if text[at : at + 1] == closing:
        raise ValueError("a comma stands before the end")
    return at


def _after(text: str, at: int, sign: str) -> int:
    at = _skip(text, at)
    if text[at : at + 1] != sign:
        raise ValueError(f"{sign!r} is missing at character {at}")
    return _skip(text, at + 1)


def _skip(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return found.end() if found else at
