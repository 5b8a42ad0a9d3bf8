"""The agency's shape from a file, again and again: what changes, what is told, what is refused, and that nothing is half-applied."""

from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.agency import CONSOLE, START, Agency, make_agency
from tests.budget import examples
from vestige.access.roles import Role
from vestige.actions import agency_shape, people
from vestige.actions.checking import check
from vestige.actions.roster import compare
from vestige.catalog import triggers
from vestige.catalog.models import Event, Posting, Unit
from vestige.errors import BadInput, Refused
from vestige.evidence import agency as shapes
from vestige.evidence.agency import Part
from vestige.evidence.roster import read
from vestige.evidence.values import uuid7

HEAD = "kind,code,name,within,part,area,from,until,roles\n"
TREE = (
    "component,ERO,Removal,,,,,,\n"
    "field office,BAL,Baltimore,ERO,,Maryland,,,\n"
    "team,B1,First,BAL,,,,,\n"
    "team,B2,Second,BAL,,,,,\n"
    "special response team,BS,Response,BAL,,,,,\n"
)
DAY = 86_400_000


@pytest.fixture
def agency(either_database: str, tmp_path: Path) -> Agency:
    agency = make_agency(tmp_path)
    assert connection.vendor == either_database
    return agency


def taken(agency: Agency, rows: str) -> agency_shape.Imported:
    return agency_shape.import_file(agency.ports, CONSOLE, (HEAD + TREE + rows).encode())


def places(agency: Agency, badge: str) -> list[tuple[str, str, int, int | None]]:
    """Unit, part, from and until, oldest first."""
    person = agency.ports.catalog.person(badge)
    assert person is not None
    codes = {one.id: one.code for one in agency.ports.shape.units()}
    return [(codes[one.unit], one.part.value, one.starts, one.ends) for one in agency.ports.shape.postings(person.id)]


def test_a_file_makes_units_people_and_places_and_again_nothing(agency: Agency) -> None:
    rows = "person,P1,Pat One,B1,,,2026-01-05,,officer\nperson,P1,Pat One,BS,attached,,2026-02-01,,\nperson,P2,Pat Two,BAL,supervisor,,,,\n"
    before = Event.objects.count()
    previewed = agency_shape.preview(agency.ports, CONSOLE, (HEAD + TREE + rows).encode())
    assert (Event.objects.count(), Unit.objects.count()) == (before + 1, 0)
    done = taken(agency, rows)
    assert done.changes == previewed.changes
    assert len(done.changes) == 5 + 2 + 3 + 1
    assert done.unnamed_people == ["ADMIN"]
    january = 1_767_571_200_000
    assert places(agency, "P1") == [("B1", "member", january, None), ("BS", "attached", january + 27 * DAY, None)]
    assert agency.ports.catalog.person("p1").roles == {"officer"}  # type: ignore[union-attr]
    again = taken(agency, rows)
    assert again.changes == []
    assert Event.objects.order_by("-seq")[0].type == "agency:imported"
    assert list(check(agency.ports, CONSOLE)) == []


def test_a_supervisor_has_the_unit_and_all_within_it_for_as_long_as_they_are_one(agency: Agency) -> None:
    taken(agency, "person,P2,Pat Two,BAL,supervisor,,2026-01-05,2026-12-31,\n")
    person = agency.ports.catalog.person("P2")
    assert person is not None
    ids = {one.code: one.id for one in agency.ports.shape.units()}
    shape = agency.ports.shape
    assert shape.supervised(person.id, agency.clock()) == {ids[code] for code in ("BAL", "B1", "B2", "BS")}
    assert shape.supervised(person.id, START + 300 * DAY) == set()
    assert shape.supervised(person.id, 0) == set()


def test_the_list_of_people_says_where_each_is_now(agency: Agency) -> None:
    people.add(agency.ports, CONSOLE, "P3", "Pat Three", [Role.OFFICER], unit="Night shift")
    taken(
        agency, "person,P1,Pat One,B1,,,2026-01-05,,\nperson,P1,Pat One,BS,attached,,2026-02-01,,\nperson,P2,Pat Two,BAL,supervisor,,,,\n"
    )
    units = {one.badge: one.unit for one in people.list_people(agency.ports, CONSOLE)}
    assert units == {"ADMIN": "", "P1": "B1, BS (attached)", "P2": "BAL (supervisor)", "P3": "Night shift"}
    agency.clock.at += DAY
    taken(agency, "person,P1,Pat One,B2,,,,,\n")
    assert {one.badge: one.unit for one in people.list_people(agency.ports, CONSOLE)}["P1"] == "B2"


def test_who_moves_is_a_member_of_one_unit_at_each_moment(agency: Agency) -> None:
    taken(agency, "person,P1,Pat One,B1,,,2026-01-05,,\n")
    taken(agency, "person,P1,Pat One,B2,,,2026-05-01,,\n")
    may = 1_777_593_600_000
    assert places(agency, "P1") == [("B1", "member", 1_767_571_200_000, may), ("B2", "member", may, None)]
    taken(agency, "person,P1,Pat One,B1,,,,,\n")
    held = places(agency, "P1")
    assert held[1][3] == held[2][2]
    assert [one[0] for one in held] == ["B1", "B2", "B1"]
    taken(agency, "person,P1,Pat Uno,,,,,,\n")
    assert places(agency, "P1")[2][3] is not None
    assert agency.ports.catalog.person("P1").name == "Pat Uno"  # type: ignore[union-attr]
    assert list(check(agency.ports, CONSOLE)) == []


def test_what_the_file_does_not_name_is_told_and_stays(agency: Agency) -> None:
    taken(agency, "person,P1,Pat One,B1,,,2026-01-05,,\n")
    done = agency_shape.import_file(agency.ports, CONSOLE, (HEAD + "component,ERO,Removal,,,,,,\n").encode())
    assert (done.changes, done.unnamed_people, done.unnamed_units) == ([], ["ADMIN", "P1"], ["B1", "B2", "BAL", "BS"])
    assert places(agency, "P1")[0][3] is None


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("person,P1,Pat,NOWHERE,,,,,\n", "line 7, column within: there is no unit NOWHERE"),
        ("person,P1,Pat,B1,chief,,,,\n", "line 7, column part: 'chief' is none of"),
        ("person,P1,Pat,B1,,,tomorrow,,\n", "line 7, column from: 'tomorrow' is no day"),
        ("person,P1,Pat,B1,,,2026-02-02,2026-02-02,\n", "line 7, column until: a place ends after it begins"),
        ("person,P1,Pat,B1,,,2090-01-01,,\n", "line 7, column from: a place begins now or at a time that was"),
        ("person,P1,Pat,B1,,,,,\nperson,P1,Pat,B2,,,,,\n", "line 8, column within: P1 would be a member of"),
        ("person,P1,Pat,B1,,,,,\nperson,P1,Tap,B2,attached,,,,\n", "line 8, column name: P1 is called Pat in line 7"),
        ("person,,Pat,B1,,,,,\n", "line 7, column code: there must be something"),
        ("person,P1,Pat,,,,2026-01-01,,\n", "line 7, column within: in which unit"),
        ("person,P1,Pat,B1,,Maryland,,,\n", "line 7, column area: that is said of units only"),
        ("squad,X,Ex,,,,,,\n", "line 7, column kind: 'squad' is none of"),
        ("team,b1,Again,BAL,,,,,\n", "line 7, column code: the unit b1 stands in line 4 already"),
        ("team,X,Ex,Y,,,,,\nteam,Y,Why,X,,,,,\n", "line 7, column within: X lies within itself"),
        ("team,X,Ex,Z,,,,,\n", "line 7, column within: there is no unit Z"),
        ("person,P1,Pat\n", "line 7 has 3 fields"),
        ('person,P1,"Pat\n', "no CSV near line"),
        ('person,P1,"Pa\nt",B1,,,,,\n', "line 7, column name: there is a character that cannot be printed"),
    ],
)
def test_each_mistake_is_named_by_line_and_column(rows: str, words: str) -> None:
    with pytest.raises(BadInput) as refused:
        compare(read((HEAD + TREE + rows).encode(), ZoneInfo("UTC")), shapes.Shape([], [], {}), [], START)
    assert words in str(refused.value)


def test_a_unit_put_within_its_own_part_is_refused(tmp_path: Path) -> None:
    agency = make_agency(tmp_path)
    taken(agency, "")
    with pytest.raises(BadInput, match="line 2, column within: BAL would lie within itself"):
        agency_shape.import_file(agency.ports, CONSOLE, (HEAD + "field office,BAL,Baltimore,B1,,Maryland,,,\n").encode())


def test_nobody_becomes_a_supervisor_by_their_own_file_or_gets_a_role_that_takes_two(tmp_path: Path) -> None:
    agency = make_agency(tmp_path)
    admin = agency.actor("administrator")
    with pytest.raises(Refused, match="nobody makes themselves a supervisor"):
        agency_shape.import_file(
            agency.ports, admin, (HEAD + TREE + "person,ADMINISTRATOR,Pat Administrator,BAL,supervisor,,,,\n").encode()
        )
    with pytest.raises(Refused, match="line 7, column roles: nobody grants a role to themselves"):
        agency_shape.import_file(agency.ports, admin, (HEAD + TREE + "person,ADMINISTRATOR,Pat Administrator,,,,,,officer\n").encode())
    with pytest.raises(BadInput, match="line 7, column roles: there is no role 'king'"):
        taken(agency, "person,P1,Pat,B1,,,,,king\n")
    assert (Unit.objects.count(), Event.objects.filter(type__startswith="unit:").count()) == (0, 0)
    with pytest.raises(Refused):
        agency_shape.import_file(agency.ports, agency.actor("officer"), (HEAD + TREE).encode())


def test_nobody_puts_units_under_the_one_that_they_supervise(tmp_path: Path) -> None:
    agency = make_agency(tmp_path)
    admin = agency.actor("administrator")
    taken(agency, "person,ADMINISTRATOR,Pat Administrator,B1,supervisor,,,,\n")
    for moved in (
        TREE.replace("team,B2,Second,BAL", "team,B2,Second,B1"),
        TREE.replace("team,B1,First,BAL", "team,B1,First,").replace("BAL,Baltimore,ERO", "BAL,Baltimore,B1"),
    ):
        file = (HEAD + moved).encode()
        with pytest.raises(Refused, match="nobody puts units under themselves"):
            agency_shape.preview(agency.ports, admin, file)
        with pytest.raises(Refused, match="nobody puts units under themselves"):
            agency_shape.import_file(agency.ports, admin, file)
    agency_shape.import_file(agency.ports, admin, (HEAD + TREE + "team,B3,Third,B1,,,,,\n").encode())
    agency_shape.import_file(agency.ports, CONSOLE, (HEAD + TREE.replace("team,B2,Second,BAL", "team,B2,Second,B1")).encode())


def test_two_memberships_at_once_are_refused_by_the_database_itself(agency: Agency) -> None:
    taken(agency, "person,P1,Pat One,B1,,,2026-01-05,,\n")
    person, unit = Posting.objects.get().person_id, Unit.objects.get(code="B2").id
    with pytest.raises(IntegrityError), transaction.atomic():
        Posting.objects.create(id=uuid7(), person_id=person, unit_id=unit, part="member", starts=START, ends=None)
    with pytest.raises(IntegrityError), transaction.atomic():
        Posting.objects.create(id=uuid7(), person_id=person, unit_id=unit, part="attached", starts=5, ends=5)
    assert triggers.missing() == []
    with connection.cursor() as cursor:
        drop = {
            "sqlite": "DROP TRIGGER posting_overlap_insert",
            "postgresql": "ALTER TABLE catalog_posting DROP CONSTRAINT posting_overlap",
        }
        cursor.execute(drop[connection.vendor])
    assert [name.startswith("posting_overlap") for name in triggers.missing()] == [True]
    assert triggers.remake() == []


def test_a_changed_place_is_found_by_the_check(agency: Agency) -> None:
    taken(agency, "person,P1,Pat One,B1,,,2026-01-05,,\n")
    row = Posting.objects.get()
    Posting.objects.update(part="supervisor")
    named = {(fault.what, fault.object) for fault in check(agency.ports, CONSOLE)}
    assert ("the column part is not what the log says", f"posting {row.id}") in named


def test_people_that_were_added_by_hand_are_taken_up_by_the_file(tmp_path: Path) -> None:
    agency = make_agency(tmp_path)
    known = people.add(agency.ports, CONSOLE, "P9", "Pat Nine", [Role.OFFICER])
    done = taken(agency, "person,p9,Pat Nine,B1,,,2026-01-05,,officer\n")
    assert done.changes[-1] == "Pat Nine (P9) is member in B1"
    assert agency.ports.catalog.person("P9").id == known.id  # type: ignore[union-attr]


def test_days_begin_at_midnight_of_the_agency() -> None:
    roster = read((HEAD + "person,P1,Pat,B1,,,2026-01-05,,\n").encode(), ZoneInfo("America/New_York"))
    assert roster.places[0].starts == 1_767_571_200_000 + 5 * 3_600_000


SPANS = st.tuples(st.sampled_from(Part), st.integers(0, 50), st.integers(1, 50) | st.none())


@given(st.lists(SPANS, max_size=6), st.integers(0, 120))
@settings(max_examples=examples(500), deadline=None)
def test_the_unit_of_a_moment_is_one_that_the_person_was_in_and_membership_goes_first(
    spans: list[tuple[Part, int, int | None]], at: int
) -> None:
    held = [
        shapes.Posting(UUID(int=n), UUID(int=99), UUID(int=100 + n), part, starts, None if lasts is None else starts + lasts)
        for n, (part, starts, lasts) in enumerate(spans)
    ]
    unit = shapes.unit_then(held, at)
    then = [one for one in held if one.covers(at)]
    assert (unit is None) == (then == [])
    if unit is not None:
        chosen = next(one for one in then if one.unit == unit)
        ranks = list(Part)
        assert all(ranks.index(chosen.part) <= ranks.index(one.part) for one in then)
        assert all(chosen.starts >= one.starts for one in then if one.part is chosen.part)
