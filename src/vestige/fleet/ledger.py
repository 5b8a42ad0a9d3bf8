"""What a fleet sent, object by object, and whether the home holds it: each once, its bytes the same, its recording whole."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from vestige.errors import BadInput, Unavailable

KEPT, DOUBTED, EITHER = "accessioned", "quarantined", "either"


@dataclass(frozen=True, slots=True)
class Entry:
    """An object that was acknowledged: where, its SHA-256 (hex), its size, and what it must be in the home."""

    container: str
    name: str
    sha256: str
    size: int
    expected: str


@dataclass(frozen=True, slots=True)
class Held:
    """An item of a home, as `vestige items` lists it."""

    sha256: str
    filename: str
    recording: str
    status: str


def write_report(path: Path, entries: Iterable[Entry]) -> None:
    """One entry a line, as JSON. Raises Unavailable where the file cannot be written."""
    try:
        path.write_text("".join(json.dumps(asdict(one)) + "\n" for one in entries), "utf-8")
    except OSError as error:
        raise Unavailable(f"{path} cannot be written: {error.strerror}") from error


def read_report(path: Path) -> list[Entry]:
    """The entries of a report. Raises BadInput for a file that is none."""
    try:
        return [Entry(**json.loads(line)) for line in path.read_text("utf-8").splitlines()]
    except (OSError, ValueError, TypeError) as error:
        raise BadInput(f"{path} cannot be read as the report of a fleet: {error}") from error


def compare(entries: Sequence[Entry], held: Iterable[Held]) -> list[dict[str, str]]:
    """What differs, object by object; empty where the home holds everything that was acknowledged, once.

    1. Every object is there once, under its name. 2. What must be kept apart is, and nothing else. 3. What went into one container is one
    recording, and no other container is in it.
    """
    found: dict[str, list[Held]] = defaultdict(list)
    for one in held:
        found[one.sha256].append(one)
    sent = Counter(entry.sha256 for entry in entries)
    faults: list[dict[str, str]] = []
    recordings: dict[str, set[str]] = defaultdict(set)
    for entry in entries:
        items = [one for one in found[entry.sha256] if one.filename == entry.name]
        if len(items) != 1 or len(found[entry.sha256]) > sent[entry.sha256]:
            faults.append(_fault(entry, f"it is there {len(items)} times, its bytes {len(found[entry.sha256])} times"))
        recordings[entry.container] |= {one.recording for one in items}
        faults += [
            _fault(entry, f"it is {one.status}, not {entry.expected}") for one in items if entry.expected not in {EITHER, one.status}
        ]
    faults += [{"object": name, "what": f"it is {len(of)} recordings"} for name, of in recordings.items() if len(of) > 1]
    return faults + _mixed(recordings)


def _mixed(recordings: Mapping[str, set[str]]) -> list[dict[str, str]]:
    shared = Counter(one for of in recordings.values() for one in of)
    return [
        {"object": name, "what": "it shares a recording with another"}
        for name, of in recordings.items()
        if any(shared[one] > 1 for one in of)
    ]


def _fault(entry: Entry, what: str) -> dict[str, str]:
    return {"object": f"{entry.container}/{entry.name}", "what": what}
