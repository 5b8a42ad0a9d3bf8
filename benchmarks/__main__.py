"""`python -m benchmarks [NAME ...]`: those named, or all, each in a process of its own. One that fails does not keep the others from running.

`VESTIGE_BENCH_GIB` (8) is the size of what is taken in, `VESTIGE_BENCH_EVENTS` (1000000) the length of the logs, `VESTIGE_BENCH` the folder.
"""

import os
import subprocess
import sys

from benchmarks import acts, backup, docks, fsck, intake, lists, media_index, published, redaction, seeking, tus
from benchmarks.measure import NOT_REACHED, ROOT, TooSmall, say

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
    """Run them and sum up; 1 if one could not be measured, 2 for a name that there is not."""
    if unknown := [name for name in names if name not in ALL]:
        print(f"no benchmark is called {', '.join(unknown)}; there are {', '.join(ALL)}")
        return 2
    if len(names) == 1:
        return _one(names[0])
    say("load of the machine before", f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", "what else runs makes every figure worse")
    missed: list[str] = []
    failed = [name for name in names or ALL if not _apart(name, missed)]
    for words in missed or ["none"]:
        say("goal not reached", words)
    say("benchmarks that failed", ", ".join(failed) or "none")
    return 1 if failed else 0


def _one(name: str) -> int:
    try:
        ALL[name]()
    except TooSmall as error:
        print(f"{name}: not measured: {error}", flush=True)
        return 1
    return 0


def _apart(name: str, missed: list[str]) -> bool:
    """Whether it could be measured; what it says is passed on, and what it missed put into the list."""
    with subprocess.Popen([sys.executable, "-m", "benchmarks", name], stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        for line in process.stdout or ():
            print(line, end="", flush=True)
            if line.rstrip().endswith(NOT_REACHED):
                missed.append(" ".join(line.split()))
    return process.returncode == 0


sys.exit(main(sys.argv[1:]))
