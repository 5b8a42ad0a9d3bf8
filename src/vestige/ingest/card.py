"""A camera's card: files and folders, one by one, each an act of its own; what fails does not stop the rest."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from vestige.actions import intake
from vestige.actions.intake import Outcome, Sent
from vestige.actions.ports import Ports
from vestige.actions.prepare import prepare
from vestige.errors import BadInput, DiskFull, Refused, VestigeError
from vestige.evidence.people import Actor
from vestige.evidence.people import system as system_actor
from vestige.evidence.segments import in_order


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the sender says of all files: serial number, badge, category, time (ms UTC); and whether to erase what was verified."""

    device: str | None = None
    officer: str | None = None
    category: str | None = None
    recorded_at: int | None = None
    erase: bool = False


@dataclass(frozen=True, slots=True)
class Card:
    """The files to read, in order, and their bytes in all."""

    files: tuple[Path, ...]
    size: int

    @classmethod
    def find(cls, paths: Sequence[Path]) -> "Card":
        """Walk files and folders, by name. Hidden files and links are left out. Raises BadInput for a path that is not there."""
        files: list[Path] = []
        for path in paths:
            if path.is_dir():
                files += sorted(_walk(path), key=lambda file: (file.parent, in_order(file.stem), file.name))
            elif path.is_file():
                files.append(path)
            else:
                raise BadInput(f"there is no file or folder {path}")
        return cls(tuple(files), sum(path.stat().st_size for path in files))


def read_card(ports: Ports, actor: Actor, card: Card, wishes: Wishes, progress: Callable[[int], None]) -> Iterator[Outcome | VestigeError]:
    """Take each file in; yields what became of it, or the error that kept it out. Stops at a refusal and when the disk is full."""
    left = ports.catalog.intakes()
    if left:
        intake.sweep_left(ports, system_actor("intake"), left)
    done, previous, folder = 0, None, None
    for path in card.files:
        size = path.stat().st_size if path.exists() else 0
        start = done
        if path.parent != folder:
            previous, folder = None, path.parent
        sent = Sent(path, wishes.device, wishes.officer, wishes.category, wishes.recorded_at, previous)
        try:
            outcome = intake.receive(ports, actor, sent, partial(_shift, progress, start))
            previous = outcome.item
            yield _prepared(ports, actor, outcome, erase=wishes.erase)
        except VestigeError as error:
            yield error
            if isinstance(error, Refused | DiskFull):
                return
        done = start + size
        progress(done)


def _prepared(ports: Ports, actor: Actor, outcome: Outcome, *, erase: bool) -> Outcome:
    if outcome.status == "accessioned":
        prepare(ports, system_actor("prepare"), outcome.item)
    return intake.erase(ports, actor, outcome) if erase else outcome


def _shift(progress: Callable[[int], None], start: int, read: int) -> None:
    progress(start + read)


def _walk(folder: Path) -> Iterator[Path]:
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in names:
            path = Path(root, name)
            if not name.startswith(".") and path.is_file() and not path.is_symlink():
                yield path
