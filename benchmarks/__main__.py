"""`python -m benchmarks [NAME ...]`: those named, or all."""

import sys

from benchmarks import acts, backup, docks, fsck, intake, media_index, published, redaction, seeking

ALL = {
    "intake": intake.run,
    "docks": docks.run,
    "acts": acts.run,
    "redaction": redaction.run,
    "seeking": seeking.run,
    "published": published.run,
    "fsck": fsck.run,
    "backup": backup.run,
    "media_index": media_index.run,
}

for name in sys.argv[1:] or ALL:
    ALL[name]()
