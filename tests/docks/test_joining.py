"""Two docks sent one activation of a camera in parts, and a person joins them: on both databases."""

import io
from pathlib import Path
from uuid import UUID

import pytest
from tests.agency import CONSOLE, Agency, make_agency

from vestige.access.roles import Role
from vestige.actions import (
    agency_shape,
    chasing,
    correcting,
    device_faults,
    devices,
    dock_intake,
    dock_words,
    docks,
    intake,
    items,
    joining,
    marking,
    people,
    review,
    viewing,
)
from vestige.actions.checking import check
from vestige.actions.dock_intake import Sending
from vestige.actions.door import Desk
from vestige.actions.intake import Sent
from vestige.catalog.models import Event, EvidenceItem, Recording
from vestige.errors import BadInput, NotFound, Refused, Unavailable
from vestige.evidence.access import Mark
from vestige.evidence.docks import Dock
from vestige.evidence.items import FindingKind, ItemFilter
from vestige.evidence.items import Recording as Known
from vestige.evidence.people import Actor, system
from vestige.ingest.axis.names import container_name, object_name

NAME = "_CAM1_20260101T100000Z"


@pytest.fixture
def agency(tmp_path: Path, either_database: str) -> Agency:  # noqa: ARG001  # which database is the fixture's business
    return make_agency(tmp_path)


def connected(agency: Agency, name: str, container: str = NAME) -> Dock:
    dock = docks.connect(agency.ports, agency.actor("administrator"), name)[0]
    dock_words.put_small(agency.ports, dock.actor(), container_name("Devices"), dock_words.Small(object_name("CAM1"), b"", "0" * 32))
    dock_words.describe(agency.ports, dock.actor(), container_name(container), {}, make=True)
    return dock


def send(agency: Agency, dock: Dock, name: str, container: str = NAME, **said: str) -> EvidenceItem:
    sending = Sending(container_name(container), object_name(name), said, io.BytesIO(f"{dock.name} {name}".encode()))
    return EvidenceItem.objects.get(id=dock_intake.receive(agency.ports, dock.actor(), sending).item)


def join(agency: Agency, part: str, whole: str, reason: str = "one activation, docked twice") -> joining.Joined:
    return joining.join(agency.ports, agency.actor("evidence custodian"), part, whole, reason)


def test_the_whole_shows_both_docks_segments_and_the_trails_hold(agency: Agency) -> None:
    first, second = connected(agency, "First"), connected(agency, "Second")
    one = send(agency, first, "20260101_100000_a.mp4")
    other = send(agency, second, "20260101_100100_b.mp4")
    send(agency, second, "bookmark_20260101T100115Z_1", CategoryID="use of force")
    numbers = sorted(Recording.objects.values_list("number", flat=True))
    custodian = agency.actor("evidence custodian")
    shown = items.show_recording(agency.ports, custodian, numbers[1])
    assert [found.number for found in shown.elsewhere] == numbers[:1]
    assert FindingKind.RECORDING_ELSEWHERE in {found.kind for found in shown.findings}
    before = Event.objects.filter(item=other.id).count()

    done = join(agency, numbers[1], numbers[0])
    assert (done.number, len(done.items)) == (numbers[0], 2)
    whole = items.show_recording(agency.ports, custodian, numbers[0])
    assert [item.id for item in whole.recording.segments] == [one.id, other.id]
    assert [item.attached for item in whole.recording.attached] == ["bookmark"]
    assert (whole.recording.category, whole.recording.access_class) == ("use of force", "restricted")
    closed = [found for found in whole.findings if found.kind is FindingKind.RECORDING_ELSEWHERE]
    assert closed
    assert all(found.closed_at for found in closed)
    assert whole.elsewhere == []
    trail = items.read_trail(agency.ports, custodian, str(other.id))[1]
    assert (len(trail), trail[-1].type) == (before + 1, "recording:joined")
    assert agency.ports.vault.digest(other.id, agency.object_of(other.id)).value == other.sha256

    emptied = items.show_recording(agency.ports, custodian, numbers[1])
    assert (emptied.into, emptied.recording.items) == (numbers[0], ())
    with pytest.raises(NotFound, match="holds nothing any more"):
        device_faults.mark_test(agency.ports, custodian, numbers[1], test=True)
    assert [found.number for found in items.list_recordings(agency.ports, custodian, ItemFilter())] == numbers[:1]
    late = send(agency, second, "20260101_100200_c.mp4")
    assert str(late.recording_id) == str(whole.recording.id)
    assert devices.show(agency.ports, custodian, "CAM1").seen.dock == "Second", "the dock that it came by, whatever was joined"
    assert whole.recording.incomplete
    for dock in (first, second):
        dock_words.describe(agency.ports, dock.actor(), container_name(NAME), {"Status": "Complete"}, make=False)
    assert not items.show_recording(agency.ports, custodian, numbers[0]).recording.incomplete
    assert check(agency.ports, CONSOLE) == []
    with pytest.raises(BadInput, match="joined before"):
        join(agency, numbers[1], numbers[0])


def test_the_weekly_review_knows_what_the_part_was_before_the_join(agency: Agency) -> None:
    first, second = connected(agency, "First"), connected(agency, "Second")
    send(agency, first, "20260101_100000_a.mp4")
    send(agency, second, "20260101_100100_b.mp4")
    other = send(agency, second, "20260101_100200_c.mp4")
    viewer, numbers = agency.actor("evidence custodian"), sorted(Recording.objects.values_list("number", flat=True))
    viewing.start(agency.ports, viewer, other.number, "before")
    send(agency, first, "bookmark_20260101T100015Z_1", CategoryID="use of force")
    join(agency, numbers[1], numbers[0])
    viewing.start(agency.ports, viewer, other.number, "after")
    started = agency.ports.reviews.entries(["viewing:started"], 0, agency.clock.at + 1)
    owned = review._owned(agency.ports, started)  # what the weekly list is drawn from
    assert [owned[str(one.id)].access_class for one in started] == ["unrestricted", "restricted"]


def test_what_is_missing_is_asked_of_the_whole(agency: Agency) -> None:
    said = {"StartTime": "20260101T100000Z", "StopTime": "20260101T100200Z"}
    first, second = connected(agency, "First"), connected(agency, "Second")
    send(agency, first, "20260101_100000_a.mp4", StartTime="20260101T100000Z", StopTime="20260101T100100Z")
    send(agency, second, "20260101_100100_b.mp4", StartTime="20260101T100100Z", StopTime="20260101T100200Z")

    def complete() -> None:
        for dock in (first, second):
            dock_words.describe(agency.ports, dock.actor(), container_name(NAME), {"Status": "Complete", **said}, make=False)

    def told() -> list[str]:
        return [one.detail for one in agency.ports.catalog.findings(closed=False) if one.kind is FindingKind.CLIPS_MISSING]

    complete()
    assert sorted(told()) == ["no clip covers 10:00:00 to 10:01:00 UTC", "no clip covers 10:01:00 to 10:02:00 UTC"]
    numbers = sorted(Recording.objects.values_list("number", flat=True))
    join(agency, numbers[1], numbers[0])
    assert told() == []
    complete()
    assert told() == []
    assert check(agency.ports, CONSOLE) == []


def test_what_is_told_of_the_part_is_told_of_the_whole_and_ends_with_it(agency: Agency) -> None:
    custodian = agency.actor("evidence custodian")
    for badge in ("O1", "O2"):
        people.add(agency.ports, CONSOLE, badge, f"Officer {badge}", [Role.OFFICER])
    first, second = connected(agency, "First"), connected(agency, "Second")
    devices.assign(agency.ports, custodian, "CAM1", "O1", 1_767_000_000_000)
    send(agency, first, "20260101_100000_a.mp4")
    dock_words.describe(agency.ports, second.actor(), container_name(NAME), {"UserID": "O2"}, make=False)
    send(agency, second, "20260101_100100_b.mp4")
    agency.clock.at += 2 * chasing.PATIENCE_MS
    dock_words.describe(agency.ports, first.actor(), container_name(NAME), {"Status": "Complete"}, make=False)
    chasing.chase(agency.ports, system("docks"))
    numbers = sorted(Recording.objects.values_list("number", flat=True))
    whole, part = (Recording.objects.get(number=number).id for number in numbers)
    join(agency, numbers[1], numbers[0])

    def told(of: UUID) -> set[FindingKind]:
        return {one.kind for one in agency.ports.catalog.open_findings_of([of], *FindingKind)}

    assert told(part) == set()
    assert told(whole) == {FindingKind.OFFICER_DIFFERS, FindingKind.RECORDING_INCOMPLETE}
    correcting.correct(agency.ports, custodian, numbers[0], "O2 borrowed it", officer="O2")
    correcting.correct(agency.ports, custodian, numbers[0], "no, it was O1", officer="O1")
    assert told(whole) == {FindingKind.RECORDING_INCOMPLETE}
    dock_words.describe(agency.ports, second.actor(), container_name(NAME), {"Status": "Complete"}, make=False)
    assert told(whole) == set()
    assert check(agency.ports, CONSOLE) == []


def test_whoever_was_corrected_away_from_the_part_gets_nothing_of_the_whole(agency: Agency, tmp_path: Path) -> None:
    custodian = agency.actor("evidence custodian")
    for badge in ("O1", "O2"):
        people.add(agency.ports, CONSOLE, badge, f"Officer {badge}", [Role.OFFICER])
    first, second = connected(agency, "First"), connected(agency, "Second")
    for dock, badge in ((first, "O2"), (second, "O1")):
        dock_words.describe(agency.ports, dock.actor(), container_name(NAME), {"UserID": badge}, make=False)
    send(agency, first, "20260101_100000_a.mp4")
    other = send(agency, second, "20260101_100100_b.mp4")
    numbers = sorted(Recording.objects.values_list("number", flat=True))
    correcting.correct(agency.ports, custodian, numbers[1], "O2 wore it all the time", officer="O2")
    join(agency, numbers[1], numbers[0])
    agency_shape.import_file(agency.ports, CONSOLE, b"kind,code,name\nperson,O1,Another Name\n")
    officer = agency.ports.catalog.person("O1")
    assert officer is not None
    path = tmp_path / "b.mp4"
    path.write_bytes(b"Second 20260101_100100_b.mp4")
    actor = Actor("person", str(officer.id), "Officer O1 (O1)", officer.roles, "console")
    again = intake.receive(agency.ports, actor, Sent(path, device="CAM1"), lambda _: None)
    assert (again.status, again.item) == ("duplicate", other.id)


def test_marks_go_to_the_whole_and_no_join_comes_between_a_look_and_its_mark(agency: Agency, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = connected(agency, "First"), connected(agency, "Second")
    send(agency, first, "20260101_100000_a.mp4")
    send(agency, second, "20260101_100100_b.mp4")
    numbers, custodian = sorted(Recording.objects.values_list("number", flat=True)), agency.actor("evidence custodian")
    marking.mark(agency.ports, custodian, numbers[1], ["juvenile"], "a child is seen")
    look, joined = marking.find_recording, []

    def joined_meanwhile(desk: Desk, ref: str) -> Known:
        found = look(desk, ref)
        if not joined:
            joined.append(join(agency, numbers[1], numbers[0]))
        return found

    monkeypatch.setattr(marking, "find_recording", joined_meanwhile)
    with pytest.raises(Unavailable, match="changed just now"):
        marking.mark(agency.ports, custodian, numbers[1], ["sealed"], "by order of the court")
    whole = agency.ports.catalog.recording(numbers[0])
    assert whole is not None
    assert whole.marks == {Mark.JUVENILE}
    marking.mark(agency.ports, custodian, numbers[0], ["sealed"], "by order of the court")
    assert items.show_recording(agency.ports, custodian, numbers[1]).into == numbers[0]
    assert items.show_recording(agency.ports, agency.actor("records analyst"), numbers[1]).into == ""
    assert check(agency.ports, CONSOLE) == []


def test_a_join_that_moves_the_time_brings_the_unit_of_that_time(agency: Agency) -> None:
    rows = b"kind,code,name,within,part,from,until,roles\nteam,B1,First,,,,,\nteam,B2,Second,,,,,\n"
    then, later = b"person,O1,Pat,B1,,2025-12-01,,officer\n", b"person,O1,Pat,B2,,2026-01-02,,officer\n"
    agency_shape.import_file(agency.ports, CONSOLE, rows + then)
    agency_shape.import_file(agency.ports, CONSOLE, rows + later)
    first, second = connected(agency, "First"), connected(agency, "Second")
    for dock in (first, second):
        dock_words.describe(agency.ports, dock.actor(), container_name(NAME), {"UserID": "O1"}, make=False)
    send(agency, first, "20260101_100000_a.mp4")
    send(agency, second, "20260101_100100_b.mp4")
    numbers, custodian = sorted(Recording.objects.values_list("number", flat=True)), agency.actor("evidence custodian")
    assert set(Recording.objects.values_list("unit__code", flat=True)) == {"B1"}
    correcting.correct(agency.ports, custodian, numbers[1], "the clock was two days behind", recorded_at=1_767_434_400_000)
    join(agency, numbers[1], numbers[0])
    assert Recording.objects.get(number=numbers[0]).unit.code == "B2"
    assert check(agency.ports, CONSOLE) == []


def test_corrected_times_go_to_the_whole_and_must_agree(agency: Agency) -> None:
    first, second = connected(agency, "First"), connected(agency, "Second")
    send(agency, first, "20260101_100000_a.mp4")
    send(agency, second, "20260101_100100_b.mp4")
    numbers, custodian = sorted(Recording.objects.values_list("number", flat=True)), agency.actor("evidence custodian")
    at = agency.ports.now() - 90_000
    correcting.correct(agency.ports, custodian, numbers[1], "the clock was wrong", recorded_at=at)
    correcting.correct(agency.ports, custodian, numbers[0], "the clock was wrong", recorded_at=at + 1)
    with pytest.raises(BadInput, match="corrected to different ones"):
        join(agency, numbers[1], numbers[0])
    correcting.correct(agency.ports, custodian, numbers[0], "the same", recorded_at=at)
    join(agency, numbers[1], numbers[0])
    shown = items.show_recording(agency.ports, custodian, numbers[0])
    assert (shown.recording.known_at, len(shown.corrections)) == (at, 3)
    assert check(agency.ports, CONSOLE) == []


def test_what_is_not_one_activation_or_not_agreed_is_not_joined(agency: Agency) -> None:
    first, second = connected(agency, "First"), connected(agency, "Second")
    later = NAME.replace("100000", "110000")
    dock_words.describe(agency.ports, second.actor(), container_name(later), {}, make=True)
    a = Recording.objects.get(id=send(agency, first, "bookmark_1_1", CategoryID="arrest").recording_id)
    b = Recording.objects.get(id=send(agency, second, "bookmark_1_2", CategoryID="training").recording_id)
    third = connected(agency, "Third")
    d = Recording.objects.get(id=send(agency, third, "bookmark_1_4").recording_id)
    c = Recording.objects.get(id=send(agency, second, "bookmark_1_3", later).recording_id)
    with pytest.raises(BadInput, match="one camera and one trigger time"):
        join(agency, c.number, a.number)
    with pytest.raises(BadInput, match="one camera and one trigger time"):
        join(agency, a.number, a.number)
    with pytest.raises(BadInput, match="decide on one first"):
        join(agency, b.number, a.number)
    with pytest.raises(BadInput, match="takes a reason"):
        join(agency, d.number, a.number, " ")
    with pytest.raises(NotFound):
        join(agency, b.number, "R-2026-000099")
    for role in ("administrator", "supervisor", "officer"):
        with pytest.raises(Refused):
            joining.join(agency.ports, agency.actor(role), b.number, a.number, "because")
    assert not Event.objects.filter(type="recording:joined").exists()
    assert {one.recording_id for one in EvidenceItem.objects.all()} == {a.id, b.id, c.id, d.id}
    assert check(agency.ports, CONSOLE) == []
