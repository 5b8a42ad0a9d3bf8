"""`vestige-verify`: plain words first, numbers behind."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from vestige_verify.errors import VerificationError
from vestige_verify.formats import Key
from vestige_verify.package import Report, verify

_NOT_CHECKED = [
    "the camera's own signature",
    "the time by an independent authority",
    "witnesses of the log",
    "what the pictures and sound show",
]
_CHECKED = [
    "the signature of the log",
    "that the package is the one that the log names",
    "every file against its hash, and that none was added",
    "every entry of the trail in the log, and that none is missing",
    "what is opened of the entries",
]


def main(arguments: Sequence[str] | None = None) -> None:
    """Check a package; ends with 0 verified, 1 refused, 2 wrong use."""
    parser = argparse.ArgumentParser(prog="vestige-verify", description="Checks a Vestige package offline.")
    parser.add_argument("package", type=Path)
    anchor = parser.add_mutually_exclusive_group()
    anchor.add_argument("--key", help="the verifier key that you got elsewhere")
    anchor.add_argument("--trust", type=Path, help="a file of verifier keys, one a line")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    given = parser.parse_args(arguments)
    if not given.package.is_dir():
        parser.error(f"{given.package} is no folder")
    try:
        trusted = _trusted(given.key, given.trust)
    except (VerificationError, OSError, UnicodeDecodeError) as error:
        parser.error(f"the key cannot be used: {error}")
    sys.exit(_run(given.package, trusted, json_wanted=given.json))


def _trusted(key: str | None, file: Path | None) -> list[Key]:
    if key:
        return [Key.read(key.strip())]
    lines = [line.strip() for line in file.read_text().splitlines()] if file else []
    wanted = [line for line in lines if line and not line.startswith("#")]
    if any(line.startswith("witness") for line in wanted):
        raise VerificationError("it demands witnesses, which this version cannot check")
    if file and not wanted:
        raise VerificationError("the file holds no key")
    return [Key.read(line) for line in wanted]


def _run(folder: Path, trusted: list[Key], *, json_wanted: bool) -> int:
    signer = "pinned" if trusted else "unpinned"
    try:
        report = verify(folder, trusted)
    except (VerificationError, OSError) as error:
        reason, step, file = getattr(error, "reason", str(error)), getattr(error, "step", 0), getattr(error, "file", "")
        value = {
            "verdict": "refused",
            "signer": signer,
            "reason": reason,
            "step": step,
            "file": file,
            "checked": [],
            "not_checked": _NOT_CHECKED,
        }
        words = f"REFUSED: {file + ': ' if file else ''}{reason} (step {step})"
        sys.stdout.write((json.dumps(value) if json_wanted else words) + "\n")
        return 1
    sys.stdout.write((json.dumps(_value(report, signer)) if json_wanted else "\n".join(_words(report))) + "\n")
    return 0


def _value(report: Report, signer: str) -> dict[str, object]:
    told = report.manifest
    return {
        "verdict": "verified",
        "signer": signer,
        "checked": _CHECKED,
        "not_checked": _NOT_CHECKED,
        "fingerprint": report.key.fingerprint,
        "key": report.key.text,
        "profile": told["profile"],
        "agency": told["agency"],
        "item": told["item"],
        "console_acts": told["console_acts"],
        "files": [entry["path"] for entry in told["files"]],
        "entries": report.entries,
        "withheld": report.withheld,
    }


def _words(report: Report) -> list[str]:
    told = report.manifest
    first = (
        "VERIFIED: the package is whole, unaltered, and signed by the key that you trust."
        if report.pinned
        else "CONSISTENT, but its signer is known only from this package: compare the fingerprint with one that you got elsewhere."
    )
    demonstration = ["The agency's system lets its console act for people without a second factor: for demonstrations and tests only."]
    return [
        first,
        f"Agency: {told['agency']}",
        f"Fingerprint of the signer: {report.key.fingerprint}",
        *(demonstration if told["console_acts"] else []),
        *(f"File: {entry['path']} ({entry['size']} bytes, SHA-256 {entry['sha256']})" for entry in told["files"]),
        f"Trail: {report.entries} entries, none missing",
        *(f"Withheld in {count} entries: {name}" for name, count in sorted(report.withheld.items())),
        *(f"Checked: {what}" for what in _CHECKED),
        *(f"Not checked: {what}" for what in _NOT_CHECKED),
    ]
