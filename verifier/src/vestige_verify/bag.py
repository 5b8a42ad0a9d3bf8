"""The folder and its manifests (package format, step 4). Nothing is opened but plain files whose names were seen in the folder."""

import hashlib
import io
import os
import re
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from vestige_verify.errors import VerificationError, at

PROOF: Final = "package.tlog-proof"
TAG_MANIFEST: Final = "tagmanifest-sha256.txt"
MANIFEST: Final = "manifest-sha256.txt"
INFO: Final = "bag-info.txt"
DECLARATION: Final = "bagit.txt"
PAGE: Final = "verify.html"  # from package format 2 on
TIME_STAMP: Final = "package.tsr"  # the same, where there is one
_TAGGED: Final = (DECLARATION, INFO, MANIFEST, "README.txt")
_ALWAYS: Final = frozenset({*_TAGGED, TAG_MANIFEST, PROOF})
_TOP: Final = _ALWAYS | {PAGE, TIME_STAMP}  # what each format has of them is `manifest.check`'s business
_STEP = 4
_BLOCK = 1 << 20
_SMALL_FILE = 64 << 20  # bytes: far above any honest tag file
_LINE = re.compile(r"([0-9a-f]{64})[ \t]+([^ \t].*)", re.ASCII)
_OXUM = re.compile(r"([0-9]{1,19})\.([0-9]{1,19})", re.ASCII)
_DECLARATION_TEXT = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
_LABELS = ("Bagging-Date", "Payload-Oxum", "Source-Organization", "External-Identifier", "Bag-Software-Agent")


@dataclass(frozen=True, slots=True)
class Payload:
    """A file under `data/`, as it was when it was read: SHA-256 in hex and bytes."""

    sha256: str
    size: int


def survey(folder: Path) -> frozenset[str]:
    """The paths of all files of a package, `/`-separated.

    Refuses links, devices and pipes, names that are no plain Unicode text or could lead elsewhere, empty folders, files that are not part
    of a package, and a package without its tag files or its proof.
    """
    found: set[str] = set()
    pending = [""]
    while pending:
        inside = pending.pop()
        names = _list(folder, inside)
        if not names:
            raise VerificationError("the folder is empty", step=_STEP, file=inside or ".")
        for name, mode in names:
            path = f"{inside}/{name}" if inside else name
            if not is_plain_path(path):
                raise VerificationError("the name is not one that a package may hold", step=_STEP, file=path)
            if stat.S_ISDIR(mode) and (inside or name == "data"):
                pending.append(path)
            elif stat.S_ISREG(mode) and (inside or name in _TOP):
                found.add(path)
            else:
                raise VerificationError(_complaint(mode), step=_STEP, file=path)
    for name in sorted(_ALWAYS - found):
        raise VerificationError("the file is missing", step=_STEP, file=name)
    return frozenset(found)


def is_plain_path(path: str) -> bool:
    """True for a relative path of plain names: no `.`, `..`, empty part, backslash, control character or lone surrogate."""
    parts = path.split("/")
    return "\\" not in path and all(part not in {"", ".", ".."} and part.isprintable() for part in parts)


def read(folder: Path, path: str, limit: int = _SMALL_FILE, step: int = _STEP) -> bytes:
    """The bytes of a file that `survey` found; refuses one larger than `limit` bytes, at the step that reads it."""
    with at(step, path):
        try:
            with _open(folder, path) as file:
                data = file.read(limit + 1)
        except OSError as problem:
            raise VerificationError(f"the file cannot be read: {problem.strerror}") from None
        if len(data) > limit:
            raise VerificationError(f"the file is larger than {limit} bytes")
        return data


def chunks(folder: Path, path: str) -> Iterator[bytes]:
    """The bytes of a file that `survey` found, a mebibyte at a time."""
    with at(_STEP, path):
        try:
            with _open(folder, path) as file:
                while chunk := file.read(_BLOCK):
                    yield chunk
        except OSError as problem:
            raise VerificationError(f"the file cannot be read: {problem.strerror}") from None


def check_tags(folder: Path, found: frozenset[str], tag_manifest: bytes) -> dict[str, str]:
    """Checks the tag files (four, and `verify.html` if it was found) against the tag manifest; gives `bag-info.txt` as labels and values."""
    names = [*_TAGGED, *({PAGE} & found)]
    with at(_STEP, TAG_MANIFEST):
        listed = _parse_manifest(tag_manifest)
        _same_names(listed, frozenset(names))
    tags = {name: read(folder, name) for name in names}
    for name, data in tags.items():
        if hashlib.sha256(data).hexdigest() != listed[name]:
            raise VerificationError("the file is not what the tag manifest says: it was altered", step=_STEP, file=name)
    if tags[DECLARATION] != _DECLARATION_TEXT:
        raise VerificationError("this is not the declaration of a BagIt 1.0 bag in UTF-8", step=_STEP, file=DECLARATION)
    with at(_STEP, INFO):
        return _parse_info(tags[INFO])


def check_payload(folder: Path, found: frozenset[str], info: dict[str, str], tick: Callable[[int], None]) -> dict[str, Payload]:
    """Hashes every file under `data/` and compares it with the manifest, and their number and size with `Payload-Oxum`.

    `tick` is told how many bytes each read gave. Refuses files that are missing, added or altered, by name.
    """
    present = frozenset(path for path in found if path.startswith("data/"))
    data = read(folder, MANIFEST)
    with at(_STEP, MANIFEST):
        listed = _parse_manifest(data)
        _same_names(listed, present)
    payload = {path: _hash(folder, path, tick) for path in sorted(present)}
    for path, file in payload.items():
        if file.sha256 != listed[path]:
            raise VerificationError("the file is not what the manifest says: it was altered", step=_STEP, file=path)
    oxum = _OXUM.fullmatch(info["Payload-Oxum"])
    total = sum(file.size for file in payload.values())
    if not oxum or (int(oxum[1]), int(oxum[2])) != (total, len(payload)):
        raise VerificationError("Payload-Oxum does not agree with the files", step=_STEP, file=INFO)
    return payload


def _list(folder: Path, inside: str) -> list[tuple[str, int]]:
    try:
        with os.scandir(folder / inside) as entries:
            return sorted((entry.name, entry.stat(follow_symlinks=False).st_mode) for entry in entries)
    except OSError as problem:
        raise VerificationError(f"the folder cannot be read: {problem.strerror}", step=_STEP, file=inside or ".") from None


def _complaint(mode: int) -> str:
    if stat.S_ISLNK(mode):
        return "links are refused"
    if stat.S_ISREG(mode) or stat.S_ISDIR(mode):
        return "this is no part of a package: it was added"
    return "only plain files are allowed"


def _open(folder: Path, path: str) -> io.FileIO:
    def opener(name: str, flags: int) -> int:
        return os.open(name, flags | getattr(os, "O_NOFOLLOW", 0))

    return open(folder / path, "rb", buffering=0, opener=opener)


def _hash(folder: Path, path: str, tick: Callable[[int], None]) -> Payload:
    digest = hashlib.sha256()
    size = 0
    for chunk in chunks(folder, path):
        digest.update(chunk)
        size += len(chunk)
        tick(len(chunk))
    return Payload(digest.hexdigest(), size)


def _lines(data: bytes) -> list[str]:
    try:
        text = data.decode("utf-8")
    except UnicodeError:
        raise VerificationError("the file is not Unicode text in UTF-8") from None
    if not text.endswith("\n") or "\r" in text:
        raise VerificationError("the file's lines do not end as they must (one LF each)")
    return text[:-1].split("\n")


def _parse_manifest(data: bytes) -> dict[str, str]:
    listed: dict[str, str] = {}
    for number, line in enumerate(_lines(data), 1):
        match = _LINE.fullmatch(line)
        if not match or not is_plain_path(match[2]):
            raise VerificationError(f"line {number} is not a hash and the path of a file")
        if match[2] in listed:
            raise VerificationError(f"line {number} lists a file twice")
        listed[match[2]] = match[1]
    return listed


def _same_names(listed: dict[str, str], present: frozenset[str]) -> None:
    for path in sorted(present - listed.keys()):
        raise VerificationError("the file is not in the manifest: it was added", file=path)
    for path in sorted(listed.keys() - present):
        raise VerificationError("the manifest lists a file that is missing or must not be there", file=path)


def _parse_info(data: bytes) -> dict[str, str]:
    info: dict[str, str] = {}
    for line in _lines(data):
        label, colon, value = line.partition(": ")
        if not colon or label in info:
            raise VerificationError(f"the line {line[:40]!r} is not a new label and its value")
        info[label] = value
    for label in _LABELS:
        if label not in info:
            raise VerificationError(f"{label} is missing")
    return info
