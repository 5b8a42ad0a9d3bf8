"""What a package is, as values; its `data/manifest.json` and the bag's own facts (docs/package-format.md)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from vestige.disclosure.profiles import Profile, withheld_words
from vestige.errors import BadInput
from vestige.evidence.changes import Plain
from vestige.evidence.values import Digest, from_ms

FORMAT = "vestige-package/2"
_FOOTAGE = re.compile(r"data/footage(/[^/\\\x00-\x1f\x7f]+)+")


@dataclass(frozen=True, slots=True)
class LogIdentity:
    """Who signs the log: its origin, its C2SP verifier key, that key's fingerprint for reading aloud, the keys of its witnesses.

    `succession` are the statements that lead to its key, where it was ever replaced.
    """

    origin: str
    key: str
    fingerprint: str
    witnesses: tuple[str, ...] = ()
    succession: tuple[str, ...] = ()

    def facts(self) -> dict[str, Plain]:
        """As it stands in the manifest."""
        replaced: dict[str, Plain] = {"succession": list(self.succession)} if self.succession else {}
        return {"fingerprint": self.fingerprint, "key": self.key, "origin": self.origin, "witnesses": sorted(self.witnesses)} | replaced


@dataclass(frozen=True, slots=True)
class PackedFile:
    """A file of footage in the package. Raises BadInput for a path that is not below `data/footage/` or has parts like `..`."""

    path: str
    item: UUID
    sha256: Digest
    size: int
    of: Literal["clipped", "key", "opened", "original", "rendered"]

    def __post_init__(self) -> None:
        if not _FOOTAGE.fullmatch(self.path) or {".", ".."} & set(self.path.split("/")):
            raise BadInput(f"a package keeps its footage below data/footage/, not at {self.path!r:.200}")


@dataclass(frozen=True, slots=True)
class PackageFacts:
    """What every paper of a package needs to know. `created` is milliseconds UTC; `item` is the item whose trail the package closes.

    `samples` says whether the package holds sample proofs, `hidden` whether it says in numbers what the copy must hide.

    Raises BadInput for a package without footage, or with two files of one path.
    """

    id: UUID
    profile: Profile
    agency: str
    created: int
    console_acts: bool
    log: LogIdentity
    item: UUID
    files: tuple[PackedFile, ...]
    samples: bool = False
    hidden: bool = False

    def __post_init__(self) -> None:
        if not self.files:
            raise BadInput("a package without footage proves nothing")
        if len({file.path for file in self.files}) != len(self.files):
            raise BadInput("two files of a package have the same path")


def manifest(facts: PackageFacts) -> dict[str, Plain]:
    """The value of `data/manifest.json`; whoever writes it takes its canonical JSON."""
    return {
        "agency": facts.agency,
        "console_acts": facts.console_acts,
        "created": facts.created,
        "files": [
            {"item": str(file.item), "of": file.of, "path": file.path, "sha256": file.sha256.value, "size": file.size}
            for file in facts.files
        ],
        "format": FORMAT,
        "item": str(facts.item),
        "log": facts.log.facts(),
        "package": str(facts.id),
        "profile": facts.profile.value,
        "withheld": list(withheld_words(facts.profile)),
    }


def bag_info(facts: PackageFacts, software: str) -> Mapping[str, str]:
    """What `bag-info.txt` says, but for the payload's size. `software` is our name and version; a line break in a value becomes a blank."""
    return {
        "Bag-Software-Agent": _one_line(software),
        "Bagging-Date": from_ms(facts.created).date().isoformat(),
        "External-Identifier": str(facts.id),
        "Source-Organization": _one_line(facts.agency),
    }


def _one_line(text: str) -> str:
    return " ".join(text.split())
