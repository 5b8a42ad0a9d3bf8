"""Who counts as a second person."""

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.budget import examples

from vestige.access.duties import FRESH_MS, Making, Proposal, may_confirm, own_work
from vestige.evidence.people import Actor, system

NOW = 10 * FRESH_MS


def person(who: str) -> Actor:
    return Actor("person", who, who, frozenset({"administrator"}), "web")


def confirmed(second: str, *makings: tuple[str, str, int]) -> bool:
    """Whether that person may confirm what `a` proposed for `z`."""
    made = [Making(maker, who, NOW - ago) for maker, who, ago in makings]
    return may_confirm(Proposal("z", "auditor", "person:a"), person(second), made, NOW).allowed


def test_two_people_who_have_nothing_of_each_other_grant_a_role() -> None:
    assert confirmed("b")
    assert confirmed("b", ("person:c", "b", 5), ("person:d", "a", 5))


def test_nobody_confirms_their_own_or_grants_to_themselves_and_no_machine_counts() -> None:
    assert not confirmed("a")
    assert not confirmed("z")
    for other in (system("jobs"), Actor("console", "root", "console:root", frozenset({"console"}), "console")):
        assert not may_confirm(Proposal("z", "auditor", "person:a"), other, (), NOW).allowed
    assert not own_work("person:a", "person:a").allowed
    assert own_work("person:a", "person:b").allowed


def test_who_was_made_by_the_first_within_thirty_days_is_no_second() -> None:
    assert not confirmed("b", ("person:a", "b", FRESH_MS - 1))
    assert confirmed("b", ("person:a", "b", FRESH_MS))
    assert not confirmed("b", ("person:b", "a", 1)), "nor the other way round"
    assert not confirmed("b", ("person:a", "c", 1), ("person:c", "b", 1)), "nor by way of another"
    assert not confirmed("b", ("person:c", "a", 1), ("person:c", "b", 1)), "nor two that one person made"
    assert confirmed("b", ("console:root", "a", 1), ("console:root", "b", 1)), "the console sets an agency up"


NAMES = st.sampled_from("abcdef")


@given(st.lists(st.tuples(NAMES, NAMES), max_size=8), NAMES, NAMES)
@settings(max_examples=examples(500), deadline=None)
def test_whoever_makes_accounts_makes_nobody_who_confirms_for_them(makings: list[tuple[str, str]], first: str, second: str) -> None:
    """Whatever else was made: one more making by the first, directly or through somebody whom they made, never gains them a second."""
    made = [Making(f"person:{maker}", who, NOW) for maker, who in makings]
    proposal = Proposal("z", "auditor", f"person:{first}")
    before, after = (
        may_confirm(proposal, person(second), some, NOW).allowed for some in (made, [*made, Making(f"person:{first}", second, NOW)])
    )
    assert not after
    backwards = may_confirm(Proposal("z", "auditor", f"person:{second}"), person(first), made, NOW).allowed
    assert before == backwards
