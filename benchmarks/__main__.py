"""`python -m benchmarks [intake] [acts] [redaction] [backup]`: those named, or all."""

import sys

from benchmarks import acts, backup, intake, redaction

ALL = {"intake": intake.run, "acts": acts.run, "redaction": redaction.run, "backup": backup.run}

for name in sys.argv[1:] or ALL:
    ALL[name]()
