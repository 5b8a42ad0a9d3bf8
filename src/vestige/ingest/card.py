"""A camera's card: files and folders, one by one, each an act of its own; what fails does not stop the rest."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePath
from types import MappingProxyType
from uuid import UUID

from vestige.actions import intake
from vestige.actions.intake import Outcome, Sent
from vestige.actions.ports import Ports
from vestige.actions.prepare import prepare
from vestige.errors import BadInput, DiskFull, Refused, VestigeError
from vestige.evidence.cards import CardFile, arranged
from vestige.evidence.people import Actor
from vestige.evidence.people import system as system_actor

_NONE: Mapping[PurePath, UUID] = MappingProxyType({})


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
    """The files to read, in order, with what each is, and their bytes in all."""

    files: tuple[CardFile, ...]
    size: int

    @classmethod
    def find(cls, paths: Sequence[Path]) -> "Card":
        """Walk files and folders, by name. Hidden files and links are left out. Raises BadInput for a path that is not there."""
        files: list[Path] = []
        for path in paths:
            if path.is_dir():
                files += _walk(path)
            elif path.is_file():
                files.append(path)
            else:
                raise BadInput(f"there is no file or folder {path}")
        return cls(tuple(arranged(files)), sum(path.stat().st_size for path in files))


def read_card(
    ports: Ports, actor: Actor, card: Card, wishes: Wishes, progress: Callable[[int], None], before: Mapping[PurePath, UUID] = _NONE
) -> Iterator[Outcome | VestigeError]:
    """Take each file in; yields what became of it, or the error that kept it out. Stops at a refusal and when the disk is full.

    `before` are the items of files of this card that came in before.
    """
    left = ports.catalog.intakes()
    if left:
        intake.sweep_left(ports, system_actor("intake"), left)
    done = 0
    taken = _Taken(before)
    for file in card.files:
        path = Path(file.path)
        size = path.stat().st_size if path.exists() else 0
        start = done
        try:
            outcome = intake.receive(ports, actor, taken.sent(file, wishes), partial(_shift, progress, start))
            taken.add(file, outcome)
            yield _prepared(ports, actor, outcome, erase=wishes.erase)
        except VestigeError as error:
            yield error
            if isinstance(error, Refused | DiskFull):
                return
        done = start + size
        progress(done)


class _Taken:
    """The items of what was taken in of a card so far."""

    def __init__(self, before: Mapping[PurePath, UUID]) -> None:
        self._items = dict(before)

    def sent(self, file: CardFile, wishes: Wishes) -> Sent:
        """The file as its sender sends it. Where its footage did not come in, what stood beside it stands by itself."""
        of = self._items.get(file.of) if file.of else None
        after = self._items.get(file.follows) if file.follows else None
        beside = file.beside if of else None
        return Sent(Path(file.path), wishes.device, wishes.officer, wishes.category, wishes.recorded_at, after, beside, of)

    def add(self, file: CardFile, outcome: Outcome) -> None:
        """It came in."""
        self._items[file.path] = outcome.item


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
