"""What a package holds: footage, the trail with its proofs, and the papers for people, from the judges of `disclosure`."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast
from uuid import UUID

from vestige import __version__
from vestige.actions.door import Desk
from vestige.actions.ports import Bag, Footage
from vestige.custody.canonical import canonical, parse
from vestige.custody.notes import fingerprint, verifier_key
from vestige.custody.proofs import ProvenEntry, trail_json
from vestige.custody.tree import leaf_hash
from vestige.disclosure.certificate import CertifiedFile, certificate_html
from vestige.disclosure.manifest import LogIdentity, PackageFacts, PackedFile, bag_info, manifest
from vestige.disclosure.profiles import Profile, opened_fields
from vestige.disclosure.readme import readme
from vestige.disclosure.trail_report import TrailRow, TrailSection, trail_csv, trail_html, trail_row
from vestige.errors import NotFound
from vestige.evidence.items import EvidenceItem

SOFTWARE = f"Vestige {__version__}"
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class Trail:
    """A checkpoint (note and size) and the item's trail in its tree."""

    checkpoint: str
    size: int
    item: UUID
    entries: Sequence[ProvenEntry]

    def last_leaf(self) -> bytes:
        """The newest entry of the item's trail."""
        return leaf_hash(self.entries[-1].data)


def court_bag(desk: Desk, package: UUID, item: EvidenceItem, trail: Trail) -> Bag:
    """The bag of an original, profile `court`: all fields open, and a certificate drafted for a person to sign."""
    agency, log_key, now = desk.ports.catalog.agency(), desk.ports.catalog.log_key(), desk.now()
    if agency is None:
        raise NotFound("this home has no agency yet")
    origin, path = desk.ports.catalog.origin(), f"footage/{_safe(item)}"
    facts = PackageFacts(
        id=package,
        profile=Profile.COURT,
        agency=agency.name,
        created=now,
        console_acts=agency.console_acts,
        log=LogIdentity(origin, verifier_key(origin, log_key), fingerprint(log_key)),
        item=item.id,
        files=(PackedFile(f"data/{path}", item.id, item.sha256, item.size, "original"),),
    )
    opened = [entry.opened(opened_fields(Profile.COURT)) for entry in trail.entries]
    section = TrailSection(f"Item {item.number}", item.id, tuple(_row(entry) for entry in opened))
    certified = CertifiedFile(
        number=item.number,
        filename=item.filename,
        size=item.size,
        received_at=item.received_at,
        received=item.sha256,
        checked_at=now,
        exported=item.sha256,
        software=SOFTWARE,
    )
    return Bag(
        footage=(Footage(path, item.id, item.sealed, item.sha256),),
        payload={
            "manifest.json": canonical(manifest(facts)),
            "trail.json": trail_json(trail.checkpoint, [(trail.item, opened)]),
            "trail.html": trail_html(facts, [section]),
            "trail.csv": trail_csv([section]),
            "certificate.html": certificate_html(facts, certified),
        },
        readme=readme(facts),
        info=bag_info(facts, SOFTWARE),
    )


def _row(entry: ProvenEntry) -> TrailRow:
    clear = cast("dict[str, object]", parse(entry.data))
    opened = {name: parse(opening.value) for name, opening in entry.openings.items()}
    return trail_row(entry.index, cast("int", clear["time"]), str(clear["type"]), opened)


def _safe(item: EvidenceItem) -> str:
    """A name that every file system takes: the item's number and what is plain of its file's name."""
    plain = _UNSAFE.sub("_", item.filename).strip("._-")[-80:]
    return f"{item.number}-{plain}" if plain else item.number
