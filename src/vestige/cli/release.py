"""`vestige export`, `vestige release`."""

from pathlib import Path

import typer

from vestige.actions import release as acts
from vestige.cli.context import Context
from vestige.cli.output import answer, say


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("export", help="Write the package of an original or a clip, for court.")(export)
    app.command("release", help="Write the package of a redacted copy, for the public.")(release)


def export(
    context: typer.Context,
    item: str,
    out: Path = typer.Option(..., "--out", help="The folder to make; it must not be there yet."),
) -> None:
    """Read the original again, compare it, and write its package."""
    given: Context = context.obj
    home = given.open()
    _say(given, acts.export(home.ports, given.actor(home), item, out))


def release(
    context: typer.Context,
    redaction: str = typer.Argument(..., metavar="REDACTION"),
    out: Path = typer.Option(..., "--out", help="The folder to make; it must not be there yet."),
    *,
    watched: bool = typer.Option(default=False, help="I watched the rendered copy from its start to its end."),
) -> None:
    """Release a redacted copy that the person named by --as has watched whole."""
    given: Context = context.obj
    home = given.open()
    _say(given, acts.release(home.ports, given.actor(home), redaction, out, watched=watched))


def _say(given: Context, package: acts.Delivered) -> None:
    value: dict[str, object] = {"package": str(package.path), "id": str(package.id), "digest": package.digest.value}
    value |= {"witnesses": list(package.witnesses), "silent": list(package.silent), "stamped": package.stamped}
    if package.opened:
        value["opened_copy"] = package.opened
        say(f"the camera encrypted this recording: the package holds it as it came, its opened copy {package.opened}, and the key object")
    for name in package.silent:
        say(f"the witness {name} gave no cosignature in time; the package goes without it")
    if package.time_fault:
        say(f"the package goes without a time token: {package.time_fault}")
    answer(value, f"package {package.path}", json=given.json)
