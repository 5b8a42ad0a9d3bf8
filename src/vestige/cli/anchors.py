"""`vestige log anchor`, `vestige log compare`, `vestige log stamp`."""

from collections.abc import Sequence
from pathlib import Path

import typer

from vestige.actions import anchors, stamping
from vestige.cli.context import Context
from vestige.cli.groups import group
from vestige.cli.output import answer, emit, say
from vestige.cli.times import iso, written
from vestige.errors import BadInput, Unavailable

LOG = "The custody log: checkpoints, and who holds them outside."
_MOST_BYTES = 1 << 20
_NEXT = (
    "Keep this home, these files and what the witnesses said as they are, and tell somebody outside the agency: "
    "the record of today is not the one that was signed, or the file is not this log's (docs/witness.md, What to do when)."
)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    log = group(app, "log", LOG)
    log.command("anchor", help="Write the newest checkpoint, to be kept elsewhere.")(anchor)
    log.command("compare", help="Compare the log with anchors: name a fork and a rollback.")(compare)
    log.command("stamp", help="Have the newest checkpoint stamped by the time authority.")(stamp)


def anchor(
    context: typer.Context, out: Path = typer.Option(None, "--out", help="Write a copy to this file too; it must not be there.")
) -> None:
    """Write one text file with the newest checkpoint, what witnesses and the time authority give to it, and how to compare it."""
    given: Context = context.obj
    home = given.open()
    done = anchors.write(home.ports, given.actor(home), out)
    for name in done.silent:
        say(f"the witness {name} gave no cosignature in time")
    path = out or done.path
    value = {
        "anchor": str(path),
        "size": done.size,
        "witnesses": list(done.witnesses),
        "silent": list(done.silent),
        "stamped": done.stamped,
    }
    answer(value, f"{path}\nKeep it where this agency cannot change it: print it, mail it, publish it.", json=given.json)


def compare(context: typer.Context, files: list[Path] = typer.Argument(..., metavar="FILE...")) -> None:
    """Say of each anchor whether the log still is what it fixed; exit 1 where it is not."""
    given: Context = context.obj
    home = given.open(check=False)
    compared = anchors.compare(home.ports, given.actor(home), read_anchors(files))
    for one in compared:
        value = {"anchor": one.name, "holds": not one.is_fault, "words": one.words}
        emit(value) if given.json else typer.echo(f"{one.name}: {one.words}")
    if any(one.is_fault for one in compared):
        say(_NEXT)
        raise typer.Exit(1)


def stamp(context: typer.Context) -> None:
    """Ask the time authority for a token over the newest checkpoint."""
    given: Context = context.obj
    home = given.open()
    done = stamping.stamp(home.ports, given.actor(home))
    if done.stamp is None:
        raise Unavailable(done.words)
    value = {"size": done.stamp.size, "authority": done.stamp.authority, "time": iso(done.stamp.time)}
    answer(value, f"size {done.stamp.size} stamped {written(done.stamp.time)} by {done.stamp.authority}", json=given.json)


def read_anchors(files: Sequence[Path]) -> list[tuple[str, str]]:
    """Names and texts of anchor files. Raises BadInput for one that cannot be read or is far too long."""
    found = []
    for path in files:
        try:
            with path.open("rb") as file:
                data = file.read(_MOST_BYTES + 1)
        except OSError as error:
            raise BadInput(f"{path} cannot be read: {error.strerror}") from error
        if len(data) > _MOST_BYTES:
            raise BadInput(f"{path} is too long for an anchor")
        found.append((str(path), data.decode("utf-8", "replace")))
    return found
