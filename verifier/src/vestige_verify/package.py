"""Checking a package: the numbered steps of docs/package-format.md, "How it is checked"."""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vestige_verify.errors import VerificationError
from vestige_verify.formats import Checkpoint, Entry, Key, ProofFile, hashes, parse, read_checkpoint, read_entry, read_proof
from vestige_verify.merkle import verify_consistency, verify_inclusion

PROOF, TAGS, MANIFEST = "package.tlog-proof", "tagmanifest-sha256.txt", "manifest-sha256.txt"
_TAGGED = frozenset({"bagit.txt", "bag-info.txt", MANIFEST, "README.txt"})
_LINE = re.compile(r"([0-9a-f]{64})  ([^\r\n]+)")
_KEYS = {"format", "package", "profile", "agency", "created", "console_acts", "log", "item", "files", "withheld"}
_LARGEST = 256 << 20  # of a file that is read whole: proof, manifests, trail


@dataclass
class Report:
    """What was found out, step by step."""

    key: Key
    pinned: bool
    manifest: dict[str, Any]
    files: list[str] = field(default_factory=list)
    entries: int = 0
    withheld: dict[str, int] = field(default_factory=dict)


def verify(folder: Path, trusted: list[Key]) -> Report:
    """Check a package. `trusted` are the keys that the reader got elsewhere. Raises VerificationError with step and file."""
    with _step(5, "data/manifest.json"):
        manifest = _manifest(_read(folder, "data/manifest.json"))
    with _step(1, "data/manifest.json"):
        key = Key.read(manifest["log"]["key"])
        if trusted and key.text not in {one.text for one in trusted}:
            raise VerificationError("the package is signed by another key than the one that you trust")
        if manifest["log"]["origin"] != key.name or manifest["log"]["fingerprint"] != key.fingerprint:
            raise VerificationError("origin or fingerprint is not that of the key")
    with _step(2, PROOF):
        proof = read_proof(_read(folder, PROOF))
        head = read_checkpoint(proof.checkpoint, key)
        verify_inclusion(proof.entry.leaf, proof.index, head.size, proof.proof, head.root)
        if proof.entry.type != "package:created" or proof.entry.opened["item"] != manifest["item"]:
            raise VerificationError("the proof is not of this package's creation")
    tags = _read(folder, TAGS)
    with _step(3, TAGS):
        if proof.entry.digests("package") != [hashlib.sha256(tags).hexdigest()]:
            raise VerificationError("the tag manifest is not the one that the log names")
    report = Report(key, bool(trusted), manifest, _bag(folder, tags))
    _named_files(folder, manifest)
    with _step(6, "data/trail.json"):
        trails = _trails(_read(folder, "data/trail.json"), key, proof, head)
        _closed(trails, proof, manifest)
    with _step(7, "data/trail.json"):
        _story(trails, manifest)
    with _step(8, "data/trail.json"):
        _count(report, trails, proof)
    return report


@contextmanager
def _step(number: int, file: str) -> Iterator[None]:
    try:
        yield
    except VerificationError as error:
        raise VerificationError(error.reason, error.step or number, error.file or file) from error
    except (KeyError, TypeError, AttributeError, IndexError, ValueError, RecursionError) as error:
        raise VerificationError(f"the file is not of its form ({type(error).__name__})", number, file) from error


def _read(folder: Path, name: str) -> bytes:
    path = folder / name
    if path.is_symlink() or not path.is_file():
        raise VerificationError("the file is missing, or no plain file", 4, name)
    if path.stat().st_size > _LARGEST:
        raise VerificationError("the file is larger than any of its kind", 4, name)
    return path.read_bytes()


def _manifest(data: bytes) -> dict[str, Any]:
    manifest = parse(data)
    if not isinstance(manifest, dict) or set(manifest) != _KEYS or manifest["format"] != "vestige-package/1":
        raise VerificationError("not the manifest of a package of version 1")
    if manifest["profile"] not in {"court", "public"} or set(manifest["log"]) != {"origin", "key", "fingerprint"}:
        raise VerificationError("the manifest names no profile or no log")
    if not isinstance(manifest["console_acts"], bool) or not isinstance(manifest["files"], list) or not manifest["files"]:
        raise VerificationError("the manifest names no file")
    return manifest


def _bag(folder: Path, tags: bytes) -> list[str]:
    """Step 4: exactly the files that are listed, each with its hash. Returns the payload's names."""
    with _step(4, TAGS):
        listed = _lines(tags)
        if set(listed) != _TAGGED:
            raise VerificationError("the tag manifest does not list exactly its four files")
    for name, digest in listed.items():
        _same(folder, name, digest)
    with _step(4, MANIFEST):
        payload = _lines(_read(folder, MANIFEST))
        found = {str(path.relative_to(folder).as_posix()) for path in folder.rglob("*") if path.is_symlink() or not path.is_dir()}
        for name in sorted(found - set(payload) - _TAGGED - {TAGS, PROOF}):
            raise VerificationError("the file is not listed: it was added", 4, name)
        for name in sorted(set(payload) - found):
            raise VerificationError("the file is missing", 4, name)
        if any(not name.startswith("data/") or ".." in name.split("/") for name in payload):
            raise VerificationError("a listed path leads out of the package")
    for name, digest in payload.items():
        _same(folder, name, digest)
    with _step(4, "bag-info.txt"):
        oxum = f"{sum((folder / name).stat().st_size for name in payload)}.{len(payload)}"
        if f"Payload-Oxum: {oxum}" not in _read(folder, "bag-info.txt").decode("utf-8", "replace").split("\n"):
            raise VerificationError(f"Payload-Oxum is not {oxum}")
    return sorted(payload)


def _lines(data: bytes) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in data.decode("utf-8", "replace").split("\n")[:-1]:
        parts = _LINE.fullmatch(line)
        if parts is None or parts[2] in found:
            raise VerificationError("the manifest is not lines of hash and path, each path once")
        found[parts[2]] = parts[1]
    return found


def _same(folder: Path, name: str, digest: str) -> None:
    path = folder / name
    if path.is_symlink() or any(parent.is_symlink() for parent in path.parents if parent != folder and folder in parent.parents):
        raise VerificationError("a link stands where a file must", 4, name)
    running = hashlib.sha256()
    with path.open("rb") as source:
        while block := source.read(1 << 20):
            running.update(block)
    if running.hexdigest() != digest:
        raise VerificationError("the file was altered: it does not have its hash", 4, name)


def _named_files(folder: Path, manifest: dict[str, Any]) -> None:
    """Step 5: each named file has its size and hash, and nothing else lies with the footage."""
    with _step(5, "data/manifest.json"):
        named = {entry["path"]: entry for entry in manifest["files"]}
        there = {str(path.relative_to(folder).as_posix()) for path in (folder / "data" / "footage").rglob("*") if path.is_file()}
        if set(named) != there or len(named) != len(manifest["files"]):
            raise VerificationError("the manifest does not name exactly the footage that is here")
    for name, entry in named.items():
        with _step(5, name):
            if (folder / name).stat().st_size != entry["size"]:
                raise VerificationError("the file has another size than the manifest says")
            _same(folder, name, entry["sha256"])


Trails = list[tuple[str, list[Entry]]]


def _trails(data: bytes, key: Key, proof: ProofFile, head: Checkpoint) -> Trails:
    """Step 6, first half: each entry stands in the log where it says, each trail is unbroken."""
    told = parse(data)
    if not isinstance(told, dict) or set(told) != {"format", "checkpoint", "trails"} or told["format"] != "vestige-trail/1":
        raise VerificationError("not a trail of version 1")
    covered = read_checkpoint(told["checkpoint"], key)
    if covered.size == head.size and proof.consistency == [] and covered.root == head.root:
        pass
    else:
        verify_consistency(covered.size, head.size, proof.consistency, covered.root, head.root)
    trails: Trails = []
    for trail in told["trails"]:
        if set(trail) != {"item", "entries"} or not trail["entries"]:
            raise VerificationError("a trail is empty or not one")
        trails.append((trail["item"], _trail(trail, covered)))
    return trails


def _trail(trail: dict[str, Any], covered: Checkpoint) -> list[Entry]:
    entries: list[Entry] = []
    previous, last = None, -1
    for number, told in enumerate(trail["entries"], 1):
        if set(told) != {"index", "entry", "openings", "proof"}:
            raise VerificationError(f"entry {number} of the trail is not one")
        entry = read_entry(told["entry"], told["openings"])
        verify_inclusion(entry.leaf, told["index"], covered.size, hashes(told["proof"]), covered.root)
        if entry.opened["item"] != trail["item"] or entry.opened["previous"] != previous or told["index"] <= last:
            raise VerificationError(f"the trail is broken at entry {number} ({entry.type}): one before it is missing or moved")
        entries.append(entry)
        previous, last = entry.leaf.hex(), told["index"]
    return entries


def _closed(trails: Trails, proof: ProofFile, manifest: dict[str, Any]) -> None:
    """Step 6, second half: the first trail is the item's, whole up to the package."""
    item, entries = trails[0]
    if item != manifest["item"] or entries[-1].leaf.hex() != proof.entry.opened["previous"]:
        raise VerificationError("the trail does not end where the package was made: its newest entries are missing")


def _story(trails: Trails, manifest: dict[str, Any]) -> None:
    """Step 7: what the trail says of the file that is here."""
    first, (file, *more) = trails[0][1], manifest["files"]
    if more or file["item"] != manifest["item"]:
        raise VerificationError("the package holds more than the one item")
    if manifest["profile"] == "court":
        taken = [entry for entry in first if entry.type in {"item:accessioned", "item:quarantined"}]
        if len(trails) != 1 or file["of"] != "original" or first[0].type != "item:received" or not taken:
            raise VerificationError("the trail does not tell how the original came in")
        if any(entry.digests("original") != [file["sha256"]] for entry in (first[0], taken[0])):
            raise VerificationError("the file is not the original that came in")
        return
    made = first[0]
    if len(trails) != 2 or file["of"] != "rendered" or made.type != "redaction:rendered" or made.digests("rendered") != [file["sha256"]]:
        raise VerificationError("the file is not the copy that was rendered")
    source = trails[1][1]
    if source[0].type != "item:received" or source[0].digests("original") != made.digests("original"):
        raise VerificationError("the copy was not rendered from the original of the second trail")
    if made.digests("parent_head") != [source[-1].leaf.hex()]:
        raise VerificationError("the original's trail does not end where the copy was rendered")
    plan = made.digests("plan")
    steps = [entry.type for entry in source if plan and entry.digests("plan") == plan]
    if "redaction:planned" not in steps or "redaction:approved" not in steps[steps.index("redaction:planned") :]:
        raise VerificationError("the plan of the copy was not planned and then approved")


def _count(report: Report, trails: Trails, proof: ProofFile) -> None:
    """Step 8: what is withheld is counted; a package for court withholds nothing."""
    for entry in [*(entry for _, entries in trails for entry in entries), proof.entry]:
        report.entries += 1
        for name in entry.withheld:
            report.withheld[name] = report.withheld.get(name, 0) + 1
    if report.withheld and report.manifest["profile"] == "court":
        raise VerificationError(f"a package for court withholds {', '.join(sorted(report.withheld))}")
