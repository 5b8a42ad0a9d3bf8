"""`vestige devices`."""

import typer

from vestige.actions import devices
from vestige.cli.context import Context
from vestige.cli.output import answer, emit
from vestige.cli.times import parse_when


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="Body-worn cameras and who holds them.", no_args_is_help=True)
    group.command("add", help="Register a camera.")(add)
    group.command("assign", help="Give a camera to a person.")(assign)
    group.command("list", help="List the cameras.")(list_devices)
    app.add_typer(group, name="devices")


def add(
    context: typer.Context,
    serial: str,
    model: str = typer.Option("", help="Make and model."),
    mount: str = typer.Option("", help="vest, shirt or helmet."),
) -> None:
    """Register a camera by its serial number."""
    given: Context = context.obj
    home = given.open()
    device = devices.register(home.ports, given.actor(home), serial, model, mount)
    answer({"device": str(device.id), "serial": device.serial}, f"camera {device.serial}", json=given.json)


def assign(
    context: typer.Context,
    serial: str,
    badge: str,
    since: str = typer.Option("", "--from", help="From when on (2026-11-24T08:00:00Z); now by default."),
) -> None:
    """Give a camera to a person: what it records from then on is theirs."""
    given: Context = context.obj
    home = given.open()
    starts = parse_when(since) if since else home.ports.now()
    devices.assign(home.ports, given.actor(home), serial, badge, starts)
    answer({"serial": serial, "badge": badge, "starts": starts}, f"camera {serial} is with {badge}", json=given.json)


def list_devices(context: typer.Context) -> None:
    """List the cameras."""
    given: Context = context.obj
    home = given.open()
    for device in devices.list_devices(home.ports, given.actor(home)):
        value = {"device": str(device.id), "serial": device.serial, "model": device.model, "mount": device.mount}
        emit(value) if given.json else typer.echo(f"{device.serial}\t{device.model}\t{device.mount}")
