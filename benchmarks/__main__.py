"""`python -m benchmarks [intake] [acts] [redaction]`: those named, or all."""

import sys

from benchmarks import acts, intake, redaction

ALL = {"intake": intake.run, "acts": acts.run, "redaction": redaction.run}

for name in sys.argv[1:] or ALL:
    ALL[name]()
