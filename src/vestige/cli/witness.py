"""`vestige witness`: a witness for the logs of others. It has a folder of its own and no home."""

from pathlib import Path

import typer

from vestige.cli.context import Context
from vestige.cli.listening import listen
from vestige.cli.output import answer, emit, say
from vestige.custody.signed_notes import parse_checkpoint
from vestige.errors import NotFound
from vestige.witness.book import Book

_DIR = typer.Option(..., "--dir", help="The witness's own folder.")
_NAME = typer.Option("", help="Its name in signatures, best an address without http://; made up by default. It cannot change later.")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="A witness: keep the newest checkpoint of others' logs, sign only what continues it.", no_args_is_help=True)
    group.command("init", help="Make a witness's folder and key.")(init)
    group.command("trust", help="Cosign the log of a verifier key from now on.")(trust)
    group.command("show", help="Show the witness's key, and the newest checkpoint of each log.")(show)
    group.command("serve", help="Answer logs that ask for cosignatures.")(serve)
    app.add_typer(group, name="witness")


def init(context: typer.Context, folder: Path = _DIR, name: str = _NAME) -> None:
    """Make the key (mode 0600) and print its verifier key, which the log's agency enters."""
    given: Context = context.obj
    book = Book.create(folder, name)
    answer({"dir": str(folder), "witness_key": str(book.key)}, f"witness key: {book.key}", json=given.json)


def trust(context: typer.Context, key: str = typer.Argument(..., metavar="VKEY"), folder: Path = _DIR) -> None:
    """Add a log by the verifier key that its agency gave: compare the fingerprint with the agency first."""
    given: Context = context.obj
    trusted = Book.open(folder).trust(key)
    answer({"log": trusted.name, "key": str(trusted)}, f"trusted: {trusted.name}", json=given.json)


def show(context: typer.Context, folder: Path = _DIR) -> None:
    """Print the verifier key and, of each trusted log, size and root of the newest checkpoint cosigned."""
    given: Context = context.obj
    book = Book.open(folder)
    answer({"witness_key": str(book.key)}, f"witness key: {book.key}", json=given.json)
    for origin in sorted({key.name for key in book.logs()}):
        note = book.newest(origin)
        kept = parse_checkpoint(note.text) if note else None
        value = {"log": origin, "size": kept.size if kept else None, "root": kept.root.hex() if kept else None}
        emit(value) if given.json else typer.echo(f"{origin}\t{value['size'] if kept else 'nothing cosigned yet'}\t{value['root'] or ''}")


def serve(
    folder: Path = _DIR,
    name: str = _NAME,
    host: str = typer.Option("127.0.0.1", help="Address to listen on; every answer is signed, so plain HTTP gives nothing away."),
    port: int = typer.Option(8100, help="Port to listen on."),
) -> None:
    """Answer until stopped; a folder without a key gets one first."""
    try:
        book = Book.open(folder)
    except NotFound:
        book = Book.create(folder, name)
        say("made a new key")
    logs = len({key.name for key in book.logs()})
    from vestige.witness.app import application

    say(f"witness key: {book.key}\ncosigning {logs} logs at http://{host}:{port} (stop with Ctrl-C)")
    listen(application(book), host, port)
