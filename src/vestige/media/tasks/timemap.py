"""The task `timemap`: which bytes of what a browser plays hold which seconds."""

from typing import Any, BinaryIO

import numpy as np

from vestige.media.containers.index import tracks_of
from vestige.media.containers.timing import time_map
from vestige.media.sink import PipeSink


def warm() -> None:
    """What numpy loads late."""
    np.diff(np.argsort(np.zeros(2, np.int64), kind="stable"))


def run(request: dict[str, Any], source: BinaryIO, sink: PipeSink, _model: bytes | None) -> dict[str, object]:
    """Sends the map as a blob (`TimeMap.to_bytes`). Raises NoSampleTable where the file's tables do not tell."""
    found = time_map(tracks_of(source, request["size"]), request["size"])
    sink.blob(found.to_bytes())
    return {"blobs": [{"kind": "timemap", "pieces": len(found), "duration_ms": found.duration_ms}]}
