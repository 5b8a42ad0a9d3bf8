"""`vestige mark`."""

import typer

from vestige.actions.marking import mark
from vestige.cli.context import Context
from vestige.cli.output import answer
from vestige.evidence.access import Mark


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("mark", help="Say which marks keep a recording apart.")(run)


def run(
    context: typer.Context,
    recording: str,
    marks: list[str] = typer.Option([], "--mark", help=f"{', '.join(Mark)}; may be given several times, none takes all away."),
    reason: str = typer.Option("", help="Why."),
) -> None:
    """Say which marks a recording bears: all of them, and no other."""
    given: Context = context.obj
    home = given.open()
    marked = mark(home.ports, given.actor(home), recording, marks, reason)
    value = {"recording": str(marked.id), "marks": sorted(word.strip().lower() for word in marks)}
    answer(value, f"{marked.number}: {', '.join(value['marks']) or 'no mark'}", json=given.json)
