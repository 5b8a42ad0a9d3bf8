"""The answer about a published log: facts for a program, plain words for a person."""

from typing import Any, Final

from vestige_verify.log import LogFindings
from vestige_verify.words import plain, replaced, when

_CHECKED: Final = {
    "log signature": "the checkpoint is signed by this key",
    "entries": "every entry is there and well-formed",
    "tiles": "every hash tile is that of the entries",
    "root": "the entries are those that the checkpoint signs, in this order",
}
_SINCE: Final = {"older checkpoint": "the log continues the older checkpoint: nothing before it was changed or taken away"}
_QUORUM: Final = {"witnesses": "as many of the witnesses that you trust as the file demands have seen this log and no other of its name"}
_NOT_CHECKED: Final = {
    "contents": "what the events are about: a published log holds commitments, types and times alone",
    "trails": "whether the events of each item follow one another: that is opened in packages",
    "trusted time": "times are those of the agency's own clock",
}


def as_json(findings: LogFindings) -> dict[str, Any]:
    """The facts for a program. On a refusal, only what was established before it."""
    checkpoint, fault = findings.checkpoint, findings.fault
    answer: dict[str, Any] = {
        "verdict": "verified" if findings.verified else "refused",
        "signer": "pinned",
        "checked": list(_checked(findings)) if findings.verified else [],
        "not_checked": list(_not_checked(findings)),
        "fingerprint": findings.key.fingerprint if findings.key else None,
        "trusted_key": str(findings.trusted) if findings.trusted else None,
        "origin": checkpoint.origin if checkpoint else None,
        "size": checkpoint.size if checkpoint else None,
        "root": checkpoint.root.hex() if checkpoint else None,
        "since": findings.since.size if findings.since else None,
        "types": dict(sorted(findings.types.items())),
        "witnesses": [{"name": seen.witness.name, "time": seen.time * 1000, "trusted": True} for seen in findings.witnesses],
    }
    if fault is not None:
        answer |= {"reason": fault.reason, "step": fault.step, "file": fault.file}
    return answer


def as_text(findings: LogFindings) -> str:
    """The answer for a person: the verdict first, numbers behind, and what was not checked."""
    return "\n".join(plain(line) for line in (_verified(findings) if findings.verified else _refused(findings)))


def _checked(findings: LogFindings) -> dict[str, str]:
    return _CHECKED | (_SINCE if findings.since else {}) | (_QUORUM if findings.quorum else {})


def _not_checked(findings: LogFindings) -> dict[str, str]:
    missing = dict(_NOT_CHECKED)
    if not findings.since:
        missing["older checkpoint"] = "whether the log continues an older one: keep this checkpoint, and give it with --since next time"
    if not findings.quorum:
        missing["witnesses"] = "whether the agency shows everybody the same log"
    if findings.strangers:
        missing["cosignatures"] = f"those of {', '.join(findings.strangers)}, whom the trust file does not name"
    return missing


def _refused(findings: LogFindings) -> list[str]:
    fault = findings.fault
    lines = ["REFUSED: this log must not be relied on."]
    if fault is not None:
        lines += [f"  What:  {fault.reason}.", f"  Where: {fault.file or 'the log'}"]
    return lines


def _verified(findings: LogFindings) -> list[str]:
    checkpoint, key = findings.checkpoint, findings.key
    if checkpoint is None or key is None:
        raise AssertionError("a verified log has a checkpoint and a key")
    span = [f"  From, to:    {when(findings.first)}, {when(findings.last or 0)}"] if findings.first is not None else []
    return [
        "VERIFIED: this log is whole, and is what the key that you trust signed.",
        f"  Log:         {checkpoint.origin}",
        f"  Fingerprint: {key.fingerprint}",
        *replaced(findings.trusted),
        f"  Entries:     {checkpoint.size}",
        *span,
        *[f"               {count} {kind}" for kind, count in sorted(findings.types.items())],
        *[f"  Cosigned by: {seen.witness.name} at {when(seen.time * 1000)}" for seen in findings.witnesses],
        "Checked:",
        *[f"  - {word}: {meaning}" for word, meaning in _checked(findings).items()],
        "Not checked:",
        *[f"  - {word}: {meaning}" for word, meaning in _not_checked(findings).items()],
    ]
