"""`vestige join`."""

import typer

from vestige.actions import joining
from vestige.cli.context import Context
from vestige.cli.output import answer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("join", help="Join a recording into another of the same camera and trigger time, sent by two docks.")(join)


def join(
    context: typer.Context,
    recording: str,
    into: str = typer.Option(..., "--into", help="The recording that everything goes to."),
    reason: str = typer.Option(..., "--reason", help="Why they are one."),
) -> None:
    """Make one recording of two."""
    given: Context = context.obj
    home = given.open()
    done = joining.join(home.ports, given.actor(home), recording, into, reason)
    value = {"recording": str(done.recording), "number": done.number, "items": list(done.items)}
    answer(value, f"{done.number} has {', '.join(done.items)} of {recording} now", json=given.json)
