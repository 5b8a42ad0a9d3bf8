"""What leaves: the export of an original, for court.

1. May they. 2. The bytes are read again and compared (R79). 3. A checkpoint covers the trail. 4. The bag is written and closed. 5. Its digest
goes into `package:created`, whose `previous` is the trail's last entry. 6. A checkpoint covers that. 7. The proof is added and the bag moved
to its place. If the trail went on between 3 and 5, the bag is made again.
"""

from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from vestige.access.permissions import Permission
from vestige.actions.door import Desk, action
from vestige.actions.items import find_item
from vestige.actions.package import Trail, court_bag
from vestige.custody.events import EventType
from vestige.custody.notes import verify
from vestige.custody.proofs import proof_file
from vestige.disclosure.profiles import Profile, opened_fields
from vestige.errors import BadInput, Tampered, TrailMoved, Unavailable
from vestige.evidence.changes import Statement
from vestige.evidence.items import EvidenceItem
from vestige.evidence.values import Digest, uuid7

_TRIES = 5


@dataclass(frozen=True, slots=True)
class Delivered:
    """A package that left: its id, its place, and the digest of its tag manifest."""

    id: UUID
    path: Path
    digest: Digest


@action("item.export", Permission.ITEM_EXPORT, EventType.FIXITY_CHECKED, EventType.PACKAGE_CREATED)
def export(desk: Desk, ref: str, out: Path) -> Delivered:
    """The package of an original, profile `court`. Raises NotFound, BadInput, Tampered when the stored bytes are not what came in."""
    item, _ = find_item(desk, ref)
    if item.parent is not None:
        raise BadInput(f"item {item.number} is a derived copy; export gives originals")
    _check_fixity(desk, item)
    for _ in range(_TRIES):
        package, trail = uuid7(), _trail(desk, item)
        digest = desk.ports.packer.pack(out, court_bag(desk, package, item, trail))
        try:
            leaf = _created(desk, (package, item, digest), trail)
        except TrailMoved:
            continue
        desk.ports.packer.deliver(out, _proof(desk, leaf, trail))
        return Delivered(package, out, digest)
    raise Unavailable(f"the trail of item {item.number} goes on too fast to be closed; try again")


def _check_fixity(desk: Desk, item: EvidenceItem) -> None:
    found = desk.ports.vault.digest(item.id, item.sealed)
    if found != item.sha256:
        desk.note(Statement(EventType.FIXITY_CHECKED, item=item.id, outcome={"failed": "the stored bytes have another digest"}))
        raise Tampered(f"item {item.number} is no longer the file that was taken in; nothing leaves")
    desk.note(Statement(EventType.FIXITY_CHECKED, item=item.id, digests=(("original", found),)))


def _trail(desk: Desk, item: EvidenceItem) -> Trail:
    catalog = desk.ports.catalog
    note = catalog.checkpoint()
    size = verify(note, catalog.log_key()).size
    return Trail(note, size, item.id, catalog.proofs(size).trail(item.id))


def _created(desk: Desk, made: tuple[UUID, EvidenceItem, Digest], trail: Trail) -> bytes:
    package, item, digest = made
    statement = Statement(
        EventType.PACKAGE_CREATED,
        item=item.id,
        about=("package", str(package)),
        digests=(("package", digest),),
        data={"profile": Profile.COURT.value},
        after=trail.last_leaf(),
    )
    with desk.writing() as pen:
        leaf = pen.record(statement)
        desk.ports.catalog.add_package(package, item.id, Profile.COURT.value, digest, UUID(desk.actor.id), desk.now())
    return leaf


def _proof(desk: Desk, leaf: bytes, trail: Trail) -> str:
    catalog = desk.ports.catalog
    note = catalog.checkpoint()
    proofs = catalog.proofs(verify(note, catalog.log_key()).size)
    entry = proofs.entry(leaf).opened(opened_fields(Profile.COURT))
    return proof_file(entry, proofs.consistency(trail.size), note)
