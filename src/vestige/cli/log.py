"""`vestige log checkpoint`, `vestige log prove`, `vestige log publish`."""

from pathlib import Path
from typing import Annotated

import typer

from vestige.actions import log
from vestige.cli.anchors import LOG
from vestige.cli.context import Context
from vestige.cli.groups import group
from vestige.cli.output import answer, emit
from vestige.errors import BadInput, Unavailable


def register(app: typer.Typer) -> None:
    """Add the commands."""
    commands = group(app, "log", LOG)
    commands.command("checkpoint", help="Print the newest signed checkpoint.")(checkpoint)
    commands.command("prove", help="Prove that an item's newest entry is in the log.")(prove)
    commands.command("publish", help="Bring a folder for a web server up to the log, and read it back.")(publish)


def checkpoint(context: typer.Context) -> None:
    """Print the signed checkpoint that covers everything recorded so far."""
    given: Context = context.obj
    home = given.open()
    signed = log.checkpoint(home.ports, given.actor(home))
    value = {"checkpoint": signed.note, "size": signed.head.size, "root": signed.head.root.hex()}
    answer(value, signed.note.rstrip("\n"), json=given.json)


def prove(
    context: typer.Context,
    item: str,
    out: Path = typer.Option(None, "--out", help="Write it to this file (with --all: into this folder); nothing may be there yet."),
    *,
    whole: Annotated[bool, typer.Option("--all", help="Every entry of the item's trail, not only the newest.")] = False,
    opened: Annotated[bool, typer.Option("--open", help="With the openings: whoever has the proof can read it.")] = False,
) -> None:
    """Write a C2SP tlog-proof: the entry, its place, and the way from it to the signed checkpoint."""
    given: Context = context.obj
    home = given.open()
    if out is not None and out.exists():
        raise BadInput(f"{out} is there already")
    for proof in log.prove(home.ports, given.actor(home), item, whole=whole, opened=opened):
        path = out / f"{proof.index}.tlog-proof" if out and whole else out
        if path is not None:
            _write(path, proof.text)
        if given.json:
            emit({"proof": proof.text, "index": proof.index, "size": proof.size, "file": str(path) if path else None})
        else:
            typer.echo(str(path) if path else proof.text, nl=path is not None)


def publish(context: typer.Context, folder: Path = typer.Argument(..., metavar="DIR")) -> None:
    """Write what is new into the folder, the checkpoint last, then read back all of it."""
    given: Context = context.obj
    home = given.open()
    signed = log.publish(home.ports, given.actor(home), folder)
    value = {"folder": str(folder), "checkpoint": signed.note, "size": signed.head.size, "root": signed.head.root.hex()}
    answer(value, f"{folder} publishes {signed.head.size} entries, read back and whole", json=given.json)


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    except OSError as error:
        raise Unavailable(f"{path} cannot be written: {error.strerror}") from error
