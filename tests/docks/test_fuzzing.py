"""What reads names, headers and metadata is fuzzed by coverage; what it finds is a crash of the fuzzer, with the input."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.budget import seconds
from tests.conftest import ROOT
from tests.web.conftest import environment

SEEDS = (
    b"\0B100_B8A44F000001_20261123T183000Z",
    b"\0RejectedContent_20261123T183000Z_123e4567-e89b-12d3-a456-426614174000",
    b"\0bookmark_20261123T183001Z_1",
    b"\0%2e%2e%2f%00\xff%f0%9f%98%80",
    b"\1StartTimeISO:2026-11-23T18:30:00.000Z\nStatus:Complete\nTags:a%3Ab\nStartTime:1763922600.123",
    b'\2{"CoordinateEntries": [{"LocationWKT": "POINT(-73.98 40.75)", "SecondsFromStart": 1.0}]}',
    b'\2{"EncryptedKey": "AA==", "ContentEncryptionIV": "AA==", "PublicKeyId": "k"}',
)


def test_nothing_that_is_said_breaks_what_reads_it(tmp_path: Path) -> None:
    pytest.importorskip("atheris", reason="atheris has no build for this Python")
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for number, seed in enumerate(SEEDS):
        (corpus / str(number)).write_bytes(seed)
    words = (
        f"-max_total_time={max(3, round(seconds(0.005, 600)))}",
        "-max_len=4096",
        "-print_final_stats=1",
        f"-artifact_prefix={tmp_path}/",
    )
    command = [sys.executable, "-m", "tests.docks.fuzzing", *words, str(corpus)]
    done = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4_000:]
    ran = re.search(r"stat::number_of_executed_units: (\d+)", done.stderr)
    assert ran
    assert int(ran[1]) > 1_000
    print(f"{ran[1]} inputs")
