"""Roles: sets of permissions by the words that agencies use, and which recordings each of them reaches. An agency may add its own."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TypeVar

from vestige.access.permissions import Permission
from vestige.errors import BadInput
from vestige.evidence.access import AccessClass, Mark

_T = TypeVar("_T")


class Role(StrEnum):
    """What a person is to the agency; a kiosk is a station, signed in as a person is."""

    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"
    EVIDENCE_CUSTODIAN = "evidence custodian"
    KIOSK = "kiosk"
    OFFICER = "officer"
    OVERSIGHT_BODY = "oversight body"
    PROSECUTOR_LIAISON = "prosecutor liaison"
    RECORDS_ANALYST = "records analyst"
    RECORDS_OFFICER = "records officer"
    REDACTOR = "redactor"
    RELEASE_APPROVER = "release approver"
    SUPERVISOR = "supervisor"
    TRAINER = "trainer"


class Relation(StrEnum):
    """How a person stands to a recording: a closed list. In the case, shared with and assigned to review join it with cases and shares."""

    ANY = "any recording"
    RECORDED = "they recorded it"
    SUPERVISES = "they supervise its unit"


@dataclass(frozen=True, slots=True)
class Reach:
    """Which recordings a role reaches: by which relations; footage of which access classes; those with which marks, no other mark."""

    relations: frozenset[Relation]
    classes: frozenset[AccessClass]
    marks: frozenset[Mark]


@dataclass(frozen=True, slots=True)
class RoleRule:
    """A role: what it permits, and to which recordings."""

    permissions: frozenset[Permission]
    reach: Reach


_SESSION = frozenset({Permission.SESSION_START, Permission.SESSION_END})
_LOOK = frozenset({Permission.ITEM_LIST, Permission.ITEM_SHOW, Permission.ITEM_VIEW, Permission.TRAIL_READ})
_REDACT = frozenset({Permission.REDACTION_PLAN, Permission.REDACTION_REVIEW, Permission.REDACTION_RENDER})
_DEVICES = frozenset({Permission.DEVICE_ASSIGN, Permission.DEVICE_FAULT, Permission.DEVICE_LIST, Permission.DEVICE_REGISTER})
_DOCKS = frozenset({Permission.DOCK_CONNECT, Permission.DOCK_LIST, Permission.DOCK_REVOKE})
_LOG = frozenset({Permission.LOG_PUBLISH, Permission.LOG_READ})
_HOLDERS = _LOG | {Permission.ANCHOR_WRITE, Permission.CHECKPOINT_COSIGN, Permission.CHECKPOINT_STAMP, Permission.WITNESS_LIST}
_SHAPE = frozenset({Permission.AGENCY_SHAPE, Permission.AGENCY_SHOW})
_KEYS = frozenset({Permission.KEY_DRILL, Permission.KEY_REVOKE, Permission.KEY_ROTATE, Permission.KEY_SPLIT})
_REVIEW = frozenset({Permission.REVIEW_READ, Permission.REVIEW_SIGN})
_FINDINGS = frozenset({Permission.FINDING_CLOSE, Permission.FINDING_LIST})

PERMISSIONS: Mapping[Role, frozenset[Permission]] = MappingProxyType(
    {
        Role.ADMINISTRATOR: _SESSION
        | _DEVICES
        | _DOCKS
        | _HOLDERS
        | {Permission.WITNESS_ADD, Permission.WITNESS_WITHDRAW}
        | _KEYS
        | _SHAPE
        | {
            Permission.PERSON_ADD,
            Permission.PERSON_INVITE,
            Permission.PERSON_LIST,
            Permission.ROLE_CONFIRM,
            Permission.ROLE_GRANT,
            Permission.ROLE_PROPOSE,
            Permission.ROLE_WITHDRAW,
            Permission.MODEL_INSTALL,
            Permission.MODEL_LIST,
        }
        | {Permission.HOME_BACKUP, Permission.HOME_CHECK, Permission.ITEM_LIST, Permission.ITEM_SHOW, Permission.FINDING_LIST},
        Role.AUDITOR: _SESSION
        | _HOLDERS
        | _REVIEW
        | {
            Permission.AGENCY_SHOW,
            Permission.ITEM_LIST,
            Permission.ITEM_SHOW,
            Permission.TRAIL_READ,
            Permission.FINDING_LIST,
            Permission.HOME_CHECK,
            Permission.PERSON_LIST,
            Permission.MODEL_LIST,
            Permission.DEVICE_LIST,
            Permission.DOCK_LIST,
        },
        Role.EVIDENCE_CUSTODIAN: _SESSION
        | _LOOK
        | _REDACT
        | _DEVICES
        | {Permission.AGENCY_SHOW, Permission.DOCK_LIST}
        | _FINDINGS
        | _HOLDERS
        | {Permission.ITEM_INGEST, Permission.ITEM_CLIP, Permission.ITEM_EXPORT, Permission.CARD_ERASE, Permission.HOME_CHECK}
        | {Permission.RECORDING_CORRECT, Permission.RECORDING_JOIN, Permission.RECORDING_MARK, Permission.RECORDING_MARK_TEST},
        Role.KIOSK: _SESSION | {Permission.DEVICE_CHECK_OUT},
        Role.OFFICER: _SESSION | _LOOK | {Permission.ITEM_INGEST, Permission.RECORDING_MARK_TEST},
        Role.OVERSIGHT_BODY: _SESSION
        | _LOOK
        | _LOG
        | {Permission.AGENCY_SHOW, Permission.FINDING_LIST, Permission.REVIEW_READ, Permission.PERSON_LIST},
        Role.PROSECUTOR_LIAISON: _SESSION | _LOOK,
        Role.RECORDS_ANALYST: _SESSION | _LOOK | _REDACT,
        Role.RECORDS_OFFICER: _SESSION
        | _FINDINGS
        | _HOLDERS
        | {
            Permission.AGENCY_SHOW,
            Permission.ITEM_LIST,
            Permission.ITEM_SHOW,
            Permission.TRAIL_READ,
            Permission.ITEM_CLIP,
            Permission.ITEM_EXPORT,
        },
        Role.REDACTOR: _SESSION | _LOOK | _REDACT,
        Role.RELEASE_APPROVER: _SESSION | _LOOK | {Permission.REDACTION_REVIEW, Permission.REDACTION_APPROVE, Permission.REDACTION_RELEASE},
        Role.SUPERVISOR: _SESSION
        | _LOOK
        | _FINDINGS
        | _REVIEW
        | {Permission.AGENCY_SHOW, Permission.DEVICE_FAULT, Permission.DEVICE_LIST, Permission.RECORDING_MARK_TEST},
        Role.TRAINER: _SESSION | _LOOK,
    }
)

_OPEN = frozenset({AccessClass.UNRESTRICTED, AccessClass.RESTRICTED})
_EVERY_CLASS, _EVERY_MARK = frozenset(AccessClass), frozenset(Mark)
_ANY, _OWN = frozenset({Relation.ANY}), frozenset({Relation.RECORDED})
_CARE = frozenset({Mark.JUVENILE, Mark.MEDICAL, Mark.FIRST_AMENDMENT})
"""Marks that ask for care and shut out nobody whose work it is."""
_RELEASE = _CARE | {Mark.INFORMANT, Mark.PRIVILEGED}
_NOTHING = Reach(frozenset(), frozenset(), frozenset())

REACH: Mapping[Role, Reach] = MappingProxyType(
    {
        Role.ADMINISTRATOR: Reach(_ANY, frozenset(), _CARE),
        Role.AUDITOR: Reach(_ANY, _EVERY_CLASS, _EVERY_MARK),
        Role.EVIDENCE_CUSTODIAN: Reach(_ANY, _EVERY_CLASS, _EVERY_MARK),
        Role.KIOSK: _NOTHING,
        Role.OFFICER: Reach(_OWN, _OPEN, _CARE | {Mark.INFORMANT}),
        Role.OVERSIGHT_BODY: Reach(_ANY, _EVERY_CLASS, _RELEASE - {Mark.PRIVILEGED}),
        Role.PROSECUTOR_LIAISON: _NOTHING,
        Role.RECORDS_ANALYST: Reach(_ANY, _OPEN, _CARE),
        Role.RECORDS_OFFICER: Reach(_ANY, _EVERY_CLASS, _EVERY_MARK),
        Role.REDACTOR: Reach(_ANY, _EVERY_CLASS, _RELEASE),
        Role.RELEASE_APPROVER: Reach(_ANY, _EVERY_CLASS, _RELEASE),
        Role.SUPERVISOR: Reach(_OWN | {Relation.SUPERVISES}, _OPEN, _CARE | {Mark.INFORMANT}),
        Role.TRAINER: _NOTHING,
    }
)
"""Prosecutor liaison and trainer reach what is shared with them or lies in a case of theirs: nothing before there are shares and cases."""

ROLES: Mapping[str, RoleRule] = MappingProxyType({role.value: RoleRule(PERMISSIONS[role], REACH[role]) for role in Role})

FACTS = frozenset(
    {
        Permission.ITEM_LIST,
        Permission.ITEM_SHOW,
        Permission.LOG_READ,
        Permission.TRAIL_READ,
        Permission.RECORDING_CORRECT,
        Permission.RECORDING_JOIN,
        Permission.RECORDING_MARK,
        Permission.RECORDING_MARK_TEST,
    }
)
"""What shows or changes facts about a recording, and none of its footage: it goes by relation and marks, whatever the access class."""

GRANTABLE = frozenset().union(*PERMISSIONS.values())
"""What an agency's own role may hold: what some role of ours does."""

CONSOLE = (
    _KEYS
    | _SHAPE
    | _LOG
    | {
        Permission.AGENCY_FOUND,
        Permission.PERSON_ADD,
        Permission.PERSON_INVITE,
        Permission.PERSON_LIST,
        Permission.ROLE_GRANT,
        Permission.MODEL_INSTALL,
        Permission.MODEL_LIST,
        Permission.HOME_BACKUP,
        Permission.HOME_CHECK,
        Permission.HOME_MIGRATE,
        Permission.HOME_RESTORE,
        Permission.ITEM_LIST,
    }
)
"""What the operating-system user at the console may do without a badge. Who may run commands there can read the keyring file already."""

SYSTEM = frozenset(
    {
        Permission.DISK_REPORT,
        Permission.RECORDING_CHASE,
        Permission.ANCHOR_WRITE,
        Permission.CHECKPOINT_COSIGN,
        Permission.CHECKPOINT_STAMP,
        Permission.HOME_BACKUP,
        Permission.HOME_CHECK,
        Permission.HOME_MIGRATE,
        Permission.INTAKE_SWEEP,
        Permission.ITEM_OPEN,
        Permission.ITEM_PREPARE,
        Permission.LOG_RESUME,
        Permission.REVIEW_REMIND,
        Permission.SESSION_END,
        Permission.SESSION_FAIL,
        Permission.SESSION_START,
        Permission.VIEWING_SWEEP,
    }
)
"""What the system's own jobs may do."""

DOCK = frozenset({Permission.DOCK_READ, Permission.DOCK_SEND, Permission.ITEM_INGEST})
"""What a dock system may do: send, by its protocol or as resumable uploads, and read the objects of its own System container."""

_LETS_OUT = frozenset({Permission.ITEM_EXPORT, Permission.REDACTION_APPROVE, Permission.REDACTION_RELEASE, Permission.REVIEW_SIGN})
WEIGHTY = _LETS_OUT | {Permission.ROLE_CONFIRM, Permission.ROLE_PROPOSE}
"""Acts that on the console take the person's own second factor, unless the home was made for demonstrations and tests."""

_CHANGES_SIGHT = frozenset({Permission.RECORDING_CORRECT, Permission.RECORDING_JOIN, Permission.RECORDING_MARK})
TWO_GRANTERS = frozenset({Permission.ITEM_VIEW, Permission.TRAIL_READ}) | _CHANGES_SIGHT | _LETS_OUT
"""A role with one of these over the recordings of others takes two granters."""


def takes_two(rule: RoleRule) -> bool:
    """Whether a role sees others' footage or trails, changes who does, exports or releases: then it takes two granters."""
    return rule.reach.relations != _OWN and bool(rule.permissions & TWO_GRANTERS)


def own_roles(said: object) -> Mapping[str, RoleRule]:
    """All roles: ours, and those that the agency's settings name. Raises BadInput that names the role and what is wrong with it."""
    if not isinstance(said, Mapping):
        raise BadInput("roles are written as [roles.NAME], each with its permissions")
    return MappingProxyType({**ROLES, **{str(name): _own(str(name), one) for name, one in said.items()}})


def _own(name: str, said: object) -> RoleRule:
    if name != name.strip().lower() or not name.isprintable() or not 0 < len(name) <= 64 or ";" in name or name in ROLES:
        raise BadInput(f"the role {name!r} needs a name of its own, in small letters, of at most 64 characters")
    if not isinstance(said, Mapping) or not set(said) <= {"permissions", "reach", "classes", "marks"}:
        raise BadInput(f"the role {name!r} has permissions, reach, classes and marks, and nothing else")
    permissions = _words(name, "permissions", said, {one.value: one for one in GRANTABLE})
    if not permissions:
        raise BadInput(f"the role {name!r} permits nothing")
    reach = Reach(
        _words(name, "reach", said, {one.value: one for one in Relation}),
        _words(name, "classes", said, {one.value: one for one in AccessClass}),
        _words(name, "marks", said, {one.value: one for one in Mark}),
    )
    return RoleRule(permissions | _SESSION, reach)


def _words(name: str, which: str, said: Mapping[str, object], known: Mapping[str, _T]) -> frozenset[_T]:
    given = said.get(which, [])
    if not isinstance(given, list):
        raise BadInput(f"{which} of the role {name!r} is a list of words")
    if strange := [word for word in given if word not in known]:
        raise BadInput(f"{which} of the role {name!r}: {strange[0]!r} is none of {', '.join(sorted(known))}")
    return frozenset(known[word] for word in given)
