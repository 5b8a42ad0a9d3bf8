"""Separation of duties: who counts as a second person. Values in, verdicts out; what they are made from, the log tells.

1. Nobody approves their own work, nor a right of their own. 2. What takes two takes two people, neither the console nor the system.
3. A second person whose account or role the first one made within 30 days does not count as second; nor does one of whom it is the other way
round, by way of others, or of whom both were made by one person: else whoever makes accounts makes their own second person.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from vestige.access.judge import Verdict
from vestige.evidence.people import Actor

FRESH_MS = 30 * 86_400_000
"""For so long (30 days) whoever made an account or gave a role stands for the person too."""


@dataclass(frozen=True, slots=True)
class Making:
    """Somebody (`maker`, as an event names its actor: `person:UUID`) made the account of a person, or gave them a role, at that time (ms)."""

    maker: str
    made: str
    at: int


@dataclass(frozen=True, slots=True)
class Proposal:
    """A role proposed for a person (both by id) by an actor."""

    person: str
    role: str
    by: str


def own_work(first: str, second: str) -> Verdict:
    """Whether the second may approve what the first did. Refuses one and the same."""
    if first == second:
        return Verdict(allowed=False, reason="nobody approves their own work")
    return Verdict(allowed=True, reason="they are two people")


def may_confirm(proposal: Proposal, second: Actor, makings: Iterable[Making], now: int) -> Verdict:
    """Whether this actor counts as the second who grants a role that takes two.

    Refuses the console and the system; whoever proposed it; whoever would get it; and whom a making of the last 30 days binds to the first.
    """
    if second.kind != "person":
        return Verdict(allowed=False, reason="the second is a person; the console and the system do not count")
    if second.id == proposal.person:
        return Verdict(allowed=False, reason="nobody grants a role to themselves")
    if (verdict := own_work(proposal.by, f"person:{second.id}")) and not verdict.allowed:
        return verdict
    fresh = [one for one in makings if one.at > now - FRESH_MS]
    if bound(proposal.by, f"person:{second.id}", fresh):
        words = "the account or a role of one of you was made by the other, or by one who made both, within 30 days; somebody else must confirm it"
        return Verdict(allowed=False, reason=words)
    return Verdict(allowed=True, reason="two people grant it, neither of whom the other one made")


def bound(first: str, second: str, makings: Sequence[Making]) -> bool:
    """Whether one person stands behind both: each of them is made, by way of others, by themselves and by whoever made them."""
    return bool(_behind(first, makings) & _behind(second, makings))


def _behind(who: str, makings: Sequence[Making]) -> set[str]:
    """The person and all persons who made them, or those who made them. The console stands for nobody: it sets an agency up."""
    found, todo = set(), [who]
    while todo:
        one = todo.pop()
        if one not in found:
            found.add(one)
            todo += [making.maker for making in makings if f"person:{making.made}" == one and making.maker.startswith("person:")]
    return found
