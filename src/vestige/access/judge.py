"""`may(actor, permission, subject, home)`: one rule after the other, each with its reason. Deny is the default."""

from dataclasses import dataclass
from uuid import UUID

from vestige.access.permissions import Permission
from vestige.access.roles import CONSOLE, DOCK, OWN_ONLY, PERMISSIONS, SYSTEM, TWO_GRANTERS, WEIGHTY, Role, of
from vestige.evidence.people import Actor


@dataclass(frozen=True, slots=True)
class Subject:
    """What an act is about: the officer of a recording and its access class; or the person and role of a grant."""

    officer: UUID | None = None
    access_class: str = "unrestricted"
    person: UUID | None = None
    role: str | None = None


@dataclass(frozen=True, slots=True)
class HomeFacts:
    """What the rules need to know of the home."""

    console_acts: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether, and why, in words for people."""

    allowed: bool
    reason: str


def may(actor: Actor, permission: Permission, subject: Subject | None, home: HomeFacts) -> Verdict:
    """Whether the actor may do this to the subject (None: to anything at all).

    Refuses the inactive; what no role of the actor holds; an officer's reach beyond their own recordings; weighty acts by badge alone on
    the console; a role granted to oneself, or by the console alone where it takes two granters.
    """
    if not actor.active:
        return Verdict(allowed=False, reason="this person is not active")
    if actor.kind == "person":
        return _person(actor, permission, subject, home)
    held = DOCK if actor.kind == "device" and "dock" in actor.roles else {"console": CONSOLE, "system": SYSTEM}.get(actor.kind, frozenset())
    if permission not in held:
        return Verdict(allowed=False, reason=f"{actor.name} may not do this ({permission}); name the person who does: --as BADGE")
    if actor.kind == "console" and permission is Permission.ROLE_GRANT and subject:
        return _granting(actor, subject, home)
    return Verdict(allowed=True, reason=f"{actor.kind} may {permission}")


def _person(actor: Actor, permission: Permission, subject: Subject | None, home: HomeFacts) -> Verdict:
    roles = [role for role in map(of, sorted(actor.roles)) if role and permission in PERMISSIONS[role]]
    if not roles:
        return Verdict(allowed=False, reason=f"no role of {actor.name} may do this ({permission})")
    if permission in WEIGHTY and actor.via == "console" and not (home.console_acts or actor.second_factor):
        return Verdict(
            allowed=False,
            reason="this act takes the person's own second factor, which this version cannot ask for on the console"
            " (a home made with --console-acts, for demonstrations and tests, does without)",
        )
    if permission is Permission.ROLE_GRANT and subject:
        return _granting(actor, subject, home)
    if subject is None or not OWN_ONLY.issuperset(roles):
        return Verdict(allowed=True, reason=f"as {roles[0]}")
    if subject.officer is not None and str(subject.officer) == actor.id:
        return Verdict(allowed=True, reason="their own recording")
    return Verdict(allowed=False, reason="an officer reaches their own recordings only")


def _granting(actor: Actor, subject: Subject, home: HomeFacts) -> Verdict:
    role = of(subject.role or "")
    if role is None:
        return Verdict(allowed=False, reason=f"there is no role {subject.role!r}")
    if subject.person is not None and str(subject.person) == actor.id:
        return Verdict(allowed=False, reason="nobody grants a role to themselves")
    if takes_two(role) and not home.console_acts:
        return Verdict(allowed=False, reason=f"the role {role} takes two granters, which this version does not have yet")
    return Verdict(allowed=True, reason="one granter is enough")


def takes_two(role: Role) -> bool:
    """Whether the role sees others' footage, exports or releases by itself."""
    return role not in OWN_ONLY and bool(PERMISSIONS[role] & TWO_GRANTERS)
