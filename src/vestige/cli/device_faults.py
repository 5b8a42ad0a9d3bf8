"""`vestige devices fault`, `mend`, `faults`, `test`: what was wrong with cameras, and function checks before a shift."""

from uuid import UUID

import typer

from vestige.actions import device_faults as acts
from vestige.actions.device_faults import Ended
from vestige.cli.context import Context
from vestige.cli.groups import group
from vestige.cli.output import answer, emit, say
from vestige.cli.times import iso, parse_when, written
from vestige.errors import BadInput
from vestige.evidence.devices import FaultOutcome, FaultReason


def register(app: typer.Typer) -> None:
    """Add the commands."""
    mine = group(app, "devices", "Cameras and who has them.")
    mine.command("fault", help="Report a fault of a camera.")(report)
    mine.command("mend", help="Say how a fault ended.")(end)
    mine.command("faults", help="List faults, and count them by reason.")(list_faults)
    mine.command("test", help="Mark a recording as a function check before a shift.")(mark_test)


def report(
    context: typer.Context,
    serial: str,
    reason: str = typer.Option(..., help=f"What is wrong: {', '.join(sorted(FaultReason))}."),
    words: str = typer.Option("", help="The same in words."),
    noticed: str = typer.Option("", "--at", help="When it was noticed (2026-11-24T08:00:00Z); now by default."),
) -> None:
    """Report a fault."""
    given: Context = context.obj
    home = given.open()
    ref = acts.report(home.ports, given.actor(home), serial, reason, words, parse_when(noticed) if noticed else None)
    answer({"fault": str(ref), "serial": serial, "reason": reason}, f"fault {ref} of camera {serial}: {reason}", json=given.json)


def end(
    context: typer.Context,
    fault: str,
    outcome: str = typer.Option(..., help=f"How it ended: {', '.join(sorted(FaultOutcome))}."),
    words: str = typer.Option("", help="The same in words."),
    replaced_by: str = typer.Option("", help="Serial number of the camera that came in its place."),
) -> None:
    """End a fault. A camera that was replaced or retired goes out of use."""
    given: Context = context.obj
    home = given.open()
    try:
        ref = UUID(fault)
    except ValueError as error:
        raise BadInput(f"{fault[:100]!r} is no fault; `vestige devices faults` lists them") from error
    acts.end(home.ports, given.actor(home), ref, Ended(outcome, words, replaced_by))
    answer({"fault": fault, "outcome": outcome}, f"fault {fault}: {outcome}", json=given.json)


def list_faults(context: typer.Context, since: str = typer.Option("", help="Noticed since then (2026-11-24T08:00:00Z).")) -> None:
    """List faults, newest first; the counts by reason on standard error."""
    given: Context = context.obj
    home = given.open()
    found = acts.list_faults(home.ports, given.actor(home), parse_when(since) if since else None)
    for one in found.newest:
        value = {
            "fault": str(one.id),
            "serial": one.serial,
            "reason": one.reason,
            "words": one.words,
            "noticed_at": iso(one.noticed_at),
            "outcome": one.outcome,
            "outcome_words": one.outcome_words,
            "replaced_by": one.replaced_by or None,
            "ended_at": iso(one.ended_at),
        }
        line = f"{one.id}\t{one.serial}\t{one.reason}\t{written(one.noticed_at)}\t{one.outcome or 'open'}\t{one.words}"
        emit(value) if given.json else typer.echo(line)
    for reason, count in found.counts.items():
        say(f"{reason}: {count}")


def mark_test(
    context: typer.Context,
    recording: str = typer.Argument(..., help="The recording's number or id."),
    *,
    undo: bool = typer.Option(default=False, help="It is no function check after all."),
) -> None:
    """Mark a recording as a function check, or take the mark away."""
    given: Context = context.obj
    home = given.open()
    found = acts.mark_test(home.ports, given.actor(home), recording, test=not undo)
    words = f"{found.number} is {'no ' if undo else 'a '}function check"
    answer({"recording": str(found.id), "test": not undo}, words, json=given.json)
