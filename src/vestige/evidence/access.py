"""What is decided about who may see a recording: its access class, and its marks."""

from collections.abc import Iterable
from enum import StrEnum


class AccessClass(StrEnum):
    """Baseline visibility; exactly one a recording, by its category."""

    CONFIDENTIAL = "confidential"
    RESTRICTED = "restricted"
    UNRESTRICTED = "unrestricted"


class Mark(StrEnum):
    """What a recording holds that is kept apart; any number of them. The order is that of their bits, and is never changed."""

    SEALED = "sealed"
    JUVENILE = "juvenile"
    INFORMANT = "informant"
    MEDICAL = "medical"
    PRIVILEGED = "privileged"
    FIRST_AMENDMENT = "first amendment"


def bits(marks: Iterable[Mark]) -> int:
    """The marks as one number: bit 0 is the first of the list."""
    order = list(Mark)
    return sum(1 << order.index(mark) for mark in set(marks))


def marks_of(number: int | None) -> frozenset[Mark]:
    """The marks that the number holds; None holds none."""
    return frozenset(mark for place, mark in enumerate(Mark) if (number or 0) >> place & 1)
