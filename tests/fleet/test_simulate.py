"""A fleet plays against a real server, and says what differs."""

import json
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from tests.docks.conftest import World, make_world
from tests.test_home import vestige
from tests.web.conftest import serving


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("fleet"))


@pytest.fixture(scope="module")
def url(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(world.home, tmp_path_factory.mktemp("server") / "log.txt", VESTIGE_ALLOW_HTTP="1") as (at, _):
        yield at


def connection(world: World, folder: Path, number: int = 0, **more: object) -> str:
    path = folder / f"{uuid4()}.json"
    path.write_text(json.dumps({**world.files[number], **more}))
    return str(path)


def test_a_shift_of_two_dock_systems_arrives_with_all_that_went_wrong(world: World, url: str, tmp_path: Path) -> None:
    report = tmp_path / "sent.jsonl"
    sent = (*("--connection", connection(world, tmp_path)), *("--connection", connection(world, tmp_path, 1)), "--report", str(report))
    words = ("simulate", "fleet", "--cameras", "6", "--hours", "0.5", "--trouble", "2", "--url", url, "--seed", "3", *sent)
    code, said, errors = vestige(world.home, *words)
    assert code == 0, errors
    [told] = said
    assert told["faults"] == 0
    assert told["checked"] == "home"
    assert told["recordings"] == 6
    assert told["mishaps"].keys() == {"cut", "lost answer", "sent twice"}
    assert told["retries"] >= told["mishaps"]["cut"] + told["mishaps"]["lost answer"]
    dock = world.dock(url)
    assert len(dock.rows("SELECT id FROM catalog_evidenceitem")) == told["objects"] == len(report.read_text().splitlines())
    states = {row["status"] for row in dock.rows("SELECT status FROM catalog_evidenceitem")}
    assert states == {"accessioned", "quarantined"}
    kinds = {row["kind"] for row in dock.rows("SELECT kind FROM catalog_finding")}
    assert {"device_disabled", "device_unknown", "user_unknown"} <= kinds
    assert dock.rows("SELECT id FROM catalog_dockcontainer WHERE serial != '' AND complete IS NULL") == []
    assert vestige(world.home, "simulate", "check", str(report))[:2] == (0, [{"compared": told["objects"], "faults": 0}])
    report.write_text(report.read_text() + json.dumps({"container": "c", "name": "n", "sha256": "0" * 64, "size": 1, "expected": "either"}))
    code, said, errors = vestige(world.home, "simulate", "check", str(report))
    assert code == 1
    assert said[0] == {"object": "c/n", "what": "it is there 0 times, its bytes 0 times"}
    assert "does not hold" in errors


def test_without_files_a_dock_is_made_and_revoked(world: World, url: str) -> None:
    words = ("simulate", "fleet", "--cameras", "1", "--hours", "0.1", "--url", url, "--as", "A100", "--seed", "5", "--clip-mb", "2")
    code, said, errors = vestige(world.home, *words)
    assert code == 0, errors
    assert said[0]["bytes"] > 2_000_000 * said[0]["clips"]
    rows = world.dock(url).rows("SELECT revoked FROM catalog_dock WHERE name LIKE 'Simulated fleet%'")
    assert [row["revoked"] is not None for row in rows] == [True]


def test_cameras_that_encrypt_send_keys_with_what_they_sent(
    world: World, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VESTIGE_ALLOW_HTTP", "1")
    code, [made], errors = vestige(world.home, "dock", "connect", "Encrypting", "--encrypt", "--url", url, "--as", "A100")
    assert code == 0, errors
    path = tmp_path / "made.json"
    path.write_text(json.dumps(made))
    words = ("simulate", "fleet", "--cameras", "1", "--hours", "0.1", "--connection", str(path), "--seed", "6", "--trouble", "0")
    code, said, errors = vestige(world.home, *words)
    assert code == 0, errors
    keys = world.dock(url).rows("SELECT filename FROM catalog_evidenceitem WHERE filename LIKE '%.key'")
    assert len(keys) == said[0]["clips"] + 1


def test_what_cannot_be_is_said(world: World, url: str, tmp_path: Path) -> None:
    fleet = ("simulate", "fleet", "--cameras", "1", "--hours", "1")
    code, _, errors = vestige(world.home, *fleet, "--connection", connection(world, tmp_path), "--per-hour", "0")
    assert code == 2
    assert "recordings an hour" in errors
    assert vestige(world.home, *fleet, "--url", url)[0] == 3  # the console may connect no dock
    wrong = connection(world, tmp_path, BlobAPIKey="of somebody else")
    code, _, errors = vestige(world.home, *fleet, "--connection", wrong, "--url", url, "--give-up", "0")
    assert code == 4
    assert "401" in errors
