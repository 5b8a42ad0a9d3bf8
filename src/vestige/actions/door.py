"""The one door. Every action has four beats: may they, judge, record, do.

Permission and event types are declared where the action is declared; an undeclared one cannot run. A refusal is recorded too.
An action that raises has changed nothing but the record of refusal. An action that ends without an event is a fault of ours.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Concatenate, Generic, ParamSpec, TypeVar
from uuid import UUID

from vestige.access.judge import HomeFacts, Plan, Subject, may, plan_of
from vestige.access.permissions import Permission
from vestige.access.roles import Relation
from vestige.actions.ports import Ports, Transaction
from vestige.custody.events import EventType
from vestige.errors import LogUnwritable, NotFound, Refused, Unseen
from vestige.evidence.changes import Statement
from vestige.evidence.people import Actor

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(slots=True)
class Desk:
    """What an action works with: the hands, who acts, and its own declaration."""

    ports: Ports
    actor: Actor
    name: str
    permission: Permission
    events: tuple[EventType, ...]
    recorded: list[EventType] = field(default_factory=list)

    def now(self) -> int:
        """Milliseconds UTC."""
        return self.ports.now()

    def require(self, subject: Subject | None = None, permission: Permission | None = None) -> None:
        """Beat one. Raises Refused, with the reason, when the actor may not do this (to this subject)."""
        verdict = may(self.actor, permission or self.permission, subject, self.home())
        if not verdict.allowed:
            raise Refused(verdict.reason)

    def home(self) -> HomeFacts:
        """What the rules need to know of the home; which units the actor supervises is asked only where a role of theirs reaches by that."""
        agency, roles = self.ports.catalog.agency(), self.ports.roles
        mine = [roles[role].reach.relations for role in self.actor.roles if role in roles]
        supervises = self.actor.kind == "person" and any(Relation.SUPERVISES in one for one in mine)
        units = self.ports.shape.supervised(UUID(self.actor.id), self.now()) if supervises else frozenset()
        return HomeFacts(bool(agency and agency.console_acts), roles, units)

    def reach(self, permission: Permission | None = None) -> Plan:
        """Which recordings the actor's permission (that of the action by default) reaches."""
        return plan_of(self.actor, permission or self.permission, self.home())

    def known(self) -> Plan:
        """Which recordings the actor may know of: those that they may list, and those that this act reaches. Others are not there for them."""
        home = self.home()
        return plan_of(self.actor, self.permission, home).also(plan_of(self.actor, Permission.ITEM_LIST, home))

    def writable(self) -> None:
        """Raises LogUnwritable while it is known that no event can be written: nothing is shown that no event could tell of."""
        outage = self.ports.alarm.state()
        if outage is not None:
            raise LogUnwritable(f"events cannot be written, so nothing is shown: {outage.words}")

    @contextmanager
    def writing(self, *, guarded: bool = True) -> Iterator["Pen"]:
        """A transaction: durable when the block ends, nothing when it raises. `guarded` False: also where the log's guards are missing."""
        with _transaction(self, guarded=guarded) as transaction:
            pen = Pen(transaction, self.events, self.name)
            yield pen
        self.recorded += pen.recorded

    def note(self, statement: Statement) -> bytes:
        """One event in a transaction of its own; returns its leaf hash."""
        with self.writing() as pen:
            return pen.record(statement)


@dataclass(slots=True)
class Pen:
    """Writes the declared events of one action into its transaction."""

    transaction: Transaction
    events: tuple[EventType, ...]
    action: str
    recorded: list[EventType] = field(default_factory=list)

    def record(self, statement: Statement) -> bytes:
        """Write one event; returns its leaf hash. Raises RuntimeError for an event type that the action did not declare."""
        event = EventType(statement.type)
        if event not in self.events:
            raise RuntimeError(f"{self.action} does not declare {event}")
        leaf = self.transaction.record(statement)
        self.recorded.append(event)
        return leaf


@dataclass(frozen=True, slots=True)
class Action(Generic[P, R]):
    """A declared act: call it with the hands and the actor."""

    name: str
    permission: Permission
    events: tuple[EventType, ...]
    summary: str
    run: Callable[Concatenate[Desk, P], R]

    def __call__(self, ports: Ports, actor: Actor, /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Do it. Raises Refused (and records the refusal), or what the act itself raises."""
        desk = Desk(ports, actor, self.name, self.permission, self.events)
        try:
            desk.require()
            result = self.run(desk, *args, **kwargs)
        except (Refused, Unseen) as refusal:
            _record_refusal(desk, refusal)
            raise
        except Exception as error:  # only the catalog knows its driver's errors; anything else is raised on
            if not ports.catalog.is_lost(error):
                raise
            ports.alarm.sound(f"the database does not answer: {error}", ports.now())
            raise LogUnwritable(f"the database does not answer, so nothing was done: {error}") from error
        if not desk.recorded:
            raise RuntimeError(f"{self.name} ended without an event")
        return result


def action(name: str, permission: Permission, *events: EventType) -> Callable[[Callable[Concatenate[Desk, P], R]], Action[P, R]]:
    """Declare an act: its name (`room.verb`), its permission, and the event types that it may record."""
    if not events:
        raise RuntimeError(f"{name} declares no event")

    def declare(run: Callable[Concatenate[Desk, P], R]) -> Action[P, R]:
        return Action(name, permission, events, (run.__doc__ or "").partition("\n")[0], run)

    return declare


@contextmanager
def refusals_recorded(desk: Desk) -> Iterator[None]:
    """Where something is shown outside a declared act (its event was written before), a refusal is recorded all the same."""
    try:
        yield
    except (Refused, Unseen) as refusal:
        _record_refusal(desk, refusal)
        raise


def _record_refusal(desk: Desk, refusal: Refused | NotFound) -> None:
    statement = Statement(EventType.ACCESS_REFUSED, outcome={"refused": str(refusal)}, data={"act": desk.name})
    with _transaction(desk) as transaction:
        transaction.record(statement)


@contextmanager
def _transaction(desk: Desk, *, guarded: bool = True) -> Iterator[Transaction]:
    """A transaction of the log; where it takes no event the alarm is sounded, and nothing is done."""
    alarm = desk.ports.alarm
    if guarded:
        alarm.check()
    try:
        with desk.ports.catalog.writing(desk.actor) as transaction:
            yield transaction
    except LogUnwritable as error:
        alarm.sound(str(error), desk.now())
        raise
    alarm.written()
