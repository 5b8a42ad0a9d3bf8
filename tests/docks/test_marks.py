"""The category that a bookmark of the camera names, on both databases."""

import io
from pathlib import Path

import pytest
from tests.agency import CONSOLE, Agency, make_agency
from tests.docks.test_sending import NAME, announced, connected, kinds

from vestige.actions import dock_intake, dock_words, docks, review, viewing
from vestige.actions.checking import check
from vestige.actions.dock_intake import Sending
from vestige.catalog.models import Event, Recording
from vestige.evidence.docks import Dock
from vestige.evidence.items import FindingKind
from vestige.ingest.axis.names import container_name, object_name

BOOKMARK = "bookmark_20260101T100015Z_1"


@pytest.fixture
def agency(tmp_path: Path, either_database: str) -> Agency:  # noqa: ARG001  # which database is the fixture's business
    return make_agency(tmp_path)


@pytest.fixture
def dock(agency: Agency) -> Dock:
    made = connected(agency)
    dock_words.put_small(agency.ports, made.actor(), container_name("Devices"), dock_words.Small(object_name("CAM1"), b"", "0" * 32))
    announced(agency, made)
    return made


def bookmark(agency: Agency, dock: Dock, name: str = BOOKMARK, **said: str) -> None:
    sending = Sending(container_name(NAME), object_name(name), said, io.BytesIO(name.encode()))
    dock_intake.receive(agency.ports, dock.actor(), sending)


def decided() -> tuple[str, str]:
    [row] = Recording.objects.all()
    return row.category, row.access_class


def test_a_category_of_the_policy_is_given_to_a_recording_that_has_none(agency: Agency, dock: Dock) -> None:
    bookmark(agency, dock, CategoryID="Use of Force", CategoryName="whatever the camera shows")
    assert decided() == ("use of force", "restricted")
    [event] = Event.objects.filter(type="category:assigned")
    [row] = Recording.objects.all()
    assert (event.object_kind, event.object_id, event.actor) == ("recording", str(row.id), f"device:{dock.id}")
    bookmark(agency, dock, "bookmark_20260101T100016Z_2", CategoryName="use of force")
    assert Event.objects.filter(type="category:assigned").count() == 1
    assert FindingKind.CATEGORY_NOT_APPLIED not in kinds(agency)
    assert check(agency.ports, CONSOLE) == []


def test_every_category_that_docks_are_told_of_is_understood(agency: Agency, dock: Dock) -> None:
    for ref, words in docks.read_categories(agency.ports, dock.actor()).items():
        for said in ({"CategoryID": ref, "CategoryName": words}, {"CategoryID": ref}, {"CategoryName": words}):
            bookmark(agency, dock, f"bookmark_1_{ref.replace(' ', '')}{len(said)}{'N' if 'CategoryID' in said else ''}", **said)
    told = [one.detail for one in agency.ports.catalog.findings(closed=False) if one.kind is FindingKind.CATEGORY_NOT_APPLIED]
    assert told
    assert all("the recording is categorised as" in words for words in told)


def test_what_the_policy_does_not_know_or_what_is_decided_is_told_once_and_changes_nothing(agency: Agency, dock: Dock) -> None:
    bookmark(agency, dock, CategoryID="17", CategoryName="Traffic stop")
    assert decided() == ("uncategorized", "unrestricted")
    dock_words.describe_object(
        agency.ports, dock.actor(), container_name(NAME), object_name(BOOKMARK), {"CategoryID": "17", "CategoryName": "Traffic stop"}
    )
    dock_words.describe_object(agency.ports, dock.actor(), container_name(NAME), object_name(BOOKMARK), {"CategoryID": "arrest"})
    assert decided() == ("arrest", "unrestricted")
    bookmark(agency, dock, "bookmark_20260101T100016Z_2", CategoryID="critical incident")
    bookmark(agency, dock, "bookmark_20260101T100017Z_3", CategoryID="uncategorized")
    assert decided() == ("arrest", "unrestricted")
    told = [one.detail for one in agency.ports.catalog.findings(closed=False) if one.kind is FindingKind.CATEGORY_NOT_APPLIED]
    assert sorted(told) == [
        "a bookmark of the camera says Traffic stop (17): the policy us-federal has no such category",
        "a bookmark of the camera says critical incident: the recording is categorised as arrest",
    ]
    Recording.objects.update(category="uncategorized")  # as a person's act would leave it
    bookmark(agency, dock, "bookmark_20260101T100018Z_4", CategoryID="training")
    assert decided()[0] == "uncategorized"


def test_a_bookmark_in_quarantine_categorises_nothing(agency: Agency) -> None:
    dock = connected(agency)
    announced(agency, dock)
    bookmark(agency, dock, CategoryID="training")
    assert decided()[0] == "uncategorized"
    assert FindingKind.CATEGORY_NOT_APPLIED in kinds(agency)


def test_the_weekly_review_knows_the_access_class_that_a_bookmark_gave(agency: Agency, dock: Dock) -> None:
    bookmark(agency, dock, CategoryID="critical incident")
    [row] = Recording.objects.all()
    [item] = row.items.all()
    viewing.start(agency.ports, agency.actor("evidence custodian"), str(item.id), "to look")
    [started] = agency.ports.reviews.entries(["viewing:started"], 0, agency.clock.at + 1)
    [owned] = review._owned(agency.ports, [started]).values()  # what the weekly list is drawn from
    assert owned.access_class == "confidential"
