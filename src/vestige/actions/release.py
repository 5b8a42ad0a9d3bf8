"""What leaves: the export of an original for court, the release of a redacted copy.

Numbered: 1 may they; 2 the bytes are read again and compared (R79); 3 a checkpoint covers the trail; 4 the bag is written and closed; 5 its
digest goes into `package:created`, whose `previous` is the trail's last entry; 6 a checkpoint covers that; 7 the proof is added and the bag
moved to its place. If the trail went on between 3 and 5, the bag is made again.
"""

from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from vestige.access.permissions import Permission
from vestige.actions.door import Desk, action
from vestige.actions.items import find_item
from vestige.actions.package import Package, Trails, bag_of
from vestige.actions.redaction import RENDERED
from vestige.actions.redaction import find as find_redaction
from vestige.custody.events import EventType
from vestige.custody.notes import verify
from vestige.custody.proofs import proof_file
from vestige.disclosure.profiles import Profile, opened_fields
from vestige.errors import BadInput, Refused, Tampered, TrailMoved
from vestige.evidence.changes import Plain, Statement
from vestige.evidence.items import EvidenceItem, ItemStatus
from vestige.evidence.values import Digest, uuid7
from vestige.redaction.review import may_release

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
        raise BadInput(f"item {item.number} is a derived copy; export gives originals, release gives redacted copies")
    _check_fixity(desk, item)
    package = Package(uuid7(), Profile.COURT, item, None, desk.actor, desk.now())
    return _deliver(desk, package, out, {})


@action("redaction.release", Permission.REDACTION_RELEASE, EventType.FIXITY_CHECKED, EventType.PACKAGE_CREATED)
def release(desk: Desk, ref: str, out: Path, watched: Digest | None) -> Delivered:
    """The package of a redacted copy, profile `public`, released by a second person who watched the copy with the digest `watched`.

    Refuses whoever drew or rendered the redaction, a copy that is not the one watched, and a recording that is quarantined.
    """
    redaction, plan, original = find_redaction(desk, ref)
    copy = desk.ports.catalog.item(str(redaction.rendered)) if redaction.rendered else None
    if copy is None or redaction.state != RENDERED:
        raise BadInput("this redaction is not rendered yet; there is nothing to release")
    if watched is None:
        raise Refused("a release takes a person who watched the rendered copy, and says so")
    author, renderer = str(redaction.author), str(redaction.renderer)
    verdict = may_release(author=author, renderer=renderer, watcher=desk.actor.id, rendered=copy.sha256, watched=watched)
    if not verdict.allowed:
        raise Refused(verdict.reason)
    if ItemStatus.QUARANTINED in {copy.status, original.status}:
        raise Refused("nothing of a quarantined recording is released")
    _check_fixity(desk, copy)
    package = Package(uuid7(), Profile.PUBLIC, copy, (original, plan), desk.actor, desk.now())
    return _deliver(desk, package, out, {"watched": watched.value, "redaction": str(redaction.id)})


def _check_fixity(desk: Desk, item: EvidenceItem) -> None:
    found = desk.ports.vault.digest(item.id, item.sealed)
    if found != item.sha256:
        desk.note(Statement(EventType.FIXITY_CHECKED, item=item.id, outcome={"failed": "the stored bytes have another digest"}))
        raise Tampered(f"item {item.number} is no longer the file that was taken in; nothing leaves")
    desk.note(Statement(EventType.FIXITY_CHECKED, item=item.id, digests=(("original" if item.parent is None else "rendered", found),)))


def _deliver(desk: Desk, package: Package, out: Path, data: dict[str, Plain]) -> Delivered:
    for _ in range(_TRIES):
        trails = _trails(desk, package)
        digest = desk.ports.packer.pack(out, bag_of(desk, package, trails))
        try:
            leaf = _created(desk, package, digest, trails, data)
        except TrailMoved as error:
            last = error
            continue
        desk.ports.packer.deliver(out, _proof(desk, package, leaf, trails))
        return Delivered(package.id, out, digest)
    raise last


def _trails(desk: Desk, package: Package) -> Trails:
    catalog = desk.ports.catalog
    note = catalog.checkpoint()
    proofs = catalog.proofs(verify(note, catalog.log_key()).size)
    first = proofs.trail(package.item.id)
    second = None
    if package.source:
        original, _ = package.source
        second = (original.id, proofs.trail(original.id, until=_parent_head(desk, package.item.id)))
    return Trails(note, proofs.size, (package.item.id, first), second)


def _parent_head(desk: Desk, copy: UUID) -> bytes:
    made = desk.ports.catalog.trail(copy)[0]
    digests = made.opened["digests"]
    heads = [d["value"] for d in digests if d["of"] == "parent_head"] if isinstance(digests, list) else []
    return bytes.fromhex(heads[0])


def _created(desk: Desk, package: Package, digest: Digest, trails: Trails, data: dict[str, Plain]) -> bytes:
    statement = Statement(
        EventType.PACKAGE_CREATED,
        item=package.item.id,
        about=("package", str(package.id)),
        digests=(("package", digest),),
        data={"profile": package.profile.value, **data},
        after=trails.last_leaf(),
    )
    with desk.writing() as pen:
        leaf = pen.record(statement)
        person = UUID(desk.actor.id)
        desk.ports.catalog.add_package(package.id, package.item.id, package.profile.value, digest, person, package.created)
    return leaf


def _proof(desk: Desk, package: Package, leaf: bytes, trails: Trails) -> str:
    catalog = desk.ports.catalog
    note = catalog.checkpoint()
    proofs = catalog.proofs(verify(note, catalog.log_key()).size)
    entry = proofs.entry(leaf).opened(opened_fields(package.profile))
    return proof_file(entry, proofs.consistency(trails.size), note)
