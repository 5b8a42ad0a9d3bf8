from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.budget import examples

from vestige.access.judge import HomeFacts, Subject, matches, may, plan_of
from vestige.access.permissions import Permission
from vestige.access.roles import CONSOLE, FACTS, PERMISSIONS, REACH, ROLES, WEIGHTY, Relation, Role, own_roles, takes_two
from vestige.errors import BadInput
from vestige.evidence.access import AccessClass, Mark, bits, marks_of
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
    assert may(person("officer", "evidence custodian"), Permission.ITEM_VIEW, Subject(officer=uuid4()), STRICT).allowed
    assert "they recorded it" in may(officer, Permission.ITEM_VIEW, Subject(officer=uuid4()), STRICT).reason


def test_a_supervisor_reaches_the_units_that_they_supervise_now_and_their_own_recordings() -> None:
    mine, other = uuid4(), uuid4()
    home = HomeFacts(console_acts=False, supervises=frozenset({mine}))
    chief = person("supervisor")
    assert may(chief, Permission.ITEM_VIEW, Subject(unit=mine), home).allowed
    assert may(chief, Permission.ITEM_VIEW, Subject(officer=ME, unit=other), home).allowed
    for subject in (Subject(unit=other), Subject(unit=None), Subject(unit=other, officer=uuid4())):
        assert not may(chief, Permission.ITEM_VIEW, subject, home).allowed
    assert not may(chief, Permission.ITEM_VIEW, Subject(unit=mine), STRICT).allowed
    assert not may(person("officer"), Permission.ITEM_VIEW, Subject(unit=mine), home).allowed


def test_confidential_footage_is_not_for_who_recorded_it_but_that_it_is_there_is_no_secret() -> None:
    own = Subject(officer=ME, access_class="confidential")
    verdict = may(person("officer"), Permission.ITEM_VIEW, own, STRICT)
    assert (verdict.allowed, verdict.reason) == (False, "the recording is confidential, which as officer one may not see")
    assert may(person("officer"), Permission.ITEM_SHOW, own, STRICT).allowed
    assert may(person("evidence custodian"), Permission.ITEM_VIEW, own, STRICT).allowed
    assert not may(person("records analyst"), Permission.ITEM_VIEW, own, STRICT).allowed
    assert not may(person("evidence custodian"), Permission.ITEM_VIEW, Subject(access_class="a class that nobody knows"), STRICT).allowed


def test_what_bears_a_mark_is_there_only_for_roles_that_the_mark_lets_in() -> None:
    sealed = Subject(officer=ME, marks=frozenset({Mark.SEALED, Mark.JUVENILE}))
    for permission in (Permission.ITEM_VIEW, Permission.ITEM_LIST):
        verdict = may(person("officer"), permission, sealed, STRICT)
        assert (verdict.allowed, verdict.reason) == (False, "the recording is marked sealed, which as officer one may not see")
        assert may(person("records officer", "evidence custodian"), permission, sealed, STRICT).allowed
    assert marks_of(bits(Mark)) == frozenset(Mark)
    assert marks_of(None) == marks_of(0) == frozenset()


@pytest.mark.parametrize("role", ["trainer", "prosecutor liaison", "kiosk"])
def test_who_sees_only_what_is_shared_sees_nothing_before_there_are_shares(role: str) -> None:
    assert not any(may(person(role), p, Subject(officer=ME), OPEN).allowed for p in FACTS | {Permission.ITEM_VIEW})
    assert REACH[Role(role)].relations == frozenset()


def test_an_agency_adds_roles_of_its_own_and_each_mistake_is_named() -> None:
    said = {
        "permissions": ["item:list", "item:view"],
        "reach": [Relation.RECORDED.value],
        "classes": ["unrestricted"],
        "marks": ["medical"],
    }
    home = HomeFacts(console_acts=True, roles=own_roles({"rookie": said}))
    rookie = person("rookie")
    assert may(rookie, Permission.ITEM_VIEW, Subject(officer=ME, marks=frozenset({Mark.MEDICAL})), home).allowed
    assert not may(rookie, Permission.ITEM_VIEW, Subject(officer=ME, access_class="restricted"), home).allowed
    assert not may(rookie, Permission.ITEM_VIEW, Subject(officer=ME), OPEN).allowed
    assert not takes_two(home.roles["rookie"])
    for word in ("item:view", "recording:correct", "recording:join", "recording:mark"):
        assert takes_two(own_roles({"boss": {"permissions": [word], "reach": ["any recording"]}})["boss"])
    for name, wrong, words in (
        ("officer", said, "a name of its own"),
        ("Rookie", said, "small letters"),
        ("rookie", {**said, "permissions": ["item:eat"]}, "'item:eat' is none of"),
        ("rookie", {**said, "permissions": ["item:open"]}, "'item:open' is none of"),
        ("rookie", {**said, "permissions": []}, "permits nothing"),
        ("rookie", {**said, "reach": "any recording"}, "is a list of words"),
        ("rookie", {**said, "colour": "red"}, "nothing else"),
        ("rookie", 5, "nothing else"),
    ):
        with pytest.raises(BadInput, match=words):
            own_roles({name: wrong})
    with pytest.raises(BadInput):
        own_roles([])


def test_administrators_do_not_see_footage() -> None:
    assert Permission.ITEM_VIEW not in PERMISSIONS[Role.ADMINISTRATOR]


@pytest.mark.parametrize("permission", sorted(WEIGHTY))
def test_weighty_acts_by_badge_alone_take_a_home_made_for_it(permission: Permission) -> None:
    everything = person(*Role, via="console")
    assert may(everything, permission, None, OPEN).allowed
    refused = may(everything, permission, None, STRICT)
    assert not refused.allowed
    assert "second factor" in refused.reason
    assert may(person(*Role), permission, None, STRICT).allowed


def test_the_console_may_what_stands_in_the_page_and_nothing_else() -> None:
    assert {p for p in Permission if may(CONSOLE_USER, p, None, STRICT).allowed} == CONSOLE
    assert Permission.ITEM_INGEST not in CONSOLE


@pytest.mark.parametrize("role", list(Role))
def test_roles_that_see_or_release_are_not_granted_by_the_console_alone(role: Role) -> None:
    alone = may(CONSOLE_USER, Permission.ROLE_GRANT, Subject(person=uuid4(), role=role.value), STRICT).allowed
    assert alone is (role in {Role.OFFICER, Role.ADMINISTRATOR, Role.KIOSK})
    assert takes_two(ROLES[role]) is not alone
    assert may(CONSOLE_USER, Permission.ROLE_GRANT, Subject(person=uuid4(), role=role.value), OPEN).allowed


def test_nobody_grants_a_role_to_themselves() -> None:
    assert not may(person("administrator"), Permission.ROLE_GRANT, Subject(person=ME, role="officer"), OPEN).allowed


def test_the_system_may_its_jobs_only() -> None:
    assert may(system("prepare"), Permission.ITEM_PREPARE, Subject(), STRICT).allowed
    assert not may(system("prepare"), Permission.ITEM_VIEW, Subject(), STRICT).allowed


SUBJECTS = st.builds(
    Subject,
    officer=st.sampled_from([ME, UUID(int=2), None]),
    access_class=st.sampled_from(AccessClass),
    unit=st.sampled_from([UUID(int=11), UUID(int=12), None]),
    marks=st.frozensets(st.sampled_from(Mark), max_size=2),
)


@given(st.sets(st.sampled_from([*Role, "stranger"])), st.sampled_from(Permission), SUBJECTS, st.booleans(), st.booleans())
@settings(max_examples=examples(2000), deadline=None)
def test_the_plan_of_a_list_and_the_judge_of_one_agree(  # what is drawn
    roles: set[str],
    permission: Permission,
    subject: Subject,
    active: bool,  # noqa: FBT001  # drawn
    supervises: bool,  # noqa: FBT001  # drawn
) -> None:
    actor, home = person(*roles, active=active), HomeFacts(True, supervises=frozenset({UUID(int=11)} if supervises else ()))  # noqa: FBT003
    if permission is not Permission.ROLE_GRANT:
        assert matches(plan_of(actor, permission, home), subject) is may(actor, permission, subject, home).allowed


@given(
    st.sets(st.sampled_from(Role)),
    st.sets(st.sampled_from(Role)),
    st.sampled_from(sorted(set(Permission) - {Permission.ROLE_GRANT})),
    SUBJECTS,
)
@settings(max_examples=examples(500), deadline=None)
def test_another_role_never_takes_anything_away(few: set[str], more: set[str], permission: Permission, subject: Subject) -> None:
    if may(person(*few), permission, subject, OPEN).allowed:
        assert may(person(*few, *more), permission, subject, OPEN).allowed
