"""Recordings: the list, one recording, one item, trails."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect

from vestige.access.permissions import Permission
from vestige.actions import correcting, items, tracks
from vestige.actions.prepare import TRACK
from vestige.actions.trail_report import Form, report
from vestige.errors import BadInput, NotFound
from vestige.evidence.items import EvidenceItem, ItemFilter, ItemStatus, Recording
from vestige.evidence.tracks import near
from vestige.web import hands, places
from vestige.web.bytes.passes import pass_for
from vestige.web.media import PAGES, playing
from vestige.web.pages import draw, holds
from vestige.web.times import moment
from vestige.web.words import tell

_PAGE = 24
_FILTERS = ("officer", "device", "category", "status", "since", "until", "near")


def first(request: HttpRequest) -> HttpResponseBase:
    """The first page is the first that this person may see."""
    actor = hands.actor(request)
    pages = ((Permission.ITEM_LIST, "/recordings"), (Permission.DEVICE_CHECK_OUT, "/kiosk"))
    return redirect(next((page for permission, page in pages if holds(actor, permission)), "/people"))


@dataclass(frozen=True, slots=True)
class _Row:
    recording: Recording
    poster: str
    copies: int


def _row(request: HttpRequest, recording: Recording, *, shown: bool) -> _Row:
    """A line of the list; its picture's address lets this session have it without an event of its own: the list's event names it."""
    item = items.poster_of(recording) if shown else None
    address = f"/bytes/posters/{item.id}?listed={pass_for(item.id, request.session.session_key or '')}" if item else ""
    return _Row(recording, address, sum(one.parent is not None for one in recording.items))


def list_recordings(request: HttpRequest) -> HttpResponseBase:
    """Recordings, newest first, narrowed by the filters; older ones behind a link."""
    given = {name: request.GET.get(name, "").strip() for name in _FILTERS}
    wrong = ""
    try:
        wanted = _wanted(given, request.GET.get("before", ""))
    except BadInput as error:
        wanted, wrong = ItemFilter(limit=_PAGE), str(error)
    found = hands.act(request, items.list_recordings, wanted)
    may_view = hands.reach(request, Permission.ITEM_VIEW)
    context = {
        "rows": [_row(request, one, shown=may_view(one)) for one in found],
        "given": given,
        "filtered": any(given.values()),
        "wrong": wrong,
        "categories": sorted(hands.ports().policy.categories),
        "states": [ItemStatus.ACCESSIONED.value, ItemStatus.QUARANTINED.value],
        "older": _older(given, found) if len(found) == _PAGE else "",
        "newest": f"/recordings?{urlencode(_set(given))}" if request.GET.get("before") else "",
    }
    return draw(request, "recordings.html", context, 400 if wrong else 200)


def show_recording(request: HttpRequest, ref: str) -> HttpResponseBase:
    """A recording: player, segments, facts, findings, derived copies and the trail of its first item."""
    facts = hands.act(request, items.show_recording, ref)
    recording, actor = facts.recording, hands.actor(request)
    segments = recording.segments
    trail: Sequence[object] = ()
    first = next(iter((*segments, *recording.attached)), None)  # a dock may send what stands beside footage before any
    may_trail = hands.reach(request, Permission.TRAIL_READ)(recording)
    if first and may_trail:
        trail = [tell(entry) for entry in hands.act(request, items.read_trail, str(first.id))[1]]
    context = {
        **_stage(request, recording, [facts.opened.get(item.id, item) for item in segments]),
        "places": _places(request, recording),
        "recording": recording,
        "segments": segments,
        "shown": [(item, facts.opened.get(item.id)) for item in segments],
        "length_ms": sum(facts.opened.get(item.id, item).duration_ms for item in segments),
        "first": first,
        "received_at": first.received_at if first else None,  # what was joined into another has nothing left
        "attached": recording.attached,
        "derived": [item for item in recording.items if item.parent is not None],
        "findings": facts.findings,
        "elsewhere": facts.elsewhere,
        "into": facts.into,
        "may_join": holds(actor, Permission.RECORDING_JOIN),
        "redactions": facts.redactions,
        "trail": trail,
        "may_trail": may_trail,
        "may_mark_test": bool(recording.items) and holds(actor, Permission.RECORDING_MARK_TEST),
        "may_devices": holds(actor, Permission.DEVICE_LIST),
        "may_correct": holds(actor, Permission.RECORDING_CORRECT),
        "corrections": facts.corrections,
    }
    return draw(request, "recording.html", context)


def correct(request: HttpRequest, ref: str) -> HttpResponseBase:
    """Say who recorded, or when, in place of what is known."""
    officer, at = request.POST.get("officer", ""), request.POST.get("recorded_at", "").strip()
    try:
        given = moment(at, "recorded")
        hands.act(request, correcting.correct, ref, request.POST.get("reason", ""), officer=officer, recorded_at=given)
    except BadInput as error:
        messages.error(request, f"{str(error)[:1].upper()}{str(error)[1:]}.".replace("..", "."))
    else:
        messages.success(request, "It is corrected. What was known before stands beside it.")
    return redirect(f"/recordings/{ref}")


def show_item(request: HttpRequest, ref: str) -> HttpResponseBase:
    """One item by itself: a derived copy, or one segment."""
    item, recording = hands.act(request, items.show_item, ref)
    actor = hands.actor(request)
    parent = next((other for other in recording.items if other.id == item.parent), None)
    context = {
        **_stage(request, recording, (item,)),
        "recording": recording,
        "item": item,
        "parent": parent,
        "may_trail": holds(actor, Permission.TRAIL_READ),
        "may_devices": holds(actor, Permission.DEVICE_LIST),
    }
    return draw(request, "item.html", context)


def trail(request: HttpRequest, ref: str) -> HttpResponseBase:
    """The custody trail of an item, oldest first."""
    item, entries = hands.act(request, items.read_trail, ref)
    return draw(request, "trail.html", {"item": item, "trail": [tell(entry) for entry in entries]})


_TYPES = {Form.CSV: "text/csv; charset=utf-8", Form.HTML: "text/html; charset=utf-8", Form.JSON: "application/json"}


def trail_report(request: HttpRequest, ref: str, form: str) -> HttpResponseBase:
    """The trail as a report, to be kept: always a download, so that its own style is not at odds with this site's rules."""
    if form not in set(Form):
        raise NotFound("there is no such form of a report")
    written = hands.act(request, report, ref, Form(form))
    disposition = f'attachment; filename="{written.filename}"'
    return HttpResponse(written.data, content_type=_TYPES[written.form], headers={"Content-Disposition": disposition})


def _stage(request: HttpRequest, recording: Recording, shown: Sequence[EvidenceItem]) -> dict[str, Any]:
    """What the player needs, and whether this person may use it."""
    may_view = hands.reach(request, Permission.ITEM_VIEW)(recording)
    at = recording.recorded_at
    if at is not None and len(shown) == 1:
        at += sum(item.duration_ms for item in recording.segments if item.position < shown[0].position)
    stage = {
        "title": recording.number if len(shown) != 1 else shown[0].number,
        "recordedAt": at,
        "zone": hands.agency().timezone,
        "items": [playing(item, _pages(item)) for item in shown],
    }
    return {"may_view": may_view, "stage": stage}


def _places(request: HttpRequest, recording: Recording) -> Mapping[str, object] | None:
    """Where the camera was, for those who may view the recording; None where nothing tells it."""
    if not any(TRACK in one.working for one in recording.items) or not hands.reach(request, Permission.ITEM_VIEW)(recording):
        return None
    found = hands.act(request, tracks.show_tracks, str(recording.id))
    return {"told": places.told(found), "drawn": places.drawn(found, hands.agency().timezone)}


def _pages(item: EvidenceItem) -> Mapping[str, object] | None:
    return hands.ports().catalog.working_facts(item.id, PAGES) if PAGES in item.working else None


def _wanted(given: Mapping[str, str], before: str) -> ItemFilter:
    """The filter that the form says. Raises BadInput for a status, time or place in the list that is none."""
    if given["status"] and given["status"] not in set(ItemStatus):
        raise BadInput("There is no such status.")
    wanted = ItemFilter(
        officer=given["officer"] or None,
        device=given["device"] or None,
        category=given["category"] or None,
        status=ItemStatus(given["status"]) if given["status"] else None,
        since=moment(given["since"], "from"),
        until=moment(given["until"], "to", end=True),
        near=near(given["near"]) if given["near"] else None,
        limit=_PAGE,
    )
    try:
        return replace(wanted, before=UUID(before)) if before else wanted
    except ValueError as error:
        raise BadInput("There is no such page of the list.") from error


def _set(given: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in given.items() if value}


def _older(given: Mapping[str, str], found: Sequence[Recording]) -> str:
    return "/recordings?" + urlencode({**_set(given), "before": str(found[-1].id)})
