"""Failed sign-ins: counted per source and minute, so that strangers can't fill the log; too many in a minute are not even tried."""

from dataclasses import dataclass, field, replace
from functools import cache
from threading import Lock

from vestige.actions.people import sign_in_failed
from vestige.actions.ports import Ports
from vestige.evidence.people import system

MINUTE_MS = 60_000
MOST_A_MINUTE = 10
_MOST_SOURCES = 10_000


@dataclass(slots=True)
class Failures:
    """The counts of the minute that runs; those of past minutes until they are in the log. Safe for threads."""

    counts: dict[tuple[str, int], int] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    def add(self, source: str, now: int) -> None:
        """One more failure of this source. Beyond 10,000 sources a minute the rest are counted together."""
        with self.lock:
            known = (source, now // MINUTE_MS) in self.counts or len(self.counts) < _MOST_SOURCES
            key = (source if known else "many sources", now // MINUTE_MS)
            self.counts[key] = self.counts.get(key, 0) + 1

    def too_many(self, source: str, now: int) -> bool:
        """Whether this source has failed so often in this minute that its next try is not looked at."""
        with self.lock:
            return self.counts.get((source, now // MINUTE_MS), 0) >= MOST_A_MINUTE

    def take(self, before_minute: int) -> list[tuple[str, int, int]]:
        """Source, minute (ms of its start) and count of every minute that is over; they are not counted any longer."""
        with self.lock:
            over = sorted(key for key in self.counts if key[1] < before_minute)
            return [(source, minute * MINUTE_MS, self.counts.pop((source, minute))) for source, minute in over]

    def record(self, ports: Ports, *, everything: bool = False) -> int:
        """Write one event for each source and minute that is over (with `everything`, of this minute too); returns how many."""
        over = self.take(ports.now() // MINUTE_MS + (1 if everything else 0))
        for source, minute, count in over:
            sign_in_failed(ports, replace(system("sign-in"), address=source), source, minute, count)
        return len(over)


@cache
def failures() -> Failures:
    """The failures of this process."""
    return Failures()
