"""What a backup and a restore are about, as values. Times are milliseconds UTC, sizes bytes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID


@dataclass(frozen=True, slots=True)
class CatalogCopy:
    """A copy of the database at one moment: `origin`, `size` and `checkpoint` (signed note, or empty) of its log, and the object of each item.

    `migrations` are the names of those applied, `events` counts all of them, placed in the tree or not.
    """

    kind: str
    origin: str
    size: int
    events: int
    checkpoint: str
    migrations: tuple[str, ...]
    objects: Mapping[UUID, UUID]


@dataclass(frozen=True, slots=True)
class BackupSchedule:
    """Backups that are made by the clock: into which folder, every how many milliseconds, and how many are kept there."""

    folder: Path
    every: int
    keep: int


@dataclass(frozen=True, slots=True)
class BackupFacts:
    """A backup that was made: `copied` counts objects (and `copied_bytes` their bytes) that were not there before; `missing` names what is lost."""

    name: str
    sha256: str
    size: int
    objects: int
    copied: int
    copied_bytes: int
    missing: Sequence[str]


@dataclass(frozen=True, slots=True)
class OldLog:
    """A log that a restore ended: its key (verifier key), the size and text of the checkpoint in the backup, and the newest size known.

    `key` signed that checkpoint; `succession` are the statements about all keys that the log ever had, oldest first.
    """

    origin: str
    key: str
    size: int
    checkpoint: str
    newest: int
    succession: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Restored:
    """A restore: from which backup (its name and when it was made), how many events it held, and what could not be put back."""

    old: OldLog
    backup: str
    made: int
    events: int
    newest_checkpoint: str
    missing: Sequence[str]

    @property
    def lost(self) -> int:
        """Events that are known to have been and are not in the backup."""
        return max(0, self.old.newest - self.events)
