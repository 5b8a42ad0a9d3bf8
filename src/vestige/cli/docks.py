"""`vestige dock`: the dock systems that may send."""

import json

import typer

from vestige.actions import docks as acts
from vestige.assembly import dock_site
from vestige.cli.context import Context
from vestige.cli.groups import group
from vestige.cli.output import answer, emit, say
from vestige.cli.times import iso, written
from vestige.ingest.axis.connection import CONTAINERS, connection_file


def register(app: typer.Typer) -> None:
    """Add the commands."""
    mine = group(app, "dock", "Dock systems: each sends with a credential of its own.")
    mine.command("connect", help="Make a credential for a dock system; prints its connection file, once.")(connect)
    mine.command("list", help="List the dock systems.")(list_docks)
    mine.command("revoke", help="End a dock system's credential; what it sent stays.")(revoke)


def connect(
    context: typer.Context,
    name: str = typer.Argument(..., help="What people call the dock system."),
    url: str = typer.Option("", help="The address by which the docks reach this server; public_url by default."),
    container: str = typer.Option("mp4", help=f"What cameras pack their clips in: {' or '.join(CONTAINERS)}."),
    *,
    encrypt: bool = typer.Option(default=False, help="Cameras encrypt what they record under the agency's key."),
    new_key: bool = typer.Option(default=False, help="The same, under a new key; older ones open what stands under them."),
) -> None:
    """Print the connection file of a new dock system. Its secret is in it and nowhere else."""
    given: Context = context.obj
    home = given.open()
    place = dock_site(home, "http://localhost:8000", container, url)
    dock, secret, key = acts.connect(home.ports, given.actor(home), name, encrypt=encrypt, new_key=new_key)
    if not place.certificates:
        say("WARNING: this dock will send footage and its secret over the network IN CLEAR (plain HTTP): for development only")
    typer.echo(json.dumps(connection_file(place, dock, secret, key), ensure_ascii=False, indent=None if given.json else 2))
    say(f"dock {dock.name} may send as {dock.account}; keep this file as you would a key: its secret is not shown again")


def list_docks(context: typer.Context, *, revoked: bool = typer.Option(default=False, help="Those of earlier too.")) -> None:
    """List the dock systems."""
    given: Context = context.obj
    home = given.open()
    for one in acts.list_docks(home.ports, given.actor(home), revoked=revoked):
        value = {"dock": one.name, "account": one.account, "revoked": iso(one.revoked)}
        words = f"{one.name}\t{one.account}" + (f"\trevoked {written(one.revoked)}" if one.revoked else "")
        emit(value) if given.json else typer.echo(words)


def revoke(context: typer.Context, name: str) -> None:
    """End a dock system's credential."""
    given: Context = context.obj
    home = given.open()
    dock = acts.revoke(home.ports, given.actor(home), name)
    answer({"dock": dock.name, "account": dock.account, "revoked": iso(dock.revoked)}, f"{dock.name} may send no more", json=given.json)
