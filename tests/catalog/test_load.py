"""Several real processes append, sequence, sign and publish at once, some killed at any moment: one gapless log, on both databases."""

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests import tlog_reader
from tests.budget import how_far, seconds
from tests.test_home import vestige

_WRITER = """
import os, sys
from pathlib import Path
from vestige.assembly import open_home
from vestige.custody.events import EventType
from vestige.errors import Unavailable
from vestige.evidence.changes import Statement
from vestige.evidence.people import system
home = open_home(Path(os.environ["VESTIGE_HOME"]))
from vestige.catalog.models import EvidenceItem
items = list(EvidenceItem.objects.values_list("id", flat=True))
catalog, count = home.ports.catalog, 0
while True:
    try:
        with catalog.writing(system("load")) as transaction:
            for number in range(10):
                transaction.record(Statement(EventType.ITEM_SHOWN, item=items[(count + number) % len(items)] if number % 2 else None))
    except Unavailable:
        continue
    count += 10
    print(count, flush=True)
"""
_SEQUENCER = """
import os
from pathlib import Path
from vestige.assembly import open_home
from vestige.errors import Unavailable
home = open_home(Path(os.environ["VESTIGE_HOME"]))
while True:
    try:
        home.ports.catalog.write_log()
    except Unavailable:
        continue
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def environment(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    if request.param == "postgresql":
        monkeypatch.setitem(os.environ, "DATABASE_URL", request.getfixturevalue("fresh_postgresql"))
    return {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}


def test_many_processes_and_kills_leave_one_gapless_log(environment: dict[str, str], tmp_path: Path) -> None:
    home = tmp_path / "h"
    assert vestige(home, "init", "--console-acts")[0] == 0
    assert vestige(home, "people", "add", "C1", "Cee", "--role", "evidence custodian")[0] == 0
    (tmp_path / "note.bin").write_bytes(b"no kind of footage")
    assert vestige(home, "ingest", str(tmp_path / "note.bin"), "--as", "C1")[0] == 0
    environment["VESTIGE_HOME"] = str(home)
    running: list[tuple[str, int]] = []
    processes: dict[int, subprocess.Popen[bytes]] = {}
    told: list[Path] = []

    def start(code: str) -> None:
        out = tmp_path / f"out{len(told)}"
        told.append(out)
        with out.open("wb") as to:
            process = subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=to)
        processes[process.pid] = process
        running.append((code, process.pid))

    for code in (_WRITER, _WRITER, _WRITER, _SEQUENCER, _SEQUENCER):
        start(code)
    draw, end = random.Random(os.urandom(8)), time.monotonic() + max(12.0, seconds(0.015, 300))
    while time.monotonic() < end:
        time.sleep(draw.uniform(0.2, 3))
        code, pid = running.pop(draw.randrange(len(running)))
        assert processes[pid].poll() is None
        processes[pid].kill()
        processes[pid].wait()
        start(code)
    for _, pid in running:
        processes[pid].kill()
        processes[pid].wait()
    acknowledged = sum(int((out.read_text().split() or ["0"])[-1]) for out in told)
    finish = _SEQUENCER.replace("while True:", "for _ in range(1):")
    subprocess.run(
        [sys.executable, "-c", finish], env=environment, check=True
    )  # a write that was cut off is finished by whoever comes next
    [signed] = vestige(home, "log", "checkpoint")[1]
    assert vestige(home, "fsck")[:2] == (0, [])
    found = tlog_reader.read(tlog_reader.from_folder(home / "log"))
    assert acknowledged > 0
    assert int(str(signed["size"])) >= max(found.size, acknowledged)
    assert vestige(home, "log", "publish", str(tmp_path / "site"))[0] == 0
    whole = tlog_reader.read(tlog_reader.from_folder(tmp_path / "site"))
    assert whole.entries[: found.size] == found.entries
    how_far(f"{acknowledged} events acknowledged, {whole.size} in the log, {len(told) - 5} processes killed")
