"""Dock systems: each connects with a credential of its own, which can be revoked. The secret is shown once; its digest is kept."""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

from vestige.access.permissions import Permission
from vestige.actions.door import Desk, action
from vestige.actions.noticing import dock_clock
from vestige.actions.ports import Ports
from vestige.custody.events import EventType
from vestige.errors import BadInput, NotFound
from vestige.evidence.changes import Change, Plain, Statement
from vestige.evidence.docks import Dock, SentObject
from vestige.evidence.home import CameraKey
from vestige.evidence.values import uuid7

TOKEN_S = 12 * 3600
_LONGEST = 64
_NOBODY = "0" * 64


@action("dock.connect", Permission.DOCK_CONNECT, EventType.DOCK_CONNECTED)
def connect(desk: Desk, name: str, *, encrypt: bool = False, new_key: bool = False) -> tuple[Dock, str, CameraKey | None]:
    """Make a credential for a dock system: the dock, its secret, which nobody can be shown again, and the key for its cameras.

    With `encrypt` its cameras encrypt under the agency's key, drawn if there is none yet; with `new_key` under a new one.

    Raises BadInput for a name that is empty, too long, not printable, or that of a dock that is connected.
    """
    name = name.strip()
    if not name or len(name) > _LONGEST or not name.isprintable():
        raise BadInput(f"a dock system needs a name of at most {_LONGEST} printable characters")
    if any(one.name == name for one in desk.ports.docks.docks()):
        raise BadInput(f"the dock {name} is connected already; revoke it first, or choose another name")
    secret = secrets.token_urlsafe(32)
    dock = Dock(uuid7(), name, f"dock_{secrets.token_hex(8)}", _digest(secret))
    columns = {"name": dock.name, "account": dock.account, "key_sha256": dock.key_sha256, "revoked": None}
    key = _camera_key(desk, new=new_key) if encrypt or new_key else None
    data = {"camera_key": key.id} if key else {}
    desk.note(Statement(EventType.DOCK_CONNECTED, about=("dock", str(dock.id)), data=data, changes=(Change("dock", dock.id, columns),)))
    return dock, secret, key


@action("dock.list", Permission.DOCK_LIST, EventType.DOCK_LISTED)
def list_docks(desk: Desk, *, revoked: bool = False) -> list[Dock]:
    """The dock systems that may send; with `revoked` those of earlier too."""
    found = desk.ports.docks.docks(revoked=revoked)
    desk.note(Statement(EventType.DOCK_LISTED, data={"count": len(found)}))
    return found


@action("dock.revoke", Permission.DOCK_REVOKE, EventType.DOCK_REVOKED)
def revoke(desk: Desk, name: str) -> Dock:
    """End a dock's credential and all its tokens; what it sent stays. Raises NotFound."""
    found = [one for one in desk.ports.docks.docks() if name.strip() in (one.name, one.account)]
    if not found:
        raise NotFound(f"no dock that may send is called {name[:200]}")
    [dock] = found
    now = desk.now()
    desk.note(Statement(EventType.DOCK_REVOKED, about=("dock", str(dock.id)), changes=(Change("dock", dock.id, {"revoked": now}),)))
    return replace(dock, revoked=now)


def authenticate(ports: Ports, account: str, secret: str) -> Dock | None:
    """The dock whose credential that is; None for any other, found out in the same time whatever is wrong with it."""
    dock = ports.docks.dock(account)
    same = hmac.compare_digest(_digest(secret), dock.key_sha256 if dock else _NOBODY)
    return dock if dock and same and dock.revoked is None else None


@action("dock.sign_in", Permission.SESSION_START, EventType.DOCK_SIGNED_IN, EventType.FINDING_CLOSED, EventType.FINDING_OPENED)
def sign_in(desk: Desk, dock: Dock, address: str, told: int | None = None) -> str:
    """A token for a dock whose credential was checked, good for 12 hours. `told` is what the dock's clock says (ms UTC), where it says it."""
    token, now = secrets.token_urlsafe(32), desk.now()
    offset: dict[str, Plain] = {} if told is None else {"clock_offset_ms": told - now}
    with desk.writing() as pen:
        desk.ports.docks.add_token(_digest(token), dock.id, now + TOKEN_S * 1000, now)
        pen.record(Statement(EventType.DOCK_SIGNED_IN, about=("dock", str(dock.id)), data={"address": address, **offset}))
        if told is not None:
            dock_clock(desk, pen, dock.id, told - now)
    return token


def of_token(ports: Ports, token: str) -> Dock | None:
    """The dock that shows this token, while it lasts."""
    return ports.docks.of_token(_digest(token), ports.now()) if token else None


@action("dock.read", Permission.DOCK_READ, EventType.DOCK_READ)
def read(desk: Desk, name: str) -> SentObject:
    """An object of the dock's own System container that it left there. Raises NotFound."""
    container = desk.ports.docks.container(UUID(desk.actor.id), "System")
    found = desk.ports.docks.sent(container.id, name) if container else []
    if not found:
        raise NotFound(f"there is no object System/{name}")
    desk.note(Statement(EventType.DOCK_READ, about=("dock", desk.actor.id), data={"object": name}))
    return found[0]


@action("dock.read_policy", Permission.DOCK_READ, EventType.DOCK_READ)
def read_categories(desk: Desk) -> Mapping[str, str]:
    """The categories of the policy in force, by their id: what a dock may mark recordings with."""
    policy = desk.ports.policy
    desk.note(Statement(EventType.DOCK_READ, about=("dock", desk.actor.id), data={"policy": policy.name, "version": policy.version}))
    return {name: name.capitalize() for name in sorted(policy.categories)}


@action("dock.read_capabilities", Permission.DOCK_READ, EventType.DOCK_READ)
def read_capabilities(desk: Desk) -> None:
    """A dock asks what it may send."""
    desk.note(Statement(EventType.DOCK_READ, about=("dock", desk.actor.id), data={"object": "Capabilities.json"}))


def _camera_key(desk: Desk, *, new: bool) -> CameraKey:
    known = None if new else desk.ports.keys.camera_key()
    return known or desk.ports.keys.draw_camera_key()


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()
