"""`python -m vestige.jobs`: does the duties of the home that `VESTIGE_HOME` names until it is told to stop, or its parent is gone."""

import logging
import os
import signal
import sys
import threading
from pathlib import Path

from vestige.assembly import let_go, open_home, sound_alarm
from vestige.errors import VestigeError
from vestige.jobs.duties import DUTIES
from vestige.jobs.worker import Worker

_PATIENCE = 10.0


def main() -> int:
    """Run; 0 when stopped, 4 when the home cannot be opened."""
    logging.basicConfig(stream=sys.stderr, format="vestige jobs: %(message)s", level=logging.WARNING)
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    try:
        home = open_home(Path(os.environ.get("VESTIGE_HOME", "")))
    except VestigeError as error:
        sys.stderr.write(f"vestige jobs: {error}\n")
        sound_alarm(Path(os.environ.get("VESTIGE_HOME", "")), error)
        return 4
    if "--with-parent" in sys.argv:
        threading.Thread(target=_watch, args=(stopping,), daemon=True).start()
    worker = Worker(home.ports, DUTIES, let_go)
    worker.start()
    stopping.wait()
    worker.stop(_PATIENCE)
    return 0


def _watch(stopping: threading.Event) -> None:
    """Standard input is a pipe that only the parent holds: its end is the parent's, however that came."""
    while os.read(0, 4096):
        pass
    stopping.set()


if __name__ == "__main__":
    sys.exit(main())
