"""Drawing a page in the house style, and what pages make of errors."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from types import MappingProxyType
from typing import Any, Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render as _render

from vestige.access.permissions import Permission
from vestige.actions import backups_due, keys
from vestige.errors import BadInput, NotFound, Refused, Unavailable, VestigeError
from vestige.evidence.people import Actor
from vestige.web import hands

P = ParamSpec("P")

_STATUS: Mapping[type[VestigeError], int] = MappingProxyType({BadInput: 400, NotFound: 404, Refused: 403, Unavailable: 503})
_TITLES: Mapping[int, str] = MappingProxyType(
    {
        400: "This could not be understood",
        403: "You may not do this",
        404: "Not found",
        500: "Something that must hold does not",
        503: "Not possible right now",
    }
)


@dataclass(frozen=True, slots=True)
class _Link:
    url: str
    words: str
    permission: Permission


_LINKS = (
    _Link("/recordings", "Recordings", Permission.ITEM_LIST),
    _Link("/upload", "Upload", Permission.ITEM_INGEST),
    _Link("/findings", "Findings", Permission.FINDING_LIST),
    _Link("/devices", "Cameras", Permission.DEVICE_LIST),
    _Link("/docks", "Docks", Permission.DOCK_LIST),
    _Link("/kiosk", "Take or return a camera", Permission.DEVICE_CHECK_OUT),
    _Link("/reviews", "Weekly review", Permission.REVIEW_READ),
    _Link("/people", "People", Permission.PERSON_LIST),
    _Link("/agency", "Agency", Permission.AGENCY_SHOW),
)


def holds(actor: Actor, permission: Permission) -> bool:
    """Whether some role of the actor has the permission: decides what a page offers, never what is allowed."""
    roles = hands.ports().roles
    return any(permission in roles[role].permissions for role in actor.roles if role in roles)


def draw(request: HttpRequest, template: str, context: Mapping[str, Any] | None = None, status: int = 200) -> HttpResponse:
    """A page: the context and what every page shows (agency, who is signed in, where they may go)."""
    agency = hands.agency()
    who = hands.actor(request) if getattr(request, "user", None) is not None and request.user.is_authenticated else None
    frame = {
        "agency": agency,
        "zone": hands.zone(),
        "who": who,
        "links": [link for link in _LINKS if who and holds(who, link.permission)],
        "path": request.path,
        "outage": hands.ports().alarm.state(),
        "warnings": _warnings(who) if who else (),
    }
    return _render(request, f"web/{template}", {**frame, **(context or {})}, status=status)


def _warnings(who: Actor) -> list[tuple[str, str]]:
    """What this person can do something about: of what it is, and the words."""
    given = (("keys", Permission.KEY_DRILL, keys.warning), ("backups", Permission.HOME_BACKUP, backups_due.warning))
    return [(what, words) for what, permission, warning in given if holds(who, permission) and (words := warning(hands.ports()))]


def status_of(error: VestigeError) -> int:
    """The HTTP status of an error: the one table of the web."""
    return next((status for kind, status in _STATUS.items() if isinstance(error, kind)), 500)


def refusal(request: HttpRequest, error: VestigeError) -> HttpResponse:
    """The page that says what went wrong."""
    status = status_of(error)
    return draw(request, "error.html", {"title": _TITLES[status], "words": str(error), "status": status}, status)


def answering(
    view: Callable[Concatenate[HttpRequest, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """The view, with our own errors answered as pages; where the database is gone, by a page that asks nothing of it."""

    @wraps(view)
    def answered(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        try:
            return _asked(view, request, *args, **kwargs)
        except Exception as error:  # only the catalog knows its driver's errors; anything else is raised on
            if not hands.ports().catalog.is_lost(error):
                raise
            return _render(request, "web/unwritable.html", status=503)

    return answered


def _asked(
    view: Callable[Concatenate[HttpRequest, P], HttpResponseBase], request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs
) -> HttpResponseBase:
    try:
        return view(request, *args, **kwargs)
    except VestigeError as error:
        return refusal(request, error)


def missing(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001  # Django's signature
    """The page of an address that nothing is at."""
    return refusal(request, NotFound("There is no such page, or you may not know of it."))


def forged(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001  # Django's signature
    """The page of a form that did not come from one of our pages (or whose page was too old)."""
    words = "This form was too old, or did not come from one of these pages. Go back, load the page again and send it once more."
    return draw(request, "error.html", {"title": _TITLES[403], "words": words, "status": 403}, 403)


def broken(request: HttpRequest) -> HttpResponse:
    """The page of an error that nobody foresaw: it asks nothing of the database."""
    return _render(request, "web/broken.html", status=500)
