"""Who may approve, render and release: every span checked by a person, nobody approves or releases own work, each act bound to a digest."""

from collections.abc import Iterable
from dataclasses import dataclass

from vestige.evidence.values import Digest
from vestige.redaction.geometry import Span, missing
from vestige.redaction.plan import Plan


@dataclass(frozen=True, slots=True)
class Review:
    """One person's statement to have looked at these spans of the plan with that digest. `person` is the person's id."""

    person: str
    plan_digest: Digest
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Approval:
    """One person's approval of the plan with that digest."""

    person: str
    plan_digest: Digest


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether something may be done, and the reason in words for people."""

    allowed: bool
    reason: str


def unreviewed(plan: Plan, reviews: Iterable[Review]) -> tuple[Span, ...]:
    """The parts of the recording that no review *of this very plan* covers. Masks and mutes lie inside it, so none is left out."""
    digest = plan.digest()
    spans = (span for review in reviews if review.plan_digest == digest for span in review.spans)
    return missing(spans, Span(0, plan.duration_ms))


def may_approve(plan: Plan, reviews: Iterable[Review], *, author: str, approver: str) -> Verdict:
    """Whether `approver` may approve the plan.

    Refuses the plan's author; refuses while a part of the recording is unchecked. The plan's author and its approver are two people; who of
    all checked a span does not matter.
    A review of an earlier form of the plan counts for nothing.
    """
    if approver == author:
        return Verdict(allowed=False, reason="nobody approves their own redaction; someone else must")
    gaps = unreviewed(plan, reviews)
    if gaps:
        first = gaps[0]
        return Verdict(
            allowed=False,
            reason=f"{_seconds(sum(gap.length_ms for gap in gaps))} of this plan are unchecked,"
            f" from {_seconds(first.from_ms)} to {_seconds(first.to_ms)} first",
        )
    return Verdict(allowed=True, reason="every span of this plan was checked, and the approver is not its author")


def may_render(plan: Plan, approval: Approval | None, *, author: str) -> Verdict:
    """Whether the plan may be rendered. Refuses without an approval, with one by its author, and with one of another form of the plan."""
    if approval is None:
        return Verdict(allowed=False, reason="the plan is not approved")
    if approval.person == author:
        return Verdict(allowed=False, reason="the plan is approved by its own author")
    if approval.plan_digest != plan.digest():
        return Verdict(allowed=False, reason="the plan was changed after its approval")
    return Verdict(allowed=True, reason="approved by a second person")


def may_release(*, author: str, renderer: str, watcher: str, rendered: Digest, watched: Digest) -> Verdict:
    """Whether `watcher` may release the copy. Refuses the plan's author, whoever rendered it, and one who watched another copy."""
    if watcher in {author, renderer}:
        return Verdict(allowed=False, reason="the person who made a redacted copy does not release it; someone else must watch it whole")
    if watched != rendered:
        return Verdict(allowed=False, reason="what was watched is not the copy that would be released")
    return Verdict(allowed=True, reason="a second person watched this copy")


def _seconds(milliseconds: int) -> str:
    return f"{milliseconds / 1000:.1f} s"
