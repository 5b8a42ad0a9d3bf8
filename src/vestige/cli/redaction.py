"""`vestige redact`, `review`, `approve`, `render`."""

import typer

from vestige.actions import redaction
from vestige.actions.redaction_plan import Wanted, draw
from vestige.cli.context import Context
from vestige.cli.output import answer, part_progress
from vestige.errors import BadInput
from vestige.redaction.geometry import Span
from vestige.redaction.parse import parse_box, parse_span, parse_time
from vestige.redaction.plan import Quality


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("redact", help="Draw a redaction plan for a video.")(redact)
    app.command("review", help="Say which spans of a redaction a person checked.")(review)
    app.command("approve", help="Approve a redaction that somebody else drew.")(approve)
    app.command("render", help="Render an approved redaction into a redacted copy.")(render)


def redact(  # a command's options
    context: typer.Context,
    item: str,
    exemption: str = typer.Option(..., help="Why it is hidden: a code of the policy, like b6 or b7C."),
    detect: str = typer.Option("", help="What to look for: faces."),
    box: list[str] = typer.Option([], help="X,Y,W,H@FROM-TO in pixels and times; may be given several times."),
    mute: list[str] = typer.Option([], help="FROM-TO; may be given several times."),
    quality: str = typer.Option("standard", help="standard or thorough."),
) -> None:
    """Draw a plan from detected faces, boxes and mutes; it changes nothing by itself."""
    given: Context = context.obj
    home = given.open()
    if detect not in {"", "faces"}:
        raise BadInput(f"only faces can be looked for in this version, not {detect!r}")
    if quality not in {Quality.STANDARD.value, Quality.THOROUGH.value}:
        raise BadInput(f"quality is standard or thorough, not {quality!r}")
    wanted = Wanted(
        exemption=exemption,
        faces=detect == "faces",
        boxes=tuple(parse_box(text) for text in box),
        mutes=tuple(parse_span(text) for text in mute),
        quality=Quality(quality),
    )
    with part_progress("looking", shown=not given.json) as progress:
        drawn, plan = draw(home.ports, given.actor(home), item, wanted, lambda part: progress.update(progress.task_ids[0], completed=part))
    value = {"redaction": str(drawn.id), "plan": drawn.plan_digest.value, "masks": len(plan.masks), "mutes": len(plan.mutes)}
    answer(value, f"redaction {drawn.id}: {len(plan.masks)} masks, {len(plan.mutes)} mutes", json=given.json)


def review(
    context: typer.Context,
    redaction_id: str = typer.Argument(..., metavar="REDACTION"),
    since: str = typer.Option("", "--from", help="Start of the span that was checked."),
    to: str = typer.Option("", "--to", help="End of it."),
    *,
    everything: bool = typer.Option(False, "--all", help="Every span was checked."),  # noqa: FBT003  # typer's way of a flag with its own name
) -> None:
    """Record a person's check."""
    given: Context = context.obj
    home = given.open()
    if everything == bool(since or to) or bool(since) != bool(to):
        raise BadInput("say --all, or --from and --to")
    spans = None if everything else (Span(parse_time(since), parse_time(to)),)
    left = redaction.review(home.ports, given.actor(home), redaction_id, spans)
    value = {"reviewed": redaction_id, "unreviewed": [[span.from_ms, span.to_ms] for span in left]}
    answer(value, "every span is checked" if not left else f"{len(left)} spans are still unchecked", json=given.json)


def approve(context: typer.Context, redaction_id: str = typer.Argument(..., metavar="REDACTION")) -> None:
    """Approve the plan as it is: its digest."""
    given: Context = context.obj
    home = given.open()
    digest = redaction.approve(home.ports, given.actor(home), redaction_id)
    answer({"approved": redaction_id, "plan": digest.value}, f"approved plan {digest.value}", json=given.json)


def render(context: typer.Context, redaction_id: str = typer.Argument(..., metavar="REDACTION")) -> None:
    """Render and check the copy; any doubt and none is kept."""
    given: Context = context.obj
    home = given.open()
    with part_progress("rendering", shown=not given.json) as progress:
        copy = redaction.render(
            home.ports, given.actor(home), redaction_id, lambda part: progress.update(progress.task_ids[0], completed=part)
        )
    value = {"item": str(copy.id), "number": copy.number, "sha256": copy.sha256.value, "size": copy.size}
    answer(value, f"redacted copy {copy.number} {copy.id}", json=given.json)
