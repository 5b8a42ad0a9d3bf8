"""`vestige keys kit`, `keys drill`, `keys recover`, `keys rotate`, `keys revoke`."""

import re
from pathlib import Path

import typer

from vestige.actions import keys
from vestige.assembly import Home, open_lost_home, recover_without_home
from vestige.cli.context import Context
from vestige.cli.output import answer, part_progress, say
from vestige.errors import BadInput

_KIT = re.compile(r"([0-9]{1,2})/([0-9]{1,2})")
_SHARE = typer.Option(..., "--share", help="The file of one share; give as many as the kit takes.")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="The keys of the home: recovery kit, drill, rotation, revocation.", no_args_is_help=True)
    group.command("kit", help="Make a new recovery kit; the shares of the one before open nothing newer.")(kit)
    group.command("drill", help="Try the recovery kit on a real item; nothing is changed.")(drill)
    group.command("recover", help="Write a lost keyring back from shares.")(recover)
    group.command("rotate", help="Draw a new key and seal every item's key anew under it.")(rotate)
    group.command("revoke", help="Mark an older key as unfit: nothing is sealed under it again.")(revoke)
    app.add_typer(group, name="keys")


def kit_numbers(text: str) -> tuple[int, int]:
    """K and N of `K/N`. Raises BadInput."""
    found = _KIT.fullmatch(text)
    if not found:
        raise BadInput(f"a recovery kit is named K/N, like 2/3; {text!r} is none")
    return int(found[1]), int(found[2])


def kit(
    context: typer.Context,
    numbers: str = typer.Option("2/3", "--kit", metavar="K/N", help="How many shares it takes, of how many."),
    kit_dir: Path | None = typer.Option(None, "--kit-dir", help="The folder for the shares; by default beside the home."),
) -> None:
    """Make a recovery kit; print where its shares are."""
    given: Context = context.obj
    home = given.open()
    folder = kit_dir or home.config.kit_folder()
    with part_progress("sealing keys anew", shown=not given.json and home.ports.keys.elsewhere()) as progress:
        made = keys.split(
            home.ports, given.actor(home), *kit_numbers(numbers), folder, lambda part: progress.update(progress.task_ids[0], completed=part)
        )
    say(handing_out(folder, made.threshold, made.shares))
    value = {"kit": made.id, "threshold": made.threshold, "shares": made.shares, "folder": str(folder)}
    answer(value, f"kit {made.id}: {made.threshold} of {made.shares}\t{folder}", json=given.json)


def handing_out(folder: Path, threshold: int, shares: int) -> str:
    """What to do with shares that were just made."""
    return (
        f"The recovery kit lies in {folder}: {shares} shares, of which any {threshold} bring lost keys back. "
        "Print them, hand them out, remove the folder from this machine, and try the kit: vestige keys drill"
    )


def drill(context: typer.Context, share: list[Path] = _SHARE) -> None:
    """Rebuild the keyring in memory, open one item with it, compare; exit 1 if it does not fit."""
    given: Context = context.obj
    home = given.open()
    trial = keys.drill(home.ports, given.actor(home), share)
    value = {"kit": trial.kit, "item": str(trial.item), "outcome": "success"}
    answer(value, f"the kit {trial.kit} opened item {trial.item}, and its bytes are those that were taken in", json=given.json)


def recover(
    context: typer.Context,
    share: list[Path] = _SHARE,
    to: Path = typer.Option(..., "--to", help="The keyring file to write; it must not be there."),
    sealed: Path | None = typer.Option(None, "--sealed", help="A sealed copy outside a home, as in a backup. No log tells of it then."),
) -> None:
    """Write the keyring back; it opens an item first, where the home holds one."""
    given: Context = context.obj
    if sealed is not None:
        found = recover_without_home(sealed, share, to)
        say("No log tells of this recovery: it was made from a sealed copy outside a home. Drill the kit when the home is back.")
        answer({"keyring": str(to), "fingerprint": found}, f"{to}\nfingerprint of the log: {found}", json=given.json)
        return
    home = open_lost_home(given.path(), share, to)
    trial = keys.recover(home.ports, given.actor(home), share, to)
    if to.resolve() != home.config.keyring.resolve():
        say(f"The home looks for its keyring at {home.config.keyring}: set VESTIGE_KEYRING to {to}, or move it there.")
    value = {"keyring": str(to), "kit": trial.kit, "item": str(trial.item) if trial.item else None}
    answer(value, f"{to} holds the keys of this home again; nothing is lost", json=given.json)


def rotate(
    context: typer.Context,
    *,
    retire: bool = typer.Option(default=False, help="Draw none; take older keys under which nothing stands out of the keyring."),
    log: bool = typer.Option(default=False, help="Replace the key that signs the log instead; the old one signs the new one."),
    to_file: bool = typer.Option(default=False, help="Draw it in the keyring file, though VESTIGE_KEYRING names a token or a key service."),
) -> None:
    """Draw a new key-encryption key and seal every item's key anew under it, or retire older ones. Exit 1 if some could not be."""
    given: Context = context.obj
    home = given.open()
    actor = given.actor(home)
    if log:
        _rekey_log(given, home)
        return
    if retire:
        names = keys.retire(home.ports, actor)
        answer({"retired": names}, "retired: " + ", ".join(names), json=given.json)
        return
    with part_progress("sealing keys anew", shown=not given.json) as progress:
        done = keys.rotate(home.ports, actor, lambda part: progress.update(progress.task_ids[0], completed=part), to_file=to_file)
    if not done.drawn:
        say("A rotation that was cut short before is ended now; no other key was drawn.")
    value = {"key": done.key, "drawn": done.drawn, "rewrapped": done.rewrapped, "left": done.left}
    answer(value, f"{done.key} is the key now; {done.rewrapped} items' keys were sealed anew under it", json=given.json)
    if done.left:
        say(f"{done.left} items' keys could not be sealed anew and are as they were; vestige fsck names them")
        raise typer.Exit(1)


def _rekey_log(given: Context, home: Home) -> None:
    step = keys.rekey_log(home.ports, given.actor(home))
    words = f"the log's key is now: {step.new}\nfingerprint: {step.fingerprint}"
    answer({"old": str(step.old), "new": str(step.new), "note": step.note}, words, json=given.json)
    say(
        "The old key signed the new one: packages and the published log carry that statement, and vestige-verify follows it from the old key. "
        f"Now tell whoever holds the old key; each witness runs: vestige witness trust '{step.new}'. "
        "The shares of the recovery kit stay good; a backup makes the new key safe on another machine."
    )


def revoke(
    context: typer.Context,
    name: str = typer.Argument(help="The key's name, as vestige keys rotate and fsck say it."),
    reason: str = typer.Option(..., help="Why, for the log."),
) -> None:
    """Mark a key revoked; say how many items' keys still stand under it."""
    given: Context = context.obj
    home = given.open()
    standing = keys.revoke(home.ports, given.actor(home), name, reason)
    answer({"revoked": name, "standing": standing}, f"{name} is revoked; {standing} items' keys stand under it", json=given.json)
    if standing:
        say("Seal them anew with: vestige keys rotate")
