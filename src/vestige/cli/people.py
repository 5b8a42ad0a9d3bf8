"""`vestige people`."""

import secrets
from collections.abc import Collection

import typer

from vestige.actions import granting, people
from vestige.cli.context import Context
from vestige.cli.output import answer, emit
from vestige.errors import BadInput


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="The people of the agency.", no_args_is_help=True)
    group.command("add", help="Add a person.")(add)
    group.command("list", help="List the people.")(list_people)
    group.command("grant", help="Give a role, or propose it where it takes two granters.")(grant)
    group.command("withdraw", help="Take a role away.")(withdraw)
    app.add_typer(group, name="people")


def add(  # a command's options
    context: typer.Context,
    badge: str,
    name: str,
    role: list[str] = typer.Option([], help="A role; may be given several times."),
    unit: str = typer.Option("", help="The team or office."),
    *,
    invite: bool = typer.Option(default=False, help="Print a link with which the person chooses a password."),
) -> None:
    """Add a person with roles; with --invite print a link that lasts a week."""
    given: Context = context.obj
    home = given.open()
    actor = given.actor(home)
    person = people.add(home.ports, actor, badge, name, [_role(word, home.ports.roles) for word in role], unit)
    value: dict[str, object] = {"person": str(person.id), "badge": person.badge, "roles": sorted(person.roles)}
    words = f"{person.name} ({person.badge}): {', '.join(sorted(person.roles)) or 'no role'}"
    if invite:
        token = secrets.token_urlsafe(32)
        people.invite(home.ports, actor, person.badge, token)
        value["invitation"] = f"/join/{token}"
        words += f"\ninvitation: {home.config.public_url or 'http://localhost:8000'}/join/{token}"
    answer(value, words, json=given.json)


def grant(context: typer.Context, badge: str, role: str) -> None:
    """Give a role where one granter is enough; else propose it, for somebody else to confirm on the page People."""
    given: Context = context.obj
    home = given.open()
    done = granting.grant(home.ports, given.actor(home), badge, role)
    words = f"{done.person.badge} is {done.role} now" if done.granted else f"it is proposed that {done.person.badge} becomes {done.role}"
    answer({"person": str(done.person.id), "role": done.role, "granted": done.granted}, words, json=given.json)


def withdraw(context: typer.Context, badge: str, role: str, reason: str = typer.Option("", help="Why.")) -> None:
    """Take a role away, at once."""
    given: Context = context.obj
    home = given.open()
    person = granting.withdraw(home.ports, given.actor(home), badge, role, reason)
    answer({"person": str(person.id), "role": role, "withdrawn": True}, f"{person.badge} is {role} no more", json=given.json)


def list_people(context: typer.Context) -> None:
    """List the people with their roles."""
    given: Context = context.obj
    home = given.open()
    for person in people.list_people(home.ports, given.actor(home)):
        value = {"person": str(person.id), "badge": person.badge, "name": person.name, "unit": person.unit, "roles": sorted(person.roles)}
        emit(value) if given.json else typer.echo(f"{person.badge}\t{person.name}\t{person.unit}\t{', '.join(sorted(person.roles))}")


def _role(word: str, known: Collection[str]) -> str:
    if word.strip().lower() not in known:
        raise BadInput(f"there is no role {word!r}; the roles are {', '.join(sorted(known))}")
    return word.strip().lower()
