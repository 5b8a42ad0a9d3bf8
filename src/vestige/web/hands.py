"""The home that the pages show, and who asks. The one module of these pages that knows how the program is assembled."""

import hashlib
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar
from zoneinfo import ZoneInfo

from django.http import HttpRequest

from vestige.access.judge import matches
from vestige.access.permissions import Permission
from vestige.actions.door import Action, Desk
from vestige.actions.items import subject_of
from vestige.actions.ports import Ports
from vestige.catalog.accounts.models import Person
from vestige.errors import NotFound, Unavailable
from vestige.evidence.home import AgencyFacts
from vestige.evidence.items import Recording
from vestige.evidence.people import Actor

if TYPE_CHECKING:
    from vestige.assembly import Home
    from vestige.ingest.axis.connection import Site

P = ParamSpec("P")
R = TypeVar("R")


def home() -> Path:
    """The home that `VESTIGE_HOME` names."""
    return Path(os.environ["VESTIGE_HOME"])


@cache
def _opened() -> "Home":
    from vestige.assembly import open_home

    return open_home(home())


def ports() -> Ports:
    """The hands of the home; opened once a process."""
    return _opened().ports


def allow_http() -> bool:
    """Whether plain HTTP is answered where it would not be otherwise."""
    return _opened().config.allow_http


def dock_site(host: str, container: str) -> "Site":
    """Where a new dock system is to send: the setting `public_url`, else, where plain HTTP is answered, this very host. Raises BadInput."""
    from vestige.assembly import dock_site as site_of

    return site_of(_opened(), f"http://{host}", container)


def log_folder() -> Path | None:
    """Where the log lies as files, if it is to be served."""
    config = _opened().config
    return config.log if config.serve_log else None


def agency() -> AgencyFacts:
    """The agency of this home. Raises Unavailable before it is founded."""
    found = ports().catalog.agency()
    if found is None:
        raise Unavailable("this home has no agency yet; run vestige init")
    return found


def zone() -> ZoneInfo:
    """The agency's time zone."""
    return ZoneInfo(agency().timezone)


def session_mark(key: str | None) -> str | None:
    """How a session stands in the log: hex of the first 8 bytes of the SHA-256 of its key."""
    return hashlib.sha256(key.encode()).digest()[:8].hex() if key else None


def actor_of(user: Person, session_key: str | None, address: str | None) -> Actor:
    """The signed-in person as an actor, with the roles that they hold now. Raises NotFound for one who is gone."""
    known = ports().catalog.person(str(user.pk))
    if known is None:
        raise NotFound("this person is not known here any more")
    return Actor(
        kind="person",
        id=str(known.id),
        name=f"{known.name} ({known.badge})",
        roles=known.roles,
        via="web",
        active=known.active,
        address=address,
        session=session_mark(session_key),
    )


def address_of(request: HttpRequest) -> str:
    """The network address that the request came from."""
    return str(request.META.get("REMOTE_ADDR") or "unknown")


def actor(request: HttpRequest) -> Actor:
    """Who asks; the routes let only signed-in people come here. Raises NotFound for a stranger."""
    if not isinstance(request.user, Person):
        raise NotFound("nobody is signed in")
    return actor_of(request.user, request.session.session_key, address_of(request))


def act(request: HttpRequest, action: Action[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
    """Do an action for the person who asks. Raises what the action raises."""
    return action(ports(), actor(request), *args, **kwargs)


def reach(request: HttpRequest, permission: Permission) -> Callable[[Recording], bool]:
    """Whether the permission of the person who asks reaches a recording: decides what a page offers, never what is allowed."""
    plan = Desk(ports(), actor(request), "page.offer", permission, ()).reach()
    return lambda recording: matches(plan, subject_of(recording))
