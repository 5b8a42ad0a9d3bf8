"""`may(actor, permission, subject, home)`: one rule after the other, each with its reason. Deny is the default."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from vestige.access.permissions import Permission
from vestige.access.roles import CONSOLE, DOCK, FACTS, ROLES, SYSTEM, WEIGHTY, Relation, RoleRule, takes_two
from vestige.evidence.access import AccessClass, Mark
from vestige.evidence.people import Actor


@dataclass(frozen=True, slots=True)
class Subject:
    """What an act is about: of a recording its officer, unit, access class and marks; or the person and role of a grant."""

    officer: UUID | None = None
    access_class: str = AccessClass.UNRESTRICTED
    unit: UUID | None = None
    marks: frozenset[Mark] = frozenset()
    person: UUID | None = None
    role: str | None = None


@dataclass(frozen=True, slots=True)
class HomeFacts:
    """What the rules need to know of the home: its roles, and the units that the actor supervises now (with all within them)."""

    console_acts: bool
    roles: Mapping[str, RoleRule] = field(default_factory=lambda: ROLES)
    supervises: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether, and why, in words for people."""

    allowed: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A way in which one permission of one role reaches recordings: all that stand so, of these classes, with no mark but these."""

    role: str
    relation: Relation
    classes: frozenset[AccessClass]
    marks: frozenset[Mark]


@dataclass(frozen=True, slots=True)
class Plan:
    """The rules by which a permission of an actor reaches recordings: any of them is enough. Of whom and of which units stands beside them."""

    rules: tuple[Rule, ...]
    person: UUID | None = None
    units: frozenset[UUID] = frozenset()

    @property
    def own_only(self) -> bool:
        """Whether it reaches the person's own recordings and no others."""
        return bool(self.rules) and all(rule.relation is Relation.RECORDED for rule in self.rules)

    def also(self, other: "Plan") -> "Plan":
        """What either of two plans of one actor reaches."""
        return Plan(tuple(dict.fromkeys(self.rules + other.rules)), self.person, self.units)


_ALL = (frozenset(AccessClass), frozenset(Mark))
EVERYTHING = Plan((Rule("the system", Relation.ANY, *_ALL),))
"""Every recording: for what looks on nobody's behalf."""


def plan_of(actor: Actor, permission: Permission, home: HomeFacts) -> Plan:
    """Which recordings the actor's permission reaches: the one rule set, which `may` reads for one recording and the catalog for lists."""
    if not actor.active:
        return Plan(())
    if actor.kind != "person":
        return Plan((Rule(actor.kind, Relation.ANY, *_ALL),)) if permission in _held(actor) else Plan(())
    rules = [rule for role in sorted(actor.roles) for rule in _rules(role, permission, home)]
    return Plan(tuple(rules), UUID(actor.id), home.supervises)


def _rules(role: str, permission: Permission, home: HomeFacts) -> list[Rule]:
    known = home.roles.get(role)
    if known is None or permission not in known.permissions:
        return []
    classes = _ALL[0] if permission in FACTS else known.reach.classes
    return [Rule(role, relation, classes, known.reach.marks) for relation in sorted(known.reach.relations)]


def _held(actor: Actor) -> frozenset[Permission]:
    if actor.kind == "device":
        return DOCK if "dock" in actor.roles else frozenset()
    return {"console": CONSOLE, "system": SYSTEM}.get(actor.kind, frozenset())


def stands(plan: Plan, rule: Rule, subject: Subject) -> bool:
    """Whether the plan's person stands so to the recording."""
    if rule.relation is Relation.RECORDED:
        return plan.person is not None and subject.officer == plan.person
    if rule.relation is Relation.SUPERVISES:
        return subject.unit is not None and subject.unit in plan.units
    return rule.relation is Relation.ANY


def holds(plan: Plan, rule: Rule, subject: Subject) -> bool:
    """Whether the rule reaches the recording."""
    return stands(plan, rule, subject) and subject.access_class in rule.classes and subject.marks <= rule.marks


def matches(plan: Plan, subject: Subject) -> bool:
    """Whether the plan shows this recording."""
    return any(holds(plan, rule, subject) for rule in plan.rules)


def may(actor: Actor, permission: Permission, subject: Subject | None, home: HomeFacts) -> Verdict:
    """Whether the actor may do this to the subject (None: to anything at all).

    Refuses the inactive; what no role of the actor holds; weighty acts by badge alone on the console; a role granted to oneself, or by one
    granter where it takes two; a recording that no rule reaches: by no relation, for its access class, or for a mark.
    """
    if not actor.active:
        return Verdict(allowed=False, reason="this person is not active")
    if actor.kind == "person":
        return _person(actor, permission, subject, home)
    if permission not in _held(actor):
        return Verdict(allowed=False, reason=f"{actor.name} may not do this ({permission}); name the person who does: --as BADGE")
    if actor.kind == "console" and permission is Permission.ROLE_GRANT and subject:
        return _granting(actor, subject, home)
    return Verdict(allowed=True, reason=f"{actor.kind} may {permission}")


def _person(actor: Actor, permission: Permission, subject: Subject | None, home: HomeFacts) -> Verdict:
    roles = [role for role in sorted(actor.roles) if role in home.roles and permission in home.roles[role].permissions]
    if not roles:
        return Verdict(allowed=False, reason=f"no role of {actor.name} may do this ({permission})")
    if permission in WEIGHTY and actor.via == "console" and not (home.console_acts or actor.second_factor):
        return Verdict(
            allowed=False,
            reason="this act takes the person's own second factor, which this version cannot ask for on the console"
            " (a home made with --console-acts, for demonstrations and tests, does without)",
        )
    if subject is None:
        return Verdict(allowed=True, reason=f"as {roles[0]}")
    if permission in {Permission.ROLE_GRANT, Permission.ROLE_PROPOSE}:
        return _granting(actor, subject, home, alone=permission is Permission.ROLE_GRANT)
    plan = plan_of(actor, permission, home)
    for rule in plan.rules:
        if holds(plan, rule, subject):
            return Verdict(allowed=True, reason=f"as {rule.role}: {rule.relation}")
    return Verdict(allowed=False, reason=_why_not(roles, plan, subject))


def _why_not(roles: list[str], plan: Plan, subject: Subject) -> str:
    """Why no rule reaches the recording: the first thing that is wanting."""
    who = " and ".join(roles)
    near = [rule for rule in plan.rules if stands(plan, rule, subject)]
    if not near:
        ways = " or ".join(sorted({str(rule.relation) for rule in plan.rules}))
        return f"as {who} one reaches recordings only where {ways}" if ways else f"as {who} one reaches only what is shared: nothing yet"
    of_class = [rule for rule in near if subject.access_class in rule.classes]
    if not of_class:
        return f"the recording is {subject.access_class}, which as {who} one may not see"
    marks = min(sorted(subject.marks - rule.marks) for rule in of_class)
    return f"the recording is marked {', '.join(marks)}, which as {who} one may not see"


def _granting(actor: Actor, subject: Subject, home: HomeFacts, *, alone: bool = True) -> Verdict:
    rule = home.roles.get(subject.role or "")
    if rule is None:
        return Verdict(allowed=False, reason=f"there is no role {subject.role!r}")
    if subject.person is not None and str(subject.person) == actor.id:
        return Verdict(allowed=False, reason="nobody grants a role to themselves")
    if alone and takes_two(rule) and not home.console_acts:
        words = f"the role {subject.role} takes two granters: one proposes it on the page People, another confirms it there"
        return Verdict(allowed=False, reason=words)
    return Verdict(allowed=True, reason="one granter is enough")
