"""`python -m benchmarks [NAME ...]`: those named, or all. One that fails does not keep the others from running; the end says what failed.

`VESTIGE_BENCH_GIB` (8) is the size of what is taken in, `VESTIGE_BENCH_EVENTS` (1000000) the length of the logs, `VESTIGE_BENCH` the folder.
"""

import sys
import traceback

from benchmarks import acts, backup, docks, fsck, intake, lists, media_index, published, redaction, seeking, tus
from benchmarks.measure import MISSED, TooSmall, say

ALL = {
    "intake": intake.run,
    "docks": docks.run,
    "tus": tus.run,
    "acts": acts.run,
    "redaction": redaction.run,
    "seeking": seeking.run,
    "published": published.run,
    "fsck": fsck.run,
    "lists": lists.run,
    "backup": backup.run,
    "media_index": media_index.run,
}


def main(names: list[str]) -> int:
    """Run them; 1 if one could not be measured, 2 for a name that there is not."""
    if unknown := [name for name in names if name not in ALL]:
        print(f"no benchmark is called {', '.join(unknown)}; there are {', '.join(ALL)}")
        return 2
    failed = [name for name in names or ALL if not _measured(name)]
    say("goals not reached", "; ".join(MISSED) or "none")
    say("benchmarks that failed", ", ".join(failed) or "none")
    return 1 if failed else 0


def _measured(name: str) -> bool:
    try:
        ALL[name]()
    except TooSmall as error:
        print(f"{name}: not measured: {error}", flush=True)
        return False
    except Exception:  # noqa: BLE001  # the others shall run
        traceback.print_exc()
        print(f"{name}: failed", flush=True)
        return False
    return True


sys.exit(main(sys.argv[1:]))
