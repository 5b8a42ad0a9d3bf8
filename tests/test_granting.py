"""Roles that see what others recorded are granted by two people, never to oneself, and nobody makes their own second person."""

from pathlib import Path

import pytest

from tests.agency import CONSOLE, Agency, Clock
from vestige.access.duties import FRESH_MS
from vestige.actions import granting, people
from vestige.actions.agency import found
from vestige.actions.checking import check
from vestige.assembly import make_home
from vestige.catalog.accounts.models import RoleGrant
from vestige.catalog.models import Event
from vestige.errors import BadInput, NotFound, Refused
from vestige.evidence.people import Actor


@pytest.fixture
def agency(either_database: str, tmp_path: Path) -> Agency:
    """A home in which the console may not act for people; its administrators A and B, and an officer O."""
    clock = Clock()
    home = make_home(tmp_path / "home", "us-federal", now=clock)
    found(home.ports, CONSOLE, f"Test agency on {either_database}", "UTC", console_acts=False, admin="A")
    agency = Agency(home, clock)
    for badge, role in (("B", "administrator"), ("O", "officer")):
        people.add(home.ports, CONSOLE, badge, f"Pat {badge}", [role])
    return agency


def person(agency: Agency, badge: str) -> Actor:
    """That person as they are now, signed in through the pages."""
    known = agency.ports.catalog.person(badge)
    assert known is not None
    return Actor("person", str(known.id), known.name, known.roles, "web")


def roles(agency: Agency, badge: str) -> set[str]:
    return set(person(agency, badge).roles)


def proposed(agency: Agency, badge: str = "O", role: str = "auditor", by: str = "A") -> granting.RoleProposal:
    given = granting.grant(agency.ports, person(agency, by), badge, role)
    assert not given.granted
    return agency.ports.shape.proposals()[-1]


def test_one_proposes_and_another_confirms(agency: Agency) -> None:
    proposal = proposed(agency)
    assert roles(agency, "O") == {"officer"}
    with pytest.raises(BadInput, match="proposed already"):
        granting.grant(agency.ports, person(agency, "B"), "O", "auditor")
    with pytest.raises(Refused, match="nobody approves their own work"):
        granting.confirm(agency.ports, person(agency, "A"), proposal.id)
    granting.confirm(agency.ports, person(agency, "B"), proposal.id)
    assert roles(agency, "O") == {"auditor", "officer"}
    a, b = person(agency, "A"), person(agency, "B")
    assert RoleGrant.objects.get(role="auditor").granted_by == f"person:{a.id} and person:{b.id}"
    with pytest.raises(NotFound):
        granting.confirm(agency.ports, b, proposal.id)
    assert check(agency.ports, CONSOLE) == []


def test_a_role_for_which_one_is_enough_is_granted_at_once_and_taken_away_at_once(agency: Agency) -> None:
    a = person(agency, "A")
    assert granting.grant(agency.ports, a, "B", "officer").granted
    with pytest.raises(BadInput, match="already"):
        granting.grant(agency.ports, a, "B", "officer")
    with pytest.raises(BadInput, match="a reason"):
        granting.withdraw(agency.ports, a, "B", "officer", " ")
    granting.withdraw(agency.ports, a, "B", "officer", "back at the desk")
    assert roles(agency, "B") == {"administrator"}
    with pytest.raises(NotFound):
        granting.withdraw(agency.ports, a, "B", "officer", "again")
    granting.withdraw(agency.ports, a, "B", "administrator", "left")
    with pytest.raises(BadInput, match="the only administrator"):
        granting.withdraw(agency.ports, a, "A", "administrator", "left")
    assert Event.objects.filter(type="role:withdrawn", object_id=person(agency, "B").id).count() == 2
    assert check(agency.ports, CONSOLE) == []


def test_one_administrator_alone_never_becomes_two(agency: Agency) -> None:
    """Each way that is known: to oneself, by oneself, by the console, by an account of one's own making, by one that confirms for its maker."""
    ports, a = agency.ports, person(agency, "A")
    with pytest.raises(Refused, match="to themselves"):
        granting.grant(ports, a, "A", "auditor")
    with pytest.raises(Refused, match="takes two granters"):
        people.add(ports, a, "P", "Puppet", ["auditor"])
    people.add(ports, a, "P", "Puppet", ["administrator"])
    people.add(ports, a, "Q", "Puppet", ["administrator"])
    mine = proposed(agency, "A", "evidence custodian", by="P")
    for who in ("A", "P", "Q"):
        with pytest.raises(Refused):
            granting.confirm(ports, person(agency, who), mine.id)
    theirs = proposed(agency, "O", "evidence custodian", by="A")
    for who in ("A", "P", "Q"):
        with pytest.raises(Refused):
            granting.confirm(ports, person(agency, who), theirs.id)
    with pytest.raises(Refused):
        granting.confirm(ports, CONSOLE, mine.id)
    by_badge = Actor("person", person(agency, "B").id, "B", person(agency, "B").roles, "console")
    with pytest.raises(Refused, match="second factor"):
        granting.confirm(ports, by_badge, mine.id)
    assert roles(agency, "A") == {"administrator"}
    agency.clock.at += FRESH_MS
    granting.confirm(ports, person(agency, "Q"), theirs.id)
    assert "evidence custodian" in roles(agency, "O")


def test_a_proposal_is_declined_and_then_gone(agency: Agency) -> None:
    proposal = proposed(agency)
    granting.decline(agency.ports, person(agency, "A"), proposal.id)
    assert agency.ports.shape.proposals() == []
    assert roles(agency, "O") == {"officer"}
    with pytest.raises(Refused):
        granting.grant(agency.ports, person(agency, "O"), "B", "officer")
    with pytest.raises(Refused, match="there is no role"):
        granting.grant(agency.ports, person(agency, "A"), "O", "king")
