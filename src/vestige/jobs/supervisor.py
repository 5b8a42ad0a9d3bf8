"""Keeps the process that does the duties alive beside the server."""

import subprocess
import sys
import threading
import time
from collections.abc import Mapping

_COMMAND = (sys.executable, "-m", "vestige.jobs", "--with-parent")
_PAUSES = (0.5, 1.0, 2.0, 5.0, 15.0, 60.0)
_STEADY_S = 60.0
_PATIENCE_S = 15.0


class Supervisor:
    """Starts it, starts it again when it dies (after longer and longer pauses), and ends it."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        """`environment` of the process; it names the home."""
        self._environment = dict(environment)
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._keep, name="jobs", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End the process: it finishes what it is doing; after 15 seconds it is killed."""
        self._stopping.set()
        if self._process is not None:
            self._process.terminate()
        self._thread.join(_PATIENCE_S)
        if self._process is not None and self._process.poll() is None:
            self._process.kill()

    def _keep(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            began = time.monotonic()
            # A session of its own: a Ctrl-C at the terminal is the server's, which then ends it.
            with subprocess.Popen(  # noqa: S603  # our own module, by the Python that runs us
                _COMMAND, env=self._environment, stdin=subprocess.PIPE, start_new_session=True
            ) as self._process:
                if self._stopping.is_set():
                    self._process.terminate()
                self._process.wait()
            failures = 0 if time.monotonic() - began > _STEADY_S else failures + 1
            self._stopping.wait(_PAUSES[min(max(failures - 1, 0), len(_PAUSES) - 1)])
