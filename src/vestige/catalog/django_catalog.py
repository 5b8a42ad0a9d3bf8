"""The catalog as one object: the port through which actions reach the database."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import Q

from vestige.catalog import (
    checking,
    contents,
    copying,
    log_rows,
    models,
    probing,
    published,
    queries,
    restoring,
    sequencer,
    triggers,
    values,
)
from vestige.catalog.accounts.models import Person as PersonRow
from vestige.catalog.log import Transaction, writing
from vestige.catalog.proofs import ProofReader
from vestige.catalog.sequencer import LogSigner
from vestige.custody.canonical import canonical
from vestige.custody.signed_notes import ED25519, VerifierKey
from vestige.custody.succession import keys as chain_keys
from vestige.errors import Unavailable
from vestige.evidence.backups import CatalogCopy, OldLog
from vestige.evidence.home import AgencyFacts, Contents, Fault
from vestige.evidence.items import Finding, Viewing
from vestige.evidence.people import Actor, Person
from vestige.evidence.tracks import Point
from vestige.evidence.values import Digest


class DjangoCatalog:
    """Queries, the log and rows that bear no evidence. What bears evidence changes only through `writing`."""

    person = staticmethod(queries.person)
    people = staticmethod(queries.people)
    device = staticmethod(queries.device)
    devices = staticmethod(queries.devices)
    holder = staticmethod(queries.holder)
    item = staticmethod(queries.item)
    items = staticmethod(queries.items)
    recording = staticmethod(queries.recording)
    recordings = staticmethod(queries.recordings)
    recording_itself = staticmethod(queries.recording_itself)
    corrections = staticmethod(queries.corrections)
    with_digest = staticmethod(queries.with_digest)
    finding = staticmethod(queries.finding)
    findings = staticmethod(queries.findings)
    findings_of = staticmethod(queries.findings_of)
    open_findings_of = staticmethod(queries.open_findings_of)
    unprepared = staticmethod(queries.unprepared)
    trackless = staticmethod(queries.trackless)
    unread_since = staticmethod(queries.unread_since)
    archive_bytes = staticmethod(queries.archive_bytes)
    redaction = staticmethod(queries.redaction)
    redactions_of = staticmethod(queries.redactions_of)
    redaction_of_copy = staticmethod(queries.redaction_of_copy)
    trail = staticmethod(queries.trail)
    trail_of_object = staticmethod(queries.trail_of_object)
    probe = staticmethod(probing.probe)
    is_lost = staticmethod(probing.is_lost)
    guards_missing = staticmethod(triggers.missing)
    remake_guards = staticmethod(triggers.remake)
    guarded_at = staticmethod(probing.guarded_at)
    told_of = staticmethod(queries.told_of)

    def __init__(self, signer: LogSigner, now: Callable[[], int], log: Path) -> None:
        """`signer` holds the log's key; `now` is the clock (milliseconds UTC); `log` the folder into which the log is written as files."""
        self._signer = signer
        self._now = now
        self._log = log

    def writing(self, actor: Actor) -> AbstractContextManager[Transaction]:
        """A transaction of this actor; durable when the block ends."""
        return writing(actor, self._now)

    def agency(self) -> AgencyFacts | None:
        """The agency, or None before the home is founded."""
        return log_rows.agency()

    def origin(self) -> str:
        """The log's origin."""
        return models.LogState.objects.get().origin

    def log_key(self) -> bytes:
        """The log's Ed25519 public key, 32 bytes."""
        return self._signer.public_key()

    def log_keys(self) -> tuple[bytes, ...]:
        """All public keys that the log has had, the one in force first. Raises Fault, BadInput for statements that do not lead to it."""
        newest = VerifierKey(self.origin(), ED25519, self._signer.public_key())
        return tuple(key.public for key in chain_keys(self._signer.succession, newest))

    def succession(self) -> tuple[str, ...]:
        """The signed statements that lead from the log's first key to this one."""
        return self._signer.succession

    def set_password(self, person: UUID, password: str) -> None:
        """Set the password and end the invitation."""
        PersonRow.objects.filter(id=person).update(password=make_password(password), invitation="", invited_until=None)

    def check_password(self, person: UUID, password: str) -> bool:
        """Whether it is the person's password."""
        return PersonRow.objects.get(id=person).check_password(password)

    def invite(self, person: UUID, token_sha256: str, until: int) -> None:
        """Keep the digest of an invitation's token."""
        PersonRow.objects.filter(id=person).update(invitation=token_sha256, invited_until=until)

    def invited(self, token_sha256: str, now: int) -> Person | None:
        """Whose invitation that is, while it lasts."""
        row = PersonRow.objects.filter(invitation=token_sha256, invited_until__gt=now).exclude(invitation="").first()
        return queries.person(str(row.id)) if row else None

    def number(self, series: str) -> int:
        """The next number of a series; call it inside a transaction."""
        counter, _ = models.Counter.objects.select_for_update().get_or_create(name=series)
        counter.value += 1
        counter.save()
        return counter.value

    def begin_intake(self, item: UUID, sealed: UUID, path: str, now: int) -> None:
        """Remember that an item is on its way in."""
        models.Intake.objects.create(id=item, sealed=sealed, path=path[:4096], started=now)

    def end_intake(self, item: UUID) -> bool:
        """Forget it: the item is there, or nothing of it is. False when a sweeper forgot it before."""
        return models.Intake.objects.filter(id=item).delete()[0] == 1

    def claim_intake(self, item: UUID, sealed: UUID) -> bool:
        """Forget a dead intake, in the transaction in which its files are removed: nobody can commit it from here on.

        False, and nothing is forgotten, where a committed item bears its id or names its object, or somebody forgot it before.
        """
        if models.EvidenceItem.objects.filter(Q(id=item) | Q(sealed=sealed)).exists():
            return False
        return self.end_intake(item)

    def intakes(self) -> list[tuple[UUID, UUID]]:
        """Items (and their objects) on their way in, living or dead."""
        return list(models.Intake.objects.order_by("id").values_list("id", "sealed"))

    def stale_intakes(self) -> list[tuple[UUID, UUID]]:
        """Those of them that began more than a minute ago."""
        return contents.stale_intakes(self._now())

    def shared(self, sealed: UUID, item: UUID) -> bool:
        """Whether another item than this names the object; the rows of those that do are locked until the transaction ends.

        Whoever takes an object away locks them too, and then counts them: no object is taken from an item that shares it.
        """
        others = models.EvidenceItem.objects.select_for_update(no_key=True).filter(sealed=sealed).exclude(id=item)
        return bool(list(others.order_by("id").values_list("id")))

    def index_key(self, item: UUID) -> bytes | None:
        """The key of the item's media index, 32 bytes."""
        key = models.EvidenceItem.objects.values_list("media_index_key", flat=True).get(id=item)
        return bytes(key) if key else None

    def was_read(self, item: UUID, at: int) -> None:
        """Fixity read the item's sealed bytes."""
        models.EvidenceItem.objects.filter(id=item).update(read_at=at)

    def add_working(self, item: UUID, kind: str, facts: dict[str, object]) -> None:
        """Note a working copy (replacing an older one of its kind)."""
        models.WorkingCopy.objects.update_or_create(item_id=item, kind=kind, defaults={"facts": facts})

    def working_facts(self, item: UUID, kind: str) -> dict[str, object] | None:
        """What a working copy holds."""
        row = models.WorkingCopy.objects.filter(item=item, kind=kind).first()
        return dict(row.facts) if row else None

    def add_track(self, item: UUID, points: Sequence[Point]) -> None:
        """Keep the places by which the item is found (replacing older ones)."""
        with transaction.atomic():
            models.TrackPoint.objects.filter(item=item).delete()
            rows = (models.TrackPoint(item_id=item, latitude_e7=one.latitude_e7, longitude_e7=one.longitude_e7) for one in points)
            models.TrackPoint.objects.bulk_create(rows, batch_size=1000)

    def open_finding(self, finding: Finding) -> None:
        """Keep a new finding."""
        models.Finding.objects.create(
            id=finding.id,
            kind=finding.kind.value,
            object_kind=finding.object_kind,
            object_id=finding.object_id,
            detail=finding.detail,
            opened_by=finding.opened_by,
            opened_at=finding.opened_at,
            owner_id=finding.owner,
            due=finding.due,
        )

    def close_finding(self, finding: UUID, at: int, reason: str) -> None:
        """End a finding."""
        models.Finding.objects.filter(id=finding, closed_at__isnull=True).update(closed_at=at, end_reason=reason)

    def add_reviewed(self, redaction: UUID, plan_digest: Digest, spans: Sequence[tuple[int, int]], person: UUID) -> None:
        """Keep the spans (milliseconds) that a person checked."""
        models.ReviewedSpan.objects.bulk_create(
            models.ReviewedSpan(redaction_id=redaction, plan_digest=plan_digest.value, from_ms=a, to_ms=b, person_id=person)
            for a, b in spans
        )

    def start_viewing(self, viewing: Viewing) -> None:
        """Keep a new viewing."""
        models.Viewing.objects.create(
            id=viewing.id,
            person_id=viewing.person,
            session=viewing.session,
            item_id=viewing.item,
            reason=viewing.reason,
            case=viewing.case or "",
            started_at=viewing.started_at,
            server=viewing.server,
        )

    def viewing(self, ref: UUID) -> Viewing | None:
        """One viewing."""
        row = models.Viewing.objects.filter(id=ref).first()
        return values.viewing(row) if row else None

    def open_viewings(self) -> list[Viewing]:
        """Those that have not ended, oldest first."""
        return [values.viewing(row) for row in models.Viewing.objects.filter(ended_at__isnull=True).order_by("id")]

    def save_viewing(self, viewing: Viewing) -> None:
        """Keep what was served and played, and the end."""
        models.Viewing.objects.filter(id=viewing.id).update(
            ended_at=viewing.ended_at,
            served_bytes=viewing.served_bytes,
            served_ms=viewing.served_ms,
            served_exact=viewing.served_exact,
            played_ms=viewing.played_ms,
        )

    def add_package(self, package: UUID, item: UUID, profile: str, digest: Digest, person: UUID, now: int) -> None:  # a row has its columns
        """Remember a package that left."""
        models.Package.objects.create(id=package, item_id=item, profile=profile, digest=digest.value, person_id=person, created_at=now)

    def checkpoint(self) -> str:
        """A signed checkpoint that covers every event committed before the call. Call it outside a transaction."""
        if transaction.get_connection().in_atomic_block:
            raise Unavailable("a checkpoint is made outside a transaction")
        return sequencer.checkpoint(self._signer, self._now)

    def log_behind(self) -> bool:
        """Whether the log's files lack something that is committed. Raises Fault for files that are not this log's."""
        if models.Waiting.objects.exists():
            return True
        held = published.held(self._log, self.log_keys())
        return models.LogState.objects.get().size != (held.size if held else -1)

    def write_log(self) -> None:
        """Bring the log's files up to every event committed before the call. Derived from the database and nothing else; records nothing.

        Raises Fault for files that are anything but this log's past.
        """
        published.publish(self._log, self.checkpoint(), self.log_keys(), self.succession())

    def publish_log(self, folder: Path) -> str:
        """The same into a folder elsewhere, read back whole; the checkpoint that it publishes then. Raises BadInput, Fault."""
        published.refuse_strange(folder)
        published.publish(folder, self.checkpoint(), self.log_keys(), self.succession())
        return published.read_back(folder, self.log_keys(), self.succession())

    def log_faults(self) -> Iterator[Fault]:
        """What in the log's files does not hold, or is not what the database has. That they are behind, or not there at all, is no fault."""
        if self._log.is_dir():
            yield from checking.readable(str(self._log), published.faults(self._log, self.log_keys(), self.succession()))

    def proofs(self, size: int) -> ProofReader:
        """Proofs in the tree of that size."""
        return ProofReader(size)

    def faults(self) -> Iterator[Fault]:
        """What in the database does not hold."""
        return checking.faults(self.log_keys)

    def copy(self, folder: Path) -> CatalogCopy:
        """The database's own copy, at one moment, in `folder`."""
        return copying.copy(folder)

    def renew(self, leaf: bytes, origin: str, old: OldLog) -> None:
        """After a restore, inside its transaction: the log `origin` begins with the entry of that leaf hash, then what the old one held."""
        past = models.PastLog(
            origin=old.origin,
            key=old.key,
            size=old.size,
            note=old.checkpoint,
            newest_size=old.newest,
            succession=canonical(list(old.succession)).decode(),
            ended_at=self._now(),
        )
        restoring.renew(leaf, origin, past)

    def past_logs(self) -> list[OldLog]:
        """The logs that restores ended, newest first."""
        rows = models.PastLog.objects.order_by("-ended_at", "-size")
        return [OldLog(row.origin, row.key, row.size, row.note, row.newest_size, restoring.statements(row)) for row in rows]

    def old_roots(self, origin: str, sizes: Sequence[int]) -> dict[int, bytes]:
        """The roots (32 bytes) of a log that a restore ended, at these sizes, from its entries as they stand in the log of today."""
        return restoring.old_roots(origin, sizes)

    def contents(self) -> Contents:
        """What must lie in the vault."""
        return contents.contents(self._now())

    def digests(self) -> dict[UUID, Digest]:
        """The digest of each item as the table has it."""
        return {item: Digest(value) for item, value in models.EvidenceItem.objects.values_list("id", "sha256")}

    def objects(self) -> dict[UUID, list[UUID]]:
        """Sealed objects and the items that they belong to."""
        found: dict[UUID, list[UUID]] = {}
        for item, sealed in models.EvidenceItem.objects.values_list("id", "sealed"):
            found.setdefault(sealed, []).append(item)
        return found
