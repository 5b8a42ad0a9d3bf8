"""Does the duties, each in a thread of its own, so that a long one holds up no other."""

import logging
import threading
from collections.abc import Callable, Sequence

from vestige.actions.ports import Ports
from vestige.assembly import database_lost
from vestige.errors import VestigeError
from vestige.jobs.duties import Duty

_LONGEST_PAUSE = 60.0
_said = logging.getLogger("vestige.jobs")


class Worker:
    """Duties that go on until `stop`."""

    def __init__(self, ports: Ports, duties: Sequence[Duty], let_go: Callable[[], None]) -> None:
        """`let_go` gives back what a thread holds of the database; called after each look."""
        self._ports = ports
        self._let_go = let_go
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._keep, args=(duty,), name=duty.name, daemon=True) for duty in duties]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self, seconds: float) -> None:
        """End: a duty that is being done is waited for, all together that many seconds."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(seconds / len(self._threads))

    def _keep(self, duty: Duty) -> None:
        failures = 0
        while not self._stopping.is_set():
            done = self._look(duty)
            failures = 0 if done else failures + 1
            self._stopping.wait(min(duty.seconds * 2**failures, max(_LONGEST_PAUSE, duty.seconds)) if failures else duty.seconds)

    def _look(self, duty: Duty) -> bool:
        """One look at a duty, and doing it; False when it failed, which is told and tried again later and later."""
        try:
            if duty.due(self._ports):
                duty.run(self._ports)
        except VestigeError as error:
            _said.warning("%s: %s", duty.name, error)
        except Exception as error:  # noqa: BLE001  # the edge of a process: what one duty meets must not end the others
            if database_lost(error):
                _said.warning("%s: the database does not answer: %s", duty.name, " ".join(str(error).split())[:300])
            else:
                _said.exception("%s failed", duty.name)
        else:
            return True
        finally:
            self._let_go()
        return False
