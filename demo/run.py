"""The main job, end to end, through the real command line: `make demo`.

Environment: CARD=folder takes your footage instead of making some. Everything lies in `.demo/` (VESTIGE_DEMO names another folder).
"""

import json
import os
import shutil
import time
from pathlib import Path

from demo.agency import AGENCY, CAMERAS, PEOPLE
from demo.card import make_card
from demo.shell import Shell, fail, heading, note, show, timed

ROOT = Path(__file__).parents[1]
WHERE = Path(os.environ.get("VESTIGE_DEMO") or ROOT / ".demo").absolute()
CUSTODIAN = "6001"


def main() -> None:
    """Do everything that the command line reaches. Exits with what the first failing command said."""
    started = time.monotonic()
    shell = Shell(WHERE / "home")
    heading("Vestige: footage from a card, kept, and given out as a package that a stranger can check")
    card = _card(os.environ.get("CARD", "").strip())
    key = _found(shell)
    _people(shell)
    _cameras(shell)
    items = _ingest(shell, card)
    shell.many("The item list, as the custodian sees it", "--as", CUSTODIAN, "items")
    package = _export(shell, _choose(items))
    _verify(shell, package, key)
    shell.many("Everything read back: database, log, objects, keys", "fsck")
    heading(f"Done in {time.monotonic() - started:.0f} s")
    note(f"The package is {package}. Redaction, release and the pages come with the next parts of this step.")


def _export(shell: Shell, item: dict[str, object]) -> str:
    name = Path(str(item["path"])).name
    done = shell.one(
        f"The custodian exports {name} for court", "--as", CUSTODIAN, "export", str(item["item"]), "--out", str(WHERE / "package")
    )
    return str(done["package"])


def _card(given: str) -> Path:
    """The card's folder. Raises SystemExit for a CARD that is no folder."""
    if given:
        folder = Path(given).expanduser()
        if not folder.is_dir():
            fail(f"CARD={given} is no folder")
        note(f"The card is your folder {folder}; nothing on it is changed.")
        return folder
    card, record = WHERE / "card", WHERE / "card.json"
    newest = max(source.stat().st_mtime for source in Path(__file__).parent.glob("*.py"))
    if not record.is_file() or record.stat().st_mtime < newest:
        with timed("A card with footage from six cameras is made (nobody was filmed: one public-domain portrait, painted places)"):
            shutil.rmtree(card, ignore_errors=True)
            made = make_card(card, WHERE)
            record.write_text(json.dumps([{"file": one.file, "spoken": one.spoken, "speech": one.speech} for one in made], indent=1))
    told = json.loads(record.read_text())
    if not any(one["speech"] for one in told):
        note("No speech synthesiser fits this machine: the voices are tones that only resemble speech.")
    return card


def _found(shell: Shell) -> str:
    for path in (shell.home, shell.home.with_name("home.keyring"), WHERE / "package"):
        shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
    shell.home.parent.mkdir(exist_ok=True)
    made = shell.one(
        "An agency's home is made, with its keyring and its log",
        "init",
        "--agency",
        AGENCY,
        "--console-acts",
        "--timezone",
        "America/New_York",
    )
    note(f"log key: {made['log_key']}")
    return str(made["log_key"])


def _people(shell: Shell) -> None:
    with timed(f"{len(PEOPLE)} people of three cities' teams are added"):
        for person in PEOPLE:
            roles = [word for role in person.roles for word in ("--role", role)]
            shell.ask("people", "add", person.badge, person.name, *roles, "--unit", person.unit)


def _cameras(shell: Shell) -> None:
    with timed(f"{len(CAMERAS)} cameras are registered, on vest, shirt and helmet, and given to the officers"):
        for camera in CAMERAS:
            shell.ask("--as", CUSTODIAN, "devices", "add", camera.serial, "--model", camera.model, "--mount", camera.mount)
            shell.ask("--as", CUSTODIAN, "devices", "assign", camera.serial, camera.badge, "--from", "2026-11-01T00:00:00Z")


def _ingest(shell: Shell, card: Path) -> list[dict[str, object]]:
    """Take the card in: folders named for a camera with that camera's serial, any other card as it is."""
    known = {camera.serial for camera in CAMERAS}
    folders = [folder for folder in sorted(card.iterdir()) if folder.is_dir() and folder.name in known]
    items = []
    with timed("The card is taken in: hashed, sealed, made durable, then probed"):
        for folder in folders or [card]:
            device = ["--device", folder.name] if folders else []
            items += shell.ask("--as", CUSTODIAN, "ingest", str(folder), *device)
    show(
        ("file", "what became of it", "SHA-256"),
        [(Path(str(one["path"])).name, str(one["status"]), str(one["sha256"])[:16] + "…") for one in items],
    )
    if not items:
        fail(f"no file was found in {card}")
    return items


def _choose(items: list[dict[str, object]]) -> dict[str, object]:
    """The video to hand out: the interview of the made card, else the first film that was accessioned."""
    films = [
        one for one in items if one["status"] != "quarantined" and Path(str(one["path"])).suffix.lower() in {".mp4", ".mov", ".mkv", ".avi"}
    ]
    if not films:
        fail("there is no film among the accessioned files, so nothing can be exported")
    return next((one for one in films if "STREET" in str(one["path"])), films[0])


def _verify(shell: Shell, package: str, key: str) -> None:
    told = shell.verify("A stranger checks the package offline, with the agency's key from elsewhere", package, "--key", key)
    note(f"verdict: {told.get('verdict')} · signer: {told.get('signer')}")


if __name__ == "__main__":
    main()
