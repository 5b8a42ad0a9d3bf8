"""Who may do what to which recording, as the judge says it: `python -m tests.access.matrix` writes docs/security/access-matrix.md."""

from collections.abc import Iterator
from uuid import UUID

from tests.contracts.layers import ROOT

from vestige.access.judge import HomeFacts, Subject, matches, may, plan_of
from vestige.access.permissions import Permission
from vestige.access.roles import CONSOLE, DOCK, PERMISSIONS, SYSTEM, Role
from vestige.evidence.access import AccessClass, Mark
from vestige.evidence.people import Actor

PAGE = ROOT / "docs" / "security" / "access-matrix.md"
YES, NO, HIDDEN = "yes", "no", "hidden"
UNIT, OTHER_UNIT = UUID(int=101), UUID(int=102)
OWNER = "the officer who recorded it"
PEOPLE: dict[str, tuple[frozenset[str], frozenset[UUID]]] = {
    OWNER: (frozenset({"officer"}), frozenset()),
    "another officer": (frozenset({"officer"}), frozenset()),
    "the supervisor of its unit": (frozenset({"supervisor"}), frozenset({UNIT})),
    "another supervisor": (frozenset({"supervisor"}), frozenset({OTHER_UNIT})),
    **{role.value: (frozenset({role.value}), frozenset()) for role in Role if role not in {Role.OFFICER, Role.SUPERVISOR}},
    "somebody without a role": (frozenset(), frozenset()),
}
"""Everybody who may ask: their roles, and the units that they supervise."""
RECORDINGS: dict[str, tuple[AccessClass, frozenset[Mark]]] = {
    "unrestricted": (AccessClass.UNRESTRICTED, frozenset()),
    "restricted": (AccessClass.RESTRICTED, frozenset()),
    "confidential": (AccessClass.CONFIDENTIAL, frozenset()),
    **{mark.value: (AccessClass.UNRESTRICTED, frozenset({mark})) for mark in Mark},
}
"""A recording of each class, and one with each mark; all of one officer and one unit."""
OF_RECORDINGS = (
    *(Permission.ITEM_LIST, Permission.ITEM_SHOW, Permission.TRAIL_READ, Permission.LOG_READ, Permission.ITEM_VIEW),
    *(Permission.RECORDING_CORRECT, Permission.RECORDING_JOIN, Permission.RECORDING_MARK, Permission.RECORDING_MARK_TEST),
    *(Permission.ITEM_CLIP, Permission.ITEM_EXPORT, Permission.REDACTION_PLAN, Permission.REDACTION_REVIEW),
    *(Permission.REDACTION_APPROVE, Permission.REDACTION_RENDER, Permission.REDACTION_RELEASE),
)
"""What is done to one recording."""
_HOME = HomeFacts(console_acts=True)


def actor(who: str, key: UUID) -> Actor:
    """That person, signed in through the pages."""
    return Actor("person", str(key), who, PEOPLE[who][0], "web")


def subject(what: str, officer: UUID) -> Subject:
    """That recording, made by that officer."""
    access_class, marks = RECORDINGS[what]
    return Subject(officer, access_class, UNIT, marks)


def expected(who: str, permission: Permission, what: str) -> str:
    """What the server is to answer: `hidden` is the answer that it gives where there is nothing at all."""
    owner = UUID(int=1)
    asking = actor(who, owner if who == OWNER else UUID(int=2))
    home, about = HomeFacts(console_acts=True, supervises=PEOPLE[who][1]), subject(what, owner)
    if not may(asking, permission, None, home).allowed:
        return NO
    if may(asking, permission, about, home).allowed:
        return YES
    known = plan_of(asking, permission, home).also(plan_of(asking, Permission.ITEM_LIST, home))
    return NO if matches(known, about) else HIDDEN


def text() -> str:
    """The page."""
    return "\n".join([_HEAD, *_recordings(), *_others(), *_routes()]) + "\n"


_HEAD = """# The access matrix

Written by `python -m tests.access.matrix` from the judge (`src/vestige/access/`); a test compares this page with the judge, and the judge
with what the server, the byte routes and the commands did, cell by cell.

- **yes**: it is done. **no**: it is refused, and the refusal is recorded. **hidden**: the answer is the one that is given where
  there is nothing, in the same words; it is recorded too.
- Every recording here is of one officer and of one unit. A role of an agency's own stands where its relations,
  classes and marks put it ([agency](../agency.md#roles)).
- Prosecutor liaison and trainer reach what is shared with them or lies in a case of theirs; before there are shares and cases, nothing.

## What is done to a recording
"""


def _recordings() -> Iterator[str]:
    for permission in OF_RECORDINGS:
        yield f"\n### `{permission}`\n"
        yield f"| who | {' | '.join(RECORDINGS)} |"
        yield f"|---|{'---|' * len(RECORDINGS)}"
        for who in PEOPLE:
            yield f"| {who} | {' | '.join(expected(who, permission, what) for what in RECORDINGS)} |"


def _others() -> Iterator[str]:
    roles = [role for role in Role]  # noqa: C416  # in their order
    held = {**{role.value: PERMISSIONS[role] for role in roles}, "console": CONSOLE, "the system": SYSTEM, "a dock": DOCK}
    yield "\n## Everything else\n\nWho holds each permission that is not about one recording.\n"
    yield "| permission | who |\n|---|---|"
    for permission in sorted(set(Permission) - set(OF_RECORDINGS)):
        yield f"| `{permission}` | {', '.join(name for name, one in held.items() if permission in one) or 'nobody'} |"


def _routes() -> Iterator[str]:
    from vestige.web.routes import BYTES, DOCKS, PAGES, UPLOADS

    yield "\n## Routes\n\nEach names an action, and each action a permission.\n"
    yield "| route | methods | action | permission |\n|---|---|---|---|"
    for route in (*(page.route for page in PAGES), *BYTES, *DOCKS, *UPLOADS):
        public = ", strangers too" if route.public else ""
        yield f"| `{route.path}` | {', '.join(route.methods)} | `{route.action.name}` | `{route.action.permission}`{public} |"


if __name__ == "__main__":
    import os

    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "vestige.settings"
    django.setup()
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(text())
