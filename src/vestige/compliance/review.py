"""What of a week a person should look at (CJIS AU-6): the entries of the log in, rows out. A row is a question, not a verdict.

1. Viewings outside the agency's duty hours, by person.
2. More items viewed or given out within an hour than the agency thinks usual, by person.
3. Viewings of recordings that were one's own and not unrestricted when they were viewed, by person.
4. Failed sign-ins, by source.
5. Clocks: an entry earlier than the one written before it; a witness or time authority whose clock differs from ours.
6. Refused acts, by person and act.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import tzinfo

from vestige.evidence.items import TrailEntry
from vestige.evidence.reviews import Owned, ReviewRules, Row, RowKind, Seen, Signature
from vestige.evidence.values import from_ms

COSIGNED, FAILED, PACKED, REFUSED = "checkpoint:cosigned", "person:sign_in_failed", "package:created", "access:refused"
STAMPED, VIEWED = "checkpoint:stamped", "viewing:started"
TYPES = (REFUSED, COSIGNED, STAMPED, PACKED, FAILED, VIEWED)
"""The types of the entries that are looked at."""

MOST_SKEW_S = 300
MOST_BACK_MS = 10_000
_HOUR_MS = 3_600_000


def judge(seen: Seen, rules: ReviewRules, zone: tzinfo) -> list[Row]:
    """The rows of a week, in a fixed order; `zone` is the agency's, for its duty hours."""
    by_type: dict[str, list[TrailEntry]] = defaultdict(list)
    for entry in seen.entries:
        by_type[entry.type].append(entry)
    viewed = by_type[VIEWED]
    rows = [
        *_off_duty(viewed, rules, zone),
        *_many([*viewed, *by_type[PACKED]], rules),
        *_own(viewed, seen.owned),
        *_failed(by_type[FAILED]),
        *_clocks(seen, by_type[COSIGNED], by_type[STAMPED]),
        *_refused(by_type[REFUSED]),
    ]
    return sorted(rows, key=lambda row: (row.kind, row.who, row.name, row.words, row.first))


def about(rows: Sequence[Row], person: str) -> int:
    """How many of the rows concern that person (their id)."""
    return sum(row.who == f"person:{person}" for row in rows)


def complete(signatures: Sequence[Signature]) -> bool:
    """Whether every row of the week was signed by somebody whom it does not concern.

    One signature covers all rows but those about who signs; two people under one list cover each other's.
    """
    if any(one.own == 0 for one in signatures):
        return True
    signers: dict[str, set[str]] = defaultdict(set)
    for one in signatures:
        signers[one.digest].add(str(one.person))
    return any(len(people) > 1 for people in signers.values())


def off_duty(moment: int, rules: ReviewRules, zone: tzinfo) -> bool:
    """Whether a moment (ms UTC) lies outside the duty hours of the day in that zone."""
    at = from_ms(moment).astimezone(zone)
    minute = at.hour * 60 + at.minute
    if rules.duty_from <= rules.duty_to:
        return not rules.duty_from <= minute < rules.duty_to
    return rules.duty_to <= minute < rules.duty_from


def hours(rules: ReviewRules) -> str:
    """The duty hours as people write them: `06:00-22:00`."""
    return "-".join(f"{minute // 60:02d}:{minute % 60:02d}" for minute in (rules.duty_from, rules.duty_to))


def _off_duty(viewed: Sequence[TrailEntry], rules: ReviewRules, zone: tzinfo) -> Iterator[Row]:
    late = [entry for entry in viewed if off_duty(entry.time, rules, zone)]
    for found in _grouped(late, _who).values():
        yield _row(RowKind.OFF_DUTY, found, f"viewed outside duty hours ({hours(rules)})")


def _many(looks: Sequence[TrailEntry], rules: ReviewRules) -> Iterator[Row]:
    for found in _grouped(looks, _who).values():
        window, items = _fullest(sorted(found, key=lambda entry: entry.time))
        if items > rules.items_an_hour:
            words = f"viewed or gave out {items} items within an hour, more than {rules.items_an_hour}"
            yield _row(RowKind.MANY_ITEMS, window, words, items)


def _fullest(entries: Sequence[TrailEntry]) -> tuple[Sequence[TrailEntry], int]:
    """The entries of the hour in which most different items were looked at, and how many; entries come by time."""
    best: tuple[Sequence[TrailEntry], int] = ((), 0)
    first = 0
    counts: dict[object, int] = defaultdict(int)
    for end, entry in enumerate(entries):
        counts[_item(entry)] += 1
        while entry.time - entries[first].time >= _HOUR_MS:
            gone = _item(entries[first])
            counts[gone] -= 1
            if not counts[gone]:
                del counts[gone]
            first += 1
        if len(counts) > best[1]:
            best = (entries[first : end + 1], len(counts))
    return best


def _own(viewed: Sequence[TrailEntry], owned: Mapping[str, Owned]) -> Iterator[Row]:
    """By whose it was and how it was classed when it was viewed."""

    def own(entry: TrailEntry) -> bool:
        item = owned.get(str(entry.id))
        return item is not None and item.access_class != "unrestricted" and _who(entry) == f"person:{item.officer}"

    for found in _grouped([entry for entry in viewed if own(entry)], _who).values():
        numbers = sorted({owned[str(entry.id)].number for entry in found})
        yield _row(RowKind.OWN_RESTRICTED, found, f"viewed recordings of their own that are restricted: {', '.join(numbers)}")


def _failed(failed: Sequence[TrailEntry]) -> Iterator[Row]:
    for source, found in _grouped(failed, lambda entry: str(_data(entry).get("source", "unknown"))).items():
        total = sum(_whole(_data(entry).get("count")) for entry in found)
        yield _row(RowKind.FAILED_SIGN_INS, found, f"failed sign-ins from {source}", total, nobody=True)


def _clocks(seen: Seen, cosigned: Sequence[TrailEntry], stamped: Sequence[TrailEntry]) -> Iterator[Row]:
    for step in seen.steps:
        if (back := step.before - step.after) > MOST_BACK_MS:
            words = f"an entry is {back // 1000} seconds earlier than the one written before it"
            yield Row(RowKind.CLOCK, "", "", words, 1, step.after, step.before, (step.event,))
    skews = [(entry, f"the witness {_data(entry).get('witness')}", _skew(entry, "skew_seconds")) for entry in cosigned]
    skews += [(entry, f"the time authority {_data(entry).get('authority')}", _skew(entry, "time")) for entry in stamped]
    wide = [(entry, whose, skew) for entry, whose, skew in skews if abs(skew) > MOST_SKEW_S]
    for whose in sorted({whose for _, whose, _ in wide}):
        mine = [(entry, skew) for entry, other, skew in wide if other == whose]
        most = max((skew for _, skew in mine), key=abs)
        words = f"the clocks of {whose} and of this machine differ by {most} seconds"
        yield _row(RowKind.CLOCK, [entry for entry, _ in mine], words, nobody=True)


def _skew(entry: TrailEntry, name: str) -> int:
    """Seconds by which another's clock is ahead of ours, as the entry tells it; 0 where it tells of none."""
    told = _data(entry).get(name)
    if not isinstance(told, int):
        return 0
    return told if name == "skew_seconds" else (told - entry.time) // 1000


def _refused(refused: Sequence[TrailEntry]) -> Iterator[Row]:
    for found in _grouped(refused, lambda entry: f"{_who(entry)} {_data(entry).get('act')}").values():
        outcome = found[-1].opened.get("outcome")
        why = outcome.get("refused") if isinstance(outcome, Mapping) else None
        yield _row(RowKind.REFUSED, found, f"asked for {_data(found[-1]).get('act')} and was refused: {why}")


def _grouped(entries: Sequence[TrailEntry], key: Callable[[TrailEntry], str]) -> dict[str, list[TrailEntry]]:
    found: dict[str, list[TrailEntry]] = defaultdict(list)
    for entry in entries:
        found[key(entry)].append(entry)
    return dict(sorted(found.items()))


def _row(kind: RowKind, found: Sequence[TrailEntry], words: str, count: int | None = None, *, nobody: bool = False) -> Row:
    times = [entry.time for entry in found]
    return Row(
        kind=kind,
        who="" if nobody else _who(found[-1]),
        name="" if nobody else str(_actor(found[-1]).get("name", "")),
        words=words,
        count=len(found) if count is None else count,
        first=min(times),
        last=max(times),
        events=tuple(str(entry.id) for entry in found),
    )


def _actor(entry: TrailEntry) -> Mapping[str, object]:
    actor = entry.opened.get("actor")
    return actor if isinstance(actor, Mapping) else {}


def _who(entry: TrailEntry) -> str:
    actor = _actor(entry)
    return f"{actor.get('kind')}:{actor.get('id')}" if actor else "(erased)"


def _item(entry: TrailEntry) -> object:
    """The item that was looked at; a package's event belongs to the trail of its item too."""
    return entry.opened.get("item")


def _data(entry: TrailEntry) -> Mapping[str, object]:
    data = entry.opened.get("data")
    return data if isinstance(data, Mapping) else {}


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0
