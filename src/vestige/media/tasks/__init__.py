"""What the child can be asked.

To add a task:

1. Write `vestige/media/tasks/NAME.py` with `run(request, source, sink, model) -> dict`. It is imported in the child, before the locks.
   - `request`: the caller's values, and the file's `size` in bytes.
   - `source`: the file as a seekable binary file, unsealed as it is read.
   - `sink`: where output goes. `sink.write`, `seek` and `tell` make it a file for a muxer (in order; patches in the first mebibyte only);
     `sink.report(part)` tells progress, 0 to 1; `sink.blob(data)` sends a small result of its own, named in the answer's `blobs`.
   - `model`: the bytes of a detection model, or None.
   Raise `MediaFailed` or `RenderFailed` with the reason in words; anything else that a library raises becomes MediaFailed.
2. Say in `vestige/media/answers.py` what it may answer: closed records, bounded numbers, printable text (`shapes.clean` makes it so).
3. Name it here with its limits.

Behind the locks nothing can be opened, imported or started: import everything at the top of the module, never inside a function. What a
library imports or opens late by itself is loaded beforehand by a `warm()` of the module, if it has one, or by `vestige.media.warm`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from vestige.media import answers
from vestige.media.limits import Limits
from vestige.media.shapes import Shape

_HOUR = 3600


@dataclass(frozen=True, slots=True)
class Task:
    """The module that does it, the form of its answer, and what it may use."""

    module: str
    answer: Shape
    limits: Limits


def _task(name: str, answer: Shape, memory_gib: int, hours: float) -> Task:
    limits = Limits(memory=memory_gib << 30, cpu_seconds=round(2 * hours * _HOUR), wall_seconds=hours * _HOUR)
    return Task(f"vestige.media.tasks.{name}", answer, limits)


TASKS: Mapping[str, Task] = MappingProxyType(
    {
        "accession": _task("accession", answers.ACCESSION, 3, 1),
        "check": _task("check", answers.CHECK, 4, 12),
        "clip": _task("clip", answers.CLIP, 4, 6),
        "detect": _task("detect", answers.DETECT, 6, 48),
        "pages": _task("pages", answers.PAGES, 3, 0.5),
        "prepare": _task("prepare", answers.PREPARE, 3, 0.5),
        "proxy": _task("proxy", answers.PROXY, 4, 12),
        "render": _task("render", answers.RENDER, 6, 48),
        "timemap": _task("timemap", answers.TIMEMAP, 3, 0.5),
        "track": _task("track", answers.TRACK, 3, 0.5),
    }
)
