"""What leaves: the export of an original for court, the release of a redacted copy to the public.

1. May they. 2. The bytes are read again and compared (R79). 3. A checkpoint covers the trails. 4. The bag is written and closed. 5. Its digest
goes into `package:created`, whose `previous` is the trail's last entry. 6. A checkpoint covers that; witnesses and the time authority, where
the agency has any, get a few seconds each to vouch for it. 7. The proof is added, with what they gave, and the bag moved to its place. If the
trail went on between 3 and 5, the bag is made again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID

from vestige.access.permissions import Permission
from vestige.actions import cosigning, stamping
from vestige.actions.door import Desk, action
from vestige.actions.items import find_item
from vestige.actions.opened import opened_copies
from vestige.actions.package import Package, Source, Trails, bag_of
from vestige.actions.redaction import RENDERED, SAMPLES
from vestige.actions.redaction import find as find_redaction
from vestige.custody.cosignatures import with_cosignatures
from vestige.custody.events import EventType
from vestige.custody.notes import verify
from vestige.custody.proofs import proof_file
from vestige.disclosure.profiles import opened_fields
from vestige.errors import BadInput, Fault, Refused, Tampered, TrailMoved, Unavailable
from vestige.evidence.changes import Plain, Statement
from vestige.evidence.items import EvidenceItem, ItemStatus
from vestige.evidence.values import Digest, uuid7
from vestige.redaction.review import may_release

_TRIES = 5
_EVENTS = (EventType.FIXITY_CHECKED, EventType.PACKAGE_CREATED, *dict.fromkeys((*cosigning.EVENTS, *stamping.EVENTS)))


@dataclass(frozen=True, slots=True)
class Delivered:
    """A package that left: its id, its place, the digest of its tag manifest, and who vouched for the checkpoint in its proof.

    `silent` are witnesses that gave no cosignature in time; `time_fault` says why a configured time authority gave no token.
    `opened` is the number of the copy in clear where the camera encrypted the original: the package holds both, and the key object.
    """

    id: UUID
    path: Path
    digest: Digest
    witnesses: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    stamped: bool = False
    time_fault: str = ""
    opened: str = ""


@action("item.export", Permission.ITEM_EXPORT, *_EVENTS)
def export(desk: Desk, ref: str, out: Path) -> Delivered:
    """The package of an original or of a clip, profile `court`; of what a camera encrypted both forms, and the key object.

    Raises NotFound, BadInput, Tampered when the stored bytes are not what came in.
    """
    item, recording = find_item(desk, ref)
    copy = opened_copies(desk.ports, recording).get(item.id)
    if copy is not None:
        return _deliver_opened(desk, copy, out)
    if item.parent is None:
        _check_fixity(desk, item, "original")
        return _deliver(desk, item, None, out, {})
    original = desk.ports.catalog.item(str(item.parent))
    made = desk.ports.catalog.trail(item.id)[0].type
    if original is not None and made == EventType.ITEM_OPENED:
        return _deliver_opened(desk, item, out)
    if original is None or made != EventType.ITEM_CLIPPED:
        raise BadInput(
            f"item {item.number} is a redacted copy of {original.number if original else item.parent}; export gives originals and clips"
        )
    _check_fixity(desk, item, "clipped")
    return _deliver(desk, item, Source(original, None), out, {})


def _deliver_opened(desk: Desk, copy: EvidenceItem, out: Path) -> Delivered:
    """What a camera encrypted, as it came, and opened; and the key object, which both are held against in the opening's event."""
    opening = desk.ports.catalog.trail(copy.id)[0].opened
    data = opening["data"]
    refs = [str(data[name]) for name in ("parent", "key")] if isinstance(data, dict) else []
    found = [desk.ports.catalog.item(ref) for ref in refs]
    match found:
        case [EvidenceItem() as original, EvidenceItem() as key]:
            pass
        case _:
            raise Fault(f"item {copy.number} was opened from an item, or with a key object, that is not here; nothing leaves")
    digests = opening["digests"]
    named = {one["of"]: one["value"] for one in digests} if isinstance(digests, list) else {}
    for item, of in ((copy, "opened"), (original, "original"), (key, "key")):
        if named.get(of) != item.sha256.value:
            raise Tampered(f"item {item.number} is not what the opening names; nothing leaves")
        _check_fixity(desk, item, of)
    return replace(_deliver(desk, copy, Source(original, None, key), out, {}), opened=copy.number)


@action("redaction.release", Permission.REDACTION_RELEASE, *_EVENTS)
def release(desk: Desk, ref: str, out: Path, *, watched: bool) -> Delivered:
    """The package of a redacted copy, profile `public`, by a second person who says to have watched the copy whole; binds its digest.

    Refuses whoever drew or rendered the redaction, a copy that nobody watched, and anything of a quarantined recording.
    """
    redaction, plan, original = find_redaction(desk, ref)
    copy = desk.ports.catalog.item(str(redaction.rendered)) if redaction.rendered else None
    if copy is None or redaction.state != RENDERED:
        raise BadInput("this redaction is not rendered yet; there is nothing to release")
    if not watched:
        raise Refused("a release takes a person who watched the rendered copy whole, and says so (--watched)")
    author, renderer, digest = str(redaction.author), str(redaction.renderer), copy.sha256
    verdict = may_release(author=author, renderer=renderer, watcher=desk.actor.id, rendered=digest, watched=digest)
    if not verdict.allowed:
        raise Refused(verdict.reason)
    if ItemStatus.QUARANTINED in {copy.status, original.status}:
        raise Refused("nothing of a quarantined recording is released")
    _check_fixity(desk, copy, "rendered")
    data: dict[str, Plain] = {"watched": digest.value, "redaction": str(redaction.id)}
    return _deliver(desk, copy, Source(original, plan), out, data)


def _check_fixity(desk: Desk, item: EvidenceItem, of: str) -> None:
    found = desk.ports.vault.digest(item.id, item.sealed)
    if found != item.sha256:
        desk.note(Statement(EventType.FIXITY_CHECKED, item=item.id, outcome={"failed": "the stored bytes have another digest"}))
        raise Tampered(f"item {item.number} is no longer the file that was taken in; nothing leaves")
    desk.note(Statement(EventType.FIXITY_CHECKED, item=item.id, digests=((of, found),)))


def _deliver(desk: Desk, item: EvidenceItem, source: Source | None, out: Path, data: Mapping[str, Plain]) -> Delivered:
    for _ in range(_TRIES):
        package = Package(uuid7(), item, source, tuple(desk.ports.holders.witnesses()), _samples(desk, item))
        trails = _trails(desk, package)
        digest = desk.ports.packer.pack(out, bag_of(desk, package, trails))
        try:
            leaf = _created(desk, package, digest, trails, data)
        except TrailMoved:
            continue
        return _proven(desk, package, leaf, trails, Delivered(package.id, out, digest))
    raise Unavailable(f"the trail of item {item.number} goes on too fast to be closed; try again")


def _samples(desk: Desk, item: EvidenceItem) -> bytes | None:
    """The sample proofs that were made with a derived item, where it has some. Raises Tampered, Fault."""
    if SAMPLES not in item.working:
        return None
    reader = desk.ports.vault.open_working(item.id, item.sealed, SAMPLES)
    try:
        return reader.read_at(0, reader.size)
    finally:
        reader.close()


def _trails(desk: Desk, package: Package) -> Trails:
    catalog = desk.ports.catalog
    note = catalog.checkpoint()
    proofs = catalog.proofs(verify(note, catalog.log_key()).size)
    first = proofs.trail(package.item.id)
    if package.source is None:
        return Trails(note, proofs.size, first)
    second = proofs.trail(package.source.original.id, until=_parent_head(desk, package.item.id))
    return Trails(note, proofs.size, first, second)


def _parent_head(desk: Desk, copy: UUID) -> bytes:
    """The original's newest entry when the copy was made, as the copy's first entry names it."""
    digests = desk.ports.catalog.trail(copy)[0].opened["digests"]
    heads = [d["value"] for d in digests if d["of"] == "parent_head"] if isinstance(digests, list) else []
    if len(heads) != 1:
        raise Fault(f"the first entry of item {copy} does not say what it was made from")
    return bytes.fromhex(heads[0])


def _created(desk: Desk, package: Package, digest: Digest, trails: Trails, data: Mapping[str, Plain]) -> bytes:
    statement = Statement(
        EventType.PACKAGE_CREATED,
        item=package.item.id,
        about=("package", str(package.id)),
        digests=(("package", digest),),
        data={"profile": package.profile.value, "bytes": package.item.size, **data},
        after=trails.last_leaf(),
    )
    with desk.writing() as pen:
        leaf = pen.record(statement)
        person = UUID(desk.actor.id)
        desk.ports.catalog.add_package(package.id, package.item.id, package.profile.value, digest, person, desk.now())
    return leaf


def _proven(desk: Desk, package: Package, leaf: bytes, trails: Trails, delivered: Delivered) -> Delivered:
    """Add the proof, with what witnesses and the time authority gave to its checkpoint, and move the bag to its place."""
    catalog = desk.ports.catalog
    note = catalog.checkpoint()
    outcomes = cosigning.gather(desk, note, package.witnesses)
    given = [one.cosigned for one in outcomes if one.cosigned]
    time = stamping.gather(desk, note)
    proofs = catalog.proofs(verify(note, catalog.log_key()).size)
    entry = proofs.entry(leaf).opened(opened_fields(package.profile))
    proof = proof_file(entry, proofs.consistency(trails.size), with_cosignatures(note, given))
    desk.ports.packer.deliver(delivered.path, proof, time.stamp.token if time.stamp else None)
    return replace(
        delivered,
        witnesses=tuple(sorted(one.key.name for one in given)),
        silent=tuple(sorted(one.witness.name for one in outcomes if not one.cosigned)),
        stamped=time.stamp is not None,
        time_fault=time.words,
    )
