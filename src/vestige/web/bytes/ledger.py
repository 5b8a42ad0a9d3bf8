"""The viewings of this process: who was let in and when, what was served, what the player says was played.

A viewing whose server ended before it did, and one that nothing was heard of for half an hour, is ended here, with what was kept of it.

Every range request names its viewing. Whether it may go on is kept in memory for at most 2 seconds, then asked again. Seconds served are
what the sample table says that the distinct bytes hold which left (their share of the item's duration where there is no table: an
estimate); seconds played are the player's word, kept apart. Both are written every 10 seconds and at the end.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache
from threading import Lock
from time import monotonic
from uuid import UUID

from vestige.access.permissions import Permission
from vestige.actions import viewing as acts
from vestige.actions.door import Desk, refusals_recorded
from vestige.actions.ports import Ports
from vestige.errors import BadInput, NotFound, VestigeError
from vestige.evidence.items import EvidenceItem, Viewing
from vestige.evidence.people import Actor, system
from vestige.evidence.timemap import TimeMap
from vestige.web.bytes import guard
from vestige.web.bytes.ranges import merged
from vestige.web.life import Life

FRESH_S = 2.0
FLUSH_S = 10.0
IDLE_S = 1_800.0
_DEAD = "the server that served it had ended"
_UNHEARD = "nothing was heard of it for half an hour"


@dataclass(slots=True)
class Seat:
    """One viewing that goes on: `spans` are the distinct bytes served, sorted; `size` the bytes of what is served, `times` its map."""

    viewing: Viewing
    item: EvidenceItem
    actor: Actor
    key: str
    checked: float
    heard: float
    size: int = 0
    times: TimeMap | None = None
    spans: list[tuple[int, int]] = field(default_factory=list)
    dirty: bool = False

    def serve(self, start: int, end: int) -> None:
        """Count the bytes from start to end (exclusive) as served."""
        self.spans = merged(self.spans, (start, end))
        served_ms = self.times.served_ms(self.spans) if self.times else self._by_share()
        self.viewing = replace(
            self.viewing,
            served_bytes=self.viewing.served_bytes + end - start,
            served_ms=max(self.viewing.served_ms, served_ms),
            served_exact=self.times is not None,
        )
        self.dirty = True

    def _by_share(self) -> int:
        distinct = sum(b - a for a, b in self.spans)
        return round(min(1.0, distinct / self.size) * self.item.duration_ms) if self.size else 0


class Ledger:
    """All viewings that go on in this process. Safe for threads; `clock` is monotonic seconds."""

    def __init__(self, ports: Callable[[], Ports], life: Life, clock: Callable[[], float] = monotonic) -> None:
        self._ports = ports
        self._life = life
        self._clock = clock
        self._seats: dict[UUID, Seat] = {}
        self._lock = Lock()

    def start(self, key: str, address: str, item: str, reason: str, case: str | None) -> Viewing:
        """Begin a viewing. Raises BadInput without a purpose, NotFound, Refused."""
        return acts.start(self._ports(), guard.actor(key, address), item, reason, case, server=self._life.mark)

    def fresh(self, key: str, viewing: UUID, item: UUID) -> Seat | None:
        """The seat, if it was let in less than 2 seconds ago: no thread and no database needed."""
        now = self._clock()
        with self._lock:
            seat = self._seats.get(viewing)
            if seat is None or seat.key != key or seat.item.id != item or now - seat.checked >= FRESH_S:
                return None
            seat.heard = now
            return seat

    def admit(self, key: str, address: str, viewing: UUID, item: UUID) -> Seat:
        """The seat of this viewing, if it may go on receiving bytes of this item. Raises NotFound, Refused."""
        seat = self.fresh(key, viewing, item)
        if seat is not None:
            return seat
        now = self._clock()
        try:
            actor = guard.actor(key, address)
            desk = self._desk(actor)
            with refusals_recorded(desk):
                known, found = acts.admit(desk, viewing, item)
        except VestigeError:
            self._drop(viewing, key)
            raise
        with self._lock:
            seat = self._seats.setdefault(viewing, Seat(known, found, actor, key, now, now))
            seat.actor, seat.item, seat.checked, seat.heard = actor, found, now, now
            return seat

    def served(self, seat: Seat, start: int, end: int) -> None:
        """Bytes from start to end (exclusive) left."""
        with self._lock:
            seat.serve(start, end)

    def played(self, key: str, address: str, viewing: UUID, played_ms: int, *, ended: bool) -> None:
        """The player says how much it played so far, and whether that was all. Raises NotFound, Refused, BadInput."""
        actor = guard.actor(key, address)
        with self._lock:
            seat = self._seats.get(viewing)
            if seat and seat.key == key:
                seat.viewing = replace(seat.viewing, played_ms=max(seat.viewing.played_ms, played_ms))
                seat.heard, seat.dirty = self._clock(), True
        known = seat.viewing if seat and seat.key == key else self._known(actor, viewing, played_ms)
        if ended:
            self._drop(viewing, key)
            acts.end(self._ports(), actor, known)
        elif seat is None:
            acts.flush(self._desk(actor), known)

    def flush(self) -> None:
        """Write what changed since the last time; end what nothing was heard of for half an hour."""
        now = self._clock()
        with self._lock:
            changed = [seat for seat in self._seats.values() if seat.dirty]
            idle = [seat for seat in self._seats.values() if now - seat.heard > IDLE_S]
            for seat in changed:
                seat.dirty = False
        for seat in changed:
            acts.flush(self._desk(seat.actor), seat.viewing)
        for seat in idle:
            self._end(seat)

    def sweep(self) -> None:
        """End the viewings of servers that live no more, and those of this one that nobody was ever served by."""
        ports, now = self._ports(), self._ports().now()
        with self._lock:
            seated = set(self._seats)
        for viewing in ports.catalog.open_viewings():
            ours = viewing.server == self._life.mark
            if viewing.id in seated or (now - viewing.started_at < IDLE_S * 1000 if ours else self._life.lives(viewing.server)):
                continue
            with suppress(BadInput):  # it ended meanwhile
                acts.sweep(ports, system("viewing"), viewing.id, _UNHEARD if ours else _DEAD)

    def end_session(self, key: str | None) -> None:
        """End every viewing of a session that ends."""
        with self._lock:
            seats = [seat for seat in self._seats.values() if seat.key == key]
        for seat in seats:
            self._end(seat)

    def _end(self, seat: Seat) -> None:
        self._drop(seat.viewing.id, seat.key)
        try:
            acts.end(self._ports(), seat.actor, seat.viewing)
        except VestigeError:
            # Ended meanwhile, or the right was withdrawn: what was served is kept either way.
            acts.flush(self._desk(seat.actor), seat.viewing)

    def _known(self, actor: Actor, viewing: UUID, played_ms: int) -> Viewing:
        known = self._ports().catalog.viewing(viewing)
        if known is None or str(known.person) != actor.id:
            raise NotFound("there is no such viewing")
        return replace(known, played_ms=max(known.played_ms, played_ms))

    def _drop(self, viewing: UUID, key: str) -> None:
        with self._lock:
            seat = self._seats.get(viewing)
            if seat and seat.key == key:
                del self._seats[viewing]

    def _desk(self, actor: Actor) -> Desk:
        return Desk(self._ports(), actor, acts.start.name, Permission.ITEM_VIEW, ())


@cache
def ledger() -> Ledger:
    """The ledger of this process."""
    from vestige.web import hands

    return Ledger(hands.ports, Life(hands.home() / "servers"))
