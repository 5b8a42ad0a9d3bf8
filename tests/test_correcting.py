"""Who recorded, by one rule for every way in; and officers and times that are corrected, with the camera's own word kept."""

from itertools import product
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from tests.agency import CONSOLE, START, Agency, make_agency
from tests.media.worlds import Clip
from vestige.access.judge import EVERYTHING, HomeFacts, plan_of
from vestige.access.permissions import Permission
from vestige.access.roles import Role
from vestige.actions import correcting, devices, intake, items, people
from vestige.actions.checking import check
from vestige.actions.intake import Outcome, Sent
from vestige.errors import BadInput, NotFound, Refused
from vestige.evidence.attribution import Attribution, who_recorded
from vestige.evidence.items import FindingKind, ItemFilter, Recording
from vestige.evidence.people import Actor
from vestige.ingest.card import Card, Wishes, read_card

DAY = 86_400_000


@pytest.fixture
def agency(either_database: str, tmp_path: Path) -> Agency:  # noqa: ARG001  # which database is the fixture's business
    agency = make_agency(tmp_path)
    for badge in ("O1", "O2", "O3"):
        people.add(agency.ports, CONSOLE, badge, f"Officer {badge}", [Role.OFFICER])
    custodian = agency.actor("evidence custodian")
    devices.register(agency.ports, custodian, "CAM1")
    devices.assign(agency.ports, custodian, "CAM1", "O1", START - 10 * DAY, START - 5 * DAY)
    devices.assign(agency.ports, custodian, "CAM1", "O2", START - 5 * DAY)
    return agency


def person(agency: Agency, badge: str) -> Actor:
    found = agency.ports.catalog.person(badge)
    assert found is not None
    return Actor("person", str(found.id), f"{found.name} ({badge})", found.roles, "console")


def taken(agency: Agency, folder: Path, at: int | None, officer: str | None = None, device: str | None = "CAM1") -> Recording:
    path = folder / f"{uuid4()}.bin"
    path.write_bytes(uuid4().bytes)
    sent = Sent(path, device=device, officer=officer, recorded_at=at)
    outcome = intake.receive(agency.ports, agency.actor("evidence custodian"), sent, lambda _: None)
    return known(agency, outcome.recording)


def known(agency: Agency, ref: UUID) -> Recording:
    found = agency.ports.catalog.recording(str(ref))
    assert found is not None
    return found


def doubts(agency: Agency, recording: Recording) -> set[FindingKind]:
    return {one.kind for one in agency.ports.catalog.findings_of([recording.id]) if one.closed_at is None}


def test_a_persons_word_then_the_register_then_the_camera_systems() -> None:
    one, two, three = uuid4(), uuid4(), uuid4()
    for stated, holder, told in product((None, one), (None, one, two), (None, one, three)):
        found = who_recorded(holder=holder, stated=stated, told=told)
        assert found.officer == next((who for who in (stated, holder, told) if who), None)
        assert found.differs == (holder is not None and any(who not in {None, holder} for who in (stated, told)))
    assert who_recorded(holder=None, told=three) == Attribution(three, differs=False)


def test_the_officer_follows_from_device_and_time_and_somebody_else_is_flagged(agency: Agency, tmp_path: Path) -> None:
    for at, officer, badge, flagged in (
        (START - 6 * DAY, None, "O1", False),
        (START - 4 * DAY, None, "O2", False),
        (START - 6 * DAY, "O1", "O1", False),
        (START - 6 * DAY, "O2", "O2", True),
        (START - 11 * DAY, "O2", "O2", False),
    ):
        recording = taken(agency, tmp_path, at, officer)
        assert recording.officer_badge == badge
        assert (FindingKind.OFFICER_DIFFERS in doubts(agency, recording)) == flagged, (at, officer)
    assert FindingKind.CAMERA_WITHOUT_OFFICER in doubts(agency, taken(agency, tmp_path, START - 11 * DAY))


def test_an_officer_is_corrected_and_the_trail_shows_both(agency: Agency, tmp_path: Path) -> None:
    custodian, recording = agency.actor("evidence custodian"), taken(agency, tmp_path, START - 6 * DAY, "O2")
    item = recording.items[0]
    corrected = correcting.correct(agency.ports, custodian, item.number, "  Wrong badge typed ", officer="o1")
    assert (corrected.officer_badge, corrected.recorded_at, corrected.corrected_at) == ("O1", START - 6 * DAY, None)
    assert FindingKind.OFFICER_DIFFERS not in doubts(agency, recording)
    [told] = items.show_recording(agency.ports, custodian, str(recording.id)).corrections
    assert (told.field, told.was, told.becomes, told.reason) == ("officer", "Officer O2 (O2)", "Officer O1 (O1)", "Wrong badge typed")
    entry = agency.ports.catalog.trail(item.id)[-1]
    assert entry.type == "recording:corrected"
    assert entry.opened["purpose"] == {"reason": "Wrong badge typed", "case": None}
    data = entry.opened["data"]
    assert isinstance(data, dict)
    assert (data["officer_was"], data["officer_corrected"]) == ("Officer O2 (O2)", "Officer O1 (O1)")
    owner = agency.ports.catalog.person("O1")
    assert owner is not None
    mine = plan_of(
        Actor("person", str(owner.id), "Owner", frozenset({"officer"}), "web"), Permission.ITEM_LIST, HomeFacts(console_acts=True)
    )
    assert [one.id for one in agency.ports.catalog.recordings(mine, ItemFilter())] == [recording.id]
    assert check(agency.ports, CONSOLE) == []


def test_whoever_was_corrected_away_reads_the_same_card_again_and_gets_nothing_of_their_own(agency: Agency, tmp_path: Path) -> None:
    card = tmp_path / "card"
    card.mkdir()
    (card / "MOV_0001.mp4").write_bytes(Clip(frames=20).data())
    (card / "MOV_0001.srt").write_text("1\n00:00:00,000 --> 00:00:01,000\nF/2.8\n")
    first, second = person(agency, "O1"), person(agency, "O2")

    def read(actor: Actor, officer: str | None = None) -> list[tuple[str, UUID]]:
        wishes = Wishes(device="CAM1", officer=officer)
        outcomes = list(read_card(agency.ports, actor, Card.find([card]), wishes, lambda _: None))
        assert all(isinstance(one, Outcome) for one in outcomes), outcomes
        return [(one.status, one.recording) for one in outcomes if isinstance(one, Outcome)]

    [(_, recording), (_, again)] = read(first)
    assert again == recording
    custodian = agency.actor("evidence custodian")
    correcting.correct(agency.ports, custodian, str(recording), "It was O2's", officer="O2")
    here = [("duplicate", recording)] * 2
    assert read(first) == read(second) == read(custodian, "O1") == read(custodian, "O2") == here
    assert agency.ports.catalog.recordings(plan_of(first, Permission.ITEM_LIST, HomeFacts(console_acts=True)), ItemFilter()) == []
    with pytest.raises(NotFound):
        items.show_recording(agency.ports, first, str(recording))
    correcting.correct(agency.ports, custodian, str(recording), "It was an administrator's", officer="ADMIN")
    assert read(first) == read(second) == here
    assert [status for status, _ in read(custodian, "O3")] == ["accessioned", "accessioned"], "somebody who never had it brings their own"
    assert check(agency.ports, CONSOLE) == []


def test_a_time_is_corrected_and_the_cameras_own_stays(agency: Agency, tmp_path: Path) -> None:
    custodian, recording = agency.actor("evidence custodian"), taken(agency, tmp_path, START - 6 * DAY)
    at = START - 2 * DAY
    corrected = correcting.correct(agency.ports, custodian, recording.number, "Clock was set wrong", recorded_at=at)
    assert (corrected.recorded_at, corrected.corrected_at, corrected.known_at) == (START - 6 * DAY, at, at)
    assert corrected.officer_badge == "O1", "a time alone moves nobody's footage"
    assert FindingKind.OFFICER_DIFFERS in doubts(agency, recording)
    again = correcting.correct(agency.ports, custodian, recording.number, "Both were wrong", recorded_at=at + 1, officer="O2")
    assert (again.officer_badge, again.corrected_at) == ("O2", at + 1)
    assert FindingKind.OFFICER_DIFFERS not in doubts(agency, recording)
    assert [one.field for one in agency.ports.catalog.corrections(recording.id)] == ["recorded_at", "officer", "recorded_at"]

    def found(since: int, until: int) -> list[UUID]:
        return [one.id for one in agency.ports.catalog.recordings(EVERYTHING, ItemFilter(since=since, until=until))]

    assert found(at, at + 2) == found(START - 6 * DAY, START - 6 * DAY + 1) == [recording.id]
    assert found(START - 3 * DAY, START - 2 * DAY) == []
    assert check(agency.ports, CONSOLE) == []


def test_whoever_is_named_is_compared_with_the_register_at_the_time_that_is_known(agency: Agency, tmp_path: Path) -> None:
    custodian, recording = agency.actor("evidence custodian"), taken(agency, tmp_path, START - 6 * DAY, "O2")

    def told() -> list[str]:
        return [one.detail for one in agency.ports.catalog.open_findings_of([recording.id], FindingKind.OFFICER_DIFFERS)]

    assert told() == ["O2 is named; the camera CAM1 was with O1 then"]
    correcting.correct(agency.ports, custodian, recording.number, "Clock", recorded_at=START - 4 * DAY)
    assert told() == [], "O2 had it at the corrected time"
    correcting.correct(agency.ports, custodian, recording.number, "Badge", officer="O3")
    assert told() == ["O3 is named; the camera CAM1 was with O2 then"]
    correcting.correct(agency.ports, custodian, recording.number, "Clock", recorded_at=START - 7 * DAY)
    assert told() == ["O3 is named; the camera CAM1 was with O1 then"]
    correcting.correct(agency.ports, custodian, recording.number, "Clock", recorded_at=START - 11 * DAY)
    assert told() == [], "nobody had it then"
    assert check(agency.ports, CONSOLE) == []


def test_what_is_entered_of_the_register_afterwards_is_compared_with_what_came_in_before(agency: Agency, tmp_path: Path) -> None:
    custodian = agency.actor("evidence custodian")
    named, unnamed = taken(agency, tmp_path, START - 12 * DAY, "O3"), taken(agency, tmp_path, START - 12 * DAY)
    theirs = taken(agency, tmp_path, START - DAY)

    def told(recording: Recording) -> list[str]:
        return [one.detail for one in agency.ports.catalog.open_findings_of([recording.id], FindingKind.OFFICER_DIFFERS)]

    assert told(named) == told(unnamed) == told(theirs) == []
    devices.assign(agency.ports, custodian, "CAM1", "O1", START - 13 * DAY, START - 11 * DAY)
    assert told(named) == ["O3 is named; the camera CAM1 was with O1 then"]
    assert told(unnamed) == ["nobody is named; the camera CAM1 was with O1 then"]
    devices.give_back(agency.ports, custodian, "CAM1", START - 2 * DAY)
    assert told(theirs) == [], "nobody had it then"
    devices.assign(agency.ports, custodian, "CAM1", "O3", START - 2 * DAY)
    assert told(theirs) == ["O2 is named; the camera CAM1 was with O3 then"]
    devices.give_back(agency.ports, custodian, "CAM1", START - DAY - 1)
    assert told(theirs) == [], "O3 had brought it back"
    assert check(agency.ports, CONSOLE) == []


def test_a_correction_takes_permission_reason_and_something_to_correct(agency: Agency, tmp_path: Path) -> None:
    recording = taken(agency, tmp_path, START - 6 * DAY)

    def correct(actor: str = "evidence custodian", ref: str = recording.number, reason: str = "Why", **more: object) -> None:
        correcting.correct(agency.ports, agency.actor(actor), ref, reason, **more)  # type: ignore[arg-type]

    for role in ("officer", "supervisor", "auditor", "administrator", "redactor"):
        with pytest.raises(Refused):
            correct(role, officer="O2")
    with pytest.raises(BadInput, match="takes a reason"):
        correct(reason="  ", officer="O2")
    with pytest.raises(BadInput, match="nothing to correct"):
        correct()
    with pytest.raises(BadInput, match="nothing to correct"):
        correct(officer="O1", recorded_at=START - 6 * DAY)
    with pytest.raises(BadInput, match="nobody with badge"):
        correct(officer="O9")
    with pytest.raises(BadInput, match="a time that was"):
        correct(recorded_at=START + 10 * DAY)
    with pytest.raises(NotFound):
        correct(ref="R-1999-000001", officer="O2")
    assert known(agency, recording.id) == recording
    assert agency.ports.catalog.corrections(recording.id) == []
