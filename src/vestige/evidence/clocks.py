"""By how much a clock was ahead (positive) or behind: milliseconds. Three clocks are kept apart: the camera's, the dock's, the server's."""

from collections.abc import Sequence
from statistics import median_low

TOLERANCE_MS = 2_000
"""What is more than this is drift, and somebody must hear of it."""
_QUARTER_MS = 15 * 60_000
_FARTHEST_ZONE_MS = 14 * 3_600_000


def drifts(offset_ms: int) -> bool:
    """Whether a clock is wrong by more than two seconds."""
    return abs(offset_ms) > TOLERANCE_MS


def camera_offset(camera_ms: int, satellite_ms: int, after_ms: int) -> int:
    """Of a file whose header tells when it began by the camera's clock, and whose satellites told their time so long after its beginning.

    Many cameras write local time where UTC is asked for: whole quarters of an hour, within the zones that there are, count as that and not as
    drift. A clock that is wrong by exactly such a step is not found this way.
    """
    offset = camera_ms - (satellite_ms - after_ms)
    zone = round(offset / _QUARTER_MS) * _QUARTER_MS
    return offset - zone if abs(zone) <= _FARTHEST_ZONE_MS else offset


def trail_began(points: Sequence[tuple[int, int]]) -> int | None:
    """When a recording began by the satellites: the middle of what its points say, each a time (ms UTC) and how long after the beginning."""
    return median_low(at - after for at, after in points) if points else None


def in_words(offset_ms: int) -> str:
    """`3.2 s ahead`."""
    return f"{abs(offset_ms) / 1000:.1f} s {'ahead' if offset_ms > 0 else 'behind'}"
