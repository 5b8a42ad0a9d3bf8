"""Weeks of the calendar (ISO 8601, Monday to Sunday) in the agency's time zone."""

import re
from datetime import UTC, datetime, timedelta, tzinfo

from vestige.errors import BadInput
from vestige.evidence.values import from_ms, to_ms

_WEEK = re.compile(r"(\d{4})-W(\d{2})", re.ASCII)


def span(week: str, zone: tzinfo) -> tuple[int, int]:
    """Start and end (exclusive, ms UTC) of a week written like `2026-W47`. Raises BadInput for what is no week."""
    found = _WEEK.fullmatch(week)
    try:
        if found is None:
            raise ValueError(week)
        monday = datetime.fromisocalendar(int(found[1]), int(found[2]), 1)
        return to_ms(monday.replace(tzinfo=zone)), to_ms((monday + timedelta(days=7)).replace(tzinfo=zone))
    except (ValueError, OverflowError) as error:
        raise BadInput(f"{week!r} is no week of the calendar; write it like 2026-W47") from error


def week_of(moment: int, zone: tzinfo) -> str:
    """The week in which that moment (ms UTC) lies."""
    year, week, _ = from_ms(moment).replace(tzinfo=UTC).astimezone(zone).isocalendar()
    return f"{year:04d}-W{week:02d}"


def weeks(since: int, until: int, zone: tzinfo, most: int) -> list[str]:
    """The weeks from one moment to another, newest first, at most so many."""
    found: list[str] = []
    at = until
    while len(found) < most:
        week = week_of(at, zone)
        found.append(week)
        at = span(week, zone)[0] - 1
        if at < since:
            break
    return found
