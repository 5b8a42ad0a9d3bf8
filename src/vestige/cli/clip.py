"""`vestige clip`."""

import typer

from vestige.actions import clip as acts
from vestige.cli.context import Context
from vestige.cli.output import answer, part_progress
from vestige.redaction.parse import parse_time


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("clip", help="Cut a part out of a video, its samples as they are.")(clip)


def clip(
    context: typer.Context,
    item: str,
    since: str = typer.Option(..., "--from", help="Where it begins: 12.5, 1:02.5 or 1:02:03."),
    to: str = typer.Option(..., "--to", help="Where it ends."),
    reason: str = typer.Option("", help="Why."),
) -> None:
    """Cut a clip, outward to key frames."""
    given: Context = context.obj
    home = given.open()
    wanted = acts.Cut(parse_time(since), parse_time(to), reason.strip())
    with part_progress("cutting", shown=not given.json) as progress:
        made = acts.clip(home.ports, given.actor(home), item, wanted, lambda part: progress.update(progress.task_ids[0], completed=part))
    value = {
        "item": str(made.id),
        "number": made.number,
        "sha256": made.sha256.value,
        "size": made.size,
        "from_ms": made.facts["from_ms"],
        "to_ms": made.facts["to_ms"],
    }
    answer(value, f"clip {made.number} {made.id}, from {made.facts['from_ms']} to {made.facts['to_ms']} ms of {item}", json=given.json)
