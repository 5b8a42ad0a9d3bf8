"""A log after a restore: a new origin, whose tree holds `home:restored` first and then every entry of the old log in its old order.

So the new log stands by itself, its first entry commits to the old one, and whoever holds a checkpoint of the old log can recompute it from
the entries after the first.
"""

from django.db import transaction

from vestige.catalog import triggers
from vestige.catalog.models import Checkpoint, Event, LogState, PastLog, Sequenced
from vestige.custody.tree import Frontier
from vestige.errors import Fault

_BATCH = 5_000
_REPLACED = ("catalog_sequenced", "catalog_checkpoint")


def renew(leaf: bytes, origin: str, past: PastLog) -> None:
    """Begin the log `origin` with the entry of that leaf hash; then the old log's entries, in order. Call it inside the restore's transaction."""
    if not transaction.get_connection().in_atomic_block:
        raise Fault("a log is renewed inside a transaction")
    old = [(row.event_id, bytes(row.leaf)) for row in Sequenced.objects.order_by("index").iterator(chunk_size=_BATCH)]
    first = Event.objects.get(leaf=leaf)
    with triggers.lifted(_REPLACED):
        Sequenced.objects.all().delete()
        Checkpoint.objects.all().delete()
    rows = [(first.seq, leaf), *old]
    for start in range(0, len(rows), _BATCH):
        part = rows[start : start + _BATCH]
        Sequenced.objects.bulk_create(Sequenced(index=start + n, event_id=seq, leaf=one) for n, (seq, one) in enumerate(part))
    frontier = Frontier(0, ()).append([one for _, one in rows])
    LogState.objects.update(origin=origin, size=frontier.size, root=frontier.root(), frontier=b"".join(frontier.roots))
    past.save(force_insert=True)


def root_between(start: int, size: int) -> bytes:
    """The root of a tree over `size` entries of the log as it stands, from index `start` on. Raises Fault when there are not so many."""
    rows = Sequenced.objects.filter(index__gte=start, index__lt=start + size).order_by("index").values_list("leaf", flat=True)
    found = [bytes(leaf) for leaf in rows]
    if len(found) != size:
        raise Fault(f"a log with {size} entries is spoken of, and {len(found)} of them are here")
    return Frontier(0, ()).append(found).root()
