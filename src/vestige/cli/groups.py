"""Groups of commands that several modules add to."""

import typer


def group(app: typer.Typer, name: str, words: str) -> typer.Typer:
    """The group of that name; made, with these words of help, by whoever comes first."""
    for info in app.registered_groups:
        if info.name == name and info.typer_instance is not None:
            return info.typer_instance
    made = typer.Typer(help=words, no_args_is_help=True)
    app.add_typer(made, name=name)
    return made
