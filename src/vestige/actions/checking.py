"""Checking the whole home: the database, the log, every sealed object and its key."""

from vestige.access.permissions import Permission
from vestige.actions.door import Desk, action
from vestige.custody.events import EventType
from vestige.errors import Fault as Broken
from vestige.evidence.changes import Statement
from vestige.evidence.home import Fault


@action("home.check", Permission.HOME_CHECK, EventType.HOME_CHECKED)
def check(desk: Desk) -> list[Fault]:
    """Everything that does not hold. The log is sequenced first, so that each event is checked in its place."""
    catalog = desk.ports.catalog
    faults = []
    try:
        catalog.checkpoint()
    except Broken as error:
        faults.append(Fault(str(error), "log"))
    faults += catalog.faults()
    faults += desk.ports.vault.faults(catalog.objects(), catalog.digests())
    desk.note(Statement(EventType.HOME_CHECKED, data={"faults": len(faults)}))
    return faults
