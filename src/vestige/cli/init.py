"""`vestige init`."""

from pathlib import Path
from zoneinfo import available_timezones

import typer

from vestige.actions.agency import found
from vestige.actions.keys import retire, rotate, split
from vestige.assembly import Home, log_key, make_home, no_shares_yet
from vestige.cli.context import Context, console
from vestige.cli.keys import handing_out, kit_numbers
from vestige.cli.output import answer, say
from vestige.errors import BadInput, Unavailable


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("init", help="Make an agency's home.")(init)


def init(  # a command's options
    context: typer.Context,
    agency: str = typer.Option("An agency", help="The agency's name."),
    admin: str = typer.Option("", help="Badge of the first administrator."),
    policy: str = typer.Option("us-federal", help="The policy pack in force."),
    timezone: str = typer.Option("UTC", help="The agency's time zone, for reading times."),
    kit: str = typer.Option("2/3", metavar="K/N", help="The recovery kit: how many shares it takes, of how many."),
    kit_dir: Path | None = typer.Option(None, help="The folder for the kit's shares; by default HOME.recovery-kit beside the keyring."),
    *,
    console_acts: bool = typer.Option(
        default=False, help="Let the console act for persons without a second factor: for demonstrations and tests only."
    ),
) -> None:
    """Make a home, its keyring, its recovery kit and its log; print the log's verifier key."""
    given: Context = context.obj
    if timezone not in available_timezones():
        raise BadInput(f"there is no time zone {timezone}; name one like America/New_York")
    if not agency.strip() or len(agency) > 200:
        raise BadInput("an agency needs a name of at most 200 characters")
    numbers = kit_numbers(kit)
    folder = no_shares_yet(given.path(), kit_dir, numbers)
    home = make_home(given.path(), policy)
    found(home.ports, console(), agency.strip(), timezone, console_acts=console_acts, admin=admin.strip() or None)
    made = split(home.ports, console(), *numbers, folder)
    _move_keys(home)
    key = log_key(home)
    if console_acts:
        say("In this home the console may act for people without their second factor: for demonstrations and tests only.")
    say(f"The keyring is {home.config.keyring}. Keep a copy of it away from this machine: without it nothing here can be opened.")
    say(handing_out(folder, made.threshold, made.shares))
    value = {"home": str(Path(home.config.home)), "log_key": key, "kit": made.id, "kit_dir": str(folder)}
    answer(value, f"{home.config.home}\nlog key: {key}", json=given.json)


def _move_keys(home: Home) -> None:
    """Where VESTIGE_KEYRING names a token or a key service: a key there takes the place of the first one, now that the kit gives it back."""
    if not home.ports.keys.elsewhere():
        return
    try:
        rotate(home.ports, console(), lambda _: None)
    except Unavailable as error:
        say(f"The key still lies in the keyring file: {error}. When that is mended: vestige keys rotate, then vestige keys rotate --retire")
        return
    retire(home.ports, console())
