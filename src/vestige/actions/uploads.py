"""Resumable uploads: begun, grown over any number of requests, and kept as evidence in the moment in which they are whole.

1. Begun: what the sender says is checked, before anything is sent. 2. Grown: bytes are hashed and sealed as they come; what was acknowledged
is durable. 3. Whole: the same as any file that is taken in (`intake`), in one transaction with the upload's own row. Until that has committed
the upload stays as it is, and whoever asks for it next tries again. 4. Ended by its sender before it is whole, or run out: an event, and
what came of it is removed.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path, PurePosixPath
from typing import NoReturn
from uuid import UUID, uuid4

from vestige.access.judge import Subject
from vestige.access.permissions import Permission
from vestige.actions.arrival import EVENTS, Arrival, arrive
from vestige.actions.door import Desk, action, refusals_recorded
from vestige.actions.intake import Outcome, give_up, kept_once
from vestige.actions.ports import Ports, Source
from vestige.actions.ports_uploads import Growing, Sum
from vestige.actions.uploads_placed import awaited, freed, place
from vestige.custody.events import EventType
from vestige.errors import BadInput, DiskFull, NotFound, Refused, Unavailable, Underway, VestigeError
from vestige.evidence.cards import CardFile, arranged
from vestige.evidence.changes import Plain, Statement
from vestige.evidence.items import EvidenceItem, TrailEntry
from vestige.evidence.people import Actor
from vestige.evidence.uploads import FileWords, Upload
from vestige.evidence.values import uuid7
from vestige.policy.load import UNCATEGORIZED

MOST_UNFINISHED = 2_000
"""Uploads that one sender may have begun and not ended."""
MOST_PLANNED = 20_000
LONGEST = (1 << 32) * ((1 << 20) - 16) - 40
"""The plaintext that a sealed object can hold: four pebibytes."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """What a request brings: from which byte on, where it comes from, and its checksum if it was announced."""

    offset: int
    source: Source
    checksum: tuple[Sum, bytes] | None = None


class Conflict(VestigeError):
    """The sender goes on from another byte than the one that is next; `size` is that."""

    code = "conflict"

    def __init__(self, size: int) -> None:
        super().__init__(f"this upload goes on at byte {size}")
        self.size = size


@action("upload.start", Permission.ITEM_INGEST, EventType.UPLOAD_STARTED)
def start(desk: Desk, length: int, words: FileWords) -> Upload:
    """Begin an upload of that many bytes. Raises BadInput for what the sender says wrongly, DiskFull, Unavailable (too many at once)."""
    ports, now, owner = desk.ports, desk.now(), owner_of(desk.actor)
    arrival = arrive(desk, words.device, words.officer, words.category, words.recorded_at)
    reach = desk.reach()
    officer = reach.person if arrival.officer is None and reach.own_only else arrival.officer
    desk.require(Subject(officer=officer))
    if length > LONGEST:
        raise BadInput(f"no object holds more than {LONGEST} bytes")
    used, total = ports.vault.room()
    if length > total - used:
        raise DiskFull(f"there is no room for {length} bytes on the disk; try again when there is")
    if ports.uploads.unfinished(owner) >= MOST_UNFINISHED:
        raise Unavailable(f"{MOST_UNFINISHED} uploads of yours wait to be finished or ended; try again then")
    upload = Upload(uuid7(), uuid4(), owner, length, words, officer, now, now)
    with desk.writing() as pen:
        ports.uploads.begin(upload)
        told: dict[str, Plain] = {"filename": words.name, "size": length, "said": dict(words.raw)}
        pen.record(Statement(EventType.UPLOAD_STARTED, about=("upload", str(upload.id)), data=told))
    return upload


@dataclass(frozen=True, slots=True)
class Offer:
    """What a person may say of files, whether they upload as their own only, and what they began: each upload and until when it waits."""

    categories: tuple[str, ...]
    own: bool
    waiting: tuple[tuple[Upload, int], ...]


@action("upload.offer", Permission.ITEM_INGEST, EventType.POLICY_READ)
def offer(desk: Desk) -> Offer:
    """The categories of the policy in force, and the actor's own unfinished uploads."""
    policy, uploads = desk.ports.policy, desk.ports.uploads
    waiting = tuple((one, one.heard + uploads.lasting_ms) for one in uploads.waiting(owner_of(desk.actor)))
    told: dict[str, Plain] = {"policy": policy.name, "version": policy.version, "unfinished": [str(one.id) for one, _ in waiting]}
    desk.note(Statement(EventType.POLICY_READ, data=told))
    named = tuple(sorted(name for name in policy.categories if name != UNCATEGORIZED))
    return Offer(named, desk.reach().own_only, waiting)


def plan(ports: Ports, actor: Actor, paths: Sequence[str]) -> list[CardFile]:
    """Files of a card, of which only the paths are told, in the order in which they are sent, with what each is. Keeps nothing, shows nothing.

    Raises Refused where they may not upload, BadInput for more than `MOST_PLANNED`.
    """
    desk = Desk(ports, actor, start.name, start.permission, ())
    with refusals_recorded(desk):
        desk.require()
    if len(paths) > MOST_PLANNED:
        raise BadInput(f"at most {MOST_PLANNED} files at once")
    return arranged([PurePosixPath(path) for path in dict.fromkeys(paths)])


def find(ports: Ports, actor: Actor, ref: UUID) -> Upload:
    """An upload of that sender. Raises NotFound for any other, Refused where they may not upload any more. Its event is that it was begun."""
    desk = Desk(ports, actor, start.name, start.permission, ())
    with refusals_recorded(desk):
        desk.require()
    upload = ports.uploads.upload(ref)
    if upload is None or upload.owner != owner_of(actor):
        raise NotFound("there is no such upload of yours")
    return upload


def grow(ports: Ports, actor: Actor, ref: UUID, chunk: Chunk) -> tuple[int, Upload]:
    """Take more bytes; how many are durable now, and the upload, with its outcome once it is kept.

    Raises NotFound, Conflict, BadInput, WrongChecksum, DiskFull, Underway, Unavailable.
    """
    upload = find(ports, actor, ref)
    if upload.outcome:
        if chunk.offset != upload.length:
            raise Conflict(upload.length)
        return upload.length, upload
    with ports.growing.grow(upload.id, upload.sealed, upload.length) as growing:
        if chunk.offset != growing.size:
            raise Conflict(growing.size)
        ports.alarm.check()
        if not growing.whole:
            if chunk.checksum:
                growing.receive_checked(chunk.source, *chunk.checksum)
            else:
                growing.receive(chunk.source)
            ports.uploads.heard(upload.id, growing.size, ports.now())
        if growing.whole and not awaited(ports, replace(upload, heard=ports.now())):
            finish(ports, actor, upload, growing)
        size = growing.size
    return size, _ended(ports, actor, upload)


def measure(ports: Ports, actor: Actor, ref: UUID) -> tuple[int, Upload]:
    """How many bytes are durable. One that is whole is told of as that only once it is kept."""
    upload = find(ports, actor, ref)
    if upload.outcome:
        return upload.length, upload
    if not ports.growing.begun(upload.id) and upload.length:
        return 0, upload
    with ports.growing.grow(upload.id, upload.sealed, upload.length) as growing:
        size = growing.size
        if growing.whole and not awaited(ports, upload):
            finish(ports, actor, upload, growing)
        elif size != upload.received:
            ports.uploads.heard(upload.id, size, ports.now())
    return size, _ended(ports, actor, upload)


@action("upload.finish", Permission.ITEM_INGEST, *EVENTS)
def finish(desk: Desk, upload: Upload, growing: Growing) -> Outcome:
    """Keep an upload that is whole. Raises DiskFull, Unavailable; then it stays as it was, to be tried again."""
    return _kept(desk, upload, growing)


@action("upload.settle", Permission.INTAKE_SWEEP, *EVENTS)
def settle(desk: Desk, upload: Upload, growing: Growing) -> Outcome:
    """Keep an upload that is whole and whose sender does not ask any more."""
    return _kept(desk, upload, growing)


@action("upload.terminate", Permission.ITEM_INGEST, EventType.UPLOAD_TERMINATED)
def terminate(desk: Desk, ref: UUID) -> None:
    """End an upload that is not whole, and remove what came of it. Refuses one that is whole: it is evidence. Raises NotFound, Underway."""
    upload = find(desk.ports, desk.actor, ref)
    _refuse_kept(upload)
    with _held(desk.ports, upload) as whole:
        if whole:
            raise Refused("this upload is complete and about to be kept; evidence is not deleted by whoever sent it")
        _drop(desk, upload, EventType.UPLOAD_TERMINATED)
    desk.ports.growing.remove(upload.id)  # what somebody holds at this moment is found by the next look: no row is left


@action("upload.expire", Permission.INTAKE_SWEEP, EventType.UPLOAD_EXPIRED)
def expire(desk: Desk, upload: Upload) -> None:
    """End an upload whose sender was not heard of for too long, and remove what came of it. Raises NotFound, Underway (it is heard of)."""
    with _held(desk.ports, upload) as whole:
        if whole:
            raise Underway("this upload is whole: it is to be kept")
        _drop(desk, upload, EventType.UPLOAD_EXPIRED, heard=upload.heard)
    desk.ports.growing.remove(upload.id)


def owner_of(actor: Actor) -> str:
    """Whose an upload is."""
    return f"{actor.kind}:{actor.id}"


@contextmanager
def _held(ports: Ports, upload: Upload) -> Iterator[bool]:
    """Whether it is whole; nobody else goes on with what lies of it in the vault meanwhile. Raises Underway."""
    if not ports.growing.begun(upload.id):
        yield not upload.length
        return
    with ports.growing.grow(upload.id, upload.sealed, upload.length) as growing:
        yield growing.whole


def _refuse_kept(upload: Upload) -> None:
    if upload.outcome:
        raise Refused(f"this upload is complete and kept as {upload.outcome.get('number')}; evidence is not deleted by whoever sent it")


def _drop(desk: Desk, upload: Upload, event: EventType, heard: int | None = None) -> None:
    """Its row goes, with an event, if it is not kept; with `heard` only if it was not heard of since. Raises NotFound, Refused, Underway."""
    with desk.writing() as pen:
        if not desk.ports.uploads.end(upload.id, heard):
            _tell_why(desk, upload, heard)
        told: dict[str, Plain] = {"filename": upload.words.name, "size": upload.length, "received": upload.received}
        pen.record(Statement(event, about=("upload", str(upload.id)), data=told))


def _tell_why(desk: Desk, upload: Upload, heard: int | None) -> NoReturn:
    """Why it cannot be ended: it is gone, or its sender was heard of again, or it was kept meanwhile."""
    now = desk.ports.uploads.upload(upload.id)
    if now is None:
        raise NotFound("this upload has ended")
    if heard is not None:
        raise Underway("this upload goes on")
    _refuse_kept(now)
    raise Unavailable("this upload changed meanwhile; try again")


def _kept(desk: Desk, upload: Upload, growing: Growing) -> Outcome:
    item, words = uuid7(), upload.words
    named = words.category if words.category in desk.ports.policy.categories else None  # the policy may have changed since it was begun
    placed = place(desk, upload)
    arrival = Arrival(
        words.device,
        upload.officer,
        desk.ports.policy.category(named or UNCATEGORIZED),
        words.recorded_at,
        categorised=bool(named),
        item=item,
        sealed=upload.sealed,
        path=Path(words.name),
        digest=growing.digest(),
        size=upload.length,
        file_time=words.modified_at,
        after=placed.after,
        filename=words.name,
        recording=placed.recording,
        joins=placed.beside is not None,
        position=placed.position,
        beside=placed.beside.value if placed.beside else "",
        said={"upload": str(upload.id), "said": dict(words.raw)},
    )
    desk.ports.catalog.begin_intake(item, upload.sealed, words.name, desk.now())
    try:
        intake = growing.settling(item)
    except BaseException:
        desk.ports.catalog.end_intake(item)
        raise
    try:
        return kept_once(desk, arrival, intake, partial(_noted, desk, upload), partial(_known_to, desk, upload))
    except BaseException:
        give_up(desk, item, intake)
        raise


def _known_to(desk: Desk, upload: Upload, item: EvidenceItem) -> bool:
    """Whether its sender may hear of that item: a dock, which reads nothing back, only of what it sent itself."""
    if not upload.owner.startswith("device:"):
        return True
    received = (entry for entry in desk.ports.catalog.trail(item.id) if entry.type == EventType.ITEM_RECEIVED)
    return any(upload.owner in _senders(desk, entry) for entry in received)


def _senders(desk: Desk, received: TrailEntry) -> set[str]:
    """Who sent what was received there: who acted; of an upload also who began it, since the clock keeps what its sender forgot."""
    data = received.opened.get("data")
    named = data.get("upload") if isinstance(data, dict) else None
    began = desk.ports.catalog.trail_of_object("upload", str(named)) if named else []
    told = [received, *(entry for entry in began if entry.type == EventType.UPLOAD_STARTED)]
    actors = [actor for entry in told if isinstance(actor := entry.opened.get("actor"), dict)]
    return {f"{actor.get('kind')}:{actor.get('id')}" for actor in actors}


def _noted(desk: Desk, upload: Upload, outcome: Outcome) -> None:
    """The upload's row, inside the transaction. Undoes it (Unavailable) where the upload ended meanwhile."""
    if not desk.ports.uploads.settled(upload.id, outcome.as_json()):
        raise Unavailable("this upload ended meanwhile; nothing is kept twice")


def _ended(ports: Ports, actor: Actor, upload: Upload) -> Upload:
    """The upload as it is now; what lay in the vault beside the item's own object goes, and what waited for this item is kept."""
    now = _cleared(ports, upload)
    if now.outcome:
        with suppress(VestigeError):  # the clock keeps what fails here
            free(ports, actor, now)
    return now


def _cleared(ports: Ports, upload: Upload) -> Upload:
    now = ports.uploads.upload(upload.id)
    if now is None:
        raise NotFound("this upload has ended")
    if now.outcome:
        ports.growing.remove(upload.id)
    return now


def free(ports: Ports, actor: Actor, upload: Upload) -> None:
    """Keep what waited for that upload, and what waited for those. Raises what keeping raises; then they are tried again later."""
    kept = deque([upload])
    while kept:
        for one in freed(ports, kept.popleft()):
            with ports.growing.grow(one.id, one.sealed, one.length) as growing:
                if growing.whole:
                    finish(ports, actor, one, growing)
            now = _cleared(ports, one)
            if now.outcome:
                kept.append(now)
