"""`vestige items`, `show`, `trail`, `findings`."""

from pathlib import Path

import typer

from vestige.actions import findings, items
from vestige.actions.trail_report import Form, report
from vestige.cli.context import Context
from vestige.cli.output import answer, emit
from vestige.cli.times import iso, parse_when, written
from vestige.errors import BadInput, Unavailable
from vestige.evidence.items import EvidenceItem, ItemFilter, ItemStatus, Recording, TrailEntry
from vestige.evidence.signed import signed_by_camera
from vestige.evidence.tracks import near as place_near

_MANY = 1_000_000


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("items", help="List items, quarantined ones too.")(list_items)
    app.command("show", help="Show an item's facts.")(show)
    app.command("trail", help="Show the custody trail of an item.")(trail)
    app.command("findings", help="List what needs a person.")(list_findings)


def list_items(  # a command's options
    context: typer.Context,
    officer: str = typer.Option("", help="Badge of the officer."),
    device: str = typer.Option("", help="Serial number of the camera."),
    category: str = typer.Option("", help="Category of the recording."),
    status: str = typer.Option("", help="accessioned or quarantined."),
    since: str = typer.Option("", help="Recorded at or after (2026-11-24T08:00:00Z)."),
    until: str = typer.Option("", help="Recorded before."),
    near: str = typer.Option("", metavar="LAT,LON[,METRES]", help="Whose camera came so near to a place (100 metres by default)."),
) -> None:
    """List items, one a line."""
    given: Context = context.obj
    home = given.open()
    if status and status not in set(ItemStatus):
        raise BadInput(f"a status is {' or '.join(sorted(ItemStatus))}, not {status!r}")
    wanted = ItemFilter(
        officer=officer or None,
        device=device or None,
        category=category or None,
        status=ItemStatus(status) if status else None,
        since=parse_when(since) if since else None,
        until=parse_when(until) if until else None,
        near=place_near(near) if near else None,
        limit=_MANY,
    )
    for item in items.list_items(home.ports, given.actor(home), wanted):
        value = {
            "item": str(item.id),
            "number": item.number,
            "recording": str(item.recording),
            "sha256": item.sha256.value,
            "status": item.status.value,
            "kind": item.kind.value,
            "filename": item.filename,
            "size": item.size,
            "parent": str(item.parent) if item.parent else None,
        }
        emit(value) if given.json else typer.echo(f"{item.number}\t{item.id}\t{item.status}\t{item.kind}\t{item.size}\t{item.filename}")


def show(context: typer.Context, item: str) -> None:
    """Show what is known of an item."""
    given: Context = context.obj
    home = given.open()
    found, recording = items.show_item(home.ports, given.actor(home), item)
    facts = _facts(found, recording)
    answer(facts, "\n".join(f"{name}: {value}" for name, value in facts.items()), json=given.json)


def _facts(item: EvidenceItem, recording: Recording) -> dict[str, object]:
    place = recording.place
    return {
        "item": str(item.id),
        "number": item.number,
        "recording": str(recording.id),
        "recording_number": recording.number,
        "status": item.status.value,
        "kind": item.kind.value,
        "filename": item.filename,
        "size": item.size,
        "sha256": item.sha256.value,
        "media_index": item.media_index.value if item.media_index else None,
        "signed_by_camera": signed_by_camera(item.facts) or None,
        "recorded_at": iso(recording.recorded_at),
        "recorded_at_source": recording.recorded_at_source.value if recording.recorded_at_source else None,
        "received_at": iso(item.received_at),
        "place": {"latitude": place.latitude, "longitude": place.longitude} if place else None,
        "device": recording.device.serial if recording.device else None,
        "officer": recording.officer_badge,
        "incomplete": recording.incomplete,
        "category": recording.category,
        "access_class": recording.access_class,
        "unit": recording.unit_code,
        "parent": str(item.parent) if item.parent else None,
        "facts": dict(item.facts),
    }


def trail(
    context: typer.Context,
    item: str,
    form: Form | None = typer.Option(None, "--format", help="Write a report in this form instead of lines."),
    out: Path | None = typer.Option(None, "--out", help="Write the report to this file; it must not be there."),
) -> None:
    """Show every event of an item, oldest first; or write a report that a court can read, with names as they were then."""
    given: Context = context.obj
    home = given.open()
    if form is None and out is None:
        _, entries = items.read_trail(home.ports, given.actor(home), item)
        for entry in entries:
            emit(_entry(entry)) if given.json else typer.echo(_line(entry))
        return
    if form is None or out is None:
        raise BadInput("a report takes both: --format (json, csv or html) and --out FILE")
    if out.exists():
        raise BadInput(f"{out} is there already")
    written_report = report(home.ports, given.actor(home), item, form)
    try:
        out.write_bytes(written_report.data)
    except OSError as error:
        raise Unavailable(f"{out} cannot be written: {error.strerror}") from error
    value = {"report": str(out), "format": form.value, "entries": written_report.entries}
    answer(value, f"{out}: {written_report.entries} entries", json=given.json)


def _entry(entry: TrailEntry) -> dict[str, object]:
    return {
        "event": str(entry.id),
        "index": entry.index,
        "type": entry.type,
        "time": iso(entry.time),
        "leaf": entry.leaf.hex(),
        **{name: entry.opened[name] for name in sorted(entry.opened)},
    }


def _line(entry: TrailEntry) -> str:
    actor = entry.opened["actor"]
    name = actor["name"] if isinstance(actor, dict) else ""
    return f"{entry.index}\t{written(entry.time)}\t{entry.type}\t{name}"


def list_findings(context: typer.Context, *, closed: bool = typer.Option(default=False, help="Closed ones too.")) -> None:
    """List findings, newest first."""
    given: Context = context.obj
    home = given.open()
    for finding in findings.list_findings(home.ports, given.actor(home), closed=closed):
        value = {
            "finding": str(finding.id),
            "kind": finding.kind.value,
            "object_kind": finding.object_kind,
            "object": str(finding.object_id),
            "detail": finding.detail,
            "opened_at": iso(finding.opened_at),
            "closed_at": iso(finding.closed_at),
        }
        emit(value) if given.json else typer.echo(f"{written(finding.opened_at)}\t{finding.kind}\t{finding.detail}")
