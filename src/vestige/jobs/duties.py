"""The duties: what is done by the clock, how often it is looked for, when there is something to do, and how it is done.

Several processes may do them at once: an action's own transaction decides who was first, and whoever comes second finds nothing to do.
"""

from collections.abc import Callable
from dataclasses import dataclass

from vestige.actions import (
    anchors,
    backups_due,
    chasing,
    cosigning,
    fixity,
    intake,
    log_files,
    opening,
    review,
    stamping,
    uploads_due,
    watching,
)
from vestige.actions.ports import Ports
from vestige.evidence.people import system


@dataclass(frozen=True, slots=True)
class Duty:
    """A duty. `seconds` lie between two looks; `run` calls an action as a system actor, or derives what follows from committed events."""

    name: str
    seconds: float
    due: Callable[[Ports], bool]
    run: Callable[[Ports], object]


DUTIES = (
    Duty("log files", 0.2, log_files.is_behind, log_files.keep),
    Duty("cosignatures", 60, cosigning.is_due, lambda ports: cosigning.cosign(ports, system("witnesses"), everyone=False)),
    Duty("time stamp", 60, stamping.is_due, lambda ports: stamping.stamp(ports, system("time stamp"))),
    Duty("fixity", fixity.EVERY_S, fixity.is_due, lambda ports: fixity.check_some(ports, system("fixity"))),
    Duty("unsigned reviews", 3600, review.is_due, lambda ports: review.remind(ports, system("review"))),
    Duty("events", watching.EVERY_S, lambda _: True, watching.watch),
    Duty("unfinished intakes", 60, intake.is_due, lambda ports: intake.sweep_left(ports, system("intake"), intake.dead(ports))),
    Duty("unfinished uploads", uploads_due.EVERY_S, uploads_due.is_due, uploads_due.tidy),
    Duty("encrypted clips", 2, opening.is_due, opening.open_next),
    Duty("disk", 60, chasing.disk_fills, lambda ports: chasing.report_disk(ports, system("disk"))),
    Duty("incomplete recordings", 600, chasing.recordings_lag, lambda ports: chasing.chase(ports, system("docks"))),
    Duty("anchor", 60, anchors.is_due, lambda ports: anchors.write(ports, system("anchor"))),
    Duty("backup", backups_due.EVERY_S, backups_due.is_due, lambda ports: backups_due.make(ports, system("backup"))),
    Duty("restore test", backups_due.EVERY_S, backups_due.is_trial_due, lambda ports: backups_due.try_out(ports, system("restore test"))),
)
