"""The kiosk: a camera by badge, nothing else; on both databases."""

import threading
from dataclasses import replace
from pathlib import Path

import pytest
from django.db import connection

from tests.agency import CONSOLE, Agency, make_agency
from vestige.access.permissions import Permission
from vestige.access.roles import PERMISSIONS, Role
from vestige.actions import device_faults, devices, items, kiosk, people
from vestige.actions.checking import check
from vestige.catalog.models import Event
from vestige.errors import BadInput, NotFound, Refused, VestigeError
from vestige.evidence.items import ItemFilter
from vestige.evidence.people import Actor


@pytest.fixture
def agency(either_database: str, tmp_path: Path) -> Agency:  # noqa: ARG001  # which database is the fixture's business
    agency = make_agency(tmp_path)
    for badge in ("O1", "O2"):
        people.add(agency.ports, CONSOLE, badge, f"Officer {badge}", [Role.OFFICER])
    for serial in ("CAM1", "CAM2"):
        devices.register(agency.ports, agency.actor("evidence custodian"), serial)
    return agency


def station(agency: Agency) -> Actor:
    return replace(agency.actor("kiosk"), via="web", address="192.0.2.9")


def test_a_camera_is_taken_by_badge_and_brought_back(agency: Agency) -> None:
    here = station(agency)
    assert [one.serial for one in kiosk.show(agency.ports, here)] == ["CAM1", "CAM2"]
    person, has = kiosk.check_out(agency.ports, here, " o1 ", "CAM1")
    assert (person.badge, [one.serial for one in has]) == ("O1", ["CAM1"])
    assert [one.serial for one in kiosk.show(agency.ports, here)] == ["CAM2"]
    with pytest.raises(BadInput, match="is with somebody"):
        kiosk.check_out(agency.ports, here, "O2", "CAM1")
    assert len(kiosk.check_out(agency.ports, here, "O1", "CAM2")[1]) == 2
    closed = kiosk.bring_back(agency.ports, here, "CAM1")
    assert (closed.badge, closed.ends is not None) == ("O1", True)
    with pytest.raises(BadInput, match="nobody has"):
        kiosk.bring_back(agency.ports, here, "CAM1")
    device = agency.ports.catalog.device("CAM1")
    assert device is not None
    told = agency.ports.catalog.trail_of_object("device", str(device.id))
    acts = [entry.opened for entry in told if entry.type.startswith("assignment:")]
    assert [fields["address"] for fields in acts] == ["192.0.2.9"] * 2
    assert all(isinstance(fields["data"], dict) and fields["data"]["kiosk"] == here.name for fields in acts)
    assert check(agency.ports, CONSOLE) == []


def test_what_cannot_be_taken_is_named(agency: Agency) -> None:
    here, custodian = station(agency), agency.actor("evidence custodian")
    device_faults.report(agency.ports, custodian, "CAM2", "lens", "")
    before = Event.objects.count()
    officer = agency.ports.catalog.person("O1")
    assert officer is not None
    for badge in ("O9", "", "  ", "KIOSK", str(officer.id)):
        with pytest.raises(BadInput, match="nobody has the badge"):
            kiosk.check_out(agency.ports, here, badge, "CAM1")
    with pytest.raises(NotFound, match="no camera CAM9"):
        kiosk.check_out(agency.ports, here, "O1", "CAM9")
    with pytest.raises(BadInput, match="faulty"):
        kiosk.check_out(agency.ports, here, "O1", "CAM2")
    assert Event.objects.count() == before


def test_a_camera_given_for_a_while_is_not_free_and_can_come_back(agency: Agency) -> None:
    here, custodian, later = station(agency), agency.actor("evidence custodian"), agency.clock.at + 10**9
    devices.assign(agency.ports, custodian, "CAM1", "O2", agency.clock.at, later)
    assert [one.serial for one in kiosk.show(agency.ports, here)] == ["CAM2"]
    with pytest.raises(BadInput, match=r"^the camera CAM1 is with somebody; it must be returned first$"):
        kiosk.check_out(agency.ports, here, "O1", "CAM1")
    assert kiosk.bring_back(agency.ports, here, "CAM1").badge == "O2"


def test_it_reaches_nothing_else(agency: Agency) -> None:
    here = station(agency)
    assert PERMISSIONS[Role.KIOSK] == {Permission.DEVICE_CHECK_OUT, Permission.SESSION_START, Permission.SESSION_END}
    with pytest.raises(Refused):
        items.list_recordings(agency.ports, here, ItemFilter())
    with pytest.raises(Refused):
        devices.assign(agency.ports, here, "CAM1", "O1", 5)
    with pytest.raises(Refused):
        kiosk.check_out(agency.ports, agency.actor("officer"), "O1", "CAM1")


def test_two_who_scan_one_camera_at_once_do_not_both_have_it(agency: Agency) -> None:
    here, ends = station(agency), []

    def take(badge: str) -> None:
        try:
            kiosk.check_out(agency.ports, here, badge, "CAM1")
            ends.append("taken")
        except VestigeError as error:
            ends.append(error.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=take, args=(badge,)) for badge in ("O1", "O2") * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ends) == [BadInput("").code] * 5 + ["taken"]
