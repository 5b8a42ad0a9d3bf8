"""What the headers of tus say. Any file has a name here: what cannot be shown of it is escaped, what is too long is cut."""

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import quote
from uuid import UUID

from vestige.actions.ports_uploads import Sum
from vestige.errors import BadInput
from vestige.evidence.uploads import LONGEST_SAID, FileWords
from vestige.evidence.values import to_ms

_LONGEST_NAME = 1024
_SUMS = {"sha1": lambda: hashlib.sha1(usedforsecurity=False), "sha256": hashlib.sha256}
ALGORITHMS = ",".join(_SUMS)


def metadata(header: str) -> dict[str, str]:
    """`Upload-Metadata`: names, each with a base64 value, between commas. Raises BadInput for what is no such thing, or too long."""
    if len(header) > LONGEST_SAID:
        raise BadInput(f"Upload-Metadata is longer than {LONGEST_SAID} bytes")
    found: dict[str, str] = {}
    for part in filter(None, (one.strip() for one in header.split(","))):
        name, _, value = part.partition(" ")
        try:
            data = base64.b64decode(value.strip(), validate=True)
        except binascii.Error as error:
            raise BadInput(f"Upload-Metadata: the value of {name[:100]!r} is no base64") from error
        if name in found:
            raise BadInput(f"Upload-Metadata names {name[:100]!r} twice")
        found[name] = data.decode("utf-8", "backslashreplace")
    return found


def as_metadata(said: Mapping[str, str]) -> str:
    """The header again; what was no UTF-8 comes back as the text that is kept of it."""
    return ",".join(f"{name} {base64.b64encode(value.encode()).decode()}".strip() for name, value in said.items())


def file_words(said: dict[str, str]) -> FileWords:
    """What of the metadata has a meaning here. Raises BadInput for a time that is none."""
    after = said.get("after", "")
    return FileWords(
        raw=said,
        name=shown_name(said.get("filename") or said.get("name") or ""),
        device=said.get("device", "").strip() or None,
        officer=said.get("officer", "").strip() or None,
        category=said.get("category", "").strip() or None,
        recorded_at=_moment("recorded_at", said["recorded_at"]) if said.get("recorded_at", "").strip() else None,
        modified_at=_moment("modified_at", said["modified_at"]) if said.get("modified_at", "").strip() else 0,
        after=UUID(after) if len(after) == 36 and _is_uuid(after) else None,
        **{name: said.get(name, "")[:_LONGEST_NAME] for name in ("key", "folder", "of", "follows")},
    )


def paths_of(body: bytes) -> list[str]:
    """The paths in a list of files, with `/` between folders. Raises BadInput for anything else than `{"paths": [string, ...]}`."""
    try:
        paths = json.loads(body)["paths"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BadInput("a list of files is JSON with `paths`") from error
    if not isinstance(paths, list) or not all(isinstance(path, str) for path in paths):
        raise BadInput("`paths` is a list of texts")
    return paths


def shown_name(text: str) -> str:
    """A file's own name without folders, fit to be shown: what is not printable is percent-encoded, what is too long ends in its SHA-256."""
    last = text.replace("\\", "/").rstrip("/").rpartition("/")[2]
    name = "".join(one if one.isprintable() else quote(one, safe="", errors="replace") for one in last)
    if name.strip(" .") == "":
        return "unnamed"
    if len(name) <= _LONGEST_NAME:
        return name
    return f"{name[: _LONGEST_NAME - 65]}~{hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()}"


def checksum(header: str) -> tuple[Sum, bytes] | None:
    """`Upload-Checksum`: an algorithm and a digest in base64. Raises BadInput for one that is none."""
    if not header:
        return None
    name, _, value = header.strip().partition(" ")
    try:
        made, expected = _SUMS[name.lower()](), base64.b64decode(value.strip(), validate=True)
    except (KeyError, binascii.Error) as error:
        raise BadInput(f"Upload-Checksum is an algorithm ({ALGORITHMS}) and a digest in base64") from error
    if len(expected) != made.digest_size:
        raise BadInput(f"this Upload-Checksum is no {name} digest")
    return made, expected


def count(name: str, header: str | None) -> int:
    """A whole number from 0 on. Raises BadInput for anything else."""
    if header is None or not header.isascii() or not header.isdigit() or len(header) > 19:
        raise BadInput(f"{name} is a whole number of bytes; it was {header[:100]!r}" if header is not None else f"{name} is missing")
    return int(header)


def _moment(name: str, text: str) -> int:
    try:
        return to_ms(datetime.fromisoformat(text.strip()))
    except (ValueError, OverflowError) as error:
        raise BadInput(f"{name} is an ISO 8601 time with its zone, as in 2026-11-24T08:00:00Z, not {text[:100]!r}") from error


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
