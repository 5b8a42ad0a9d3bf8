"""`vestige upload`: files and folders to a server, from any machine; it needs no home."""

import base64
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path, PurePath
from urllib.parse import urlsplit

import typer
from rich.progress import Progress

from vestige.cli.context import Context
from vestige.cli.output import bytes_progress, emit, say
from vestige.cli.sent import Mark, Sent, default_memory
from vestige.cli.times import iso, parse_when
from vestige.errors import BadInput, DiskFull, Refused, Unavailable, VestigeError
from vestige.evidence.cards import CardFile
from vestige.ingest.card import Card
from vestige.outside.tus import Place, Sending, Wanted

PROOF = "PEM file with the client certificate to which the dock is bound, and its key."
_FOLDERS = 3
"""So many of the folders above a file are told: Sony's cards say in three what a file is."""
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Uploader:
    """Sends files to one place, with what is said of all of them, and remembers."""

    place: Place
    said: Mapping[str, str]
    sent: Sent
    patience_s: float = 600.0

    def send(self, file: CardFile, progress: Callable[[int], None]) -> dict[str, object]:
        """Send one, or go on with it; what became of it. What it stands beside, or goes on after, was sent. Raises what sending raises."""
        path = Path(file.path)
        mark = Mark.of(self.place.url, path)
        said = {**self.said, **self._placed(file)}
        wanted = Wanted(path, said, lambda url: self.sent.note(mark, url), progress, self.sent.url(mark), self.patience_s)
        url, outcome = Sending(self.place, wanted).send()
        outcome |= {"path": str(path)}
        self.sent.note(mark, url, outcome)
        return outcome

    def _placed(self, file: CardFile) -> dict[str, str]:
        """Where it lies, and what it belongs to."""
        folder = "/".join(Path(file.path).absolute().parts[1:-1][-_FOLDERS:])
        keys = {
            name: Mark.of("", Path(path)).key for name, path in (("key", file.path), ("of", file.of), ("follows", file.follows)) if path
        }
        return {"folder": folder, **keys}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("upload", help="Send files and folders to a server; what was cut off goes on.")(upload)


def place_of(url: str, credential: str, proof: Path | None = None) -> Place:
    """Where to send. Raises BadInput for an address or a connection file that is none, and for plain HTTP without leave."""
    parts = urlsplit(url.rstrip("/"))
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path or "@" in parts.netloc:
        raise BadInput(f"{url[:200]!r} is no address of a server; write it like https://example.org")
    if parts.scheme == "http" and parts.hostname not in _LOCAL and os.environ.get("VESTIGE_ALLOW_HTTP") != "1":
        raise BadInput("the credential and the footage would travel in clear: name an https address")
    named = credential or os.environ.get("VESTIGE_CREDENTIAL", "")
    if not named:
        raise BadInput("say who sends: --credential FILE, the connection file that vestige dock connect printed")
    try:
        found = json.loads(Path(named).read_text())
        trusted = "".join(base64.b64decode(one).decode("ascii") for one in found.get("HTTPSCertificate", []))
        return Place(f"{parts.scheme}://{parts.netloc}", str(found["BlobAPIUserName"]), str(found["BlobAPIKey"]), trusted, proof)
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise BadInput(f"{named} cannot be read as the connection file of a dock: {error}") from error


def said_of_all(device: str, officer: str, category: str, recorded_at: str) -> dict[str, str]:
    """What is said of every file. Raises BadInput for a time that is none."""
    at = iso(parse_when(recorded_at)) if recorded_at else ""
    return {
        name: value
        for name, value in zip(("device", "officer", "category", "recorded_at"), (device, officer, category, at or ""), strict=True)
        if value
    }


def words(outcome: Mapping[str, object]) -> str:
    """For people."""
    why = f" ({outcome['reason']})" if outcome.get("reason") else ""
    return f"{outcome['path']}: {outcome['status']} as {outcome['number']}{why}"


def upload(  # a command's options
    context: typer.Context,
    url: str = typer.Argument(..., help="The server, like https://example.org (nothing behind the name)."),
    paths: list[Path] = typer.Argument(..., help="Files and folders."),
    credential: str = typer.Option("", help="Connection file of a dock (or VESTIGE_CREDENTIAL)."),
    client_certificate: Path = typer.Option(None, help=PROOF),
    device: str = typer.Option("", help="Serial number of the camera that recorded them."),
    officer: str = typer.Option("", help="Badge of the officer who wore it."),
    category: str = typer.Option("", help="Category of the recordings."),
    recorded_at: str = typer.Option("", help="When they were recorded (2026-11-24T08:00:00Z), where the files don't tell."),
    memory: Path = typer.Option(None, help="Where it is remembered what was begun."),
    patience: float = typer.Option(600.0, help="Seconds without progress after which it gives up."),
) -> None:
    """Send every file to its end; then say of each what became of it. Exits as ingest does."""
    given: Context = context.obj
    said = said_of_all(device, officer, category, recorded_at)
    uploader = Uploader(place_of(url, credential, client_certificate), said, Sent(memory or default_memory()), patience)
    card, failed, done = Card.find(paths), None, 0
    going = Going()
    with bytes_progress(card.size, shown=not given.json) as progress:
        for file in card.files:
            try:
                outcome = uploader.send(going.ready(file), partial(_shown, progress, done))
                going.done.add(file.path)
                emit(outcome) if given.json else typer.echo(words(outcome))
            except VestigeError as error:
                failed = failed or error
                going.failed(file, error)
                say(f"vestige: {error}")
                if isinstance(error, Refused | DiskFull):
                    break
            path = Path(file.path)
            done += path.stat().st_size if path.exists() else 0
            progress.update(progress.task_ids[0], completed=done)
    if failed:
        raise failed


@dataclass(slots=True)
class Going:
    """What of a card is sent, and what is still to be sent because it failed for a while only."""

    done: set[PurePath] = field(default_factory=set)
    later: set[PurePath] = field(default_factory=set)

    def ready(self, file: CardFile) -> CardFile:
        """The file as it is sent now: beside footage, or after it, only where that was sent. Raises Unavailable while it has to wait for it."""
        if file.of in self.later:
            raise Unavailable(f"{file.path} stands beside {file.of}, which is not sent yet: start it again to send both")
        beside = file.of in self.done
        follows = file.follows if file.follows in self.done else None
        return replace(file, beside=file.beside if beside else None, of=file.of if beside else None, follows=follows)

    def failed(self, file: CardFile, error: VestigeError) -> None:
        """It was not sent."""
        if not isinstance(error, BadInput):
            self.later.add(file.path)


def _shown(progress: Progress, before: int, sent: int) -> None:
    progress.update(progress.task_ids[0], completed=before + sent)
