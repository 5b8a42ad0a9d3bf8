"""Times as people type and read them."""

from datetime import UTC, datetime

from vestige.errors import BadInput
from vestige.evidence.values import from_ms, to_ms


def parse_when(text: str) -> int:
    """Milliseconds UTC of an ISO 8601 time with its zone. Raises BadInput for anything else."""
    try:
        return to_ms(datetime.fromisoformat(text.strip()))
    except ValueError as error:
        raise BadInput(f"{text!r} is no time with its zone; write 2026-11-24T08:00:00Z or 2026-11-24T08:00:00-05:00") from error


def written(milliseconds: int | None) -> str:
    """A time for people, in UTC; a dash for none."""
    return "-" if milliseconds is None else from_ms(milliseconds).astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def iso(milliseconds: int | None) -> str | None:
    """A time for programs: ISO 8601 in UTC with milliseconds."""
    return None if milliseconds is None else from_ms(milliseconds).isoformat(timespec="milliseconds").replace("+00:00", "Z")
