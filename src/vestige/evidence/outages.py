"""A time in which events cannot be written, or in which nothing kept the log append-only."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Outage:
    """Since when (ms UTC) and why; when somebody was last told (0: not yet); whether it is the log's guards that are missing."""

    since: int
    words: str
    alerted: int = 0
    guards: bool = False


@dataclass(frozen=True, slots=True)
class Sight:
    """When the log's guards were last known to be there (ms UTC), by which type of event, and its place in the log (None: not yet placed)."""

    at: int
    event: str
    index: int | None
