"""Roles: sets of permissions, by the words that agencies use."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from vestige.access.permissions import Permission as P


class Role(StrEnum):
    """What a person is to the agency."""

    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"
    EVIDENCE_CUSTODIAN = "evidence custodian"
    OFFICER = "officer"
    RECORDS_ANALYST = "records analyst"
    RECORDS_OFFICER = "records officer"
    REDACTOR = "redactor"
    RELEASE_APPROVER = "release approver"
    SUPERVISOR = "supervisor"


_SESSION = frozenset({P.SESSION_START, P.SESSION_END})
_LOOK = frozenset({P.ITEM_LIST, P.ITEM_SHOW, P.ITEM_VIEW, P.TRAIL_READ})
_REDACT = frozenset({P.REDACTION_PLAN, P.REDACTION_REVIEW, P.REDACTION_RENDER})
_DEVICES = frozenset({P.DEVICE_ASSIGN, P.DEVICE_LIST, P.DEVICE_REGISTER})
_FINDINGS = frozenset({P.FINDING_CLOSE, P.FINDING_LIST})

PERMISSIONS: Mapping[Role, frozenset[P]] = MappingProxyType(
    {
        Role.ADMINISTRATOR: _SESSION
        | _DEVICES
        | {P.PERSON_ADD, P.PERSON_INVITE, P.PERSON_LIST, P.ROLE_GRANT, P.MODEL_INSTALL, P.MODEL_LIST}
        | {P.HOME_CHECK, P.ITEM_LIST, P.ITEM_SHOW, P.FINDING_LIST},
        Role.AUDITOR: _SESSION
        | {P.ITEM_LIST, P.ITEM_SHOW, P.TRAIL_READ, P.FINDING_LIST, P.HOME_CHECK, P.PERSON_LIST, P.MODEL_LIST, P.DEVICE_LIST},
        Role.EVIDENCE_CUSTODIAN: _SESSION
        | _LOOK
        | _REDACT
        | _DEVICES
        | _FINDINGS
        | {P.ITEM_INGEST, P.ITEM_EXPORT, P.CARD_ERASE, P.HOME_CHECK},
        Role.OFFICER: _SESSION | _LOOK | {P.ITEM_INGEST},
        Role.RECORDS_ANALYST: _SESSION | _LOOK | _REDACT,
        Role.RECORDS_OFFICER: _SESSION | _FINDINGS | {P.ITEM_LIST, P.ITEM_SHOW, P.TRAIL_READ, P.ITEM_EXPORT},
        Role.REDACTOR: _SESSION | _LOOK | _REDACT,
        Role.RELEASE_APPROVER: _SESSION | _LOOK | {P.REDACTION_REVIEW, P.REDACTION_APPROVE, P.REDACTION_RELEASE},
        Role.SUPERVISOR: _SESSION | _LOOK | _FINDINGS | {P.DEVICE_LIST},
    }
)

OWN_ONLY = frozenset({Role.OFFICER})
"""Roles whose permissions reach their own recordings only."""

CONSOLE = frozenset(
    {P.AGENCY_FOUND, P.PERSON_ADD, P.PERSON_INVITE, P.PERSON_LIST, P.ROLE_GRANT, P.MODEL_INSTALL, P.MODEL_LIST, P.HOME_CHECK, P.ITEM_LIST}
)
"""What the operating-system user at the console may do without a badge."""

SYSTEM = frozenset({P.ITEM_PREPARE, P.INTAKE_SWEEP, P.SESSION_START, P.SESSION_END, P.SESSION_FAIL})
"""What the system's own jobs may do."""

WEIGHTY = frozenset({P.ITEM_EXPORT, P.REDACTION_APPROVE, P.REDACTION_RELEASE})
"""Acts that on the console take the person's own second factor, unless the home was made for demonstrations and tests."""

TWO_GRANTERS = frozenset({P.ITEM_VIEW, P.TRAIL_READ}) | WEIGHTY
"""A role with one of these over the recordings of others takes two granters."""


def of(word: str) -> Role | None:
    """The role of that word; None for a word that is none."""
    return Role(word) if word in set(Role) else None
