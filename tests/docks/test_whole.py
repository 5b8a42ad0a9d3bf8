"""Whether all of a recording came, and whether clocks were right: findings that come, and go by themselves when their cause does."""

import io
import json
import random
from dataclasses import replace
from pathlib import Path

import pytest
from tests.agency import CONSOLE, Agency, make_agency
from tests.budget import examples

from vestige.access.roles import Role
from vestige.actions import chasing, correcting, devices, dock_intake, dock_words, docks, findings, people
from vestige.actions.checking import check
from vestige.actions.dock_intake import Sending
from vestige.catalog.models import Event, Recording
from vestige.evidence import items as nouns
from vestige.evidence.completeness import SLACK_MS, holes
from vestige.evidence.docks import Dock
from vestige.evidence.items import FindingKind
from vestige.evidence.people import system
from vestige.ingest.axis.names import container_name, object_name

NAME = "_CAM1_20260101T100030Z"
SAID = {"StartTime": "20260101T100000Z", "TriggerOnTime": "20260101T100030Z", "StopTime": "20260101T100200Z", "FirmwareVersion": "1.2.3"}
FULL = 2_000


@pytest.fixture
def agency(tmp_path: Path, either_database: str) -> Agency:  # noqa: ARG001  # which database is the fixture's business
    agency = make_agency(tmp_path)
    devices.register(agency.ports, agency.actor("evidence custodian"), "CAM1")
    return agency


@pytest.fixture
def dock(agency: Agency) -> Dock:
    dock = docks.connect(agency.ports, agency.actor("administrator"), "Dock")[0]
    describe(agency, dock, make=True, **SAID)
    return dock


def describe(agency: Agency, dock: Dock, *, make: bool = False, **said: str) -> None:
    dock_words.describe(agency.ports, dock.actor(), container_name(NAME), said, make=make)


def send(agency: Agency, dock: Dock, name: str, data: bytes = b"", **said: str) -> None:
    body = io.BytesIO(data or name.encode())
    dock_intake.receive(agency.ports, dock.actor(), Sending(container_name(NAME), object_name(name), said, body))


def clip(agency: Agency, dock: Dock, begin: str, end: str) -> None:
    send(agency, dock, f"20260101_{begin}_x.mp4", StartTime=f"20260101T{begin}Z", StopTimeISO=f"2026-01-01T{end[:2]}:{end[2:4]}:{end[4:]}Z")


def told(agency: Agency, kind: FindingKind, *, closed: bool = False) -> list[str]:
    return [one.detail for one in agency.ports.catalog.findings(closed=closed) if one.kind is kind]


def recording(agency: Agency) -> nouns.Recording:
    found = agency.ports.catalog.recording(str(Recording.objects.get().id))
    assert found is not None
    return found


def test_a_missing_clip_is_told_when_the_dock_calls_it_complete_and_no_more_when_it_comes(agency: Agency, dock: Dock) -> None:
    clip(agency, dock, "100040", "100100")
    assert told(agency, FindingKind.CLIPS_MISSING) == []
    describe(agency, dock, Status="Complete")
    [words] = told(agency, FindingKind.CLIPS_MISSING)
    assert words == "no clip covers 10:00:00 to 10:00:40 UTC (begins in the pre-event buffer), 10:01:00 to 10:02:00 UTC"
    clip(agency, dock, "100059", "100201")
    assert told(agency, FindingKind.CLIPS_MISSING) == ["no clip covers 10:00:00 to 10:00:40 UTC (begins in the pre-event buffer)"]
    clip(agency, dock, "100000", "100039")
    assert told(agency, FindingKind.CLIPS_MISSING) == []
    [last, first] = [one for one in agency.ports.catalog.findings(closed=True) if one.kind is FindingKind.CLIPS_MISSING]
    assert (last.end_reason, first.end_reason) == ("it came in after all", "a part of it came in; what is still missing is told anew")
    assert Event.objects.filter(type="finding:closed").count() == 2
    assert check(agency.ports, CONSOLE) == []


def test_a_clip_that_tells_no_time_begins_at_the_trigger(agency: Agency, dock: Dock) -> None:
    send(agency, dock, "a.mp4")
    describe(agency, dock, Status="Complete")
    assert told(agency, FindingKind.CLIPS_MISSING) == ["no clip covers 10:00:00 to 10:00:30 UTC (begins in the pre-event buffer)"]


def test_what_is_told_of_a_clip_later_counts(agency: Agency, dock: Dock) -> None:
    clip(agency, dock, "100000", "100100")
    describe(agency, dock, Status="Complete")
    assert told(agency, FindingKind.CLIPS_MISSING) == ["no clip covers 10:01:00 to 10:02:00 UTC"]
    said = {"StartTime": "20260101T100000Z", "StopTime": "20260101T100200Z"}
    dock_words.describe_object(agency.ports, dock.actor(), container_name(NAME), object_name("20260101_100000_x.mp4"), said)
    assert told(agency, FindingKind.CLIPS_MISSING) == []
    assert check(agency.ports, CONSOLE) == []


def test_two_containers_that_tell_different_times_say_one_thing_whichever_is_looked_at(agency: Agency, dock: Dock) -> None:
    other = container_name("O1" + NAME)
    dock_words.describe(agency.ports, dock.actor(), other, {**SAID, "StopTime": "20260101T100300Z"}, make=True)
    clip(agency, dock, "100000", "100100")
    dock_intake.receive(agency.ports, dock.actor(), Sending(other, object_name("bookmark_20260101T100015Z_1"), {}, io.BytesIO(b"x")))
    describe(agency, dock, Status="Complete")
    assert told(agency, FindingKind.CLIPS_MISSING) == ["no clip covers 10:01:00 to 10:02:00 UTC"]
    dock_words.describe(agency.ports, dock.actor(), other, {"Status": "Complete"}, make=False)
    both = ["no clip covers 10:01:00 to 10:02:00 UTC; no clip covers 10:01:00 to 10:03:00 UTC"]
    assert told(agency, FindingKind.CLIPS_MISSING) == both
    closed = len(told(agency, FindingKind.CLIPS_MISSING, closed=True))
    for _ in range(2):
        describe(agency, dock, BWCModel="x")
        dock_words.describe(agency.ports, dock.actor(), other, {"BWCModel": "x"}, make=False)
    assert told(agency, FindingKind.CLIPS_MISSING) == both
    assert len(told(agency, FindingKind.CLIPS_MISSING, closed=True)) == closed
    send(agency, dock, "b.mp4", StartTime="20260101T100100Z", StopTime="20260101T100300Z")
    assert told(agency, FindingKind.CLIPS_MISSING) == []


def test_what_the_camera_noted_without_footage_is_told(agency: Agency, dock: Dock) -> None:
    send(agency, dock, "bookmark_20260101T100015Z_1")
    describe(agency, dock, Status="Complete")
    [words] = told(agency, FindingKind.EVENTS_WITHOUT_VIDEO)
    assert "1 object(s)" in words
    clip(agency, dock, "100000", "100200")
    assert told(agency, FindingKind.EVENTS_WITHOUT_VIDEO) == told(agency, FindingKind.CLIPS_MISSING) == []
    assert told(agency, FindingKind.EVENTS_WITHOUT_VIDEO, closed=True) == [words]


def test_an_activation_of_which_nothing_came_is_told_until_something_comes(agency: Agency, dock: Dock) -> None:
    describe(agency, dock, Status="Complete")
    assert len(told(agency, FindingKind.RECORDING_INCOMPLETE)) == 1
    clip(agency, dock, "100000", "100200")
    assert told(agency, FindingKind.RECORDING_INCOMPLETE) == []


def test_a_recording_that_was_chased_is_chased_no_more_once_it_is_complete(agency: Agency, dock: Dock) -> None:
    clip(agency, dock, "100000", "100200")
    agency.clock.at += 2 * chasing.PATIENCE_MS
    chasing.chase(agency.ports, system("docks"))
    assert len(told(agency, FindingKind.RECORDING_INCOMPLETE)) == 1
    describe(agency, dock, Status="Complete")
    assert told(agency, FindingKind.RECORDING_INCOMPLETE) == []


def test_a_dock_that_tells_no_times_is_taken_at_its_word(agency: Agency) -> None:
    dock = docks.connect(agency.ports, agency.actor("administrator"), "Another")[0]
    describe(agency, dock, make=True, StartTime="tomorrow", StopTime="-1")
    clip(agency, dock, "100000", "100001")
    describe(agency, dock, Status="Complete")
    assert told(agency, FindingKind.CLIPS_MISSING) == []
    assert recording(agency).pre_event_ms == 0


def test_the_pre_event_buffer_is_marked_and_what_is_heard_in_it_is_not_guessed(agency: Agency, dock: Dock) -> None:
    clip(agency, dock, "100000", "100200")
    found = recording(agency)
    assert (found.pre_event_ms, found.pre_event_sound) == (30_000, None), "nothing opens this clip"
    describe(agency, dock, StartTimeISO="soon", TriggerOnTimeISO="2026-01-01T10:00:20Z")
    assert recording(agency).pre_event_ms == 20_000, "whichever of the two forms can be read"
    for position, streams, heard in ((-30_000, ["video", "audio"], True), (-30_000, ["video"], False), (0, ["video", "audio"], None)):
        facts = {"streams": [{"kind": kind} for kind in streams]}
        item = replace(found.items[0], position=position, facts=facts)
        assert replace(found, items=(item,)).pre_event_sound is heard
    seen = devices.show(agency.ports, agency.actor("evidence custodian"), "CAM1").seen
    assert (seen.dock, seen.firmware) == ("Dock", "1.2.3")


def trail(began: str, count: int = 5) -> bytes:
    points = [
        {"LocationWKT": "POINT(-71.05 42.36)", "SecondsFromStart": 2.0 * n, "Timestamp": f"2026-01-01T{began}:{2 * n:02d}Z"}
        for n in range(count)
    ]
    return json.dumps({"CoordinateEntries": points}).encode()


def test_a_trail_measures_the_cameras_clock_and_the_next_good_one_ends_the_finding(agency: Agency, dock: Dock) -> None:
    clip(agency, dock, "100000", "100200")
    send(agency, dock, "20260101_100000_x_cam_gpstrail.json", trail("09:59"))
    found = recording(agency)
    assert found.recorded_at is not None
    assert (found.clock_offset_ms, found.known_at) == (60_000, found.recorded_at - 60_000)
    [words] = told(agency, FindingKind.CAMERA_CLOCK)
    assert words == f"while it recorded {found.number} the camera's clock was 60.0 s ahead by satellite time"
    send(agency, dock, "20260101_100001_x_cam_gpstrail.json", trail("10:00"))
    assert told(agency, FindingKind.CAMERA_CLOCK) == []
    assert recording(agency).clock_offset_ms == 0
    send(agency, dock, "20260101_100002_x_cam_gpstrail.json", json.dumps({"CoordinateEntries": [{"Timestamp": "x"}, 7]}).encode())
    assert recording(agency).clock_offset_ms == 0
    assert check(agency.ports, CONSOLE) == []


def test_a_recording_from_the_future_is_told(agency: Agency) -> None:
    dock = docks.connect(agency.ports, agency.actor("administrator"), "Another")[0]
    name = container_name("_CAM1_20300101T100000Z")
    dock_words.describe(agency.ports, dock.actor(), name, {}, make=True)
    dock_intake.receive(agency.ports, dock.actor(), Sending(name, object_name("a.mp4"), {}, io.BytesIO(b"x")))
    assert ["after it came in" in words for words in told(agency, FindingKind.CAMERA_CLOCK)] == [True]
    custodian, number = agency.actor("evidence custodian"), recording(agency).number
    correcting.correct(agency.ports, custodian, number, "the clock ran ahead", recorded_at=agency.clock.at)
    assert told(agency, FindingKind.CAMERA_CLOCK) == []


def test_a_recording_from_the_future_is_none_once_its_clock_was_measured(agency: Agency, dock: Dock) -> None:
    name, began = container_name("_CAM1_20300101T100000Z"), "2030-01-01T10:00:00Z"
    dock_words.describe(agency.ports, dock.actor(), name, {"StartTimeISO": began, "StartTime": "20300101T100000Z"}, make=True)
    dock_intake.receive(agency.ports, dock.actor(), Sending(name, object_name("a.mp4"), {}, io.BytesIO(b"x")))
    assert ["after it came in" in words for words in told(agency, FindingKind.CAMERA_CLOCK)] == [True]
    dock_intake.receive(agency.ports, dock.actor(), Sending(name, object_name("x_gpstrail.json"), {}, io.BytesIO(trail("10:00"))))
    assert ["by satellite time" in words for words in told(agency, FindingKind.CAMERA_CLOCK)] == [True]
    assert check(agency.ports, CONSOLE) == []


def measured(agency: Agency, dock: Dock, day: int, began: str) -> None:
    """A recording of ten o'clock of that day, and a trail whose satellites say when it began."""
    name, written = container_name(f"_CAM1_202601{day:02d}T100000Z"), trail(began).replace(b"2026-01-01", f"2026-01-{day:02d}".encode())
    dock_words.describe(agency.ports, dock.actor(), name, {"StartTime": f"202601{day:02d}T100000Z"}, make=True)
    sending = Sending(name, object_name(f"202601{day:02d}_100000_x_cam_gpstrail.json"), {}, io.BytesIO(written))
    dock_intake.receive(agency.ports, dock.actor(), sending)


def test_what_was_measured_last_decides_and_not_what_came_in_last(agency: Agency, dock: Dock) -> None:
    measured(agency, dock, 5, "09:59")
    [words] = told(agency, FindingKind.CAMERA_CLOCK)
    measured(agency, dock, 3, "10:00")
    assert told(agency, FindingKind.CAMERA_CLOCK) == [words], "it was right before, and is not now"
    measured(agency, dock, 7, "10:00")
    measured(agency, dock, 6, "09:58")
    assert told(agency, FindingKind.CAMERA_CLOCK) == [], "it was wrong before, and is right now"
    assert check(agency.ports, CONSOLE) == []


def test_a_trail_that_comes_first_measures_and_somebody_elses_shift_is_told(agency: Agency, dock: Dock) -> None:
    custodian = agency.actor("evidence custodian")
    for badge in ("O1", "O2"):
        people.add(agency.ports, CONSOLE, badge, f"Officer {badge}", [Role.OFFICER])
    ten = 1_767_607_200_000  # 2026-01-05T10:00:00Z
    devices.assign(agency.ports, custodian, "CAM1", "O2", ten - 3_600_000, ten - 1_000)
    devices.assign(agency.ports, custodian, "CAM1", "O1", ten - 1_000)
    measured(agency, dock, 5, "09:59")
    found = recording(agency)
    assert (found.officer_badge, found.clock_offset_ms, found.known_at) == ("O1", 60_000, ten - 60_000)
    assert told(agency, FindingKind.OFFICER_DIFFERS) == ["O1 is named; the camera CAM1 was with O2 then"]
    [finding] = agency.ports.catalog.open_findings_of([found.id], FindingKind.OFFICER_DIFFERS)
    findings.close(agency.ports, agency.actor("evidence custodian"), finding.id, "O1 had borrowed it")
    written = trail("09:59", 4).replace(b"2026-01-01", b"2026-01-05")
    again = Sending(container_name("_CAM1_20260105T100000Z"), object_name("y_gpstrail.json"), {}, io.BytesIO(written))
    dock_intake.receive(agency.ports, dock.actor(), again)
    assert told(agency, FindingKind.OFFICER_DIFFERS) == [], "what a person ended is not told again by a machine"
    assert check(agency.ports, CONSOLE) == []


def test_a_docks_clock_is_measured_as_it_signs_in(agency: Agency, dock: Dock) -> None:
    docks.sign_in(agency.ports, system("dock"), dock, "192.0.2.1")
    docks.sign_in(agency.ports, system("dock"), dock, "192.0.2.1", agency.clock.at + 1_500)
    assert told(agency, FindingKind.DOCK_CLOCK) == []
    for _ in range(2):
        docks.sign_in(agency.ports, system("dock"), dock, "192.0.2.1", agency.clock.at - 9_000)
    [words] = told(agency, FindingKind.DOCK_CLOCK)
    assert words == "as it signed in the dock's clock was 9.0 s behind by the server's"
    docks.sign_in(agency.ports, system("dock"), dock, "192.0.2.1", agency.clock.at)
    assert told(agency, FindingKind.DOCK_CLOCK) == []


def test_holes_are_exactly_what_no_clip_covers() -> None:
    """Against a count of every tenth of a second, which a hole must hold more of than the slack."""
    seed = random.SystemRandom().getrandbits(32)
    draw, count = random.Random(seed), examples(FULL)
    for _ in range(count):
        stops = draw.randrange(1, 400) * 100
        clips = [
            (begin, begin + draw.randrange(0, 150) * 100) for begin in (draw.randrange(-50, 420) * 100 for _ in range(draw.randrange(6)))
        ]
        bare = [at for at in range(0, stops, 100) if not any(begin <= at < end for begin, end in clips)]
        runs: list[list[int]] = []
        for at in bare:
            if runs and runs[-1][1] == at:
                runs[-1][1] = at + 100
            else:
                runs.append([at, at + 100])
        wanted = [(begin, end) for begin, end in runs if end - begin > SLACK_MS]
        assert holes(0, stops, clips) == wanted, (seed, stops, clips)
    print(f"holes, seed {seed}: {count} of {FULL}")
