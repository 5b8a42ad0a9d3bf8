"""What a camera encrypted, by openssl commands as the maker's script has them, opens; the encrypted original stays as it came."""

import base64
import hashlib
import io
import json
import os
import subprocess
from pathlib import Path
from uuid import UUID

import pytest
from tests.agency import CONSOLE, Agency, make_agency
from tests.beside import openssl
from tests.media.worlds import Clip

from vestige.access.judge import EVERYTHING
from vestige.actions import dock_intake, dock_words, docks, items, opening, release
from vestige.actions.checking import check
from vestige.actions.dock_intake import Sending
from vestige.catalog import models
from vestige.errors import Tampered
from vestige.evidence.docks import Dock
from vestige.evidence.home import CameraKey
from vestige.evidence.items import EvidenceItem, FindingKind, ItemFilter
from vestige.evidence.values import uuid7
from vestige.ingest.axis.names import container_name, object_name
from vestige.vault.keyring import Keyring
from vestige_verify.notes import parse_key
from vestige_verify.package import verify

NAME = "_CAM1_20260101T100000Z"
STEM = "20260101_100000_5F1B"
TRAIL = b'{"CoordinateEntries": [{"LocationWKT": "POINT(-73.98 40.75)"}]}'
VENDOR = ("rsautl", "-encrypt", "-oaep", "-pubin", "-inkey", "public.pem")
SHA256 = ("pkeyutl", "-encrypt", "-pubin", "-inkey", "public.pem", "-pkeyopt", "rsa_padding_mode:oaep", "-pkeyopt", "rsa_oaep_md:sha256")


@pytest.fixture
def agency(tmp_path: Path) -> Agency:
    return make_agency(tmp_path)


@pytest.fixture
def connected(agency: Agency) -> tuple[Dock, CameraKey]:
    return connect(agency)


def connect(agency: Agency) -> tuple[Dock, CameraKey]:
    dock, _, key = docks.connect(agency.ports, agency.actor("administrator"), "Dock", encrypt=True)
    assert key is not None
    device = dock_words.Small(object_name("CAM1"), b"", "0" * 32)
    dock_words.put_small(agency.ports, dock.actor(), container_name("Devices"), device)
    dock_words.describe(agency.ports, dock.actor(), container_name(NAME), {}, make=True)
    return dock, key


def encrypted(folder: Path, key: CameraKey, data: bytes, wrap: tuple[str, ...], **said: str) -> tuple[bytes, bytes]:
    """The encrypted file and its key object, by nothing but openssl."""
    content, vector = os.urandom(32), os.urandom(16)
    (folder / "public.pem").write_text(key.public)
    (folder / "content.key").write_bytes(content)

    def run(*words: str, given: bytes | None = None) -> bytes:
        return subprocess.run([openssl(), *words], cwd=folder, input=given, capture_output=True, check=True).stdout

    body = run("enc", "-aes-256-cbc", "-K", content.hex(), "-iv", vector.hex(), given=data)
    wrapped = run(*wrap, "-in", "content.key")
    told = {"EncryptedKey": base64.b64encode(wrapped).decode(), "ContentEncryptionIV": base64.b64encode(vector).decode()}
    return body, json.dumps({**told, "PublicKeyId": key.id, **said}, indent=1).encode()


def send(agency: Agency, dock: Dock, name: str, data: bytes) -> dock_intake.Received:
    return dock_intake.receive(agency.ports, dock.actor(), Sending(container_name(NAME), object_name(name), {}, io.BytesIO(data)))


def damage(agency: Agency, item: UUID) -> None:
    sealed = agency.sealed(item)
    sealed.chmod(0o600)
    data = bytearray(sealed.read_bytes())
    data[-1] ^= 1
    sealed.write_bytes(data)


@pytest.mark.parametrize(("wrap", "key_first"), [(VENDOR, True), (SHA256, False)], ids=["sha1", "sha256"])
def test_a_clip_that_openssl_encrypted_opens(
    agency: Agency,
    connected: tuple[Dock, CameraKey],
    tmp_path: Path,
    wrap: tuple[str, ...],
    key_first: bool,  # noqa: FBT001  # a parameter
) -> None:
    dock, key = connected
    data = Clip(frames=24).data() + b"\0\0\0\x08free" * 150_000  # more than one sealed segment
    body, words = encrypted(tmp_path, key, data, wrap)
    pair = [(f"{STEM}.key", words), (f"{STEM}.mp4", body)]
    came = {name: send(agency, dock, name, what).item for name, what in (pair if key_first else pair[::-1])}
    assert opening.is_due(agency.ports)
    made = opening.open_next(agency.ports)
    assert made is not None
    assert not opening.is_due(agency.ports)
    item, original = agency.ports.catalog.item(str(made)), agency.ports.catalog.item(str(came[f"{STEM}.mp4"]))
    assert item is not None
    assert original is not None
    assert (item.parent, item.sha256.value) == (original.id, hashlib.sha256(data).hexdigest())
    assert agency.ports.vault.digest(item.id, item.sealed).value == hashlib.sha256(data).hexdigest()
    assert agency.ports.vault.digest(original.id, original.sealed).value == hashlib.sha256(body).hexdigest()
    assert (item.kind, item.status, "poster" in item.working) == ("video", "accessioned", True)
    custodian = agency.actor("evidence custodian")
    assert items.show_recording(agency.ports, custodian, str(item.recording)).opened == {original.id: item}
    key_item = agency.ports.catalog.item(str(came[f"{STEM}.key"]))
    assert key_item is not None
    for n, asked in enumerate((original, item)):
        done = release.export(agency.ports, custodian, asked.number, tmp_path / str(n))
        assert done.opened == item.number
        told = json.loads((done.path / "data" / "manifest.json").read_text())
        files = {one["of"]: (one["item"], (done.path / one["path"]).read_bytes()) for one in told["files"]}
        wanted = {"opened": (str(made), data), "original": (str(original.id), body), "key": (str(key_item.id), words)}
        assert (told["item"], list(files), files) == (str(made), ["opened", "original", "key"], wanted)
        assert verify(done.path, (parse_key(told["log"]["key"]),)).fault is None
    assert check(agency.ports, CONSOLE) == []


@pytest.fixture
def opened(agency: Agency, connected: tuple[Dock, CameraKey], tmp_path: Path) -> dict[str, EvidenceItem]:
    """An encrypted clip that was opened: its items by what they are."""
    dock, key = connected
    body, words = encrypted(tmp_path, key, Clip(frames=12).data(), VENDOR)
    came = {"original": send(agency, dock, f"{STEM}.mp4", body).item, "key": send(agency, dock, f"{STEM}.key", words).item}
    found = {of: agency.ports.catalog.item(str(item)) for of, item in (came | {"opened": opening.open_next(agency.ports)}).items()}
    return {of: item for of, item in found.items() if item is not None}


@pytest.mark.parametrize("of", ["opened", "original", "key"])
def test_nothing_leaves_where_one_of_the_three_is_not_what_the_opening_names(
    agency: Agency, opened: dict[str, EvidenceItem], tmp_path: Path, of: str
) -> None:
    damage(agency, opened[of].id)
    for asked in ("original", "opened"):
        with pytest.raises(Tampered):
            release.export(agency.ports, agency.actor("evidence custodian"), opened[asked].number, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_nothing_leaves_where_another_key_object_is_in_the_place_of_the_one_that_opened(
    agency: Agency, opened: dict[str, EvidenceItem], tmp_path: Path
) -> None:
    models.EvidenceItem.objects.filter(id=opened["key"].id).update(sha256="00" * 32)
    with pytest.raises(Tampered, match="is not what the opening names"):
        release.export(agency.ports, agency.actor("evidence custodian"), opened["original"].number, tmp_path / "out")


def test_the_papers_of_an_opened_copy_say_what_came_of_what(agency: Agency, opened: dict[str, EvidenceItem], tmp_path: Path) -> None:
    done = release.export(agency.ports, agency.actor("evidence custodian"), opened["original"].number, tmp_path / "out")
    readme = " ".join((done.path / "README.txt").read_text().split())
    for words in (
        "The camera had encrypted this recording.",
        "the copy of it that the agency opened with its key",
        "the key object that came",
    ):
        assert words in readme
    certificate = (done.path / "data" / "certificate.html").read_text()
    for item in opened.values():
        assert item.sha256.value in certificate
    assert str(opened["original"].id) in certificate
    [first, *_] = json.loads((done.path / "data" / "trail.json").read_text())["trails"][0]["entries"]
    assert {one["of"] for one in first["openings"]["digests"]["value"]} == {"key", "opened", "original", "parent_head"}


def test_hundreds_of_keys_that_open_nothing_yet_hide_none_that_does(
    either_database: str,  # noqa: ARG001  # which database is the fixture's business
    tmp_path: Path,
) -> None:
    agency = make_agency(tmp_path)
    dock, key = connect(agency)
    body, words = encrypted(tmp_path, key, Clip(frames=12).data(), VENDOR)
    came = [send(agency, dock, f"{STEM}{ending}", what).item for ending, what in ((".key", words), (".mp4", body))]
    assert agency.ports.docks.encrypted() == tuple(came)
    row = models.DockObject.objects.get(name=f"{STEM}.key")
    said = {"container": row.container, "sha256": row.sha256, "md5": row.md5, "item": row.item}
    models.DockObject.objects.bulk_create(models.DockObject(id=uuid7(), name=f"alone{n}.key", **said) for n in range(600))
    assert agency.ports.docks.encrypted() == tuple(came)


def test_a_trail_that_openssl_encrypted_opens(agency: Agency, connected: tuple[Dock, CameraKey], tmp_path: Path) -> None:
    dock, key = connected
    body, words = encrypted(tmp_path, key, TRAIL, VENDOR)
    send(agency, dock, f"{STEM}_CAM1_gpstrail.json", body)
    send(agency, dock, f"{STEM}_CAM1_gpstrail.key", words)
    made = opening.open_next(agency.ports)
    item = agency.ports.catalog.item(str(made))
    assert item is not None
    assert (item.kind, item.facts["points"]) == ("document", 1)
    assert check(agency.ports, CONSOLE) == []


def test_an_encrypted_trail_measures_the_cameras_clock_once_it_is_opened(
    agency: Agency, connected: tuple[Dock, CameraKey], tmp_path: Path
) -> None:
    dock, key = connected
    said = {"StartTime": "20260101T100000Z"}
    dock_words.describe(agency.ports, dock.actor(), container_name(NAME), said, make=False)
    entry = {"LocationWKT": "POINT(-73.98 40.75)", "SecondsFromStart": 4.0, "Timestamp": "2026-01-01T09:59:04Z"}
    body, words = encrypted(tmp_path, key, json.dumps({"CoordinateEntries": [entry]}).encode(), VENDOR)
    send(agency, dock, f"{STEM}_CAM1_gpstrail.json", body)
    send(agency, dock, f"{STEM}_CAM1_gpstrail.key", words)
    assert opening.open_next(agency.ports)
    [row] = models.Recording.objects.all()
    assert row.clock_offset_ms == 60_000
    told = [one.detail for one in agency.ports.catalog.findings(closed=False) if one.kind is FindingKind.CAMERA_CLOCK]
    assert told == [f"while it recorded {row.number} the camera's clock was 60.0 s ahead by satellite time"]
    assert check(agency.ports, CONSOLE) == []


def test_an_older_key_opens_what_stands_under_it_and_a_restore_keeps_it(
    agency: Agency, connected: tuple[Dock, CameraKey], tmp_path: Path
) -> None:
    dock, key = connected
    _, _, newer = docks.connect(agency.ports, agency.actor("administrator"), "Another", new_key=True)
    assert newer is not None
    assert newer.id != key.id
    assert agency.ports.keys.camera_key() == newer
    body, words = encrypted(tmp_path, key, Clip(frames=12).data(), VENDOR)
    nameless = json.dumps({**json.loads(words), "PublicKeyId": ""}).encode()
    send(agency, dock, f"{STEM}.mp4", body)
    send(agency, dock, f"{STEM}.mp4.key", nameless)
    assert opening.open_next(agency.ports) is not None
    config, other = agency.home.config, tmp_path / "other.keyring"
    adopted = Keyring.adopt(config.keyring, config.home_id, other, config.home_id)
    assert set(adopted.entry["camera_keys"]) == {key.id, newer.id}


@pytest.mark.parametrize("wrong", ["key", "name", "vector", "cut", "nothing"])
def test_what_does_not_open_is_told_once_and_kept(agency: Agency, connected: tuple[Dock, CameraKey], tmp_path: Path, wrong: str) -> None:
    dock, key = connected
    body, words = encrypted(tmp_path, key, b"no footage, but long enough to tell" * 40, VENDOR)
    told = json.loads(words)
    told |= {
        "key": {"EncryptedKey": base64.b64encode(os.urandom(256)).decode()},
        "name": {"PublicKeyId": "camera-of-somebody-else"},
        "vector": {"ContentEncryptionIV": "eA=="},
    }.get(wrong, {})
    send(agency, dock, f"{STEM}.mp4", body[:-5] if wrong == "cut" else body)
    send(agency, dock, f"{STEM}.key", json.dumps(told).encode())
    assert opening.open_next(agency.ports) is None
    assert not opening.is_due(agency.ports)
    kinds = [one.kind for one in agency.ports.catalog.findings(closed=False)]
    assert kinds.count(FindingKind.NOT_OPENED) == 1
    assert agency.ports.catalog.intakes() == []
    assert check(agency.ports, CONSOLE) == []


def test_a_damaged_clip_is_told_of_and_does_not_stand_in_the_way_of_others(
    agency: Agency, connected: tuple[Dock, CameraKey], tmp_path: Path
) -> None:
    dock, key = connected
    body, words = encrypted(tmp_path, key, Clip(frames=12).data(), VENDOR)
    send(agency, dock, f"{STEM}.mp4", body)
    send(agency, dock, f"{STEM}.key", words)
    [item] = [one for one in agency.ports.catalog.items(EVERYTHING, ItemFilter()) if one.filename == f"{STEM}.mp4"]
    damage(agency, item.id)
    assert opening.open_next(agency.ports) is None
    assert not opening.is_due(agency.ports)
    assert [one.kind for one in agency.ports.catalog.findings(closed=False)].count(FindingKind.NOT_OPENED) == 1
    assert agency.ports.catalog.intakes() == []
