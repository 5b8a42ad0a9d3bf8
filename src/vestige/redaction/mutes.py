"""Which samples are silenced: the union of the mutes, whole codec frames, and one codec frame more at each end.

AAC codes sound in frames of 1024 samples whose windows overlap by one frame. What is silent over a whole frame and both its neighbours
decodes as silence, so the asked span is widened to the frame grid and then by one frame: nothing of it can be heard, not even as pre-echo.
"""

from collections.abc import Iterable

from vestige.redaction.geometry import Span, union
from vestige.redaction.plan import Mute

CODEC_FRAME = 1024


def muted_spans(mutes: Iterable[Mute]) -> tuple[Span, ...]:
    """The asked moments of silence as sorted spans that do not overlap."""
    return union(mute.span for mute in mutes)


def muted_samples(spans: Iterable[Span], rate: int, first: int) -> tuple[tuple[int, int], ...]:
    """Half-open sample ranges to silence, counted from the first sample of the sound; multiples of 1024, sorted, apart from each other.

    `rate` is samples a second; `first` is the position of the first sample on the timeline, in samples (may be negative).
    A range may end after the sound does; a span that ends before the sound begins gives none.
    """
    ranges: list[tuple[int, int]] = []
    for span in union(spans):
        start = (span.from_ms * rate // 1000 - first) // CODEC_FRAME - 1
        end = -((first - -(-span.to_ms * rate // 1000)) // CODEC_FRAME) + 1
        if end <= 0:
            continue
        low, high = max(0, start) * CODEC_FRAME, end * CODEC_FRAME
        if ranges and low <= ranges[-1][1]:
            ranges[-1] = (ranges[-1][0], max(high, ranges[-1][1]))
        else:
            ranges.append((low, high))
    return tuple(ranges)
