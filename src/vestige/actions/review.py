"""The weekly review of the log (R74): what it lists follows from the log's openings alone; a person signs it; unsigned weeks are findings."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from uuid import UUID
from zoneinfo import ZoneInfo

from vestige.access.permissions import Permission
from vestige.actions.door import Desk, Pen, action
from vestige.actions.findings import close_by, open_finding
from vestige.actions.ports import Ports
from vestige.compliance.review import TYPES, VIEWED, about, complete, hours, judge
from vestige.compliance.weeks import span, weeks
from vestige.custody.canonical import Json, canonical
from vestige.custody.events import EventType
from vestige.errors import BadInput, NotFound, Refused
from vestige.evidence.changes import Change, Plain, Statement
from vestige.evidence.home import AgencyFacts
from vestige.evidence.items import Finding, FindingKind, TrailEntry
from vestige.evidence.reviews import Owned, ReviewRules, Row, Seen, Signature
from vestige.evidence.values import uuid7

PATIENCE_MS = 7 * 86_400_000
_SHOWN_WEEKS = 53
_ASKED_WEEKS = 13
_LONGEST_NOTE = 2_000


@dataclass(frozen=True, slots=True)
class WeekState:
    """A week, whether it is over, who signed it, and whether all of it is signed."""

    week: str
    starts: int
    ends: int
    over: bool
    signatures: Sequence[Signature]
    complete: bool


@dataclass(frozen=True, slots=True)
class Signed:
    """A signature, and whether the list today, by the rules of that day, still is what was signed."""

    signature: Signature
    same: bool


@dataclass(frozen=True, slots=True)
class Sheet:
    """The review of one week: its rows by the rules of today, their digest, and the signatures. `own`: rows about who reads."""

    state: WeekState
    rules: ReviewRules
    rows: Sequence[Row]
    digest: str
    own: int
    signed: Sequence[Signed]

    @property
    def hours(self) -> str:
        """The duty hours as people write them."""
        return hours(self.rules)


@action("review.list", Permission.REVIEW_READ, EventType.REVIEW_READ)
def list_weeks(desk: Desk) -> list[WeekState]:
    """The weeks since the home was founded (the last year's), newest first."""
    _, zone = _agency(desk.ports)
    states = _states(desk.ports, _weeks(desk.ports, zone, desk.now(), _SHOWN_WEEKS), zone, desk.now())
    desk.note(Statement(EventType.REVIEW_READ, data={"weeks": len(states)}))
    return states


@action("review.read", Permission.REVIEW_READ, EventType.REVIEW_READ)
def read(desk: Desk, week: str) -> Sheet:
    """The review of a week like `2026-W47`. Raises BadInput for what is no week, NotFound for one before the home or to come."""
    sheet = _sheet(desk, week)
    desk.note(Statement(EventType.REVIEW_READ, about=("week", week), data={"rows": len(sheet.rows), "digest": sheet.digest}))
    return sheet


@action("review.sign", Permission.REVIEW_SIGN, EventType.REVIEW_SIGNED, EventType.FINDING_CLOSED)
def sign(desk: Desk, week: str, note: str, digest: str = "") -> Signature:
    """Sign the review of a week that is over, with a note; `digest` is that of the list that the person saw (empty: of today's).

    Refused where every row is about who signs: somebody else must. Raises BadInput without a note, for a week that is not over, for a list
    that changed since it was read, and for one that this person signed already.
    """
    sheet, note = _sheet(desk, week), note.strip()
    _signable(desk, sheet, note, digest)
    signature = Signature(
        id=uuid7(),
        week=week,
        digest=sheet.digest,
        rules=canonical(asdict(sheet.rules)).decode(),
        rows=len(sheet.rows),
        own=sheet.own,
        person=UUID(desk.actor.id),
        name=desk.actor.name,
        note=note,
        signed_at=desk.now(),
    )
    columns: dict[str, Plain] = {k: str(v) if isinstance(v, UUID) else v for k, v in asdict(signature).items() if k not in {"id", "name"}}
    with desk.writing() as pen:
        change = Change("review", signature.id, columns)
        pen.record(Statement(EventType.REVIEW_SIGNED, about=("week", week), changes=(change,)))
        if complete([*sheet.state.signatures, signature]):
            _settle(desk, pen, week)
    return signature


@action("review.remind", Permission.REVIEW_REMIND, EventType.FINDING_OPENED)
def remind(desk: Desk) -> list[str]:
    """Open a finding for each week that ended more than seven days ago, is not signed and has none. Raises NotFound where there is none."""
    agency, _ = _agency(desk.ports)
    wanted = _unsigned(desk.ports)
    if not wanted:
        raise NotFound("every week is signed, or its finding is open")
    with desk.writing() as pen:
        for week in wanted:
            words = f"{_name(week)} is not signed, seven days after its end"
            open_finding(desk, pen, FindingKind.REVIEW_UNSIGNED, ("agency", agency.id), words)
    return wanted


def is_due(ports: Ports) -> bool:
    """Whether a week waits for its finding."""
    return ports.catalog.agency() is not None and bool(_unsigned(ports))


def _signable(desk: Desk, sheet: Sheet, note: str, digest: str) -> None:
    week = sheet.state.week
    if not sheet.state.over:
        raise BadInput(f"the week {week} is not over; it can be signed from its end on")
    if not note or len(note) > _LONGEST_NOTE:
        raise BadInput(f"signing takes a note on what was found, of at most {_LONGEST_NOTE} characters")
    if digest and digest != sheet.digest:
        raise BadInput("the list changed since you read it; read it again and sign what stands there now")
    if any(str(one.person) == desk.actor.id and one.digest == sheet.digest for one in sheet.state.signatures):
        raise BadInput(f"you have signed the week {week} already")
    if sheet.own and sheet.own == len(sheet.rows):
        raise Refused("everything in this week's review concerns your own acts; somebody else must sign it")


def _sheet(desk: Desk, week: str) -> Sheet:
    ports, now = desk.ports, desk.now()
    _, zone = _agency(ports)
    starts, ends = span(week, zone)
    began = ports.reviews.began()
    if began is None or ends <= began or starts > now:
        raise NotFound(f"the log tells nothing of the week {week}")
    seen = _seen(ports, starts, ends)
    rows = judge(seen, ports.review_rules, zone)
    [state] = _states(ports, [week], zone, now)
    signed = [Signed(one, one.digest == _digest(week, rules, judge(seen, rules, zone))) for one, rules in _ruled(state.signatures)]
    return Sheet(state, ports.review_rules, rows, _digest(week, ports.review_rules, rows), about(rows, desk.actor.id), signed)


def _ruled(signatures: Sequence[Signature]) -> Iterator[tuple[Signature, ReviewRules]]:
    return ((one, ReviewRules(**json.loads(one.rules))) for one in signatures)


def _digest(week: str, rules: ReviewRules, rows: Sequence[Row]) -> str:
    """SHA-256 (hex) of the canonical JSON of the list: what docs/custody-format.md, section 7, says of `review`."""
    listed: list[Json] = [{**asdict(row), "events": list(row.events)} for row in rows]
    return hashlib.sha256(canonical({"v": 1, "week": week, "rules": asdict(rules), "rows": listed})).hexdigest()


def _seen(ports: Ports, starts: int, ends: int) -> Seen:
    entries = ports.reviews.entries(TYPES, starts, ends)
    return Seen(entries, ports.reviews.steps_back(starts, ends), _owned(ports, [one for one in entries if one.type == VIEWED]))


def _owned(ports: Ports, viewings: Sequence[TrailEntry]) -> dict[str, Owned]:
    """What the log had told of each viewed item when it was viewed, by the viewing's event: what is decided later changes nothing of it."""
    viewed = {str(one.opened["item"]) for one in viewings if one.opened.get("item")}
    told = {one.id: one for one in (*_told_of(ports, sorted(viewed)), *viewings)}
    facts: dict[tuple[str, str], dict[str, object]] = {}
    owned: dict[str, Owned] = {}
    for entry in sorted(told.values(), key=lambda one: one.seq):
        _fold(entry, facts)
        item = facts.get(("item", str(entry.opened.get("item"))), {})
        recording = facts.get(("recording", str(item.get("recording"))), {})
        if entry.type == VIEWED and recording:
            owned[str(entry.id)] = Owned(str(item["number"]), str(recording.get("officer")), str(recording.get("access_class")))
    return owned


def _told_of(ports: Ports, items: Sequence[str]) -> list[TrailEntry]:
    """The entries that say what these items and their recordings are and were.

    A recording stands in the trail of its first item; the catalog says which items are together now, and so where those of a part went.
    """
    beginnings = ports.reviews.beginnings([UUID(one) for one in items])
    facts: dict[tuple[str, str], dict[str, object]] = {}
    been: dict[str, set[str]] = defaultdict(set)
    for entry in beginnings:
        _fold(entry, facts)
        item = str(entry.opened.get("item"))
        been[item].add(str(facts.get(("item", item), {}).get("recording")))
    lacking = {item for item, recordings in been.items() if any(("recording", one) not in facts for one in recordings)}
    now = {str(facts["item", item]["recording"]) for item in lacking if ("item", item) in facts}
    whole = [found for found in map(ports.catalog.recording, sorted(now)) if found]
    others = ports.reviews.beginnings([item.id for one in whole for item in one.items])
    return [*beginnings, *others, *ports.reviews.categorised(sorted(set().union(*been.values())))]


def _fold(entry: TrailEntry, told: dict[tuple[str, str], dict[str, object]]) -> None:
    data = entry.opened.get("data")
    changes = data.get("set") if isinstance(data, Mapping) else None
    for change in changes if isinstance(changes, list) else ():
        told.setdefault((change["noun"], change["id"]), {}).update(change["columns"])


def _agency(ports: Ports) -> tuple[AgencyFacts, ZoneInfo]:
    agency = ports.catalog.agency()
    if agency is None:
        raise NotFound("this home has no agency yet")
    return agency, ZoneInfo(agency.timezone)


def _weeks(ports: Ports, zone: ZoneInfo, until: int, most: int) -> list[str]:
    began = ports.reviews.began()
    return [] if began is None or until < began else weeks(began, until, zone, most)


def _states(ports: Ports, wanted: Sequence[str], zone: ZoneInfo, now: int) -> list[WeekState]:
    by_week: dict[str, list[Signature]] = {}
    for one in ports.reviews.signatures(wanted):
        by_week.setdefault(one.week, []).append(one)
    found = []
    for week in wanted:
        starts, ends = span(week, zone)
        signatures = by_week.get(week, [])
        found.append(WeekState(week, starts, ends, ends <= now, signatures, complete(signatures)))
    return found


def _unsigned(ports: Ports) -> list[str]:
    """Weeks of the last quarter that ended more than seven days ago, are not signed and have no finding of their own; oldest first."""
    agency, zone = _agency(ports)
    late = ports.now() - PATIENCE_MS
    known = {one.detail.partition(" is not")[0] for one in _findings(ports, agency)}
    states = _states(ports, _weeks(ports, zone, late, _ASKED_WEEKS), zone, late)
    return [one.week for one in reversed(states) if one.over and not one.complete and _name(one.week) not in known]


def _findings(ports: Ports, agency: AgencyFacts) -> list[Finding]:
    return [one for one in ports.catalog.findings_of([agency.id]) if one.kind is FindingKind.REVIEW_UNSIGNED]


def _settle(desk: Desk, pen: Pen, week: str) -> None:
    """The week's finding ends with its signature."""
    agency, _ = _agency(desk.ports)
    for one in _findings(desk.ports, agency):
        if one.closed_at is None and one.detail.startswith(f"{_name(week)} is not"):
            close_by(desk, pen, one, f"signed by {desk.actor.name}")


def _name(week: str) -> str:
    return f"the review of week {week}"
