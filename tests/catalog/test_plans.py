"""The judge of one recording and the plan of a list are one rule set: whatever the agency, both databases show what the judge allows."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.agency import Agency, make_agency
from tests.budget import examples

from vestige.access.judge import HomeFacts, Subject, may, plan_of
from vestige.access.permissions import Permission
from vestige.access.roles import REACH, ROLES, Reach, Relation, Role, RoleRule
from vestige.catalog import models, plans
from vestige.catalog.accounts.models import Person
from vestige.evidence.access import AccessClass, Mark, bits
from vestige.evidence.items import ItemFilter
from vestige.evidence.people import Actor
from vestige.evidence.values import uuid7

PEOPLE = [UUID(int=n) for n in (1, 2, 3)]
_FILE = {"kind": "video", "status": "accessioned", "filename": "a", "size": 1, "sha256": "0" * 64, "received_at": 0}
UNITS = [UUID(int=n) for n in (11, 12, 13, 14)]


@dataclass(frozen=True)
class Made:
    """A recording of the test and what the judge needs to know of it."""

    id: UUID
    item: UUID
    subject: Subject


@pytest.fixture
def agency(either_database: str, tmp_path: Path) -> Agency:
    agency = make_agency(tmp_path)
    assert connection.vendor == either_database
    Person.objects.bulk_create(Person(id=one, badge=f"P{one.int}", name="Pat") for one in PEOPLE)
    models.Unit.objects.bulk_create(models.Unit(id=one, code=f"U{one.int}", name="A unit", kind="team") for one in UNITS)
    return agency


SUBJECTS = st.lists(
    st.builds(
        Subject,
        officer=st.sampled_from([*PEOPLE, None]),
        access_class=st.sampled_from(AccessClass),
        unit=st.sampled_from([*UNITS, None]),
        marks=st.frozensets(st.sampled_from(Mark), max_size=3),
    ),
    min_size=1,
    max_size=12,
)
OWN = st.builds(
    lambda relations, classes, marks: RoleRule(frozenset(Permission), Reach(relations, classes, marks)),
    st.frozensets(st.sampled_from(Relation)),
    st.frozensets(st.sampled_from(AccessClass)),
    st.frozensets(st.sampled_from(Mark)),
)


def made(subjects: Sequence[Subject]) -> list[Made]:
    """Rows of these recordings, and of no others."""
    models.EvidenceItem.objects.all().delete()
    models.Recording.objects.all().delete()
    found = [Made(uuid7(), uuid7(), one) for one in subjects]
    models.Recording.objects.bulk_create(
        models.Recording(
            id=one.id,
            number=f"R-{n}",
            officer_id=one.subject.officer,
            unit_id=one.subject.unit,
            category="uncategorized",
            access_class=str(one.subject.access_class),
            marks=bits(one.subject.marks) if one.subject.marks else (None, 0)[n % 2],
        )
        for n, one in enumerate(found)
    )
    models.EvidenceItem.objects.bulk_create(
        models.EvidenceItem(**_FILE, id=one.item, number=f"E-{n}", recording_id=one.id, sealed=uuid7()) for n, one in enumerate(found)
    )
    return found


@given(
    subjects=SUBJECTS,
    roles=st.sets(st.sampled_from([*Role, "first", "second"]), max_size=3),
    own=st.tuples(OWN, OWN),
    permission=st.sampled_from([Permission.ITEM_LIST, Permission.ITEM_VIEW, Permission.ITEM_SHOW, Permission.ITEM_EXPORT]),
    drawn=st.tuples(st.frozensets(st.sampled_from(UNITS)), st.integers(1, 13)),
)
@settings(max_examples=examples(600), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_list_shows_exactly_what_the_judge_allows(
    agency: Agency,
    subjects: list[Subject],
    roles: set[str],
    own: tuple[RoleRule, RoleRule],
    permission: Permission,
    drawn: tuple[frozenset[UUID], int],
) -> None:
    units, limit = drawn
    home = HomeFacts(console_acts=True, roles={**ROLES, "first": own[0], "second": own[1]}, supervises=units)
    actor = Actor("person", str(PEOPLE[0]), "Pat", frozenset(map(str, roles)), "web")
    recordings = made(subjects)
    allowed = [one for one in recordings if may(actor, permission, one.subject, home).allowed]
    plan, catalog = plan_of(actor, permission, home), agency.ports.catalog
    newest = sorted((one.id for one in allowed), reverse=True)[:limit]
    assert [one.id for one in catalog.recordings(plan, ItemFilter(limit=limit))] == newest
    assert [one.id for one in catalog.items(plan, ItemFilter(limit=limit))] == sorted(one.item for one in allowed)[:limit]
    for one in recordings:
        found, item = catalog.recording(str(one.id), plan), catalog.item(str(one.item), plan)
        assert (found is not None, item is not None) == (one in allowed, one in allowed)
        if found:
            assert (found.unit, found.marks, found.access_class) == (one.subject.unit, one.subject.marks, one.subject.access_class)


@pytest.mark.usefixtures("agency")
def test_a_list_is_read_by_an_index_for_each_rule_and_never_whole() -> None:
    """The plan of a supervisor: a branch for their own, one for each unit; each walks its index."""
    actor = Actor("person", str(PEOPLE[0]), "Pat", frozenset({"supervisor"}), "web")
    plan = plan_of(actor, Permission.ITEM_LIST, HomeFacts(console_acts=True, supervises=frozenset(UNITS[:3])))
    assert len(plans.branches(plan, "")) == 4
    many = HomeFacts(console_acts=True, supervises=frozenset(UUID(int=n) for n in range(200)))
    assert len(plans.branches(plan_of(actor, Permission.ITEM_LIST, many), "")) == 2
    both = plan_of(Actor("person", str(PEOPLE[0]), "Pat", frozenset({"supervisor", "auditor"}), "web"), Permission.ITEM_LIST, many)
    assert len(plans.branches(both, "")) == 1
    if connection.vendor == "sqlite":
        for way in plans.branches(plan, ""):
            told = models.Recording.objects.filter(way).order_by("-id").values("id")[:50].explain()
            assert "USING" in told, told
            assert "INDEX recording_" in told, told
            assert "TEMP B-TREE" not in told, told


def test_every_role_has_a_reach_and_only_clerks_reach_any_recording() -> None:
    assert set(REACH) == set(Role)
    assert {role.value for role, reach in REACH.items() if Relation.ANY not in reach.relations} == {
        "kiosk",
        "officer",
        "prosecutor liaison",
        "supervisor",
        "trainer",
    }
