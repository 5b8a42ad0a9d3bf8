"""Every route of the pages and of the bytes, with the action that it names. What is not in this table does not exist."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponseBase
from django.urls import URLPattern, path
from django.views.decorators.http import require_http_methods

from vestige.actions import (
    agency_shape,
    correcting,
    device_faults,
    devices,
    dock_intake,
    dock_words,
    docks,
    findings,
    granting,
    items,
    joining,
    kiosk,
    people,
    review,
    trail_report,
    uploads,
    viewing,
)
from vestige.actions.door import Action
from vestige.web.pages import answering
from vestige.web.views import accounts, agency, recordings, reviews
from vestige.web.views import devices as cameras
from vestige.web.views import docks as stations
from vestige.web.views import findings as listing
from vestige.web.views import joining as joins
from vestige.web.views import kiosk as station
from vestige.web.views import roles as grants
from vestige.web.views import uploads as uploading

_GET = ("GET", "HEAD")
_POST = ("POST",)


@dataclass(frozen=True, slots=True)
class Route:
    """A route of ours: it names an action. `public` where strangers are answered."""

    path: str
    methods: tuple[str, ...]
    action: Action[..., Any]
    public: bool = False

    def listed(self) -> dict[str, object]:
        """As `vestige routes` prints it."""
        shown: dict[str, object] = {"path": self.path, "methods": list(self.methods), "action": self.action.name}
        return {**shown, "public": True} if self.public else shown


@dataclass(frozen=True, slots=True)
class Page:
    """A route that Django answers: the path in Django's own notation, and the view."""

    pattern: str
    view: Callable[..., HttpResponseBase]
    route: Route

    def url(self) -> URLPattern:
        """The pattern for Django: only the listed methods, only signed-in people unless public, our errors as pages."""
        view = require_http_methods(list(self.route.methods))(self.view)
        return path(self.pattern, answering(view if self.route.public else login_required(view)))


def _page(pattern: str, view: Callable[..., HttpResponseBase], action: Action[..., Any], methods: tuple[str, ...] = _GET) -> Page:
    return Page(pattern, view, Route("/" + pattern, methods, action))


def _open_page(pattern: str, view: Callable[..., HttpResponseBase], action: Action[..., Any]) -> Page:
    return Page(pattern, view, Route("/" + pattern, (*_GET, *_POST), action, public=True))


PAGES = (
    _page("", recordings.first, items.list_recordings),
    _page("agency", agency.show, agency_shape.show),
    _page("agency/import", agency.import_file, agency_shape.import_file, _POST),
    _page("docks", stations.list_docks, docks.list_docks),
    _page("docks/connect", stations.connect, docks.connect, _POST),
    _page("docks/revoke", stations.revoke, docks.revoke, _POST),
    _page("devices", cameras.list_devices, devices.list_page),
    _page("devices/register", cameras.register, devices.register, _POST),
    _page("devices/faults", cameras.list_faults, device_faults.list_faults),
    _page("devices/<uuid:ref>", cameras.show, devices.show),
    _page("devices/<uuid:ref>/assign", cameras.assign, devices.assign, _POST),
    _page("devices/<uuid:ref>/change", cameras.change, devices.change, _POST),
    _page("devices/<uuid:ref>/faults", cameras.report_fault, device_faults.report, _POST),
    _page("devices/<uuid:ref>/faults/<uuid:fault>/end", cameras.end_fault, device_faults.end, _POST),
    _page("devices/<uuid:ref>/return", cameras.give_back, devices.give_back, _POST),
    _page("findings", listing.list_findings, findings.list_findings),
    _page("findings/<uuid:ref>/close", listing.close, findings.close, _POST),
    _page("items/<str:ref>", recordings.show_item, items.show_item),
    _page("items/<str:ref>/trail", recordings.trail, items.read_trail),
    _page("items/<str:ref>/trail/<str:form>", recordings.trail_report, trail_report.report),
    _page("kiosk", station.show, kiosk.show),
    _page("kiosk/check-out", station.check_out, kiosk.check_out, _POST),
    _page("kiosk/return", station.bring_back, kiosk.bring_back, _POST),
    _page("people", grants.list_people, people.list_people),
    _page("people/roles", grants.grant, granting.grant, _POST),
    _page("people/roles/<uuid:ref>/confirm", grants.confirm, granting.confirm, _POST),
    _page("people/roles/<uuid:ref>/decline", grants.decline, granting.decline, _POST),
    _page("people/roles/withdraw", grants.withdraw, granting.withdraw, _POST),
    _page("recordings", recordings.list_recordings, items.list_recordings),
    _page("recordings/<str:ref>", recordings.show_recording, items.show_recording),
    _page("recordings/<str:ref>/correct", recordings.correct, correcting.correct, _POST),
    _page("recordings/<str:ref>/test", cameras.mark_test, device_faults.mark_test, _POST),
    _page("recordings/<str:ref>/join", joins.join, joining.join, _POST),
    _page("reviews", reviews.list_weeks, review.list_weeks),
    _page("reviews/<str:week>", reviews.show_week, review.read),
    _page("reviews/<str:week>/sign", reviews.sign, review.sign, _POST),
    _page("sign-out", accounts.sign_out, people.sign_out, _POST),
    _page("upload", uploading.show, uploads.offer),
    _open_page("join/<str:token>", accounts.join, people.join),
    _open_page("sign-in", accounts.sign_in, people.sign_in),
)

BYTES = (
    Route("/bytes/posters/{item}", _GET, viewing.show_picture),
    Route("/bytes/viewings", _POST, viewing.start),
    Route("/bytes/viewings/{viewing}/items/{item}", _GET, viewing.start),
    Route("/bytes/viewings/{viewing}/items/{item}/pages/{page}", _GET, viewing.start),
    Route("/bytes/viewings/{viewing}/played", _POST, viewing.end),
)

_SENDING: tuple[tuple[str, tuple[str, ...], Action[..., Any]], ...] = (
    ("/System/{object:path}", _GET, docks.read),
    ("/{container}", ("PUT",), dock_words.describe),
    ("/{container}", _POST, dock_words.describe),
    ("/{container}/{object:path}", ("PUT",), dock_intake.receive),
    ("/{container}/{object:path}", _POST, dock_words.describe_object),
)
DOCKS = (
    Route("/auth/v1.0", _GET, docks.sign_in, public=True),
    *(Route(f"{root}/{{account}}{path}", methods, action) for root in ("/v1", "/v1.0") for path, methods, action in _SENDING),
)

UPLOADS = (
    Route("/uploads", ("OPTIONS", "POST"), uploads.start),
    Route("/uploads/plan", ("POST",), uploads.start),
    Route("/uploads/{upload}", ("DELETE",), uploads.terminate),
    Route("/uploads/{upload}", ("HEAD", "OPTIONS"), uploads.start),
    Route("/uploads/{upload}", ("PATCH",), uploads.finish),
)
"""Bytes that come before the last need no event of their own: that the upload was begun is one, as is what becomes of it."""

FOREIGN: tuple[dict[str, object], ...] = (
    {"path": "/log/{path}", "methods": list(_GET), "foreign": "starlette.staticfiles", "public": True},
    {"path": "/static/{path}", "methods": list(_GET), "foreign": "starlette.staticfiles", "public": True},
)


def listed() -> list[dict[str, object]]:
    """All routes, as `vestige routes` prints them."""
    return [*(page.route.listed() for page in PAGES), *(route.listed() for route in (*BYTES, *DOCKS, *UPLOADS)), *FOREIGN]
