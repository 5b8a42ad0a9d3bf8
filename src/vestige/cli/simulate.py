"""`vestige simulate`: a fleet of cameras to try a server with."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import typer

from vestige.actions import docks, items, people
from vestige.cli.context import Context
from vestige.cli.groups import group
from vestige.cli.output import answer, emit, part_progress, say
from vestige.cli.times import parse_when
from vestige.errors import BadInput, Fault
from vestige.evidence.items import ItemFilter
from vestige.evidence.values import to_ms
from vestige.fleet.connection import Target, read_connection
from vestige.fleet.footage import Footage
from vestige.fleet.ledger import Entry, Held, compare, read_report, write_report
from vestige.fleet.plan import Plan, Wishes, draw
from vestige.fleet.sending import Fleet, Manner, Tally

_MANY = 1_000_000
_DEFAULT = "http://localhost:8000"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    mine = group(app, "simulate", "Play cameras and docks against a running server, to try it.")
    mine.command("fleet", help="Send a shift's recordings over the real protocol; says what it sent and checks what arrived.")(fleet)
    mine.command("check", help="Compare the report of a fleet with what the home holds.")(check)


def fleet(
    context: typer.Context,
    cameras: int = typer.Option(..., help="How many cameras."),
    hours: float = typer.Option(..., help="How long the shift is."),
    connection: list[Path] = typer.Option(
        [], help="Connection file of a dock system; several share the cameras. Without one a dock is made."
    ),
    url: str = typer.Option("", help=f"The server, where it is not the one in the connection file; {_DEFAULT} without any."),
    footage: Path | None = typer.Option(None, help="Folder of clips to send; drawn on the spot by default."),
    clip_mb: float = typer.Option(0, help="Fill every clip up to this size in MB."),
    per_hour: float = typer.Option(2, help="Recordings an hour of each camera."),
    speed: float = typer.Option(0, help="How much faster than real time the shift passes; 0: all docks are full at once."),
    parallel: int = typer.Option(8, min=1, max=64, help="Recordings that each dock system sends at once."),
    trouble: float = typer.Option(1, help="How much goes wrong: 0 nothing, 1 as in a bad week."),
    seed: int = typer.Option(1, help="The same seed, sizes and --ends give the same recordings."),
    ends: str = typer.Option("", help="When the shift ends (2026-11-24T08:00:00Z); now by default."),
    user: list[str] = typer.Option([], help="Badge of an officer who wears a camera; those of the home by default."),
    report: Path | None = typer.Option(None, help="Write what was sent to this file, for `simulate check`."),
    give_up: float = typer.Option(600, help="Seconds after which a dock no longer tries."),
) -> None:
    """Exit 1 where the server answered wrongly, or the home does not hold what was acknowledged."""
    given: Context = context.obj
    with _targets(given, connection, url) as targets:
        if {one.ending for one in targets} != {targets[0].ending}:
            raise BadInput("the dock systems of one fleet send the same kind of file, mp4 or mkv")
        at = parse_when(ends) if ends else to_ms(datetime.now(UTC)) // 1000 * 1000
        wishes = Wishes(cameras, hours, at, seed, per_hour, trouble, tuple(user or _officers(given)), targets[0].ending)
        plan = draw(wishes)
        material = Footage(wishes.ending, seed, footage, round(clip_mb * 1_000_000))
        _say_plan(plan, targets)
        begun = time.monotonic()
        with part_progress("sending", shown=not given.json) as progress:
            playing = Fleet(plan, material, targets, Manner(parallel, speed, give_up))
            tally = playing.run(lambda done: progress.update(progress.task_ids[0], completed=done))
        took = time.monotonic() - begun
    if report:
        write_report(report, tally.entries)
    faults = [{"object": "", "what": one} for one in tally.faults]
    if given.home:
        faults += _compared(given, tally.entries)
    else:
        say("no --home: only the server's own answers were checked (the MD5 of each object); `simulate check` compares a --report")
    _say_end(given, tally, took, faults)


def check(context: typer.Context, report: Path = typer.Argument(..., help="What `simulate fleet --report` wrote.")) -> None:
    """Exit 1 where the home does not hold, once and with the same bytes, what the fleet was told that it holds."""
    given: Context = context.obj
    entries = read_report(report)
    faults = _compared(given, entries)
    for one in faults:
        emit(one) if given.json else typer.echo(f"{one['object']}: {one['what']}")
    answer({"compared": len(entries), "faults": len(faults)}, f"{len(entries)} objects compared, {len(faults)} differ", json=given.json)
    if faults:
        raise Fault("the home does not hold what was acknowledged")


@contextmanager
def _targets(given: Context, connections: list[Path], url: str) -> Iterator[list[Target]]:
    """The dock systems of the files given; without any, one that is made for the occasion and revoked afterwards."""
    if connections:
        read = [read_connection(path) for path in connections]
        yield [one.at(url) for one in read] if url else read
        return
    if not given.home:
        raise BadInput("say where to send: --connection FILE (`vestige dock connect`), or --home DIR to have a dock made for the occasion")
    home = given.open()
    certificate = home.config.tls_certificate
    trusted = certificate.read_text("ascii") if certificate else ""
    address = url or home.config.public_url or _DEFAULT
    dock, secret, _ = docks.connect(home.ports, given.actor(home), f"Simulated fleet {datetime.now(UTC):%Y-%m-%d %H:%M:%S.%f}")
    try:
        yield [Target("", dock.account, secret, trusted).at(address)]
    finally:
        docks.revoke(home.ports, given.actor(home), dock.account)


def _officers(given: Context) -> list[str]:
    """The badges of the home's officers who are in service."""
    if not given.home:
        return []
    home = given.open()
    return sorted(one.badge for one in people.list_people(home.ports, given.actor(home)) if one.active and "officer" in one.roles)


def _compared(given: Context, entries: list[Entry]) -> list[dict[str, str]]:
    home = given.open()
    listed = items.list_items(home.ports, given.actor(home), ItemFilter(limit=_MANY))
    return compare(entries, [Held(one.sha256.value, one.filename, str(one.recording), one.status.value) for one in listed])


def _say_plan(plan: Plan, targets: list[Target]) -> None:
    odd = [camera.oddity.value for camera in plan.cameras if camera.oddity]
    oddities = ", ".join(f"{odd.count(one)} {one}" for one in sorted(set(odd))) or "none"
    clips = sum(thing.number is not None for one in plan.recordings for thing in one.things)
    say(f"{len(plan.cameras)} cameras ({oddities}), {len(plan.recordings)} recordings, {clips} clips, {len(targets)} dock systems")


def _say_end(given: Context, tally: Tally, took: float, faults: list[dict[str, str]]) -> None:
    latencies = sorted(tally.latencies) or [0.0]
    value = {
        "recordings": tally.recordings,
        "objects": len(tally.entries),
        "clips": len(tally.latencies),
        "bytes": tally.sent,
        "seconds": round(took, 2),
        "mb_per_s": round(tally.sent / 1e6 / took, 2) if took else 0,
        "retries": tally.retries,
        "answers": dict(sorted(tally.answers.items())),
        "mishaps": dict(sorted(tally.mishaps.items())),
        "clip_seconds": {"median": round(latencies[len(latencies) // 2], 3), "slowest": round(latencies[-1], 3)},
        "checked": "home" if given.home else "answers",
        "faults": len(faults),
    }
    for one in faults:
        emit(one) if given.json else typer.echo(f"{one['object']}: {one['what']}".lstrip(": "))
    answer(value, "\n".join(f"{name}: {said}" for name, said in value.items()), json=given.json)
    if faults:
        raise Fault("what was sent is not what arrived" if given.home else "the server did not answer as it should")
