"""`vestige ingest`."""

from pathlib import Path

import typer

from vestige.cli.context import Context
from vestige.cli.output import bytes_progress, emit, say
from vestige.cli.times import parse_when
from vestige.errors import VestigeError
from vestige.ingest.card import Card, Wishes, read_card


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("ingest", help="Take files and folders in from a card.")(ingest)


def ingest(  # a command's options
    context: typer.Context,
    paths: list[Path] = typer.Argument(..., help="Files and folders."),
    device: str = typer.Option("", help="Serial number of the camera that recorded them."),
    officer: str = typer.Option("", help="Badge of the officer who wore it."),
    category: str = typer.Option("", help="Category of the recordings."),
    recorded_at: str = typer.Option("", help="When they were recorded (2026-11-24T08:00:00Z), where the files don't tell."),
    *,
    verify_then_erase: bool = typer.Option(
        default=False, help="Delete from the card what was read back from the store and is the same, byte for byte."
    ),
) -> None:
    """Keep every file: hashed, sealed, durable; then say of each what became of it."""
    given: Context = context.obj
    home = given.open()
    actor = given.actor(home)
    wishes = Wishes(
        device=device or None,
        officer=officer or None,
        category=category or None,
        recorded_at=parse_when(recorded_at) if recorded_at else None,
        erase=verify_then_erase,
    )
    card = Card.find(paths)
    failed: VestigeError | None = None
    with bytes_progress(card.size, shown=not given.json) as progress:
        for outcome in read_card(home.ports, actor, card, wishes, lambda done: progress.update(progress.task_ids[0], completed=done)):
            if isinstance(outcome, VestigeError):
                failed = failed or outcome
                say(f"vestige: {outcome}")
                continue
            emit(outcome.as_json()) if given.json else typer.echo(outcome.words())
    if failed:
        raise failed
