"""Times as people type them into forms: in the agency's time zone."""

from datetime import datetime, timedelta

from vestige.errors import BadInput
from vestige.evidence.values import to_ms
from vestige.web import hands


def moment(text: str, which: str, *, end: bool = False) -> int | None:
    """The time (ms UTC) that a field says; None for an empty one. With `end` it includes the whole minute or day that it names.

    Raises BadInput, which names the field, for what is no date.
    """
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadInput(f"The time in “{which}” is not a date, or a date and a time.") from error
    if end:
        at += timedelta(days=1) if len(text) <= len("2026-11-24") else timedelta(minutes=1)
    return to_ms(at if at.tzinfo else at.replace(tzinfo=hands.zone()))
