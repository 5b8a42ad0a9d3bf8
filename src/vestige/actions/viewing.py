"""Viewing: a person looks at an item for a purpose. The start is committed before the first byte leaves."""

from contextlib import closing
from dataclasses import replace
from uuid import UUID

from vestige.access.permissions import Permission
from vestige.actions.door import Desk, action
from vestige.actions.items import find_item, subject_of
from vestige.custody.events import EventType
from vestige.errors import BadInput, NotFound, Refused
from vestige.evidence.changes import Plain, Purpose, Statement
from vestige.evidence.items import EvidenceItem, Viewing
from vestige.evidence.values import uuid7

_LONGEST_REASON = 1_000


@action("viewing.start", Permission.ITEM_VIEW, EventType.VIEWING_STARTED)
def start(desk: Desk, ref: str, reason: str, case: str | None = None, *, server: str = "") -> Viewing:
    """Begin to view an item; `server` is the mark of the one that will serve it. Raises BadInput without a reason, NotFound, Refused."""
    reason, case = reason.strip(), (case or "").strip() or None
    if not reason or len(reason) > _LONGEST_REASON or len(case or "") > 100:
        raise BadInput("viewing takes a purpose: a reason of at most 1000 characters, and a case number of at most 100")
    item, _ = find_item(desk, ref)
    viewing = Viewing(
        uuid7(), UUID(desk.actor.id), desk.actor.session or "", item.id, reason, case, desk.now(), None, 0, 0, 0, server=server
    )
    with desk.writing() as pen:
        desk.ports.catalog.start_viewing(viewing)
        pen.record(Statement(EventType.VIEWING_STARTED, item=item.id, about=("viewing", str(viewing.id)), purpose=Purpose(reason, case)))
    return viewing


@action("viewing.end", Permission.ITEM_VIEW, EventType.VIEWING_ENDED)
def end(desk: Desk, viewing: Viewing) -> None:
    """A viewing ends: what was served (bytes, seconds) and what the player says was played. Ending it twice records nothing new."""
    known = _own(desk, viewing.id)
    if known.ended_at is not None:
        raise BadInput("this viewing has ended already")
    last = replace(_most(known, viewing), ended_at=desk.now())
    with desk.writing() as pen:
        desk.ports.catalog.save_viewing(last)
        pen.record(_ending(last))


@action("viewing.sweep", Permission.VIEWING_SWEEP, EventType.VIEWING_ENDED)
def sweep(desk: Desk, viewing: UUID, why: str) -> None:
    """End a viewing that nobody will end any more, with what was kept of it; `why` stands in the event. Raises BadInput for one that ended."""
    with desk.writing() as pen:
        known = desk.ports.catalog.viewing(viewing)
        if known is None:
            raise NotFound("there is no such viewing")
        pen.record(_ending(known, why))
        # Read again behind the lock that the event took on the item's trail: another server may have swept it meanwhile.
        known = desk.ports.catalog.viewing(viewing)
        if known is None or known.ended_at is not None:
            raise BadInput("this viewing has ended already")
        desk.ports.catalog.save_viewing(replace(known, ended_at=desk.now()))


def _ending(last: Viewing, why: str = "") -> Statement:
    return Statement(
        EventType.VIEWING_ENDED,
        item=last.item,
        about=("viewing", str(last.id)),
        purpose=Purpose(last.reason, last.case),
        data={**_told(last), **({"ended_because": why} if why else {})},
    )


def flush(desk: Desk, viewing: Viewing) -> None:
    """Keep what was served and played so far."""
    desk.ports.catalog.save_viewing(_most(_own(desk, viewing.id), viewing))


def admit(desk: Desk, viewing: UUID, item: UUID) -> tuple[Viewing, EvidenceItem]:
    """Whether this viewing may go on receiving bytes of this item: its person, its session, its item, and the right to view as it is now.

    Raises Refused or NotFound. Records nothing: the viewing's start is the event.
    """
    desk.writable()
    known = _own(desk, viewing)
    if known.ended_at is not None or known.item != item:
        raise Refused("this viewing has ended, or is of another item")
    found = desk.ports.catalog.item(str(item))
    recording = desk.ports.catalog.recording(str(found.recording)) if found else None
    if found is None or recording is None:
        raise NotFound(f"there is no item {item}")
    desk.require(subject_of(recording), Permission.ITEM_VIEW)
    return known, found


@action("viewing.picture", Permission.ITEM_VIEW, EventType.ITEM_SHOWN)
def show_picture(desk: Desk, item: UUID, kind: str) -> bytes:
    """A poster or thumbnail that no list's event names. Raises what `still` raises."""
    data = still(desk, item, kind)
    desk.note(Statement(EventType.ITEM_SHOWN, about=("item", str(item)), data={"picture": kind, "bytes": len(data)}))
    return data


def still(desk: Desk, item: UUID, kind: str) -> bytes:
    """A poster or thumbnail, for a person with the right to view. Raises NotFound for none, and for a recording that is not unrestricted."""
    desk.writable()
    found, recording = find_item(desk, str(item), "there is no such picture")
    if kind not in found.working:
        raise NotFound("there is no such picture")
    if recording.access_class != "unrestricted":
        raise NotFound("pictures of restricted recordings are not shown in lists")
    with closing(desk.ports.vault.open_working(found.id, found.sealed, kind)) as reader:
        return reader.read_at(0, reader.size)


def _own(desk: Desk, ref: UUID) -> Viewing:
    viewing = desk.ports.catalog.viewing(ref)
    if viewing is None or str(viewing.person) != desk.actor.id:
        raise NotFound("there is no such viewing")
    if viewing.session != (desk.actor.session or ""):
        raise Refused("this viewing belongs to another session")
    return viewing


def _told(last: Viewing) -> dict[str, Plain]:
    """What the event says; where the seconds served are only estimated, that too."""
    estimated = last.served_ms > 0 and not last.served_exact
    return {
        "served_bytes": last.served_bytes,
        "served_ms": last.served_ms,
        "served_ms_estimated": estimated,
        "played_ms": last.played_ms,
    }


def _most(known: Viewing, told: Viewing) -> Viewing:
    return replace(
        known,
        served_bytes=max(known.served_bytes, told.served_bytes),
        served_ms=max(known.served_ms, told.served_ms),
        served_exact=told.served_exact if told.served_ms >= known.served_ms else known.served_exact,
        played_ms=max(known.played_ms, told.played_ms),
    )
