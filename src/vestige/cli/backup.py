"""`vestige backup`, `vestige restore`, `vestige migrate`."""

from dataclasses import asdict
from pathlib import Path

import typer

from vestige.actions.backup import AGAIN, as_of, test_restore
from vestige.actions.backup import backup as make
from vestige.actions.backup import repair as put_back
from vestige.actions.checking import check, try_items
from vestige.assembly import migrate_home
from vestige.cli.context import Context, console
from vestige.cli.output import answer, emit, part_progress, say
from vestige.cli.times import written
from vestige.errors import BadInput
from vestige.evidence.backups import Restored
from vestige.restoration import Wishes, restore_home


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("backup", help="Back the home up into a folder on another disk, while it is in use.")(backup)
    app.command("restore", help="Make a new home from a backup; or try the backup out, or put back what this home has lost.")(restore)
    app.command("migrate", help="Bring a home of an earlier version forward, after a copy of its database.")(migrate)


def backup(
    context: typer.Context,
    folder: Path = typer.Argument(help="The folder of the backups: empty, or with earlier backups of this home."),
    keep: int = typer.Option(14, help="How many backups are kept there."),
) -> None:
    """Back up; exit 1 when files of the home are missing (the rest is backed up, and they are named)."""
    given: Context = context.obj
    home = given.open()
    with part_progress("backing up", shown=not given.json) as progress:
        made = make(home.ports, given.actor(home), folder, keep, lambda part: progress.update(progress.task_ids[0], completed=part))
    words = (
        f"backup {made.name}: {made.size} entries of the log, {made.objects} objects, {made.copied} of them new ({made.copied_bytes} bytes)"
    )
    answer(asdict(made) | {"backup": made.name}, words, json=given.json)
    for name in made.missing:
        say(f"missing in the home: {name}; vestige restore {folder} --repair puts it back where an earlier backup has it")
    if made.missing:
        raise typer.Exit(1)


def restore(  # a command's options
    context: typer.Context,
    folder: Path = typer.Argument(help="The folder of the backups."),
    name: str = typer.Option("", help="Which backup; the newest when none is named."),
    keyring: Path = typer.Option(
        None, help="The keyring that holds the old home's keys; VESTIGE_KEYRING or HOME.keyring when none is named."
    ),
    newer: list[Path] = typer.Option([], help="A checkpoint or anchor of the old log that somebody else holds; may be given again."),
    sample: int = typer.Option(0, help="Put back only so many items, drawn at random: for trying a backup out."),
    *,
    test: bool = typer.Option(default=False, help="Restore into a scratch home, check it, remove it, and record the result in this home."),
    repair: bool = typer.Option(default=False, help="Put back into this home the sealed objects and keys that it lost."),
) -> None:
    """Restore; says what is lost. Exit 1 when something of the backup was missing or a check failed."""
    given: Context = context.obj
    if test and repair:
        raise BadInput("either --test or --repair")
    if test:
        home = given.open()
        result = test_restore(home.ports, given.actor(home), folder, sample or 100)
        answer(dict(result), f"the backup restores: {result['opened']} items opened, no fault in the database", json=given.json)
    elif repair:
        _repair(given, folder)
    else:
        _restore(given, folder, Wishes(name or None, keyring, [_note(path) for path in newer], sample or None))


def _restore(given: Context, folder: Path, wishes: Wishes) -> None:
    with part_progress("restoring", shown=not given.json) as progress:
        home, found = restore_home(
            folder, given.path(), console(), wishes, lambda part: progress.update(progress.task_ids[0], completed=part)
        )
    opened = try_items(home.ports, console(), wishes.sample) if wishes.sample else None
    faults = [] if wishes.sample else check(home.ports, console())
    facts = {
        "home": str(home.config.home),
        "backup": found.backup,
        "events": found.events,
        "lost": found.lost,
        "missing": list(found.missing),
    }
    named = [f"{fault.object}: {fault.what}" for fault in faults]
    answer(facts | {"faults": named, "opened": opened}, "\n".join(_words(found)), json=given.json)
    for line in (*found.missing, *named, f"CHECK: {as_of(found.made)}; {AGAIN}"):
        say(line)
    if found.missing or faults:
        raise typer.Exit(1)


def _repair(given: Context, folder: Path) -> None:
    home = given.open()
    done = put_back(home.ports, given.actor(home), folder)
    for item, words in done.items():
        emit({"item": str(item), "result": words}) if given.json else typer.echo(f"item {item}: {words}")
    lost = sum(words != "put back" for words in done.values())
    if lost:
        say(f"LOST: {lost} items are not in the backup: they came in after it, or it was not whole; {len(done) - lost} were put back")
        raise typer.Exit(1)
    say(f"{len(done)} items did not open and were put back; nothing is lost" if done else "every item opens; nothing was to be put back")


def migrate(context: typer.Context) -> None:
    """Bring the home forward to this version."""
    given: Context = context.obj
    done = migrate_home(given.path())
    words = "brought forward; a copy of the database as it was is kept in before-migration/" if done else "up to date"
    answer({"migrated": done}, words, json=given.json)


def _words(found: Restored) -> list[str]:
    words = [f"restored from backup {found.backup}, made at {written(found.made)}: {found.events} entries of the log {found.old.origin}"]
    if found.missing:
        words.append(f"LOST: {len(found.missing)} files that the backup itself has lost; they are named")
    else:
        words.append("nothing older than the backup is lost")
    if found.lost:
        words.append(f"LOST: {found.lost} entries that were made after the backup, up to entry {found.old.newest} of the old log")
    else:
        words.append("nothing newer than the backup is known; what was done after it is lost")
    return [*words, "a new log begins; its first entry commits to the old one"]


def _note(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} cannot be read as a checkpoint: {error}") from error
