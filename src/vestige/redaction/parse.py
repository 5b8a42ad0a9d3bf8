"""What people type: `X,Y,W,H@FROM-TO` for a box and `FROM-TO` for a span.

A time is seconds, `M:SS` or `H:MM:SS`, each with up to three decimals.
"""

import re

from vestige.errors import BadInput
from vestige.redaction.geometry import Box, Span

_TIME = re.compile(r"(?:(?:(?P<h>[0-9]{1,4}):)?(?P<m>[0-9]{1,4}):)?(?P<s>[0-9]{1,8})(?:\.(?P<f>[0-9]{1,3}))?", re.ASCII)
_BOX = re.compile(r"([0-9]{1,6}),([0-9]{1,6}),([0-9]{1,6}),([0-9]{1,6})@(.+)", re.ASCII)
_SIXTY = 60


def parse_time(text: str) -> int:
    """The milliseconds that `SS`, `M:SS` or `H:MM:SS` (each with up to three decimals) means. Raises BadInput; `1:75` is refused."""
    found = _TIME.fullmatch(text.strip())
    if found is None:
        raise BadInput(f"{text[:40]!r} is no time: write seconds (12.5), minutes and seconds (1:02.5) or hours (1:02:03)")
    hours, minutes, seconds = int(found["h"] or 0), int(found["m"] or 0), int(found["s"])
    if found["m"] is not None and (seconds >= _SIXTY or len(found["s"]) != 2):
        raise BadInput(f"{text[:40]!r} is no time: after a colon seconds run from 00 to 59")
    if found["h"] is not None and (minutes >= _SIXTY or len(found["m"]) != 2):
        raise BadInput(f"{text[:40]!r} is no time: after the hours minutes run from 00 to 59")
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + int((found["f"] or "0").ljust(3, "0"))


def parse_span(text: str) -> Span:
    """The span that `FROM-TO` means. Raises BadInput for two times that are not both there, or an end that is not after the start."""
    start, dash, end = text.strip().partition("-")
    if not dash:
        raise BadInput(f"{text[:40]!r} is no span: write FROM-TO, for example 12.5-14 or 1:02-1:05.250")
    return Span(parse_time(start), parse_time(end))


def parse_box(text: str) -> tuple[Box, Span]:
    """The box (displayed pixels) and the span that `X,Y,W,H@FROM-TO` means. Raises BadInput for anything else."""
    found = _BOX.fullmatch(text.strip())
    if found is None:
        raise BadInput(f"{text[:60]!r} is no box: write X,Y,W,H@FROM-TO in pixels and times, for example 100,80,64,48@3-4.5")
    x, y, w, h = (int(number) for number in found.groups()[:4])
    return Box(x, y, w, h), parse_span(found[5])
