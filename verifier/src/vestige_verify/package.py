"""A whole package, step by step.

The numbers are those of "How it is checked" in the package format. 1 the trust anchor, 2 the proof, 3 the package's digest, 4 the bag,
5 the manifest, 6 the trails, 7 what ties the trail to the file, 8 what is withheld, 9 the witnesses,
10 the time stamp, 11 the sample proofs, 12 what must be hidden, 13 the footage measured.
"""

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from vestige_verify import bag, hidden, manifest, measuring, proof_file, samples, stamps
from vestige_verify.entries import Event, check_entry
from vestige_verify.errors import VerificationError, at
from vestige_verify.manifest import Manifest
from vestige_verify.measuring import Measured
from vestige_verify.notes import Cosignature, VerifierKey, verify_checkpoint, verify_cosignatures
from vestige_verify.pieces import Pieces
from vestige_verify.profiles import check_clip, check_court, check_opened, check_openings, check_public, check_samples
from vestige_verify.proof_file import ProofFile
from vestige_verify.samples import Proven
from vestige_verify.stamps import Stamp
from vestige_verify.succession import follow
from vestige_verify.trail import Trail, check_trails, withheld
from vestige_verify.trust import Trust, check_quorum

_MANIFEST = "data/manifest.json"
_TRAIL = "data/trail.json"


@dataclass(slots=True)
class Findings:
    """What has been established so far; each step adds to it, and a refusal leaves what was established before it."""

    key: VerifierKey | None = None
    trusted: VerifierKey | None = None  # the key that was trusted, where signed statements lead from it to `key`
    manifest: Manifest | None = None
    events: int = 0
    withheld: Counter[str] = field(default_factory=Counter)
    witnesses: list[tuple[Cosignature, bool]] = field(default_factory=list)  # and whether the trust file names it
    stamp: Stamp | None = None
    samples: Proven | None = None
    media: Measured | None = None
    checked: list[str] = field(default_factory=list)  # beyond what every verified package was checked for, by the words of `words`
    unchecked: dict[str, str] = field(default_factory=dict)  # what is in the package and was not checked, and why
    fault: VerificationError | None = None

    @property
    def verified(self) -> bool:
        """True if every step held."""
        return self.fault is None


def verify(folder: Path, trusted: Trust | tuple[VerifierKey, ...], tick: Callable[[int], None] = lambda _count: None) -> Findings:
    """Checks the package in a folder against what is trusted (keys alone: logs), or, if that is nothing, against the key that it brings.

    Never raises VerificationError: a fault stands in the findings, with its step and file. `tick` is told how many bytes were read.
    """
    findings = Findings()
    trust = trusted if isinstance(trusted, Trust) else Trust(logs=trusted)
    try:
        _steps(folder, trust, findings, tick)
    except VerificationError as fault:
        findings.fault = fault
    return findings


def _steps(folder: Path, trust: Trust, findings: Findings, tick: Callable[[int], None]) -> None:
    found = bag.survey(folder)  # part of step 4, made first: nothing is opened in a folder with links in it
    with at(2, bag.PROOF):
        proof = proof_file.parse(bag.read(folder, bag.PROOF))
    key, findings.trusted = _anchor(folder, found, proof, trust.logs)  # step 1
    with at(2, bag.PROOF):
        event = _package_event(proof, key)
    findings.key = key
    tag_manifest = bag.read(folder, bag.TAG_MANIFEST)
    with at(3, bag.TAG_MANIFEST):
        _package_digest(event, tag_manifest)
    info = bag.check_tags(folder, found, tag_manifest)
    payload = bag.check_payload(folder, found, info, tick)
    with at(5, _MANIFEST):
        facts = _manifest(folder, found)
        if facts.key != key:
            raise VerificationError("the manifest names another key than the one that signed")
        follow(facts.succession, key, trust.logs, proof.checkpoint.size)
        manifest.check(facts, payload, found, info["External-Identifier"])
    findings.manifest = facts
    with at(6, _TRAIL):
        document = Pieces(bag.chunks(folder, _TRAIL))
        trails = check_trails(document, key, proof)
        document.finish(payload[_TRAIL].sha256)
        _closes(event, trails, facts)
    with at(7, _TRAIL):
        clip = facts.files[0].of == "clipped"
        if facts.files[0].of == "opened":
            check_opened(trails, facts.files)
        else:
            judge = (check_clip if clip else check_court) if facts.profile == "court" else check_public
            judge(trails, [file.sha256 for file in facts.files])
    events = [event for trail in trails for event in trail.events]
    findings.events = len(events)
    findings.withheld = withheld([*events, event])
    with at(8, _TRAIL):
        check_openings(facts.profile, trails, event, facts.withheld)
    with at(9, bag.PROOF):
        _witnesses(findings, proof, facts, trust)
    with at(10, bag.TIME_STAMP):
        _time(folder, found, findings, proof, trust)
    if clip or samples.PATH in payload:
        findings.samples = _samples(folder, facts, trails, payload)
    if facts.profile == "public":
        _pixels(folder, facts, findings, hidden.of_package(folder, payload, trails))  # step 12


def _samples(folder: Path, facts: Manifest, trails: list[Trail], payload: dict[str, bag.Payload]) -> Proven:
    """Step 11."""
    with at(11, samples.PATH):
        if samples.PATH not in payload:
            raise VerificationError("a clip without its sample proofs proves nothing")
        document = bag.read(folder, samples.PATH, samples.LARGEST, 11)
        proven = samples.check_file(folder, facts.files[0].path, document)
        check_samples(trails, proven, payload[samples.PATH].sha256)
        return proven


def _pixels(folder: Path, facts: Manifest, findings: Findings, must: hidden.Hidden | None) -> None:
    """Step 13."""
    why = measuring.why_not(must)
    if must is None or why:
        findings.unchecked["redaction"] = f"whether the copy is black and silent where the approved plan says so: {why}"
        return
    for file in facts.files:
        findings.media = measuring.of_package(folder, file, must)
    findings.checked.append("redaction")


def _anchor(
    folder: Path, found: frozenset[str], proof: ProofFile, trusted: tuple[VerifierKey, ...]
) -> tuple[VerifierKey, VerifierKey | None]:
    """The key that must have signed; and the trusted one, where it is another that was replaced since."""
    if not trusted:
        with at(1, _MANIFEST):
            return _manifest(folder, found).key, None
    for key in trusted:
        if (key.name, key.id) == (proof.checkpoint.signer, proof.checkpoint.key_id):
            return key, None
    with at(1, _MANIFEST):
        facts = _manifest(folder, found)
        keys = follow(facts.succession, facts.key, trusted, proof.checkpoint.size)
    if keys:
        return facts.key, keys[0]
    raise VerificationError("the package is signed by another key than the one that you trust", step=1, file=bag.PROOF)


def _manifest(folder: Path, found: frozenset[str]) -> Manifest:
    if _MANIFEST not in found:
        raise VerificationError("the file is missing", step=4)
    return manifest.parse(bag.read(folder, _MANIFEST))


def _package_event(proof: ProofFile, key: VerifierKey) -> Event:
    verify_checkpoint(proof.checkpoint, key)
    event = check_entry(proof.sealed, proof.checkpoint)
    if event.type != "package:created" or not event.succeeded:
        raise VerificationError("the proof is not for an event package:created")
    return event


def _package_digest(event: Event, tag_manifest: bytes) -> None:
    if event.digests_of("package") != [hashlib.sha256(tag_manifest).hexdigest()]:
        raise VerificationError("the log vouches for another package than this one: the tag manifest was altered")


def _witnesses(findings: Findings, proof: ProofFile, facts: Manifest, trust: Trust) -> None:
    if facts.format == 1 and proof.checkpoint.lines:
        raise VerificationError("in a package of format 1 the checkpoint bears the log's signature only")
    found = verify_cosignatures(proof.checkpoint, [*facts.witnesses, *(key for _, key in trust.witnesses)])
    check_quorum(found, trust)
    findings.witnesses = [(cosignature, trust.is_witness(cosignature.witness)) for cosignature in found]
    if trust.quorum:
        findings.checked.append("witnesses")
    elif found:
        known = "the trust file demands none" if trust.witnesses else "their keys are known only from this package"
        findings.unchecked["witnesses"] = f"whether the agency shows everybody the same log: some cosigned it, but {known}"


def _time(folder: Path, found: frozenset[str], findings: Findings, proof: ProofFile, trust: Trust) -> None:
    if bag.TIME_STAMP not in found:
        why = "the package holds no time stamp"
    elif not trust.authorities:
        why = "the package holds a time stamp, and no certificate of its authority was given (--tsa FILE)"
    elif not stamps.installed():
        why = "the package holds a time stamp, and what would check it is not installed (pip install 'vestige-verify[time]')"
    else:
        token = bag.read(folder, bag.TIME_STAMP, stamps.LARGEST, 10)
        findings.stamp = stamps.verify_stamp(token, proof.checkpoint.body, trust.authorities)
        findings.checked.append("trusted time")
        return
    findings.unchecked["trusted time"] = f"times are those of the agency's own clock: {why}"


def _closes(event: Event, trails: list[Trail], facts: Manifest) -> None:
    if not trails or trails[0].item != facts.item:
        raise VerificationError("the first trail is not that of the package's item")
    if event.item != facts.item:
        raise VerificationError("the log's entry for the package is about another item", file=bag.PROOF)
    last = trails[0].events[-1]
    if event.previous != last.hash.hex() or event.index <= last.index:
        raise VerificationError("the trail does not end with the event before the package's: its end is missing or changed")
