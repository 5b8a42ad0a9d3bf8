"""Whether an event could be written now, without writing one."""

import json

from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction
from django.db.models import F

from vestige.catalog import log_rows, models, triggers
from vestige.errors import Fault, LogUnwritable
from vestige.evidence.outages import Sight
from vestige.evidence.values import uuid7

_SERIES = "probe"
_CHECKED = "home:checked"
_MADE = frozenset({"agency:founded", "home:migrated", "home:restored", "log:guarded"})


def probe() -> None:
    """An event is inserted and taken back, and a number that means nothing is counted up and kept, so that the disk is really written to.

    Raises LogUnwritable when that fails; Fault when the guards of the log are not there.
    """
    try:
        with transaction.atomic():
            point = transaction.savepoint()
            log_rows.insert(_row())
            transaction.savepoint_rollback(point)
            if not models.Counter.objects.filter(name=_SERIES).update(value=F("value") + 1):
                models.Counter.objects.create(name=_SERIES, value=1)
        missing = triggers.missing()
    except (DatabaseError, InterfaceError) as error:
        connection.close()
        raise LogUnwritable(f"the database takes no event: {error}".strip()) from error
    if missing:
        raise Fault(f"the database has lost its guards ({', '.join(missing)}); run vestige fsck --remake-triggers")


def guarded_at() -> Sight | None:
    """The newest event that says that the guards were there: they were made then, or `fsck` found no fault. None before the home is founded."""
    events = models.Event.objects.filter(type__in=_MADE | {_CHECKED}).order_by("-seq").select_related("openings", "sequenced")
    for event in events.iterator(chunk_size=100):
        if event.type in _MADE or _without_fault(event):
            placed = getattr(event, "sequenced", None)
            return Sight(event.time, event.type, None if placed is None else placed.index)
    return None


def _without_fault(event: models.Event) -> bool:
    try:
        return bool(json.loads(event.openings.fields)["data"]["value"]["faults"] == 0)
    except (ValueError, LookupError, TypeError, models.Openings.DoesNotExist):
        return False


def is_lost(error: Exception) -> bool:
    """Whether that is what a database raises that is not there."""
    return isinstance(error, (OperationalError, InterfaceError))


def _row() -> log_rows.EventRow:
    """As large as events are."""
    key = uuid7()
    return log_rows.EventRow(key, "log:interrupted", 0, bytes(1100), key.bytes * 2, None, ("", ""), "system:log", " " * 2000)
