"""Working copies that were never made (an intake that died after its commit): made in the background, one item after the other.

So are the tracks of what an earlier version prepared without looking for any.
"""

import logging
import os
from collections.abc import Callable
from functools import cache
from threading import Event, Thread, get_native_id
from uuid import UUID

from django.db import InterfaceError, OperationalError, close_old_connections

from vestige.actions.ports import Ports
from vestige.actions.prepare import prepare, prepare_track
from vestige.errors import DiskFull, VestigeError
from vestige.evidence.people import system
from vestige.web import hands

_LOG = logging.getLogger(__name__)
_AGAIN_S = 60.0
_NICENESS = 10  # of this thread and the children that it starts: pages come first


class Preparing:
    """A thread that waits when nothing is left. An item whose copies an intake makes at this moment may be made twice: the last one stays."""

    def __init__(self, ports: Callable[[], Ports]) -> None:
        """`ports` are asked for in the thread."""
        self._ports = ports
        self._stop = Event()
        self._more = Event()

    def start(self) -> None:
        """Begin; nothing waits for it."""
        Thread(target=self._run, name="preparing", daemon=True).start()

    def stop(self) -> None:
        """Begin no further item. The one at hand is made again by the next server."""
        self._stop.set()
        self._more.set()

    def more(self) -> None:
        """Something came in: look again."""
        self._more.set()

    def _run(self) -> None:
        os.setpriority(os.PRIO_PROCESS, get_native_id(), _NICENESS)
        traced = False
        while not self._stop.is_set():
            self._more.clear()
            try:
                prepare_left(self._ports(), self._stop.is_set)
                if not traced:  # whatever comes in from now on is looked at as it is prepared
                    trace_left(self._ports(), self._stop.is_set)
                    traced = True
            except (OperationalError, InterfaceError) as error:
                _LOG.warning("working copies could not be made: the database does not answer (%s); tried again in a minute", _line(error))
                self._more.wait(_AGAIN_S)
            except Exception:  # noqa: BLE001  # the edge of a thread: what fails now may not fail later
                _LOG.exception("working copies could not be made; tried again in a minute")
                self._more.wait(_AGAIN_S)
            else:
                self._more.wait()


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:300]


@cache
def preparing() -> Preparing:
    """What prepares in this process."""
    return Preparing(hands.ports)


def prepare_left(ports: Ports, stopped: Callable[[], bool] = lambda: False) -> None:
    """Prepare each item that never was, oldest first. One that can't be now is left for the next time; a full disk ends it."""
    _each(ports.catalog.unprepared, lambda item: prepare(ports, system("prepare"), item), stopped)


def trace_left(ports: Ports, stopped: Callable[[], bool] = lambda: False) -> None:
    """Make the track of each item that was prepared before tracks were made, once: its event says that it was looked for."""
    _each(ports.catalog.trackless, lambda item: prepare_track(ports, system("prepare"), item), stopped)


def _each(behind: Callable[[UUID | None], UUID | None], make: Callable[[UUID], object], stopped: Callable[[], bool]) -> None:
    item = None
    while not stopped():
        try:
            item = behind(item)
            if item is None:
                return
            _attempt(make, item)
        except DiskFull:
            return
        finally:
            close_old_connections()


def _attempt(make: Callable[[UUID], object], item: UUID) -> None:
    """Make it, or leave it for the next time: what is wrong with one item keeps no other waiting."""
    try:
        make(item)
    except (DiskFull, OperationalError, InterfaceError):
        raise
    except VestigeError:
        return
    except Exception:  # noqa: BLE001  # told, and the others are made
        _LOG.exception("item %s was not prepared", item)
