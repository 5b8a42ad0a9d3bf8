"""`vestige`: one file per command. Global options (`--home`, `--as`, `--json`) may stand anywhere on the line."""

import sys
from collections.abc import Sequence
from importlib import import_module

import typer

from vestige import __version__
from vestige.assembly import database_lost
from vestige.cli.context import GLOBALS, Context
from vestige.cli.output import report_error
from vestige.errors import LogUnwritable, VestigeError

MODULES = {
    "init": ["init"],
    "agency": ["agency"],
    "people": ["people"],
    "devices": ["devices", "device_faults"],
    "dock": ["docks"],
    "ingest": ["ingest"],
    "upload": ["upload"],
    "watch": ["watch"],
    "items": ["items"],
    "show": ["items"],
    "trail": ["items"],
    "findings": ["items"],
    "join": ["joining"],
    "clip": ["clip"],
    "correct": ["correct"],
    "mark": ["mark"],
    "redact": ["redaction"],
    "review": ["redaction"],
    "approve": ["redaction"],
    "render": ["redaction"],
    "export": ["release"],
    "release": ["release"],
    "fsck": ["checking"],
    "routes": ["checking"],
    "backup": ["backup"],
    "restore": ["backup"],
    "migrate": ["backup"],
    "keys": ["keys"],
    "models": ["models"],
    "serve": ["serve"],
    "simulate": ["simulate"],
    "log": ["log", "witnesses", "anchors", "review"],
    "witness": ["witness"],
}
"""Each command, in the order of the help, with the modules beside this one that have it: only those are loaded, which starts sooner."""

_FLAGS = frozenset({"--json"})


def root(
    context: typer.Context,
    home: str = typer.Option("", "--home", envvar="VESTIGE_HOME", help="The agency's home."),
    badge: str = typer.Option("", "--as", help="Act as the person with this badge."),
    *,
    json: bool = typer.Option(default=False, help="One JSON object a line on standard output."),
    version: bool = typer.Option(default=False, help="Print the version and end.", is_eager=True),
) -> None:
    """Keep what was given, for the command."""
    if version:
        typer.echo(f"vestige {__version__}")
        raise typer.Exit
    context.obj = Context(home=home, badge=badge, json=json)


def command_line(word: str = "") -> typer.Typer:
    """The command line with that command alone; with all of them where there is none of that name."""
    made = typer.Typer(
        name="vestige",
        help="An open, self-hosted evidence system for body-worn cameras.",
        no_args_is_help=True,
        invoke_without_command=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        epilog="Global options may stand anywhere on the line. Exit: 0 done, 1 not so, 2 wrong use, 3 refused, 4 could not.",
    )
    made.callback()(root)
    for name in MODULES.get(word) or dict.fromkeys(name for names in MODULES.values() for name in names):
        import_module(f"vestige.cli.{name}").register(made)
    return made


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command line; never a traceback for what can go wrong in use."""
    globals_, rest = hoisted(list(sys.argv[1:] if argv is None else argv))
    arguments = globals_ + rest
    try:
        command_line(next(iter(rest), ""))(arguments, standalone_mode=True)
    except VestigeError as error:
        sys.exit(report_error(error, json="--json" in arguments))
    except Exception as error:  # only the catalog knows its driver's errors; anything else is raised on
        if not database_lost(error):
            raise
        sys.exit(report_error(LogUnwritable(f"the database does not answer: {str(error).strip()}"), json="--json" in arguments))
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)  # noqa: T201  # the command line's own words
        sys.exit(130)


def hoisted(arguments: list[str]) -> tuple[list[str], list[str]]:
    """The global options, wherever they stood before a `--`, and the other arguments."""
    first: list[str] = []
    rest: list[str] = []
    stream = iter(arguments)
    for word in stream:
        name, equals, _ = word.partition("=")
        if word == "--":
            rest += [word, *stream]
        elif word in _FLAGS or (name in GLOBALS and equals):
            first.append(word)
        elif word in GLOBALS:
            first += [word, *([value] if (value := next(stream, None)) is not None else [])]
        else:
            rest.append(word)
    return first, rest


if __name__ == "__main__":
    main()
