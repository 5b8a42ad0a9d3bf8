"""Uploads of one card are kept as a card that is read: small copies beside their footage, split clips after one another.

A sender gives each file a `key`, and says by keys beside which footage it stands and after which it goes on. It is believed only where the
judges of a card (`evidence.cards`, `evidence.segments`) say the same of the names. What came before that of which this is told waits for it,
whole and durable, an hour at most: so the order in which files arrive makes no difference, and a restart none either, for it is all in the rows.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from vestige.access.judge import Subject
from vestige.actions.door import Desk
from vestige.actions.joined import corrected_away
from vestige.actions.ports import Ports
from vestige.errors import Refused
from vestige.evidence.cards import Beside, stands_beside
from vestige.evidence.items import Recording
from vestige.evidence.segments import follows
from vestige.evidence.uploads import Upload

WAIT_MS = 3_600_000
"""How long something that is whole waits for what it belongs to, after that was last heard of."""


@dataclass(frozen=True, slots=True)
class Placed:
    """Where an upload goes: after an item, or as `beside` to a recording, at the place of its footage."""

    after: UUID | None = None
    beside: Beside | None = None
    recording: UUID | None = None
    position: int = 0


def awaited(ports: Ports, upload: Upload) -> str:
    """The key of the file that it waits for; empty where it is not to wait (any longer)."""
    for key in filter(None, (upload.words.of, upload.words.follows)):
        other = ports.uploads.named(upload.owner, key) if key != upload.words.key else upload
        if other is upload or (other and (other.outcome or not _belongs(upload, other))):
            continue
        if ports.now() - max(upload.heard, other.heard if other else 0) < WAIT_MS:
            return key
    return ""


def place(desk: Desk, upload: Upload) -> Placed:
    """Where it goes, by what is kept now."""
    words = upload.words
    footage = _kept(desk, upload, words.of)
    beside = stands_beside(words.path, footage.words.path) if footage else None
    if footage and beside:
        item = desk.ports.catalog.item(str(footage.outcome["item"]))
        recording = desk.ports.catalog.recording(str(item.recording)) if item else None
        if item and recording and _may(desk, upload, recording):
            return Placed(beside=beside, recording=recording.id, position=item.position)
    before = _kept(desk, upload, words.follows)
    if before is None and words.after:
        named = desk.ports.uploads.upload(words.after)
        before = named if named and named.owner == upload.owner and named.outcome else None
    return Placed(after=UUID(str(before.outcome["item"])) if before else None)


def freed(ports: Ports, upload: Upload) -> Iterator[Upload]:
    """What waited for it and does not wait any more, now that it is kept."""
    if upload.words.key:
        yield from (one for one in ports.uploads.awaiting(upload.owner, upload.words.key) if not awaited(ports, one))


def _belongs(upload: Upload, other: Upload) -> bool:
    """Whether the judges of a card say of the names what its sender says."""
    mine, theirs = upload.words.path, other.words.path
    if upload.words.of == other.words.key:
        return stands_beside(mine, theirs) is not None
    return mine.parent == theirs.parent and follows(theirs.stem, mine.stem)


def _kept(desk: Desk, upload: Upload, key: str) -> Upload | None:
    found = desk.ports.uploads.named(upload.owner, key) if key and key != upload.words.key else None
    return found if found and found.outcome and _belongs(upload, found) else None


def _may(desk: Desk, upload: Upload, recording: Recording) -> bool:
    """Whether its sender may add to that footage, as with a card that is read; what came whole is kept in any case, by itself then."""
    if upload.officer is not None and corrected_away(desk.ports, recording, upload.officer):
        return True
    try:
        desk.require(Subject(officer=recording.officer))
    except Refused:
        return False
    return True
