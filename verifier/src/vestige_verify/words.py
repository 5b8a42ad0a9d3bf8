"""The answer, as facts for a program and as plain words for a person: what was checked, and what was not."""

from collections import Counter
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Final

from vestige_verify import sample_words
from vestige_verify.measuring import Measured
from vestige_verify.notes import Cosignature, VerifierKey
from vestige_verify.package import Findings

_CHECKED: Final = {
    "log signature": "the checkpoints are signed by this key and one continues the other",
    "package entry": "the log holds an entry for exactly this package",
    "files": "every file is the one that was packed; none is missing, none was added",
    "custody trail": "every event is in the log as it is shown here, from the first of the item to this package",
    "footage": "it is what the trail tells of",
}
_WHERE_THERE: Final = {
    "witnesses": "as many of the witnesses that you trust as you demand have seen this log and no other of its name",
    "redaction": "every frame was decoded: it is black where the approved plan says so, its silences are silent, "
    "nothing but picture and sound travels along, and the redaction log tells of the same",
    "trusted time": "the log as it stood with this package was there when an authority that you trust stamped it",
}
_NOT_CHECKED: Final = {
    "camera signature": "whether the camera itself signed the footage",
    "trusted time": "times are those of the agency's own clock",
    "witnesses": "whether the agency shows everybody the same log",
    "pixels and sound": "whether the footage plays, what it shows, and whether all that should be hidden is hidden",
    "pages for people": "whether trail.html, trail.csv and the other pages say the same as the trail",
    "people": "whether those whom the trail names are who it says",
    "later events": "what happened after the package was made",
}
_BEYOND_PLAN: Final = {
    "pixels and sound": "what the footage shows, and whether the approved plan hides all that should be hidden",
}
_KINDS: Final = {
    "clipped": "a part of the original, its pictures and sound as they are there",
    "opened": "what the camera encrypted, opened with the agency's key; the encrypted original as it was received; the key object",
    "original": "the original as it was received",
    "rendered": "a redacted copy, rendered from an approved plan",
}
_OPENED: Final = {
    "opening": "whether the key object gives the opened copy out of the original: whoever has the agency's private key can open it again"
}
_SIGNER: Final = {"signer": "it is known only from this package"}


def as_json(findings: Findings, *, pinned: bool) -> dict[str, Any]:
    """The facts for a program. On a refusal, only what was established before it."""
    key, facts, fault = findings.key, findings.manifest, findings.fault
    witnesses = [{"name": seen.witness.name, "time": seen.time * 1000, "trusted": trusted} for seen, trusted in findings.witnesses]
    answer: dict[str, Any] = {
        "verdict": "verified" if findings.verified else "refused",
        "signer": "pinned" if pinned else "unpinned",
        "checked": list(_checked(findings)) if findings.verified else [],
        "not_checked": list(_not_checked(findings, pinned=pinned)),
        "fingerprint": key.fingerprint if key else None,
        "key": str(key) if key else None,
        "trusted_key": str(findings.trusted) if findings.trusted else None,
        "profile": facts.profile if facts else None,
        "agency": facts.agency if facts else None,
        "package": facts.package if facts else None,
        "item": facts.item if facts else None,
        "files": [{"path": file.path, "of": file.of, "sha256": file.sha256, "size": file.size} for file in facts.files] if facts else [],
        "events": findings.events,
        "withheld": list(findings.withheld),
        "withheld_count": findings.withheld.total(),
        "witnesses": witnesses,
        "stamp": {"time": findings.stamp.time, "authority": findings.stamp.authority} if findings.stamp else None,
        "console_acts": facts.console_acts if facts else None,
        "media": asdict(findings.media) if findings.media else None,
        "samples": sample_words.as_json(findings.samples) if findings.samples else None,
    }
    if fault is not None:
        answer |= {"reason": fault.reason, "step": fault.step, "file": fault.file}
    return answer


def as_text(findings: Findings, *, pinned: bool) -> str:
    """The answer for a person: the verdict first, numbers behind, and what was not checked."""
    lines = _verified(findings, pinned=pinned) if findings.verified else _refused(findings)
    return "\n".join(plain(line) for line in lines)


def replaced(trusted: VerifierKey | None) -> list[str]:
    """The line that says so where the trusted key was replaced by the one that signed."""
    if trusted is None:
        return []
    return [
        f"               (the key that you trust, {trusted.fingerprint}, was replaced since, and signed a statement that leads to this one)"
    ]


def plain(text: str) -> str:
    """The text with everything that a terminal might obey made visible."""
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in text)


def _checked(findings: Findings) -> dict[str, str]:
    found = _CHECKED | {word: meaning for word, meaning in _WHERE_THERE.items() if word in findings.checked}
    return found | ({"samples": sample_words.CHECKED} if findings.samples else {})


def _not_checked(findings: Findings, *, pinned: bool) -> dict[str, str]:
    opened = findings.manifest is not None and findings.manifest.files[0].of == "opened"
    every = (
        ({} if pinned else _SIGNER)
        | (_OPENED if opened else {})
        | _NOT_CHECKED
        | (_BEYOND_PLAN if findings.media else {})
        | findings.unchecked
    )
    return {word: meaning for word, meaning in every.items() if word not in findings.checked}


def _refused(findings: Findings) -> list[str]:
    fault = findings.fault
    lines = ["REFUSED: this package must not be relied on."]
    if fault is not None:
        lines.append(f"  What:  {fault.reason}.")
        lines.append(f"  Where: {fault.file or 'the package'}" + (f" (step {fault.step} of the package format)" if fault.step else ""))
    if findings.key is not None:
        lines.append(f"  Signed with the key {findings.key.fingerprint}")
    return lines


def _verified(findings: Findings, *, pinned: bool) -> list[str]:
    facts, key = findings.manifest, findings.key
    if facts is None or key is None:
        raise AssertionError("a verified package has a manifest and a key")
    lines = [
        "VERIFIED: this package is what the log of the key that you trust vouches for."
        if pinned
        else "Consistent, but its signer is known only from this package; compare the fingerprint with one that you got elsewhere."
    ]
    if facts.console_acts:
        lines.append("CAUTION: in this home the console acts for persons without a second factor (a demonstration or a test).")
    kind = _KINDS[facts.files[0].of]
    lines += [
        f"  Agency:      {facts.agency}" + ("" if pinned else " (so it says)"),
        f"  Fingerprint: {key.fingerprint}",
        *replaced(findings.trusted),
        f"  It holds:    {kind}",
        *[f"               {file.path}, {file.size} bytes, SHA-256 {file.sha256}" for file in facts.files],
        f"  Item:        {facts.item}",
        *[f"  Cosigned by: {_witness(seen, trusted=trusted)}" for seen, trusted in findings.witnesses],
        *([f"  Stamped by:  {findings.stamp.authority} at {when(findings.stamp.time)}"] if findings.stamp else []),
        f"  Trail:       {findings.events} events, each in the log, none missing before this package",
        f"  Withheld:    {_withheld(findings.withheld)}",
        *[f"  Samples:     {line}" for line in (sample_words.as_text(findings.samples) if findings.samples else [])],
        *[f"  Measured:    {line}" for line in (_measured(findings.media) if findings.media else [])],
        "Checked:",
        *[f"  - {word}: {meaning}" for word, meaning in _checked(findings).items()],
        "Not checked:",
        *[f"  - {word}: {meaning}" for word, meaning in _not_checked(findings, pinned=pinned).items()],
    ]
    return lines


def _measured(media: Measured) -> list[str]:
    share = f"{media.share // 100}.{media.share % 100:02d} % of the picture on average"
    sound = f"{media.muted_ms / 1000:.3f} s of its sound silenced" if media.sound else "no sound"
    locked = ", ".join(media.locks) or "nothing: this system has none of the locks"
    return [
        f"{media.frames} frames in {media.duration_ms / 1000:.3f} s, something hidden in {media.frames_hidden} of them ({share}), {sound}",
        f"at worst {media.worst_luma} levels of 256 from black in brightness, {media.worst_chroma} in colour",
        f"the process that decoded it was held by: {locked}",
    ]


def _witness(seen: Cosignature, *, trusted: bool) -> str:
    return f"{seen.witness.name} at {when(seen.time * 1000)}" + ("" if trusted else " (its key is known only from this package)")


def when(milliseconds: int) -> str:
    """A time as people write it, in UTC; the bare number where it lies beyond the calendar."""
    try:
        return f"{datetime.fromtimestamp(milliseconds // 1000, UTC):%Y-%m-%d %H:%M:%S} UTC"
    except (OverflowError, ValueError, OSError):
        return f"{milliseconds} ms since 1970"


def _withheld(counts: Counter[str]) -> str:
    if not counts:
        return "nothing"
    return f"{counts.total()} values that the log commits to are not shown: " + ", ".join(
        f"{name} ({count})" for name, count in counts.items()
    )
