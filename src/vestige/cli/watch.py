"""`vestige watch`: a folder of a dock PC; what is complete in it is sent or taken in, once, and stays where it is."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath
from uuid import UUID

import typer

from vestige.cli.context import Context
from vestige.cli.output import emit, say
from vestige.cli.sent import Mark, Sent, default_memory
from vestige.cli.upload import PROOF, Uploader, place_of, said_of_all, words
from vestige.errors import BadInput, Refused, Unavailable, VestigeError
from vestige.evidence.cards import CardFile, is_small
from vestige.ingest.card import Card, Wishes, read_card

_UNFINISHED = (".part", ".partial", ".tmp", ".crdownload", ".filepart")
_LONGEST_PAUSE_S = 600.0
_ALONE = 60
"""So many times longer a small copy waits whose footage is not there."""

Send = Callable[[CardFile], dict[str, object]]


@dataclass(slots=True)
class Watch:
    """A folder, what is done with its files, and what is remembered of them. Nothing is ever deleted from it."""

    folder: Path
    send: Send
    sent: Sent
    target: str
    settle_s: float
    said: Callable[[dict[str, object]], None]
    _seen: dict[PurePath, tuple[Mark, float]] = field(default_factory=dict)
    _later: dict[PurePath, tuple[float, float]] = field(default_factory=dict)

    def look(self) -> tuple[int, int]:
        """One look: how many files were sent, and how many are not done yet."""
        done = waiting = 0
        files = [one for one in Card.find([self.folder]).files if not one.path.name.lower().endswith(_UNFINISHED)]
        there = {one.path for one in files if self._is_done(one)}
        for file in files:
            if file.path in there:
                continue
            try:
                mark = Mark.of(self.target, Path(file.path))
            except BadInput:
                continue  # gone since the folder was read
            if self._settled(file, mark) and not self._waits(file, there) and self._try(file, mark, there):
                there.add(file.path)
                done += 1
            else:
                waiting += 1
        return done, waiting

    def _is_done(self, file: CardFile) -> bool:
        try:
            return self.sent.outcome(Mark.of(self.target, Path(file.path))) is not None
        except BadInput:
            return False

    def _waits(self, file: CardFile, there: set[PurePath]) -> bool:
        """Whether what it belongs to goes first: its footage; the clip that it goes on after, while that did not fail."""
        if file.of is not None:
            return file.of not in there
        return file.follows is not None and file.follows not in there and file.follows not in self._later

    def _settled(self, file: CardFile, mark: Mark) -> bool:
        """Whether nothing changed in it for long enough. The clock of its own time stamp counts too, as after a restart.

        Of what a camera writes beside footage only, and whose footage is not there, the footage may still be copied: it waits longer.
        """
        now, settle_s = time.monotonic(), self.settle_s
        if file.of is None and is_small(file.path):
            settle_s *= _ALONE
        before, since = self._seen.get(file.path, (None, now))
        if before != mark:
            self._seen[file.path] = (mark, now)
            since = now
        return now - since >= settle_s or (settle_s == self.settle_s and time.time() - mark.modified / 1e9 >= 2 * settle_s + 1)

    def _try(self, file: CardFile, mark: Mark, there: set[PurePath]) -> bool:
        """Send it; what fails is tried again, later and later."""
        path = file.path
        until, pause = self._later.get(path, (0.0, self.settle_s or 1.0))
        if time.monotonic() < until:
            return False
        try:
            outcome = self.send(file if file.follows in there else replace(file, follows=None))
        except Refused:
            raise
        except VestigeError as error:
            say(f"vestige: {error}")
            self._later[path] = (time.monotonic() + pause, min(2 * pause, _LONGEST_PAUSE_S))
            return False
        self.sent.note(mark, self.sent.url(mark), outcome)
        self._later.pop(path, None)
        self._seen.pop(path, None)
        self.said(outcome)
        return True


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("watch", help="Watch a folder: send, or take in, what is complete in it; it stays there.")(watch)


def watch(  # a command's options
    context: typer.Context,
    folder: Path = typer.Argument(..., help="The folder.", metavar="DIR"),
    to: str = typer.Option("", help="The server to send to, like https://example.org; without it files go into the home."),
    credential: str = typer.Option("", help="Connection file of a dock (or VESTIGE_CREDENTIAL)."),
    client_certificate: Path = typer.Option(None, help=PROOF),
    device: str = typer.Option("", help="Serial number of the camera that recorded them."),
    officer: str = typer.Option("", help="Badge of the officer who wore it."),
    category: str = typer.Option("", help="Category of the recordings."),
    memory: Path = typer.Option(None, help="Where it is remembered what was done."),
    settle: float = typer.Option(10.0, help="Seconds in which nothing may have changed in a file."),
    every: float = typer.Option(5.0, help="Seconds between two looks."),
    *,
    once: bool = typer.Option(default=False, help="End when everything that is there is done."),
) -> None:
    """Look again and again. Hidden files, links, and names like .part or .tmp are left alone."""
    given: Context = context.obj
    if not folder.is_dir():
        raise BadInput(f"there is no folder {folder}")
    sent = Sent(memory or default_memory())

    def say_it(outcome: dict[str, object]) -> None:
        emit(outcome) if given.json else typer.echo(words(outcome))

    if to:
        uploader = Uploader(place_of(to, credential, client_certificate), said_of_all(device, officer, category, ""), sent, patience_s=60.0)
        work = Watch(folder, lambda file: uploader.send(file, lambda _: None), sent, uploader.place.url, settle, say_it)
    else:
        wishes = Wishes(device or None, officer or None, category or None)
        work = Watch(folder, _taking_in(given, wishes, sent), sent, str(given.path().absolute()), settle, say_it)
    while True:
        if once and not work.look()[1]:
            return
        if not once:
            _look_again(work)
        time.sleep(every)


def _look_again(work: Watch) -> None:
    """One look of many: a folder, or a server, that is away for a while does not end them."""
    try:
        work.look()
    except (BadInput, Unavailable) as error:
        say(f"vestige: {error}")


def _taking_in(given: Context, wishes: Wishes, sent: Sent) -> Send:
    """As `vestige ingest` does, one file at a time; where it belongs to others, these were taken in before, and it is remembered as what."""
    home = given.open()
    actor, target = given.actor(home), str(given.path().absolute())

    def take(file: CardFile) -> dict[str, object]:
        before = {path: found for path in (file.of, file.follows) if path and (found := _item(sent, Mark.of(target, Path(path))))}
        card = Card((file,), Path(file.path).stat().st_size)
        [outcome] = read_card(home.ports, actor, card, wishes, lambda _: None, before)
        if isinstance(outcome, VestigeError):
            raise outcome
        return outcome.as_json()

    return take


def _item(sent: Sent, mark: Mark) -> UUID | None:
    """As what it was taken in."""
    outcome = sent.outcome(mark)
    return UUID(str(outcome["item"])) if outcome else None
