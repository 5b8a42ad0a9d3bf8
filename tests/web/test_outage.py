"""While events cannot be written the server shows no evidence, says so on every page, and goes on by itself afterwards."""

import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable

import httpx
from tests.conftest import ROOT
from tests.web.conftest import OURS, Server, environment

_WATCH = """
import os, sys
from pathlib import Path
from vestige.assembly import open_home
home = open_home(Path(os.environ["VESTIGE_HOME"]), check=False)
from vestige.actions.watching import watch
from vestige.catalog import triggers
if sys.argv[1] == "mend":
    triggers.install()
watch(home.ports)
"""
_BANNER = "Events cannot be written"


def look(server: Server, how: str) -> str:
    """What the duty of every minute does, now."""
    command = [sys.executable, "-c", _WATCH, how]
    done = subprocess.run(
        command, cwd=ROOT, env=environment(VESTIGE_HOME=str(server.world.home)), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


def test_no_evidence_is_shown_until_events_can_be_written_again(
    server: Server, view: Callable[[httpx.Client, str], tuple[str, str]]
) -> None:
    client = server.signed_in("C200")
    url, _ = view(client, "lone")
    assert client.get(url, headers={"Range": "bytes=0-9"}).status_code == 206
    with sqlite3.connect(server.world.home / "catalog.sqlite3") as database:
        database.execute("DROP TRIGGER catalog_openings_update")
    database.close()
    try:
        assert "EVENTS CANNOT BE WRITTEN" in look(server, "only")
        sent = {"item": server.world.recordings["lone_item"], "reason": "A test"}
        refused = client.post("/bytes/viewings", json=sent, headers=OURS)
        assert (refused.status_code, refused.json()["error"]) == (503, "log_unwritable")
        poster = client.get(f"/bytes/posters/{server.world.recordings['lone_item']}")
        assert (poster.status_code, poster.json()["error"]) == (503, "log_unwritable")
        time.sleep(2)  # for so long a viewing is let on from memory
        assert client.get(url, headers={"Range": "bytes=0-9"}).status_code == 503
        page = client.get("/recordings")
        assert page.status_code == 503
        assert _BANNER in page.text
    finally:
        look(server, "mend")
    assert _BANNER not in client.get("/recordings").text
    assert "Events could not be written" in client.get("/findings").text
    assert client.get(url, headers={"Range": "bytes=0-9"}).status_code == 206
