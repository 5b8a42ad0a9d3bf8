"""An upload's life on an agency's own clock: run out, forgotten, whole but not kept; whose it is; what a rotation of keys does to it."""

import io
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.agency import Agency, make_agency

from vestige.access.roles import Role
from vestige.actions import docks, keys, uploads, uploads_due
from vestige.actions.uploads import Chunk
from vestige.catalog.models import Event, EvidenceItem, Finding, Recording
from vestige.errors import BadInput, NotFound, Refused, Tampered, Underway, VestigeError
from vestige.evidence.people import system
from vestige.evidence.uploads import FileWords, Upload

MB = 1 << 20
DAY = 86_400_000


@pytest.fixture
def agency(tmp_path: Path) -> Agency:
    return make_agency(tmp_path)


def words(name: str = "a.bin", **more: object) -> FileWords:
    return FileWords({"filename": name}, name, **more)  # type: ignore[arg-type]  # of any field


def begun(agency: Agency, body: bytes, sent: int, role: str = "evidence custodian") -> Upload:
    actor = agency.actor(role)
    upload = uploads.start(agency.ports, actor, len(body), words())
    if sent:
        uploads.grow(agency.ports, actor, upload.id, Chunk(0, io.BytesIO(body[:sent])))
    return upload


def left(agency: Agency) -> list[Path]:
    return list((agency.home.config.home / "vault" / "tmp").iterdir())


def test_what_nobody_goes_on_with_runs_out_with_an_event(agency: Agency) -> None:
    body = os.urandom(2 * MB)
    upload, never = begun(agency, body, MB), begun(agency, body, 0)
    agency.clock.at += 6 * DAY
    assert not uploads_due.is_due(agency.ports)
    assert len(left(agency)) == 2
    agency.clock.at += 2 * DAY
    assert uploads_due.is_due(agency.ports)
    assert uploads_due.tidy(agency.ports) == 2
    assert left(agency) == []
    assert Event.objects.filter(type="upload:expired").count() == 2
    for one in (upload, never):
        with pytest.raises(NotFound):
            uploads.measure(agency.ports, agency.actor("evidence custodian"), one.id)
    assert not uploads_due.is_due(agency.ports)
    assert EvidenceItem.objects.count() == 0


def test_what_is_whole_and_was_not_kept_is_kept_by_the_clock(agency: Agency) -> None:
    body = os.urandom(MB + 3)
    upload = begun(agency, body, 10)
    with agency.ports.growing.grow(upload.id, upload.sealed, upload.length) as growing:  # and the server dies before it is kept
        growing.receive(io.BytesIO(body[10:]))
        agency.ports.uploads.heard(upload.id, growing.size, agency.clock())
    assert EvidenceItem.objects.count() == 0
    agency.clock.at += 61_000
    assert uploads_due.tidy(agency.ports) == 1
    assert EvidenceItem.objects.get().size == MB + 3
    assert left(agency) == [] or uploads_due.tidy(agency.ports) == 0
    size, after = uploads.measure(agency.ports, agency.actor("evidence custodian"), upload.id)
    assert (size, after.outcome["status"]) == (MB + 3, "quarantined")
    assert left(agency) == []
    agency.clock.at += 8 * DAY
    assert uploads_due.tidy(agency.ports) == 1
    assert EvidenceItem.objects.count() == 1
    assert not uploads_due.is_due(agency.ports)


def test_what_the_clock_kept_is_its_senders_own_and_is_kept_once(agency: Agency) -> None:
    dock, other = (docks.connect(agency.ports, agency.actor("administrator"), name)[0].actor() for name in ("One", "Two"))
    body = os.urandom(MB + 3)
    upload = uploads.start(agency.ports, dock, len(body), words())
    with agency.ports.growing.grow(upload.id, upload.sealed, upload.length) as growing:  # and nobody asks any more
        growing.receive(io.BytesIO(body))
        agency.ports.uploads.heard(upload.id, growing.size, agency.clock())
    agency.clock.at += 61_000
    assert uploads_due.tidy(agency.ports) == 1
    kept = EvidenceItem.objects.get()
    for sender, outcome in ((dock, "duplicate"), (other, "quarantined"), (dock, "duplicate"), (other, "duplicate")):
        again = uploads.start(agency.ports, sender, len(body), words())
        _, after = uploads.grow(agency.ports, sender, again.id, Chunk(0, io.BytesIO(body)))
        assert after.outcome["status"] == outcome
        assert (after.outcome["item"] == str(kept.id)) == (sender is dock)
    assert EvidenceItem.objects.count() == 2


def test_one_that_is_broken_stops_no_other_from_running_out(agency: Agency) -> None:
    body = os.urandom(MB + 3)
    broken, other = begun(agency, body, 10), begun(agency, body, 20)
    agency.ports.uploads.heard(broken.id, broken.length, agency.clock())
    [journal] = [path for path in left(agency) if path.name == f"{broken.id}-journal"]
    data = journal.read_bytes()
    journal.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    agency.clock.at += 8 * DAY
    with pytest.raises(Tampered):
        uploads_due.tidy(agency.ports)
    assert agency.ports.uploads.upload(other.id) is None
    assert agency.ports.uploads.upload(broken.id) is not None
    assert journal.exists()


def test_one_that_is_whole_is_told_of_only_once_it_is_kept(agency: Agency) -> None:
    body = os.urandom(10)
    upload = begun(agency, body, 0)
    with agency.ports.growing.grow(upload.id, upload.sealed, upload.length) as growing:
        growing.receive(io.BytesIO(body))
    size, after = uploads.measure(agency.ports, agency.actor("evidence custodian"), upload.id)
    assert size == 10
    assert str(EvidenceItem.objects.get().id) == after.outcome["item"]
    assert left(agency) == []


def test_one_that_is_whole_or_held_is_not_ended(agency: Agency) -> None:
    body, actor = os.urandom(MB + 3), agency.actor("evidence custodian")
    upload = begun(agency, body, 10)
    with agency.ports.growing.grow(upload.id, upload.sealed, upload.length) as growing:
        with pytest.raises(Underway):
            uploads.terminate(agency.ports, actor, upload.id)
        with pytest.raises(Underway):
            uploads.expire(agency.ports, system("uploads"), upload)
        growing.receive(io.BytesIO(body[10:]))  # and the server dies before it is kept
    with pytest.raises(Refused, match="about to be kept"):
        uploads.terminate(agency.ports, actor, upload.id)
    with pytest.raises(Underway):
        uploads.expire(agency.ports, system("uploads"), upload)
    assert uploads.measure(agency.ports, actor, upload.id)[1].outcome
    assert not Event.objects.filter(type__in=["upload:terminated", "upload:expired"]).exists()


def test_one_that_is_kept_or_heard_of_meanwhile_is_not_ended(agency: Agency, monkeypatch: pytest.MonkeyPatch) -> None:
    body, actor = os.urandom(MB), agency.actor("evidence custodian")
    before, gone_on = begun(agency, body, 10), begun(agency, os.urandom(30), 10)
    agency.clock.at += 1000
    uploads.grow(agency.ports, actor, gone_on.id, Chunk(10, io.BytesIO(b"more")))
    with pytest.raises(Underway):
        uploads.expire(agency.ports, system("uploads"), gone_on)
    uploads.grow(agency.ports, actor, before.id, Chunk(10, io.BytesIO(body[10:])))
    monkeypatch.setattr(uploads, "find", lambda *_: before)  # it was read before it was kept
    with pytest.raises(Refused, match="is not deleted"):
        uploads.terminate(agency.ports, actor, before.id)
    with pytest.raises(Underway):
        uploads.expire(agency.ports, system("uploads"), before)
    assert agency.ports.uploads.upload(before.id)
    assert not Event.objects.filter(type__in=["upload:terminated", "upload:expired"]).exists()
    agency.clock.at += 8 * DAY
    assert uploads_due.tidy(agency.ports) == 2
    assert agency.ports.uploads.upload(before.id) is None
    assert left(agency) == []


def test_an_attempt_that_fails_leaves_the_upload_to_be_tried_again(agency: Agency) -> None:
    """The media child's answer is there, then the transaction fails: a trigger of the database says no."""
    from django.db import connection

    body = os.urandom(MB)
    upload = begun(agency, body, 5)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TRIGGER no BEFORE INSERT ON catalog_recording BEGIN SELECT RAISE(ABORT, 'not now'); END")
    with pytest.raises(Exception, match="not now"):
        uploads.grow(agency.ports, agency.actor("evidence custodian"), upload.id, Chunk(5, io.BytesIO(body[5:])))
    assert EvidenceItem.objects.count() == 0
    assert len(left(agency)) == 2
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER no")
    assert uploads.measure(agency.ports, agency.actor("evidence custodian"), upload.id)[0] == MB
    assert EvidenceItem.objects.count() == 1
    assert left(agency) == []


def test_an_officer_uploads_as_their_own_only(agency: Agency) -> None:
    officer = agency.actor(Role.OFFICER)
    upload = uploads.start(agency.ports, officer, 3, words())
    uploads.grow(agency.ports, officer, upload.id, Chunk(0, io.BytesIO(b"abc")))
    assert str(Recording.objects.get().officer_id) == officer.id
    with pytest.raises(BadInput, match="nobody with badge"):
        uploads.start(agency.ports, officer, 3, words(officer="Z900"))
    agency.actor("evidence custodian")
    with pytest.raises(Refused):
        uploads.start(agency.ports, officer, 3, words(officer="EVIDENCE-CUSTODIAN"))
    with pytest.raises(Refused):
        uploads.start(agency.ports, agency.actor(Role.AUDITOR), 3, words())


def test_what_the_sender_says_reaches_the_recording(agency: Agency) -> None:
    at = int(datetime(2026, 11, 20, tzinfo=UTC).timestamp() * 1000)
    actor = agency.actor("evidence custodian")
    told = words(device="BWC-77", category=min(agency.ports.policy.categories), modified_at=at)
    upload = uploads.start(agency.ports, actor, 4, told)
    uploads.grow(agency.ports, actor, upload.id, Chunk(0, io.BytesIO(b"abcd")))
    recording = Recording.objects.get()
    assert recording.device is not None
    assert (recording.device.serial, recording.recorded_at, recording.recorded_at_source) == ("BWC-77", at, "file")
    assert recording.category == min(agency.ports.policy.categories)
    assert {finding.kind for finding in Finding.objects.all()} >= {"camera_without_officer"}


def test_keys_may_be_rotated_while_an_upload_goes_on(agency: Agency) -> None:
    body, admin = os.urandom(2 * MB), agency.actor(Role.ADMINISTRATOR)
    upload = begun(agency, body, MB)
    keys.rotate(agency.ports, admin, lambda _: None)
    keys.retire(agency.ports, admin)
    actor = agency.actor("evidence custodian")
    assert uploads.measure(agency.ports, actor, upload.id)[0] == MB
    uploads.grow(agency.ports, actor, upload.id, Chunk(MB, io.BytesIO(body[MB:])))
    item = EvidenceItem.objects.get()
    assert agency.ports.vault.digest(item.id, item.sealed).value == item.sha256


def test_an_upload_whose_bytes_are_gone_begins_anew(agency: Agency) -> None:
    """As after a restore from a backup, which holds the row and nothing of the bytes."""
    body = os.urandom(MB)
    upload = begun(agency, body, 1000)
    assert agency.ports.growing.remove(upload.id)
    actor = agency.actor("evidence custodian")
    assert uploads.measure(agency.ports, actor, upload.id)[0] == 0
    with pytest.raises(VestigeError):
        uploads.grow(agency.ports, actor, upload.id, Chunk(1000, io.BytesIO(body[1000:])))
    assert uploads.grow(agency.ports, actor, upload.id, Chunk(0, io.BytesIO(body)))[0] == MB
