"""The weekly review of the log: its rules, what it lists, and who signed it. Times are integer milliseconds UTC."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from vestige.evidence.items import TrailEntry


class RowKind(StrEnum):
    """Why something stands in the review."""

    CLOCK = "clock"
    FAILED_SIGN_INS = "failed_sign_ins"
    MANY_ITEMS = "many_items"
    OFF_DUTY = "off_duty"
    OWN_RESTRICTED = "own_restricted"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class ReviewRules:
    """The agency's choice: duty hours as minutes of the day (`duty_to` before `duty_from` is past midnight), and items an hour."""

    duty_from: int
    duty_to: int
    items_an_hour: int


@dataclass(frozen=True, slots=True)
class Owned:
    """What the log had told of an item when it was viewed: its number, the officer of its recording, and that recording's access class."""

    number: str
    officer: str
    access_class: str


@dataclass(frozen=True, slots=True)
class Step:
    """Two entries written one after the other, the later one with the earlier time."""

    event: str
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Seen:
    """A week as the log tells it: entries in the order written, steps back of the clock, and whose the viewed items were (by the viewing's event)."""

    entries: Sequence[TrailEntry]
    steps: Sequence[Step]
    owned: Mapping[str, Owned]


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that a person should look at. `who` is `kind:id` of whom it concerns (empty: nobody of the agency), `events` the entries."""

    kind: RowKind
    who: str
    name: str
    words: str
    count: int
    first: int
    last: int
    events: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Signature:
    """A person's signature under the review of a week: `digest` is that of the list as it was, `own` how many of its rows concern them."""

    id: UUID
    week: str
    digest: str
    rules: str
    rows: int
    own: int
    person: UUID
    name: str
    note: str
    signed_at: int
