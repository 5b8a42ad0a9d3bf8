"""Giving events their place in the tree, and signing what is committed.

Indices, size and root are committed in one transaction with compare-and-swap on the old size. Whoever comes second finds that nothing
changed under its condition and starts over: two sequencers never fork the tree. Only a size read back from the database is signed.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Protocol

from django.db import IntegrityError, transaction

from vestige.catalog.models import Checkpoint, FullTile, LogState, Sequenced, Waiting
from vestige.custody import notes
from vestige.custody.notes import Checkpoint as Head
from vestige.custody.tiles import full_tiles
from vestige.custody.tree import Frontier
from vestige.errors import Fault

_BATCH = 5_000
_PART = 500
_NAMED = 10
_HASH = 32


class LogSigner(Protocol):
    """Holds the log's key."""

    def public_key(self) -> bytes:
        """The Ed25519 public key, 32 bytes."""

    def sign(self, message: bytes) -> bytes:
        """Its signature of a message, 64 bytes."""

    @property
    def succession(self) -> tuple[str, ...]:
        """The signed statements that lead from the log's first key to this one."""


def sequence() -> int:
    """Give every committed event that has none its place. Returns the size of the tree. Raises Fault where the tables do not let it."""
    while True:
        state = state_of_log()
        waiting = next_events()
        if not waiting:
            return state.size
        if not append(state, waiting) and state_of_log().size == state.size:
            placed = Sequenced.objects.filter(event__in=[seq for seq, _ in waiting[:_PART]]).values_list("event__id", flat=True)
            named = ", ".join(f"event {one}" for one in placed[:_NAMED]) or "the log's state"
            raise Fault(f"events that wait cannot be given their place: {named} stands in its way")


def state_of_log() -> LogState:
    """The one row that says how large the tree is. Raises Fault where it is not there, or not alone."""
    found = list(LogState.objects.all()[:2])
    if len(found) != 1:
        raise Fault("the log's state is not one row")
    return found[0]


def next_events() -> list[tuple[int, bytes]]:
    """Events that wait for their place, with their leaf hashes: the first few thousand, in the order in which they were written."""
    rows = Waiting.objects.order_by("event_id").values_list("event_id", "event__leaf")[:_BATCH]
    return [(seq, bytes(leaf)) for seq, leaf in rows]


def append(state: LogState, waiting: Sequence[tuple[int, bytes]]) -> bool:
    """Append these (event, leaf hash) to the tree as `state` saw it; False if somebody was faster, and then nothing is changed."""
    leaves = [leaf for _, leaf in waiting]
    frontier = frontier_of(state).append(leaves)
    try:
        with transaction.atomic():
            swapped = LogState.objects.filter(id=state.id, size=state.size).update(
                size=frontier.size, root=frontier.root(), frontier=b"".join(frontier.roots)
            )
            if not swapped:
                return False
            Sequenced.objects.bulk_create(Sequenced(index=state.size + i, event_id=seq, leaf=leaf) for i, (seq, leaf) in enumerate(waiting))
            gone = [Waiting.objects.filter(event_id__in=part).delete()[0] for part in _parts([seq for seq, _ in waiting])]
            if sum(gone) != len(waiting):
                raise IntegrityError("an event has its place already")
            full = full_tiles(state.size, leaves, stored_hashes)
            FullTile.objects.bulk_create(FullTile(level=tile.level, index=tile.index, root=root) for tile, root in full)
    except IntegrityError:
        return False
    return True


def stored_hashes(level: int, start: int, end: int) -> list[bytes]:
    """The tree's hashes of a level: leaves for 0, above it the roots of full tiles. Raises Fault when they are not all there."""
    rows: Iterable[bytes | memoryview]
    if level:
        rows = FullTile.objects.filter(level=level - 1, index__gte=start, index__lt=end).order_by("index").values_list("root", flat=True)
    else:
        rows = Sequenced.objects.filter(index__gte=start, index__lt=end).order_by("index").values_list("leaf", flat=True)
    hashes = [bytes(one) for one in rows]
    if len(hashes) != end - start:
        raise Fault(f"the log holds {len(hashes)} hashes where its tree has {end - start} (level {level}, from {start})")
    return hashes


def _parts(keys: Sequence[int]) -> Iterator[Sequence[int]]:
    """As many at a time as every database takes in one condition."""
    return (keys[at : at + _PART] for at in range(0, len(keys), _PART))


def frontier_of(state: LogState) -> Frontier:
    """The frontier that the row holds. Raises Fault when it does not fit the size or the root."""
    raw = bytes(state.frontier)
    frontier = Frontier(state.size, tuple(raw[i : i + _HASH] for i in range(0, len(raw), _HASH)))
    if len(frontier.roots) != state.size.bit_count() or frontier.root() != bytes(state.root):
        raise Fault("the log's state does not fit its own root")
    return frontier


def checkpoint(signer: LogSigner, now: Callable[[], int]) -> str:
    """Sequence, then return the signed checkpoint (note text) of a committed size that covers every event committed before the call."""
    sequence()
    state = state_of_log()
    known = Checkpoint.objects.filter(size=state.size).first()
    if known and notes.signed_with(known.note, signer.public_key()):
        return known.note
    frontier_of(state)
    note = _signed(Head(state.origin, state.size, bytes(state.root)), signer)
    Checkpoint.objects.bulk_create([Checkpoint(size=state.size, note=note, time=now())], ignore_conflicts=True)
    kept = Checkpoint.objects.get(size=state.size).note
    return kept if notes.signed_with(kept, signer.public_key()) else note  # one that the key before signed stays as it is


def _signed(head: Head, signer: LogSigner) -> str:
    """The note of a checkpoint; signed again where the log's key was replaced between asking for it and signing."""
    for _ in range(3):
        key = signer.public_key()
        note = notes.sign(head, key, signer.sign)
        with suppress(Fault):
            notes.verify(note, key)
            return note
    raise Fault("the log's key does not sign what it should")
