"""The shares of a recovery kit as pages to print: written for their holders, read back from the file or from what somebody typed."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from vestige.errors import BadInput
from vestige.evidence.home import SharePage
from vestige.vault import disk
from vestige.vault.kit import NewKit

_PAGE = """\
RECOVERY KIT, SHARE {number} OF {shares}
{agency}

You hold one of {shares} shares of a recovery kit. If the keys of this agency's evidence are lost,
any {threshold} of the {shares} shares bring them back; without them the footage can never be opened
again. One share alone opens nothing.

  - Keep this page on paper, in a place that only you open: a safe, a bank box.
  - Do not photograph it, send it, or keep it beside another share or beside the computer.
  - Never give it to somebody who calls or writes. Bring it yourself, after you have spoken
    with the administrator whom you know.
  - Once a year you are asked for it, to try whether the kit still works (a drill).
  - If it is lost or somebody may have read it, tell the administrator: a new kit is made.

Home: {home}
Kit: {kit}
Made: {day}
Fingerprint of the log: {fingerprint}

Words (in this order; a misspelt word is noticed):

{words}
"""
_README = """\
HAND THESE OUT AND REMOVE THEM FROM HERE

This folder holds all {shares} shares of the recovery kit. Print each one, give each to another person,
and then remove this folder from this machine and from its backups: whoever has {threshold} of these
files can open everything. Then try the kit: vestige keys drill
"""
_FINGERPRINT = re.compile(r"^Fingerprint of the log:\s*([0-9a-fA-F ]+)$", re.MULTILINE)
_START = re.compile(r"^Words\b.*$", re.MULTILINE)
_WORD = re.compile(r"[a-zA-Z]+")
_LARGEST = 65_536
_COLUMNS = 4


@dataclass(frozen=True, slots=True)
class ReadShare:
    """A share as it came in: its words in one line, and the log's fingerprint if it stands on it."""

    words: str
    fingerprint: str | None


def free(folder: Path) -> None:
    """Refuses (BadInput) a folder for shares that holds something already."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BadInput(f"{folder} is there already and not empty: shares are never mixed with others")


def write(folder: Path, new: NewKit, home: UUID, page: SharePage) -> None:
    """Write one page a share (mode 0600) and a page that says what to do with them. Raises BadInput, DiskFull, Unavailable."""
    free(folder)
    facts = new.kit.facts
    with disk.telling(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        for number, words in enumerate(new.words, 1):
            text = _PAGE.format(
                number=number,
                shares=facts.shares,
                threshold=facts.threshold,
                agency=page.agency,
                home=home,
                kit=facts.id,
                day=page.day,
                fingerprint=page.fingerprint,
                words=_table(words.split()),
            )
            disk.write_durably(folder / f"share-{number}-of-{facts.shares}.txt", text.encode())
        disk.write_durably(folder / "HAND-THESE-OUT.txt", _README.format(shares=facts.shares, threshold=facts.threshold).encode())
        disk.fsync_folder(folder.parent)


def parse(text: str) -> ReadShare:
    """A share from the text of its page, or from its bare words. Numbers before the words are passed over."""
    found = _FINGERPRINT.search(text)
    start = _START.search(text)
    words = _WORD.findall(text[start.end() :] if start else text)
    return ReadShare(" ".join(word.lower() for word in words), " ".join(found[1].lower().split()) if found else None)


def read(paths: Sequence[Path]) -> list[ReadShare]:
    """The shares of these files. Raises BadInput for one that cannot be read."""
    shares = []
    for path in paths:
        try:
            with path.open("rb") as file:
                data = file.read(_LARGEST)
        except OSError as error:
            raise BadInput(f"the share {path} cannot be read: {os.strerror(error.errno or 0)}") from error
        shares.append(parse(data.decode(errors="replace")))
    return shares


def _table(words: Sequence[str]) -> str:
    cells = [f"{number:3}. {word:<12}" for number, word in enumerate(words, 1)]
    return "\n".join("".join(cells[i : i + _COLUMNS]).rstrip() for i in range(0, len(cells), _COLUMNS))
