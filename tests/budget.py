"""How much of the time that property, fuzz, kill and API tests may take is theirs.

`VESTIGE_TEST_BUDGET` is in minutes for the whole run (15 in `make test`); `make test-long` sets it to 0: the full numbers of the step.
"""

import os

_NORMAL = 15.0
SAID = "how far: "


def budget() -> float:
    """Minutes for the whole run; 0 means the full numbers."""
    return float(os.environ.get("VESTIGE_TEST_BUDGET", _NORMAL))


def examples(full: int) -> int:
    """The number of examples out of `full` that this run's budget allows (at least 20, all of them when the budget is 0)."""
    minutes = budget()
    return full if minutes <= 0 else max(20, min(full, int(full * minutes / 60)))


def seconds(share: float, full: float) -> float:
    """Seconds for a timed loop that may take `share` (0 to 1) of the budget; `full` when the budget is 0."""
    minutes = budget()
    return full if minutes <= 0 else min(full, minutes * 60 * share)


def how_far(words: str) -> None:
    """Say how far a test with drawn numbers came; the end of the run lists it."""
    print(SAID + words)
