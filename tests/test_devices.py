"""The register of cameras: who has which and had, faults and replacement, function checks; held on SQLite and on PostgreSQL."""

import random
import threading
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, connection, transaction

from tests.agency import CONSOLE, START, Agency, make_agency
from tests.budget import examples
from vestige.access.roles import Role
from vestige.actions import correcting, device_faults, devices, intake, people
from vestige.actions.checking import check
from vestige.actions.device_faults import Ended
from vestige.actions.devices import Described
from vestige.actions.door import Desk
from vestige.actions.intake import Sent
from vestige.catalog.models import Assignment, DeviceFault, Event
from vestige.errors import BadInput, Fault, NotFound, Refused, VestigeError
from vestige.evidence import devices as nouns
from vestige.evidence.changes import Change, Statement
from vestige.evidence.items import Device
from vestige.evidence.values import uuid7

FULL = 1_000


@pytest.fixture
def agency(either_database: str, tmp_path: Path) -> Agency:
    agency = make_agency(tmp_path)
    assert connection.vendor == either_database
    for badge in ("O1", "O2"):
        people.add(agency.ports, CONSOLE, badge, f"Officer {badge}", [Role.OFFICER])
    return agency


def camera(agency: Agency, serial: str = "CAM1") -> Device:
    return devices.register(agency.ports, agency.actor("evidence custodian"), serial, "Axis W102", "vest", "body-worn")


def events(kind: str) -> int:
    return Event.objects.filter(type=kind).count()


def held(agency: Agency, device: Device) -> list[tuple[str, int, int | None]]:
    return [(one.badge, one.starts, one.ends) for one in agency.ports.devices.assignments(device.id)]


def test_a_camera_goes_from_hand_to_hand_and_its_history_stays(agency: Agency) -> None:
    custodian, device = agency.actor("evidence custodian"), camera(agency)
    devices.assign(agency.ports, custodian, "CAM1", "o1", START)
    with pytest.raises(BadInput, match="O1 has the camera CAM1"):
        devices.assign(agency.ports, custodian, "CAM1", "O2", START + 5)
    with pytest.raises(BadInput, match="later than that"):
        devices.give_back(agency.ports, custodian, "CAM1", START)
    with pytest.raises(BadInput, match="not yet"):
        devices.give_back(agency.ports, custodian, "CAM1", START + 10**10)
    back = devices.give_back(agency.ports, custodian, "CAM1")
    assert back.ends is not None
    with pytest.raises(BadInput, match="nobody has"):
        devices.give_back(agency.ports, custodian, "CAM1")
    devices.assign(agency.ports, custodian, "CAM1", "O2", back.ends)
    devices.assign(agency.ports, custodian, "CAM1", "O2", START - 1_000, START)
    assert held(agency, device) == [("O2", back.ends, None), ("O1", START, back.ends), ("O2", START - 1_000, START)]
    assert (events("assignment:opened"), events("assignment:closed")) == (3, 1)
    facts = devices.show(agency.ports, agency.actor("auditor"), "CAM1")
    assert [one.badge for one in facts.assignments] == ["O2", "O1", "O2"]
    assert check(agency.ports, CONSOLE) == []


def insertable(device: Device, person: UUID, starts: int, ends: int | None) -> bool:
    """Whether the database alone takes that assignment; it is taken back."""
    try:
        with transaction.atomic():
            Assignment.objects.create(id=uuid7(), device_id=device.id, person_id=person, starts=starts, ends=ends)
            transaction.set_rollback(True)
    except IntegrityError:
        return False
    return True


def test_no_two_have_one_camera_at_once_whatever_is_asked(agency: Agency, capsys: pytest.CaptureFixture[str]) -> None:
    """Random periods: the action refuses exactly those that meet one that was taken, and the database by itself refuses the same."""
    custodian, device = agency.actor("evidence custodian"), camera(agency)
    officers = [person.id for person in agency.ports.catalog.people() if person.badge.startswith("O")]
    seed = random.SystemRandom().getrandbits(32)
    draw, count, taken = random.Random(seed), examples(FULL), 0
    for _ in range(count):
        starts = draw.randrange(0, 10_000)
        ends = None if draw.random() < 0.02 else starts + draw.choice((0, 1, 2, 10, 100))
        known = [(one, START if until is None else until) for _, one, until in held(agency, device)]
        wanted = (ends is None or ends > starts) and all(until <= starts or (ends is not None and ends <= begun) for begun, until in known)
        if draw.random() < 0.5:
            assert insertable(device, draw.choice(officers), starts, ends) == wanted, (seed, starts, ends)
            continue
        try:
            devices.assign(agency.ports, custodian, "CAM1", draw.choice(("O1", "O2")), starts, ends)
        except BadInput:
            assert not wanted, (seed, starts, ends)
        else:
            assert wanted, (seed, starts, ends)
            taken += 1
    spans = sorted((starts, START if ends is None else ends) for _, starts, ends in held(agency, device))
    assert len(spans) == taken
    assert all(one[1] <= then[0] for one, then in pairwise(spans))
    with capsys.disabled():
        print(f"\nassignments, seed {seed}: {count} of {FULL} random periods, {taken} given")
    assert check(agency.ports, CONSOLE) == []


def test_many_who_give_out_one_camera_at_once_give_it_once(agency: Agency) -> None:
    custodian, device = agency.actor("evidence custodian"), camera(agency)
    ends: list[str] = []

    def give() -> None:
        try:
            devices.assign(agency.ports, custodian, "CAM1", "O1", START)
            ends.append("given")
        except VestigeError as error:
            ends.append(error.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=give) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ends) == [BadInput("").code] * 5 + ["given"]
    assert len(held(agency, device)) == 1


def test_the_database_holds_it_where_the_action_is_gone_around(agency: Agency) -> None:
    device = camera(agency)
    person = agency.ports.catalog.person("O1")
    assert person is not None
    columns = {"device": str(device.id), "person": str(person.id), "starts": 5, "ends": 10}

    def write(**other: int | None) -> None:
        with agency.ports.catalog.writing(CONSOLE) as pen:
            pen.record(Statement("assignment:opened", changes=(Change("assignment", uuid7(), columns | other),)))

    write()
    for starts, ends in ((9, 12), (0, None), (5, 10), (20, 20), (30, 29)):
        with pytest.raises((Fault, IntegrityError, VestigeError)):
            write(starts=starts, ends=ends)
    assert held(agency, device) == [("O1", 5, 10)]


def test_a_camera_out_of_use_goes_to_nobody_and_takes_a_reason(agency: Agency) -> None:
    custodian, device = agency.actor("evidence custodian"), camera(agency)
    said = Described("CAM1", "Axis W120", "helmet", "")
    with pytest.raises(BadInput, match="takes a reason"):
        devices.change(agency.ports, custodian, said, out_of_use=True)
    devices.assign(agency.ports, custodian, "CAM1", "O1", START)
    with pytest.raises(BadInput, match="must be returned"):
        devices.change(agency.ports, custodian, said, out_of_use=True, reason="Old")
    devices.give_back(agency.ports, custodian, "CAM1")
    changed = devices.change(agency.ports, custodian, said, out_of_use=True, reason="Old")
    assert changed.out_of_use
    assert agency.ports.catalog.device("CAM1") == changed
    assert (changed.model, changed.mount, changed.kind) == ("Axis W120", "helmet", "")
    with pytest.raises(BadInput, match="out of use"):
        devices.assign(agency.ports, custodian, "CAM1", "O1", agency.clock.at)
    assert agency.ports.devices.free(10, agency.clock.at) == []
    devices.change(agency.ports, custodian, said, out_of_use=False, reason="Needed")
    assert [one.serial for one in agency.ports.devices.free(10, agency.clock.at)] == ["CAM1"]
    assert events("device:changed") == 2
    assert device.id == changed.id
    assert check(agency.ports, CONSOLE) == []


def test_what_ends_later_can_end_now_and_nothing_begins_later(agency: Agency) -> None:
    custodian, device, later = agency.actor("evidence custodian"), camera(agency), START + 10**9
    devices.assign(agency.ports, custodian, "CAM1", "O1", START, later)
    with pytest.raises(BadInput, match="from now on or from a moment that was"):
        devices.assign(agency.ports, custodian, "CAM1", "O2", later + 5)
    page = devices.list_page(agency.ports, custodian, "", "", 10)
    assert [one.holder.badge for one in page if one.holder] == ["O1"]
    with pytest.raises(BadInput, match="somebody has"):
        devices.change(agency.ports, custodian, Described("CAM1"), out_of_use=True, reason="Old")
    back = devices.give_back(agency.ports, custodian, "CAM1")
    assert back.ends is not None
    assert (back.badge, back.ends < later) == ("O1", True)
    assert not agency.ports.devices.held_now([device.id], agency.clock.at)
    with pytest.raises(BadInput, match="nobody has"):
        devices.give_back(agency.ports, custodian, "CAM1")
    assert [one.serial for one in agency.ports.devices.free(10, agency.clock.at)] == ["CAM1"]
    devices.assign(agency.ports, custodian, "CAM1", "O2", agency.clock.at)
    assert [badge for badge, _, _ in held(agency, device)] == ["O2", "O1"]
    assert check(agency.ports, CONSOLE) == []


def test_what_changed_before_the_lock_was_had_is_seen(agency: Agency, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody else is quicker each time: what they did stands, and is not written over."""
    custodian, device = agency.actor("evidence custodian"), camera(agency)
    fault = device_faults.report(agency.ports, custodian, "CAM1", "lens", "")
    lock, quicker = agency.ports.devices.lock, [Change("device", device.id, {"model": "Other", "out_of_use": START})]

    def late(ref: UUID) -> None:
        lock(ref)
        for change in quicker:
            with agency.ports.catalog.writing(CONSOLE) as pen:
                pen.record(Statement("device:changed", about=("device", str(device.id)), changes=(change,)))

    monkeypatch.setattr(agency.ports.devices, "lock", late)
    with pytest.raises(BadInput, match="out of use"):
        devices.assign(agency.ports, custodian, "CAM1", "O1", START)
    with pytest.raises(BadInput, match="takes a reason"):
        devices.change(agency.ports, custodian, Described("CAM1"), out_of_use=False)
    quicker[:] = [Change("device_fault", fault, {"outcome": "repaired", "ended_at": START})]
    with pytest.raises(BadInput, match="already"):
        device_faults.end(agency.ports, custodian, fault, Ended("repaired"))
    quicker.clear()
    devices.change(agency.ports, custodian, Described("CAM1", "Axis W102", "helmet", "body-worn"), out_of_use=False)
    newest = str(agency.ports.catalog.trail_of_object("device", str(device.id))[-1].opened)
    assert ("helmet" in newest, "Axis" in newest) == (True, False), newest


def test_words_that_are_none_are_named(agency: Agency) -> None:
    custodian = agency.actor("evidence custodian")
    for wrong, words in ((Described("X", mount="foot"), "where a camera is worn"), (Described("X", kind="phone"), "what a camera is")):
        with pytest.raises(BadInput, match=words):
            devices.register(agency.ports, custodian, wrong.serial, wrong.model, wrong.mount, wrong.kind)
    with pytest.raises(BadInput, match="row 2: "):
        devices.register_all(agency.ports, custodian, [Described("A"), Described(" ")])
    with pytest.raises(BadInput, match="row 2: A stands there twice"):
        devices.register_all(agency.ports, custodian, [Described("A"), Described("A", "another")])
    assert agency.ports.catalog.devices() == []
    camera(agency, "B")
    assert [one.serial for one in devices.register_all(agency.ports, custodian, [Described("A"), Described("B"), Described("A")])] == ["A"]
    assert [one.serial for one in agency.ports.catalog.devices()] == ["A", "B"]


def test_characters_that_are_no_text_are_refused_in_every_field(agency: Agency) -> None:
    ports, custodian, device = agency.ports, agency.actor("evidence custodian"), camera(agency)
    fault = device_faults.report(ports, custodian, "CAM1", "broken", "the lens\nis cracked")
    for bad in ("\0", "a\0b", "\x1b[2J", "x\x7f"):
        for act in (
            lambda bad=bad: devices.find(Desk(ports, custodian, "", devices.show.permission, ()), bad),
            lambda bad=bad: devices.assign(ports, custodian, "CAM1", bad, START),
            lambda bad=bad: devices.assign(ports, custodian, bad, "O1", START),
            lambda bad=bad: devices.give_back(ports, custodian, bad),
            lambda bad=bad: devices.list_page(ports, custodian, bad, "", 10),
            lambda bad=bad: devices.list_page(ports, custodian, "", bad, 10),
            lambda bad=bad: devices.show(ports, custodian, bad),
            lambda bad=bad: devices.register(ports, custodian, "CAM2", bad),
            lambda bad=bad: devices.change(ports, custodian, Described("CAM1"), out_of_use=True, reason=bad),
            lambda bad=bad: device_faults.report(ports, custodian, "CAM1", "broken", bad),
            lambda bad=bad: device_faults.report(ports, custodian, "CAM1", bad, ""),
            lambda bad=bad: device_faults.end(ports, custodian, fault, Ended("repaired", bad)),
            lambda bad=bad: device_faults.end(ports, custodian, fault, Ended("replaced", "", bad)),
        ):
            with pytest.raises(BadInput):
                act()
    [kept] = ports.devices.faults(device=device.id)
    assert (kept.words, kept.ended_at) == ("the lens\nis cracked", None)


def test_who_and_what_came_instead_are_read_once_the_camera_is_held(agency: Agency, monkeypatch: pytest.MonkeyPatch) -> None:
    ports, custodian, device = agency.ports, agency.actor("evidence custodian"), camera(agency)
    fault = device_faults.report(ports, custodian, "CAM1", "broken", "")
    held: list[str] = []

    def noting(name: str, read: Callable[[str], object]) -> Callable[[str], object]:
        def noted(ref: str) -> object:
            held.append(f"{name} {ref}" if connection.in_atomic_block and locks else f"{name} {ref} before the lock")
            return read(ref)

        return noted

    locks: list[UUID] = []
    lock = type(ports.devices).lock
    monkeypatch.setattr(type(ports.devices), "lock", lambda self, ref: locks.append(ref) or lock(self, ref))
    monkeypatch.setattr(type(ports.catalog), "person", staticmethod(noting("person", ports.catalog.person)))
    devices.assign(ports, custodian, "CAM1", "O1", START)
    devices.give_back(ports, custodian, "CAM1")
    assert [one for one in held if "O1" in one] == ["person O1"]
    camera(agency, "CAM2")
    locks.clear()
    held.clear()
    monkeypatch.setattr(type(ports.catalog), "device", staticmethod(noting("device", ports.catalog.device)))
    device_faults.end(ports, custodian, fault, Ended("replaced", "", "CAM2"))
    assert [one for one in held if "CAM2" in one] == ["device CAM2"]
    [kept] = ports.devices.faults(device=device.id)
    assert kept.replaced_by == "CAM2"


def test_faults_are_kept_with_their_outcome_and_the_camera_that_came_instead(agency: Agency) -> None:
    custodian, device = agency.actor("evidence custodian"), camera(agency)
    camera(agency, "CAM2")
    with pytest.raises(BadInput, match="the reason of a fault"):
        device_faults.report(agency.ports, custodian, "CAM1", "sad", "")
    with pytest.raises(NotFound):
        device_faults.report(agency.ports, custodian, "CAM9", "lens", "")
    with pytest.raises(BadInput, match="time that was"):
        device_faults.report(agency.ports, custodian, "CAM1", "lens", "", START + 10**9)
    first = device_faults.report(agency.ports, agency.actor("supervisor"), "CAM1", "battery", " Dead within an hour ", START - 5)
    assert [one.serial for one in agency.ports.devices.free(10, agency.clock.at)] == ["CAM2"]
    for wrong, words in (
        (Ended("mended"), "a fault ends as"),
        (Ended("replaced"), "say which"),
        (Ended("repaired", replaced_by="CAM2"), "say which"),
        (Ended("replaced", replaced_by="CAM1"), "by itself"),
    ):
        with pytest.raises(BadInput, match=words):
            device_faults.end(agency.ports, custodian, first, wrong)
    with pytest.raises(NotFound):
        device_faults.end(agency.ports, custodian, uuid4(), Ended("repaired"))
    device_faults.end(agency.ports, custodian, first, Ended("repaired", "New battery"))
    with pytest.raises(BadInput, match="already"):
        device_faults.end(agency.ports, custodian, first, Ended("repaired"))
    second = device_faults.report(agency.ports, custodian, "CAM1", "lens", "Scratched")
    device_faults.end(agency.ports, custodian, second, Ended("replaced", "Sent back", "CAM2"))
    known = agency.ports.catalog.device("CAM1")
    assert known is not None
    assert known.out_of_use
    told = [(one.reason, one.outcome, one.words, one.replaced_by) for one in agency.ports.devices.faults(device=device.id)]
    assert told == [("lens", "replaced", "Scratched", "CAM2"), ("battery", "repaired", "Dead within an hour", "")]
    assert [one.id for one in device_faults.list_faults(agency.ports, custodian, START).newest] == [second]
    many = [DeviceFault(device_id=device.id, noticed_at=START - n, reason="lens") for n in range(1, 1_002)]
    DeviceFault.objects.bulk_create(many)
    listed = device_faults.list_faults(agency.ports, custodian)
    assert (len(listed.newest), sum(listed.counts.values()), listed.counts["lens"] >= 1_001) == (1_000, 1_003, True)
    DeviceFault.objects.filter(noticed_at__lt=START, reason="lens").delete()
    assert (events("device:fault_reported"), events("device:fault_ended")) == (2, 2)
    assert check(agency.ports, CONSOLE) == []


def test_a_function_check_is_marked_and_its_camera_tells_when_it_last_had_one(
    agency: Agency, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    custodian = agency.actor("evidence custodian")
    camera(agency)
    devices.assign(agency.ports, custodian, "CAM1", "O1", 0)
    clip = tmp_path / "clip.bin"
    clip.write_bytes(b"a check")
    taken = intake.receive(agency.ports, custodian, Sent(clip, device="CAM1", recorded_at=START - 50), lambda _: None)
    recording = device_faults.mark_test(agency.ports, custodian, str(taken.recording), test=True)
    with pytest.raises(BadInput, match="already"):
        device_faults.mark_test(agency.ports, custodian, recording.number, test=True)
    with pytest.raises(NotFound):
        device_faults.mark_test(agency.ports, agency.actor("officer"), recording.number, test=False)
    facts = devices.show(agency.ports, custodian, "CAM1")
    assert facts.tested == START - 50
    clip.write_bytes(b"footage")
    intake.receive(agency.ports, custodian, Sent(clip, device="CAM1", recorded_at=START - 40), lambda _: None)
    monkeypatch.setattr(devices, "_SHOWN", 1)
    later = devices.show(agency.ports, custodian, "CAM1")
    assert (later.tested, [one.test for one in later.recordings]) == (START - 50, [False]), "however much was recorded since"
    assert facts.seen.at is not None
    assert [one.test for one in facts.recordings] == [True]
    assert devices.show(agency.ports, agency.actor("administrator"), "CAM1").recordings
    assert [entry.type for entry in agency.ports.catalog.trail(taken.item)][-1] == "recording:marked_test"
    correcting.correct(agency.ports, custodian, recording.number, "the clock was wrong", recorded_at=START - 60)
    assert devices.show(agency.ports, custodian, "CAM1").tested == START - 60
    device_faults.mark_test(agency.ports, custodian, recording.number, test=False)
    assert devices.show(agency.ports, custodian, "CAM1").tested is None
    assert check(agency.ports, CONSOLE) == []


def test_lists_come_in_pages_and_are_narrowed(agency: Agency) -> None:
    custodian = agency.actor("evidence custodian")
    for number in range(5):
        devices.register(agency.ports, custodian, f"CAM{number}", "Axis" if number % 2 else "Other")
    devices.assign(agency.ports, custodian, "CAM1", "O1", 5)
    page = devices.list_page(agency.ports, custodian, "", "CAM0", 2)
    assert [(one.device.serial, one.holder.badge if one.holder else "") for one in page] == [("CAM1", "O1"), ("CAM2", "")]
    assert [one.device.serial for one in devices.list_page(agency.ports, custodian, "axis", "", 10)] == ["CAM1", "CAM3"]
    held = agency.ports.devices.held_now([page[0].device.id], START)[page[0].device.id]
    assert [one.serial for one, _ in agency.ports.devices.held_by(held.person, START)] == ["CAM1"]
    with pytest.raises(Refused):
        devices.list_page(agency.ports, agency.actor("officer"), "", "", 10)


def test_a_period_is_free_or_it_meets_another() -> None:
    one = nouns.Assignment(uuid4(), uuid4(), uuid4(), "O1", "Officer", 10, 20)
    assert [nouns.clashing([one], *span) for span in ((0, 10), (20, None), (20, 30))] == [None] * 3
    assert [nouns.clashing([one], *span) for span in ((0, None), (19, 20), (10, 11), (5, 25))] == [one] * 4
    assert [one.covers(at) for at in (9, 10, 19, 20)] == [False, True, True, False]
