"""`vestige export`."""

from pathlib import Path

import typer

from vestige.cli.context import Context
from vestige.cli.output import answer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("export", help="Write the package of an original, for court.")(export)


def export(
    context: typer.Context,
    item: str,
    out: Path = typer.Option(..., "--out", help="The folder to make; it must not be there yet."),
) -> None:
    """Read the original again, compare it, and write its package."""
    from vestige.actions.release import export as act

    given: Context = context.obj
    home = given.open()
    package = act(home.ports, given.actor(home), item, out)
    value = {"package": str(package.path), "id": str(package.id), "digest": package.digest.value}
    answer(value, f"package {package.path}", json=given.json)
