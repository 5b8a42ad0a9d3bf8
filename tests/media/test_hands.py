"""The child on objects of a real vault: what the rest of the system calls."""

from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from tests.media.worlds import Clip

from vestige.errors import MediaFailed, Tampered
from vestige.evidence.timemap import TimeMap
from vestige.evidence.values import uuid7
from vestige.media.answers import FACTS
from vestige.media.hands import MediaHands
from vestige.media.tasks import TASKS
from vestige.media.worker import MediaWorker
from vestige.vault.keyring import Keyring
from vestige.vault.local import LocalVault


@pytest.fixture
def vault(tmp_path: Path) -> LocalVault:
    vault = LocalVault(tmp_path / "home", Keyring.create(tmp_path / "home.keyring", uuid7()))
    vault.create()
    return vault


@pytest.fixture
def hands(vault: LocalVault, tmp_path: Path) -> MediaHands:
    return MediaHands(MediaWorker(), vault, tmp_path / "models")


def _take_in(vault: LocalVault, data: bytes) -> tuple[UUID, UUID]:
    item = uuid7()
    with vault.begin(item, item) as intake:
        intake.write(data)
        intake.finish()
        intake.done()
    return item, item


def test_accession_gives_facts_and_index(vault: LocalVault, hands: MediaHands) -> None:
    found = hands.accession(*_take_in(vault, Clip().data()), bytes(32))
    FACTS(found["facts"], "")
    assert isinstance(found["index"], dict)
    assert found["index"]["streams"] == 2


def test_gopro_keeps_what_the_satellites_told(vault: LocalVault, hands: MediaHands, footage: Path) -> None:
    facts = hands.accession(*_take_in(vault, (footage / "gopro_karma.mp4").read_bytes()), bytes(32))["facts"]
    assert isinstance(facts, dict)
    assert facts["place"] == [331_253_680, -1_173_310_641]
    assert facts["device"]["serial"] == "C3161325750003"


def test_stills_come_with_their_facts(vault: LocalVault, hands: MediaHands) -> None:
    stills = hands.prepare(*_take_in(vault, Clip().data()))
    assert stills[0][0]["kind"] == "poster"
    assert all(data.startswith(b"\xff\xd8\xff") for _, data in stills)


def test_a_proxy_goes_sealed_into_the_vault_and_nothing_else_does(vault: LocalVault, hands: MediaHands, tmp_path: Path) -> None:
    item, sealed = _take_in(vault, Clip(codec="libx265", container="matroska", size=(640, 384), frames=90).data())
    with vault.working_writer(item, sealed, "proxy", hold_first=True) as writer:
        made = hands.proxy(item, sealed, writer)
        writer.close()
    assert made["frames"] == 90
    with vault.open_working(item, sealed, "proxy") as reader:
        copy = reader.read_at(0, reader.size)
    assert copy[4:8] == b"ftyp"
    assert hands.accession(*_take_in(vault, copy), bytes(32))["facts"]["playable"] is True  # type: ignore[index]
    for path in (tmp_path / "home").rglob("*"):
        if path.is_file():
            assert b"moov" not in path.read_bytes(), path


def test_the_map_is_that_of_what_is_played(vault: LocalVault, hands: MediaHands) -> None:
    """The original's, or the proxy's own: their bytes lie elsewhere."""
    item, sealed = _take_in(vault, Clip(container="matroska", frames=90).data())
    with vault.working_writer(item, sealed, "proxy", hold_first=True) as writer:
        hands.proxy(item, sealed, writer)
        writer.close()
    (of_original, original), (of_proxy, proxy) = hands.time_map(item, sealed, None), hands.time_map(item, sealed, "proxy")
    assert (of_original["of"], of_proxy["of"]) == ("original", "proxy")
    with vault.open(item, sealed) as reader, vault.open_working(item, sealed, "proxy") as copy:
        assert (TimeMap.from_bytes(original).size, TimeMap.from_bytes(proxy).size) == (reader.size, copy.size)
    assert abs(TimeMap.from_bytes(original).duration_ms - 3000) <= 34
    assert abs(TimeMap.from_bytes(proxy).duration_ms - 3000) <= 34


@pytest.mark.parametrize("blobs", [[], [b"no map"], [TimeMap(9, [(0, 9, 5)]).to_bytes()[:-1]]])
def test_a_map_that_is_none_is_not_kept(vault: LocalVault, tmp_path: Path, blobs: list[bytes]) -> None:
    """The child is hostile: what it sends is read before it is sealed."""
    folder = tmp_path / "tasks"
    folder.mkdir()
    sending = f"[sink.blob(b) for b in {blobs!r}]"
    listed = [{"kind": "timemap", "pieces": 1, "duration_ms": 5} for _ in blobs]
    (folder / "lying.py").write_text(
        f"def warm(): pass\n\ndef run(request, source, sink, model):\n    {sending}\n    return {{'blobs': {listed!r}}}\n"
    )
    worker = MediaWorker(tasks={"timemap": replace(TASKS["timemap"], module="lying")}, folders=[folder])
    with pytest.raises(MediaFailed, match="map"):
        MediaHands(worker, vault, tmp_path / "models").time_map(*_take_in(vault, b"anything"), None)


def test_a_changed_object_is_tampered(vault: LocalVault, hands: MediaHands, tmp_path: Path) -> None:
    item, sealed = _take_in(vault, Clip().data())
    path = max((path for path in (tmp_path / "home").rglob("*") if path.is_file()), key=lambda each: each.stat().st_size)
    path.chmod(0o600)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(Tampered):
        hands.accession(item, sealed, bytes(32))
