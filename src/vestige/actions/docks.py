"""Dock systems: each connects with a credential of its own, which can be revoked. The secret is shown once; its digest is kept.

A dock system that is bound to a client certificate proves itself by that too, with every call: without it the credential is worth nothing.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

from vestige.access.permissions import Permission
from vestige.actions.door import Desk, action
from vestige.actions.findings import open_finding
from vestige.actions.noticing import dock_clock
from vestige.actions.ports import Ports
from vestige.custody.events import EventType
from vestige.errors import BadInput, NotFound, Refused
from vestige.evidence.changes import Change, Plain, Statement
from vestige.evidence.docks import Dock, SentObject, Shown
from vestige.evidence.home import CameraKey
from vestige.evidence.items import FindingKind
from vestige.evidence.people import system
from vestige.evidence.values import uuid7

TOKEN_S = 12 * 3600
_LONGEST = 64
_NOBODY = "0" * 64
_NOTHING = Shown()


class Unproven(Refused):
    """A credential or a token is good, and the client certificate to which its dock is bound was not shown. `source` is what is counted."""

    def __init__(self, dock: Dock, shown: Shown) -> None:
        which = "another one" if shown.certificate else "none"
        super().__init__(f"the dock {dock.name} is bound to a client certificate, and {which} was shown")
        self.source = f"{shown.address}, as {dock.account} without its certificate"


@action("dock.connect", Permission.DOCK_CONNECT, EventType.DOCK_CONNECTED)
def connect(
    desk: Desk, name: str, *, encrypt: bool = False, new_key: bool = False, certificate: str | None = None
) -> tuple[Dock, str, CameraKey | None]:
    """Make a credential for a dock system: the dock, its secret, which nobody can be shown again, and the key for its cameras.

    With `encrypt` its cameras encrypt under the agency's key, drawn if there is none yet; with `new_key` under a new one. With
    `certificate` (PEM, checked before) it is bound to that client certificate.

    Raises BadInput for a name that is empty, too long, not printable, or that of a dock that is connected.
    """
    name = name.strip()
    if not name or len(name) > _LONGEST or not name.isprintable():
        raise BadInput(f"a dock system needs a name of at most {_LONGEST} printable characters")
    if any(one.name == name for one in desk.ports.docks.docks()):
        raise BadInput(f"the dock {name} is connected already; revoke it first, or choose another name")
    secret = secrets.token_urlsafe(32)
    dock = Dock(uuid7(), name, f"dock_{secrets.token_hex(8)}", _digest(secret), certificate=certificate)
    columns = {"name": dock.name, "account": dock.account, "key_sha256": dock.key_sha256, "revoked": None, "certificate": certificate}
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
    dock, now = _called(desk, name), desk.now()
    desk.note(Statement(EventType.DOCK_REVOKED, about=("dock", str(dock.id)), changes=(Change("dock", dock.id, {"revoked": now}),)))
    return replace(dock, revoked=now)


@action("dock.change_certificate", Permission.DOCK_CONNECT, EventType.DOCK_CERTIFICATE_CHANGED)
def change_certificate(desk: Desk, name: str, certificate: str | None) -> Dock:
    """Bind a dock to another client certificate (PEM, checked before) in place of the one before, or (None) to none. Raises NotFound, BadInput."""
    dock = _called(desk, name)
    if certificate == dock.certificate:
        raise BadInput(f"{dock.name} is bound to {'this certificate' if certificate else 'no certificate'} already")
    changed = replace(dock, certificate=certificate)
    told = {"certificate": changed.certificate_sha256, "was": dock.certificate_sha256}
    change = Change("dock", dock.id, {"certificate": certificate})
    desk.note(Statement(EventType.DOCK_CERTIFICATE_CHANGED, about=("dock", str(dock.id)), data=told, changes=(change,)))
    return changed


def bound(ports: Ports) -> list[str]:
    """The client certificates (PEM) to which docks that may send are bound."""
    return [one.certificate for one in ports.docks.docks() if one.certificate]


def authenticate(ports: Ports, account: str, secret: str, shown: Shown = _NOTHING) -> Dock | None:
    """The dock whose credential that is; None for any other, found out in the same time whatever is wrong with it. Raises Unproven."""
    dock = ports.docks.dock(account)
    same = hmac.compare_digest(_digest(secret), dock.key_sha256 if dock else _NOBODY)
    return _proven(ports, dock, shown) if dock and same and dock.revoked is None else None


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


def of_token(ports: Ports, token: str, shown: Shown = _NOTHING) -> Dock | None:
    """The dock that shows this token, while it lasts. Raises Unproven."""
    dock = ports.docks.of_token(_digest(token), ports.now()) if token else None
    return _proven(ports, dock, shown) if dock else None


@action("dock.doubt", Permission.SESSION_FAIL, EventType.ACCESS_REFUSED, EventType.FINDING_OPENED)
def doubt(desk: Desk, dock: Dock, shown: Shown) -> None:
    """A dock's secret was shown without its certificate: refused, and a finding, if none is open; somebody else may have the secret."""
    words = f"somebody at {shown.address} showed the secret of the dock {dock.name} without its certificate; nothing was taken"
    about = ("dock", dock.id)
    with desk.writing() as pen:
        desk.ports.docks.lock(dock.id)
        pen.record(
            Statement(EventType.ACCESS_REFUSED, about=("dock", str(dock.id)), outcome={"refused": words}, data={"act": "dock.sign_in"})
        )
        if not _doubted(desk.ports, dock):
            open_finding(desk, pen, FindingKind.DOCK_CERTIFICATE, about, words)


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


def _proven(ports: Ports, dock: Dock, shown: Shown) -> Dock:
    """The dock, if it is bound to no certificate or showed its own. Raises Unproven; the first time a finding is opened too."""
    if dock.certificate is None or hmac.compare_digest(dock.certificate_sha256, shown.certificate):
        return dock
    if not _doubted(ports, dock):
        doubt(ports, replace(system("dock"), address=shown.address), dock, shown)
    raise Unproven(dock, shown)


def _doubted(ports: Ports, dock: Dock) -> bool:
    found = ports.catalog.findings_of([dock.id])
    return any(one.kind is FindingKind.DOCK_CERTIFICATE and one.closed_at is None for one in found)


def _called(desk: Desk, name: str) -> Dock:
    """The dock of that name or account that may send. Raises NotFound."""
    found = [one for one in desk.ports.docks.docks() if name.strip() in (one.name, one.account)]
    if not found:
        raise NotFound(f"no dock that may send is called {name[:200]}")
    return found[0]


def _camera_key(desk: Desk, *, new: bool) -> CameraKey:
    known = None if new else desk.ports.keys.camera_key()
    return known or desk.ports.keys.draw_camera_key()


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()
