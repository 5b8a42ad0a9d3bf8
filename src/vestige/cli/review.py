"""`vestige log review`."""

from dataclasses import asdict

import typer

from vestige.actions import review
from vestige.cli.anchors import LOG
from vestige.cli.context import Context
from vestige.cli.groups import group
from vestige.cli.output import answer, emit, say
from vestige.cli.times import iso, written
from vestige.errors import BadInput


def register(app: typer.Typer) -> None:
    """Add the command."""
    group(app, "log", LOG).command("review", help="The weekly review of the log: read it, sign it.")(show)


def show(
    context: typer.Context,
    week: str = typer.Option("", help="A week of the calendar, like 2026-W47; without it the weeks are listed."),
    note: str = typer.Option("", "--sign", metavar="NOTE", help="Sign the week, with a note on what was found."),
) -> None:
    """List the weeks, show what of one a person should look at, or sign it."""
    given: Context = context.obj
    if note and not week:
        raise BadInput("say which week is signed: --week 2026-W47")
    if note:
        _sign(given, week, note)
    elif week:
        _show(given, week)
    else:
        _weeks(given)


def _weeks(given: Context) -> None:
    home = given.open()
    for one in review.list_weeks(home.ports, given.actor(home)):
        by = [signature.name for signature in one.signatures]
        value = {"week": one.week, "over": one.over, "signed": one.complete, "by": by}
        state = f"signed by {', '.join(by)}" if one.complete else ("signed in part" if by else "not signed") if one.over else "not over yet"
        emit(value) if given.json else typer.echo(f"{one.week}\t{state}")


def _show(given: Context, week: str) -> None:
    home = given.open()
    sheet = review.read(home.ports, given.actor(home), week)
    for row in sheet.rows:
        value = {**asdict(row), "first": iso(row.first), "last": iso(row.last)}
        words = f"{row.kind}\t{row.name or '-'}\t{row.count}\t{row.words}\t{written(row.first)} to {written(row.last)}"
        emit(value) if given.json else typer.echo(words)
    for one in sheet.signed:
        told = {"week": week, "signed_by": one.signature.name, "at": iso(one.signature.signed_at), "note": one.signature.note}
        words = f"signed by {one.signature.name}, {written(one.signature.signed_at)}: {one.signature.note}"
        changed = "" if one.same else " (the list reads otherwise now than when it was signed)"
        emit({**told, "same": one.same}) if given.json else typer.echo(words + changed)
    value = {"week": week, "rows": len(sheet.rows), "digest": sheet.digest, "signed": sheet.state.complete}
    answer(value, f"{len(sheet.rows)} rows; list {sheet.digest}", json=given.json)
    say("not recorded yet, and so never listed: views of a complaint against oneself, break-glass access")


def _sign(given: Context, week: str, note: str) -> None:
    home = given.open()
    signed = review.sign(home.ports, given.actor(home), week, note)
    value = {"week": week, "signed": str(signed.id), "digest": signed.digest, "rows": signed.rows, "own": signed.own}
    own = f"; {signed.own} of them concern you and need somebody else's signature too" if signed.own else ""
    answer(value, f"signed {signed.rows} rows of {week}{own}", json=given.json)
