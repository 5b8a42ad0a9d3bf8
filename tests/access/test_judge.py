from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.budget import examples

from vestige.access.judge import HomeFacts, Subject, may
from vestige.access.permissions import Permission
from vestige.access.plan import matches, visible
from vestige.access.roles import CONSOLE, PERMISSIONS, WEIGHTY, Role
from vestige.evidence.people import Actor, system

OPEN, STRICT = HomeFacts(console_acts=True), HomeFacts(console_acts=False)
ME = UUID(int=1)


def person(*roles: str, via: str = "web", active: bool = True) -> Actor:
    return Actor("person", str(ME), "Me", frozenset(roles), via, active=active)  # type: ignore[arg-type]


CONSOLE_USER = Actor("console", "root", "console:root", frozenset({"console"}), "console")


def test_deny_is_the_default() -> None:
    assert not any(may(person(), p, None, OPEN).allowed for p in Permission)
    assert not any(may(person("king"), p, None, OPEN).allowed for p in Permission)
    assert not any(may(Actor("device", "d", "d", frozenset(), "system"), p, None, OPEN).allowed for p in Permission)


def test_the_inactive_may_nothing() -> None:
    assert not any(may(person(*Role, active=False), p, None, OPEN).allowed for p in Permission)


def test_an_officer_reaches_their_own_recordings_only() -> None:
    officer = person("officer")
    assert may(officer, Permission.ITEM_VIEW, Subject(officer=ME), STRICT).allowed
    assert not may(officer, Permission.ITEM_VIEW, Subject(officer=uuid4()), STRICT).allowed
    assert not may(officer, Permission.ITEM_VIEW, Subject(officer=None), STRICT).allowed
    assert may(person("officer", "supervisor"), Permission.ITEM_VIEW, Subject(officer=uuid4()), STRICT).allowed


def test_administrators_do_not_see_footage() -> None:
    assert Permission.ITEM_VIEW not in PERMISSIONS[Role.ADMINISTRATOR]


@pytest.mark.parametrize("permission", sorted(WEIGHTY))
def test_weighty_acts_by_badge_alone_take_a_home_made_for_it(permission: Permission) -> None:
    everything = person(*Role, via="console")
    assert may(everything, permission, Subject(), OPEN).allowed
    refused = may(everything, permission, Subject(), STRICT)
    assert not refused.allowed
    assert "second factor" in refused.reason
    assert may(person(*Role), permission, Subject(), STRICT).allowed


def test_the_console_may_what_stands_in_the_page_and_nothing_else() -> None:
    assert {p for p in Permission if may(CONSOLE_USER, p, None, STRICT).allowed} == CONSOLE
    assert Permission.ITEM_INGEST not in CONSOLE


@pytest.mark.parametrize("role", list(Role))
def test_roles_that_see_or_release_are_not_granted_by_the_console_alone(role: Role) -> None:
    alone = may(CONSOLE_USER, Permission.ROLE_GRANT, Subject(person=uuid4(), role=role.value), STRICT).allowed
    assert alone is (role in {Role.OFFICER, Role.ADMINISTRATOR, Role.KIOSK})
    assert may(CONSOLE_USER, Permission.ROLE_GRANT, Subject(person=uuid4(), role=role.value), OPEN).allowed


def test_nobody_grants_a_role_to_themselves() -> None:
    assert not may(person("administrator"), Permission.ROLE_GRANT, Subject(person=ME, role="officer"), OPEN).allowed


def test_the_system_may_its_jobs_only() -> None:
    assert may(system("prepare"), Permission.ITEM_PREPARE, Subject(), STRICT).allowed
    assert not may(system("prepare"), Permission.ITEM_VIEW, Subject(), STRICT).allowed


@given(
    st.sets(st.sampled_from([*Role, "stranger"])),
    st.sampled_from(Permission),
    st.sampled_from([ME, UUID(int=2), None]),
    st.booleans(),
)
@settings(max_examples=examples(2000), deadline=None)
def test_the_plan_of_a_list_and_the_judge_of_one_agree(roles: set[str], permission: Permission, officer: UUID | None, active: bool) -> None:  # noqa: FBT001
    actor = person(*roles, active=active)
    subject = Subject(officer=officer)
    if permission is not Permission.ROLE_GRANT:
        assert matches(visible(actor, permission), subject) is may(actor, permission, subject, OPEN).allowed
