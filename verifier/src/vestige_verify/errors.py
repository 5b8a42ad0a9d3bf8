"""The one way in which a check ends badly, and where it was when it did."""

from collections.abc import Iterator
from contextlib import contextmanager


class VerificationError(Exception):
    """Something does not hold.

    `reason` is a sentence in plain words; `step` the number in "How it is checked" of the package format (None outside a package);
    `file` the path inside the package that the fault is in.
    """

    def __init__(self, reason: str, *, step: int | None = None, file: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.step = step
        self.file = file


@contextmanager
def at(step: int, file: str) -> Iterator[None]:
    """Names the step and the file of a fault that is raised inside and does not name them itself."""
    try:
        yield
    except VerificationError as fault:
        fault.step = step if fault.step is None else fault.step
        fault.file = file if fault.file is None else fault.file
        raise
