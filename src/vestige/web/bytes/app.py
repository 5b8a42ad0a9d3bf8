"""The routes under /bytes/."""

from collections.abc import Awaitable, Callable
from contextlib import closing
from functools import wraps
from uuid import UUID

from django.conf import settings
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from vestige.access.permissions import Permission
from vestige.actions.door import Desk, refusals_recorded
from vestige.actions.viewing import show_picture, still
from vestige.errors import BadInput, LogUnwritable, NotFound, VestigeError
from vestige.evidence.items import EvidenceItem
from vestige.evidence.timemap import TimeMap
from vestige.web import hands, headers
from vestige.web.bytes import guard, passes
from vestige.web.bytes.guard import in_thread
from vestige.web.bytes.ledger import Seat, ledger
from vestige.web.bytes.serving import Part, SealedResponse, Source, Watch
from vestige.web.media import PAGES, TIMEMAP, lengths, playable
from vestige.web.pages import status_of
from vestige.web.routes import BYTES

_JSON_HEADERS = {**headers.COMMON, "Cache-Control": "private, no-store"}
_LONGEST_MS = 31_622_400_000

Endpoint = Callable[[Request], Awaitable[Response]]


def _answering(endpoint: Endpoint) -> Endpoint:
    """The endpoint, with our own errors as JSON: `error` is a code, `words` are for people."""

    @wraps(endpoint)
    async def answered(request: Request) -> Response:
        try:
            return await endpoint(request)
        except VestigeError as error:
            return _refusal(error)
        except Exception as error:  # only the catalog knows its driver's errors; anything else is raised on
            if not hands.ports().catalog.is_lost(error):
                raise
            return _refusal(LogUnwritable("the database does not answer, so nothing is sent"))

    return answered


def _refusal(error: VestigeError) -> Response:
    return JSONResponse({"error": error.code, "words": str(error)}, status_of(error), headers=_JSON_HEADERS)


async def start(request: Request) -> Response:
    """Begin a viewing: `item`, `reason`, and `case` if there is one."""
    guard.refuse_foreign(request)
    key, value = guard.session_key(request), await guard.body(request)
    item, reason, case = value.get("item"), value.get("reason"), value.get("case")
    if not isinstance(item, str) or not isinstance(reason, str) or not isinstance(case, str | None):
        raise BadInput("a viewing takes `item` and `reason` (text), and perhaps `case` (text)")
    viewing = await in_thread(ledger().start, key, guard.address_of(request), item, reason, case)
    url = f"/bytes/viewings/{viewing.id}"
    shown = {"viewing": str(viewing.id), "url": f"{url}/items/{viewing.item}", "played": f"{url}/played"}
    return JSONResponse(shown, 201, headers=_JSON_HEADERS)


async def played(request: Request) -> Response:
    """The player's own report: `playedMs` so far, and `ended` when that was all."""
    guard.refuse_foreign(request)
    key, value = guard.session_key(request), await guard.body(request)
    count, ended = value.get("playedMs"), value.get("ended", False)
    if not isinstance(count, int) or isinstance(count, bool) or not 0 <= count <= _LONGEST_MS or not isinstance(ended, bool):
        raise BadInput("a report takes `playedMs` (milliseconds) and perhaps `ended`")
    await in_thread(ledger().played, key, guard.address_of(request), _uuid(request, "viewing"), count, ended=ended)
    return Response(status_code=204, headers=_JSON_HEADERS)


async def stream(request: Request) -> Response:
    """A range of an item's bytes, for a viewing that goes on."""
    key, address = guard.session_key(request), guard.address_of(request)
    viewing, item = _uuid(request, "viewing"), _uuid(request, "item")

    check = _checking(key, address, viewing, item)
    seat = await check()
    shown = playable(seat.item)
    if shown is None or shown.copy == PAGES:
        raise NotFound("there is nothing of this item that a browser can show as it is")
    source = await in_thread(_open, seat.item, shown.copy)
    if not seat.size:
        seat.times = await in_thread(_times, seat.item, source.size)
        seat.size = source.size

    watch = Watch(check, lambda first, end: ledger().served(seat, first, end))
    return _sealed(request, source, shown.type, watch)


async def page(request: Request) -> Response:
    """One page of a document, as a picture."""
    key, address = guard.session_key(request), guard.address_of(request)
    viewing, item = _uuid(request, "viewing"), _uuid(request, "item")
    check = _checking(key, address, viewing, item)
    seat = await check()
    start, part = await in_thread(_page, seat.item, request.path_params["page"])
    watch = Watch(check, lambda first, end: ledger().served(seat, start + first, start + end))
    return _sealed(request, part, "image/jpeg", watch)


def _checking(key: str, address: str, viewing: UUID, item: UUID) -> Callable[[], Awaitable[Seat]]:
    """What asks whether the viewing may go on: of memory, at most 2 seconds old, else of the database."""

    async def check() -> Seat:
        seat = ledger().fresh(key, viewing, item)
        return seat if seat is not None else await in_thread(ledger().admit, key, address, viewing, item)

    return check


def _sealed(request: Request, source: Source, kind: str, watch: Watch) -> Response:
    # There is no validator to compare an If-Range with, so the whole is the right answer to it.
    asked = None if "if-range" in request.headers else request.headers.get("range")
    return SealedResponse(source, asked, {**headers.of_bytes(), "Content-Type": kind}, watch)


def _page(item: EvidenceItem, number: str) -> tuple[int, Part]:
    """A page (counted from 1), and where its picture begins in the working copy. Raises NotFound."""
    sizes = lengths(hands.ports().catalog.working_facts(item.id, PAGES))
    if not number.isascii() or not number.isdigit() or not 1 <= int(number[:9]) <= len(sizes):
        raise NotFound("there is no such page")
    start, length = sum(sizes[: int(number) - 1]), sizes[int(number) - 1]
    return start, Part(_open(item, PAGES), start, length)


async def poster(request: Request) -> Response:
    """The picture that stands for an item in a list."""
    key, address = guard.session_key(request), guard.address_of(request)
    item = _uuid(request, "item")
    listed = passes.holds(request.query_params.get("listed", ""), item, key)
    data = await in_thread(_poster, key, address, item, listed=listed)
    return Response(data, headers={**headers.of_bytes(), "Content-Type": "image/jpeg"})


def _poster(key: str, address: str, item: UUID, *, listed: bool) -> bytes:
    """The picture; `listed` where the event of a list names it, else an event of its own is written before it leaves."""
    actor = guard.actor(key, address)
    if not listed:
        return show_picture(hands.ports(), actor, item, "poster")
    desk = Desk(hands.ports(), actor, show_picture.name, Permission.ITEM_VIEW, ())
    with refusals_recorded(desk):
        return still(desk, item, "poster")


def _open(item: EvidenceItem, copy: str | None) -> Source:
    vault = hands.ports().vault
    return vault.open_working(item.id, item.sealed, copy) if copy else vault.open(item.id, item.sealed)


def _times(item: EvidenceItem, size: int) -> TimeMap | None:
    """Which bytes of what is served hold which seconds; None where there is no map, or it is another file's."""
    if TIMEMAP not in item.working:
        return None
    try:
        with closing(hands.ports().vault.open_working(item.id, item.sealed, TIMEMAP)) as reader:
            times = TimeMap.from_bytes(reader.read_at(0, reader.size))
    except VestigeError:  # its loss is for fsck to tell; the seconds are estimated then, and the event says so
        return None
    return times if times.size == size else None


def _uuid(request: Request, name: str) -> UUID:
    try:
        return UUID(request.path_params[name])
    except ValueError as error:
        raise NotFound("there is nothing here") from error


def bytes_app() -> Starlette:
    """The application: exactly the routes of the one table."""
    endpoints: tuple[Endpoint, ...] = (poster, start, stream, page, played)
    routes = [
        Route(route.path, _answering(endpoint), methods=list(route.methods)) for route, endpoint in zip(BYTES, endpoints, strict=True)
    ]
    hosts = [host for host in settings.ALLOWED_HOSTS if not host.startswith("[")]
    return Starlette(routes=routes, middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=hosts, www_redirect=False)])
