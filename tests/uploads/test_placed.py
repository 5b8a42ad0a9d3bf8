"""Uploads of a card are kept as the card would be, in whatever order they arrive, and though the server restarts between them."""

import io
import itertools
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID

import pytest
from tests.agency import CONSOLE, Agency, make_agency
from tests.web.world import clip

from vestige.access.roles import Role
from vestige.actions import people, uploads, uploads_due
from vestige.actions.checking import check
from vestige.actions.correcting import correct
from vestige.actions.uploads import Chunk
from vestige.actions.uploads_placed import WAIT_MS
from vestige.assembly import open_home
from vestige.cli.sent import Mark, Sent
from vestige.cli.upload import Going
from vestige.cli.watch import Watch
from vestige.errors import BadInput, Unavailable
from vestige.evidence.items import Recording
from vestige.evidence.people import Actor
from vestige.evidence.uploads import FileWords, Upload
from vestige.ingest.card import Card, Wishes, read_card
from vestige.ingest.tus.words import file_words

FIRST, SECOND, SMALL, NOTE = "GX010123.MP4", "GX020123.MP4", "GL010123.LRV", "GX020123.srt"
WHOLE = ([FIRST, SECOND], [(SMALL, "small_copy", 0), (NOTE, "sidecar", 1)])


@pytest.fixture(scope="module")
def card(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("card") / "DCIM" / "100GOPRO"
    folder.mkdir(parents=True)
    for number, name in enumerate((FIRST, SECOND)):
        clip(folder / name, seconds=1, started=f"2026-11-23T18:30:0{number}Z", offset=number)
    clip(folder / "small.mp4", seconds=1, offset=7)
    (folder / "small.mp4").rename(folder / SMALL)
    (folder / NOTE).write_text("1\n00:00:00,000 --> 00:00:01,000\nF/2.8\n")
    return folder


@pytest.fixture
def agency(tmp_path: Path) -> Agency:
    return make_agency(tmp_path)


@dataclass
class Sending:
    """Somebody who sends files of a card by uploads, of which he says what belongs to what."""

    agency: Agency
    card: Path

    def begin(self, name: str, by: Actor | None = None, **said: str) -> Upload:
        [file] = [one for one in Card.find([self.card]).files if one.path.name == name]
        keys = {"of": file.of, "follows": file.follows}
        told = {"filename": name, "key": name, "folder": "DCIM/100GOPRO"} | {word: path.name for word, path in keys.items() if path}
        length = (self.card / name).stat().st_size
        return uploads.start(self.agency.ports, by or self.agency.actor("evidence custodian"), length, file_words(told | said))

    def send(self, upload: Upload, by: Actor | None = None) -> Upload:
        body = (self.card / upload.words.name).read_bytes()
        size, now = uploads.grow(self.agency.ports, by or self.agency.actor("evidence custodian"), upload.id, Chunk(0, io.BytesIO(body)))
        assert size == len(body)
        return now

    def restart(self) -> None:
        self.agency.home = open_home(self.agency.home.config.home, now=self.agency.clock)


def recordings(agency: Agency) -> list[Recording]:
    found = (agency.ports.catalog.recording(f"R-2026-{number:06d}") for number in range(1, 9))
    return [one for one in found if one]


def shown(recording: Recording) -> tuple[list[str], list[tuple[str, str, int]]]:
    return [one.filename for one in recording.segments], sorted((one.filename, one.attached, one.position) for one in recording.attached)


ORDERS = list(itertools.permutations((FIRST, SECOND, SMALL, NOTE)))


@pytest.mark.parametrize("order", [ORDERS[0], ORDERS[-1], ORDERS[9], ORDERS[14]], ids=lambda order: "".join(one[1:4] for one in order))
def test_in_any_order_and_over_restarts_it_is_the_same_recording(agency: Agency, card: Path, order: tuple[str, ...]) -> None:
    sending = Sending(agency, card)
    for name in order:
        sending.send(sending.begin(name))
        sending.restart()
    [recording] = recordings(agency)
    assert shown(recording) == WHOLE
    assert recording.status.value == "accessioned"
    assert not uploads_due.is_due(agency.ports)
    assert check(agency.ports, CONSOLE) == []


def test_a_card_that_is_read_becomes_the_same(agency: Agency, card: Path) -> None:
    list(read_card(agency.ports, agency.actor("evidence custodian"), Card.find([card]), Wishes(), lambda _: None))
    [recording] = recordings(agency)
    assert shown(recording) == WHOLE


def test_what_waits_is_whole_and_durable_and_waits_an_hour_at_most(agency: Agency, card: Path) -> None:
    sending = Sending(agency, card)
    waiting = sending.send(sending.begin(SMALL))
    assert waiting.whole
    assert not waiting.outcome
    agency.clock.at += WAIT_MS // 2
    assert not uploads_due.is_due(agency.ports)
    agency.clock.at += WAIT_MS
    assert uploads_due.is_due(agency.ports)
    assert uploads_due.tidy(agency.ports) == 1
    [alone] = recordings(agency)
    assert shown(alone) == ([SMALL], [])
    sending.send(sending.begin(FIRST))
    assert [shown(one) for one in recordings(agency)] == [([SMALL], []), ([FIRST], [])]


def test_it_waits_on_while_its_footage_is_still_on_its_way(agency: Agency, card: Path) -> None:
    sending = Sending(agency, card)
    footage = sending.begin(FIRST)
    sending.send(sending.begin(SMALL))
    agency.clock.at += WAIT_MS
    body, actor = (card / FIRST).read_bytes(), agency.actor("evidence custodian")
    uploads.grow(agency.ports, actor, footage.id, Chunk(0, io.BytesIO(body[:100])))
    agency.clock.at += WAIT_MS // 2
    assert not uploads_due.is_due(agency.ports)
    uploads.grow(agency.ports, actor, footage.id, Chunk(100, io.BytesIO(body[100:])))
    assert [shown(one) for one in recordings(agency)] == [([FIRST], [(SMALL, "small_copy", 0)])]


@pytest.mark.parametrize(
    ("name", "said"),
    [(SECOND, {"of": FIRST, "follows": ""}), (SMALL, {"of": SECOND}), (SMALL, {"folder": "elsewhere"}), (NOTE, {"of": NOTE})],
    ids=["footage beside footage", "a small copy of another clip", "out of another folder", "beside itself"],
)
def test_what_a_sender_says_is_believed_only_where_a_card_says_the_same(
    agency: Agency, card: Path, name: str, said: dict[str, str]
) -> None:
    sending = Sending(agency, card)
    for one in (FIRST, SECOND):
        if one != name:
            sending.send(sending.begin(one, follows=""))
    told = sending.send(sending.begin(name, **said))
    assert told.outcome
    assert ([name], []) in [shown(one) for one in recordings(agency)]


def test_nothing_is_put_beside_what_somebody_else_sent(agency: Agency, card: Path) -> None:
    sending = Sending(agency, card)
    sending.send(sending.begin(FIRST))
    other = agency.actor("administrator")
    words = FileWords({}, SMALL, key=SMALL, of=FIRST, folder="DCIM/100GOPRO")
    body = (card / SMALL).read_bytes()
    stranger = replace(other, id=str(UUID(int=7)), roles=agency.actor("evidence custodian").roles)
    upload = uploads.start(agency.ports, stranger, len(body), words)
    _, waiting = uploads.grow(agency.ports, stranger, upload.id, Chunk(0, io.BytesIO(body)))
    assert not waiting.outcome
    agency.clock.at += WAIT_MS + 60_000
    uploads_due.tidy(agency.ports)
    assert [shown(one) for one in recordings(agency)] == [([FIRST], []), ([SMALL], [])]


def test_the_plan_is_what_a_card_read_does(agency: Agency, card: Path) -> None:
    paths = [f"DCIM/100GOPRO/{name}" for name in (NOTE, SMALL, SECOND, FIRST)]
    told = uploads.plan(agency.ports, agency.actor("evidence custodian"), paths)
    read = Card.find([card]).files
    assert [one.path.name for one in told] == [one.path.name for one in read] == [FIRST, SMALL, SECOND, NOTE]
    assert [(one.beside, one.of and one.of.name, one.follows and one.follows.name) for one in told] == [
        (one.beside, one.of and one.of.name, one.follows and one.follows.name) for one in read
    ]
    with pytest.raises(BadInput, match="at most"):
        uploads.plan(agency.ports, agency.actor("evidence custodian"), [str(n) for n in range(uploads.MOST_PLANNED + 1)])


def test_upload_keeps_back_what_stands_beside_footage_that_could_not_be_sent(card: Path) -> None:
    first, small, second, _ = Card.find([card]).files
    going = Going()
    going.failed(first, Unavailable("the line is cut"))
    with pytest.raises(Unavailable, match="not sent yet"):
        going.ready(small)
    assert going.ready(second).follows is None
    going = Going()
    going.failed(first, BadInput("no"))
    assert (going.ready(small).of, going.ready(small).beside) == (None, None)
    going.done.add(first.path)
    assert (going.ready(small), going.ready(second)) == (small, second)


def test_watch_sends_footage_first_whenever_its_files_appear(card: Path, tmp_path: Path) -> None:
    folder, went = tmp_path / "outbox", list[tuple[str, str, str]]()
    folder.mkdir()
    sent, fails = Sent(tmp_path / "memory.sqlite3"), {FIRST}

    def send(file: object) -> dict[str, object]:
        assert hasattr(file, "path")
        name = file.path.name
        if name in fails:
            fails.discard(name)
            raise Unavailable("for a while")
        went.append((name, file.of.name if file.of else "", file.follows.name if file.follows else ""))
        return {"item": name}

    work = Watch(folder, send, sent, "there", 0.0, lambda _: None)
    (folder / SMALL).write_bytes((card / SMALL).read_bytes())
    work.settle_s = 0.01  # sixty times that, while its footage may still be copied
    assert work.look() == (0, 1)
    (folder / FIRST).write_bytes((card / FIRST).read_bytes())
    work.settle_s = 0.0
    assert work.look() == (0, 2)
    work._later.clear()
    for name in (SECOND, NOTE):
        (folder / name).write_bytes((card / name).read_bytes())
    assert work.look() == (4, 0)
    assert went == [(FIRST, "", ""), (SMALL, FIRST, ""), (SECOND, "", FIRST), (NOTE, SECOND, "")]
    assert Mark.of("there", folder / FIRST).key != Mark.of("there", folder / SMALL).key


def test_a_small_copy_of_footage_that_was_corrected_to_another_officer_goes_beside_it(agency: Agency, card: Path) -> None:
    officer, sending = agency.actor("officer"), Sending(agency, card)
    sending.send(sending.begin(FIRST, by=officer), by=officer)
    other = people.add(agency.ports, CONSOLE, "O2", "Officer O2", [Role.OFFICER])
    correct(agency.ports, agency.actor("evidence custodian"), "R-2026-000001", "It was O2's", officer=other.badge)
    sending.send(sending.begin(SMALL, by=officer), by=officer)
    assert [shown(one) for one in recordings(agency)] == [([FIRST], [(SMALL, "small_copy", 0)])]
