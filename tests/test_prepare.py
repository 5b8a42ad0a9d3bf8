"""Working copies of items in a real home: what is made of each kind, and what the trail says."""

from pathlib import Path

import pytest

from tests.agency import CONSOLE, Agency, make_agency
from tests.media.worlds import Clip
from tests.web.world import pdf
from vestige.actions import intake
from vestige.actions.checking import check
from vestige.actions.intake import Sent
from vestige.actions.prepare import prepare
from vestige.evidence.people import system
from vestige.evidence.timemap import TimeMap


@pytest.fixture
def agency(tmp_path: Path) -> Agency:
    return make_agency(tmp_path)


def taken(agency: Agency, path: Path, data: bytes) -> intake.Outcome:
    path.write_bytes(data)
    return intake.receive(agency.ports, agency.actor("evidence custodian"), Sent(path), lambda _: None)


@pytest.mark.parametrize(("clip", "of"), [(Clip(frames=30), "original"), (Clip(codec="libx265", container="matroska", frames=30), "proxy")])
def test_what_is_played_has_a_map_of_its_own(agency: Agency, tmp_path: Path, clip: Clip, of: str) -> None:
    item = taken(agency, tmp_path / "clip", clip.data()).item
    made = prepare(agency.ports, system("prepare"), item)
    assert made[-1] == "timemap"
    found = agency.ports.catalog.item(str(item))
    assert found is not None
    reader = agency.ports.vault.open_working(item, found.sealed, "timemap")
    times = TimeMap.from_bytes(reader.read_at(0, reader.size))
    reader.close()
    played = agency.ports.vault.open(item, found.sealed) if of == "original" else agency.ports.vault.open_working(item, found.sealed, of)
    assert times.size == played.size
    played.close()
    facts = agency.ports.catalog.working_facts(item, "timemap")
    assert facts is not None
    assert (facts["of"], facts["duration_ms"]) == (of, times.duration_ms)
    assert list(check(agency.ports, CONSOLE)) == []


def test_a_document_has_pictures_of_its_pages(agency: Agency, tmp_path: Path) -> None:
    pdf(tmp_path / "made.pdf", pages=3)
    item = taken(agency, tmp_path / "note.pdf", (tmp_path / "made.pdf").read_bytes()).item
    assert prepare(agency.ports, system("prepare"), item) == ["pages"]
    assert agency.ports.catalog.trail(item)[-1].opened["outcome"] == "success"
    facts = agency.ports.catalog.working_facts(item, "pages")
    assert facts is not None
    assert facts["pages"] == 3
    assert list(check(agency.ports, CONSOLE)) == []


def test_a_document_that_does_not_open_is_told_and_shows_nothing(agency: Agency, tmp_path: Path) -> None:
    item = taken(agency, tmp_path / "note.pdf", b"%PDF-1.4\n%%EOF\n").item
    assert prepare(agency.ports, system("prepare"), item) == []
    assert "does not open" in str(agency.ports.catalog.trail(item)[-1].opened["outcome"])
    found = agency.ports.catalog.item(str(item))
    assert found is not None
    assert found.working == frozenset()


def test_what_a_killed_maker_left_is_no_fault_and_goes_with_the_next(agency: Agency, tmp_path: Path) -> None:
    item = taken(agency, tmp_path / "clip", Clip(frames=30).data()).item
    left = agency.home.config.home / "vault" / "tmp" / f"{item}.proxy.0123456789abcdef"
    left.write_bytes(b"half a proxy")
    assert check(agency.ports, CONSOLE) == []
    prepare(agency.ports, system("prepare"), item)
    assert not left.exists()
