"""Whether an event could be written now, without writing one."""

from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction
from django.db.models import F

from vestige.catalog import log_rows, models, triggers
from vestige.errors import Fault, LogUnwritable
from vestige.evidence.values import uuid7

_SERIES = "probe"


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
        raise Fault(f"the database has lost its guards ({', '.join(missing)}); run vestige fsck")


def is_lost(error: Exception) -> bool:
    """Whether that is what a database raises that is not there."""
    return isinstance(error, (OperationalError, InterfaceError))


def _row() -> log_rows.EventRow:
    """As large as events are."""
    key = uuid7()
    return log_rows.EventRow(key, "log:interrupted", 0, bytes(1100), key.bytes * 2, None, ("", ""), "system:log", " " * 2000)
