"""Gaps in a camera's numbers, and cameras' clocks by their own files: what cards and uploads tell."""

import itertools
import random
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.agency import CONSOLE, START, Agency, make_agency
from tests.budget import examples
from tests.media.worlds import Clip
from vestige.actions import devices, findings, intake
from vestige.actions.checking import check
from vestige.actions.intake import Sent
from vestige.catalog.models import FilePlace
from vestige.evidence.clocks import camera_offset, drifts, trail_began
from vestige.evidence.completeness import Place, around, gap_words, places
from vestige.evidence.items import FindingKind

QUARTER = 15 * 60_000
FULL = 1_000


@pytest.fixture
def agency(either_database: str, tmp_path: Path) -> Agency:  # noqa: ARG001  # which database is the fixture's business
    agency = make_agency(tmp_path)
    devices.register(agency.ports, agency.actor("evidence custodian"), "CAM1")
    return agency


def take(agency: Agency, folder: Path, name: str, device: str | None = "CAM1") -> None:
    path = folder / name
    path.write_bytes(Clip(frames=10 + len(list(folder.iterdir()))).data())
    outcome = intake.receive(agency.ports, agency.actor("evidence custodian"), Sent(path, device=device), lambda _: None)
    assert outcome.status == "accessioned", outcome.reason


def quarantined(agency: Agency, folder: Path, name: str) -> None:
    path = folder / name
    path.write_bytes(f"nothing that opens, called {name}".encode())
    sent = Sent(path, device="CAM1", recorded_at=START)
    assert intake.receive(agency.ports, agency.actor("evidence custodian"), sent, lambda _: None).status == "quarantined"


def told(agency: Agency, kind: FindingKind = FindingKind.SEQUENCE_GAP) -> list[str]:
    return sorted(one.detail for one in agency.ports.catalog.findings(closed=False) if one.kind is kind)


def test_a_gap_in_a_cameras_numbers_is_told_until_it_is_filled(agency: Agency, tmp_path: Path) -> None:
    card = tmp_path / "card"
    card.mkdir()
    for name in ("MOV_0007.mp4", "MOV_0011.MP4", "notes.mp4", "20260101_100000.mp4"):
        take(agency, card, name)
    take(agency, card, "MOV_0020.mp4", device=None)
    assert told(agency) == ["of this camera's files MOV_0008 to MOV_0010 did not come in"]
    take(agency, card, "mov_0009.mp4")
    assert told(agency) == [f"of this camera's files MOV_{number} did not come in" for number in ("0008", "0010")]
    take(agency, card, "MOV_0010.mp4")
    take(agency, card, "MOV_0008.mp4")
    assert told(agency) == []
    assert check(agency.ports, CONSOLE) == []


def test_what_is_kept_apart_came_in_and_what_stands_beside_footage_is_no_footage(agency: Agency, tmp_path: Path) -> None:
    card = tmp_path / "card"
    card.mkdir()
    take(agency, card, "MOV_0001.mp4")
    take(agency, card, "MOV_0003.mp4")
    assert told(agency) == ["of this camera's files MOV_0002 did not come in"]
    for ending in ("lrv", "THM", "srt", "xml", "gpx", "lrf", "glv", "txt"):
        quarantined(agency, card, f"MOV_0002.{ending}")
        quarantined(agency, card, f"MOV_0005.{ending}")
    assert told(agency) == ["of this camera's files MOV_0002 did not come in"]
    quarantined(agency, card, "MOV_0002.mp4")
    assert told(agency) == []
    quarantined(agency, card, "MOV_0007.mp4")
    assert told(agency) == ["of this camera's files MOV_0004 to MOV_0006 did not come in"]
    assert check(agency.ports, CONSOLE) == []


def test_a_second_file_of_a_number_tells_nothing_that_a_person_has_ended(agency: Agency, tmp_path: Path) -> None:
    card = tmp_path / "card"
    card.mkdir()
    for name in ("GOPR0001.mp4", "GOPR0005.mp4"):
        take(agency, card, name)
    [gap] = [one for one in agency.ports.catalog.findings(closed=False) if one.kind is FindingKind.SEQUENCE_GAP]
    findings.close(agency.ports, agency.actor("supervisor"), gap.id, "taken off the camera by the lab")
    quarantined(agency, card, "GOPR0005.gpr")
    assert told(agency) == []
    take(agency, card, "GOPR0003.mp4")
    assert len(told(agency)) == 2


def test_the_places_of_an_earlier_version_are_found_as_it_comes_forward(agency: Agency, tmp_path: Path) -> None:
    card = tmp_path / "card"
    card.mkdir()
    take(agency, card, "MOV_0001.mp4")
    quarantined(agency, card, "MOV_0002.srt")
    quarantined(agency, card, "GX020007.MP4")
    take(agency, card, "MOV_0009.mp4", device=None)
    kept = set(FilePlace.objects.values_list("item", "device", "family", "number"))
    assert len(kept) == 3
    call_command("migrate", "catalog", "0017_past_stamps", verbosity=0, interactive=False, skip_checks=True)
    call_command("migrate", "catalog", verbosity=0, interactive=False, skip_checks=True)
    assert set(FilePlace.objects.values_list("item", "device", "family", "number")) == kept


def test_however_many_files_a_camera_has_two_steps_into_an_index_find_the_neighbours(agency: Agency, either_database: str) -> None:
    device = agency.ports.catalog.device("CAM1")
    assert device is not None
    with CaptureQueriesContext(connection) as asked:
        assert agency.ports.devices.neighbours(device.id, "MOV_", 7) == []
    assert len(asked) == 2
    for one in asked if either_database == "sqlite" else ():
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {one['sql']}")
            assert "USING COVERING INDEX file_place (device_id=? AND family=? AND number" in str(cursor.fetchall())


def test_a_chapter_that_is_missing_is_told_too(agency: Agency, tmp_path: Path) -> None:
    card = tmp_path / "card"
    card.mkdir()
    take(agency, card, "GX030042.MP4")
    assert told(agency) == ["of this camera's files GX of 0042, chapter 01 to GX of 0042, chapter 02 did not come in"]
    take(agency, card, "GX010042.MP4")
    take(agency, card, "GX020042.MP4")
    take(agency, card, "GX010044.MP4")
    assert told(agency) == ["of this camera's files GoPro 0043 did not come in"]


def test_one_gopro_counts_one_number_whatever_the_letters_before_it(agency: Agency, tmp_path: Path) -> None:
    card = tmp_path / "card"
    card.mkdir()
    for name in ("GX010042.MP4", "GH010043.MP4", "GH020043.MP4", "GOPR0044.mp4", "GP010044.mp4", "GS010045.mp4", "GX010046.MP4"):
        take(agency, card, name)
    assert told(agency) == []
    take(agency, card, "GH010050.MP4")
    assert told(agency) == ["of this camera's files GoPro 0047 to GoPro 0049 did not come in"]
    for name in ("GHAA0047.mp4", "GS__0048.mp4", "G0020049.mp4"):
        take(agency, card, name)
    assert told(agency) == []


def test_names_tell_their_places() -> None:
    assert places("DSC00012") == (Place("DSC", 12, 5),)
    assert places("GOPR0042") == places("GPAA0042") == places("g0010042") == (Place("GoPro ", 42, 4),)
    assert places("GP010042") == (Place("GoPro ", 42, 4), Place("GP of 0042, chapter ", 1, 2, 1))
    assert places("C0001") == (Place("C", 1, 4),), "Sony"
    for stem in ("20260101_100000", "clip", "0042", "A1B2C30042", "MOV_123456", ""):
        assert places(stem) == ()
    assert around(Place("X", 1, 4), [9_998, 9_999]) == (None, None), "the counter began anew"


def test_whatever_the_order_only_what_did_not_come_is_told_in_the_end() -> None:
    """The rule by itself: gaps opened and closed as numbers come in, in any order, end as the numbers that are missing between them."""
    seed = random.SystemRandom().getrandbits(32)
    draw, count = random.Random(seed), examples(FULL)
    for _ in range(count):
        numbers = draw.sample(range(100), draw.randrange(1, 30))
        known: set[int] = set()
        opened: set[str] = set()
        for number in numbers:
            below, above = around(Place("X", number, 4), known)
            if below is not None and above is not None:
                opened.discard(gap_words("X", below, above, 4))
            pairs = ((below, number), (number, above))
            opened |= {gap_words("X", a, b, 4) for a, b in pairs if a is not None and b is not None and b - a > 1}
            known.add(number)
        ordered = sorted(numbers)
        assert opened == {gap_words("X", a, b, 4) for a, b in itertools.pairwise(ordered) if b - a > 1}, seed
    print(f"sequences, seed {seed}: {count} of {FULL}")


def test_a_clock_is_measured_apart_from_its_time_zone() -> None:
    at = 1_790_000_000_000
    assert camera_offset(at, at + 5_000, 5_000) == 0
    assert camera_offset(at + 3_000, at + 5_000, 5_000) == 3_000
    assert camera_offset(at - 5 * 4 * QUARTER - 2_500, at, 0) == -2_500
    assert camera_offset(at + 23 * QUARTER, at, 0) == 0, "Nepal"
    assert camera_offset(at + 100 * 4 * QUARTER, at, 0) == 100 * 4 * QUARTER, "no zone is as far as that"
    assert [drifts(one) for one in (0, 2_000, -2_000, 2_001, -2_001)] == [False, False, False, True, True]
    assert trail_began([]) is None
    assert trail_began([(1_000, 1_000), (2_000, 1_000), (50_000, 3_000)]) == 1_000


def test_real_cameras_tell_by_how_much_their_clock_is_off(agency: Agency, footage: Path) -> None:
    """One was right to half a second. The other wrote local time, eight hours behind, and was 18 s ahead: it kept GPS time, not UTC."""
    for name in ("gopro_karma.mp4", "gopro_max-heromode.mp4"):
        intake.receive(agency.ports, agency.actor("evidence custodian"), Sent(footage / name), lambda _: None)
    [finding] = [one for one in agency.ports.catalog.findings(closed=False) if one.kind is FindingKind.CAMERA_CLOCK]
    device = agency.ports.catalog.device("C3353424500199")
    assert device is not None
    assert (finding.object_kind, finding.object_id) == ("device", device.id)
    assert finding.detail.endswith("the camera's clock was 18.0 s ahead by satellite time")
    made = agency.ports.devices.recordings(device.id, 1)[0].measured_at
    assert made is not None
    assert [agency.ports.devices.measured_after(device.id, at) for at in (0, made - 1, made)] == [True, True, False]
