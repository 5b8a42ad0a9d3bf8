"""Where cameras were: from docks and from GoPros, kept, shown and found, on both databases."""

import io
import itertools
import json
from pathlib import Path

import pytest

from tests.agency import CONSOLE, Agency, make_agency
from tests.test_home import take
from vestige.access.permissions import Permission
from vestige.actions import dock_intake, dock_parts, dock_words, docks, items, tracks
from vestige.actions.checking import check
from vestige.actions.dock_intake import Sending
from vestige.actions.door import Desk
from vestige.actions.prepare import prepare
from vestige.catalog.models import Event, EvidenceItem, Recording, TrackPoint
from vestige.custody.events import EventType
from vestige.errors import NotFound, Refused
from vestige.evidence.changes import Statement
from vestige.evidence.items import ItemFilter
from vestige.evidence.people import system
from vestige.evidence.tracks import Near, Point, metres, near
from vestige.ingest.axis.names import container_name, object_name
from vestige.web import preparing

NAME = "_CAM1_20260101T100000Z"
START = 1_767_261_600_000


@pytest.fixture
def agency(tmp_path: Path, either_database: str) -> Agency:  # noqa: ARG001  # which database is the fixture's business
    return make_agency(tmp_path)


def trail(agency: Agency, places: list[tuple[float, float]], name: str = NAME, *, earlier: bool = False) -> EvidenceItem:
    """A GNSS trail as a dock sends it, a place a second, prepared; `earlier`: by a version that knew no tracks."""
    ports = agency.ports
    found = ports.docks.docks()
    dock = found[0] if found else docks.connect(ports, agency.actor("administrator"), "Dock")[0]
    dock_words.put_small(ports, dock.actor(), container_name("Devices"), dock_words.Small(object_name("CAM1"), b"", "0" * 32))
    dock_words.describe(ports, dock.actor(), container_name(name), {}, make=True)
    entries = [
        {"LocationWKT": f"POINT({longitude} {latitude})", "SecondsFromStart": n, "Timestamp": f"2026-01-01T10:{n // 60:02}:{n % 60:02}Z"}
        for n, (latitude, longitude) in enumerate(places)
    ]
    body = json.dumps({"CoordinateEntries": entries}).encode()
    sending = Sending(container_name(name), object_name("20260101_100000_x_CAM1_gpstrail.json"), {}, io.BytesIO(body))
    item = dock_intake.receive(ports, dock.actor(), sending).item
    if earlier:
        desk = Desk(ports, system("prepare"), "item.prepare", Permission.ITEM_PREPARE, (EventType.ITEM_PREPARED,))
        desk.note(Statement(EventType.ITEM_PREPARED, item=item, data={"working": []}))  # as versions without tracks wrote it
        return EvidenceItem.objects.get(id=item)
    prepare(ports, system("prepare"), item)
    return EvidenceItem.objects.get(id=item)


def found(agency: Agency, text: str) -> list[str]:
    """Numbers of the recordings near a place, as a custodian's list has them; items are narrowed alike."""
    actor, wanted = agency.actor("evidence custodian"), ItemFilter(near=near(text))
    listed = items.list_recordings(agency.ports, actor, wanted)
    assert {one.recording for one in items.list_items(agency.ports, actor, wanted)} == {one.id for one in listed}
    return sorted(one.number for one in listed)


def test_what_an_earlier_version_prepared_gets_its_track_once(agency: Agency) -> None:
    old = [trail(agency, [(40.75, -73.98 + n / 1000), (40.7501, -73.98)], f"_CAM1_2026010{n}T100000Z", earlier=True) for n in (1, 2)]
    broken = trail(agency, [(40.75, -73.9)], "_CAM1_20260103T100000Z", earlier=True)
    new = trail(agency, [(41.0, -73.0)], "_CAM1_20260104T100000Z")
    path = agency.key_file(broken.id)
    path.rename(path.with_suffix(".away"))
    calls = itertools.count()
    preparing.trace_left(agency.ports, lambda: next(calls) > 0)  # the server ends after the first
    assert [one.working.count() for one in old] == [1, 0]
    preparing.trace_left(agency.ports)
    assert [one.working.count() for one in (*old, broken, new)] == [1, 1, 0, 1]
    path.with_suffix(".away").rename(path)
    for _ in range(2):
        preparing.trace_left(agency.ports)
    assert [one.working.count() for one in (*old, broken, new)] == [1, 1, 1, 1]
    events = [Event.objects.filter(type="item:prepared", item=one.id).count() for one in (*old, broken, new)]
    assert events == [2, 2, 2, 1]
    assert agency.ports.catalog.trackless(None) is None
    assert len(found(agency, "40.75,-73.979,50")) == 1
    assert check(agency.ports, CONSOLE) == []


def test_a_trail_of_a_dock_is_found_all_along_and_shown(agency: Agency) -> None:
    item = trail(agency, [(40.75 + n / 10_000, -73.98) for n in range(100)])
    recording = Recording.objects.get()
    assert (item.working.get().kind, item.working.get().facts) == ("track", {"points": 100, "source": "dock"})
    assert 0 < TrackPoint.objects.count() < 60
    for n in range(0, 100, 7):
        assert found(agency, f"{40.75 + n / 10_000},-73.98,1") == [recording.number]
    assert found(agency, "40.755,-73.9788") == [recording.number]  # 101 metres to the east, of 100 and 20 that the search adds
    assert found(agency, "40.755,-73.977") == []
    assert found(agency, "40.765,-73.98,600") == [recording.number]
    [shown] = tracks.show_tracks(agency.ports, agency.actor("evidence custodian"), recording.number)
    assert (shown.item.id, shown.track.source, len(shown.track.points)) == (item.id, "dock", 100)
    assert shown.track.points[61] == Point(START + 61_000, 407_561_000, -739_800_000)
    assert shown.track.length_m == pytest.approx(1101, abs=2)
    prepare(agency.ports, system("prepare"), item.id)
    assert TrackPoint.objects.filter(item=item).count() == TrackPoint.objects.count() < 60
    assert check(agency.ports, CONSOLE) == []


def test_a_long_trail_is_read_to_its_end_and_one_beyond_all_measure_is_told(agency: Agency) -> None:
    places = [(40.0 + n / 1_000_000, -73.98) for n in range(20_000)]
    item = trail(agency, places)
    assert item.size > 2 << 20
    assert (item.status, item.probe["points"], item.working.get().facts["points"]) == ("accessioned", 20_000, 20_000)
    assert found(agency, f"{places[-1][0]},-73.98,1") == [Recording.objects.get().number]
    dock = agency.ports.docks.docks()[0]
    body = b'{"CoordinateEntries": [' + b" " * dock_parts.LARGEST_TRAIL + b"]}"
    sending = Sending(container_name(NAME), object_name("20260101_100001_x_CAM1_gpstrail.json"), {}, io.BytesIO(body))
    received = dock_intake.receive(agency.ports, dock.actor(), sending)
    assert received.status == "quarantined"
    [finding] = agency.ports.catalog.findings_of([received.item])
    assert "longer than 32 MiB" in finding.detail


def test_a_gopro_s_telemetry_is_the_same_form(agency: Agency, footage: Path) -> None:
    outcome = take(agency, footage / "gopro_max-heromode.mp4")
    prepare(agency.ports, system("prepare"), outcome.item)
    [shown] = tracks.show_tracks(agency.ports, agency.actor("evidence custodian"), str(outcome.recording))
    recording = Recording.objects.get()
    assert (shown.track.source, len(shown.track.points)) == ("gopro", 11)
    assert all(one.dop_centi and 100 <= one.dop_centi <= 1000 for one in shown.track.points)
    times = [one.time_ms for one in shown.track.points if one.time_ms]
    assert times == sorted(times)
    assert 9_000 < times[-1] - times[0] < 12_000
    assert all(metres(one, Near(331_260_000, -1_173_290_000)) < 500 for one in shown.track.points)
    assert found(agency, "33.126,-117.327,300") == [recording.number]
    assert found(agency, "33.2,-117.327,300") == []
    take(agency, footage / "hamilton_short.mp4")
    assert found(agency, "33.126,-117.327,50000") == [recording.number]
    assert check(agency.ports, CONSOLE) == []


def test_places_at_the_edge_of_the_map(agency: Agency) -> None:
    for n, places in enumerate(([(-17.0, 179.9999), (-17.0, -179.9999)], [(89.9999, 10.0)], [(0.0, 0.0)])):
        trail(agency, places, f"_CAM1_20260101T10000{n}Z")
    numbers = sorted(Recording.objects.values_list("number", flat=True))
    assert found(agency, "-17,180,100") == found(agency, "-17,-180,100") == numbers[:1]
    assert found(agency, "-17,179.999,250") == numbers[:1]
    assert found(agency, "90,-120,100") == numbers[1:2]
    assert found(agency, "0,0,1") == numbers[2:]


def test_who_may_not_view_sees_no_track_and_no_place_of_others(agency: Agency) -> None:
    item = trail(agency, [(40.75, -73.98), (40.755, -73.98)])
    recording = str(item.recording_id)
    for role in ("administrator", "auditor"):
        with pytest.raises(Refused):
            tracks.show_tracks(agency.ports, agency.actor(role), recording)
    for role, ref in (("officer", recording), ("evidence custodian", "R-2026-000099")):
        with pytest.raises(NotFound):
            tracks.show_tracks(agency.ports, agency.actor(role), ref)
    wanted = ItemFilter(near=Near(407_500_000, -739_800_000))
    assert items.list_recordings(agency.ports, agency.actor("officer"), wanted) == []
    assert len(items.list_recordings(agency.ports, agency.actor("evidence custodian"), wanted)) == 1
    last = Event.objects.filter(type="item:listed").order_by("-seq").first()
    assert last is not None
    passed, begun = ItemFilter(near=Near(407_550_000, -739_800_000)), items.list_recordings(agency.ports, agency.actor("auditor"), wanted)
    assert [str(one.id) for one in begun] == [recording]  # where it began is one of its facts
    for role, count in (("evidence custodian", 1), ("auditor", 0), ("administrator", 0)):
        assert len(items.list_recordings(agency.ports, agency.actor(role), passed)) == count
        assert len(items.list_items(agency.ports, agency.actor(role), passed)) == count
    assert b"407500000" not in bytes(last.entry)  # what was searched for stands in the opening
    assert json.loads(last.openings.fields)["data"]["value"]["filter"] == {"near_e7": [407_500_000, -739_800_000], "metres": 100}
