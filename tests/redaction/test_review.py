import pytest
from tests.redaction.values import LENGTH, mask, plan

from vestige.evidence.values import Digest
from vestige.redaction.geometry import Span
from vestige.redaction.review import Approval, Review, may_approve, may_release, may_render, unreviewed

PLAN = plan(mask())
OTHER = plan(mask(exemption="b7C"))
WHOLE = (Span(0, LENGTH),)


def _review(person: str = "ann", spans: tuple[Span, ...] = WHOLE, digest: Digest | None = None) -> Review:
    return Review(person, digest or PLAN.digest(), spans)


def test_a_second_person_approves_what_was_checked_whole() -> None:
    verdict = may_approve(PLAN, [_review()], author="ann", approver="bob")
    assert verdict.allowed


def test_nobody_approves_their_own_plan() -> None:
    verdict = may_approve(PLAN, [_review("bob")], author="ann", approver="ann")
    assert not verdict.allowed
    assert "their own" in verdict.reason


def test_a_plan_with_an_unchecked_millisecond_is_not_approved() -> None:
    verdict = may_approve(PLAN, [_review(spans=(Span(0, 999), Span(1000, LENGTH)))], author="ann", approver="bob")
    assert not verdict.allowed
    assert "unchecked" in verdict.reason


def test_several_checks_by_several_people_together_cover_the_whole() -> None:
    reviews = [_review("ann", (Span(0, 900),)), _review("cid", (Span(800, LENGTH),))]
    assert may_approve(PLAN, reviews, author="ann", approver="bob").allowed


def test_a_check_of_an_earlier_form_of_the_plan_counts_for_nothing() -> None:
    assert unreviewed(PLAN, [_review(digest=OTHER.digest())]) == WHOLE
    assert not may_approve(PLAN, [_review(digest=OTHER.digest())], author="ann", approver="bob").allowed


def test_whoever_checked_the_author_is_not_the_approver() -> None:
    assert may_approve(PLAN, [_review("bob")], author="ann", approver="bob").allowed
    assert may_approve(PLAN, [_review("ann")], author="ann", approver="bob").allowed
    assert not may_approve(PLAN, [_review("bob")], author="ann", approver="ann").allowed


@pytest.mark.parametrize(
    ("approval", "reason"),
    [
        (None, "not approved"),
        (Approval("ann", PLAN.digest()), "own author"),
        (Approval("bob", OTHER.digest()), "changed after"),
    ],
)
def test_a_plan_without_a_second_persons_approval_of_this_form_is_not_rendered(approval: Approval | None, reason: str) -> None:
    verdict = may_render(PLAN, approval, author="ann")
    assert not verdict.allowed
    assert reason in verdict.reason


def test_an_approved_plan_is_rendered() -> None:
    assert may_render(PLAN, Approval("bob", PLAN.digest()), author="ann").allowed


def test_a_copy_is_released_by_someone_else_who_watched_this_copy() -> None:
    one, other = Digest("1" * 64), Digest("2" * 64)
    assert may_release(author="ann", renderer="ann", watcher="bob", rendered=one, watched=one).allowed
    assert not may_release(author="ann", renderer="cid", watcher="ann", rendered=one, watched=one).allowed
    assert not may_release(author="ann", renderer="bob", watcher="bob", rendered=one, watched=one).allowed
    assert not may_release(author="ann", renderer="ann", watcher="bob", rendered=one, watched=other).allowed
