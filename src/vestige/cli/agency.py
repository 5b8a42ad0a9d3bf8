"""`vestige agency`."""

from pathlib import Path

import typer

from vestige.actions import agency_shape
from vestige.cli.context import Context
from vestige.cli.output import emit, say
from vestige.cli.times import iso
from vestige.errors import BadInput
from vestige.evidence.agency import Posting, Shape, in_order
from vestige.evidence.roster import COLUMNS, LARGEST


def register(app: typer.Typer) -> None:
    """Add the commands; the bare word shows the tree."""
    group = typer.Typer(help="How the agency is made up: units, and who is in which.", invoke_without_command=True)
    group.callback()(bare)
    group.command("show", help="Show the units as a tree, with the people in them.")(show)
    group.command("import", help="Take units, people and their places from a CSV file.")(import_file)
    app.add_typer(group, name="agency")


def bare(context: typer.Context) -> None:
    """Show the tree where nothing else is asked for."""
    if context.invoked_subcommand is None:
        show(context)


def show(context: typer.Context) -> None:
    """Show the units as a tree, with the people in them now."""
    given: Context = context.obj
    home = given.open()
    shape, now = agency_shape.show(home.ports, given.actor(home)), home.ports.now()
    codes = {unit.id: unit.code for unit in shape.units}
    for depth, unit in in_order(shape.units):
        held = [one for one in shape.postings if one.unit == unit.id and one.covers(now)]
        people = [_person(shape, one) for one in held]
        if given.json:
            words = {
                "unit": unit.code,
                "name": unit.name,
                "kind": unit.kind.value,
                "within": codes.get(unit.within) if unit.within else None,
            }
            emit({**words, "area": unit.area, "closed": iso(unit.closed), "people": people})
            continue
        area, closed = f", {unit.area}" if unit.area else "", " (closed)" if unit.closed is not None else ""
        typer.echo(f"{'  ' * depth}{unit.code}\t{unit.kind}: {unit.name}{area}{closed}")
        for one in people:
            typer.echo(f"{'  ' * depth}  {one['badge']}\t{one['name']}, {one['part']}")


def import_file(
    context: typer.Context,
    path: Path = typer.Argument(..., help=f"CSV with the columns {', '.join(COLUMNS)}."),
    *,
    dry_run: bool = typer.Option(default=False, help="Only say what would change."),
) -> None:
    """Take what a CSV file says, all of it or nothing; again and again. Whom it does not name is told, and stays."""
    given: Context = context.obj
    home = given.open()
    run = agency_shape.preview if dry_run else agency_shape.import_file
    done = run(home.ports, given.actor(home), _read(path))
    for words in done.changes:
        emit({"change": words}) if given.json else typer.echo(words)
    for what, names in (("person", done.unnamed_people), ("unit", done.unnamed_units)):
        for name in names:
            emit({"unnamed": what, "name": name}) if given.json else typer.echo(f"the file does not name the {what} {name}")
    say(f"{len(done.changes)} changes{', none of them made yet' if dry_run else ''}")


def _person(shape: Shape, one: Posting) -> dict[str, str]:
    badge, name = shape.people[one.person]
    return {"badge": badge, "name": name, "part": one.part.value}


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST + 1)
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}") from error
