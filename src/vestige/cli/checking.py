"""`vestige fsck`, `vestige routes`."""

from pathlib import Path

import typer

from vestige.actions import anchors, guarding
from vestige.actions.checking import check
from vestige.actions.watching import watch
from vestige.assembly import Home
from vestige.cli.anchors import read_anchors
from vestige.cli.context import Context
from vestige.cli.output import emit, provider_line, say
from vestige.errors import NotFound


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("fsck", help="Check everything: database, log, sealed objects, keys.")(fsck)
    app.command("routes", help="List the routes of the server with their actions.")(routes)


def fsck(
    context: typer.Context,
    anchor: list[Path] = typer.Option([], "--anchor", help="Compare the log with this anchor file too (the home's own always are)."),
    *,
    remake: bool = typer.Option(False, "--remake-triggers", help="Make triggers again that were dropped or changed, then check."),  # noqa: FBT003  # typer's way of a flag with its own name
) -> None:
    """Name everything that does not hold; exit 1 if there is any."""
    given: Context = context.obj
    home = given.open(check=False)
    if remake:
        _remake(given, home)
    say(provider_line(home.ports.keys.report()))
    faults = [(fault.what, fault.object) for fault in check(home.ports, given.actor(home))]
    if anchor or anchors.has_kept(home.ports):
        compared = anchors.compare(home.ports, given.actor(home), read_anchors(anchor))
        faults += [(one.words, one.name) for one in compared if one.is_fault]
    for what, about in faults:
        emit({"what": what, "object": about}) if given.json else typer.echo(f"{about}: {what}")
    if faults:
        say(f"{len(faults)} faults")
        raise typer.Exit(1)
    say("no fault found")


def _remake(given: Context, home: Home) -> None:
    """Events can be written again after it, which is told at once where it was known that they could not."""
    try:
        made = guarding.remake(home.ports, given.actor(home))
    except NotFound as error:
        say(f"{error}: nothing was made again")
        return
    say(made.words)
    watch(home.ports)


def routes(context: typer.Context) -> None:
    """List every route: path, methods, the action that it names or the foreign part it belongs to, and whether strangers are answered."""
    given: Context = context.obj
    home = given.open()
    for route in home.routes():
        words = f"{route['path']}\t{route['methods']}\t{route.get('action') or route.get('foreign')}"
        emit(route) if given.json else typer.echo(words)
