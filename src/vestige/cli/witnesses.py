"""`vestige log witness`: the witnesses of this home's log."""

import typer

from vestige.actions import cosigning
from vestige.actions import witnesses as acts
from vestige.cli.anchors import LOG
from vestige.cli.context import Context
from vestige.cli.groups import group
from vestige.cli.output import answer, emit
from vestige.cli.times import iso, written


def register(app: typer.Typer) -> None:
    """Add the commands."""
    mine = group(group(app, "log", LOG), "witness", "Witnesses of this log: who cosigns its checkpoints.")
    mine.command("add", help="Enter a witness by its verifier key and address.")(add)
    mine.command("list", help="List the witnesses and what each cosigned last.")(list_witnesses)
    mine.command("submit", help="Offer the newest checkpoint to every witness now.")(submit)
    mine.command("withdraw", help="Ask a witness no more; what it cosigned stays.")(withdraw)


def add(
    context: typer.Context,
    key: str = typer.Argument(..., metavar="VKEY", help="The witness's verifier key, as whoever runs it gave it to you."),
    url: str = typer.Argument(..., metavar="URL", help="Its address, without /add-checkpoint."),
) -> None:
    """Have checkpoints cosigned by that witness from now on."""
    given: Context = context.obj
    home = given.open()
    witness = acts.add(home.ports, given.actor(home), key, url)
    answer({"witness": witness.name, "key": witness.key, "url": witness.url}, f"witness {witness.name} at {witness.url}", json=given.json)


def list_witnesses(context: typer.Context, *, withdrawn: bool = typer.Option(default=False, help="Those of earlier too.")) -> None:
    """List the witnesses."""
    given: Context = context.obj
    home = given.open()
    for one in acts.list_witnesses(home.ports, given.actor(home), withdrawn=withdrawn):
        value = {"witness": one.name, "key": one.key, "url": one.url, "size": one.cosigned or None, "failures": one.failures}
        words = f"{one.name}\t{one.url}\t{f'cosigned size {one.cosigned}' if one.cosigned else 'nothing cosigned yet'}"
        words += f"\tno answer since {written(one.failing_since)}" if one.failing_since else ""
        words += f"\twithdrawn {written(one.withdrawn)}" if one.withdrawn else ""
        emit(value | {"withdrawn": iso(one.withdrawn)}) if given.json else typer.echo(words)


def submit(context: typer.Context) -> None:
    """Offer the newest checkpoint to every witness; exit 1 where one did not cosign it."""
    given: Context = context.obj
    home = given.open()
    outcomes = cosigning.cosign(home.ports, given.actor(home))
    for one in outcomes:
        name = one.witness.name
        if one.cosigned:
            answer({"witness": name, "cosigned": True, "time": iso(one.cosigned.time * 1000)}, f"{name}\tcosigned", json=given.json)
        else:
            answer({"witness": name, "cosigned": False, "words": one.words}, f"{name}\tno: {one.words}", json=given.json)
    if not all(one.cosigned for one in outcomes):
        raise typer.Exit(1)


def withdraw(context: typer.Context, name: str = typer.Argument(..., metavar="NAME_OR_VKEY")) -> None:
    """Ask that witness no more."""
    given: Context = context.obj
    home = given.open()
    witness = acts.withdraw(home.ports, given.actor(home), name)
    answer({"witness": witness.name, "withdrawn": iso(witness.withdrawn)}, f"{witness.name} is asked no more", json=given.json)
