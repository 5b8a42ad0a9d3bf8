"""The redaction log: what was hidden, when, why, and how much of the picture; written for whoever receives the copy.

Shares are in hundredths of a percent. They are never too small: between two keyframes all that lies between both boxes counts as hidden.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from vestige.redaction.geometry import Box, Span, union
from vestige.redaction.masks import box_over, hidden_area, moments
from vestige.redaction.plan import Mask, Plan

_WHOLE = 10_000


@dataclass(frozen=True, slots=True)
class Row:
    """One mask or mute. `share` is the mean part of the picture hidden while it lasts (hundredths of a percent); 0 for a mute."""

    id: str
    kind: str
    from_ms: int
    to_ms: int
    exemption: str
    hidden_ms: int
    share: int
    origin: str


@dataclass(frozen=True, slots=True)
class Total:
    """One exemption: how many masks and mutes, the milliseconds with any of them, the mean share of the picture hidden over the whole."""

    exemption: str
    masks: int
    mutes: int
    picture_ms: int
    sound_ms: int
    share: int


def rows(plan: Plan) -> tuple[Row, ...]:
    """A row for each mask and each mute, by start time."""
    found = [
        Row(
            mask.id, mask.kind.value, mask.span.from_ms, mask.span.to_ms, mask.exemption, mask.span.length_ms,
            _mean_share(plan, [mask], mask.span.length_ms), mask.origin.kind,
        )
        for mask in plan.masks
    ]  # fmt: skip
    found += [
        Row(f"mute-{number}", "sound", mute.span.from_ms, mute.span.to_ms, mute.exemption, mute.span.length_ms, 0, "person")
        for number, mute in enumerate(plan.mutes, 1)
    ]
    return tuple(sorted(found, key=lambda row: (row.from_ms, row.to_ms, row.id)))


def totals(plan: Plan) -> tuple[Total, ...]:
    """A total for each exemption, sorted; what overlaps counts once."""
    return tuple(_total(plan, code) for code in plan.exemptions)


def whole_share(plan: Plan) -> int:
    """The mean part of the picture hidden over the whole recording, by all masks together."""
    return _mean_share(plan, plan.masks, plan.duration_ms)


def _total(plan: Plan, code: str) -> Total:
    masks = [mask for mask in plan.masks if mask.exemption == code]
    mutes = [mute for mute in plan.mutes if mute.exemption == code]
    return Total(
        code,
        len(masks),
        len(mutes),
        sum(span.length_ms for span in union(mask.span for mask in masks)),
        sum(span.length_ms for span in union(mute.span for mute in mutes)),
        _mean_share(plan, masks, plan.duration_ms),
    )


def _mean_share(plan: Plan, masks: Sequence[Mask], over_ms: int) -> int:
    """Hidden pixels times milliseconds, as a part of all pixels over `over_ms`; rounded up, so that it never reads as nothing."""
    weighted = sum(moment.length_ms * hidden_area(boxes, plan.picture) for moment, boxes in _by_moment(masks))
    return -(-weighted * _WHOLE // (plan.picture.width * plan.picture.height * over_ms))


def _by_moment(masks: Sequence[Mask]) -> list[tuple[Span, list[Box]]]:
    starting: dict[int, list[Mask]] = defaultdict(list)
    for mask in masks:
        starting[mask.span.from_ms].append(mask)
    active: list[Mask] = []
    found = []
    for moment in moments(masks):
        active = [mask for mask in active if mask.span.to_ms > moment.from_ms] + starting.pop(moment.from_ms, [])
        boxes = [box_over(mask, moment) for mask in active]
        found.append((moment, [box for box in boxes if box is not None]))
    return found
