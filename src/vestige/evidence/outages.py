"""A time in which events cannot be written."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Outage:
    """Since when (ms UTC) and why; when somebody was last told (0: not yet); whether it is the log's guards that are missing."""

    since: int
    words: str
    alerted: int = 0
    guards: bool = False
