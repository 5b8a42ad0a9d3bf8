"""Times as cameras and docks write them."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from vestige.evidence.values import to_ms

AT = r"(\d{8})[T_-]?(\d{6})(?:[.,]\d+)?Z?"
_EPOCH = re.compile(r"(\d{9,10})(?:\.(\d{1,9}))?|(\d{12,13})")


def moment(text: str) -> int | None:
    """Milliseconds UTC of a time as cameras write it: `20261124T081500Z` and its like, ISO 8601, seconds or milliseconds since 1970."""
    text = text.strip()
    try:
        if found := re.fullmatch(AT, text):
            return to_ms(datetime.strptime(found[1] + found[2], "%Y%m%d%H%M%S").replace(tzinfo=UTC))
        if epoch := _EPOCH.fullmatch(text):
            return int(epoch[3]) if epoch[3] else int(epoch[1]) * 1000 + int((epoch[2] or "0")[:3].ljust(3, "0"))
        at = datetime.fromisoformat(text)
        return to_ms(at if at.tzinfo else at.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        return None


def told(said: Mapping[str, str], name: str) -> int | None:
    """A time that a dock tells (ms UTC), from whichever of its two forms can be read."""
    written = (moment(said.get(f"{name}ISO", "")), moment(said.get(name, "")))
    return next((one for one in written if one is not None), None)
