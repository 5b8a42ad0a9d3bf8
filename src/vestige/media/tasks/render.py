"""The task `render`: the redacted copy of an approved plan, written into the sink.

Request: `plan` (the plan's JSON). Answers what the check of the copy is held to: frames, a digest of their times, size, where picture and
sound end. Raises RenderFailed; then what was written is worth nothing.
"""

from typing import Any, BinaryIO, cast

from vestige.media.render import render
from vestige.media.sink import PipeSink
from vestige.redaction.reading import plan_from_json


def run(request: dict[str, Any], source: BinaryIO, sink: PipeSink, _model: bytes | None) -> dict[str, object]:
    """Render. Raises RenderFailed, and BadInput for what is no plan."""
    return render(source, cast("BinaryIO", sink), plan_from_json(request["plan"]), sink.report)
