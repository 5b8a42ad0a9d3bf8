"""Events cannot be written: kept in a file of the home, said on standard error, and told to whom the agency configured, at once and hourly."""

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from vestige.errors import LogUnwritable, Unavailable
from vestige.evidence.outages import Outage
from vestige.outside import alert as way
from vestige.vault.outage import OutageFile

EVERY_MS = 3_600_000
_AGAIN_MS = 60_000


class Alarm:
    """The alarm of one home, in one process. Safe for threads."""

    def __init__(self, file: OutageFile, alert: str) -> None:
        """`alert` is the setting: a command, an address of a mail server, or nothing."""
        self._file, self._alert = file, alert
        self._lock = threading.Lock()
        self._held: Outage | None = None  # where the file cannot be written

    def state(self) -> Outage | None:
        """The outage that goes on."""
        return self._held or self._file.read()

    def check(self) -> None:
        """Raises LogUnwritable while the log's guards are missing: a write would succeed, and prove nothing."""
        outage = self.state()
        if outage is not None and outage.guards:
            raise LogUnwritable(outage.words)

    def sound(self, words: str, now: int, *, guards: bool = False) -> None:
        """Events cannot be written: keep it, say it, and tell it where an hour went by since somebody was told. Raises nothing."""
        with self._lock:
            known = self.state() or Outage(now, words)
            due = known.alerted == 0 or now - known.alerted >= EVERY_MS
            self._keep(replace(known, words=words, guards=guards, alerted=now if due else known.alerted))
        if due:
            _say(f"EVENTS CANNOT BE WRITTEN, evidence acts are refused: {words}")
            self._tell("Vestige: events cannot be written", f"Evidence acts are refused until they can be. {words}", now)

    def written(self) -> None:
        """An event was written: what only this process knew goes into the file, for whoever tells the log."""
        if self._held is not None:
            with self._lock:
                if self._held is not None and self._file.write(self._held):
                    self._held = None

    @contextmanager
    def ending(self) -> Iterator[Outage | None]:
        """The outage, for the one process that tells the log of it; it is over when the block ends, and goes on when it raises."""
        with self._file.alone() as alone:
            outage = self.state() if alone else None
            if outage is not None:
                self._keep(replace(outage, guards=False))
            yield outage
            if outage is not None:
                with self._lock:
                    self._held = None
                    self._file.write(None)
                _say("events can be written again")
                self._tell(
                    "Vestige: events can be written again", "The time in which they could not be is in the log, and a finding is open.", 0
                )

    def reserve(self) -> None:
        """Take the room that telling of an outage needs, while there is some."""
        self._file.reserve()

    def _keep(self, outage: Outage) -> None:
        self._held = None if self._file.write(outage) else outage

    def _tell(self, subject: str, words: str, now: int) -> None:
        """In a thread of its own: whoever met the fault does not wait. A process that ends waits for it."""
        if self._alert:
            threading.Thread(target=self._send, args=(subject, words, now), name="alert").start()

    def _send(self, subject: str, words: str, now: int) -> None:
        try:
            way.send(self._alert, subject, words)
        except Unavailable as error:
            _say(str(error))
            with self._lock:
                if (outage := self.state()) is not None:
                    self._keep(replace(outage, alerted=max(1, now - EVERY_MS + _AGAIN_MS)))


def _say(words: str) -> None:
    """On standard error; to the journal as critical."""
    sys.stderr.write(f"{'<2>' if os.environ.get('JOURNAL_STREAM') else ''}vestige: {words}\n")
    sys.stderr.flush()
