"""What becomes of what a dock sends, on both databases, without a network between."""

import hashlib
import io
import threading
from pathlib import Path

import pytest
from django.db import connection
from django.db.models.signals import post_init
from tests.agency import CONSOLE, Agency, make_agency

from vestige.actions import chasing, dock_intake, dock_words, docks, findings
from vestige.actions.checking import check
from vestige.actions.dock_intake import Received, Sending
from vestige.catalog.models import DockContainer, Event, EvidenceItem, Intake, Recording
from vestige.errors import NotFound, Refused, Unavailable
from vestige.evidence.docks import Dock
from vestige.evidence.items import FindingKind
from vestige.evidence.people import system
from vestige.hands import VaultHands
from vestige.ingest.axis.names import container_name, object_name

AT = "20260101T100000Z"
NAME = f"_CAM1_{AT}"


@pytest.fixture
def agency(tmp_path: Path, either_database: str) -> Agency:  # noqa: ARG001  # which database is the fixture's business
    return make_agency(tmp_path)


def connected(agency: Agency, name: str = "Dock") -> Dock:
    return docks.connect(agency.ports, agency.actor("administrator"), name)[0]


def announced(agency: Agency, dock: Dock, name: str = NAME, **said: str) -> None:
    dock_words.describe(agency.ports, dock.actor(), container_name(name), said, make=True)


def send(agency: Agency, dock: Dock, name: str, data: bytes, container: str = NAME, **more: str) -> Received:
    sending = Sending(container_name(container), object_name(name), {}, io.BytesIO(data), **more)
    return dock_intake.receive(agency.ports, dock.actor(), sending)


def kinds(agency: Agency) -> list[FindingKind]:
    return [one.kind for one in agency.ports.catalog.findings(closed=False)]


def test_objects_of_one_recording_stand_in_the_order_of_their_times(agency: Agency) -> None:
    dock = connected(agency)
    announced(agency, dock)
    for second in (30, 10, 20):
        send(agency, dock, f"20260101_1000{second}_x.mp4", bytes([second]))
    send(agency, dock, "bookmark_20260101T100015Z_1", b"words")
    [row] = Recording.objects.all()
    recording = agency.ports.catalog.recording(str(row.id))
    assert recording is not None
    assert [item.filename[9:15] for item in recording.segments] == ["100010", "100020", "100030"]
    assert [item.attached for item in recording.attached] == ["bookmark"]
    assert recording.attached[0].facts["text"] == "words"
    assert (recording.incomplete, recording.recorded_at_source) == (True, "dock")
    dock_words.describe(agency.ports, dock.actor(), container_name(NAME), {"Status": "Complete"}, make=False)
    assert [one.incomplete for one in [agency.ports.catalog.recording(str(row.id))] if one] == [False]
    assert check(agency.ports, CONSOLE) == []


def test_what_comes_in_does_not_read_all_that_came_before_it(agency: Agency) -> None:
    dock = connected(agency)
    announced(agency, dock)
    read: list[object] = []

    def noted(instance: object, **_: object) -> None:
        read.append(instance)

    post_init.connect(noted, sender=EvidenceItem)
    try:
        counts = []
        for number in range(12):
            read.clear()
            send(agency, dock, f"bookmark_20260101T1000{number:02}Z_{number}", b"%d" % number)
            counts.append(len(read))
    finally:
        post_init.disconnect(noted, sender=EvidenceItem)
    assert counts[2:] == [counts[2]] * 10


def test_many_at_once_make_one_recording_and_each_thing_once(agency: Agency) -> None:
    dock = connected(agency)
    announced(agency, dock)
    came: list[str] = []

    def sender() -> None:
        try:
            for number in range(4):
                while True:
                    try:
                        came.append(send(agency, dock, f"bookmark_{number}_{number}", b"%d" % number).md5)
                        break
                    except Unavailable:  # the other was first: a dock sends again
                        continue
        finally:
            connection.close()

    threads = [threading.Thread(target=sender) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(came) == sorted([hashlib.md5(b"%d" % n).hexdigest() for n in range(4)] * 3)
    assert Recording.objects.count() == 1
    assert Event.objects.filter(type="item:received").count() == 4
    assert Intake.objects.count() == 0
    assert check(agency.ports, CONSOLE) == []


def test_a_stored_copy_that_is_damaged_is_no_reason_to_send_the_dock_away(agency: Agency) -> None:
    dock = connected(agency)
    announced(agency, dock)
    first = send(agency, dock, "bookmark_1_1", b"the words")
    assert send(agency, dock, "bookmark_1_1", b"the words").status == "duplicate"
    sealed = agency.sealed(first.item)
    sealed.write_bytes(sealed.read_bytes()[:-1] + b"x")
    again = send(agency, dock, "bookmark_1_1", b"the words")
    assert again.item != first.item
    assert agency.ports.vault.digest(again.item, agency.object_of(again.item)).value == hashlib.sha256(b"the words").hexdigest()


def test_what_is_not_whole_or_not_told_right_leaves_nothing(agency: Agency) -> None:
    dock = connected(agency)
    with pytest.raises(NotFound):
        send(agency, dock, "bookmark_1_1", b"x")
    announced(agency, dock)
    with pytest.raises(Unavailable, match="nothing of it is kept"):
        send(agency, dock, "bookmark_1_1", b"x", md5="0" * 32)

    class Cut(io.BytesIO):
        def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
            if self.tell():
                raise Unavailable("cut")
            return super().readinto(buffer[:3])

    with pytest.raises(Unavailable, match="cut"):
        dock_intake.receive(agency.ports, dock.actor(), Sending(container_name(NAME), object_name("a.mp4"), {}, Cut(b"something")))
    assert Intake.objects.count() == 0
    assert Recording.objects.count() == 0
    assert check(agency.ports, CONSOLE) == []


def test_who_closes_the_finding_of_an_unknown_camera_vouches_for_it(agency: Agency) -> None:
    dock = connected(agency)
    announced(agency, dock)
    assert send(agency, dock, "bookmark_1_1", b"one").status == "quarantined"
    [finding] = [one for one in agency.ports.catalog.findings(closed=False) if one.kind is FindingKind.DEVICE_UNKNOWN]
    assert send(agency, dock, "bookmark_2_2", b"two").status == "quarantined"
    assert kinds(agency).count(FindingKind.DEVICE_UNKNOWN) == 1
    findings.close(agency.ports, agency.actor("evidence custodian"), finding.id, "it is ours")
    assert send(agency, dock, "bookmark_3_3", b"three").status == "accessioned"


def test_a_trail_gives_the_recording_its_place_and_what_is_no_trail_is_kept_apart(agency: Agency) -> None:
    dock = connected(agency)
    dock_words.put_small(agency.ports, dock.actor(), container_name("Devices"), dock_words.Small(object_name("CAM1"), b"", "0" * 32))
    announced(agency, dock)
    send(agency, dock, "bookmark_1_1", b"first, so that the recording is there")
    trail = b'{"CoordinateEntries": [{"LocationWKT": "POINT(-73.98 40.75)"}, {"LocationWKT": "POINT(900 1)"}, 7]}'
    assert send(agency, dock, "20260101_100000_x_CAM1_gpstrail.json", trail).status == "accessioned"
    [row] = Recording.objects.all()
    assert (row.latitude_e7, row.longitude_e7) == (407_500_000, -739_800_000)
    for number, body in enumerate((b"", b"[]", b"\xff", b"[" * 100_000, b"1e999", b'{"CoordinateEntries": 1}')):
        assert send(agency, dock, f"20260101_10000{number}_y_CAM1_gpstrail.json", body).status == "quarantined"
    assert send(agency, dock, "20260101_100000_x.key", b'{"EncryptedKey": "eA==", "ContentEncryptionIV": "eA=="}').status == "accessioned"
    assert send(agency, dock, "bookmark_1_2", b"\xff\xfe").status == "quarantined"
    assert check(agency.ports, CONSOLE) == []


def test_a_dock_may_send_and_nothing_else(agency: Agency) -> None:
    dock = connected(agency)
    for act in (docks.list_docks, findings.list_findings):
        with pytest.raises(Refused):
            act(agency.ports, dock.actor())
    with pytest.raises(Refused):
        dock_words.describe(agency.ports, agency.actor("administrator"), container_name(NAME), {}, make=True)
    docks.revoke(agency.ports, agency.actor("administrator"), "Dock")
    [gone] = docks.list_docks(agency.ports, agency.actor("administrator"), revoked=True)
    with pytest.raises(Refused):
        announced(agency, gone)


def test_a_recording_that_is_never_completed_is_chased_once(agency: Agency) -> None:
    dock = connected(agency)
    announced(agency, dock)
    send(agency, dock, "bookmark_1_1", b"words")
    announced(agency, dock, "anything else", Note="no recording")
    assert not chasing.recordings_lag(agency.ports)
    agency.clock.at += chasing.PATIENCE_MS + 1
    assert chasing.recordings_lag(agency.ports)
    assert chasing.chase(agency.ports, system("docks")) == 1
    assert kinds(agency).count(FindingKind.RECORDING_INCOMPLETE) == 1
    agency.clock.at += chasing.PATIENCE_MS + 1
    assert not chasing.recordings_lag(agency.ports)
    DockContainer.objects.filter(name=NAME).update(heard=0)
    dock_words.describe(agency.ports, dock.actor(), container_name(NAME), {"Status": "Complete"}, make=False)
    assert agency.ports.docks.unfinished(agency.clock.at) == []


def test_a_disk_that_fills_up_is_told_at_each_level_once(agency: Agency, monkeypatch: pytest.MonkeyPatch) -> None:
    for used, told in ((79, []), (80, [80]), (85, []), (90, [90]), (99, [])):
        monkeypatch.setattr(VaultHands, "room", lambda _, used=used: (used, 100))
        assert chasing.disk_fills(agency.ports) is bool(told)
        if told:
            assert chasing.report_disk(agency.ports, system("disk")) == told
    assert kinds(agency) == [FindingKind.DISK_FILLING] * 2
    monkeypatch.undo()
    used, total = agency.ports.vault.room()
    assert 0 < used < total
