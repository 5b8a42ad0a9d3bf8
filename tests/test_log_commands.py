"""`vestige log checkpoint`, `prove`, `publish`, as a stranger checks what they give."""

import base64
import hashlib
import json
from pathlib import Path

import pytest

from tests import tlog_reader
from tests.test_home import vestige
from vestige_verify.merkle import verify_inclusion


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("log")
    home = folder / "h"
    assert vestige(home, "init", "--console-acts")[0] == 0
    assert vestige(home, "people", "add", "C1", "Cee", "--role", "evidence custodian")[0] == 0
    (folder / "note.bin").write_bytes(b"no kind of footage")
    assert vestige(home, "ingest", str(folder / "note.bin"), "--as", "C1")[0] == 0
    return home


def item_of(home: Path) -> str:
    return str(vestige(home, "items")[1][0]["item"])


def test_the_checkpoint_covers_its_own_reading(home: Path) -> None:
    [first] = vestige(home, "log", "checkpoint")[1]
    [second] = vestige(home, "log", "checkpoint", "--as", "C1")[1]
    assert second["size"] == int(str(first["size"])) + 1
    origin, size, root = str(second["checkpoint"]).split("\n")[:3]
    assert origin.startswith("vestige.log/")
    assert (int(size), base64.b64decode(root).hex()) == (second["size"], second["root"])


@pytest.mark.parametrize("opened", [False, True])
def test_a_proof_leads_from_the_entry_to_the_signed_root(home: Path, tmp_path: Path, *, opened: bool) -> None:
    words = ["--open"] if opened else []
    [proof] = vestige(home, "log", "prove", item_of(home), "--as", "C1", "--out", str(tmp_path / "p.tlog-proof"), *words)[1]
    text = (tmp_path / "p.tlog-proof").read_text()
    assert text == proof["proof"]
    head, _, note = text.partition("\n\n")
    first, extra, index, *hashes = head.split("\n")
    assert (first, index) == ("c2sp.org/tlog-proof@v1", f"index {proof['index']}")
    carried = json.loads(base64.b64decode(extra.removeprefix("extra ")))
    assert sorted(carried) == ["entry", "openings"]
    assert len(carried["openings"]) == (11 if opened else 0)
    _, size, root, *_ = note.split("\n")
    leaf = hashlib.sha256(b"\0" + carried["entry"].encode()).digest()
    path = [base64.b64decode(one) for one in hashes]
    verify_inclusion(leaf, int(str(proof["index"])), int(size), path, base64.b64decode(root))
    assert json.loads(carried["entry"])["type"] == "item:quarantined"
    assert vestige(home, "log", "prove", item_of(home), "--as", "C1", "--out", str(tmp_path / "p.tlog-proof"))[0] == 2


def test_every_entry_of_a_trail_can_be_proved(home: Path, tmp_path: Path) -> None:
    proofs = vestige(home, "log", "prove", item_of(home), "--all", "--as", "C1", "--out", str(tmp_path / "all"))[1]
    trail = vestige(home, "trail", item_of(home), "--as", "C1")[1]
    assert [one["index"] for one in proofs] == [one["index"] for one in trail]
    assert {path.name for path in (tmp_path / "all").iterdir()} == {f"{one['index']}.tlog-proof" for one in proofs}


def test_who_may_not_read_trails_gets_no_proof(home: Path) -> None:
    assert vestige(home, "log", "prove", item_of(home))[0] == 3
    assert vestige(home, "log", "prove", "E-2026-009999", "--as", "C1")[0] == 1


def test_a_folder_is_published_and_brought_forward_and_an_event_tells_so(home: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    [first] = vestige(home, "log", "publish", str(site))[1]
    found = tlog_reader.read(tlog_reader.from_folder(site))
    assert (found.size, found.note) == (first["size"], first["checkpoint"])
    [second] = vestige(home, "log", "publish", str(site))[1]
    again = tlog_reader.read(tlog_reader.from_folder(site))
    assert again.size == second["size"] == found.size + 1
    assert again.entries[: found.size] == found.entries
    assert json.loads(again.entries[-1])["type"] == "log:published"
    assert vestige(home, "fsck")[:2] == (0, [])


def test_another_homes_folder_is_refused(home: Path, tmp_path: Path) -> None:
    assert vestige(tmp_path / "other", "init")[0] == 0
    assert vestige(tmp_path / "other", "log", "publish", str(tmp_path / "site"))[0] == 0
    before = (tmp_path / "site" / "checkpoint").read_bytes()
    code, _, words = vestige(home, "log", "publish", str(tmp_path / "site"))
    assert (code, "another" in words or "not" in words) == (1, True)
    assert (tmp_path / "site" / "checkpoint").read_bytes() == before
