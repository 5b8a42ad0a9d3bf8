"""Under which conditions something leaves. Small objects that compose; each refuses by raising; an empty composition refuses all.

What is left to others: that the actor may (access), that the stored bytes were just read (the action, which hands the digest in),
that the bag holds what it says (the packer, and the verifier after it).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from vestige.errors import Refused, Tampered
from vestige.evidence.values import Digest
from vestige.redaction.review import may_release

Facts = TypeVar("Facts", contravariant=True)  # noqa: PLC0105  # reads as what it is; nothing is written to it


class Condition(Protocol[Facts]):
    """One rule."""

    def require(self, facts: Facts) -> None:
        """Returns where the rule holds. Raises Refused (or Tampered) with the reason where it does not."""


@dataclass(frozen=True, slots=True)
class AllOf(Generic[Facts]):
    """All of these, in order. Refuses when there is none: forgetting the conditions must not open the door."""

    conditions: Sequence[Condition[Facts]]

    def require(self, facts: Facts) -> None:
        """Raises what the first condition raises that does not hold; Refused without any condition."""
        if not self.conditions:
            raise Refused("nothing leaves without a condition that says when it may")
        for condition in self.conditions:
            condition.require(facts)


@dataclass(frozen=True, slots=True)
class ReleaseFacts:
    """What a release is judged by. People are ids.

    `plan` is the digest of the plan that was rendered, `approved` that of the plan that was approved; `watched` the digest of the copy that
    the releaser watched; `recomputed` that of the stored copy as it was just read.
    """

    plan: Digest
    approved: Digest | None
    author: str
    approver: str | None
    renderer: str
    releaser: str
    rendered: Digest
    recomputed: Digest
    watched: Digest | None
    quarantined: bool


@dataclass(frozen=True, slots=True)
class ExportFacts:
    """What an export is judged by: the digest that the accession (or quarantine) recorded, and that of the stored bytes just read."""

    accessioned: Digest
    recomputed: Digest


@dataclass(frozen=True, slots=True)
class ApprovedBySecondPerson:
    """Refuses a plan that nobody approved, or only its author."""

    def require(self, facts: ReleaseFacts) -> None:
        """Raises Refused."""
        if facts.approved is None or facts.approver is None:
            raise Refused("the redaction is not approved")
        if facts.approver == facts.author:
            raise Refused("the redaction is approved by its own author; someone else must approve it")


@dataclass(frozen=True, slots=True)
class RenderedFromApprovedPlan:
    """Refuses a copy that was rendered from another form of the plan than the approved one."""

    def require(self, facts: ReleaseFacts) -> None:
        """Raises Refused."""
        if facts.plan != facts.approved:
            raise Refused("the copy was rendered from another form of the plan than the one that was approved")


@dataclass(frozen=True, slots=True)
class WatchedBySecondPerson:
    """Refuses a copy that nobody watched, one released by who made it, and one whose digest is not that of the copy watched."""

    def require(self, facts: ReleaseFacts) -> None:
        """Raises Refused."""
        if facts.watched is None:
            raise Refused("a release takes a person who watched the rendered copy, and says so")
        verdict = may_release(
            author=facts.author, renderer=facts.renderer, watcher=facts.releaser, rendered=facts.rendered, watched=facts.watched
        )
        if not verdict.allowed:
            raise Refused(verdict.reason)


@dataclass(frozen=True, slots=True)
class NotQuarantined:
    """Refuses what comes of a recording that nobody can vouch for."""

    def require(self, facts: ReleaseFacts) -> None:
        """Raises Refused."""
        if facts.quarantined:
            raise Refused("nothing of a quarantined recording is released")


@dataclass(frozen=True, slots=True)
class CopyUnchanged:
    """Refuses a stored copy that is no longer the one that was rendered."""

    def require(self, facts: ReleaseFacts) -> None:
        """Raises Tampered."""
        if facts.recomputed != facts.rendered:
            raise Tampered("the stored copy is no longer the one that was rendered; nothing leaves")


@dataclass(frozen=True, slots=True)
class SameAsAccessioned:
    """Refuses stored bytes that are no longer those that were taken in (R79). A quarantined item may be exported: it is what it is."""

    def require(self, facts: ExportFacts) -> None:
        """Raises Tampered."""
        if facts.recomputed != facts.accessioned:
            raise Tampered("the stored bytes are no longer the file that was taken in; nothing leaves")


RELEASE: AllOf[ReleaseFacts] = AllOf(
    (ApprovedBySecondPerson(), RenderedFromApprovedPlan(), NotQuarantined(), WatchedBySecondPerson(), CopyUnchanged())
)
"""A redacted copy to the public."""

EXPORT: AllOf[ExportFacts] = AllOf((SameAsAccessioned(),))
"""An original to a court."""
