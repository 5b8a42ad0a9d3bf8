"""Cards of real layouts come in with real bytes: split clips joined, what stands beside footage kept as what it is."""

import shutil
from pathlib import Path

import pytest

from tests.agency import CONSOLE, Agency, make_agency
from tests.web.world import clip
from vestige.actions.checking import check
from vestige.actions.intake import Outcome
from vestige.evidence.items import EvidenceItem, FindingKind, Recording
from vestige.ingest.card import Card, Wishes, read_card

NOTE = b'<?xml version="1.0"?><NonRealTimeMeta><Device manufacturer="Sony" serialNo="1"/></NonRealTimeMeta>'


@pytest.fixture
def agency(tmp_path: Path) -> Agency:
    return make_agency(tmp_path)


def taken(agency: Agency, card: Path) -> dict[str, tuple[EvidenceItem, Recording, Outcome]]:
    """What became of each file, by its name."""
    found = {}
    for outcome in read_card(agency.ports, agency.actor("evidence custodian"), Card.find([card]), Wishes(), lambda _: None):
        assert isinstance(outcome, Outcome), outcome
        item, recording = agency.ports.catalog.item(str(outcome.item)), agency.ports.catalog.recording(str(outcome.recording))
        assert item is not None
        assert recording is not None
        found[outcome.path.name] = (item, recording, outcome)
    return found


def beside(recording: Recording) -> list[tuple[str, str]]:
    return sorted((item.filename, item.attached) for item in recording.attached)


def test_a_card_of_chapters_small_copies_and_thumbnails(agency: Agency, tmp_path: Path) -> None:
    card = tmp_path / "card" / "DCIM" / "100GOPRO"
    card.mkdir(parents=True)
    for number, at in ((1, "18:30:00"), (2, "18:30:02")):
        clip(card / f"GX0{number}0123.MP4", seconds=2, started=f"2026-11-23T{at}Z", offset=number)
        clip(card / f"small{number}.mp4", seconds=1, offset=number + 5)
        (card / f"small{number}.mp4").rename(card / f"GL0{number}0123.LRV")
    clip(card / "GX010124.MP4", seconds=2, started="2026-11-23T19:30:00Z", offset=3)
    (card / "GX010123.THM").write_bytes(b"a thumbnail that is none")
    found = taken(agency, tmp_path / "card")
    first, recording, _ = found["GX010123.MP4"]
    assert {one.id for _, one, _ in found.values()} == {recording.id, found["GX010124.MP4"][1].id}
    whole = agency.ports.catalog.recording(str(recording.id))
    assert whole is not None
    assert [item.filename for item in whole.segments] == ["GX010123.MP4", "GX020123.MP4"]
    assert beside(whole) == [("GL010123.LRV", "small_copy"), ("GL020123.LRV", "small_copy"), ("GX010123.THM", "thumbnail")]
    assert found["GL020123.LRV"][0].position == found["GX020123.MP4"][0].position == first.position + 1
    assert whole.status.value == "accessioned"
    assert whole.duration_ms < 4_200
    assert [one for one in agency.ports.catalog.findings(closed=False) if one.kind is FindingKind.QUARANTINED] == []
    again = taken(agency, tmp_path / "card")
    assert {outcome.status for _, _, outcome in again.values()} == {"duplicate"}
    assert {name: item.id for name, (item, _, _) in again.items()} == {name: item.id for name, (item, _, _) in found.items()}
    assert list(check(agency.ports, CONSOLE)) == []


def test_a_card_whose_small_copies_lie_in_folders_of_their_own(agency: Agency, tmp_path: Path) -> None:
    root = tmp_path / "card" / "PRIVATE" / "M4ROOT"
    for name in ("CLIP", "SUB", "THMBNL"):
        (root / name).mkdir(parents=True)
    clip(root / "CLIP" / "C0001.MP4", seconds=2)
    clip(root / "SUB" / "C0001S03.MP4", seconds=1, offset=4)
    clip(root / "SUB" / "C0002S03.MP4", seconds=1, offset=5)
    (root / "CLIP" / "C0001M01.XML").write_bytes(NOTE)
    (root / "MEDIAPRO.XML").write_bytes(NOTE + b"\n")
    found = taken(agency, tmp_path / "card")
    whole = agency.ports.catalog.recording(str(found["C0001.MP4"][1].id))
    assert whole is not None
    assert beside(whole) == [("C0001M01.XML", "sidecar"), ("C0001S03.MP4", "small_copy")]
    assert found["C0001M01.XML"][0].status.value == "accessioned"
    assert found["MEDIAPRO.XML"][0].status.value == "quarantined"
    alone = found["C0002S03.MP4"]
    assert (alone[0].attached, len(alone[1].segments)) == ("", 1)


def test_footage_that_does_not_open_takes_what_is_beside_it_along(agency: Agency, tmp_path: Path) -> None:
    card = tmp_path / "card"
    card.mkdir()
    (card / "DJI_0001.MP4").write_bytes(b"power was lost")
    (card / "DJI_0001.SRT").write_bytes(b"1\n00:00:00,000 --> 00:00:01,000\n[latitude: 40.7]\n")
    found = taken(agency, card)
    assert found["DJI_0001.MP4"][0].status.value == "quarantined"
    assert found["DJI_0001.SRT"][1].id == found["DJI_0001.MP4"][1].id


def test_time_place_and_serial_come_from_a_real_cameras_file(agency: Agency, tmp_path: Path, footage: Path) -> None:
    card = tmp_path / "card" / "DCIM" / "100GOPRO"
    card.mkdir(parents=True)
    shutil.copy(footage / "gopro_max-heromode.mp4", card / "GH010001.MP4")
    shutil.copy(footage / "gopro_karma.mp4", card / "GH020001.MP4")
    found = taken(agency, tmp_path / "card")
    recording = found["GH010001.MP4"][1]
    assert recording.device is not None
    assert recording.device.serial == "C3353424500199"
    assert recording.place is not None
    assert round(recording.place.latitude, 2) == 33.13
    assert found["GH020001.MP4"][1].id != recording.id, "chapters by name, of another camera"
