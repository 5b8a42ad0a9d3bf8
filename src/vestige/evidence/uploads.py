"""Resumable uploads: what was announced, by whom, and what became of it. Times are integer milliseconds UTC."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from uuid import UUID

LONGEST_SAID = 16_384
"""Bytes of what a sender says of a file, all together."""


@dataclass(frozen=True, slots=True)
class FileWords:
    """What a sender says of a file: `raw` as it came, by name, and what of it has a meaning here.

    `name` is its name, fit to be shown; `modified_at` when the file was last changed; `after` the upload of the same folder before it.
    `key` is by what its sender knows the file again, `folder` where it lies; `of` and `follows` are the keys of the footage that it stands
    beside, and of that which it goes on after.
    """

    raw: Mapping[str, str]
    name: str
    device: str | None = None
    officer: str | None = None
    category: str | None = None
    recorded_at: int | None = None
    modified_at: int = 0
    after: UUID | None = None
    key: str = ""
    folder: str = ""
    of: str = ""
    follows: str = ""

    @property
    def path(self) -> PurePosixPath:
        """Where the file lies, with its name, as its sender says."""
        return PurePosixPath(self.folder.replace("\\", "/"), self.name)


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload of `length` bytes by `owner` (kind and id of the actor); `sealed` is the object that it is to be.

    `received` bytes were durable when it was last heard of; `outcome` says what became of it, once it is whole and kept.
    """

    id: UUID
    sealed: UUID
    owner: str
    length: int
    words: FileWords
    officer: UUID | None
    started: int
    heard: int
    received: int = 0
    outcome: Mapping[str, object] = field(default_factory=dict)

    @property
    def whole(self) -> bool:
        """Whether all bytes are here."""
        return self.received == self.length
