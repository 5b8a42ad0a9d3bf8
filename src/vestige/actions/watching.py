"""Whether events can be written (R73): looked at every minute. While they cannot, acts are refused and somebody is told; then the log is."""

from vestige.access.permissions import Permission
from vestige.actions.door import Desk, action
from vestige.actions.findings import open_finding
from vestige.actions.ports import Ports
from vestige.custody.events import EventType
from vestige.errors import Fault, LogUnwritable, NotFound
from vestige.evidence.changes import Plain, Statement
from vestige.evidence.items import FindingKind
from vestige.evidence.people import system

EVERY_S = 60.0


def watch(ports: Ports) -> None:
    """Try whether an event could be written; sound the alarm when not, and record the outage when it is over. Tries record nothing."""
    try:
        ports.catalog.probe()
    except (LogUnwritable, Fault) as error:
        ports.alarm.sound(str(error), ports.now(), guards=isinstance(error, Fault))
        return
    ports.alarm.reserve()
    if ports.alarm.state() is not None:
        resume(ports, system("log"))


@action("log.resume", Permission.LOG_RESUME, EventType.LOG_INTERRUPTED, EventType.FINDING_OPENED)
def resume(desk: Desk) -> None:
    """Record from when to when events could not be written, and open a finding. Raises NotFound where there was no outage."""
    agency = desk.ports.catalog.agency()
    with desk.ports.alarm.ending() as outage:
        if outage is None or agency is None:
            raise NotFound("there was no outage, or another process records it")
        with desk.writing() as pen:
            about = ("agency", str(agency.id))
            data: dict[str, Plain] = {"from": outage.since, "until": desk.now(), "reason": outage.words}
            pen.record(Statement(EventType.LOG_INTERRUPTED, about=about, data=data))
            words = f"events could not be written, and acts were refused: {outage.words}"
            open_finding(desk, pen, FindingKind.LOG_INTERRUPTED, ("agency", agency.id), words)
