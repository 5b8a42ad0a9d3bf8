"""What the catalog and the log promise, held on SQLite and on PostgreSQL by the same tests."""

import json
import threading
from dataclasses import replace
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from tests.agency import CONSOLE, Agency, make_agency

from vestige.access.judge import EVERYTHING, HomeFacts, Plan, plan_of
from vestige.access.permissions import Permission
from vestige.access.roles import Role
from vestige.actions import devices, findings, intake, items, people, redaction, release, viewing
from vestige.actions.checking import check
from vestige.actions.intake import Outcome, Sent
from vestige.actions.redaction_plan import Wanted, draw
from vestige.assembly import log_key
from vestige.catalog.models import Assignment, Event, LogState
from vestige.catalog.sequencer import append, sequence
from vestige.custody.events import EventType
from vestige.errors import BadInput, Fault, NotFound, TrailMoved
from vestige.evidence.changes import Change, Statement
from vestige.evidence.items import FindingKind, ItemFilter, ItemStatus
from vestige.evidence.people import Actor, Person
from vestige.evidence.values import Digest, uuid7
from vestige.redaction.geometry import Box, Span
from vestige.redaction.plan import Quality
from vestige_verify.cli import main as verify
from vestige_verify.merkle import verify_consistency, verify_inclusion


@pytest.fixture
def agency(either_database: str, tmp_path: Path) -> Agency:
    """A new home on each database."""
    agency = make_agency(tmp_path)
    assert connection.vendor == either_database
    return agency


def officer(agency: Agency, badge: str) -> Person:
    return people.add(agency.ports, CONSOLE, badge, f"Officer {badge}", [Role.OFFICER])


def taken(agency: Agency, folder: Path, data: bytes, **said: object) -> Outcome:
    path = folder / f"{uuid4()}.bin"
    path.write_bytes(data)
    return intake.receive(agency.ports, agency.actor("evidence custodian"), Sent(path, **said), lambda _: None)  # type: ignore[arg-type]


def test_a_badge_that_no_database_can_hold_is_nobodys(agency: Agency, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="nobody with badge"):
        taken(agency, tmp_path, b"bytes", officer="B\x00")


def test_people_are_found_by_badge_in_any_case_and_by_id(agency: Agency) -> None:
    person = officer(agency, "Qx-7")
    found = agency.ports.catalog.person
    assert found("qX-7") == found(str(person.id)) == person
    assert found("QX-70") is None
    assert found(str(uuid4())) is None
    assert [p.badge for p in agency.ports.catalog.people()] == ["ADMIN", "Qx-7"]
    with pytest.raises(BadInput, match="already"):
        officer(agency, "QX-7")


def test_a_camera_is_in_one_hand_at_a_time_and_its_holder_is_known_for_each_moment(agency: Agency) -> None:
    custodian = agency.actor("evidence custodian")
    one, two = officer(agency, "A1"), officer(agency, "A2")
    camera = devices.register(agency.ports, custodian, "CAM-1", "", "vest")
    devices.assign(agency.ports, custodian, "CAM-1", "A1", 1_000)
    holder = agency.ports.catalog.holder
    assert [holder(camera.id, at) for at in (999, 1_000, 10**12)] == [None, one.id, one.id]
    with pytest.raises(BadInput, match="A1 has the camera"):
        devices.assign(agency.ports, custodian, "CAM-1", "A2", 2_000)
    with pytest.raises(IntegrityError), transaction.atomic():
        Assignment.objects.create(id=uuid7(), device_id=camera.id, person_id=two.id, starts=500, ends=1_001)
    Assignment.objects.create(id=uuid7(), device_id=camera.id, person_id=two.id, starts=500, ends=1_000)
    assert holder(camera.id, 999) == two.id


def test_lists_are_narrowed_by_plan_filter_and_page(agency: Agency, tmp_path: Path) -> None:
    one, two = officer(agency, "L1"), officer(agency, "L2")
    outcomes = [taken(agency, tmp_path, bytes([n]), officer=("L1", "L2")[n % 2], recorded_at=1_000 * n) for n in range(5)]
    ids = [outcome.item for outcome in outcomes]
    catalog = agency.ports.catalog

    def own(person: Person) -> Plan:
        actor = Actor("person", str(person.id), person.name, frozenset({"officer"}), "web")
        return plan_of(actor, Permission.ITEM_LIST, HomeFacts(console_acts=False))

    def listed(plan: Plan = EVERYTHING, **wanted: object) -> list[int]:
        return [ids.index(item.id) for item in catalog.items(plan, ItemFilter(**wanted))]  # type: ignore[arg-type]

    assert listed() == [0, 1, 2, 3, 4]
    assert listed(Plan(())) == []
    assert listed(own(one)) == [0, 2, 4]
    assert listed(officer="l2") == [1, 3]
    assert listed(since=1_000, until=3_000) == [1, 2]
    assert listed(category="none such") == []
    assert listed(status=ItemStatus.ACCESSIONED) == []
    assert listed(status=ItemStatus.QUARANTINED, limit=2) == [0, 1]
    assert listed(before=ids[2]) == [3, 4]
    newest = catalog.recordings(EVERYTHING, ItemFilter(limit=2))
    assert [recording.items[0].id for recording in newest] == ids[:2:-1]
    older = catalog.recordings(own(two), ItemFilter(before=newest[-1].id))
    assert [recording.items[0].id for recording in older] == [ids[1]]
    item, recording = catalog.with_digest(outcomes[3].sha256)[0]
    assert (item.id, recording.officer_badge, recording.recorded_at) == (ids[3], "L2", 3_000)
    assert catalog.item(outcomes[3].number) == catalog.item(str(ids[3])) == item


def test_each_trail_is_a_chain_and_each_of_its_entries_is_proven_by_a_strangers_code(agency: Agency, tmp_path: Path) -> None:
    outcomes = [taken(agency, tmp_path, bytes([n])) for n in range(3)]
    early = sequence()
    early_root = bytes(LogState.objects.get().root)
    items.show_item(agency.ports, agency.actor("auditor"), str(outcomes[0].item))
    note = agency.ports.catalog.checkpoint()
    state = LogState.objects.get()
    root = bytes(state.root)
    assert note.splitlines()[1] == str(state.size) == str(Event.objects.count())
    proofs = agency.ports.catalog.proofs(state.size)
    for outcome in outcomes:
        trail = agency.ports.catalog.trail(outcome.item)
        assert [entry.opened["previous"] for entry in trail] == [None, *(entry.leaf.hex() for entry in trail[:-1])]
        known = agency.ports.catalog.item(str(outcome.item))
        assert known is not None
        assert known.head == trail[-1].leaf
        for entry, proven in zip(trail, proofs.trail(outcome.item), strict=True):
            assert (entry.index, entry.data) == (proven.index, proven.data)
            verify_inclusion(entry.leaf, proven.index, state.size, list(proven.proof), root)
    verify_consistency(early, state.size, proofs.consistency(early), early_root, root)


def test_a_transaction_that_raises_leaves_neither_event_nor_change(agency: Agency, tmp_path: Path) -> None:
    item = taken(agency, tmp_path, b"x").item
    before, known = Event.objects.count(), agency.ports.catalog.item(str(item))
    assert known is not None

    def statement(**other: object) -> Statement:
        return Statement(EventType.ITEM_SHOWN, item=item, **other)  # type: ignore[arg-type]

    def fails(*statements: Statement) -> None:
        with agency.ports.catalog.writing(CONSOLE) as log:
            for one in statements:
                log.record(one)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails(statement(changes=(Change("item", item, {"filename": "another"}),)), statement())
    with pytest.raises(TrailMoved):
        fails(statement(), statement(after=known.head))
    with pytest.raises(Fault, match="there is no item"):
        fails(replace(statement(), item=uuid4()))
    with pytest.raises(Fault, match="says nothing of"):
        fails(Statement(EventType.DEVICE_REGISTERED, changes=(Change("device", uuid7(), {"serial": "half"}),)))
    assert Event.objects.count() == before
    assert agency.ports.catalog.item(str(item)) == known
    assert list(check(agency.ports, CONSOLE)) == []


def test_what_was_written_to_the_log_is_neither_changed_nor_removed(agency: Agency) -> None:
    assert agency.ports.catalog.checkpoint()
    for change in (lambda: Event.objects.update(type="item:shown"), lambda: Event.objects.all().delete()):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()


def test_a_sequencer_that_slept_appends_nothing(agency: Agency) -> None:
    sequence()
    slept = LogState.objects.get()
    people.list_people(agency.ports, CONSOLE)
    waiting = [(e.seq, bytes(e.leaf)) for e in Event.objects.filter(sequenced__isnull=True)]
    assert sequence() == slept.size + len(waiting)
    assert append(slept, waiting) is False
    assert LogState.objects.get().size == slept.size + len(waiting)


def test_numbers_have_no_gaps_and_no_doubles_however_many_ask(agency: Agency) -> None:
    got: list[int] = []

    def ask() -> None:
        try:
            for _ in range(10):
                with transaction.atomic():
                    got.append(agency.ports.catalog.number("contract"))
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == list(range(1, 41))


def test_findings_open_and_close_once(agency: Agency, tmp_path: Path) -> None:
    custodian = agency.actor("evidence custodian")
    outcome = taken(agency, tmp_path, b"y")
    opened = {f.kind: f for f in agency.ports.catalog.findings_of([outcome.item, outcome.recording])}
    doubt = opened[FindingKind.QUARANTINED]
    findings.close(agency.ports, custodian, doubt.id, "looked at it")
    known = agency.ports.catalog.finding(doubt.id)
    assert known is not None
    assert known.end_reason == "looked at it"
    assert known.closed_at is not None
    assert doubt.id not in {f.id for f in agency.ports.catalog.findings(closed=False)}
    assert doubt.id in {f.id for f in agency.ports.catalog.findings(closed=True)}
    with pytest.raises(BadInput, match="closed already"):
        findings.close(agency.ports, custodian, doubt.id, "again")


def test_findings_about_a_recording_are_for_those_who_may_know_of_it(agency: Agency, tmp_path: Path) -> None:
    outcome = taken(agency, tmp_path, b"y")
    about = {outcome.item, outcome.recording}
    [doubt] = [f for f in agency.ports.catalog.findings_of([outcome.item]) if f.kind is FindingKind.QUARANTINED]
    told = {
        role: {f.object_id for f in findings.list_findings(agency.ports, agency.actor(role))}
        for role in ("evidence custodian", "supervisor")
    }
    assert (told["evidence custodian"] >= about, told["supervisor"] & about) == (True, set())
    with pytest.raises(NotFound, match=f"there is no finding {doubt.id}"):
        findings.close(agency.ports, agency.actor("supervisor"), doubt.id, "none of mine")
    findings.close(agency.ports, agency.actor("evidence custodian"), doubt.id, "looked at it")


def test_an_intake_is_remembered_until_it_ends_once(agency: Agency) -> None:
    item, sealed = uuid7(), uuid7()
    agency.ports.catalog.begin_intake(item, sealed, "/card/clip.mp4", 5)
    assert agency.ports.catalog.intakes() == [(item, sealed)]
    assert [agency.ports.catalog.end_intake(item) for _ in range(2)] == [True, False]
    assert agency.ports.catalog.intakes() == []


def test_a_viewing_keeps_the_most_that_was_told_of_it(agency: Agency, tmp_path: Path) -> None:
    person = replace(agency.actor("records analyst"), session="ab" * 8)
    item = taken(agency, tmp_path, b"z").item
    seen = viewing.start(agency.ports, person, str(item), "to look", "C-1")
    viewing.end(agency.ports, person, replace(seen, served_bytes=2**40, served_ms=7, played_ms=5))
    known = agency.ports.catalog.viewing(seen.id)
    assert known is not None
    assert (known.case, known.served_bytes, known.served_ms, known.played_ms) == ("C-1", 2**40, 7, 5)
    assert known.ended_at is not None
    events = [entry.type for entry in agency.ports.catalog.trail(item)]
    assert events[-2:] == ["viewing:started", "viewing:ended"]


def test_the_main_job_from_card_to_release(agency: Agency, footage: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    custodian = agency.actor("evidence custodian")
    sent = Sent(footage / "hamilton_short.mp4")
    item = intake.receive(agency.ports, custodian, sent, lambda _: None).item
    boxes = ((Box(100, 80, 64, 48), Span(1000, 3000)),)
    wanted = Wanted("b6", faces=False, boxes=boxes, mutes=(Span(500, 1500),), quality=Quality.STANDARD)
    plan = str(draw(agency.ports, agency.actor("redactor"), str(item), wanted, lambda _: None)[0].id)
    redaction.review(agency.ports, agency.actor("records analyst"), plan, None)
    redaction.approve(agency.ports, agency.actor("release approver"), plan)
    redaction.render(agency.ports, agency.actor("redactor"), plan, lambda _: None)
    facts = agency.ports.catalog.redaction(plan)
    assert facts is not None
    assert facts.state == "rendered"
    assert isinstance(facts.rendered, UUID)
    out = tmp_path / "out"
    release.release(agency.ports, agency.actor("release approver"), plan, out, watched=True)
    assert verify([str(out), "--json", "--key", log_key(agency.home)]) == 0
    assert json.loads(capsys.readouterr().out)["signer"] == "pinned"
    assert list(check(agency.ports, CONSOLE)) == []


def test_a_changed_column_of_evidence_is_named(agency: Agency, tmp_path: Path) -> None:
    item = taken(agency, tmp_path, b"w").item
    with connection.cursor() as cursor:
        cursor.execute("UPDATE catalog_evidenceitem SET sha256 = %s", [Digest("0" * 64).value])
    named = {(fault.what, fault.object) for fault in check(agency.ports, CONSOLE)}
    assert ("the column sha256 is not what the log says", f"item {item}") in named
