"""Taking a file in.

1. Sender and bytes are noted. 2. One pass of read, hash, seal. 3. The same bytes of the same sender are a duplicate, if the stored ones
still unseal to them. 4. Durable: object, key, folders; where the same bytes of another sender are stored and still unseal to them, the new
item shares that object and only its own key file is made. 5. Probed and indexed by the child. 6. Judged. 7. Committed with its events,
whole; only then is it acknowledged.

Whatever is interrupted before 7 leaves nothing: the file is still on the card, and the server or the next intake sweeps what a dead one
left. An object
bears an id of its own, that of no item: who sees one item can't tell that another shares its bytes.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from uuid import UUID, uuid4

from vestige.access.judge import Subject
from vestige.access.permissions import Permission
from vestige.actions.arrival import EVENTS, Arrival, arrive, facts_of
from vestige.actions.door import Desk, action
from vestige.actions.joined import corrected_away
from vestige.actions.ports import Intake, Ports
from vestige.custody.events import EventType
from vestige.errors import BadInput, Fault, Refused, Unavailable
from vestige.evidence.cards import Beside
from vestige.evidence.changes import Statement
from vestige.evidence.items import EvidenceItem, Recording, TimeSource
from vestige.evidence.values import Digest, uuid7


@dataclass(frozen=True, slots=True)
class Sent:
    """A file and what its sender says of it; `after` is the footage that was taken in before it from the same folder.

    `beside` says what it is where it stands beside footage on a camera's card, and `of` is that footage's item.
    """

    path: Path
    device: str | None = None
    officer: str | None = None
    category: str | None = None
    recorded_at: int | None = None
    after: UUID | None = None
    beside: Beside | None = None
    of: UUID | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a file: `status` is accessioned, duplicate or quarantined."""

    path: Path
    item: UUID
    number: str
    recording: UUID
    sha256: Digest
    status: str
    reason: str = ""
    erased: bool = False

    def as_json(self) -> dict[str, object]:
        """For programs."""
        return {
            "path": str(self.path),
            "item": str(self.item),
            "number": self.number,
            "recording": str(self.recording),
            "sha256": self.sha256.value,
            "status": self.status,
            "reason": self.reason,
            "erased": self.erased,
        }

    def words(self) -> str:
        """For people."""
        why = f" ({self.reason})" if self.reason else ""
        gone = ", erased from the card" if self.erased else ""
        return f"{self.path}: {self.status} as {self.number}{why}{gone}"


@action("item.ingest", Permission.ITEM_INGEST, *EVENTS)
def receive(desk: Desk, sent: Sent, progress: Callable[[int], None]) -> Outcome:
    """Take one file in. Raises BadInput for what the sender says wrongly, Refused, DiskFull, Unavailable; then nothing of it is kept."""
    arrival = arrive(desk, sent.device, sent.officer, sent.category, sent.recorded_at)
    reach = desk.reach()
    if arrival.officer is None and reach.own_only:
        arrival = replace(arrival, officer=reach.person)  # who may bring in only their own footage brings in their own
    desk.require(Subject(officer=arrival.officer))
    item, sealed, before = uuid7(), uuid4(), _stat(sent.path)
    arrival = replace(arrival, item=item, sealed=sealed, path=sent.path, file_time=before[1] // 1_000_000, after=sent.after)
    arrival = _placed(desk, arrival, sent)
    desk.ports.catalog.begin_intake(item, sealed, str(sent.path), desk.now())
    intake = desk.ports.vault.begin(item, sealed)
    try:
        digest, size = desk.ports.vault.seal(sent.path, intake, progress)
        if _stat(sent.path) != before or size != before[0]:
            raise BadInput(f"{sent.path} was changed while it was read; nothing of it is kept, take it in again")
        return kept_once(desk, replace(arrival, digest=digest, size=size), intake)
    except BaseException:
        give_up(desk, item, intake)
        raise


def _placed(desk: Desk, arrival: Arrival, sent: Sent) -> Arrival:
    """What stands beside footage goes into the footage's recording, after it. Raises BadInput where there is no such footage."""
    if sent.beside is None:
        return arrival
    footage = desk.ports.catalog.item(str(sent.of)) if sent.of else None
    recording = desk.ports.catalog.recording(str(footage.recording)) if footage else None
    if footage is None or recording is None:
        raise BadInput(f"{sent.path} stands beside footage that is not here")
    if arrival.officer is None or not corrected_away(desk.ports, recording, arrival.officer):
        desk.require(Subject(officer=recording.officer))
    return replace(arrival, beside=sent.beside.value, recording=recording.id, joins=True, position=footage.position)


Known = tuple[EvidenceItem, Recording]


def _nothing(_: Outcome) -> None:
    """Nothing else is written."""


def _anybody(_: EvidenceItem) -> bool:
    """Whoever sends may hear that it is there."""
    return True


def kept_once(
    desk: Desk,
    arrival: Arrival,
    intake: Intake,
    also: Callable[[Outcome], None] = _nothing,
    known_to: Callable[[EvidenceItem], bool] = _anybody,
) -> Outcome:
    """A new item, or a duplicate of one; `also` is called inside the transaction that makes it so.

    What is not `known_to` the sender is no duplicate of theirs: they get an item of their own, which shares the stored bytes.

    Raises DiskFull, Unavailable; then `give_up` is the caller's.
    """
    known = desk.ports.catalog.with_digest(arrival.digest)
    same = [pair for pair in known if _same_sender(desk, arrival, pair[1]) and known_to(pair[0])]
    duplicate = still_there(desk, same)
    if duplicate:
        return _again(desk, duplicate, arrival, intake, also)
    arrival = made_durable(desk, arrival, intake, [pair for pair in known if pair not in same])
    return _new(desk, arrival, intake, known, also)


def made_durable(desk: Desk, arrival: Arrival, intake: Intake, others: Sequence[Known]) -> Arrival:
    """Object and key are durable; where another item's stored bytes are the same and still read back, only the key is made."""
    other = still_there(desk, others)
    if other is None:
        intake.finish()
        return arrival
    intake.share(other[0].id, other[0].sealed)
    return replace(arrival, sealed=other[0].sealed)


def _new(
    desk: Desk, arrival: Arrival, intake: Intake, known: Sequence[Known], also: Callable[[Outcome], None]
) -> Outcome:  # an intake and what goes with it
    judged = facts_of(desk, arrival)
    with desk.writing() as pen:
        recording, number = judged.record(desk, pen)
        end(desk, arrival.item)
        _nothing_moved(desk, arrival, known)
        outcome = Outcome(arrival.path, arrival.item, number, recording, arrival.digest, judged.status.value, judged.reason)
        also(outcome)
    intake.done()
    return outcome


def give_up(desk: Desk, item: UUID, intake: Intake) -> None:
    """Remove what an intake made, unless its item was committed after all: the database alone knows."""
    if desk.ports.catalog.item(str(item)) is None:
        intake.abandon()
        desk.ports.catalog.end_intake(item)


def end(desk: Desk, item: UUID) -> None:
    """The item is there. Raises Unavailable (and so undoes it) when somebody swept this intake as dead meanwhile."""
    if not desk.ports.catalog.end_intake(item):
        raise Unavailable("this intake was taken for dead and swept; nothing is kept, try again")


def _nothing_moved(desk: Desk, arrival: Arrival, known: Sequence[Known]) -> None:
    """Undoes the transaction (Unavailable) where the object to share was taken away, or this sender sent the same bytes, meanwhile."""
    still_shared(desk, arrival, known)
    before = {arrival.item, *(item.id for item, _ in known)}
    now = desk.ports.catalog.with_digest(arrival.digest)
    if any(_same_sender(desk, arrival, recording) for item, recording in now if item.id not in before):
        raise Unavailable("the same sender's same file came in meanwhile; nothing is kept twice, try again")


def still_shared(desk: Desk, arrival: Arrival, known: Sequence[Known]) -> None:
    """Undoes the transaction (Unavailable) where the object to share was taken away meanwhile."""
    if any(item.sealed == arrival.sealed for item, _ in known) and not desk.ports.catalog.shared(arrival.sealed, arrival.item):
        raise Unavailable("the stored bytes that this file was to share were taken away meanwhile; nothing is kept, try again")


def _again(desk: Desk, known: Known, arrival: Arrival, intake: Intake, also: Callable[[Outcome], None]) -> Outcome:
    item, recording = known
    intake.abandon()
    outcome = Outcome(arrival.path, item.id, item.number, recording.id, item.sha256, "duplicate")
    with desk.writing() as pen:
        statement = Statement(EventType.ITEM_DUPLICATE_RECEIVED, item=item.id, digests=(("original", item.sha256),))
        pen.record(replace(statement, data={"filename": arrival.path.name, **arrival.said}))
        desk.ports.catalog.end_intake(arrival.item)
        also(outcome)
    return outcome


def _same_sender(desk: Desk, arrival: Arrival, recording: Recording) -> bool:
    """Whether it comes from the same camera, officer and time. Whoever was corrected away sends what is here, and gets nothing of their own."""
    if arrival.beside:
        return recording.id == arrival.recording
    if arrival.device is not None and (recording.device is None or recording.device.serial != arrival.device):
        return False
    officer = arrival.officer
    if officer is not None and recording.officer != officer and not corrected_away(desk.ports, recording, officer):
        return False
    if arrival.stated_time is not None:
        return recording.recorded_at == arrival.stated_time
    if recording.recorded_at_source is TimeSource.FILE:
        return recording.recorded_at == arrival.file_time
    return recording.recorded_at_source is not TimeSource.STATED


def still_there(desk: Desk, known: Sequence[Known]) -> Known | None:
    """The first whose stored object, just read again through its own key file, unseals to its digest."""
    return next((pair for pair in known if _reads_back(desk, pair[0])), None)


def _reads_back(desk: Desk, item: EvidenceItem) -> bool:
    try:
        return desk.ports.vault.digest(item.id, item.sealed) == item.sha256
    except (Fault, Unavailable):
        return False


@action("card.erase", Permission.CARD_ERASE, EventType.CARD_ERASED)
def erase(desk: Desk, outcome: Outcome) -> Outcome:
    """Delete a file from the card after its stored copy was unsealed and compared with it, byte for byte. Refuses any difference."""
    item = desk.ports.catalog.item(str(outcome.item))
    if item is None or not desk.ports.vault.matches(outcome.path, item.id, item.sealed):
        raise Refused(f"{outcome.path} is not, byte for byte, what is stored as {outcome.number}; it stays on the card")
    with desk.writing() as pen:
        pen.record(
            Statement(EventType.CARD_ERASED, item=item.id, digests=(("original", item.sha256),), data={"filename": outcome.path.name})
        )
    try:
        outcome.path.unlink()
    except OSError as error:
        raise Unavailable(f"{outcome.path} is stored and verified, but the card does not let it be deleted: {error}") from error
    return replace(outcome, erased=True)


def dead(ports: Ports) -> list[tuple[UUID, UUID]]:
    """Intakes (item and object) that began more than a minute ago, never ended, and whose writers are dead."""
    return [one for one in ports.catalog.stale_intakes() if not ports.vault.lives(*one)]


def is_due(ports: Ports) -> bool:
    """Whether a dead intake left something to sweep."""
    return bool(dead(ports))


@action("intake.sweep", Permission.INTAKE_SWEEP, EventType.INTAKE_SWEPT)
def sweep_left(desk: Desk, left: list[tuple[UUID, UUID]]) -> int:
    """Remove what dead intakes left in the vault; their files were never acknowledged and are still where they came from."""
    ports = desk.ports
    with desk.writing() as pen:  # a note that is taken away here comes back where the transaction fails, and is swept again
        swept = [one for one, sealed in left if ports.vault.sweep(one, sealed, partial(ports.catalog.claim_intake, one, sealed))]
        pen.record(Statement(EventType.INTAKE_SWEPT, data={"items": [str(one) for one in swept]}))
    return len(swept)


def _stat(path: Path) -> tuple[int, int]:
    try:
        found = os.stat(path)  # noqa: PTH116  # two figures of one call
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}") from error
    return found.st_size, found.st_mtime_ns
