"""Sample proofs: what a released file has of an accessioned original, as `data/samples.json` says it (docs/package-format.md).

The original's media index has a tree a stream. A released stream is told in order: *runs* of samples that are the original's own, and *altered*
spans that stand for some of them. The proof holds what the tree's root takes beside the header and the samples of the runs.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from vestige.custody.canonical import Json, canonical, parse
from vestige.custody.media_index import MediaIndex, StreamHeader
from vestige.custody.tree import cover_proof, subtrees

FORMAT = "vestige-samples/1"
OF_MATROSKA = "vestige-samples/2"
MARK = 2  # bytes of each leaf hash that help to name the sample which is not the original's


@dataclass(frozen=True, slots=True)
class Dropped:
    """A unit of the original's sample that the released one lacks: its place among the original's units, its bytes, its SHA-256 (hex)."""

    place: int
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Altered:
    """`count` samples of the original from `first`, in whose place `released` other samples stand."""

    first: int
    count: int
    released: int


@dataclass(frozen=True, slots=True)
class ReleasedStream:
    """A stream of the released file, in the words of the original stream that it comes from.

    `runs` are (first, count) of the original's samples; `shift` is the original's decode time less the released one's, in the original's
    timescale; `durations` names samples (by the original's number) whose own duration is another than the released one's; `dropped` those of
    which units were left out. `configuration` is the original's decoder configuration where the released one's is another.
    Of a Matroska original `delay` is there, its `CodecDelay` in nanoseconds; `shift` is in nanoseconds; and `durations` names the samples from
    which on another duration holds.
    """

    header: StreamHeader
    leaves: Sequence[bytes]
    shift: int = 0
    runs: tuple[tuple[int, int], ...] = ()
    altered: tuple[Altered, ...] = ()
    durations: tuple[tuple[int, int], ...] = ()
    dropped: tuple[tuple[int, tuple[Dropped, ...]], ...] = ()
    configuration: bytes | None = None
    delay: int | None = None

    def to_json(self) -> Json:
        """The stream with its proof. Raises ValueError for runs and spans that leave something between them, or overlap."""
        self._require_whole()
        known = [(0, 1), *((first + 1, first + 1 + count) for first, count in self.runs)]
        marks = b"".join(leaf[:MARK] for first, count in self.runs for leaf in self.leaves[first + 1 : first + 1 + count])
        samples = sum(count for _, count in self.runs)
        delay: dict[str, Json] = {} if self.delay is None else {"delay": self.delay}
        return delay | {
            "altered": [[span.first, span.count, span.released] for span in self.altered],
            "configuration": None if self.configuration is None else self.configuration.hex(),
            "counts": {
                "altered": sum(span.released for span in self.altered),
                "identical": samples - len(self.dropped),
                "stripped": len(self.dropped),
            },
            "dropped": [[sample, [[unit.place, unit.size, unit.sha256] for unit in units]] for sample, units in self.dropped],
            "durations": [[sample, ticks] for sample, ticks in self.durations],
            "header": parse(self.header.data()),
            "marks": base64.b64encode(marks).decode(),
            "proof": [base64.b64encode(node).decode() for node in cover_proof(_joined(known), len(self.leaves), subtrees(self.leaves))],
            "runs": [[first, count] for first, count in self.runs],
            "shift": self.shift,
        }

    def _require_whole(self) -> None:
        spans = sorted([*self.runs, *((span.first, span.count) for span in self.altered)])
        ends = [first + count for first, count in spans]
        if any(start != end for (start, _), end in zip(spans[1:], ends, strict=False)) or not spans or ends[-1] >= len(self.leaves):
            raise ValueError(f"the runs and spans of stream {self.header.stream} do not follow one another within it")


def samples_json(original: UUID, index: MediaIndex, streams: Sequence[ReleasedStream]) -> bytes:
    """The bytes of `data/samples.json`: the streams in the order of the released file's tracks."""
    return canonical(
        {
            "format": FORMAT if all(stream.delay is None for stream in streams) else OF_MATROSKA,
            "index": {
                "root": index.root.value,
                "streams": [{"kind": s.kind, "leaves": s.leaves, "root": s.root} for s in index.streams],
                "v": index.version,
            },
            "item": str(original),
            "streams": [stream.to_json() for stream in streams],
        }
    )


def _joined(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The same leaves in as few ranges as can be."""
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        if joined and joined[-1][1] == start:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined
