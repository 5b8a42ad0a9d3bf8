"""The task `detect`: every frame is decoded, and looked at for faces unless the quality is `none`.

Request: `quality`. The model's bytes come beside it (none needed where nobody looks). The answer is `Seen.to_answer`.
"""

from typing import Any, BinaryIO

from vestige.media.detect import look
from vestige.media.sink import PipeSink
from vestige.redaction.plan import Quality


def run(request: dict[str, Any], source: BinaryIO, sink: PipeSink, model: bytes | None) -> dict[str, object]:
    """Faces, cuts, times and size. Raises MediaFailed for a recording that does not decode whole."""
    return look(source, Quality(request["quality"]), model, sink.report).to_answer()
