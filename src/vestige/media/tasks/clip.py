"""The task `clip`: a part of a recording, its samples bit for bit, written into the sink; the sample proofs are sent as a blob.

Request: `from_ms`, `to_ms`, `item` (the original's id), `root` and `index_key` of its media index (hex). Answers what the clip holds. Raises
MediaFailed where nothing can be cut, or the original is not what was accessioned.
"""

from typing import Any, BinaryIO, cast
from uuid import UUID

from vestige.media.clip import Wanted, cut
from vestige.media.containers.mp4_writer import Sink
from vestige.media.sink import PipeSink


def run(request: dict[str, Any], source: BinaryIO, sink: PipeSink, _model: bytes | None) -> dict[str, object]:
    """Cut."""
    wanted = Wanted(request["from_ms"], request["to_ms"], UUID(request["item"]), request["root"], bytes.fromhex(request["index_key"]))
    facts, proof = cut(source, request["size"], cast("Sink", sink), wanted, sink.report)
    sink.blob(proof)
    return facts | {"blobs": [{"kind": "samples"}]}
