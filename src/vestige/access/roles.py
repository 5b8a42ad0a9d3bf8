"""Roles: sets of permissions, by the words that agencies use."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from vestige.access.permissions import Permission


class Role(StrEnum):
    """What a person is to the agency; a kiosk is a station, signed in as a person is."""

    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"
    EVIDENCE_CUSTODIAN = "evidence custodian"
    KIOSK = "kiosk"
    OFFICER = "officer"
    RECORDS_ANALYST = "records analyst"
    RECORDS_OFFICER = "records officer"
    REDACTOR = "redactor"
    RELEASE_APPROVER = "release approver"
    SUPERVISOR = "supervisor"


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
            Permission.ROLE_GRANT,
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
        | {Permission.RECORDING_CORRECT, Permission.RECORDING_JOIN, Permission.RECORDING_MARK_TEST},
        Role.KIOSK: _SESSION | {Permission.DEVICE_CHECK_OUT},
        Role.OFFICER: _SESSION | _LOOK | {Permission.ITEM_INGEST, Permission.RECORDING_MARK_TEST},
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
    }
)

OWN_ONLY = frozenset({Role.OFFICER})
"""Roles whose permissions reach their own recordings only."""

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

WEIGHTY = frozenset({Permission.ITEM_EXPORT, Permission.REDACTION_APPROVE, Permission.REDACTION_RELEASE, Permission.REVIEW_SIGN})
"""Acts that on the console take the person's own second factor, unless the home was made for demonstrations and tests."""

TWO_GRANTERS = frozenset({Permission.ITEM_VIEW, Permission.TRAIL_READ}) | WEIGHTY
"""A role with one of these over the recordings of others takes two granters."""


def of(word: str) -> Role | None:
    """The role of that word; None for a word that is none."""
    return Role(word) if word in set(Role) else None
