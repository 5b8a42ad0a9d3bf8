"""The task `render`: the redacted copy of an approved plan, written into the sink.

Request: `plan` (the plan's JSON), `index` (null where the original has no media index; else its `root` and `key` in hex, and the original's
`item`). Answers what the check of the copy is held to: frames, a digest of their times, size, where picture and sound end; and `anew`, why the
picture or the sound was made anew. With an index, the sample proofs are sent as a blob. Raises RenderFailed; then what was written is worth
nothing.
"""

from typing import Any, BinaryIO, cast
from uuid import UUID

from vestige.media.containers.mp4_writer import Sink
from vestige.media.released import Original, proofs
from vestige.media.render import render
from vestige.media.sink import PipeSink
from vestige.redaction.reading import plan_from_json


def run(request: dict[str, Any], source: BinaryIO, sink: PipeSink, _model: bytes | None) -> dict[str, object]:
    """Render. Raises RenderFailed, and BadInput for what is no plan."""
    index = request["index"]
    part = 0.9 if index else 1.0
    made = render(source, cast("Sink", sink), plan_from_json(request["plan"]), lambda done: sink.report(done * part))
    if index and made.streams:
        of = Original(UUID(index["item"]), index["root"], bytes.fromhex(index["key"]))
        sink.blob(proofs(source, of, made.streams, lambda done: sink.report(part + done * (1 - part))))
    return made.facts | {"blobs": [{"kind": "samples"}] if index and made.streams else []}
