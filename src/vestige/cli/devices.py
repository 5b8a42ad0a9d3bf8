"""`vestige devices`: the register of cameras, and who has which."""

import csv
from pathlib import Path

import typer

from vestige.actions import devices
from vestige.actions.devices import Described
from vestige.cli.context import Context
from vestige.cli.groups import group
from vestige.cli.output import answer, emit
from vestige.cli.times import iso, parse_when, written
from vestige.errors import BadInput
from vestige.evidence.devices import DeviceKind, Mount
from vestige.evidence.items import Device

_MOUNTS = ", ".join(sorted(Mount))
_KINDS = ", ".join(sorted(DeviceKind))
_COLUMNS = ("serial", "model", "mount", "kind")
_LARGEST = 16 << 20


def register(app: typer.Typer) -> None:
    """Add the commands."""
    mine = group(app, "devices", "Cameras and who has them.")
    mine.command("add", help="Register a camera.")(add)
    mine.command("import", help="Register the cameras of a CSV file.")(import_file)
    mine.command("change", help="Say anew what a camera is, and whether it is in use.")(change)
    mine.command("assign", help="Give a camera to a person.")(assign)
    mine.command("return", help="A camera comes back.")(give_back)
    mine.command("list", help="List the cameras.")(list_devices)
    mine.command("show", help="One camera: who had it, its faults, its recordings.")(show)


def add(
    context: typer.Context,
    serial: str,
    model: str = typer.Option("", help="Make and model."),
    mount: str = typer.Option("", help=f"Where it is worn: {_MOUNTS}."),
    kind: str = typer.Option("", help=f"What it is: {_KINDS}."),
) -> None:
    """Register a camera by its serial number."""
    given: Context = context.obj
    home = given.open()
    device = devices.register(home.ports, given.actor(home), serial, model, mount, kind)
    answer({"device": str(device.id), "serial": device.serial}, f"camera {device.serial}", json=given.json)


def import_file(context: typer.Context, path: Path = typer.Argument(..., help=f"CSV with the columns {', '.join(_COLUMNS)}.")) -> None:
    """Register what a CSV file lists, all of it or nothing; cameras that are known are left as they are."""
    given: Context = context.obj
    home = given.open()
    for device in devices.register_all(home.ports, given.actor(home), _rows(path)):
        answer({"device": str(device.id), "serial": device.serial}, f"camera {device.serial}", json=given.json)


def change(
    context: typer.Context,
    serial: str,
    model: str = typer.Option(None, help="Make and model; as it is by default."),
    mount: str = typer.Option(None, help=f"Where it is worn: {_MOUNTS}."),
    kind: str = typer.Option(None, help=f"What it is: {_KINDS}."),
    reason: str = typer.Option("", help="Why it goes out of use, or comes back into use."),
    *,
    out_of_use: bool = typer.Option(None, "--out-of-use/--in-use", help="Whether it is used."),
) -> None:
    """Change what the register says of a camera."""
    given: Context = context.obj
    home = given.open()
    known = home.ports.catalog.device(serial.strip())
    before = Described(known.serial, known.model, known.mount, known.kind) if known else Described(serial)
    said = Described(
        serial,
        before.model if model is None else model,
        before.mount if mount is None else mount,
        before.kind if kind is None else kind,
    )
    out = (known is not None and known.out_of_use is not None) if out_of_use is None else out_of_use
    device = devices.change(home.ports, given.actor(home), said, out_of_use=out, reason=reason)
    answer(_told(device), _line(device), json=given.json)


def assign(
    context: typer.Context,
    serial: str,
    badge: str,
    since: str = typer.Option("", "--from", help="From when on (2026-11-24T08:00:00Z); now by default."),
    until: str = typer.Option("", "--until", help="Until when; until it comes back by default."),
) -> None:
    """Give a camera to a person: what it records in that time is theirs."""
    given: Context = context.obj
    home = given.open()
    starts = parse_when(since) if since else home.ports.now()
    ends = parse_when(until) if until else None
    devices.assign(home.ports, given.actor(home), serial, badge, starts, ends)
    answer({"serial": serial, "badge": badge, "starts": starts, "ends": ends}, f"camera {serial} is with {badge}", json=given.json)


def give_back(
    context: typer.Context,
    serial: str,
    at: str = typer.Option("", "--at", help="When it came back (2026-11-24T08:00:00Z); now by default."),
) -> None:
    """A camera comes back: what it records from then on is nobody's, until it is given out again."""
    given: Context = context.obj
    home = given.open()
    closed = devices.give_back(home.ports, given.actor(home), serial, parse_when(at) if at else None)
    value = {"serial": serial, "badge": closed.badge, "starts": closed.starts, "ends": closed.ends}
    answer(value, f"camera {serial} is back from {closed.badge}", json=given.json)


def list_devices(context: typer.Context) -> None:
    """List the cameras."""
    given: Context = context.obj
    home = given.open()
    for device in devices.list_devices(home.ports, given.actor(home)):
        emit(_told(device)) if given.json else typer.echo(_line(device))


def show(context: typer.Context, serial: str) -> None:
    """Show one camera."""
    given: Context = context.obj
    home = given.open()
    facts = devices.show(home.ports, given.actor(home), serial)
    held = [{"badge": one.badge, "starts": iso(one.starts), "ends": iso(one.ends)} for one in facts.assignments]
    faults = [{"reason": one.reason, "noticed_at": iso(one.noticed_at), "outcome": one.outcome, "words": one.words} for one in facts.faults]
    seen = {"last_seen": iso(facts.seen.at), "dock": facts.seen.dock, "firmware": facts.seen.firmware, "last_test": iso(facts.tested)}
    if given.json:
        emit(_told(facts.device) | seen | {"assignments": held, "faults": faults, "recordings": [one.number for one in facts.recordings]})
        return
    typer.echo(_line(facts.device))
    typer.echo(f"last heard of {written(facts.seen.at)}, dock {facts.seen.dock or '-'}, firmware {facts.seen.firmware or '-'}")
    typer.echo(f"last function check {written(facts.tested)}")
    for one in facts.assignments:
        typer.echo(f"with {one.badge}\t{written(one.starts)}\t{written(one.ends) if one.ends else 'until now'}")
    for fault in facts.faults:
        typer.echo(f"{fault.reason}\t{written(fault.noticed_at)}\t{fault.outcome or 'open'}\t{fault.words}")


def _rows(path: Path) -> list[Described]:
    """The rows of the file. Raises BadInput for one that is no CSV in UTF-8, is too large, or lacks the column `serial`."""
    try:
        if path.stat().st_size > _LARGEST:
            raise BadInput(f"{path} is larger than a list of cameras")
        text = path.read_text("utf-8-sig")
        reader = csv.DictReader(text.splitlines(), strict=True)
        names = [str(name).strip().lower() for name in reader.fieldnames or ()]
        if "serial" not in names or not set(names) <= set(_COLUMNS):
            raise BadInput(f"the first line of {path} names the columns: serial, and as many of {', '.join(_COLUMNS[1:])} as there are")
        reader.fieldnames = names
        rows = list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadInput(f"{path} cannot be read as CSV: {error}") from error
    if any(None in row or None in row.values() for row in rows):
        raise BadInput(f"a line of {path} has more or fewer fields than the first")
    return [Described(**row) for row in rows]


def _told(device: Device) -> dict[str, object]:
    return {
        "device": str(device.id),
        "serial": device.serial,
        "model": device.model,
        "mount": device.mount,
        "kind": device.kind,
        "out_of_use": iso(device.out_of_use),
    }


def _line(device: Device) -> str:
    out = f"\tout of use since {written(device.out_of_use)}" if device.out_of_use else ""
    return f"{device.serial}\t{device.model}\t{device.mount}\t{device.kind}{out}"
