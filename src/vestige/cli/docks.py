"""`vestige dock`: the dock systems that may send."""

import json
from pathlib import Path

import typer

from vestige.actions import docks as acts
from vestige.assembly import dock_site
from vestige.cli.context import Context
from vestige.cli.groups import group
from vestige.cli.output import answer, emit, say
from vestige.cli.times import iso, written
from vestige.errors import BadInput
from vestige.ingest.axis.connection import CONTAINERS, client_certificate, connection_file


def register(app: typer.Typer) -> None:
    """Add the commands."""
    mine = group(app, "dock", "Dock systems: each sends with a credential of its own.")
    mine.command("connect", help="Make a credential for a dock system; prints its connection file, once.")(connect)
    mine.command("certificate", help="Bind a dock system to another client certificate, or to none any more.")(certificate)
    mine.command("list", help="List the dock systems.")(list_docks)
    mine.command("revoke", help="End a dock system's credential; what it sent stays.")(revoke)


def connect(
    context: typer.Context,
    name: str = typer.Argument(..., help="What people call the dock system."),
    url: str = typer.Option("", help="The address by which the docks reach this server; public_url by default."),
    container: str = typer.Option("mp4", help=f"What cameras pack their clips in: {' or '.join(CONTAINERS)}."),
    client_certificate_file: Path = typer.Option(
        None, "--client-certificate", help="PEM file: the dock must show this certificate too, with every call."
    ),
    *,
    encrypt: bool = typer.Option(default=False, help="Cameras encrypt what they record under the agency's key."),
    new_key: bool = typer.Option(default=False, help="The same, under a new key; older ones open what stands under them."),
) -> None:
    """Print the connection file of a new dock system. Its secret is in it and nowhere else."""
    given: Context = context.obj
    home = given.open()
    place = dock_site(home, "http://localhost:8000", container, url)
    bound = client_certificate(client_certificate_file) if client_certificate_file else None
    dock, secret, key = acts.connect(home.ports, given.actor(home), name, encrypt=encrypt, new_key=new_key, certificate=bound)
    if not place.certificates:
        say("WARNING: this dock will send footage and its secret over the network IN CLEAR (plain HTTP): for development only")
    typer.echo(json.dumps(connection_file(place, dock, secret, key), ensure_ascii=False, indent=None if given.json else 2))
    if bound and not home.config.tls_key:
        say("NOTE: a client certificate is seen only where this server speaks TLS itself (tls_certificate and tls_key), not behind a proxy")
    say(f"dock {dock.name} may send as {dock.account}; keep this file as you would a key: its secret is not shown again")


def list_docks(context: typer.Context, *, revoked: bool = typer.Option(default=False, help="Those of earlier too.")) -> None:
    """List the dock systems."""
    given: Context = context.obj
    home = given.open()
    for one in acts.list_docks(home.ports, given.actor(home), revoked=revoked):
        value = {"dock": one.name, "account": one.account, "revoked": iso(one.revoked), "certificate_sha256": one.certificate_sha256}
        words = f"{one.name}\t{one.account}" + (f"\trevoked {written(one.revoked)}" if one.revoked else "")
        words += f"\tcertificate {one.certificate_sha256}" if one.certificate else ""
        emit(value) if given.json else typer.echo(words)


def certificate(
    context: typer.Context,
    name: str = typer.Argument(..., help="The dock system, by name or account."),
    file: Path = typer.Argument(None, help="PEM file with the certificate that the dock shows from now on."),
    *,
    none: bool = typer.Option(default=False, help="It is bound to no certificate any more: its secret is enough."),
) -> None:
    """From now on another certificate is the right one; calls that show the one before are refused."""
    given: Context = context.obj
    if none == (file is not None):
        raise BadInput("name the file of the new certificate, or say --none")
    bound = None if none else client_certificate(file)
    home = given.open()
    dock = acts.change_certificate(home.ports, given.actor(home), name, bound)
    words = f"{dock.name} is known by the certificate {dock.certificate_sha256}" if bound else f"{dock.name} needs no certificate any more"
    answer({"dock": dock.name, "account": dock.account, "certificate_sha256": dock.certificate_sha256}, words, json=given.json)


def revoke(context: typer.Context, name: str) -> None:
    """End a dock system's credential."""
    given: Context = context.obj
    home = given.open()
    dock = acts.revoke(home.ports, given.actor(home), name)
    answer({"dock": dock.name, "account": dock.account, "revoked": iso(dock.revoked)}, f"{dock.name} may send no more", json=given.json)
