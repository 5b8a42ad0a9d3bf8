"""The Range header (RFC 9110, section 14) for one size."""

import re
from dataclasses import dataclass

_FORM = re.compile(r"bytes\s*=\s*(\d*)\s*-\s*(\d*)\s*(,.*)?", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes from `start` up to, without, `end`."""

    start: int
    end: int


class NotSatisfiable(ValueError):
    """The range lies outside the file."""


def wanted(header: str | None, size: int) -> Span | None:
    """The span that the header asks for; None for the whole file: no header, another unit, several ranges, or nonsense, all to be ignored.

    Raises NotSatisfiable for a range that begins behind the end, and for a suffix of no bytes.
    """
    form = _FORM.fullmatch(header.strip()) if header else None
    if form is None or form[3] or not (form[1] or form[2]):
        return None
    if not form[1]:
        length = min(int(form[2]), size)
        if not length:
            raise NotSatisfiable(header)
        return Span(size - length, size)
    start = int(form[1])
    if form[2] and int(form[2]) < start:
        return None
    if start >= size:
        raise NotSatisfiable(header)
    return Span(start, min(int(form[2]) + 1, size) if form[2] else size)


def merged(spans: list[tuple[int, int]], new: tuple[int, int]) -> list[tuple[int, int]]:
    """The sorted, disjoint spans with one more."""
    start, end = new
    apart = [(a, b) for a, b in spans if b < start or a > end]
    touching = [(a, b) for a, b in spans if not (b < start or a > end)]
    whole = (min([start, *(a for a, _ in touching)]), max([end, *(b for _, b in touching)]))
    return sorted([*apart, whole])
