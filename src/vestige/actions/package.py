"""What a package holds: footage, the trail with its proofs, and the papers for people, from the judges of `disclosure`."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, cast
from uuid import UUID

from vestige import __version__
from vestige.actions.door import Desk
from vestige.actions.ports import Bag, Footage
from vestige.custody.canonical import canonical, parse
from vestige.custody.notes import fingerprint, verifier_key
from vestige.custody.proofs import ProvenEntry, trail_json
from vestige.custody.tree import leaf_hash
from vestige.disclosure.certificate import CertifiedFile, OpenedCopy, certificate_html
from vestige.disclosure.manifest import LogIdentity, PackageFacts, PackedFile, bag_info, manifest
from vestige.disclosure.profiles import Profile, opened_fields
from vestige.disclosure.readme import readme
from vestige.disclosure.redaction_log import redaction_log_csv, redaction_log_html
from vestige.disclosure.trail_report import TrailRow, TrailSection, trail_csv, trail_html, trail_row
from vestige.errors import NotFound
from vestige.evidence.holders import Witness
from vestige.evidence.items import EvidenceItem
from vestige.redaction.hidden import hidden_json
from vestige.redaction.plan import Plan

SOFTWARE = f"Vestige {__version__}"
_Of = Literal["clipped", "key", "opened", "original", "rendered"]
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class Source:
    """What a derived item was made from: the original, and the plan of a redacted copy or the key object of an opened copy (else: a clip)."""

    original: EvidenceItem
    plan: Plan | None
    key: EvidenceItem | None = None


@dataclass(frozen=True, slots=True)
class Package:
    """A package to be. A redacted copy leaves in profile `public`, all else in `court`; `source` is there for what is derived.

    `witnesses` are those whose cosignatures its proof may carry. `samples` are the sample proofs (`data/samples.json`), where the item has some.
    """

    id: UUID
    item: EvidenceItem
    source: Source | None
    witnesses: tuple[Witness, ...] = ()
    samples: bytes | None = None

    @property
    def profile(self) -> Profile:
        """What is opened of the trail."""
        return Profile.PUBLIC if self.source and self.source.plan else Profile.COURT

    @property
    def parts(self) -> Sequence[tuple[EvidenceItem, _Of]]:
        """The items whose files it holds, the package's own first, and what each is."""
        source = self.source
        if source is None:
            return [(self.item, "original")]
        if source.key is not None:
            return [(self.item, "opened"), (source.original, "original"), (source.key, "key")]
        return [(self.item, "rendered" if source.plan else "clipped")]


@dataclass(frozen=True, slots=True)
class Trails:
    """A checkpoint (note and size) and the trails that it covers: that of the item, and the original's up to the copy."""

    checkpoint: str
    size: int
    first: Sequence[ProvenEntry]
    second: Sequence[ProvenEntry] = ()

    def last_leaf(self) -> bytes:
        """The newest entry of the item's trail."""
        return leaf_hash(self.first[-1].data)


def bag_of(desk: Desk, package: Package, trails: Trails) -> Bag:
    """The bag of a package: the footage, what is opened of the trails with their proofs, and the papers for people."""
    facts = _facts(desk, package)
    opened = [(package.item, [entry.opened(opened_fields(package.profile)) for entry in trails.first])]
    if package.source:
        opened.append((package.source.original, [entry.opened(opened_fields(package.profile)) for entry in trails.second]))
    sections = [TrailSection(f"Item {item.number}", item.id, tuple(_row(entry) for entry in entries)) for item, entries in opened]
    return Bag(
        footage=tuple(Footage(_path(item), item.id, item.sealed, item.sha256) for item, _ in package.parts),
        payload={
            "manifest.json": canonical(manifest(facts)),
            "trail.json": trail_json(trails.checkpoint, [(item.id, entries) for item, entries in opened]),
            "trail.html": trail_html(facts, sections),
            "trail.csv": trail_csv(sections),
            **_papers(desk, package, facts),
            **({} if package.samples is None else {"samples.json": package.samples}),
        },
        readme=readme(facts),
        info=bag_info(facts, SOFTWARE),
    )


def _facts(desk: Desk, package: Package) -> PackageFacts:
    agency, log_key, item = desk.ports.catalog.agency(), desk.ports.catalog.log_key(), package.item
    if agency is None:
        raise NotFound("this home has no agency yet")
    origin = desk.ports.catalog.origin()
    return PackageFacts(
        id=package.id,
        profile=package.profile,
        agency=agency.name,
        created=desk.now(),
        console_acts=agency.console_acts,
        log=LogIdentity(
            origin,
            verifier_key(origin, log_key),
            fingerprint(log_key),
            tuple(sorted(one.key for one in package.witnesses)),
            desk.ports.catalog.succession(),
        ),
        item=item.id,
        files=tuple(PackedFile(f"data/{_path(one)}", one.id, one.sha256, one.size, of) for one, of in package.parts),
        samples=package.samples is not None,
        hidden=bool(package.source and package.source.plan and hidden_json(package.source.plan)),
    )


def _papers(desk: Desk, package: Package, facts: PackageFacts) -> dict[str, bytes]:
    """The redaction log of a copy and what it must hide, or the certificate of an original or a clip."""
    if package.source and package.source.plan:
        plan, policy = package.source.plan, desk.ports.policy
        hidden = hidden_json(plan)
        return ({} if hidden is None else {"hidden.json": hidden}) | {
            "redaction-log.html": redaction_log_html(facts, plan, policy),
            "redaction-log.csv": redaction_log_csv(plan, policy),
        }
    return {"certificate.html": certificate_html(facts, _certified(package, facts))}


def _certified(package: Package, facts: PackageFacts) -> CertifiedFile:
    """What the certificate is about: the item; of an opened copy the encrypted original, and how the copy came of it."""
    source, item = package.source, package.item
    opened = None
    if source is not None and source.key is not None:
        opened = OpenedCopy(item.number, item.received_at, item.sha256, source.key.number, source.key.sha256)
        item = source.original
    return CertifiedFile(
        number=item.number,
        filename=item.filename,
        size=item.size,
        received_at=item.received_at,
        received=item.sha256,
        checked_at=facts.created,
        exported=item.sha256,
        software=SOFTWARE,
        clipped_from=source.original.number if source and not opened else None,
        opened=opened,
    )


def _row(entry: ProvenEntry) -> TrailRow:
    clear = cast("dict[str, object]", parse(entry.data))
    opened = {name: parse(opening.value) for name, opening in entry.openings.items()}
    return trail_row(entry.index, cast("int", clear["time"]), str(clear["type"]), opened)


def _path(item: EvidenceItem) -> str:
    """Where its file lies below `data/`."""
    return f"footage/{_safe(item)}"


def _safe(item: EvidenceItem) -> str:
    """A name that every file system takes: the item's number and what is plain of its file's name."""
    plain = _UNSAFE.sub("_", item.filename).strip("._-")[-80:]
    return f"{item.number}-{plain}" if plain else item.number
