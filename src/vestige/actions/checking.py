"""Checking the whole home: the database, the log, every sealed object and its key."""

from vestige.access.permissions import Permission
from vestige.actions.door import Desk, action
from vestige.custody.events import EventType
from vestige.errors import Fault as Broken
from vestige.evidence.changes import Statement
from vestige.evidence.home import Fault


@action("home.try_items", Permission.HOME_CHECK, EventType.FIXITY_CHECKED)
def try_items(desk: Desk, most: int) -> int:
    """Open up to `most` items whose sealed objects are there and compare their digests; returns how many. Raises Fault where one differs."""
    catalog, opened = desk.ports.catalog, 0
    digests = catalog.digests()
    for sealed, items in catalog.objects().items():
        for item in items if opened < most and desk.ports.vault.holds(sealed) else ():
            if desk.ports.vault.digest(item, sealed) != digests[item]:
                raise Broken(f"the stored bytes of item {item} are not those that were taken in")
            opened += 1
    faults = list(catalog.faults())
    if faults:
        raise Broken(f"{faults[0].object}: {faults[0].what}")
    desk.note(Statement(EventType.FIXITY_CHECKED, data={"opened": opened}))
    return opened


@action("home.check", Permission.HOME_CHECK, EventType.HOME_CHECKED)
def check(desk: Desk) -> list[Fault]:
    """Everything that does not hold. The log is sequenced first, so that each event is checked in its place."""
    catalog = desk.ports.catalog
    faults = []
    if (outage := desk.ports.alarm.state()) is not None:
        faults.append(Fault(f"events could not be written: {outage.words}", "log"))
    try:
        catalog.checkpoint()
    except Broken as error:
        faults.append(Fault(str(error), "log"))
    faults += catalog.faults()
    faults += catalog.log_faults()
    faults += desk.ports.vault.faults(catalog.contents())
    faults += desk.ports.keys.faults()
    with desk.writing(guarded=False) as pen:  # whoever looks for what is wrong must get an answer
        pen.record(Statement(EventType.HOME_CHECKED, data={"faults": len(faults), "cryptography": dict(desk.ports.keys.report())}))
    return faults
