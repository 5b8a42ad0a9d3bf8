"""`vestige correct`: a wrong officer or time, corrected by a recorded act."""

import typer

from vestige.actions.correcting import correct as act
from vestige.cli.context import Context
from vestige.cli.output import answer
from vestige.cli.times import iso, parse_when, written


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("correct", help="Correct who recorded, or when; what the camera said is kept beside it.")(correct)


def correct(
    context: typer.Context,
    item: str = typer.Argument(..., help="The item or the recording, by number or id."),
    officer: str = typer.Option("", help="Badge of whoever recorded it."),
    recorded_at: str = typer.Option("", help="When it was recorded (2026-11-24T08:00:00Z)."),
    reason: str = typer.Option(..., help="Why."),
) -> None:
    """Correct the officer or the time of a recording."""
    given: Context = context.obj
    home = given.open()
    at = parse_when(recorded_at) if recorded_at else None
    recording = act(home.ports, given.actor(home), item, reason, officer=officer, recorded_at=at)
    value = {
        "recording": str(recording.id),
        "officer": recording.officer_badge,
        "recorded_at": iso(recording.recorded_at),
        "corrected_at": iso(recording.corrected_at),
    }
    words = f"{recording.number}: {recording.officer_badge or 'no officer known'}, {written(recording.known_at)}"
    answer(value, words, json=given.json)
