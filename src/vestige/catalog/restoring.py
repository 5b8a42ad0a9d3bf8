"""A log after a restore: a new origin, whose tree holds `home:restored` first and then every entry of the old log in its old order.

So the new log stands by itself, its first entry commits to the old one, and whoever holds a checkpoint of the old log can recompute it from
the entries after the first.
"""

import json
from collections.abc import Sequence

from django.db import transaction

from vestige.catalog import triggers
from vestige.catalog.contents import SAMPLES
from vestige.catalog.models import (
    Checkpoint,
    Cosignature,
    DockToken,
    Event,
    FullTile,
    LogState,
    PastLog,
    PastStamp,
    Sequenced,
    Stamp,
    TrackPoint,
    Waiting,
    WorkingCopy,
)
from vestige.catalog.sequencer import append
from vestige.custody.tree import EMPTY_ROOT, Frontier
from vestige.errors import Fault

_BATCH = 5_000
_REPLACED = ("catalog_sequenced", "catalog_checkpoint", "catalog_fulltile", "catalog_cosignature", "catalog_stamp")


def renew(leaf: bytes, origin: str, past: PastLog) -> None:
    """Begin the log `origin` with the entry of that leaf hash; then the old log's entries, in order. Call it inside the restore's transaction."""
    if not transaction.get_connection().in_atomic_block:
        raise Fault("a log is renewed inside a transaction")
    old = [(row.event_id, bytes(row.leaf)) for row in Sequenced.objects.order_by("index").iterator(chunk_size=_BATCH)]
    first = Event.objects.get(leaf=leaf)
    with triggers.lifted(_REPLACED):
        _keep_stamps(past.origin)
        for model in (Sequenced, Checkpoint, FullTile, Cosignature, Stamp):
            model.objects.all().delete()
    LogState.objects.update(origin=origin, size=0, root=EMPTY_ROOT, frontier=b"")
    Waiting.objects.bulk_create((Waiting(event_id=seq) for seq, _ in old), _BATCH)
    rows = [(first.seq, leaf), *old]
    for start in range(0, len(rows), _BATCH):
        if not append(LogState.objects.get(), rows[start : start + _BATCH]):
            raise Fault("somebody else writes into the home that is being restored")
    past.save(force_insert=True)
    WorkingCopy.objects.exclude(kind=SAMPLES).delete()  # no backup holds them: they are made again
    TrackPoint.objects.all().delete()  # with them
    DockToken.objects.all().delete()  # as people do, docks sign in again


def _keep_stamps(origin: str) -> None:
    """The tokens of the log that ends; the lines of witnesses stand in its entries. What has a size of the old log has none of the new one."""
    rows = Stamp.objects.order_by("size").values("size", "authority", "time", "token")
    PastStamp.objects.bulk_create((PastStamp(log=origin, **row) for row in rows.iterator()), _BATCH)


def statements(past: PastLog) -> tuple[str, ...]:
    """Those about the keys of that log, oldest first. Raises Fault where somebody wrote something else into the row."""
    try:
        return tuple(map(str, json.loads(past.succession)))
    except (ValueError, TypeError) as error:
        raise Fault(f"the row of the log {past.origin} does not hold statements about its keys") from error


def old_roots(origin: str, sizes: Sequence[int]) -> dict[int, bytes]:
    """The roots of a log that was ended, at the sizes that are wholly here. Its entries follow those of the restores after it."""
    logs = {past.origin: (offset, past.size) for offset, past in enumerate(PastLog.objects.order_by("-ended_at", "-size"), 1)}
    offset, most = logs[origin]
    return {size: root_between(offset, size) for size in set(sizes) if size <= most}


def root_between(start: int, size: int) -> bytes:
    """The root of a tree over `size` entries of the log as it stands, from index `start` on. Raises Fault when there are not so many."""
    rows = Sequenced.objects.filter(index__gte=start, index__lt=start + size).order_by("index").values_list("leaf", flat=True)
    found = [bytes(leaf) for leaf in rows]
    if len(found) != size:
        raise Fault(f"a log with {size} entries is spoken of, and {len(found)} of them are here")
    return Frontier(0, ()).append(found).root()
